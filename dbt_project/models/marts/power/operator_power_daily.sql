-- Grain: snapshot_date, operator_id, country.
{{ config(materialized='daily') }}
with

carried as (
    select
        snapshot_date,
        source,
        state_date,
        days_since_snapshot
    from {{ ref('snapshot_day') }}
    where is_carried and {{ is_due('snapshot_date') }}
),

-- The view asks all days there are, if it is not told which.
operator_day as (
    select *
    from {{ ref('operator_day') }}
    where state_date = any(array(select carried.state_date from carried))
)

select
    carried.snapshot_date,
    operator_day.operator_id,
    (array_agg(operator_day.operator_name order by operator_day.published_evses desc, operator_day.source))[1]
        as operator_name,
    operator_day.country,
    sum(operator_day.evses)::bigint as evses,
    sum(operator_day.power_kw)::float8 as power_kw,
    sum(operator_day.published_power_kw)::float8 as published_power_kw,
    sum(operator_day.published_evses)::bigint as published_evses,
    sum(operator_day.declared_power_kw)::float8 as declared_power_kw,
    sum(operator_day.power_kw - operator_day.declared_power_kw)::float8 as derived_power_kw,
    sum(operator_day.evses_without_power)::bigint as evses_without_power,
    sum(operator_day.unverified_evses)::bigint as unverified_evses,
    sum(operator_day.unverified_power_kw)::float8 as unverified_power_kw,
    max(carried.days_since_snapshot) as days_since_snapshot
from carried
inner join operator_day
    on
        carried.state_date = operator_day.state_date
        and carried.source = operator_day.source
group by carried.snapshot_date, operator_day.operator_id, operator_day.country
