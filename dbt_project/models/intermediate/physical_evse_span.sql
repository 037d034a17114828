-- Grain: a published EVSE and state days, from_date to last_date, on which nothing of it changes: what
-- physical_evse says, without a row for each day.
{{ config(materialized='view') }}

with

rekeyed as (
    select distinct own_key
    from {{ ref('evse_rekeyed') }}
)
{%- set columns = ['state_week', 'source', 'party', 'location_id', 'evse_uid', 'is_survivor', 'status',
    'last_updated', 'is_counted', 'observation_class', 'observation_reason', 'country', 'operator_id',
    'operator_name', 'is_public', 'power_kw', 'power_band'] %}

select
    {%- for column in columns %}
        span.{{ column }},
    {%- endfor %}
    span.from_date,
    span.last_date,
    span.own_key as physical_evse_key
from {{ ref('evse_span') }} as span
left join rekeyed on span.own_key = rekeyed.own_key
where rekeyed.own_key is null
union all
select
    {%- for column in columns %}
        span.{{ column }},
    {%- endfor %}
    day.state_date as from_date,
    day.state_date as last_date,
    coalesce(rekeyed_day.physical_evse_key, span.own_key) as physical_evse_key
from {{ ref('evse_span') }} as span
inner join rekeyed on span.own_key = rekeyed.own_key
inner join {{ ref('snapshot_day') }} as day
    on
        span.source = day.source
        and span.state_week = day.state_week
        and day.state_date between span.from_date and span.last_date
        and day.snapshot_date = day.state_date
left join {{ ref('evse_rekeyed') }} as rekeyed_day
    on day.state_date = rekeyed_day.state_date and span.own_key = rekeyed_day.own_key
