-- Grain: price list as it is now, or an id that connectors refer to, and defect.
{% set usual_currencies = "('EUR', 'USD', 'GBP', 'CHF')" %}
with

list as (
    select
        source,
        party,
        price_list_kind,
        price_list_id,
        currency,
        end_date_time,
        content_key,
        jsonb_array_length(content -> 'elements') as elements
    from {{ ref('price_list_version') }}
    where is_current
),

-- By its own last day, or a source that went silent would have more and more that has expired.
last_day as (
    select
        source,
        max(snapshot_date) as snapshot_date
    from {{ ref('snapshot_day') }}
    where is_loaded
    group by source
),

reference as (
    select
        source,
        coalesce(tariff_party, party) as party,
        'tariff' as price_list_kind,
        tariff_id as price_list_id,
        resolution_method
    from {{ ref('tariff_reference') }}
    union all
    select
        source,
        '' as party,
        'product' as price_list_kind,
        price_key as price_list_id,
        case when price_key = 'dangling' then 'no_such_tariff' else 'party' end as resolution_method
    from {{ ref('stg_ocpi__connector_price') }}
    where is_current
    union all
    select
        source,
        '' as party,
        'deprecated_product' as price_list_kind,
        pricing_id as price_list_id,
        'party' as resolution_method
    from {{ ref('stg_ocpi__connector_pricing_reference') }}
    where is_current and pricing_id is not null
),

referred as (
    select
        source,
        party,
        price_list_kind,
        price_list_id,
        resolution_method,
        count(*) as connectors
    from reference
    group by source, party, price_list_kind, price_list_id, resolution_method
),

hit as (
    select
        source,
        party,
        price_list_kind,
        price_list_id,
        sum(connectors)::bigint as connectors
    from referred
    where resolution_method in ('party', 'unique_id')
    group by source, party, price_list_kind, price_list_id
),

component as (
    select * from {{ ref('price_content_component') }}
),

-- Dimensions that an element without restrictions prices: nothing of them is reached behind it.
catch_all as (
    select
        content_key,
        dimension,
        min(element_index) as element_index
    from component
    where
        coalesce(
            start_time, end_time, start_date::text, end_date::text, min_kwh::text, max_kwh::text,
            min_current_a::text, max_current_a::text, min_power_kw::text, max_power_kw::text,
            min_duration_s::text, max_duration_s::text, days_of_week::text, reservation,
            unreadable_restrictions::text
        ) is null
    group by content_key, dimension
),

several as (
    select
        content_key,
        count(*) as occurrences
    from (
        select
            content_key,
            element_index,
            dimension
        from component
        group by content_key, element_index, dimension
        having count(*) > 1
    ) as repeated
    group by content_key
),

-- Found once per content, then told of every list that has it.
flaw as (
    select
        component.content_key,
        flaws.defect,
        flaws.is_of_price,
        count(*) filter (where flaws.is_found) as occurrences
    from component
    left join catch_all using (content_key, dimension)
    cross join
        lateral (
            values
            (
                'vat_missing',
                false,
                component.vat_percent is null
                and component.price_incl_vat is null
                and component.price_excl_vat <> 0
            ),
            ('price_missing', false, component.price_excl_vat is null and component.price_incl_vat is null),
            ('unknown_unit', false, component.unit is null),
            ('step_size_0', false, component.step_size <= 0 and component.dimension <> 'FLAT'),
            (
                'step_size_large',
                false,
                component.step_size >= case component.dimension when 'ENERGY' then 10000 else 7200 end
                and component.dimension <> 'FLAT'
            ),
            ('negative_price', false, component.price_excl_vat < 0 or component.price_incl_vat < 0),
            (
                'unreadable_restriction',
                false,
                component.unreadable_restrictions is not null
                or component.start_s < 0
                or component.end_s < 0
                or not component.days_of_week <@ {{ weekdays() }}
            ),
            ('element_without_days', false, component.end_date <= component.start_date),
            (
                'element_unreachable',
                false,
                catch_all.element_index < component.element_index and component.reservation is null
            ),
            (
                'energy_price_suspicious',
                true,
                component.dimension = 'ENERGY' and component.price_excl_vat >= 2
            ),
            (
                'time_price_per_minute_suspected',
                true,
                component.dimension in ('TIME', 'PARKING_TIME')
                and component.price_excl_vat > 0
                and component.price_excl_vat <= 0.5
            ),
            (
                'time_price_suspicious',
                true,
                component.dimension in ('TIME', 'PARKING_TIME') and component.price_excl_vat >= 30
            ),
            ('flat_price_suspicious', true, component.dimension = 'FLAT' and component.price_excl_vat >= 20)
        ) as flaws (defect, is_of_price, is_found)
    group by component.content_key, flaws.defect, flaws.is_of_price
    having bool_or(flaws.is_found)
    union all
    select
        content_key,
        'dimension_repeated' as defect,
        false as is_of_price,
        occurrences
    from several
),

