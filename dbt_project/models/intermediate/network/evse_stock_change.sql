-- Grain: state day, physical_evse_key, change. What counts of a physical EVSE, from the state day on
-- which it is so (begins) to the one on which it is so no more (ends).
-- Postgres takes spans for all different and sorts them; most are alike, and hashed.
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['state_date']}],
        pre_hook=plan_without('mergejoin', 'sort', 'incremental_sort', 'indexscan')
    )
}}

with

{{ state_days() }},

standing as (
    select
        span.physical_evse_key,
        case when span.is_counted then 'operating' else lower(span.status) end as stage,
        span.country,
        span.operator_id,
        span.is_public,
        span.power_kw,
        span.power_band,
        {{ runs_of_days() }} as runs
    from {{ needed_spans() }} and span.is_survivor
    group by
        span.physical_evse_key,
        case when span.is_counted then 'operating' else lower(span.status) end,
        span.country,
        span.operator_id,
        span.is_public,
        span.power_kw,
        span.power_band
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
cross join lateral ({{ run_edges('standing.runs') }}) as edge
inner join due_day on edge.day_number = due_day.day_number
