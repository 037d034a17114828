-- Grain: state day and every word by which the daily marts part EVSEs. Counts and sums only, so that
-- every ratio built on them is a ratio of sums. A tenth of the rows of physical_evse.
-- Postgres takes spans for all different and sorts them; most are alike, and hashed in half the time.
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['state_date']}],
        pre_hook=[
            plan_without('nestloop', 'mergejoin', 'sort', 'incremental_sort', 'indexscan'),
            plan_with_room(),
        ]
    )
}}

{%- set words = ['source', 'country', 'operator_id', 'operator_name', 'owner_id', 'owner_name',
    'is_public', 'power_band', 'is_50_kw', 'status', 'observation_class', 'observation_reason',
    'is_fresh'] %}
{%- set sums = ['published_evses', 'published_power_kw', 'evses', 'power_kw', 'declared_power_kw',
    'evses_without_power'] %}

with

{{ due_source_days() }},

span as (
    select
        state_week,
        from_date,
        last_date,
        source,
        country,
        operator_id,
        operator_name,
        owner_id,
        owner_name,
        is_public,
        power_band,
        {{ is_50_kw('power_kw') }} as is_50_kw,
        status,
        observation_class,
        observation_reason,
        observation_reason not in ('unverified', 'no_last_updated') as is_fresh,
        count(*) as published_evses,
        coalesce(sum(power_kw), 0) as published_power_kw,
        count(*) filter (where is_survivor) as evses,
        coalesce(sum(power_kw) filter (where is_survivor), 0) as power_kw,
        coalesce(sum(power_kw) filter (where is_survivor and power_method like 'declared%'), 0)
            as declared_power_kw,
        count(*) filter (where is_survivor and power_kw is null) as evses_without_power
    from {{ ref('evse_span') }} as span
    where span.is_counted and {{ is_of_due_week('span') }}
    group by
        state_week,
        from_date,
        last_date,
        source,
        country,
        operator_id,
        operator_name,
        owner_id,
        owner_name,
        is_public,
        power_band,
        {{ is_50_kw('power_kw') }},
        status,
        observation_class,
        observation_reason
)

select
    day.state_date,
    day.is_loaded as is_observed,
    {%- for word in words %}
        span.{{ word }},
    {%- endfor %}
{%- for measure in sums %}
    sum(span.{{ measure }}){{ '::bigint' if 'power_kw' not in measure }}
        as {{ measure }}{{ ',' if not loop.last }}
{%- endfor %}
from span
inner join day
    on
        {{ is_day_of('span') }}
group by
    day.state_date,
    day.is_loaded,
{%- for word in words %}
    span.{{ word }}{{ ',' if not loop.last }}
{%- endfor %}
