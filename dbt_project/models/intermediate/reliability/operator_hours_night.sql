-- Grain: snapshot_date, operator_id, country, is_50_kw. EVSE-hours by state, of the intervals that
-- end that night: the state of the snapshot before held until then, for 26 h at most. Where an EVSE
-- says when in between it went down or came back, the state of before held until that time, and the
-- new one from it.
-- depends_on: {{ ref('snapshot_day') }}
{{ config(materialized='daily', indexes=[{'columns': ['snapshot_date']}]) }}
{%- set states = ['free', 'occupied', 'blocked', 'down', 'unverified_down', 'unknown'] %}
{%- set other_state = state_of_hours('change.other_class', 'change.other_status') %}

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
),

-- Told by the EVSE, and between the snapshots that it parts: an event time. Ages, and what is known
-- from another copy, have none.
event as (
    select
        night.snapshot_date,
        night.former_snapshot_date,
        night.interval_hours,
        change.source,
        change.party,
        change.location_id,
        change.operator_id,
        change.country,
        {{ is_50_kw('change.power_kw') }} as is_50_kw,
        case change.change when 'begins' then {{ other_state }} else 'down' end as former_state,
        case change.change when 'begins' then 'down' else {{ other_state }} end as state,
        case change.change when 'begins' then change.last_updated else change.other_last_updated end
            as event_at,
        case change.change when 'begins' then change.other_observed_at else change.observed_at end
            as former_observed_at,
        case change.change when 'begins' then change.observed_at else change.other_observed_at end
            as observed_at
    from {{ ref('evse_down_change') }} as change
    inner join night
        on
            change.source = night.source
            and change.state_date = night.snapshot_date
            and night.is_loaded
            and night.former_snapshot_date is not null
    where
        change.is_other_alike
        and change.other_class is not null
),

-- From the event on the hours of the interval are of the new state. It makes the interval no longer:
-- else those that changed would be observed for more hours than those that stayed as they were.
parted as (
    select
        event.snapshot_date,
        event.operator_id,
        event.country,
        event.is_50_kw,
        moved.state,
        moved.sign
        * (event.interval_hours - {{ hours_between('event.former_observed_at', 'event.event_at') }})
            as hours,
        coalesce(location_access.access_hours_per_week, 168) as access_hours_per_week
    from event
    left join {{ ref('location_access') }} as location_access
        on
            event.source = location_access.source
            and event.party = location_access.party
            and event.location_id = location_access.location_id
            and {{ is_true_on('location_access', 'event.former_snapshot_date') }}
    cross join lateral (values (event.former_state, -1), (event.state, 1)) as moved (state, sign)
    where
        event.event_at > event.former_observed_at
        and event.event_at <= event.observed_at
),

counted as (
    select
        part.snapshot_date,
        cube.operator_id,
        cube.country,
        cube.is_50_kw,
        cube.state,
        cube.access_hours_per_week,
        cube.evses * part.interval_hours as hours,
        cube.evses * part.scheduled_hours as scheduled_hours,
        case when part.is_tonight then cube.evses else 0 end as evses,
        case when part.is_tonight then cube.fresh_evses else 0 end as fresh_evses,
        case when part.is_tonight and cube.hours_basis = 'unknown' then cube.evses else 0 end
            as evses_without_hours
    from part
    inner join cube on part.source = cube.source and part.state_date = cube.state_date
    union all
    select
        snapshot_date,
        operator_id,
        country,
        is_50_kw,
        state,
        access_hours_per_week,
        hours,
        0 as scheduled_hours,
        0 as evses,
        0 as fresh_evses,
        0 as evses_without_hours
    from parted
    union all
    select
        elsewhere.snapshot_date,
        elsewhere.operator_id,
        elsewhere.country,
        elsewhere.is_50_kw,
        null as state,
        elsewhere.access_hours_per_week,
        0 as hours,
        -elsewhere.evses * night.scheduled_hours as scheduled_hours,
        0 as evses,
        0 as fresh_evses,
        0 as evses_without_hours
    from {{ ref('spoken_elsewhere') }} as elsewhere
    inner join night using (snapshot_date, source)
)

select
    snapshot_date,
    operator_id,
    country,
    is_50_kw,
    sum(evses)::bigint as evses,
    sum(fresh_evses)::bigint as fresh_evses,
    sum(evses_without_hours)::bigint as evses_without_hours,
    {%- for state in states %}
        trim_scale(coalesce(sum(hours) filter (where state = '{{ state }}'), 0)) as {{ state }}_hours,
        trim_scale(
            coalesce(sum(hours * access_hours_per_week / 168) filter (where state = '{{ state }}'), 0)
        ) as {{ state }}_access_hours,
    {%- endfor %}
    trim_scale(sum(scheduled_hours)) as scheduled_hours,
    trim_scale(sum(scheduled_hours * access_hours_per_week / 168)) as scheduled_access_hours
from counted
group by snapshot_date, operator_id, country, is_50_kw
