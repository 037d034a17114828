-- Grain: snapshot_date, operator_id, country. Figures of the night itself; beside them those of the
-- 7 and 30 days that end with it, as sums over sums.
with

snapshot_day as (
    select * from {{ ref('snapshot_day') }}
),

operator_day as (
    select * from {{ ref('operator_day') }}
),

-- What was seen on a day, and what should have been: a source without a snapshot is scheduled with
-- what it had, also beyond the days for which its power is carried forward.
night as (
    select
        snapshot_day.snapshot_date,
        operator_day.operator_id,
        operator_day.country,
        (array_agg(
            operator_day.operator_name
            order by operator_day.published_evses desc, operator_day.source
        ))[1] as operator_name,
        bool_or(snapshot_day.is_carried) as is_carried,
        max(snapshot_day.days_since_snapshot) as days_since_snapshot,
        sum(operator_day.evses) as scheduled,
        sum(operator_day.up) filter (where snapshot_day.is_loaded) as up,
        sum(operator_day.down) filter (where snapshot_day.is_loaded) as down,
        sum(operator_day.unknown) filter (where snapshot_day.is_loaded) as unknown,
        sum(operator_day.fresh_evses) filter (where snapshot_day.is_loaded) as fresh_evses,
        sum(operator_day.zombies) filter (where snapshot_day.is_loaded) as zombies
    from snapshot_day
    inner join operator_day
        on
            snapshot_day.source_state_date = operator_day.state_date
            and snapshot_day.source = operator_day.source
    where operator_day.evses > 0
    group by snapshot_day.snapshot_date, operator_day.operator_id, operator_day.country
),

counted as (
    select
        snapshot_date,
        operator_id,
        country,
        operator_name,
        is_carried,
        days_since_snapshot,
        scheduled::bigint as scheduled,
        coalesce(up, 0)::bigint as up,
        coalesce(down, 0)::bigint as down,
        coalesce(unknown, 0)::bigint as unknown,
        coalesce(fresh_evses, 0)::bigint as fresh_evses,
        coalesce(zombies, 0)::bigint as zombies
    from night
),

rolled as (
    select
        counted.*,
    {% for days in [7, 30] %}
        (sum(up) over last_{{ days }}_days)::bigint as up_{{ days }}d,
        (sum(down) over last_{{ days }}_days)::bigint as down_{{ days }}d,
        (sum(unknown) over last_{{ days }}_days)::bigint as unknown_{{ days }}d,
        (sum(scheduled) over last_{{ days }}_days)::bigint as scheduled_{{ days }}d,
        (sum(fresh_evses) over last_{{ days }}_days)::bigint as fresh_evses_{{ days }}d,
        count(*) filter (where up + down + unknown > 0) over last_{{ days }}_days
            as nights_{{ days }}d{{ ',' if not loop.last }}
    {% endfor %}
    from counted
    window
    {% for days in [7, 30] %}
            last_{{ days }}_days as (
                partition by operator_id, country
                order by snapshot_date
                range between interval '{{ days - 1 }} days' preceding and current row
            ){{ ',' if not loop.last }}
    {% endfor %}
),

judged as (
    select
        rolled.*,
        up + down + unknown as observed,
        (up + down + unknown)::float8 / scheduled as coverage,
        {% for days in [7, 30] %}
            up_{{ days }}d + down_{{ days }}d + unknown_{{ days }}d as observed_{{ days }}d,
            (up_{{ days }}d + down_{{ days }}d + unknown_{{ days }}d)::float8 / scheduled_{{ days }}d
                as coverage_{{ days }}d,
            -- Fresh EVSEs of a night, in the mean over the nights that were observed.
            fresh_evses_{{ days }}d >= 30 * greatest(nights_{{ days }}d, 1)
            and (up_{{ days }}d + down_{{ days }}d + unknown_{{ days }}d)::float8
            / scheduled_{{ days }}d >= 0.8 as is_published_{{ days }}d,
        {% endfor %}
        fresh_evses >= 30 and (up + down + unknown)::float8 / scheduled >= 0.8 as is_published
    from rolled
    where is_carried
),

bounded as (
    select
        judged.*,
        case when is_published then {{ wilson_lower('up', 'up + down') }} end as wilson_lower
    from judged
)

select
    snapshot_date,
    operator_id,
    operator_name,
    country,
    case when is_published then up::float8 / observed end as reliability_low,
    case when is_published then up::float8 / nullif(up + down, 0) end as reliability_mid,
    case when is_published then (up + unknown)::float8 / observed end as reliability_high,
    coverage,
    observed as evses,
    case when is_published then 'published' else 'insufficient_data' end as publication,
    wilson_lower,
    case
        when wilson_lower is not null
            then rank() over (
                partition by snapshot_date, country order by wilson_lower desc nulls last
            )
    end as rank_in_country,
    up,
    down,
    unknown,
    zombies,
    fresh_evses,
    scheduled,
    days_since_snapshot,
{% for days in [7, 30] %}
    case when is_published_{{ days }}d then up_{{ days }}d::float8 / observed_{{ days }}d end
        as reliability_low_{{ days }}d,
    case
        when is_published_{{ days }}d
            then up_{{ days }}d::float8 / nullif(up_{{ days }}d + down_{{ days }}d, 0)
    end as reliability_mid_{{ days }}d,
    case
        when is_published_{{ days }}d
            then (up_{{ days }}d + unknown_{{ days }}d)::float8 / observed_{{ days }}d
    end as reliability_high_{{ days }}d,
    coverage_{{ days }}d,
    case when is_published_{{ days }}d then 'published' else 'insufficient_data' end
        as publication_{{ days }}d,
    nights_{{ days }}d{{ ',' if not loop.last }}
{% endfor %}
from bounded
