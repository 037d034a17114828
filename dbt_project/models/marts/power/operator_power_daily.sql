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
),

-- Added up by state day first, since up to 7 days show one.
spelling as (
    select
        state_date,
        source,
        operator_id,
        operator_name,
        country,
        sum(published_evses) as published_evses
    from {{ ref('evse_day') }}
    where state_date = any(array(select carried.state_date from carried))
    group by state_date, source, operator_id, operator_name, country
),

spelt as (
    select
        carried.snapshot_date,
        spelling.operator_id,
        spelling.operator_name,
        spelling.country,
        sum(spelling.published_evses) as published_evses
    from carried
    inner join spelling
        on
            carried.state_date = spelling.state_date
            and carried.source = spelling.source
    group by
        carried.snapshot_date, spelling.operator_id, spelling.operator_name, spelling.country
),

-- The spelling of most rows, whichever sources they are in.
label as (
    select
        snapshot_date,
        operator_id,
        country,
        (array_agg(operator_name order by published_evses desc, operator_name collate "C"))[1]
            as operator_name
    from spelt
    group by snapshot_date, operator_id, country
)

select
    carried.snapshot_date,
    operator_day.operator_id,
    label.operator_name,
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
inner join label
    on
        carried.snapshot_date = label.snapshot_date
        and operator_day.operator_id = label.operator_id
        and operator_day.country = label.country
group by
    carried.snapshot_date, operator_day.operator_id, label.operator_name, operator_day.country
