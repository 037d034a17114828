{# A pre-hook: Postgres plans a model without these ways, which it takes where it guesses sizes wrong.
   For joins of whole tables by their keys loops and merges (sorts of texts) are what costs; index
   scans are, where most of a table is read in no order. #}
{% macro plan_without() -%}
    {%- for way in varargs -%}
        set local enable_{{ way }} = off{{ '; ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# An inner join with versions of a whole table, named version. A build of some days looks each of its
   few rows up by the key, whatever the planner takes for few; a full one reads the table. #}
{% macro joined_to_few(relation, condition) -%}
    {%- if affected_days() is none -%}
        inner join {{ ref(relation) }} as version on {{ condition }}
    {%- else -%}
        cross join lateral (
            select * from {{ ref(relation) }} as version where {{ condition }} offset 0
        ) as version
    {%- endif -%}
{%- endmacro %}
