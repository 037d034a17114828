-- Grain: snapshot_date, window_days, operator_id, country. Nights of the window that ends with the
-- day, as sums over sums.
{{ config(materialized='daily', indexes=[{'columns': ['snapshot_date']}]) }}
{%- set windows = [1, 7, 30, 90, 365] %}
{%- set counts = ['up', 'down', 'unknown', 'fresh_evses', 'zombies', 'scheduled'] %}

with

due_day as (
    select distinct snapshot_date
    from {{ ref('snapshot_day') }}
    where {{ is_due('snapshot_date') }}
),

span as (
    select
        min(snapshot_date) - 364 as first_day,
        max(snapshot_date) as last_day
    from due_day
),

night as (
    select operator_night.*
    from {{ ref('operator_night') }} as operator_night
    inner join span on operator_night.snapshot_date between span.first_day and span.last_day
),

rolled as (
    select
        night.*,
    {% for days in windows %}
        {%- for name in counts %}
            (sum({{ name }}) over last_{{ days }}_days)::bigint as {{ name }}_{{ days }}d,
        {%- endfor %}
        count(*) filter (where up + down + unknown > 0) over last_{{ days }}_days
            as nights_{{ days }}d{{ ',' if not loop.last }}
    {% endfor %}
    from night
    window
    {% for days in windows %}
            last_{{ days }}_days as (
                partition by operator_id, country
                order by snapshot_date
                range between interval '{{ days - 1 }} days' preceding and current row
            ){{ ',' if not loop.last }}
    {% endfor %}
),

summed as (
    select
        rolled.snapshot_date,
        rolled.operator_id,
        rolled.operator_name,
        rolled.country,
        rolled.days_since_snapshot,
        last.*,
        last.up + last.down + last.unknown as observations
    from rolled
    inner join due_day on rolled.snapshot_date = due_day.snapshot_date
    cross join
        lateral (
            values
            {%- for days in windows %}
                (
                    {%- for name in counts %}
                        rolled.{{ name }}_{{ days }}d,
                    {%- endfor %}
                    rolled.nights_{{ days }}d,
                    {{ days }}
                ){{ ',' if not loop.last }}
            {%- endfor %}
        ) as last ({{ counts | join(', ') }}, nights, window_days)
    where rolled.is_carried
),

judged as (
    select
        summed.*,
        observations::float8 / scheduled as coverage,
        -- EVSEs of a night, in the mean over the nights that were observed.
        fresh_evses >= 30 * greatest(nights, 1) and observations >= 0.8 * scheduled as is_published
    from summed
),

bounded as (
    select
        judged.*,
        -- The sample is EVSEs: the same ones a year long are no larger a sample than for a night.
        case
            when is_published
                then {{ wilson_lower('(up::float8 / nights)', '((up + down)::float8 / nights)') }}
        end as wilson_lower
    from judged
)

select
    snapshot_date,
    window_days,
    operator_id,
    operator_name,
    country,
    case when is_published then up::float8 / observations end as reliability_low,
    case when is_published then up::float8 / nullif(up + down, 0) end as reliability_mid,
    case when is_published then (up + unknown)::float8 / observations end as reliability_high,
    coverage,
    coalesce(observations::float8 / nullif(nights, 0), 0) as evses,
    case when is_published then 'published' else 'insufficient_data' end as publication,
    wilson_lower,
    case
        when wilson_lower is not null
            then rank() over (
                partition by snapshot_date, window_days, country order by wilson_lower desc nulls last
            )
    end as rank_in_country,
    observations,
    up,
    down,
    unknown,
    zombies,
    fresh_evses,
    scheduled,
    nights,
    days_since_snapshot
from bounded
