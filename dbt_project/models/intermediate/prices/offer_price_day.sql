-- Grain: snapshot_date, offer, basket: what the basket costs where an offer is made, by which of its
-- price lists, or why that cannot be said.
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['snapshot_date', 'offer_key']}],
        pre_hook=[plan_without('nestloop', 'mergejoin'), plan_with_room()]
    )
}}

with

-- All connectors of an offer have the same references and the same zone.
offer as (
    select
        source,
        offer_key,
        min(party) as party,
        min(current_type) as current_type,
        min(time_zone) as time_zone,
        min(time_zone_method) as time_zone_method,
        min(price_lists) as price_lists,
        range_agg(daterange(valid_from, valid_to)) as days
    from {{ ref('connector_offer') }}
    group by source, offer_key
),

offered as (
    select
        day.snapshot_date,
        offer.source,
        offer.offer_key,
        offer.party,
        offer.current_type,
        offer.time_zone,
        offer.time_zone_method,
        offer.price_lists
    from {{ ref('snapshot_day') }} as day
    inner join offer on day.source = offer.source and offer.days @> day.state_date
    where {{ is_due('day.snapshot_date') }} and day.is_carried
),

basket as (
    select
        basket,
        current_type,
        weekday,
        start_time::time as start_time
    from {{ ref('price_basket') }}
),

-- A connector of no known current has no basket.
asked as (
    select
        offered.snapshot_date,
        offered.source,
        offered.offer_key,
        offered.party,
        offered.price_lists,
        offered.current_type,
        offered.time_zone,
        offered.time_zone_method,
        coalesce(basket.basket, 'none') as basket,
        date_trunc('week', offered.snapshot_date::timestamp)::date + basket.weekday - 1 as basket_date,
        basket.start_time
    from offered
    left join basket using (current_type)
),

version as (
    select
        price_list_version.*,
        day.snapshot_date
    from (select distinct
        snapshot_date,
        source
    from offered) as day
    inner join {{ ref('price_list_version') }} as price_list_version
        on
            day.source = price_list_version.source
            and {{ is_true_on('price_list_version', 'day.snapshot_date') }}
),

bare_id as (
    select
        snapshot_date,
        source,
        price_list_kind,
        price_list_id,
        count(*) as price_lists,
        min(party) as party
    from version
    group by snapshot_date, source, price_list_kind, price_list_id
),

reference as (
    select
        asked.snapshot_date,
        asked.source,
        asked.offer_key,
        asked.basket,
        asked.basket_date,
        (asked.basket_date + asked.start_time) at time zone asked.time_zone as basket_at,
        asked.party,
        split_part(listed.price_list, chr(10), 1) as price_list_kind,
        split_part(listed.price_list, chr(10), 2) as price_list_id
    from asked
    cross join unnest(asked.price_lists) as listed (price_list)
),

-- Within the party, else by the bare id where one alone has it; products have no party.
resolved as (
    select
        reference.*,
        bare_id.price_lists as lists_of_id,
        case
            when own.source is not null then own.party
            when bare_id.price_lists = 1 then bare_id.party
        end as price_list_party
    from reference
    left join version as own
        using (snapshot_date, source, party, price_list_kind, price_list_id)
    left join bare_id using (snapshot_date, source, price_list_kind, price_list_id)
),

candidate as (
    select
        resolved.snapshot_date,
        resolved.offer_key,
        resolved.basket,
        resolved.lists_of_id,
        version.price_list_kind,
        version.party as price_list_party,
        version.price_list_id,
        version.currency,
        version.price_list_type,
        version.content_key,
        case
            when version.source is null then null
            -- Moments, while the basket's clock is the location's.
            when version.start_date_time > resolved.basket_at then 'not_yet_valid'
            when version.end_date_time <= resolved.basket_at then 'expired'
            when version.currency is null then 'no_currency'
            when content_basket.content_key is null then 'not_valid_on_day'
            else content_basket.unpriceable_reason
        end as unpriceable_reason,
        case
            when version.source is null then null
            when version.price_list_type in ('AD_HOC_PAYMENT', 'adhoc') then 1
            when version.price_list_type is null then 2
            when version.price_list_type = 'REGULAR' then 3
            when version.price_list_kind = 'tariff' then 4
            -- Prices no connector: behind every list that does, the deprecated one included.
            else 20
        end
        + case version.price_list_kind when 'deprecated_product' then 10 else 0 end as precedence,
        case
            when version.source is null then null
            when version.price_list_type in ('AD_HOC_PAYMENT', 'adhoc') then 'ad_hoc'
            when version.price_list_type is null then 'untyped'
            when version.price_list_type = 'REGULAR' then 'regular'
            when version.price_list_kind = 'tariff' then 'profile'
            else 'contract'
        end as price_basis,
        content_basket.cost_excl_vat,
        content_basket.cost_incl_vat,
        content_basket.energy_price_excl_vat,
        content_basket.energy_price_incl_vat,
        content.is_free,
        content.has_other_fee,
        content.has_energy_price
    from resolved
    left join version
        on
            resolved.snapshot_date = version.snapshot_date
            and resolved.source = version.source
            and resolved.price_list_party = version.party
            and resolved.price_list_kind = version.price_list_kind
            and resolved.price_list_id = version.price_list_id
    left join {{ ref('price_content') }} as content on version.content_key = content.content_key
    left join {{ ref('price_content_basket') }} as content_basket
        on
            version.content_key = content_basket.content_key
            and resolved.basket = content_basket.basket
            and (content_basket.basket_date is null or resolved.basket_date = content_basket.basket_date)
),

