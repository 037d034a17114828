{# A staging view: the columns that the source declares, in its order, and is_current where it has
   history. The list comes from the generated source YAML, so that a column is added in the canonical
   model alone. #}
{% macro staged(schema, table) -%}
    {%- set columns = declared_columns(schema, table) -%}
    select
        {{ columns | join(',\n        ') }}
        {%- if 'valid_to' in columns %},
        valid_to is null as is_current
        {%- endif %}
    from {{ source(schema, table) }}
{%- endmacro %}

{% macro declared_columns(schema, table) -%}
    {%- if not execute -%} {{ return(['*']) }} {%- endif -%}
    {%- set found = graph.sources['source.ocpi_warehouse.' ~ schema ~ '.' ~ table] -%}
    {{ return(found.columns.keys() | list) }}
{%- endmacro %}
