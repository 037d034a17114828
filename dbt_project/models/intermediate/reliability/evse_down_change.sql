-- Grain: state day, physical_evse_key, change. From which state day on a physical EVSE is down, and
-- from which it is so no more, with what it was before and is after. A day of a source carried
-- forward shows what its last snapshot showed, so that a missing snapshot parts no outage.
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['state_date']}, {'columns': ['physical_evse_key']}],
        pre_hook=plan_without('nestloop', 'indexscan')
    )
}}

with

{{ state_days() }},

span as materialized (
    select
        span.*,
        first_day.day_number as first_number,
        last_day.day_number as last_number
    from {{ needed_spans() }} and span.is_survivor
),

down as (
    select
        span.*,
        lag(last_number) over history as former_number,
        lead(first_number) over history as next_number
    from span
    where observation_class = 'D'
    window history as (partition by physical_evse_key collate "C" order by first_number)
),

edge as materialized (
    select
        down.first_number as day_number,
        down.first_number - 1 as neighbour_number,
        down.from_date as seen_date,
        'begins' as change,
        down.*
    from down
    where down.former_number is distinct from down.first_number - 1
    union all
    select
        down.last_number + 1 as day_number,
        down.last_number + 1 as neighbour_number,
        down.last_date as seen_date,
        'ends' as change,
        down.*
    from down
    where down.next_number is distinct from down.last_number + 1
),

due_edge as materialized (
    select
        due_day.state_date,
        neighbour_day.state_date as neighbour_date,
        seen.observed_at,
        edge.*
    from edge
    inner join due_day on edge.day_number = due_day.day_number
    inner join {{ ref('snapshot_day') }} as seen
        on edge.source = seen.source and edge.seen_date = seen.snapshot_date
    left join state_day as neighbour_day on edge.neighbour_number = neighbour_day.day_number
),

-- The day between two outages of a day each is a neighbour of both.
neighbour as (
    select
        due_edge.physical_evse_key,
        due_edge.neighbour_number,
        span.source,
        span.party,
        span.location_id,
        span.evse_uid,
        span.country,
        span.operator_id,
        span.power_kw,
        span.status,
        span.observation_class,
        span.observation_reason,
        seen.observed_at,
        span.last_updated
    from (
        select distinct
            physical_evse_key,
            neighbour_number,
            neighbour_date
        from due_edge
    ) as due_edge
    inner join span
        on
            due_edge.physical_evse_key = span.physical_evse_key
            and due_edge.neighbour_number between span.first_number and span.last_number
    inner join {{ ref('snapshot_day') }} as seen
        on span.source = seen.source and due_edge.neighbour_date = seen.snapshot_date
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
    neighbour.last_updated as other_last_updated,
    -- What is counted where the other was is counted where this one is.
    coalesce(
        {{ is_same_member('neighbour', 'edge') }}
        and neighbour.country = edge.country
        and neighbour.operator_id = edge.operator_id
        and {{ is_50_kw('neighbour.power_kw') }} = {{ is_50_kw('edge.power_kw') }},
        false
    ) as is_other_alike
from due_edge as edge
left join neighbour
    on
        edge.physical_evse_key = neighbour.physical_evse_key
        and edge.neighbour_number = neighbour.neighbour_number
