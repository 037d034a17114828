-- Grain: snapshot_date, operator_id, country, is_50_kw. EVSE-hours by state, of the intervals that
-- end that night: the state of the snapshot before held until then, for 26 h at most.
-- depends_on: {{ ref('snapshot_day') }}
{{ config(materialized='daily', indexes=[{'columns': ['snapshot_date']}]) }}
{%- set states = ['free', 'occupied', 'blocked', 'down', 'unknown'] %}

with

night as (
    select * from {{ ref('source_interval') }}
    where {{ is_due('snapshot_date') }} and days_since_snapshot <= 365
),

-- What was observed, by the snapshot that the interval began with; what should have been, by the
-- last snapshot there was.
part as (
    select
        snapshot_date,
        source,
        former_snapshot_date as state_date,
        interval_hours,
        0::numeric as scheduled_hours,
        false as is_tonight
    from night
    where is_loaded and former_snapshot_date is not null
    union all
    select
        snapshot_date,
        source,
        source_snapshot_date as state_date,
        0::numeric as interval_hours,
        scheduled_hours,
        is_loaded as is_tonight
    from night
),

needed as (
    select distinct
        source,
        state_date
    from part
),

cube as (
    select access_day.*
    from {{ ref('access_day') }} as access_day
    inner join needed
        on access_day.source = needed.source and access_day.state_date = needed.state_date
)

select
    part.snapshot_date,
    cube.operator_id,
    cube.country,
    cube.is_50_kw,
    coalesce(sum(cube.evses) filter (where part.is_tonight), 0)::bigint as evses,
    coalesce(sum(cube.fresh_evses) filter (where part.is_tonight), 0)::bigint as fresh_evses,
    coalesce(sum(cube.evses) filter (where part.is_tonight and cube.hours_basis = 'unknown'), 0)::bigint
        as evses_without_hours,
    {%- for state in states %}
        trim_scale(
            coalesce(sum(cube.evses * part.interval_hours) filter (where cube.state = '{{ state }}'), 0)
        ) as {{ state }}_hours,
        trim_scale(
            coalesce(
                sum(cube.evses * part.interval_hours * cube.access_hours_per_week / 168)
                filter (where cube.state = '{{ state }}'),
                0
            )
        ) as {{ state }}_access_hours,
    {%- endfor %}
    trim_scale(sum(cube.evses * part.scheduled_hours)) as scheduled_hours,
    trim_scale(sum(cube.evses * part.scheduled_hours * cube.access_hours_per_week / 168))
        as scheduled_access_hours
from part
inner join cube on part.source = cube.source and part.state_date = cube.state_date
group by part.snapshot_date, cube.operator_id, cube.country, cube.is_50_kw
