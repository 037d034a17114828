-- Grain: a connector of a location while the price lists that it refers to, its kind of current and
-- its time zone stay as they are. Connectors alike in them make the same offer (offer_key).
-- Most connectors have one version all of whose references are as old: what costs a sort, or a look
-- at a neighbour, is done for the others alone.
{%- set connector_key = ['source', 'party', 'location_id', 'evse_uid', 'connector_id'] %}
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        indexes=[{'columns': ['source', 'location_id', 'evse_uid']}],
        pre_hook=[plan_without('nestloop', 'mergejoin'), '{{ forget_moved() }}']
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
    where {{ is_moved('source, party, location_id') }}
),

-- An id cannot hold a line feed: repaired where it does. A connector may come in several sets of
-- prices.
reference as (
    {% for kind, model, id in [
        ('tariff', 'stg_ocpi__connector_tariff', 'tariff_id'),
        ('product', 'stg_ocpi__connector_price', 'price_key'),
        ('deprecated_product', 'stg_ocpi__connector_pricing_reference', 'pricing_id'),
    ] %}
        select
            source,
            party,
            location_id,
            evse_uid,
            connector_id,
            valid_from,
            valid_to,
            '{{ kind }}' || chr(10) || {{ id }} as price_list
        from {{ ref(model) }}
        where {{ id }} is not null and {{ is_moved('source, party, location_id') }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- References that begin or end within a version of their connector.
moved as (
    select
        {% for column in connector_key %}
            connector.{{ column }},
        {% endfor %}
        connector.valid_from,
        connector.valid_to,
        reference.valid_from as referred_from,
        reference.valid_to as referred_to
    from reference
    inner join connector using ({{ connector_key | join(', ') }})
    where
        reference.valid_from < coalesce(connector.valid_to, 'infinity')
        and coalesce(reference.valid_to, 'infinity') > connector.valid_from
        and (
            reference.valid_from > connector.valid_from
            or coalesce(reference.valid_to, 'infinity') < coalesce(connector.valid_to, 'infinity')
        )
),

-- Days within a version of a connector on which something else of it changed.
change as (
    {% for day in ['referred_from', 'referred_to'] %}
        select
            {{ connector_key | join(', ') }},
            valid_from,
            {{ day }} as changed_on
        from moved
        where {{ day }} > valid_from and (valid_to is null or {{ day }} < valid_to)
        union
    {% endfor %}
    select
        {% for column in connector_key %}
            connector.{{ column }},
        {% endfor %}
        connector.valid_from,
        location_zone.valid_from as changed_on
    from {{ ref('location_zone') }} as location_zone
    inner join connector using (source, party, location_id)
    where
        location_zone.valid_from > connector.valid_from
        and (connector.valid_to is null or location_zone.valid_from < connector.valid_to)
),

changed as (
    select
        {{ connector_key | join(', ') }},
        valid_from,
        array_agg(changed_on order by changed_on) as changed_on
    from change
    group by {{ connector_key | join(', ') }}, valid_from
),

span as (
    select
        {{ connector_key | join(', ') }},
        connector.current_type,
        connector.valid_from as state_from,
        coalesce(changed.changed_on[1], connector.valid_to) as state_to
    from connector
    left join changed using ({{ connector_key | join(', ') }}, valid_from)
    union all
    select
        {{ connector_key | join(', ') }},
        connector.current_type,
        part.changed_on as state_from,
        coalesce(changed.changed_on[part.place + 1], connector.valid_to) as state_to
    from connector
    inner join changed using ({{ connector_key | join(', ') }}, valid_from)
    cross join unnest(changed.changed_on) with ordinality as part (changed_on, place)
),

state as materialized (
    select
        row_number() over () as state_id,
        span.*,
        coalesce(location_zone.time_zone, 'UTC') as time_zone,
        coalesce(location_zone.time_zone_method, 'assumed_utc') as time_zone_method
    from span
    left join {{ ref('location_zone') }} as location_zone
        on
            span.source = location_zone.source
            and span.party = location_zone.party
            and span.location_id = location_zone.location_id
            and {{ is_true_on('location_zone', 'span.state_from') }}
),

offered as (
    select
        state.state_id,
        array_agg(distinct reference.price_list) as price_lists
    from state
    inner join reference using ({{ connector_key | join(', ') }})
    where {{ is_true_on('reference', 'state.state_from') }}
    group by state.state_id
),

keyed as materialized (
    select
        state.*,
        offered.price_lists,
        md5(
            concat_ws(
                chr(10),
                state.source,
                state.party,
                coalesce(state.current_type, ''),
                state.time_zone,
                state.time_zone_method,
                array_to_string(offered.price_lists, chr(10))
            )
        )::uuid as offer_key
    from state
    left join offered using (state_id)
),

-- One that has several states has one that ended.
several as (
    select distinct {{ connector_key | join(', ') }}
    from keyed
    where state_to is not null
),

changing as (
    select keyed.*
    from keyed
    inner join several using ({{ connector_key | join(', ') }})
),

marked as (
    select
        changing.*,
        coalesce(
            offer_key <> lag(offer_key) over states or state_from <> lag(state_to) over states, true
        ) as is_first
    from changing
    window states as (partition by {{ connector_key | join(', ') }} order by state_from)
),

numbered as (
    select
        marked.*,
        count(*) filter (where is_first) over (
            partition by {{ connector_key | join(', ') }} order by state_from
        ) as version_number
    from marked
),

ending as (
    select
        numbered.*,
        first_value(state_to) over (
            partition by {{ connector_key | join(', ') }}, version_number order by state_from desc
        ) as version_to
    from numbered
),

merged as (
    select
        ending.*,
        ending.version_to as valid_to
    from ending
    where ending.is_first
)

{% for relation in ['keyed', 'merged'] %}
    select
        {% for column in connector_key %}
            {{ relation }}.{{ column }},
        {% endfor %}
        {{ relation }}.state_from as valid_from,
        {{ 'null::date' if relation == 'keyed' else 'merged.valid_to' }} as valid_to,
        {{ relation }}.current_type,
        {{ relation }}.time_zone,
        {{ relation }}.time_zone_method,
        {{ relation }}.offer_key,
        {{ relation }}.price_lists
    from {{ relation }}
    {% if relation == 'keyed' %}
        left join several using ({{ connector_key | join(', ') }})
        where several.source is null
        union all
    {% endif %}
{% endfor %}
