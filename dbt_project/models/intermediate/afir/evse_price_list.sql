-- Grain: published EVSE (member) that refers to a price list (tariff or payment product) that exists,
-- by whichever of its connectors. An EVSE that is not here has no known price: never free.
with

-- By its own last day, or a source that went silent would have more and more that has ended.
last_day as (
    select
        source,
        max(snapshot_date) as snapshot_date
    from {{ ref('snapshot_day') }}
    where is_loaded
    group by source
),

-- What is by contract, by profile or regular is no price for whoever comes by.
list as (
    select
        version.price_list_kind,
        version.source,
        version.party,
        version.price_list_id,
        coalesce(
            bool_or(
                coalesce(version.price_list_type in ('AD_HOC_PAYMENT', 'adhoc'), true)
                and coalesce(
                    version.start_date_time
                    < (last_day.snapshot_date + 1)::timestamp at time zone 'UTC',
                    true
                )
                and coalesce(
                    version.end_date_time > last_day.snapshot_date::timestamp at time zone 'UTC', true
                )
                and component.dimension = 'ENERGY'
                and component.reservation is null
                and coalesce(component.price_excl_vat, component.price_incl_vat) is not null
                and coalesce(component.start_date <= last_day.snapshot_date, true)
                -- end_date is exclusive: on that day it is over.
                and coalesce(component.end_date > last_day.snapshot_date, true)
            ),
            false
        ) as has_price_per_kwh
    from {{ ref('price_list_version') }} as version
    inner join last_day on version.source = last_day.source
    left join {{ ref('price_content_component') }} as component
        on version.content_key = component.content_key
    where version.is_current
    group by version.price_list_kind, version.source, version.party, version.price_list_id
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
        source,
        party,
        location_id,
        evse_uid,
        '' as price_list_party,
        price_key as price_list_id
    from {{ ref('stg_ocpi__connector_price') }}
    where is_current
    union all
    select
        'deprecated_product' as price_list_kind,
        source,
        party,
        location_id,
        evse_uid,
        '' as price_list_party,
        pricing_id as price_list_id
    from {{ ref('stg_ocpi__connector_pricing_reference') }}
    where is_current
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
    bool_or(list.has_price_per_kwh) as has_price_per_kwh
from referred
inner join list
    on
        referred.price_list_kind = list.price_list_kind
        and referred.source = list.source
        and referred.price_list_party = list.party
        and referred.price_list_id = list.price_list_id
group by referred.source, referred.party, referred.location_id, referred.evse_uid
