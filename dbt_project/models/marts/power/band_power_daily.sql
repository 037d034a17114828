-- Grain: snapshot_date, country, operator_id, power_band.
{{ config(materialized='daily') }}
with

summed as (
    select
        day.snapshot_date,
        evse_day.country,
        evse_day.operator_id,
        evse_day.power_band,
        {{ power_sums() }}
    from {{ ref('snapshot_day') }} as day
    inner join {{ ref('evse_day') }} as evse_day
        on day.state_date = evse_day.state_date and day.source = evse_day.source
    where day.is_carried and {{ is_due('day.snapshot_date') }}
    group by day.snapshot_date, evse_day.country, evse_day.operator_id, evse_day.power_band
)

select
    snapshot_date,
    country,
    operator_id,
    power_band,
    {{ power_figures() }}
from summed
