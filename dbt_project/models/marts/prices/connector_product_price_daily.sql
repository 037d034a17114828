-- Grain: snapshot_date, connector, price of a payment product that holds there, basket. A view: asked
-- of some connectors or days it is at once, and it says nothing that is not stored elsewhere.
{{ config(materialized='view') }}

with

-- Ids and keys of prices are new with every price; the product is what goes on.
product as (
    {% for kind, model, id in [
        ('product', 'stg_ocpi__price', 'price_key'),
        ('deprecated_product', 'stg_ocpi__deprecated_price', 'pricing_id'),
    ] %}
        select
            '{{ kind }}' as price_list_kind,
            source,
            {{ id }} as price_list_id,
            valid_from,
            valid_to,
            product_id,
            subscription_type,
            subscription_fee_excl_vat
        from {{ ref(model) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

offered as (
    select
        snapshot_day.snapshot_date,
        snapshot_day.days_since_snapshot,
        connector_offer.source,
        connector_offer.party,
        connector_offer.location_id,
        connector_offer.evse_uid,
        connector_offer.connector_id,
        connector_offer.current_type,
        connector_offer.time_zone,
        connector_offer.time_zone_method,
        split_part(listed.price_list, chr(10), 1) as price_list_kind,
        split_part(listed.price_list, chr(10), 2) as price_list_id
    from {{ ref('snapshot_day') }} as snapshot_day
    inner join {{ ref('connector_offer') }} as connector_offer
        on
            snapshot_day.source = connector_offer.source
            and {{ is_true_on('connector_offer', 'snapshot_day.state_date') }}
    cross join unnest(connector_offer.price_lists) as listed (price_list)
    where snapshot_day.is_carried
),

asked as (
    select
        offered.*,
        coalesce(basket.basket, 'none') as basket,
        date_trunc('week', offered.snapshot_date::timestamp)::date + basket.weekday - 1 as basket_date
    from offered
    left join {{ ref('price_basket') }} as basket using (current_type)
    where offered.price_list_kind in ('product', 'deprecated_product')
),

priced as (
    select
        asked.*,
        version.partner,
        version.product_name,
        version.price_list_type as product_type,
        product.product_id,
        product.subscription_type,
        product.subscription_fee_excl_vat,
        version.currency,
        version.valid_from as price_valid_from,
        content_basket.cost_excl_vat,
        content_basket.cost_incl_vat,
        content_basket.energy_price_excl_vat,
        content_basket.energy_price_incl_vat,
        content.is_free,
        content.has_energy_price,
        content.has_other_fee,
        case
            when version.source is null then 'unresolved'
            when asked.current_type is null then 'no_power_type'
            when version.currency is null then 'no_currency'
            when content_basket.content_key is null then 'not_valid_on_day'
            else content_basket.unpriceable_reason
        end as reason
    from asked
    left join {{ ref('price_list_version') }} as version
        on
            asked.source = version.source
            and asked.price_list_kind = version.price_list_kind
            and asked.price_list_id = version.price_list_id
            and {{ is_true_on('version', 'asked.snapshot_date') }}
    left join product
        on
            asked.source = product.source
            and asked.price_list_kind = product.price_list_kind
            and asked.price_list_id = product.price_list_id
            and {{ is_true_on('product', 'asked.snapshot_date') }}
    left join {{ ref('price_content') }} as content on version.content_key = content.content_key
    left join {{ ref('price_content_basket') }} as content_basket
        on
            version.content_key = content_basket.content_key
            and asked.basket = content_basket.basket
            and (content_basket.basket_date is null or asked.basket_date = content_basket.basket_date)
)

select
    snapshot_date,
    source,
    party,
    location_id,
    evse_uid,
    connector_id,
    current_type,
    partner,
    product_id,
    product_name,
    product_type,
    subscription_type,
    subscription_fee_excl_vat,
    price_list_kind,
    price_list_id,
    price_valid_from,
    basket,
    basket_date,
    time_zone,
    time_zone_method,
    currency,
    {{ costs_unless('reason') }},
    coalesce(reason is null and is_free, false) as is_free,
    case when reason is null then has_energy_price end as has_energy_price,
    case when reason is null then has_other_fee end as has_other_fee,
    reason as unpriceable_reason,
    days_since_snapshot
from priced
