-- Grain: source, snapshot_date. How long the state of a night was observed: from the snapshot before
-- to this one, at most 26 h. What a source was silent for beyond that is unobserved.
{{ config(materialized='view') }}

with

loaded as (
    select
        source,
        snapshot_date,
        lag(snapshot_date) over history as former_snapshot_date,
        observed_at,
        lag(observed_at) over history as former_observed_at
    from {{ ref('snapshot_day') }}
    where is_loaded
    window history as (partition by source order by snapshot_date)
),

snapshot_interval as (
    select
        source,
        snapshot_date,
        former_snapshot_date,
        -- Without a snapshot before it there is nothing to observe from. (least and greatest leave
        -- NULL out.)
        case
            when former_observed_at is null then 0
            else {{ hours_between('former_observed_at', 'observed_at') }}
        end as interval_hours
    from loaded
)

select
    day.snapshot_date,
    day.source,
    day.source_snapshot_date,
    day.days_since_snapshot,
    day.observed_at,
    day.is_loaded,
    day.is_carried,
    snapshot_interval.former_snapshot_date,
    coalesce(snapshot_interval.interval_hours, 0)::numeric as interval_hours,
    case
        when day.snapshot_date > min(day.snapshot_date) over (partition by day.source) then 24 else 0
    end::numeric as scheduled_hours,
    count(snapshot_interval.source) over history as nights_so_far,
    coalesce(sum(snapshot_interval.interval_hours) over history, 0)::numeric as observed_hours_so_far
from {{ ref('snapshot_day') }} as day
left join snapshot_interval
    on
        day.source = snapshot_interval.source
        and day.snapshot_date = snapshot_interval.snapshot_date
window history as (partition by day.source order by day.snapshot_date)
