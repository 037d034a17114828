-- Grain: state day, physical_evse_key, change. From which state day on a physical EVSE is down, and
-- from which it is so no more, with what it was before and is after. A day of a source carried
-- forward shows what its last snapshot showed, so that a missing snapshot parts no outage.
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['state_date']}],
        pre_hook='set local enable_nestloop = off'
    )
}}

with

{{ state_days() }},

down as (
    select
        physical_evse.physical_evse_key,
        needed_day.day_number,
        physical_evse.source,
        physical_evse.party,
        physical_evse.location_id,
        physical_evse.evse_uid,
        physical_evse.country,
        physical_evse.operator_id,
        physical_evse.operator_name,
        physical_evse.power_kw,
        physical_evse.observed_at,
        physical_evse.last_updated,
        lag(needed_day.day_number) over history as former_number,
        lead(needed_day.day_number) over history as next_number
    from {{ ref('physical_evse') }} as physical_evse
    inner join needed_day on physical_evse.state_date = needed_day.state_date
    where physical_evse.is_survivor and physical_evse.observation_class = 'D'
    window history as (
        partition by physical_evse.physical_evse_key collate "C" order by needed_day.day_number
    )
),

edge as materialized (
    select
        due_day.state_date,
        neighbour_day.state_date as neighbour_date,
        'begins' as change,
        down.*
    from down
    inner join due_day on down.day_number = due_day.day_number
    left join state_day as neighbour_day on down.day_number - 1 = neighbour_day.day_number
    where down.former_number is distinct from down.day_number - 1
    union all
    select
        due_day.state_date,
        due_day.state_date as neighbour_date,
        'ends' as change,
        down.*
    from down
    inner join due_day on down.day_number + 1 = due_day.day_number
    where down.next_number is distinct from down.day_number + 1
),

neighbour as materialized (
    select
        physical_evse.state_date,
        physical_evse.physical_evse_key,
        physical_evse.status,
        physical_evse.observation_class,
        physical_evse.observation_reason,
        physical_evse.observed_at,
        physical_evse.last_updated
    from {{ ref('physical_evse') }} as physical_evse
    inner join needed_day on physical_evse.state_date = needed_day.state_date
    where
        physical_evse.is_survivor
        and (physical_evse.state_date, physical_evse.physical_evse_key) in (
            select
                edge.neighbour_date,
                edge.physical_evse_key
            from edge
        )
)

select
    edge.state_date,
    edge.physical_evse_key,
    edge.change,
    edge.source,
    edge.party,
    edge.location_id,
    edge.evse_uid,
    edge.country,
    edge.operator_id,
    edge.operator_name,
    edge.power_kw,
    edge.observed_at,
    edge.last_updated,
    neighbour.status as other_status,
    neighbour.observation_class as other_class,
    neighbour.observation_reason as other_reason,
    neighbour.observed_at as other_observed_at,
    neighbour.last_updated as other_last_updated
from edge
left join neighbour
    on
        edge.neighbour_date = neighbour.state_date
        and edge.physical_evse_key = neighbour.physical_evse_key
