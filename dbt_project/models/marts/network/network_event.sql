-- Grain: snapshot_date, physical_evse_key, event_type. Which physical EVSEs came into the stock of
-- operator_power_daily, left it or changed in it, and why. Whether an entry is a return is told by all
-- days before it: those of an EVSE that changed are made anew, from its changes.
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='fail',
        indexes=[{'columns': ['physical_evse_key']}, {'columns': ['snapshot_date']}],
        pre_hook=[plan_without('nestloop'), '{{ forget_moved_events() }}']
    )
}}

with

state_day as (
    select
        state_date,
        lag(state_date) over (order by state_date) as day_before
    from (
        select distinct state_date
        from {{ ref('snapshot_day') }}
    ) as day
),

source_span as (
    select
        source,
        min(snapshot_date) as first_loaded_on,
        max(snapshot_date) as last_loaded_on
    from {{ ref('snapshot_day') }}
    where is_loaded
    group by source
),

-- The same EVSE told by other copies of it: no opening and no closure.
went_on as (
    select distinct
        state_date,
        ended.physical_evse_key as left_key,
        began.physical_evse_key as new_key
    from {{ ref('evse_key_change') }} as ended
    inner join {{ ref('evse_key_change') }} as began
        using (state_date, source, party, location_id, evse_uid)
    where
        ended.change = 'ends'
        and began.change = 'begins'
        and (
            {{ is_moved('ended.physical_evse_key') }} or {{ is_moved('began.physical_evse_key') }}
        )
),

parted as (
    select distinct
        state_date,
        new_key as physical_evse_key
    from went_on
),

merged as (
    select distinct
        state_date,
        left_key as physical_evse_key
    from went_on
),

-- A source that was there before could have shown it, and did not.
newly_shown as (
    select distinct
        key_change.state_date,
        key_change.physical_evse_key
    from {{ ref('evse_key_change') }} as key_change
    inner join source_span on key_change.source = source_span.source
    where
        {{ is_moved('key_change.physical_evse_key') }}
        and key_change.change = 'begins'
        and source_span.first_loaded_on < key_change.state_date
),

left_by as (
    select
        key_change.state_date,
        key_change.physical_evse_key,
        max(source_span.last_loaded_on) as last_loaded_on,
        bool_or(not day.is_carried) as is_source_out,
        -- The day on which the last of the sources that are out is there again; NULL until then.
        case
            when bool_and(next_loaded.snapshot_date is not null) filter (where not day.is_carried)
                then max(next_loaded.snapshot_date) filter (where not day.is_carried)
        end as source_back_on
    from {{ ref('evse_key_change') }} as key_change
    inner join source_span on key_change.source = source_span.source
    inner join {{ ref('snapshot_day') }} as day
        on key_change.source = day.source and key_change.state_date = day.snapshot_date
    left join lateral (
        select min(later.snapshot_date) as snapshot_date
        from {{ ref('snapshot_day') }} as later
        where
            later.is_loaded
            and later.source = key_change.source
            and later.snapshot_date > key_change.state_date
            and not day.is_carried
    ) as next_loaded on true
    where {{ is_moved('key_change.physical_evse_key') }} and key_change.change = 'ends'
    group by key_change.state_date, key_change.physical_evse_key
),

before as (
    select *
    from {{ ref('evse_stock_change') }}
    where {{ is_moved('physical_evse_key') }} and change = 'ends'
),

after as (
    select *
    from {{ ref('evse_stock_change') }}
    where {{ is_moved('physical_evse_key') }} and change = 'begins'
),

moved as (
    select
        state_date as snapshot_date,
        physical_evse_key,
        coalesce(before.stage, 'absent') as former_stage,
        coalesce(after.stage, 'absent') as stage,
        case when before.stage = 'operating' then before.country end as former_country,
        case when before.stage = 'operating' then before.operator_id end as former_operator_id,
        case when before.stage = 'operating' then before.power_kw end as former_power_kw,
        case when after.stage = 'operating' then after.country end as country,
        case when after.stage = 'operating' then after.operator_id end as operator_id,
        case when after.stage = 'operating' then after.power_kw end as power_kw,
        coalesce(after.is_public, before.is_public) as is_public,
        coalesce(after.power_band, before.power_band) as power_band
    from before
    full join after using (state_date, physical_evse_key)
    -- PLANNED and REMOVED are no part of the stock, from which they are told apart by their stage.
    where before.stage = 'operating' or after.stage = 'operating'
),

