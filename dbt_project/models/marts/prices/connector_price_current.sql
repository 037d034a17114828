-- Grain: a connector as last seen, and basket. Copies of an EVSE stand here too, told by is_survivor:
-- they often state another price.
{{ config(pre_hook=plan_without('nestloop', 'mergejoin')) }}

with

last_day as (
    select max(snapshot_date) as snapshot_date
    from {{ ref('snapshot_day') }}
),

latest as (
    select
        day.source,
        day.snapshot_date,
        day.source_state_date,
        day.source_snapshot_date,
        day.days_since_snapshot,
        -- Its prices are those of its last day in the marts.
        least(day.snapshot_date, day.source_snapshot_date + {{ var('carry_days') }}) as priced_on
    from {{ ref('snapshot_day') }} as day
    inner join last_day using (snapshot_date)
),

-- Kept: else the planner gives all offers all days to find those of the last.
member as materialized (
    select
        physical_evse.*,
        latest.source_snapshot_date,
        latest.days_since_snapshot,
        latest.priced_on
    from {{ ref('physical_evse') }} as physical_evse
    inner join latest
        on
            physical_evse.source = latest.source
            and physical_evse.state_date = latest.source_state_date
    where {{ is_of_week_of('physical_evse', 'source_state_date', 'latest') }}
)

select
    member.source,
    member.party,
    member.location_id,
    member.evse_uid,
    connector_offer.connector_id,
    offer_price_day.basket,
    member.physical_evse_key,
    member.is_survivor,
    member.is_counted,
    member.is_public,
    member.country,
    member.operator_id,
    member.operator_name,
    member.power_kw::float8 as evse_power_kw,
    connector_offer.current_type,
    offer_price_day.currency,
    offer_price_day.cost_excl_vat,
    offer_price_day.cost_incl_vat,
    offer_price_day.vat_basis,
    offer_price_day.energy_price_excl_vat,
    offer_price_day.energy_price_incl_vat,
    offer_price_day.has_energy_price,
    offer_price_day.has_other_fee,
    offer_price_day.is_free,
    offer_price_day.price_list_kind,
    offer_price_day.price_list_party,
    offer_price_day.price_list_id,
    offer_price_day.price_basis,
    offer_price_day.references_made,
    offer_price_day.references_resolved,
    offer_price_day.costs_of_kind,
    offer_price_day.largest_cost_excl_vat,
    offer_price_day.unpriceable_reason,
    offer_price_day.basket_date,
    offer_price_day.time_zone,
    offer_price_day.time_zone_method,
    member.source_snapshot_date as snapshot_date,
    member.days_since_snapshot
from member
inner join {{ ref('connector_offer') }} as connector_offer
    on
        member.source = connector_offer.source
        and member.party = connector_offer.party
        and member.location_id = connector_offer.location_id
        and member.evse_uid = connector_offer.evse_uid
        and {{ is_true_on('connector_offer', 'member.state_date') }}
inner join {{ ref('offer_price_day') }} as offer_price_day
    on
        member.priced_on = offer_price_day.snapshot_date
        and connector_offer.offer_key = offer_price_day.offer_key
-- Once more: by the index, not all days there are.
where offer_price_day.snapshot_date = any(array(select latest.priced_on from latest))
