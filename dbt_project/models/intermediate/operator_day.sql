-- Grain: state day, source, operator, country. Counts and sums only, so that every ratio built on
-- them is a ratio of sums.
-- depends_on: {{ ref('snapshot_day') }}
{{ config(materialized='daily', indexes=[{'columns': ['state_date']}]) }}

select
    state_date,
    source,
    operator_id,
    country,
    (array_agg(operator_name order by members desc, operator_name))[1] as operator_name,
    sum(published_evses)::bigint as published_evses,
    sum(published_power_kw) as published_power_kw,
    sum(evses)::bigint as evses,
    sum(power_kw) as power_kw,
    sum(declared_power_kw) as declared_power_kw,
    sum(evses_without_power)::bigint as evses_without_power,
    sum(unverified_evses)::bigint as unverified_evses,
    sum(unverified_power_kw) as unverified_power_kw,
    sum(fresh_evses)::bigint as fresh_evses,
    sum(up)::bigint as up,
    sum(down)::bigint as down,
    sum(unknown)::bigint as unknown,
    sum(zombies)::bigint as zombies
from (
    select
        state_date,
        source,
        operator_id,
        country,
        operator_name,
        count(*) as members,
        count(*) as published_evses,
        coalesce(sum(power_kw), 0) as published_power_kw,
        count(*) filter (where is_survivor) as evses,
        coalesce(sum(power_kw) filter (where is_survivor), 0) as power_kw,
        coalesce(sum(power_kw) filter (where is_survivor and power_method like 'declared%'), 0)
            as declared_power_kw,
        count(*) filter (where is_survivor and power_kw is null) as evses_without_power,
        count(*) filter (where is_survivor and not is_fresh) as unverified_evses,
        coalesce(sum(power_kw) filter (where is_survivor and not is_fresh), 0) as unverified_power_kw,
        count(*) filter (where is_survivor and is_observed and is_fresh) as fresh_evses,
        count(*) filter (where is_survivor and is_observed and observation_class = 'U') as up,
        count(*) filter (where is_survivor and is_observed and observation_class = 'D') as down,
        count(*) filter (where is_survivor and is_observed and observation_class = 'K') as unknown,
        count(*) filter (where is_survivor and is_observed and observation_reason = 'zombie') as zombies
    from {{ ref('physical_evse') }}
    where state_date = {{ state_day() }} and is_counted
    group by state_date, source, operator_id, country, operator_name
) as spelt
group by state_date, source, operator_id, country
