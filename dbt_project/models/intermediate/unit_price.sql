-- Grain: a price as a source states it, while both it and its price list stay as they are.
{{ config(materialized='view') }}

with

price_list as (
    select
        'tariff' as price_list_kind,
        source,
        party,
        tariff_id as price_list_id,
        currency,
        valid_from,
        valid_to
    from {{ ref('stg_ocpi__tariff') }}
    union all
    select
        'product' as price_list_kind,
        source,
        '' as party,
        price_key as price_list_id,
        currency,
        valid_from,
        valid_to
    from {{ ref('stg_ocpi__price') }}
    union all
    select
        'deprecated_product' as price_list_kind,
        source,
        '' as party,
        pricing_id as price_list_id,
        currency,
        valid_from,
        valid_to
    from {{ ref('stg_ocpi__deprecated_price') }}
),

price as (
    select
        'tariff' as price_list_kind,
        source,
        party,
        tariff_id as price_list_id,
        element_index,
        component_index,
        valid_from,
        valid_to,
        dimension,
        price as source_price_excl_vat,
        null::numeric as source_price_incl_vat,
        vat_percent,
        step_size,
        time_unit
    from {{ ref('stg_ocpi__price_component') }}
    union all
    select
        'tariff' as price_list_kind,
        source,
        party,
        tariff_id as price_list_id,
        null::integer as element_index,
        null::integer as component_index,
        valid_from,
        valid_to,
        dimension,
        price_excl_vat as source_price_excl_vat,
        price_incl_vat as source_price_incl_vat,
        null::float8 as vat_percent,
        null::integer as step_size,
        unit as time_unit
    from {{ ref('stg_ocpi__tariff_price') }}
    union all
    select
        'product' as price_list_kind,
        source,
        '' as party,
        price_key as price_list_id,
        element_index,
        component_index,
        valid_from,
        valid_to,
        dimension,
        price_excl_vat as source_price_excl_vat,
        null::numeric as source_price_incl_vat,
        vat_percent,
        step_size,
        'hour' as time_unit
    from {{ ref('stg_ocpi__price_element_component') }}
    union all
    select
        'deprecated_product' as price_list_kind,
        source,
        '' as party,
        pricing_id as price_list_id,
        element_index,
        null::integer as component_index,
        valid_from,
        valid_to,
        dimension,
        price_excl_vat as source_price_excl_vat,
        null::numeric as source_price_incl_vat,
        vat_percent,
        null::integer as step_size,
        'hour' as time_unit
    from {{ ref('stg_ocpi__deprecated_price_element') }}
),

measured as (
    select
        price.price_list_kind,
        price.source,
        price.party,
        price.price_list_id,
        price.element_index,
        price.component_index,
        greatest(price.valid_from, price_list.valid_from) as valid_from,
        least(price.valid_to, price_list.valid_to) as valid_to,
        price.dimension,
        price_list.currency,
        price.source_price_excl_vat,
        price.source_price_incl_vat,
        price.vat_percent,
        price.step_size,
        case
            when price.dimension = 'ENERGY' then 'kWh'
            when price.dimension = 'FLAT' then 'session'
            when price.dimension in ('TIME', 'PARKING_TIME') then price.time_unit
        end as source_unit
    from price
    inner join price_list
        on
            price.price_list_kind = price_list.price_list_kind
            and price.source = price_list.source
            and price.party = price_list.party
            and price.price_list_id = price_list.price_list_id
            and (price_list.valid_to is null or price.valid_from < price_list.valid_to)
            and (price.valid_to is null or price.valid_to > price_list.valid_from)
),

footed as (
    select
        measured.*,
        case
            when source_unit in ('kWh', 'hour', 'session') then 1
            when source_unit = 'minute' then 60
        end as source_units
    from measured
)

select
    price_list_kind,
    source,
    party,
    price_list_id,
    element_index,
    component_index,
    valid_from,
    valid_to,
    valid_to is null as is_current,
    dimension,
    currency,
    source_price_excl_vat * source_units as price_excl_vat,
    source_price_incl_vat * source_units as price_incl_vat,
    case when source_unit = 'minute' then 'hour' when source_units = 1 then source_unit end as unit,
    vat_percent,
    step_size,
    source_price_excl_vat,
    source_price_incl_vat,
    source_unit
from footed
