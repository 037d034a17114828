-- Grain: snapshot_date, operator_id, country. Figures of the night itself; beside them those of the
-- 7 and 30 days that end with it, of operator_reliability_window.
-- depends_on: {{ ref('snapshot_day') }}
{{ config(materialized='daily') }}
{%- set windows = [7, 30] %}
{%- set shares = ['reliability_low', 'reliability_mid', 'reliability_high'] %}
{%- set figures = shares + ['coverage', 'publication', 'nights'] %}

with

due as (
    select * from {{ ref('operator_reliability_window') }}
    where {{ is_due('snapshot_date') }}
),

night as (
    select * from due
    where window_days = 1
)
{%- for days in windows %}
    ,

    last_{{ days }}_days as (
        select * from due
        where window_days = {{ days }}
    )

{%- endfor %}

select
    night.snapshot_date,
    night.operator_id,
    night.operator_name,
    night.country,
    night.reliability_low,
    night.reliability_mid,
    night.reliability_high,
    night.coverage,
    night.observations as evses,
    night.publication,
    night.wilson_lower,
    night.rank_in_country,
    night.up,
    night.down,
    night.unknown,
    night.zombies,
    night.fresh_evses,
    night.scheduled,
    night.days_since_snapshot,
{%- for days in windows %}
{%- for name in figures %}
    last_{{ days }}_days.{{ name }}
        as {{ name }}_{{ days }}d{{ ',' if not (loop.last and days == windows[-1]) }}
{%- endfor %}
{%- endfor %}
from
    night
{%- for days in windows %}
inner join last_{{ days }}_days
    on
        night.snapshot_date = last_{{ days }}_days.snapshot_date
        and night.operator_id = last_{{ days }}_days.operator_id
        and night.country = last_{{ days }}_days.country
{%- endfor %}
