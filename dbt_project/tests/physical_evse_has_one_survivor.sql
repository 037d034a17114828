-- Exactly one copy speaks for a physical EVSE, and each copy is there once, on every day that was built
-- now. Without a key that the database would enforce. Days are bits: their sum is their union where
-- none is there twice.
{{ config(meta={'dagster': {'ref': {'name': 'evse_span'}}}) }}

with

span as (
    select
        state_week,
        source,
        party,
        location_id,
        evse_uid,
        own_key,
        is_survivor,
        (1 << last_day) - (1 << (from_day - 1)) as days
    from {{ ref('evse_span') }}
    where {{ is_affected_week('state_week') }}
)

select
    state_week,
    own_key as found
from span
group by state_week, own_key
having coalesce(sum(days) filter (where is_survivor), 0) <> bit_or(days)
union all
select
    state_week,
    location_id || '/' || evse_uid as found
from span
group by state_week, source, party, location_id, evse_uid
having sum(days) <> bit_or(days)
union all
-- A key that was inherited is nobody else's.
select
    rekeyed.state_date,
    rekeyed.physical_evse_key as found
from {{ ref('evse_rekeyed') }} as rekeyed
left join {{ ref('evse_span') }} as span
    on
        rekeyed.physical_evse_key = span.own_key
        and {{ is_in_span('span', 'rekeyed.state_date') }}
left join {{ ref('evse_rekeyed') }} as other
    on rekeyed.state_date = other.state_date and span.own_key = other.own_key
where
    {{ is_affected('rekeyed.state_date') }}
    and span.own_key is not null
    and other.own_key is null
union all
select
    state_date,
    physical_evse_key as found
from {{ ref('evse_rekeyed') }}
where {{ is_affected('state_date') }}
group by state_date, physical_evse_key
having count(*) > 1
