{# A pre-hook: Postgres plans a model without these ways, which it takes where it guesses sizes wrong.
   For joins of whole tables by their keys loops and merges (sorts of texts) are what costs; index
   scans are, where most of a table is read in no order. #}
{% macro plan_without() -%}
    {%- for way in varargs -%}
        set local enable_{{ way }} = off{{ '; ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
