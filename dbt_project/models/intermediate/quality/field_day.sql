-- Grain: loaded snapshot, operator, country and a field: of how many rows it says something.
{{ config(materialized='view') }}

select
    snapshot_date,
    source,
    operator_id,
    country,
    level,
    measure as field,
    rows_published,
    rows_held as rows_filled
from {{ ref('quality_measure_day') }}
where kind = 'field'
union all
select
    snapshot_date,
    source,
    operator_id,
    country,
    level,
    measure as field,
    rows_published,
    rows_held as rows_filled
from {{ ref('tariff_measure_day') }}
union all
-- Counted already, but for PLANNED and REMOVED.
select
    evse_day.state_date as snapshot_date,
    evse_day.source,
    evse_day.operator_id,
    evse_day.country,
    'evse' as level,
    told.field,
    sum(evse_day.published_evses)::bigint as rows_published,
    coalesce(sum(evse_day.published_evses) filter (where told.is_filled), 0)::bigint as rows_filled
from {{ ref('evse_day') }} as evse_day
cross join
    lateral (
        values
        ('status', evse_day.status is not null),
        ('last_updated', evse_day.observation_reason <> 'no_last_updated')
    ) as told (field, is_filled)
where evse_day.is_observed
group by evse_day.state_date, evse_day.source, evse_day.operator_id, evse_day.country, told.field
