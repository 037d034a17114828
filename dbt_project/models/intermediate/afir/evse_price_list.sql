-- Grain: published EVSE (member) with a price that can be read now, from a tariff or a payment
-- product, by whichever of its connectors. An EVSE that is not here has no known price: never free.
with

energy as (
    select distinct
        price_list_kind,
        source,
        party,
        price_list_id
    from {{ ref('unit_price') }}
    where
        is_current
        and dimension = 'ENERGY'
        and coalesce(price_excl_vat, price_incl_vat) is not null
),

product as (
    select
        source,
        price_key
    from {{ ref('stg_ocpi__price') }}
    where is_current
),

deprecated_product as (
    select
        source,
        pricing_id
    from {{ ref('stg_ocpi__deprecated_price') }}
    where is_current
),

referred as (
    select
        'tariff' as price_list_kind,
        source,
        party,
        location_id,
        evse_uid,
        tariff_party as price_list_party,
        tariff_id as price_list_id
    from {{ ref('tariff_reference') }}
    where is_resolved
    union all
    select
        'product' as price_list_kind,
        connector_price.source,
        connector_price.party,
        connector_price.location_id,
        connector_price.evse_uid,
        '' as price_list_party,
        connector_price.price_key as price_list_id
    from {{ ref('stg_ocpi__connector_price') }} as connector_price
    inner join product using (source, price_key)
    where connector_price.is_current
    union all
    select
        'deprecated_product' as price_list_kind,
        reference.source,
        reference.party,
        reference.location_id,
        reference.evse_uid,
        '' as price_list_party,
        reference.pricing_id as price_list_id
    from {{ ref('stg_ocpi__connector_pricing_reference') }} as reference
    inner join deprecated_product using (source, pricing_id)
    where reference.is_current
)

select
    referred.source,
    referred.party,
    referred.location_id,
    referred.evse_uid,
    count(
        distinct row(
            referred.price_list_kind, referred.price_list_party, referred.price_list_id
        )
    ) as price_lists,
    bool_or(energy.source is not null) as has_price_per_kwh
from referred
left join energy
    on
        referred.price_list_kind = energy.price_list_kind
        and referred.source = energy.source
        and referred.price_list_party = energy.party
        and referred.price_list_id = energy.price_list_id
group by referred.source, referred.party, referred.location_id, referred.evse_uid
