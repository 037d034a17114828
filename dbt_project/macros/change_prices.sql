{# Why prices of a basket differ between two days, by the steps of change.sql: connectors count where
   their EVSE does. A caller brings a relation `pair` (from_date, to_date, from_state, to_state).

    1 to 3  as there; a connector of a row that comes costs what its offer cost on the first day, or
            where nobody made that offer, on the second
    4 repaired          also: price lists that could be read on one of the days alone
    5, 6                as there
    9 changed_operator  as there
   10 changed_price     what an offer costs, which offer a connector makes, and connectors that an
                        EVSE gained or lost

   Prices of one offer are alike, so that quantiles are found by counting connectors of offers: those of
   the first day, less what moved, plus what it became. #}
{% macro price_change_steps() -%}
    {{ return([
        (1, 'source_outage'), (2, 'appeared'), (3, 'vanished'), (4, 'repaired'), (5, 'deduplicated'),
        (6, 'changed_status'), (9, 'changed_operator'), (10, 'changed_price'),
    ]) }}
{%- endmacro %}

{# Grain: pair, level, operator, country, basket, currency, figure. #}
{% macro price_changes(pair) -%}
    {%- set steps = price_change_steps() -%}
    {%- set numbers = [0] + (steps | map(attribute=0) | list) -%}
    {%- set states = change_states() -%}
    {%- set group = 'level, operator_id, country, basket, currency' -%}
    {%- set prices = price_quantiles() | map(attribute=1) | unique | list -%}
    {%- set figures = ['priced_connectors'] + (price_quantiles() | map(attribute=0) | list) -%}
    {%- set unreadable = "('no_currency', 'unreadable_restriction', 'unknown_dimension', 'unknown_unit', "
        ~ "'price_missing', 'negative_price', 'mixed_vat_basis')" -%}
    select
        pair.to_date as snapshot_date,
        pair.from_date as compared_with,
        figure.level,
        figure.operator_id,
        figure.operator_name,
        figure.country,
        figure.basket,
        figure.currency,
        figure.figure,
        {%- for column, value in [
            ('from_value', 'from_value'), ('to_value', 'to_value'), ('change', 'to_value - from_value'),
            ('source_outage', 'source_outage'), ('appeared_vanished', 'appeared + vanished'),
            ('repaired', 'repaired'), ('deduplicated', 'deduplicated'),
            ('changed', 'changed_status + changed_operator + changed_price'),
            ('appeared', 'appeared'), ('vanished', 'vanished'), ('changed_status', 'changed_status'),
            ('changed_operator', 'changed_operator'), ('changed_price', 'changed_price'),
        ] %}
        trim_scale({{ value }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ pair }} as pair
    cross join lateral (
        with

        member as materialized (
            {{ moved_rows(ref('physical_evse'), ref('evse_rekeyed'), ref('snapshot_day')) | indent(12) }}
        ),

        {%- for day in ['from', 'to'] %}

        {{ day }}_day as (
            select
                offer_day.operator_id,
                offer_day.country,
                offer_day.offer_key,
                max(offer_day.operator_name) as operator_name,
                sum(offer_day.connectors) as connectors
            from {{ ref('snapshot_day') }} as day
            inner join {{ ref('offer_day') }} as offer_day
                on day.state_date = offer_day.state_date and day.source = offer_day.source
            where day.snapshot_date = pair.{{ day }}_date and day.is_carried
            group by offer_day.operator_id, offer_day.country, offer_day.offer_key
        ),

        {{ day }}_price as (
            select
                offer_key,
                basket,
                unpriceable_reason,
                {{ prices | join(', ') }},
                case when unpriceable_reason is null then currency end as currency
            from {{ ref('offer_price_day') }}
            where snapshot_date = pair.{{ day }}_date
        ),
        {%- endfor %}

        -- A currency is that of a price.
        price as materialized (
            select
                coalesce(before.offer_key, after.offer_key) as offer_key,
                coalesce(before.basket, after.basket) as basket,
                {%- for column in ['currency'] + prices %}
                case when before.offer_key is null then after.{{ column }} else before.{{ column }} end
                    as from_{{ column }},
                case
                    when
                        before.offer_key is null
                        or after.offer_key is not null
                        and coalesce(before.unpriceable_reason in {{ unreadable }}, false)
                        <> coalesce(after.unpriceable_reason in {{ unreadable }}, false)
                        then after.{{ column }}
                    else before.{{ column }}
                end as read_{{ column }},
                after.{{ column }} as to_{{ column }}{{ ',' if not loop.last }}
                {%- endfor %}
            from from_price as before
            full join to_price as after
                on before.offer_key = after.offer_key and before.basket = after.basket
        ),

        moved_offer as (
            select
                step.number,
                step.operator_id,
                step.country,
                connector_offer.offer_key,
                sum(step.connectors) as connectors
            from member
            inner join {{ ref('connector_offer') }} as connector_offer
                on
                    {{ is_same_member('member', 'connector_offer') | indent(8) }}
                    and {{ is_true_on(
                        'connector_offer',
                        'case when member.is_present_0 then pair.from_state else pair.to_state end'
                    ) }}
            cross join lateral (
                values
                {%- for number in numbers if 0 < number < 10 %}{% set last = loop.last %}
                {%- for state, connectors in [(states[0], -1), (states[number], 1)] %}
                (
                    {{ number }},
                    {{ connectors }},
                    member.{{ state[0] }} and member.{{ state[1] }} and member.{{ state[3] }}_is_counted,
                    member.{{ state[2] }}_operator_id,
                    member.{{ state[2] }}_country
                ){{ ',' if not (last and loop.last) }}
                {%- endfor %}
                {%- endfor %}
            ) as step (number, connectors, is_counted, operator_id, country)
            where step.is_counted
            group by step.number, step.operator_id, step.country, connector_offer.offer_key
        ),

        population as (
            select
                step.number,
                from_day.operator_id,
                from_day.country,
                from_day.offer_key,
                from_day.connectors
            from from_day
            cross join (
                values {% for number in numbers if number < 10 %}({{ number }}){{ ', ' if not loop.last }}{% endfor %}
            ) as step (number)
            union all
            select
                number,
                operator_id,
                country,
                offer_key,
                connectors
            from moved_offer
            union all
            select
                10 as number,
                operator_id,
                country,
                offer_key,
                connectors
            from to_day
        ),

        paid as (
            select
                population.number,
                population.operator_id,
                population.country,
                price.basket,
                {%- for column in ['currency'] + prices %}
                case
                    when population.number < 4 then price.from_{{ column }}
                    when population.number < 10 then price.read_{{ column }}
                    else price.to_{{ column }}
                end as {{ column }},
                {%- endfor %}
                population.connectors
            from population
            inner join price on population.offer_key = price.offer_key
        ),

        spread as (
            select
                number,
                case when grouping(operator_id) = 1 then 'country' else 'operator' end as level,
                case when grouping(operator_id) = 1 then 'all' else operator_id end as operator_id,
                country,
                basket,
                currency,
                {{ prices | join(', ') }},
                sum(connectors) as connectors
            from paid
            where currency is not null
            group by grouping sets (
                (number, operator_id, country, basket, currency, {{ prices | join(', ') }}),
                (number, country, basket, currency, {{ prices | join(', ') }})
            )
            -- A negative number would be a mistake of the steps, and has to show.
            having sum(connectors) <> 0
        ),

        ranked as (
            select
                spread.*,
                {%- for price in prices %}
                sum(connectors) filter (where {{ price }} is not null) over (
                    partition by number, {{ group }}
                ) as connectors_with_{{ price }},
                sum(connectors) filter (where {{ price }} is not null) over (
                    partition by number, {{ group }}
                    order by {{ price }}
                ) as connectors_up_to_{{ price }}{{ ',' if not loop.last }}
                {%- endfor %}
            from spread
        ),

        -- By the rule of price_daily, whose figures are those before the first step and after the last.
        found as (
            select
                number,
                {{ group }},
                {%- for figure, price, quantile in price_quantiles() %}
                min({{ price }}) filter (
                    where connectors_up_to_{{ price }} >= {{ quantile }} * connectors_with_{{ price }}
                ) as {{ figure }},
                {%- endfor %}
                sum(connectors) as priced_connectors
            from ranked
            group by number, {{ group }}
        ),

        stepped as (
            select
                {{ group }},
                {%- for number in numbers %}
                {%- for figure in figures[1:] %}
                max({{ figure }}) filter (where number = {{ number }}) as {{ figure }}_{{ number }},
                {%- endfor %}
                coalesce(max(priced_connectors) filter (where number = {{ number }}), 0)
                    as priced_connectors_{{ number }}{{ ',' if not loop.last }}
                {%- endfor %}
            from found
            group by {{ group }}
        ),

        label as (
            select
                operator_id,
                coalesce(max(operator_name) filter (where is_later), max(operator_name)) as operator_name
            from (
                select operator_id, operator_name, false as is_later from from_day
                union all
                select operator_id, operator_name, true as is_later from to_day
            ) as named
            group by operator_id
        )

        select
            stepped.level,
            stepped.operator_id,
            case
                when stepped.level = 'country' then 'All operators'
                else coalesce(label.operator_name, stepped.operator_id)
            end as operator_name,
            stepped.country,
            stepped.basket,
            stepped.currency,
            figure.*
        from stepped
        left join label on stepped.level = 'operator' and stepped.operator_id = label.operator_id
        cross join lateral (
            values
            {%- for figure in figures %}
            (
                '{{ figure }}',
                {{ figure }}_0::numeric,
                {{ figure }}_10::numeric,
                {#- Where nothing has a price after a step, a quantile stands still until something has. #}
                {%- for number in numbers[1:] %}{% set place = loop.index %}
                case
                    when {{ figure }}_0 is not null and {{ figure }}_10 is not null
                        then coalesce(
                            {%- for earlier in numbers[:place + 1] | reverse %}
                            {{ figure }}_{{ earlier }}{{ ',' if not loop.last }}
                            {%- endfor %}
                        ) - coalesce(
                            {%- for earlier in numbers[:place] | reverse %}
                            {{ figure }}_{{ earlier }}{{ ',' if not loop.last }}
                            {%- endfor %}
                        )
                end{{ ',' if not loop.last }}
                {%- endfor %}
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ) as figure (figure, from_value, to_value, {{ steps | map(attribute=1) | join(', ') }})
    ) as figure
    where from_value is not null or to_value is not null
{%- endmacro %}
