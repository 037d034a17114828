-- Grain: state day, physical_evse_key, change. What counts of a physical EVSE, from the state day on
-- which it is so (begins) to the one on which it is so no more (ends).
{{ config(materialized='daily', indexes=[{'columns': ['state_date']}]) }}

with

{{ state_days() }},

standing as (
    select
        physical_evse.physical_evse_key,
        case when physical_evse.is_counted then 'operating' else lower(physical_evse.status) end
            as stage,
        physical_evse.country,
        physical_evse.operator_id,
        physical_evse.is_public,
        physical_evse.power_kw,
        physical_evse.power_band,
        {{ run_days('needed_day.day_number') }}
    from {{ ref('physical_evse') }} as physical_evse
    inner join needed_day on physical_evse.state_date = needed_day.state_date
    where physical_evse.is_survivor
    group by
        physical_evse.physical_evse_key,
        case when physical_evse.is_counted then 'operating' else lower(physical_evse.status) end,
        physical_evse.country,
        physical_evse.operator_id,
        physical_evse.is_public,
        physical_evse.power_kw,
        physical_evse.power_band
)

select
    due_day.state_date,
    standing.physical_evse_key,
    edge.change,
    standing.stage,
    standing.country,
    standing.operator_id,
    standing.is_public,
    standing.power_kw,
    standing.power_band
from standing
cross join lateral ({{ run_edges('standing') }}) as edge
inner join due_day on edge.day_number = due_day.day_number
