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
    group by state_date, source, country, operator_id
),

operator as (
    select
        day.snapshot_date,
        state.country,
        state.operator_id,
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
    label.operator_name,
    shared.rank_by_power,
    shared.evses::bigint as evses,
    shared.country_evses::bigint as country_evses,
    (shared.evses / nullif(shared.country_evses, 0))::float8 as share_of_evses,
    shared.power_kw::float8 as power_kw,
    shared.country_power_kw::float8 as country_power_kw,
    (shared.power_kw / nullif(shared.country_power_kw, 0))::float8 as share_of_power,
    shared.evses_without_power::bigint as evses_without_power,
    shared.evses_50_kw::bigint as evses_50_kw,
    shared.country_evses_50_kw::bigint as country_evses_50_kw,
    (shared.evses_50_kw / nullif(shared.country_evses_50_kw, 0))::float8 as share_of_evses_50_kw,
    shared.public_evses::bigint as public_evses,
    shared.country_public_evses::bigint as country_public_evses,
    (shared.public_evses / nullif(shared.country_public_evses, 0))::float8 as share_of_public_evses,
    shared.public_power_kw::float8 as public_power_kw,
    shared.country_public_power_kw::float8 as country_public_power_kw,
    (shared.public_power_kw / nullif(shared.country_public_power_kw, 0))::float8 as share_of_public_power,
    shared.public_evses_50_kw::bigint as public_evses_50_kw,
    shared.country_public_evses_50_kw::bigint as country_public_evses_50_kw,
    (shared.public_evses_50_kw / nullif(shared.country_public_evses_50_kw, 0))::float8
        as share_of_public_evses_50_kw
from shared
inner join {{ ref('operator_power_daily') }} as label using (snapshot_date, country, operator_id)