party_currency as (
    select distinct on (source, party)
        source,
        party,
        currency
    from list
    where currency is not null and price_list_kind = 'tariff'
    group by source, party, currency
    order by source, party, count(*) desc, currency
),

conflict as (
    select
        source,
        price_list_kind,
        price_list_party as party,
        price_list_id,
        count(*) as connectors
    from {{ ref('connector_price_current') }}
    where costs_of_kind > 1
    group by source, price_list_kind, price_list_party, price_list_id
),

defect as (
    select
        list.source,
        list.party,
        list.price_list_kind,
        list.price_list_id,
        flaw.defect,
        flaw.occurrences
    from list
    inner join flaw using (content_key)
    -- What is dear in euros is cheap in forints.
    where not flaw.is_of_price or list.currency in {{ usual_currencies }}
    union all
    select
        list.source,
        list.party,
        list.price_list_kind,
        list.price_list_id,
        'element_expired' as defect,
        count(*) as occurrences
    from list
    inner join last_day using (source)
    inner join component using (content_key)
    -- end_date is exclusive: on that day it is over.
    where component.end_date <= last_day.snapshot_date
    group by list.source, list.party, list.price_list_kind, list.price_list_id
    union all
    select
        list.source,
        list.party,
        list.price_list_kind,
        list.price_list_id,
        flaws.defect,
        1 as occurrences
    from list
    inner join last_day using (source)
    left join hit using (source, party, price_list_kind, price_list_id)
    left join party_currency using (source, party)
    cross join
        lateral (
            values
            ('unreferenced', hit.connectors is null),
            ('without_components', list.elements = 0),
            ('no_currency', list.currency is null),
            (
                'currency_unlike_others',
                list.price_list_kind = 'tariff' and list.currency <> party_currency.currency
            ),
            ('expired', list.end_date_time <= last_day.snapshot_date::timestamp at time zone 'UTC')
        ) as flaws (defect, is_found)
    where flaws.is_found
),

told as (
    select
        defect.source,
        defect.party,
        defect.price_list_kind,
        defect.price_list_id,
        defect.defect,
        defect.occurrences,
        coalesce(hit.connectors, 0) as connectors
    from defect
    left join hit using (source, party, price_list_kind, price_list_id)
    union all
    select
        source,
        party,
        price_list_kind,
        price_list_id,
        case resolution_method
            when 'no_such_tariff' then 'dangling_reference' else 'ambiguous_reference'
        end as defect,
        connectors as occurrences,
        connectors
    from referred
    where resolution_method in ('no_such_tariff', 'ambiguous_id')
    union all
    select
        source,
        party,
        price_list_kind,
        price_list_id,
        'conflicting' as defect,
        connectors as occurrences,
        connectors
    from conflict
)

select
    source,
    party,
    price_list_kind,
    price_list_id,
    defect,
    occurrences::bigint as occurrences,
    connectors::bigint as connectors
from told
