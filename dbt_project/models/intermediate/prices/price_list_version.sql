-- Grain: a price list (tariff, product, deprecated product) while nothing of it changes. Lists of all
-- kinds have one shape here, so that there is one engine for their prices.
-- Nested loops off: Postgres guesses one row of what are tens of thousands.
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        indexes=[{'columns': ['source', 'price_list_id']}, {'columns': ['content_key']}],
        pre_hook=[plan_without('nestloop'), '{{ forget_moved() }}']
    )
}}

with

price_list as (
    select
        'tariff' as price_list_kind,
        source,
        party,
        tariff_id as price_list_id,
        valid_from,
        valid_to,
        currency,
        tariff_type as price_list_type,
        null::text as partner,
        null::text as product_name,
        start_date_time,
        end_date_time,
        min_price_excl_vat,
        min_price_incl_vat,
        max_price_excl_vat,
        max_price_incl_vat
    from {{ ref('stg_ocpi__tariff') }}
    where {{ is_moved("'tariff', source, party, tariff_id") }}
    {% for kind, model, id in [
        ('product', 'stg_ocpi__price', 'price_key'),
        ('deprecated_product', 'stg_ocpi__deprecated_price', 'pricing_id'),
    ] %}
        union all
        select
            '{{ kind }}' as price_list_kind,
            source,
            '' as party,
            {{ id }} as price_list_id,
            valid_from,
            valid_to,
            currency,
            product_type as price_list_type,
            partner,
            product_name,
            null as start_date_time,
            null as end_date_time,
            null as min_price_excl_vat,
            null as min_price_incl_vat,
            null as max_price_excl_vat,
            null as max_price_incl_vat
        from {{ ref(model) }}
        where {{ is_moved("'" ~ kind ~ "', source, '', " ~ id) }}
    {% endfor %}
),

-- Keys of jsonb are sorted and NULLs stripped: one content has one text, and its hash is its key.
element as (
    select
        'tariff' as price_list_kind,
        source,
        party,
        tariff_id as price_list_id,
        element_index,
        valid_from,
        valid_to,
        jsonb_build_object(
            'start_time', start_time,
            'end_time', end_time,
            'start_date', start_date,
            'end_date', end_date,
            'min_kwh', min_kwh,
            'max_kwh', max_kwh,
            'min_current_a', min_current_a,
            'max_current_a', max_current_a,
            'min_power_kw', min_power_kw,
            'max_power_kw', max_power_kw,
            'min_duration_s', min_duration_s,
            'max_duration_s', max_duration_s,
            'days_of_week', to_jsonb(nullif(days_of_week, '{}')),
            'reservation', reservation,
            'unreadable_restrictions', to_jsonb(unreadable_restrictions)
        ) as restrictions
    from {{ ref('stg_ocpi__tariff_element') }}
    where {{ is_moved("'tariff', source, party, tariff_id") }}
    union all
    select
        'product' as price_list_kind,
        source,
        '' as party,
        price_key as price_list_id,
        element_index,
        valid_from,
        valid_to,
        jsonb_build_object(
            'start_time', start_time,
            'end_time', end_time,
            'start_date', start_date,
            'end_date', end_date,
            'min_power_kw', min_power_kw,
            'max_power_kw', max_power_kw,
            'min_duration_s', min_duration_s,
            'max_duration_s', max_duration_s,
            'days_of_week', to_jsonb(nullif(days_of_week, '{}')),
            'unreadable_restrictions', to_jsonb(unreadable_restrictions)
        ) as restrictions
    from {{ ref('stg_ocpi__price_element') }}
    where {{ is_moved("'product', source, '', price_key") }}
),

component as (
    select
        price_list_kind,
        source,
        party,
        price_list_id,
        element_index,
        coalesce(component_index, 0) as component_index,
        valid_from,
        valid_to,
        dimension,
        jsonb_build_object(
            'dimension', dimension,
            'unit', unit,
            'price_excl_vat', trim_scale(price_excl_vat),
            'price_incl_vat', trim_scale(price_incl_vat),
            'vat_percent', vat_percent,
            'step_size', step_size
        ) as price
    from {{ ref('unit_price') }}
    where {{ is_moved('price_list_kind, source, party, price_list_id') }}
),

