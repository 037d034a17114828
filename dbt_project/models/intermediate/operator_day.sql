-- Grain: state day, source, operator, country.
{{ config(materialized='view') }}

select
    state_date,
    source,
    operator_id,
    country,
    sum(published_evses)::bigint as published_evses,
    sum(published_power_kw) as published_power_kw,
    sum(evses)::bigint as evses,
    sum(power_kw) as power_kw,
    sum(declared_power_kw) as declared_power_kw,
    sum(evses_without_power)::bigint as evses_without_power,
    coalesce(sum(evses) filter (where not is_fresh), 0)::bigint as unverified_evses,
    coalesce(sum(power_kw) filter (where not is_fresh), 0) as unverified_power_kw,
    coalesce(sum(evses) filter (where is_observed and is_fresh), 0)::bigint as fresh_evses,
    coalesce(sum(evses) filter (where is_observed and observation_class = 'U'), 0)::bigint as up,
    coalesce(sum(evses) filter (where is_observed and observation_class = 'D'), 0)::bigint as down,
    coalesce(sum(evses) filter (where is_observed and observation_class = 'K'), 0)::bigint as unknown,
    coalesce(
        sum(evses) filter (
            where is_observed and {{ is_zombie('observation_reason', 'status') }}
        ),
        0
    )::bigint as zombies
from {{ ref('evse_day') }}
group by state_date, source, operator_id, country
