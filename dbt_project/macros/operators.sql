{# How a name, the party that scopes the ids, and eMA ids become an operator. #}

{# What the seed knows of a spelling (party, slug, ema_ids) on a day: a lateral subquery. #}
{% macro known_operator(spelling, day) -%}
    select
        alias.alias_kind,
        alias.operator_id,
        alias.operator_name
    from {{ ref('operator_alias') }} as alias
    where
        {{ is_in_force('alias', day) }}
        and (
            alias.alias_kind = 'name' and alias.alias = {{ spelling }}.slug
            or alias.alias_kind = 'ema_id' and alias.alias = any({{ spelling }}.ema_ids)
            or alias.alias_kind = 'party_id' and alias.alias = {{ spelling }}.party
        )
    order by array_position(array['name', 'ema_id', 'party_id'], alias.alias_kind), alias.alias
    limit 1
{%- endmacro %}

{# The days on which the seed comes to read a spelling another way. #}
{% macro alias_days() -%}
    select valid_from as from_day
    from {{ ref('operator_alias') }}
    where valid_from is not null
    union
    select valid_to as from_day
    from {{ ref('operator_alias') }}
    where valid_to is not null
{%- endmacro %}

{% macro operator_id_of(spelling, known) -%}
    coalesce(
        {{ known }}.operator_id,
        {{ spelling }}.slug,
        'party_' || lower(nullif({{ spelling }}.party, '')),
        'unknown'
    )
{%- endmacro %}

{% macro operator_name_of(spelling, known) -%}
    coalesce(
        {{ known }}.operator_name,
        case when {{ spelling }}.slug is not null then btrim({{ spelling }}.name) end,
        nullif({{ spelling }}.party, ''),
        'Unknown operator'
    )
{%- endmacro %}
