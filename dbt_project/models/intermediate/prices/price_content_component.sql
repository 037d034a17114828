-- Grain: a price component of a content (what price lists that price alike have in common), with
-- what restricts it.
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        indexes=[{'columns': ['content_key']}],
        pre_hook="{{ forget_gone('content_key', 'price_list_version') }}"
    )
}}

with

content as (
    select distinct on (content_key)
        content_key,
        content
    from {{ ref('price_list_version') }}
    where {{ is_missing('content_key') }}
    order by content_key
)

select
    content.content_key,
    (element.ordinality - 1)::integer as element_index,
    (component.ordinality - 1)::integer as component_index,
    restrictions.start_time,
    restrictions.end_time,
    {{ second_of_day('restrictions.start_time', 0) }} as start_s,
    {{ second_of_day("nullif(restrictions.end_time, '00:00')", 86400) }} as end_s,
    restrictions.start_date,
    restrictions.end_date,
    restrictions.min_kwh,
    restrictions.max_kwh,
    restrictions.min_current_a,
    restrictions.max_current_a,
    restrictions.min_power_kw,
    restrictions.max_power_kw,
    restrictions.min_duration_s,
    restrictions.max_duration_s,
    restrictions.days_of_week,
    restrictions.reservation,
    restrictions.unreadable_restrictions,
    price.dimension,
    price.unit,
    price.price_excl_vat,
    price.price_incl_vat,
    price.vat_percent,
    price.step_size
from content
cross join jsonb_array_elements(content.content -> 'elements') with ordinality as element (content)
cross join
    jsonb_array_elements(element.content -> 'components') with ordinality as component (content)
cross join
    jsonb_to_record(element.content) as restrictions (
        start_time text,
        end_time text,
        start_date date,
        end_date date,
        min_kwh numeric,
        max_kwh numeric,
        min_current_a numeric,
        max_current_a numeric,
        min_power_kw numeric,
        max_power_kw numeric,
        min_duration_s integer,
        max_duration_s integer,
        days_of_week text[],
        reservation text,
        unreadable_restrictions text[]
    )
cross join
    jsonb_to_record(component.content) as price (
        dimension text,
        unit text,
        price_excl_vat numeric,
        price_incl_vat numeric,
        vat_percent numeric,
        step_size integer
    )
