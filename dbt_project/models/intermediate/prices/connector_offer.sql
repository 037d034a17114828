-- Grain: a connector of a location while the price lists that it refers to, and its kind of current,
-- stay as they are. Connectors with the same references make the same offer (offer_key).
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
        {% if not loop.last %}union{% endif %}
    {% endfor %}
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
        connector.current_type
    from span
    inner join connector using (source, party, location_id, evse_uid, connector_id)
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
                state.source, state.party, state.current_type, to_jsonb(offered.price_lists)
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
    offer_key,
    price_lists
from ending
where is_first
