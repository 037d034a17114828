-- Grain: a published EVSE (member) on a state day. Which members are one physical EVSE, which of
-- them speaks for it, and why each of the others does not.
-- depends_on: {{ ref('snapshot_day') }}
{{
    config(
        materialized='daily',
        indexes=[
            {'columns': ['source', 'party', 'location_id', 'evse_uid', 'state_date'], 'unique': true},
            {'columns': ['state_date']},
        ]
    )
}}

with recursive

member as (
    select
        *,
        coalesce(normalised_evse_id ~ '^[A-Z]{2}[A-Z0-9]{3}E.', false) as looks_like_emi3
    from {{ ref('evse_member') }}
),

-- An id published at several places. Few: 82 ids in the Dutch feed of 2026-06-07. The box is
-- smaller than the circle, so that it lets no pair through that is too far apart.
spread_id as (
    select
        normalised_evse_id,
        count(*) as members
    from member
    where looks_like_emi3
    group by normalised_evse_id
    having
        count(*) > 1
        and greatest(
            max(latitude) - min(latitude),
            (max(longitude) - min(longitude)) * cos(radians(min(abs(latitude))))
        ) * 111195 > {{ var('same_place_m') }} / 1.5
),

-- More members than any mistake explains: a constant, and no identity.
constant_id as (
    select normalised_evse_id
    from member
    where looks_like_emi3
    group by normalised_evse_id
    having count(*) > 100
),

spread_member as (
    select
        member.member_key,
        member.normalised_evse_id,
        member.latitude,
        member.longitude
    from member
    inner join spread_id using (normalised_evse_id)
    where spread_id.members <= 100
),

near as (
    select
        one.member_key,
        other.member_key as near_member_key
    from spread_member as one
    inner join spread_member as other
        on
            one.normalised_evse_id = other.normalised_evse_id
            -- Without coordinates nothing says that it is elsewhere.
            and coalesce(
                {{ distance_m('one.latitude', 'one.longitude', 'other.latitude', 'other.longitude') }}
                <= {{ var('same_place_m') }},
                true
            )
),

reached as (
    select
        member_key,
        near_member_key
    from near
    union
    select
        reached.member_key,
        near.near_member_key
    from reached
    inner join near on reached.near_member_key = near.member_key
),

linked as (
    select
        member_key,
        min(near_member_key collate "C") as place_key
    from reached
    group by member_key
),

former_day as (
    select max(state_date) as state_date
    from {{ this }}
    where state_date < {{ state_day() }}
),

former as (
    select
        yesterday.source,
        yesterday.party,
        yesterday.location_id,
        yesterday.evse_uid,
        yesterday.physical_evse_key
    from {{ this }} as yesterday
    where yesterday.state_date = (select former_day.state_date from former_day)
),

placed as (
    select
        member.member_key,
        member.normalised_evse_id,
        linked.place_key,
        member.looks_like_emi3 and constant_id.normalised_evse_id is null as has_emi3_id,
        coalesce(former.physical_evse_key, returned.physical_evse_key) as former_key
    from member
    left join constant_id on member.normalised_evse_id = constant_id.normalised_evse_id
    left join linked on member.member_key = linked.member_key
    left join former
        on
            member.source = former.source
            and member.party = former.party
            and member.location_id = former.location_id
            and member.evse_uid = former.evse_uid
    -- One that was away, or whose source was: the last key it had.
    left join lateral (
        select earlier.physical_evse_key
        from {{ this }} as earlier
        where
            former.source is null
            and earlier.source = member.source
            and earlier.party = member.party
            and earlier.location_id = member.location_id
            and earlier.evse_uid = member.evse_uid
            and earlier.state_date < {{ state_day() }}
        order by earlier.state_date desc
        limit 1
    ) as returned on true
),

place_of_id as (
    select
        normalised_evse_id,
        place_key,
        count(*) over (partition by normalised_evse_id) > 1 as is_one_of_several,
        row_number() over (
            partition by normalised_evse_id
            order by bool_or(former_key = normalised_evse_id) desc nulls last, count(*) desc, place_key
        ) = 1 as is_main
    from placed
    where place_key is not null
    group by normalised_evse_id, place_key
),

-- The key that the day alone would give: the id, at a second place the id and that place.
own as (
    select
        placed.member_key,
        placed.has_emi3_id,
        placed.former_key,
        coalesce(place_of_id.is_one_of_several, false) as is_id_at_several_places,
        case
            when not placed.has_emi3_id then placed.member_key
            when coalesce(place_of_id.is_main, true) then placed.normalised_evse_id
            else placed.normalised_evse_id || '~' || placed.place_key
        end as own_key
    from placed
    left join place_of_id using (normalised_evse_id, place_key)
),

