-- Grain: snapshot_date, country.
{{ config(materialized='daily') }}
with

summed as (
    select
        day.snapshot_date,
        evse_day.country,
        coalesce(sum(evse_day.evses) filter (where evse_day.is_public), 0)::bigint as public_evses,
        coalesce(sum(evse_day.power_kw) filter (where evse_day.is_public), 0) as public_power_kw,
        {{ power_sums() }}
    from {{ ref('snapshot_day') }} as day
    inner join {{ ref('evse_day') }} as evse_day
        on day.state_date = evse_day.state_date and day.source = evse_day.source
    where day.is_carried and {{ is_due('day.snapshot_date') }}
    group by day.snapshot_date, evse_day.country
)

select
    snapshot_date,
    country,
    public_evses,
    public_power_kw::float8 as public_power_kw,
    {{ power_figures() }}
from summed