-- A list that is not valid at the time stands for nothing; among those of one kind the ones that
-- can be priced come first, then the smallest id. One that cannot be priced is not replaced by one
-- of a lower kind: the ad hoc price would be another.
chosen as (
    select distinct on (snapshot_date, offer_key, basket) *
    from candidate
    order by
        snapshot_date,
        offer_key,
        basket,
        price_list_id is null,
        coalesce(unpriceable_reason in ('not_yet_valid', 'expired'), false),
        precedence,
        unpriceable_reason is not null,
        price_list_id collate "C",
        price_list_party collate "C"
),

alternative as (
    select
        candidate.snapshot_date,
        candidate.offer_key,
        candidate.basket,
        count(*) as price_lists,
        count(candidate.price_list_id) as resolved_price_lists,
        bool_or(candidate.price_list_id is null and candidate.lists_of_id > 1) as is_ambiguous,
        -- By themselves: where one list states VAT and another does not, nothing says that they differ.
        greatest(
            {% for cost in ['cost_excl_vat', 'cost_incl_vat'] %}
                count(distinct candidate.{{ cost }}) filter (
                    where
                    candidate.precedence = chosen.precedence
                    and candidate.currency = chosen.currency
                    and candidate.unpriceable_reason is null
                ){{ ',' if not loop.last }}
            {% endfor %}
        ) as costs_of_kind,
        max(candidate.cost_excl_vat) filter (
            where
            candidate.precedence = chosen.precedence
            and candidate.currency = chosen.currency
            and candidate.unpriceable_reason is null
        ) as largest_cost_excl_vat
    from candidate
    inner join chosen using (snapshot_date, offer_key, basket)
    group by candidate.snapshot_date, candidate.offer_key, candidate.basket
),

reasoned as (
    select
        asked.*,
        chosen.price_list_kind,
        chosen.price_list_party,
        chosen.price_list_id,
        chosen.price_basis,
        chosen.currency,
        chosen.cost_excl_vat,
        chosen.cost_incl_vat,
        chosen.energy_price_excl_vat,
        chosen.energy_price_incl_vat,
        chosen.is_free,
        chosen.has_other_fee,
        chosen.has_energy_price,
        coalesce(alternative.price_lists, 0) as references_made,
        coalesce(alternative.resolved_price_lists, 0) as references_resolved,
        coalesce(alternative.costs_of_kind, 0) as costs_of_kind,
        alternative.largest_cost_excl_vat,
        case
            when asked.price_lists is null then 'no_tariff'
            when chosen.price_list_id is null and alternative.is_ambiguous then 'ambiguous_reference'
            when chosen.price_list_id is null then 'unresolved'
            when asked.current_type is null then 'no_power_type'
            when chosen.price_basis = 'contract' then 'contract_only'
            else chosen.unpriceable_reason
        end as reason
    from asked
    left join chosen using (snapshot_date, offer_key, basket)
    left join alternative using (snapshot_date, offer_key, basket)
)

select
    snapshot_date,
    offer_key,
    basket,
    basket_date,
    time_zone,
    time_zone_method,
    price_list_kind,
    price_list_party,
    price_list_id,
    price_basis,
    currency,
    {{ costs_unless('reason') }},
    reason is null and is_free as is_free,
    case when reason is null then has_energy_price end as has_energy_price,
    case when reason is null then has_other_fee end as has_other_fee,
    references_made,
    references_resolved,
    costs_of_kind,
    case when reason is null then largest_cost_excl_vat end as largest_cost_excl_vat,
    reason as unpriceable_reason
from reasoned
