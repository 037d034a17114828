-- Grain: state day, published EVSE (member) that comes back on it, or comes under another own_key than
-- it had when last seen. Days from the first that is due on are all built: when it was last seen
-- follows from all the days before.
{{ config(materialized='daily', indexes=[{'columns': ['state_date']}]) }}

with

state_day as (
    select
        state_date,
        lag(state_date) over (order by state_date) as former_state_date
    from (
        select distinct state_date
        from {{ ref('snapshot_day') }}
    ) as day
),

first_due as materialized (
    select min(state_date) as state_date
    from state_day
    where {{ is_due('state_date') }}
),

-- With the week before: nearly all were there then.
span as (
    select
        {{ member_hash('span') }} as member_hash,
        span.source,
        span.party,
        span.location_id,
        span.evse_uid,
        span.state_week,
        span.own_key,
        span.from_day,
        span.last_day,
        span.from_date,
        span.last_date
    from {{ ref('evse_span') }} as span
    where
        span.state_week
        >= (select date_trunc('week', first_due.state_date)::date - 7 from first_due)
),

member_week as materialized (
    select
        member_hash,
        source,
        party,
        location_id,
        evse_uid,
        state_week,
        min(own_key) as own_key,
        min(from_date) as from_date,
        max(last_date) as last_date,
        min(own_key) = max(own_key)
        and sum(last_day - from_day + 1) = max(last_day) - min(from_day) + 1 as is_plain
    from span
    group by member_hash, source, party, location_id, evse_uid, state_week
),

-- A row for a week, for nearly all: there without a gap, and under one key.
presence as (
    select
        member_hash,
        source,
        party,
        location_id,
        evse_uid,
        own_key,
        from_date,
        last_date
    from member_week
    where is_plain
    union all
    select
        span.member_hash,
        span.source,
        span.party,
        span.location_id,
        span.evse_uid,
        span.own_key,
        span.from_date,
        span.last_date
    from span
    where
        (member_hash, source, party, location_id, evse_uid, state_week) in (
            select
                member_week.member_hash,
                member_week.source,
                member_week.party,
                member_week.location_id,
                member_week.evse_uid,
                member_week.state_week
            from member_week
            where not member_week.is_plain
        )
),

following as (
    select
        presence.*,
        lag(own_key) over earlier as lag_own_key,
        lag(last_date) over earlier as lag_date
    from presence
    window earlier as (
        partition by member_hash, source, party, location_id, evse_uid order by from_date
    )
),

before_all as materialized (
    select
        coalesce(
            min(state_week)
            < (select date_trunc('week', first_due.state_date)::date - 7 from first_due),
            false
        ) as is_any
    from {{ ref('evse_span') }}
),

started as (
    select
        following.*,
        state_day.former_state_date
    from following
    inner join state_day on following.from_date = state_day.state_date
    where
        {{ is_due('following.from_date') }}
        and (
            following.lag_own_key is distinct from following.own_key
            or following.lag_date <> state_day.former_state_date
        )
),

seen as (
    select
        started.*,
        coalesce(started.lag_own_key, earlier.own_key) as former_own_key,
        coalesce(started.lag_date, earlier.last_date) as former_date
    from started
    left join lateral (
        select
            before.own_key,
            before.last_date
        from {{ ref('evse_span') }} as before
        where
            started.lag_date is null
            -- Once for all, not for each: of a build of all days nothing is earlier.
            and (select before_all.is_any from before_all)
            and {{ member_hash('before') }} = started.member_hash
            and before.source = started.source
            and before.party = started.party
            and before.location_id = started.location_id
            and before.evse_uid = started.evse_uid
            and before.last_date < started.from_date
        order by before.last_date desc
        limit 1
    ) as earlier on true
)

select
    from_date as state_date,
    source,
    party,
    location_id,
    evse_uid,
    own_key,
    former_own_key,
    former_date
from seen
where former_date <> former_state_date or former_own_key <> own_key
