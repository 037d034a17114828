-- Grain: state day, own_key that stands on it under another physical_evse_key, inherited by its members
-- from when they were last seen. Few: all others are their own.
-- depends_on: {{ ref('snapshot_day') }}, {{ ref('evse_rekeyed_changed') }}
{{ config(materialized='daily', indexes=[{'columns': ['state_date']}, {'columns': ['own_key']}]) }}

{%- set is_there = is_in_span('span', state_day()) %}

with

former_day as materialized (
    select max(state_date) as state_date
    from {{ ref('snapshot_day') }}
    where state_date < {{ state_day() }}
),

former_rekeyed as (
    select
        own_key,
        physical_evse_key
    from {{ this }}
    where state_date = (select former_day.state_date from former_day)
),

changed as materialized (
    select
        own_key_change.source,
        own_key_change.party,
        own_key_change.location_id,
        own_key_change.evse_uid,
        own_key_change.own_key,
        coalesce(rekeyed.physical_evse_key, own_key_change.former_own_key) as former_key
    from {{ ref('evse_own_key_change') }} as own_key_change
    left join {{ this }} as rekeyed
        on
            own_key_change.former_date = rekeyed.state_date
            and own_key_change.former_own_key = rekeyed.own_key
    where own_key_change.state_date = {{ state_day() }}
),

-- Members that have had another key: theirs are all the questions of inheritance.
moved as materialized (
    select
        own_key,
        former_key
    from changed
    where former_key <> own_key
    union all
    select
        span.own_key,
        former_rekeyed.physical_evse_key as former_key
    from former_rekeyed
    inner join {{ ref('evse_span') }} as span on former_rekeyed.own_key = span.own_key
    where {{ is_there }} and {{ has_stayed('span') }}
),

asked as (
    select own_key as asked_key
    from moved
    union
    select former_key as asked_key
    from moved
),

kept as materialized (
    select own_key
    from changed
    where former_key = own_key
    union
    select span.own_key
    from asked
    inner join {{ ref('evse_span') }} as span on asked.asked_key = span.own_key
    where
        {{ is_there }}
        and {{ has_stayed('span') }}
        and span.own_key not in (select former_rekeyed.own_key from former_rekeyed)
),

claim as (
    select distinct on (moved.own_key)
        moved.own_key,
        moved.former_key,
        count(*) as members
    from moved
    left join kept on moved.own_key = kept.own_key
    left join kept as keeper on moved.former_key = keeper.own_key
    where kept.own_key is null and keeper.own_key is null
    group by moved.own_key, moved.former_key
    order by moved.own_key, count(*) desc, moved.former_key
),

inherited as materialized (
    select distinct on (former_key)
        former_key,
        own_key
    from claim
    order by former_key, members desc, own_key
),

-- The id was given to another EVSE, whose history goes on under it.
taken as (
    select
        span.own_key,
        {{ member_key('span') }} as member_key
    from inherited as heir
    inner join {{ ref('evse_span') }} as span on heir.former_key = span.own_key
    left join inherited on span.own_key = inherited.own_key
    where inherited.own_key is null and {{ is_there }}
)

select
    {{ state_day() }} as state_date,
    own_key,
    former_key as physical_evse_key
from inherited
union all
select
    {{ state_day() }} as state_date,
    own_key,
    own_key || '~' || min(member_key collate "C") as physical_evse_key
from taken
group by own_key