-- The day on which a source was looked at last, before a day.
look as (
    select
        source,
        snapshot_date,
        is_loaded,
        max(snapshot_date) filter (where is_loaded) over (
            partition by source
            order by snapshot_date
            rows between unbounded preceding and 1 preceding
        ) as looked_before
    from {{ ref('snapshot_day') }}
),

teller as (
    select
        moved.snapshot_date,
        moved.physical_evse_key,
        key_change.source,
        bool_or(key_change.state_date = moved.snapshot_date) as comes_or_goes,
        count(*) filter (where key_change.change = 'begins')
        > count(*) filter (where key_change.change = 'ends') as is_there
    from moved
    inner join {{ ref('evse_key_change') }} as key_change
        on
            moved.physical_evse_key = key_change.physical_evse_key
            and moved.snapshot_date >= key_change.state_date
    where {{ is_moved('key_change.physical_evse_key') }}
    group by moved.snapshot_date, moved.physical_evse_key, key_change.source
),

-- By the sources that tell it: those in which it comes or goes, else those that were loaded and have it.
compared as (
    select
        teller.snapshot_date,
        teller.physical_evse_key,
        coalesce(
            max(look.looked_before) filter (where teller.comes_or_goes),
            max(look.looked_before) filter (where teller.is_there and look.is_loaded)
        ) as compared_with
    from teller
    inner join look
        on teller.source = look.source and teller.snapshot_date = look.snapshot_date
    group by teller.snapshot_date, teller.physical_evse_key
),

movement as (
    select
        moved.*,
        state_day.day_before,
        coalesce(compared.compared_with, state_day.day_before) as compared_with,
        left_by.last_loaded_on,
        left_by.source_back_on,
        newly_shown.state_date is not null as is_newly_shown,
        case
            when moved.former_stage = 'operating' and moved.stage = 'operating' then 0
            when moved.stage = 'operating' then 1
            else -1
        end as stock_change,
        case
            when moved.former_stage = 'operating' and moved.stage = 'operating'
                then
                    case
                        when
                            moved.operator_id <> moved.former_operator_id
                            or moved.country <> moved.former_country
                            then 'operator_changed'
                        else 'power_changed'
                    end
            when moved.stage = 'operating'
                then case when parted.state_date is not null then 'parted' else 'entered' end
            when moved.stage = 'removed' then 'removed'
            when moved.stage = 'planned' then 'withdrawn'
            when merged.state_date is not null then 'merged'
            when left_by.is_source_out then 'source_out'
            else 'vanished'
        end as event_type
    from moved
    inner join state_day on moved.snapshot_date = state_day.state_date
    left join compared
        on
            moved.snapshot_date = compared.snapshot_date
            and moved.physical_evse_key = compared.physical_evse_key
    left join parted
        on
            moved.snapshot_date = parted.state_date
            and moved.physical_evse_key = parted.physical_evse_key
            and moved.former_stage = 'absent'
    left join merged
        on
            moved.snapshot_date = merged.state_date
            and moved.physical_evse_key = merged.physical_evse_key
    left join newly_shown
        on
            moved.snapshot_date = newly_shown.state_date
            and moved.physical_evse_key = newly_shown.physical_evse_key
    left join left_by
        on
            moved.snapshot_date = left_by.state_date
            and moved.physical_evse_key = left_by.physical_evse_key
),

passage as (
    select
        movement.*,
        lead(snapshot_date) over (partition by physical_evse_key order by snapshot_date) as next_on
    from movement
    where stock_change <> 0
),

-- Its source is there again and it is not: it left while nobody looked.
gone_meanwhile as (
    select
        passage.physical_evse_key,
        passage.source_back_on as snapshot_date,
        passage.former_country,
        passage.former_operator_id,
        passage.former_power_kw,
        passage.is_public,
        passage.power_band,
        passage.last_loaded_on,
        passage.compared_with,
        passage.day_before as labelled_on,
        coalesce(after.stage, 'absent') as stage
    from passage
    left join after
        on
            passage.source_back_on = after.state_date
            and passage.physical_evse_key = after.physical_evse_key
    where
        passage.event_type = 'source_out'
        and passage.source_back_on is not null
        and coalesce(passage.next_on > passage.source_back_on, true)
),

