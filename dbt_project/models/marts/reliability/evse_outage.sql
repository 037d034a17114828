-- Grain: physical_evse_key, began_on. From the first snapshot that shows a physical EVSE down to the
-- first one that does not. Made of what changed, a hundredth of the rows of physical_evse.
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='fail',
        indexes=[
            {'columns': ['physical_evse_key', 'began_on'], 'unique': true},
            {'columns': ['ended_on']},
        ],
        pre_hook=[plan_without('nestloop'), '{{ forget_moved_outages() }}']
    )
}}

with

down_change as (
    {{ down_changes_to_tell() }}
),

change as (
    select
        down_change.*,
        lead(state_date) over history as ended_on,
        lead(observed_at) over history as last_down_at,
        lead(other_status) over history as end_status,
        lead(other_class) over history as end_class,
        lead(other_reason) over history as end_reason,
        lead(other_observed_at) over history as end_observed_at,
        lead(other_last_updated) over history as end_last_updated
    from down_change
    window history as (
        -- A day on which one outage ends cannot begin another.
        partition by physical_evse_key collate "C" order by state_date
    )
),

source_interval as materialized (
    select
        source_interval.*,
        lag(observed_at) over days as former_observed_at,
        lag(is_carried) over days as was_carried
    from {{ ref('source_interval') }} as source_interval
    window days as (partition by source order by snapshot_date)
),

begun as (
    select
        change.*,
        coalesce(
            change.ended_on, (select max(day.snapshot_date) from {{ ref('snapshot_day') }} as day)
        ) as known_on
    from change
    where change.change = 'begins'
),

outage as (
    select
        begun.*,
        began.nights_so_far as began_nights,
        began.observed_hours_so_far as began_hours,
        began.former_observed_at,
        began.was_carried,
        known.nights_so_far - case when begun.ended_on is not null and known.is_loaded then 1 else 0 end
            as known_nights,
        known.observed_hours_so_far as known_hours,
        known.observed_at as known_at,
        known.is_carried
    from begun
    inner join source_interval as began
        on begun.source = began.source and begun.state_date = began.snapshot_date
    inner join source_interval as known
        on begun.source = known.source and begun.known_on = known.snapshot_date
),

placed as (
    select
        outage.*,
        case
            when other_class = 'U' then 'up'
            when other_class = 'K' then 'unknown'
            when began_nights = 1 then 'first_snapshot'
            when not was_carried then 'source_outage'
            else 'absent'
        end as before_state,
        coalesce(last_updated > former_observed_at and last_updated <= observed_at, false)
            as has_begin_event,
        case
            when ended_on is null then 'ongoing'
            when end_class = 'U' then 'recovered'
            when end_class = 'K' then 'unknown'
            when not is_carried and end_observed_at is null then 'source_outage'
            else 'left'
        end as end_kind,
        coalesce(end_last_updated > last_down_at and end_last_updated <= end_observed_at, false)
            as has_end_event
    from outage
),

timed as (
    select
        placed.*,
        case when has_begin_event then last_updated else observed_at end as began_at,
        case
            when end_kind = 'ongoing' then null
            when end_kind = 'source_outage' then last_down_at
            when end_kind = 'recovered' and has_end_event then end_last_updated
            else coalesce(end_observed_at, known_at)
        end as ended_at
    from placed
),

measured as (
    select
        timed.*,
        greatest(0, extract(epoch from coalesce(ended_at, known_at) - began_at) / 3600) as length_hours
    from timed
)

select
    physical_evse_key,
    state_date as began_on,
    began_at,
    case when has_begin_event then 'event_time' else 'first_seen' end as begin_known_from,
    before_state,
    ended_on,
    ended_at,
    case
        when end_kind = 'recovered' and has_end_event then 'event_time'
        when ended_on is not null then 'first_seen'
    end as end_known_from,
    end_kind as end_reason,
    case
        when end_kind = 'unknown' then end_reason
        when end_kind in ('recovered', 'left') then end_status
    end as end_detail,
    greatest(known_nights - began_nights + 1, 1) as nights,
    length_hours::float8 as length_hours,
    -- Up to the look that shows its end: no more of it than there was.
    least(known_hours - began_hours, length_hours)::float8 as observed_hours,
    before_state <> 'up' or end_kind <> 'recovered' as is_length_at_least,
    case
        when length_hours < 24 then 'under_1_day'
        when length_hours < 72 then '1_to_3_days'
        when length_hours < 168 then '3_to_7_days'
        when length_hours < 720 then '7_to_30_days'
        else 'over_30_days'
    end as length_class,
    operator_id,
    operator_name,
    country,
    power_kw::float8 as power_kw,
    source,
    party,
    location_id,
    evse_uid
from measured
