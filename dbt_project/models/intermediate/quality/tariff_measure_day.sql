-- Grain: loaded snapshot, operator, country and a field of tariffs: of how many rows it says something.
-- A tariff names no operator: it is counted where most connectors refer to it.
-- Merged, the days of a source would be gone through once for each of its tariffs.
{%- set levels = {'tariff': ref('stg_ocpi__tariff'), 'price_component': ref('stg_ocpi__price_component')} %}
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['snapshot_date']}],
        pre_hook=plan_without('mergejoin')
    )
}}

with

due as (
    select
        source,
        snapshot_date
    from {{ ref('snapshot_day') }}
    where is_loaded and {{ is_due('snapshot_date') }}
),

referrer as (
    select * from {{ ref('tariff_referrer') }}
)

{% for level, relation in levels.items() %}
    select
        due.snapshot_date,
        due.source,
        coalesce(referrer.operator_id, 'unknown') as operator_id,
        coalesce(referrer.country, 'unknown') as country,
        '{{ level }}' as level,
        measured.measure,
        count(*) as rows_published,
        count(*) filter (where measured.is_held) as rows_held
    from {{ relation }} as {{ level }}
    inner join due
        on
            {{ level }}.source = due.source
            and {{ is_true_on(level, 'due.snapshot_date') }}
    left join referrer
        on
            due.snapshot_date = referrer.snapshot_date
            and {{ level }}.source = referrer.source
            and {{ level }}.party = referrer.party
            and {{ level }}.tariff_id = referrer.tariff_id
    cross join
        lateral (
            values
            {%- set fields = quality_fields() | selectattr(0, 'equalto', level) | list %}
            {%- for _, field, is_filled in fields %}
                ('{{ field }}', {{ is_filled }}){{ ',' if not loop.last }}
            {%- endfor %}
        ) as measured (measure, is_held)
    group by
        due.snapshot_date, due.source, referrer.operator_id, referrer.country, measured.measure
    {{ 'union all' if not loop.last }}
{% endfor %}
