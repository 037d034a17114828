-- Grain: snapshot_date, owner_id, country.
{{ config(materialized='daily') }}
with

spelt as (
    select
        day.snapshot_date,
        evse_day.owner_id,
        evse_day.owner_name,
        evse_day.country,
        {{ power_sums() }}
    from {{ ref('snapshot_day') }} as day
    inner join {{ ref('evse_day') }} as evse_day
        on day.state_date = evse_day.state_date and day.source = evse_day.source
    where day.is_carried and {{ is_due('day.snapshot_date') }}
    group by day.snapshot_date, evse_day.owner_id, evse_day.owner_name, evse_day.country
),

summed as (
    select
        snapshot_date,
        owner_id,
        (array_agg(owner_name order by published_evses desc, owner_name asc))[1] as owner_name,
        country,
        sum(evses)::bigint as evses,
        sum(power_kw) as power_kw,
        sum(declared_power_kw) as declared_power_kw,
        sum(evses_without_power)::bigint as evses_without_power,
        sum(unverified_evses)::bigint as unverified_evses,
        sum(unverified_power_kw) as unverified_power_kw,
        sum(published_evses)::bigint as published_evses,
        sum(published_power_kw) as published_power_kw,
        max(days_since_snapshot) as days_since_snapshot
    from spelt
    group by snapshot_date, owner_id, country
)

select
    snapshot_date,
    owner_id,
    owner_name,
    country,
    {{ power_figures() }}
from summed
