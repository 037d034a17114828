-- Grain: a connector of a location while the price lists that it refers to, its kind of current and
-- its time zone stay as they are. Connectors alike in them make the same offer (offer_key).
{{
    config(
        indexes=[{'columns': ['source', 'location_id', 'evse_uid']}, {'columns': ['offer_key']}],
        pre_hook=['set local jit = off', 'set local enable_nestloop = off'],
        post_hook='analyze {{ this }}'
    )
}}

with

connector as (
    select
        source,
        party,
        location_id,
        evse_uid,
        connector_id,
        valid_from,
        valid_to,
        case
            when power_type like 'AC\_%' then 'AC'
            when power_type = 'DC' then 'DC'
        end as current_type
    from {{ ref('stg_ocpi__connector') }}
),

reference as (
    select
        source,
        party,
        location_id,
        evse_uid,
        connector_id,
        valid_from,
        valid_to,
        'tariff' as price_list_kind,
        tariff_id as price_list_id
    from {{ ref('stg_ocpi__connector_tariff') }}
    union all
    -- A connector may come in several sets of prices.
    select
        source,
        party,
        location_id,
        evse_uid,
        connector_id,
        valid_from,
        valid_to,
        'product' as price_list_kind,
        price_key as price_list_id
    from {{ ref('stg_ocpi__connector_price') }}
    union all
    select
        source,
        party,
        location_id,
        evse_uid,
        connector_id,
        valid_from,
        valid_to,
        'deprecated_product' as price_list_kind,
        pricing_id as price_list_id
    from {{ ref('stg_ocpi__connector_pricing_reference') }}
    where pricing_id is not null
),

-- A location that changes its zone parts the offers of its connectors.
zone_change as (
    select
        connector.source,
        connector.party,
        connector.location_id,
        connector.evse_uid,
        connector.connector_id,
        location_zone.valid_from as state_from
    from {{ ref('location_zone') }} as location_zone
    inner join connector using (source, party, location_id)
    where
        location_zone.valid_from > connector.valid_from
        and (connector.valid_to is null or location_zone.valid_from < connector.valid_to)
),

boundary as (
    {% for relation in ['connector', 'reference'] %}
        {% for day in ['valid_from', 'valid_to'] %}
            select
                source,
                party,
                location_id,
                evse_uid,
                connector_id,
                {{ day }} as state_from
            from {{ relation }}
            {% if day == 'valid_to' %}where valid_to is not null{% endif %}
            {% if not loop.last %}union{% endif %}
        {% endfor %}
        union
    {% endfor %}
    select
        source,
        party,
        location_id,
        evse_uid,
        connector_id,
        state_from
    from zone_change
),

span as (
    select
        boundary.*,
        lead(state_from) over (
            partition by source, party, location_id, evse_uid, connector_id order by state_from
        ) as state_to
    from boundary
),

state as (
    select
        span.*,
        connector.current_type,
        coalesce(location_zone.time_zone, 'UTC') as time_zone,
        coalesce(location_zone.time_zone_method, 'assumed_utc') as time_zone_method
    from span
    inner join connector using (source, party, location_id, evse_uid, connector_id)
    left join {{ ref('location_zone') }} as location_zone
        on
            span.source = location_zone.source
            and span.party = location_zone.party
            and span.location_id = location_zone.location_id
            and {{ is_true_on('location_zone', 'span.state_from') }}
    where {{ is_true_on('connector', 'span.state_from') }}
),

offered as (
    select
        source,
        party,
        location_id,
        evse_uid,
        connector_id,
        state.state_from,
        -- An id cannot hold a line feed: repaired where it does.
        array_agg(
            distinct reference.price_list_kind || chr(10) || reference.price_list_id
        ) as price_lists
    from state
    inner join reference using (source, party, location_id, evse_uid, connector_id)
    where {{ is_true_on('reference', 'state.state_from') }}
    group by source, party, location_id, evse_uid, connector_id, state.state_from
),

keyed as (
    select
        state.*,
        offered.price_lists,
        md5(
            jsonb_build_array(
                state.source,
                state.party,
                state.current_type,
                state.time_zone,
                state.time_zone_method,
                to_jsonb(offered.price_lists)
            )::text
        )::uuid as offer_key
    from state
    left join offered using (source, party, location_id, evse_uid, connector_id, state_from)
),

marked as (
    select
        keyed.*,
        coalesce(
            offer_key <> lag(offer_key) over states or state_from <> lag(state_to) over states, true
        ) as is_first
    from keyed
    window states as (
        partition by source, party, location_id, evse_uid, connector_id order by state_from
    )
),

numbered as (
    select
        marked.*,
        count(*) filter (where is_first) over (
            partition by source, party, location_id, evse_uid, connector_id order by state_from
        ) as version_number
    from marked
),

ending as (
    select
        numbered.*,
        first_value(state_to) over (
            partition by source, party, location_id, evse_uid, connector_id, version_number
            order by state_from desc
        ) as version_to
    from numbered
)

select
    source,
    party,
    location_id,
    evse_uid,
    connector_id,
    state_from as valid_from,
    version_to as valid_to,
    current_type,
    time_zone,
    time_zone_method,
    offer_key,
    price_lists
from ending
where is_first
