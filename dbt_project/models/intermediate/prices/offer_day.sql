-- Grain: state day, source, country, operator, public or not, offer: the connectors that make it.
-- depends_on: {{ ref('snapshot_day') }}
{{ config(materialized='daily', indexes=[{'columns': ['state_date']}]) }}

select
    physical_evse.state_date,
    physical_evse.source,
    physical_evse.country,
    physical_evse.operator_id,
    physical_evse.operator_name,
    physical_evse.is_public,
    connector_offer.offer_key,
    count(*) as published_connectors,
    count(*) filter (where physical_evse.is_survivor and physical_evse.is_counted) as connectors
from {{ ref('physical_evse') }} as physical_evse
inner join {{ ref('connector_offer') }} as connector_offer
    on
        physical_evse.source = connector_offer.source
        and physical_evse.party = connector_offer.party
        and physical_evse.location_id = connector_offer.location_id
        and physical_evse.evse_uid = connector_offer.evse_uid
        and {{ is_true_on('connector_offer', 'physical_evse.state_date') }}
where {{ is_due('physical_evse.state_date') }}
group by
    physical_evse.state_date,
    physical_evse.source,
    physical_evse.country,
    physical_evse.operator_id,
    physical_evse.operator_name,
    physical_evse.is_public,
    connector_offer.offer_key
