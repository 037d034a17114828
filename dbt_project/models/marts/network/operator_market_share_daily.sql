-- Grain: snapshot_date, country, operator_id.
{{ config(materialized='daily') }}

with

-- The cube parts EVSEs by far more than this: added up by state day first, since up to 7 days show one.
state as (
    select
        state_date,
        source,
        country,
        operator_id,
        operator_name,
        sum(published_evses) as published_evses,
        sum(evses) as evses,
        sum(power_kw) as power_kw,
        sum(evses_without_power) as evses_without_power,
        coalesce(sum(evses) filter (where is_50_kw), 0) as evses_50_kw,
        coalesce(sum(evses) filter (where is_public), 0) as public_evses,
        coalesce(sum(power_kw) filter (where is_public), 0) as public_power_kw,
        coalesce(sum(evses) filter (where is_public and is_50_kw), 0) as public_evses_50_kw
    from {{ ref('evse_day') }}
    where
        state_date in (
            select day.state_date
            from {{ ref('snapshot_day') }} as day
            where {{ is_due('day.snapshot_date') }}
        )
    group by state_date, source, country, operator_id, operator_name
),

operator as (
    select
        day.snapshot_date,
        state.country,
        state.operator_id,
        (array_agg(state.operator_name order by state.published_evses desc, state.operator_name))[1]
            as operator_name,
        sum(state.evses) as evses,
        sum(state.power_kw) as power_kw,
        sum(state.evses_without_power) as evses_without_power,
        sum(state.evses_50_kw) as evses_50_kw,
        sum(state.public_evses) as public_evses,
        sum(state.public_power_kw) as public_power_kw,
        sum(state.public_evses_50_kw) as public_evses_50_kw
    from {{ ref('snapshot_day') }} as day
    inner join state on day.state_date = state.state_date and day.source = state.source
    where day.is_carried and {{ is_due('day.snapshot_date') }}
    group by day.snapshot_date, state.country, state.operator_id
),

{% set measures = [
    'evses', 'power_kw', 'evses_50_kw', 'public_evses', 'public_power_kw', 'public_evses_50_kw'
] -%}
shared as (
    select
        operator.*,
        {%- for measure in measures %}
            sum({{ measure }}) over country_day as country_{{ measure }},
        {%- endfor %}
        rank() over (country_day order by power_kw desc) as rank_by_power
    from operator
    window country_day as (partition by snapshot_date, country)
)

select
    snapshot_date,
    country,
    operator_id,
    operator_name,
    rank_by_power,
    evses::bigint as evses,
    country_evses::bigint as country_evses,
    (evses / nullif(country_evses, 0))::float8 as share_of_evses,
    power_kw::float8 as power_kw,
    country_power_kw::float8 as country_power_kw,
    (power_kw / nullif(country_power_kw, 0))::float8 as share_of_power,
    evses_without_power::bigint as evses_without_power,
    evses_50_kw::bigint as evses_50_kw,
    country_evses_50_kw::bigint as country_evses_50_kw,
    (evses_50_kw / nullif(country_evses_50_kw, 0))::float8 as share_of_evses_50_kw,
    public_evses::bigint as public_evses,
    country_public_evses::bigint as country_public_evses,
    (public_evses / nullif(country_public_evses, 0))::float8 as share_of_public_evses,
    public_power_kw::float8 as public_power_kw,
    country_public_power_kw::float8 as country_public_power_kw,
    (public_power_kw / nullif(country_public_power_kw, 0))::float8 as share_of_public_power,
    public_evses_50_kw::bigint as public_evses_50_kw,
    country_public_evses_50_kw::bigint as country_public_evses_50_kw,
    (public_evses_50_kw / nullif(country_public_evses_50_kw, 0))::float8
        as share_of_public_evses_50_kw
from shared
