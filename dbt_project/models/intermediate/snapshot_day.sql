-- Stands under all models of days, and so does what they note in built_day.
-- depends_on: {{ ref('built_day') }}
with

loaded as (
    select
        source,
        snapshot_date,
        pull_ended_at,
        {{ is_replayed('source') }} as is_replayed
    from {{ ref('stg_ops__snapshot') }}
    where module = 'locations' and status = 'loaded'
),

-- Where a past day can be asked for, or was pulled long after it, the newest update in it tells when
-- it was taken: of the day, or of the evening before where it shows the midnight between them. Later
-- ones are of clocks that run ahead. Day by day, each by an index: of a live source nothing is read.
newest_update as (
    select
        loaded.source,
        loaded.snapshot_date,
        newest.last_updated
    from loaded
    cross join
        lateral (
            select max(status.last_updated) as last_updated
            from {{ ref('stg_ocpi__evse_status') }} as status
            where
                status.source = loaded.source
                and status.valid_from = loaded.snapshot_date
                and (status.last_updated at time zone 'UTC')
                >= loaded.snapshot_date - interval '12 hours'
                and (status.last_updated at time zone 'UTC') < loaded.snapshot_date + interval '1 day'
        ) as newest
    where
        loaded.is_replayed
        or loaded.pull_ended_at is null
        or (loaded.pull_ended_at at time zone 'UTC') < loaded.snapshot_date
        or (loaded.pull_ended_at at time zone 'UTC') >= loaded.snapshot_date + interval '36 hours'
),

observed as materialized (
    select
        loaded.source,
        loaded.snapshot_date,
        case
            when newest_update.source is null then loaded.pull_ended_at
            -- Asked for before its time, it was not taken later than that.
            else least(
                case
                    when (loaded.pull_ended_at at time zone 'UTC') >= loaded.snapshot_date
                        then loaded.pull_ended_at
                end,
                coalesce(
                    newest_update.last_updated, (loaded.snapshot_date + interval '1 day') at time zone 'UTC'
                )
            )
        end as observed_at
    from loaded
    left join newest_update
        on
            loaded.source = newest_update.source
            and loaded.snapshot_date = newest_update.snapshot_date
),

span as (
    select
        source,
        min(snapshot_date) as first_day,
        max(max(snapshot_date)) over () as last_day
    from loaded
    group by source
),

calendar as (
    select
        span.source,
        days.snapshot_day::date as snapshot_date
    from
        span,
        generate_series(span.first_day, span.last_day, interval '1 day') as days (snapshot_day)
),

-- By windows and equalities: pairs of days would be a hundred times as many in three years.
followed as (
    select
        calendar.source,
        calendar.snapshot_date,
        max(observed.snapshot_date) over (
            partition by calendar.source order by calendar.snapshot_date
        ) as source_snapshot_date
    from calendar
    left join observed
        on
            calendar.source = observed.source
            and calendar.snapshot_date = observed.snapshot_date
),

aged as (
    select
        followed.snapshot_date,
        followed.source,
        followed.source_snapshot_date,
        observed.observed_at,
        followed.snapshot_date - followed.source_snapshot_date as days_since_snapshot
    from followed
    inner join observed
        on
            followed.source = observed.source
            and followed.source_snapshot_date = observed.snapshot_date
),

-- Days between two state days show the same EVSEs: nothing was loaded and no source left.
day as (
    select
        snapshot_date,
        max(snapshot_date) filter (where is_state_day) over (order by snapshot_date) as state_date
    from (
        select
            snapshot_date,
            bool_or(days_since_snapshot in (0, {{ var('carry_days') }} + 1)) as is_state_day
        from aged
        group by snapshot_date
    ) as aged_day
),

state_day as (
    select
        state_date,
        date_trunc('week', state_date)::date as state_week,
        row_number() over (
            partition by date_trunc('week', state_date) order by state_date
        )::integer as day_of_week
    from day
    where snapshot_date = state_date
)

select
    aged.snapshot_date,
    aged.source,
    aged.source_snapshot_date,
    aged.days_since_snapshot,
    aged.observed_at,
    aged.days_since_snapshot = 0 as is_loaded,
    aged.days_since_snapshot <= {{ var('carry_days') }} as is_carried,
    state_day.state_date,
    state_day.state_week,
    state_day.day_of_week,
    source_day.state_date as source_state_date
from aged
inner join day on aged.snapshot_date = day.snapshot_date
inner join state_day on day.state_date = state_day.state_date
inner join day as source_day
    on
        least(aged.snapshot_date, aged.source_snapshot_date + {{ var('carry_days') }})
        = source_day.snapshot_date
