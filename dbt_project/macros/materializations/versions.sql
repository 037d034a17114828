{#
  Tables of versions by key (valid_from, valid_to) of which a build of some days replaces only the keys
  that a load has moved. Built by dbt's `incremental` with `append`: what moved is taken out before,
  so that a key that is gone goes, too. What such a model says under `meta`:

    modules    the modules of sources that it is made of, as for `daily`
    key        the columns of the key, or of what holds several keys that are replaced together
    moved_by   its inputs, each with the columns that are the key there

  What is true of a key on a day cannot come to be otherwise unless one of its versions, as they were or
  as they are, begins or ends on a day that the loads have moved, or on the one after it. So the keys
  are found by those two dates alone.
#}

{# For pre-hooks of an `incremental`: takes out what the caller says where a part is built, else all. #}
{% macro taking_out() -%}
    {%- if not is_incremental() -%}
        select 'all of it is built'
    {%- elif affected_days() is none -%}
        truncate {{ this }}
    {%- else -%}
        {{ caller() }}
    {%- endif -%}
{%- endmacro %}

{# A pre-hook. #}
{% macro forget_moved() -%}
    {%- call taking_out() -%}
        {%- set meta = config.get('meta') -%}
        {%- set days = "any(array(select moved.day + later.days from unnest("
            ~ date_array(days_moved_by(meta['modules']))
            ~ ") as moved (day) cross join (values (0), (1)) as later (days)))" -%}
        create temporary table {{ moved_keys() }} on commit drop as
        select {{ meta['key'] | join(', ') }} from {{ this }}
        where valid_from = {{ days }} or valid_to = {{ days }}
        {%- for input, columns in meta['moved_by'].items() %}
        union
        select {{ columns }} from {{ ref(input) }}
        where valid_from = {{ days }} or valid_to = {{ days }}
        {%- endfor %};
        analyze {{ moved_keys() }};
        delete from {{ this }} where {{ is_moved(meta['key'] | join(', ')) }}
    {%- endcall -%}
{%- endmacro %}

{# Whether a part of an `incremental` is built, and the rest stays. A unit test has no table: `this` is
   none. #}
{% macro is_partial_build() -%}
    {{ return(this and is_incremental() and affected_days() is not none) }}
{%- endmacro %}

{# Whether rows of an input are of a key that is built. #}
{% macro is_moved(columns) -%}
    {%- if is_partial_build() -%}
        ({{ columns }}) in (select * from {{ moved_keys() }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{% macro moved_keys() -%}
    moved_{{ this.identifier }}
{%- endmacro %}

{#
  Likewise for what never changes under its key, since the key is a hash of all that it is made of:
  gone keys are taken out before (a pre-hook), and those alone are built that are not there yet.
#}
{% macro forget_gone(key, input) -%}
    {%- call taking_out() -%}
        delete from {{ this }} where {{ key }} not in (select {{ key }} from {{ ref(input) }})
    {%- endcall -%}
{%- endmacro %}

{% macro is_missing(key) -%}
    {%- if is_partial_build() -%}
        {{ key }} not in (select {{ key }} from {{ this }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
