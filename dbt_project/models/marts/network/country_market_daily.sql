-- Grain: snapshot_date, country. How concentrated the market is. EVSEs whose operator is unknown are
-- nobody's for the lower bound, and all the largest operator's for the upper one.
-- depends_on: {{ ref('snapshot_day') }}
{{ config(materialized='daily') }}

with

share as (
    select
        snapshot_date,
        country,
        operator_id,
        evses::numeric as evses,
        power_kw::numeric as power_kw,
        evses_50_kw::numeric as evses_50_kw,
        operator_id = 'unknown' as is_unknown
    from {{ ref('operator_market_share_daily') }}
    where {{ is_due('snapshot_date') }}
),

market as (
    select
        snapshot_date,
        country,
        count(*) filter (where not is_unknown and evses > 0) as operators,
        sum(evses) as evses,
        coalesce(sum(evses) filter (where is_unknown), 0) as unknown_evses,
        coalesce(max(evses) filter (where not is_unknown), 0) as largest_evses,
        coalesce(sum(evses * evses) filter (where not is_unknown), 0) as squared_evses,
        sum(power_kw) as power_kw,
        coalesce(sum(power_kw) filter (where is_unknown), 0) as unknown_power_kw,
        coalesce(max(power_kw) filter (where not is_unknown), 0) as largest_power_kw,
        coalesce(sum(power_kw * power_kw) filter (where not is_unknown), 0) as squared_power_kw,
        sum(evses_50_kw) as evses_50_kw,
        coalesce(sum(evses_50_kw) filter (where is_unknown), 0) as unknown_evses_50_kw,
        coalesce(max(evses_50_kw) filter (where not is_unknown), 0) as largest_evses_50_kw,
        coalesce(sum(evses_50_kw * evses_50_kw) filter (where not is_unknown), 0) as squared_evses_50_kw,
        (array_agg(operator_id order by is_unknown, power_kw desc, operator_id collate "C"))[1]
            as largest_operator_id
    from share
    group by snapshot_date, country
)

select
    snapshot_date,
    country,
    operators,
    largest_operator_id,
    evses::bigint as evses,
    unknown_evses::bigint as unknown_operator_evses,
    (largest_evses / nullif(evses, 0))::float8 as largest_share_of_evses,
    (10000 * squared_evses / nullif(evses * evses, 0))::float8 as hhi_evses_low,
    (
        10000 * (squared_evses + unknown_evses * (2 * largest_evses + unknown_evses))
        / nullif(evses * evses, 0)
    )::float8 as hhi_evses_high,
    power_kw::float8 as power_kw,
    unknown_power_kw::float8 as unknown_operator_power_kw,
    (largest_power_kw / nullif(power_kw, 0))::float8 as largest_share_of_power,
    (10000 * squared_power_kw / nullif(power_kw * power_kw, 0))::float8 as hhi_power_low,
    (
        10000 * (squared_power_kw + unknown_power_kw * (2 * largest_power_kw + unknown_power_kw))
        / nullif(power_kw * power_kw, 0)
    )::float8 as hhi_power_high,
    evses_50_kw::bigint as evses_50_kw,
    unknown_evses_50_kw::bigint as unknown_operator_evses_50_kw,
    (largest_evses_50_kw / nullif(evses_50_kw, 0))::float8 as largest_share_of_evses_50_kw,
    (10000 * squared_evses_50_kw / nullif(evses_50_kw * evses_50_kw, 0))::float8 as hhi_evses_50_kw_low,
    (
        10000 * (squared_evses_50_kw + unknown_evses_50_kw * (2 * largest_evses_50_kw + unknown_evses_50_kw))
        / nullif(evses_50_kw * evses_50_kw, 0)
    )::float8 as hhi_evses_50_kw_high
from market
