{# The same text for any two days, as functions for the analyst. Made anew with every build, since
   a changed list of columns cannot be replaced. #}
{% macro create_change_functions() -%}
    {%- set pair = any_two_days() -%}
    {%- set change = this.incorporate(path={'identifier': 'explain_change'}).render() -%}
    {%- set evses = this.incorporate(path={'identifier': 'explain_evse_change'}).render() -%}
    drop function if exists {{ change }} (date, date);
    create function {{ change }} (from_day date, to_day date)
    returns table (
        snapshot_date date, compared_with date, level text, operator_id text, operator_name text, country text,
        figure text, from_value numeric, to_value numeric, change numeric, source_outage numeric,
        appeared_vanished numeric, repaired numeric, deduplicated numeric, changed numeric,
        {%- for part in change_parts() if part not in ('source_outage', 'repaired', 'deduplicated') %}
        {{ part }} numeric{{ ',' if not loop.last }}
        {%- endfor %}
    )
    language sql stable as $function$
        with

        pair as materialized (
            {{ pair }}
        ),

        weight as (
            {{ figure_steps('pair', ref('physical_evse'), ref('evse_rekeyed'), ref('snapshot_day')) }}
        ),

        {{
            figure_changes(
                ref('snapshot_day'),
                ref('evse_day'),
                ref('operator_power_daily'),
                ref('operator_reliability_daily')
            )
        }}
    $function$;
    comment on function {{ change }} (date, date) is
    'Why the headline figures differ between any two days of the history; columns as in figure_change_daily.';

    drop function if exists {{ evses }} (date, date);
    create function {{ evses }} (from_day date, to_day date)
    returns table (
        snapshot_date date, compared_with date, part text, physical_evse_key text, operator_id text, country text,
        evses bigint, power_kw numeric, published_power_kw numeric, up bigint, down bigint, unknown bigint
    )
    language sql stable as $function$
        with

        pair as materialized (
            {{ pair }}
        )

        {{ evse_changes('pair', ref('physical_evse'), ref('evse_rekeyed'), ref('snapshot_day')) }}
    $function$;
    comment on function {{ evses }} (date, date) is
    'The EVSEs behind each part of a change between any two days of the history; columns as in evse_change.'
{%- endmacro %}

{% macro create_price_change_function() -%}
    {%- set change = this.incorporate(path={'identifier': 'explain_price_change'}).render() -%}
    drop function if exists {{ change }} (date, date);
    create function {{ change }} (from_day date, to_day date)
    returns table (
        snapshot_date date, compared_with date, level text, operator_id text, operator_name text, country text,
        basket text, currency text, figure text, from_value numeric, to_value numeric, change numeric,
        source_outage numeric, appeared_vanished numeric, repaired numeric, deduplicated numeric,
        changed numeric, appeared numeric, vanished numeric, changed_status numeric,
        changed_operator numeric, changed_price numeric
    )
    language sql stable as $function$
        with

        pair as materialized (
            {{ any_two_days() }}
        )

        {{ price_changes('pair') }}
    $function$;
    comment on function {{ change }} (date, date) is
    'Why prices of baskets differ between any two days of the history; columns as in price_change_daily.'
{%- endmacro %}

{# The pair of a function for any two days; none where the history does not reach one of them, since
   what would differ then is what there is of data. #}
{% macro any_two_days() -%}
    select
        $1 as from_date,
        $2 as to_date,
        before.state_date as from_state,
        after.state_date as to_state
    from (select max(state_date) as state_date from {{ ref('snapshot_day') }} where snapshot_date = $1) as before
    inner join (select max(state_date) as state_date from {{ ref('snapshot_day') }} where snapshot_date = $2) as after
        on before.state_date is not null and after.state_date is not null
{%- endmacro %}