cluster as (
    select
        own_key,
        bool_or(former_key is not null) as has_former,
        coalesce(bool_or(former_key = own_key), false) as is_kept,
        min(member_key collate "C") as least_member_key
    from own
    group by own_key
),

claim as (
    select distinct on (own.own_key)
        own.own_key,
        own.former_key,
        count(*) as members
    from own
    inner join cluster using (own_key)
    where
        cluster.has_former
        and not cluster.is_kept
        and own.former_key is not null
        and not exists (
            select 1
            from cluster as keeper
            where keeper.is_kept and keeper.own_key = own.former_key
        )
    group by own.own_key, own.former_key
    order by own.own_key, count(*) desc, own.former_key
),

inherited as (
    select distinct on (former_key)
        former_key,
        own_key
    from claim
    order by former_key, members desc, own_key
),

key_of_cluster as (
    select
        cluster.own_key,
        case
            when inherited.former_key is not null then inherited.former_key
            -- The id was given to another EVSE, whose history goes on under it.
            when taken.former_key is not null then cluster.own_key || '~' || cluster.least_member_key
            else cluster.own_key
        end as physical_evse_key
    from cluster
    left join inherited on cluster.own_key = inherited.own_key
    left join inherited as taken on cluster.own_key = taken.former_key
),

ranked as (
    select
        member.*,
        own.has_emi3_id,
        own.is_id_at_several_places,
        key_of_cluster.physical_evse_key,
        row_number() over survivor_first as place_in_line,
        first_value(member.last_updated) over survivor_first as survivor_last_updated,
        first_value(member.observed_at) over survivor_first as survivor_observed_at,
        first_value(member.source_rank) over survivor_first as survivor_source_rank
    from member
    inner join own on member.member_key = own.member_key
    inner join key_of_cluster on own.own_key = key_of_cluster.own_key
    window survivor_first as (
        partition by key_of_cluster.physical_evse_key collate "C"
        order by
            member.last_updated desc nulls last,
            member.source_rank asc,
            member.member_key collate "C" asc
    )
),

aged as (
    select
        ranked.*,
        coalesce(last_updated >= observed_at - interval '{{ var("fresh_days") }} days', false)
            as is_fresh,
        coalesce(
            survivor_last_updated >= survivor_observed_at - interval '{{ var("fresh_days") }} days',
            false
        ) as is_survivor_fresh,
        coalesce(
            status = 'CHARGING'
            and last_updated < observed_at - make_interval(hours => case when is_dc then 6 else 24 end),
            false
        ) as is_zombie,
        coalesce(status not in ('PLANNED', 'REMOVED'), true) as is_counted
    from ranked
),

observed as (
    select
        aged.*,
        case
            when not is_counted then null
            when last_updated is null then 'no_last_updated'
            when not is_fresh then 'unverified'
            when is_zombie then 'zombie'
            when status is null then 'no_status'
            when status = 'UNKNOWN' then 'status_unknown'
            when status in (
                'AVAILABLE', 'CHARGING', 'RESERVED', 'BLOCKED', 'PREPARING', 'FINISHING'
            ) then 'status_up'
            when status in ('INOPERATIVE', 'OUTOFORDER') then 'status_down'
            else 'status_unrecognised'
        end as observation_reason
    from aged
)

select
    {{ state_day() }} as state_date,
    source,
    party,
    location_id,
    evse_uid,
    physical_evse_key,
    place_in_line = 1 as is_survivor,
    case
        when place_in_line = 1 then null
        when is_survivor_fresh and not is_fresh then 'stale_copy'
        when coalesce(last_updated < survivor_last_updated, survivor_last_updated is not null)
            then 'older_copy'
        when source_rank > survivor_source_rank then 'same_age_lower_rank'
        else 'same_age_larger_key'
    end as loser_reason,
    evse_id,
    has_emi3_id,
    is_id_at_several_places,
    is_loaded as is_observed,
    observed_at,
    status,
    last_updated,
    is_fresh,
    is_zombie,
    is_counted,
    case observation_reason
        when 'status_up' then 'U'
        when 'status_down' then 'D'
        else case when is_counted then 'K' end
    end as observation_class,
    observation_reason,
    country,
    operator_id,
    operator_name,
    owner_id,
    owner_name,
    is_public,
    power_kw,
    power_method,
    power_reason,
    power_band
from observed
