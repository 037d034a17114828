-- Grain: state day, source, country, operator, public or not, offer: the connectors that make it.
-- Postgres takes spans for all different and sorts them; most are alike, and hashed in half the time.
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['state_date']}],
        pre_hook=[
            'set local enable_sort = off; set local enable_incremental_sort = off',
            'set local enable_nestloop = off; set local enable_mergejoin = off',
        ]
    )
}}

with

day as (
    select
        source,
        state_week,
        state_date
    from {{ ref('snapshot_day') }}
    where snapshot_date = state_date and {{ is_due('state_date') }}
),

-- Connectors that begin and end together, first: days are counted of few rows.
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
    where span.state_week = any(array(select day.state_week from day))
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
        span.source = day.source
        and span.state_week = day.state_week
        and day.state_date between span.from_date and span.last_date
group by
    day.state_date,
    span.source,
    span.country,
    span.operator_id,
    span.operator_name,
    span.is_public,
    span.offer_key
