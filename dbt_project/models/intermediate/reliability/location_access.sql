-- Grain: a version of what a location says of when it can be used. Weekly hours, since a night says
-- nothing of the hour of the day; exceptional periods are left out.
-- Every join is one of whole tables by their key, of sizes that the planner cannot guess.
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook=[plan_without('nestloop'), '{{ forget_moved() }}']
    )
}}

with

period as (
    select
        source,
        party,
        location_id,
        valid_from,
        valid_to,
        weekday,
        extract(epoch from nullif(period_begin, '')::interval) / 3600 as begin_hour,
        extract(epoch from nullif(period_end, '')::interval) / 3600 as end_hour
    from {{ ref('stg_ocpi__location_opening_hours') }}
    -- 24:00 is a time of day here; what is none tells no hours.
    where
        {{ is_moved('source, party, location_id') }}
        and hours_kind = 'declared'
        and weekday between 1 and 7
        and period_begin ~ '^([01]?\d|2[0-4]):[0-5]\d(:[0-5]\d)?$'
        and period_end ~ '^([01]?\d|2[0-4]):[0-5]\d(:[0-5]\d)?$'
),

-- Days on which the hours of a location changed part its versions.
edge as (
    select
        source,
        party,
        location_id,
        valid_from as from_day
    from {{ ref('stg_ocpi__location') }}
    where {{ is_moved('source, party, location_id') }}
    union
    select
        source,
        party,
        location_id,
        valid_from as from_day
    from period
    union
    select
        source,
        party,
        location_id,
        valid_to as from_day
    from period
    where valid_to is not null
),

version as (
    select
        edge.*,
        lead(from_day) over (partition by source, party, location_id order by from_day) as to_day
    from edge
),

-- Periods of a day that overlap open it once.
opening as (
    select
        version.source,
        version.party,
        version.location_id,
        version.from_day,
        period.weekday,
        range_agg(
            numrange(
                period.begin_hour,
                -- 00:00, and what ends before it begins, goes on into the night.
                period.end_hour + case when period.end_hour <= period.begin_hour then 24 else 0 end
            )
        ) as hours
    from version
    inner join period
        on
            version.source = period.source
            and version.party = period.party
            and version.location_id = period.location_id
            and {{ is_true_on('period', 'version.from_day') }}
    group by
        version.source, version.party, version.location_id, version.from_day, period.weekday
),

weekly as (
    select
        opening.source,
        opening.party,
        opening.location_id,
        opening.from_day,
        trim_scale(least(168, sum(upper(span.hours) - lower(span.hours)))) as hours_per_week
    from opening
    cross join lateral unnest(opening.hours) as span (hours)
    group by opening.source, opening.party, opening.location_id, opening.from_day
)

select
    version.source,
    version.party,
    version.location_id,
    version.from_day as valid_from,
    version.to_day as valid_to,
    case
        when location.is_open_twentyfourseven then 'always'
        when location.is_charging_when_closed and weekly.source is not null then 'always'
        when weekly.source is not null then 'declared'
        else 'unknown'
    end as hours_basis,
    case
        when location.is_open_twentyfourseven or location.is_charging_when_closed then 168
        else coalesce(weekly.hours_per_week, 168)
    end::numeric as access_hours_per_week
from version
inner join {{ ref('stg_ocpi__location') }} as location
    on
        version.source = location.source
        and version.party = location.party
        and version.location_id = location.location_id
        and {{ is_true_on('location', 'version.from_day') }}
left join weekly
    on
        version.source = weekly.source
        and version.party = weekly.party
        and version.location_id = weekly.location_id
        and version.from_day = weekly.from_day
