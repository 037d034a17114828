{# A staging view: the columns that the source declares, in its order, and is_current. The list
   comes from the generated source YAML, so that a column is added in the canonical model alone. #}
{% macro staged_history(table) -%}
    select
        {{ declared_columns('ocpi', table) | join(',\n        ') }},
        valid_to is null as is_current
    from {{ source('ocpi', table) }}
{%- endmacro %}

{% macro declared_columns(source_name, table) -%}
    {%- if not execute -%} {{ return(['*']) }} {%- endif -%}
    {%- set found = graph.sources['source.ocpi_warehouse.' ~ source_name ~ '.' ~ table] -%}
    {{ return(found.columns.keys() | list) }}
{%- endmacro %}

{# A staging view of a ledger table: the declared columns alone. #}
{% macro staged_ledger(table) -%}
    select
        {{ declared_columns('ops', table) | join(',\n        ') }}
    from {{ source('ops', table) }}
{%- endmacro %}
