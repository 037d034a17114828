{# Rules of prices that more than one model applies. #}

{# In the order of ISO 8601. #}
{% macro weekdays() -%}
    array['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY']
{%- endmacro %}

{# Second of the day of a local time HH:MM; -1 where it cannot be read. #}
{% macro second_of_day(time, otherwise) -%}
    case
        when {{ time }} is null then {{ otherwise }}
        when {{ time }} ~ '^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$'
            then extract(epoch from ({{ time }})::time)::integer
        when {{ time }} ~ '^24:00(:00)?$' then 86400
        else -1
    end
{%- endmacro %}

{# What is published of the prices of connectors: the figure, what it is a quantile of, and which. #}
{% macro price_quantiles() -%}
    {{ return([
        ('p25_cost_excl_vat', 'cost_excl_vat', 0.25),
        ('median_cost_excl_vat', 'cost_excl_vat', 0.5),
        ('p75_cost_excl_vat', 'cost_excl_vat', 0.75),
        ('median_cost_incl_vat', 'cost_incl_vat', 0.5),
        ('median_energy_price_excl_vat', 'energy_price_excl_vat', 0.5),
    ]) }}
{%- endmacro %}

{# Daily costs of baskets over connectors, by the columns named and by basket and currency. Quantiles
   are costs that are paid somewhere (percentile_disc), weighted by connectors. #}
{% macro price_daily(keys) -%}
{%- set by = keys | join(', ') -%}
with

carried as (
    select
        snapshot_date,
        source,
        state_date,
        days_since_snapshot
    from {{ ref('snapshot_day') }}
    where is_carried and {{ is_due('snapshot_date') }}
),

-- Distinct offers are few; all that follows is counted in connectors.
offered as (
    select
        carried.snapshot_date,
        {% for key in keys %}
        offer_day.{{ key }},
        {% endfor %}
        offer_price_day.basket,
        offer_price_day.currency,
        offer_price_day.unpriceable_reason,
        offer_price_day.vat_basis,
        offer_price_day.is_free,
        offer_price_day.has_other_fee,
        offer_price_day.cost_excl_vat,
        offer_price_day.cost_incl_vat,
        offer_price_day.energy_price_excl_vat,
        offer_price_day.time_zone_method <> 'declared' as is_zone_derived,
        max(offer_day.operator_name) as operator_name,
        sum(offer_day.connectors) as connectors,
        max(carried.days_since_snapshot) as days_since_snapshot
    from carried
    inner join {{ ref('offer_day') }} as offer_day
        on carried.state_date = offer_day.state_date and carried.source = offer_day.source
    inner join {{ ref('offer_price_day') }} as offer_price_day
        on
            carried.snapshot_date = offer_price_day.snapshot_date
            and offer_day.offer_key = offer_price_day.offer_key
    where offer_day.connectors > 0
    group by
        carried.snapshot_date,
        {% for key in keys %}
        offer_day.{{ key }},
        {% endfor %}
        offer_price_day.basket,
        offer_price_day.currency,
        offer_price_day.unpriceable_reason,
        offer_price_day.vat_basis,
        offer_price_day.is_free,
        offer_price_day.has_other_fee,
        offer_price_day.cost_excl_vat,
        offer_price_day.cost_incl_vat,
        offer_price_day.energy_price_excl_vat,
        offer_price_day.time_zone_method <> 'declared'
),

-- What has no cost is counted where most have one.
main_currency as (
    select distinct on (snapshot_date, {{ by }}, basket)
        snapshot_date,
        {{ by }},
        basket,
        currency as main_currency
    from offered
    where unpriceable_reason is null
    group by snapshot_date, {{ by }}, basket, currency
    order by snapshot_date, {{ by }}, basket, sum(connectors) desc, currency
),

placed as (
    select
        offered.*,
        coalesce(
            case when offered.unpriceable_reason is null then offered.currency end,
            main_currency.main_currency,
            'none'
        ) as row_currency
    from offered
    left join main_currency using (snapshot_date, {{ by }}, basket)
),

ranked as (
    select
        placed.*,
        {% for cost in price_quantiles() | map(attribute=1) | unique %}
        sum(connectors) filter (where {{ cost }} is not null) over (
            partition by snapshot_date, {{ by }}, basket, row_currency
        ) as connectors_with_{{ cost }},
        case
            when {{ cost }} is not null
                then sum(connectors) filter (where {{ cost }} is not null) over (
                    partition by snapshot_date, {{ by }}, basket, row_currency
                    order by {{ cost }}
                    range between unbounded preceding and current row
                )
        end as connectors_up_to_{{ cost }}{{ ',' if not loop.last }}
        {% endfor %}
    from placed
)

select
    snapshot_date,
    {{ by }},
    {% if 'operator_id' in keys %}
    max(operator_name) as operator_name,
    {% endif %}
    basket,
    row_currency as currency,
    sum(connectors)::bigint as connectors,
    coalesce(sum(connectors) filter (where unpriceable_reason is null), 0)::bigint
        as priced_connectors,
    coalesce(sum(connectors) filter (where unpriceable_reason is null), 0)::float8
    / sum(connectors) as priced_share,
    coalesce(sum(connectors) filter (where is_free), 0)::bigint as free_connectors,
    coalesce(sum(connectors) filter (where has_other_fee), 0)::bigint as other_fee_connectors,
    coalesce(sum(connectors) filter (where vat_basis in ('excl_and_incl', 'incl_only')), 0)::bigint
        as incl_vat_connectors,
    {% for figure, price, quantile in price_quantiles() %}
    min({{ price }}) filter (where connectors_up_to_{{ price }} >= {{ quantile }} * connectors_with_{{ price }})
        as {{ figure }},
    {% endfor %}
    min(cost_excl_vat) as min_cost_excl_vat,
    max(cost_excl_vat) as max_cost_excl_vat,
    {% for column, reasons in [
        ('no_tariff', ['no_tariff']),
        ('unresolved', ['unresolved', 'ambiguous_reference']),
        ('not_valid', ['not_valid_on_day', 'not_yet_valid', 'expired']),
        ('contract_only', ['contract_only']),
    ] %}
    coalesce(
        sum(connectors) filter (where unpriceable_reason in ('{{ reasons | join("', '") }}')), 0
    )::bigint as {{ column }}_connectors,
    {% endfor %}
    coalesce(
        sum(connectors) filter (
            where
            unpriceable_reason not in (
                'no_tariff', 'unresolved', 'ambiguous_reference', 'not_valid_on_day',
                'not_yet_valid', 'expired', 'contract_only'
            )
        ),
        0
    )::bigint as otherwise_unpriceable_connectors,
    coalesce(sum(connectors) filter (where is_zone_derived), 0)::bigint as derived_zone_connectors,
    max(days_since_snapshot) as days_since_snapshot
from ranked
group by snapshot_date, {{ by }}, basket, row_currency
{%- endmacro %}

{# Costs and prices of a basket, NULL where there is a reason why it cannot be priced; and what they
   say of VAT. #}
{% macro costs_unless(reason) -%}
    {%- for cost in ['cost_excl_vat', 'cost_incl_vat', 'energy_price_excl_vat', 'energy_price_incl_vat'] %}
    case when {{ reason }} is null then {{ cost }} end as {{ cost }},
    {%- endfor %}
    case
        when {{ reason }} is not null then null
        when cost_excl_vat is null then 'incl_only'
        when cost_incl_vat is null then 'excl_only'
        else 'excl_and_incl'
    end as vat_basis
{%- endmacro %}
