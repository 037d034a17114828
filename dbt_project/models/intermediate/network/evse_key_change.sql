-- Grain: state day, published EVSE (member), physical_evse_key, change. From which state day on a
-- member is there under a key (begins), and from which it is there under it no more (ends).
{{ config(materialized='daily', indexes=[{'columns': ['state_date']}]) }}

with

{{ state_days() }},

-- Days as numbers, so that a run of them needs no sort: what stands unchanged through the whole
-- history is one row here.
standing as (
    select
        physical_evse.source,
        physical_evse.party,
        physical_evse.location_id,
        physical_evse.evse_uid,
        physical_evse.physical_evse_key,
        {{ run_days('needed_day.day_number') }}
    from {{ ref('physical_evse') }} as physical_evse
    inner join needed_day on physical_evse.state_date = needed_day.state_date
    group by
        physical_evse.source,
        physical_evse.party,
        physical_evse.location_id,
        physical_evse.evse_uid,
        physical_evse.physical_evse_key
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
cross join lateral ({{ run_edges('standing') }}) as edge
inner join due_day on edge.day_number = due_day.day_number
