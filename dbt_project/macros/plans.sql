{# A pre-hook: Postgres plans a model without these ways, which it takes where it guesses sizes wrong.
   For joins of whole tables by their keys loops and merges (sorts of texts) are what costs; index
   scans are, where most of a table is read in no order. #}
{% macro plan_without() -%}
    {%- for way in varargs -%}
        set local enable_{{ way }} = off{{ '; ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# A pre-hook: twice the room for hashes, where a few dozen nights would not fit into it and go to disk
   in several pieces (a sixth of the time of evse_day at 60 nights of 20,000 locations). #}
{% macro plan_with_room() -%}
    set local hash_mem_multiplier = 4
{%- endmacro %}

{# At the end of a select: Postgres makes it whole before it joins it with anything. Leaves nothing out. #}
{% macro put_together_first() -%}
    offset 0
{%- endmacro %}

{# An inner join with versions of a whole table, named version. A build of some days looks each of its
   few rows up by the key, whatever the planner takes for few; a full one reads the table. #}
{% macro joined_to_few(relation, condition) -%}
    {%- if affected_days() is none -%}
        inner join {{ ref(relation) }} as version on {{ condition }}
    {%- else -%}
        cross join lateral (
            select * from {{ ref(relation) }} as version where {{ condition }} {{ put_together_first() }}
        ) as version
    {%- endif -%}
{%- endmacro %}