-- Grouped, not united: Postgres would sort what is one day for nearly every price of a list.
boundary as (
    select
        price_list_kind,
        source,
        party,
        price_list_id,
        state_from
    from (
        {% for relation in ['price_list', 'element', 'component'] %}
            {% for day in ['valid_from', 'valid_to'] %}
                select
                    price_list_kind,
                    source,
                    party,
                    price_list_id,
                    {{ day }} as state_from
                from {{ relation }}
                {% if day == 'valid_to' %}where valid_to is not null{% endif %}
                {% if not loop.last %}union all{% endif %}
            {% endfor %}
            {% if not loop.last %}union all{% endif %}
        {% endfor %}
    ) as edge
    group by price_list_kind, source, party, price_list_id, state_from
),

span as (
    select
        boundary.*,
        lead(state_from) over (
            partition by price_list_kind, source, party, price_list_id order by state_from
        ) as state_to
    from boundary
),

-- The days between two boundaries on which the list was there.
state as (
    select
        price_list.*,
        span.state_from,
        span.state_to
    from span
    inner join price_list
        using (price_list_kind, source, party, price_list_id)
    where {{ is_true_on('price_list', 'span.state_from') }}
),

-- A price beside the elements (Voltality) says in short what they say at length: it counts where no
-- element prices its dimension, and restricts nothing.
priced as (
    select
        price_list_kind,
        source,
        party,
        price_list_id,
        state.state_from,
        component.element_index,
        component.component_index,
        component.dimension,
        component.price,
        bool_or(component.element_index is not null) over (
            partition by
                price_list_kind, source, party, price_list_id, state.state_from, component.dimension
        ) as is_in_elements
    from state
    inner join component
        using (price_list_kind, source, party, price_list_id)
    where {{ is_true_on('component', 'state.state_from') }}
),

component_list as (
    select
        price_list_kind,
        source,
        party,
        price_list_id,
        state_from,
        element_index,
        jsonb_agg(
            jsonb_strip_nulls(price) order by component_index, dimension collate "C"
        ) as components
    from priced
    where element_index is not null or not is_in_elements
    group by price_list_kind, source, party, price_list_id, state_from, element_index
),

stated as (
    select
        component_list.price_list_kind,
        component_list.source,
        component_list.party,
        component_list.price_list_id,
        component_list.state_from,
        component_list.element_index,
        jsonb_strip_nulls(
            coalesce(element.restrictions, '{}')
            || jsonb_build_object('components', component_list.components)
        ) as content
    from component_list
    left join element
        on
            component_list.price_list_kind = element.price_list_kind
            and component_list.source = element.source
            and component_list.party = element.party
            and component_list.price_list_id = element.price_list_id
            and component_list.element_index = element.element_index
            and {{ is_true_on('element', 'component_list.state_from') }}
),

elements as (
    select
        price_list_kind,
        source,
        party,
        price_list_id,
        state_from,
        jsonb_agg(content order by element_index nulls last) as elements
    from stated
    group by price_list_kind, source, party, price_list_id, state_from
),

described as (
    select
        state.*,
        jsonb_strip_nulls(
            jsonb_build_object(
                'min_price_excl_vat', trim_scale(state.min_price_excl_vat),
                'min_price_incl_vat', trim_scale(state.min_price_incl_vat),
                'max_price_excl_vat', trim_scale(state.max_price_excl_vat),
                'max_price_incl_vat', trim_scale(state.max_price_incl_vat),
                'elements', coalesce(elements.elements, '[]')
            )
        ) as content
    from state
    left join elements
        using (price_list_kind, source, party, price_list_id, state_from)
),

hashed as (
    select
        described.*,
        md5(content::text)::uuid as content_key
    from described
),

-- What is compared: a list whose other attributes moved goes on.
compared as (
    select
        hashed.*,
        jsonb_build_array(
            content_key, currency, price_list_type, partner, product_name, start_date_time, end_date_time
        ) as compared_state
    from hashed
),

marked as (
    select
        compared.*,
        coalesce(
            compared_state <> lag(compared_state) over states or state_from <> lag(state_to) over states,
            true
        ) as is_first
    from compared
    window states as (
        partition by price_list_kind, source, party, price_list_id order by state_from
    )
),

numbered as (
    select
        marked.*,
        count(*) filter (where is_first) over (
            partition by price_list_kind, source, party, price_list_id order by state_from
        ) as version_number
    from marked
),

ending as (
    select
        numbered.*,
        first_value(state_to) over (
            partition by price_list_kind, source, party, price_list_id, version_number
            order by state_from desc
        ) as version_to
    from numbered
)

select
    price_list_kind,
    source,
    party,
    price_list_id,
    version_number,
    state_from as valid_from,
    version_to as valid_to,
    version_to is null as is_current,
    currency,
    price_list_type,
    partner,
    product_name,
    start_date_time,
    end_date_time,
    content_key,
    content
from ending
where is_first