both_ways as (
    select
        snapshot_date,
        1 as place,
        physical_evse_key,
        event_type,
        stock_change,
        former_stage,
        is_newly_shown,
        former_country,
        former_operator_id,
        former_power_kw,
        country,
        operator_id,
        power_kw,
        is_public,
        power_band,
        last_loaded_on,
        compared_with,
        case when stock_change = 1 then snapshot_date else day_before end as labelled_on
    from passage
    union all
    select
        snapshot_date,
        1 as place,
        physical_evse_key,
        'source_back' as event_type,
        1 as stock_change,
        'absent' as former_stage,
        true as is_newly_shown,
        null as former_country,
        null as former_operator_id,
        null as former_power_kw,
        former_country as country,
        former_operator_id as operator_id,
        former_power_kw as power_kw,
        is_public,
        power_band,
        last_loaded_on,
        compared_with,
        labelled_on
    from gone_meanwhile
    union all
    select
        snapshot_date,
        2 as place,
        physical_evse_key,
        case stage when 'removed' then 'removed' when 'planned' then 'withdrawn' else 'vanished' end
            as event_type,
        -1 as stock_change,
        'operating' as former_stage,
        true as is_newly_shown,
        former_country,
        former_operator_id,
        former_power_kw,
        null as country,
        null as operator_id,
        null as power_kw,
        is_public,
        power_band,
        last_loaded_on,
        compared_with,
        labelled_on
    from gone_meanwhile
),

followed as (
    select
        both_ways.*,
        lag(event_type) over life as last_exit,
        lead(snapshot_date) over life as returned_on
    from both_ways
    window life as (partition by physical_evse_key order by snapshot_date, place)
),

event as (
    select
        snapshot_date,
        physical_evse_key,
        case
            when event_type <> 'entered' then event_type
            when last_exit = 'source_out' then 'source_back'
            when last_exit is not null or former_stage = 'removed' then 'returned'
            when former_stage = 'absent' and not is_newly_shown then 'first_seen'
            else 'opened'
        end as event_type,
        stock_change,
        former_country,
        former_operator_id,
        former_power_kw,
        country,
        operator_id,
        power_kw,
        is_public,
        power_band,
        compared_with,
        labelled_on,
        case when stock_change = -1 then returned_on end as returned_on,
        case
            when event_type <> 'vanished' then null
            when returned_on is not null then 'returned'
            when last_loaded_on - snapshot_date >= {{ var('grace_days') }} then 'vanished'
            else 'missing'
        end as grace_state
    from followed
    union all
    select
        snapshot_date,
        physical_evse_key,
        event_type,
        stock_change,
        former_country,
        former_operator_id,
        former_power_kw,
        country,
        operator_id,
        power_kw,
        is_public,
        power_band,
        compared_with,
        snapshot_date as labelled_on,
        null as returned_on,
        null as grace_state
    from movement
    where
        stock_change = 0
        and (event_type = 'operator_changed' or power_kw is distinct from former_power_kw)
)

select
    event.snapshot_date,
    event.physical_evse_key,
    event.event_type,
    event.stock_change,
    coalesce(event.country, event.former_country) as country,
    coalesce(event.operator_id, event.former_operator_id) as operator_id,
    label.operator_name,
    case when event.stock_change = 0 then event.former_country end as former_country,
    case when event.stock_change = 0 then event.former_operator_id end as former_operator_id,
    event.is_public,
    event.power_band,
    event.former_power_kw::float8 as former_power_kw,
    event.power_kw::float8 as power_kw,
    (coalesce(event.power_kw, 0) - coalesce(event.former_power_kw, 0))::float8 as power_change_kw,
    case when event.event_type <> 'first_seen' then event.compared_with end as compared_with,
    event.returned_on,
    event.grace_state
from event
left join {{ ref('operator_power_daily') }} as label
    on
        event.labelled_on = label.snapshot_date
        and coalesce(event.operator_id, event.former_operator_id) = label.operator_id
        and coalesce(event.country, event.former_country) = label.country
