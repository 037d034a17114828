-- Grain: physical_evse_key, all that ever were. Presence comes from history, whose intervals end only
-- where a complete snapshot lacks the row: an outage of a source ends none.
-- Every join is one of whole tables by their key, of sizes that the planner cannot guess: it took
-- 57 s for 117,000 EVSEs with the loops it chose.
{{
    config(
        pre_hook=plan_without('nestloop', 'mergejoin')
    )
}}

with

source_span as (
    select
        source,
        min(snapshot_date) as first_loaded_on,
        max(snapshot_date) as last_loaded_on
    from {{ ref('snapshot_day') }}
    where is_loaded
    group by source
),

-- Versions of a member do not overlap: where their days add up to its span, it was never away. Few
-- were, and these alone are put in order.
member as (
    select
        source,
        party,
        location_id,
        evse_uid,
        min(valid_from) as from_day,
        max(coalesce(valid_to, 'infinity')) as to_day,
        sum(coalesce(valid_to, date '9999-12-31') - valid_from)
        < max(coalesce(valid_to, date '9999-12-31')) - min(valid_from) as was_away
    from {{ ref('stg_ocpi__evse') }}
    group by source, party, location_id, evse_uid
),

version as (
    select
        source,
        party,
        location_id,
        evse_uid,
        evse.valid_from,
        coalesce(evse.valid_to, 'infinity') as valid_to,
        coalesce(
            evse.valid_from > lag(evse.valid_to) over (
                partition by source, party, location_id, evse_uid order by evse.valid_from
            ),
            false
        ) as follows_absence
    from {{ ref('stg_ocpi__evse') }} as evse
    inner join member using (source, party, location_id, evse_uid)
    where member.was_away
),

run as (
    select
        source,
        party,
        location_id,
        evse_uid,
        valid_from,
        valid_to,
        count(*) filter (where follows_absence) over (
            partition by source, party, location_id, evse_uid order by valid_from
        ) as run_number
    from version
),

presence as (
    select
        source,
        party,
        location_id,
        evse_uid,
        from_day,
        to_day
    from member
    where not was_away
    union all
    select
        source,
        party,
        location_id,
        evse_uid,
        min(valid_from) as from_day,
        max(valid_to) as to_day
    from run
    group by source, party, location_id, evse_uid, run_number
),

-- A member that was merged or parted had one key first and another later.
member_key as (
    select
        source,
        party,
        location_id,
        evse_uid,
        min(physical_evse_key) as physical_evse_key,
        min(physical_evse_key) < max(physical_evse_key) as has_several,
        min(state_date) as key_from_day
    from {{ ref('evse_key_change') }}
    where change = 'begins'
    group by source, party, location_id, evse_uid
),

first_of_key as (
    select
        source,
        party,
        location_id,
        evse_uid,
        evse_key_change.physical_evse_key,
        min(evse_key_change.state_date) as key_from_day
    from {{ ref('evse_key_change') }} as evse_key_change
    inner join member_key using (source, party, location_id, evse_uid)
    where evse_key_change.change = 'begins' and member_key.has_several
    group by source, party, location_id, evse_uid, evse_key_change.physical_evse_key
),

keyed as (
    select
        source,
        party,
        location_id,
        evse_uid,
        physical_evse_key,
        key_from_day,
        'infinity' as key_to_day
    from member_key
    where not has_several
    union all
    select
        source,
        party,
        location_id,
        evse_uid,
        physical_evse_key,
        key_from_day,
        coalesce(
            lead(key_from_day) over (
                partition by source, party, location_id, evse_uid order by key_from_day
            ),
            'infinity'
        ) as key_to_day
    from first_of_key
),

key_presence as (
    select
        keyed.physical_evse_key,
        keyed.source,
        source_span.first_loaded_on,
        source_span.last_loaded_on,
        greatest(presence.from_day, keyed.key_from_day) as from_day,
        least(presence.to_day, keyed.key_to_day) as to_day,
        case when keyed.key_to_day >= presence.to_day then evse_removal.removed_on end as removed_on
    from keyed
    inner join source_span using (source)
    inner join presence
        on
            keyed.source = presence.source
            and keyed.party = presence.party
            and keyed.location_id = presence.location_id
            and keyed.evse_uid = presence.evse_uid
            and keyed.key_from_day < presence.to_day
            and keyed.key_to_day > presence.from_day
    -- REMOVED, where that was the last that was heard.
    left join {{ ref('evse_removal') }} as evse_removal
        on
            presence.source = evse_removal.source
            and presence.party = evse_removal.party
            and presence.location_id = evse_removal.location_id
            and presence.evse_uid = evse_removal.evse_uid
            and presence.to_day = coalesce(evse_removal.valid_to, 'infinity')
),

reaching as (
    select
        key_presence.*,
        coalesce(
            from_day > max(to_day) over (
                partition by physical_evse_key
                order by from_day, to_day
                rows between unbounded preceding and 1 preceding
            ),
            false
        ) as is_return,
        max(to_day) over (partition by physical_evse_key) as key_to_day
    from key_presence
),

lived as (
    select
        physical_evse_key,
        min(from_day) as appeared_on,
        min(from_day) <= min(first_loaded_on) as is_older_than_history,
        count(*) filter (where is_return) as absences,
        max(from_day) filter (where is_return) as returned_on,
        nullif(max(to_day), 'infinity') as missing_since,
        max(last_loaded_on) as last_loaded_on,
        count(distinct source) as sources,
        -- Removed is what every copy says that was there to the end.
        bool_and(removed_on is not null) filter (where to_day = key_to_day) as is_removed,
        min(removed_on) filter (where to_day = key_to_day) as removed_on
    from reaching
    group by physical_evse_key
)

select
    physical_evse_key,
    case
        when is_removed then 'removed'
        when missing_since is null and absences > 0 then 'returned'
        when missing_since is null then 'present'
        when last_loaded_on - missing_since >= {{ var('grace_days') }} then 'vanished'
        else 'missing'
    end as lifecycle_state,
    appeared_on,
    is_older_than_history,
    case when is_removed then removed_on end as removed_on,
    missing_since,
    case
        when not is_removed and last_loaded_on - missing_since >= {{ var('grace_days') }}
            then missing_since + {{ var('grace_days') }}
    end as vanished_on,
    returned_on,
    absences,
    sources,
    last_loaded_on
from lived
