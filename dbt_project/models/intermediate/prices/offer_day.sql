-- Grain: state day, source, country, operator, public or not, offer: the connectors that make it.
-- Postgres takes spans for all different and sorts them; most are alike, and hashed in half the time.
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['state_date']}],
        pre_hook=[
            plan_without('nestloop', 'mergejoin', 'sort', 'incremental_sort', 'indexscan'),
            plan_with_room(),
        ]
    )
}}

with

{{ due_source_days() }},

span as (
    select
        span.state_week,
        greatest(span.from_date, connector_offer.valid_from) as from_date,
        least(span.last_date, connector_offer.valid_to - 1) as last_date,
        span.source,
        span.country,
        span.operator_id,
        span.operator_name,
        span.is_public,
        connector_offer.offer_key,
        count(*) as published_connectors,
        count(*) filter (where span.is_survivor and span.is_counted) as connectors
    from {{ ref('evse_span') }} as span
    inner join {{ ref('connector_offer') }} as connector_offer
        on
            span.source = connector_offer.source
            and span.party = connector_offer.party
            and span.location_id = connector_offer.location_id
            and span.evse_uid = connector_offer.evse_uid
            and span.last_date >= connector_offer.valid_from
            and coalesce(span.from_date < connector_offer.valid_to, true)
    where {{ is_of_due_week('span') }}
    group by
        span.state_week,
        greatest(span.from_date, connector_offer.valid_from),
        least(span.last_date, connector_offer.valid_to - 1),
        span.source,
        span.country,
        span.operator_id,
        span.operator_name,
        span.is_public,
        connector_offer.offer_key
)

select
    day.state_date,
    span.source,
    span.country,
    span.operator_id,
    span.operator_name,
    span.is_public,
    span.offer_key,
    sum(span.published_connectors)::bigint as published_connectors,
    sum(span.connectors)::bigint as connectors
from span
inner join day
    on
        {{ is_day_of('span') }}
group by
    day.state_date,
    span.source,
    span.country,
    span.operator_id,
    span.operator_name,
    span.is_public,
    span.offer_key
