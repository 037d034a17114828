-- Grain: state day, published EVSE (member), physical_evse_key, change. From which state day on a
-- member is there under a key (begins), and from which it is there under it no more (ends).
{{ config(materialized='daily', indexes=[{'columns': ['state_date']}]) }}

with

{{ state_days() }},

standing as (
    select
        span.source,
        span.party,
        span.location_id,
        span.evse_uid,
        span.physical_evse_key,
        {{ runs_of_days() }} as runs
    from {{ needed_spans() }}
    group by
        span.source,
        span.party,
        span.location_id,
        span.evse_uid,
        span.physical_evse_key
)

select
    due_day.state_date,
    standing.source,
    standing.party,
    standing.location_id,
    standing.evse_uid,
    standing.physical_evse_key,
    edge.change
from standing
cross join lateral ({{ run_edges('standing.runs') }}) as edge
inner join due_day on edge.day_number = due_day.day_number
