{#
  A table of state days, each replaced by delete and insert, oldest first, in one transaction.

  Not `incremental`: delete+insert there deletes only the days that the new rows name, so that a day
  that became empty would keep its old rows, and microbatch is a merge, which keeps vanished rows.

  The model's SQL gives the rows of one state day, which it names as state_day(), and may read the
  days before from this. Built are: all state days on a full build (affected_days empty); otherwise
  those under affected_days and those that the table lacks. Days that are no state day any more are
  deleted. With `carries_state` a day is also built when an earlier one came out with other keys
  than before, since its keys are inherited from there.
#}
{% materialization daily, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set is_full = existing is none or not existing.is_table or should_full_refresh()
        or not var('affected_days') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if is_full -%}
        {%- if existing is not none -%} {%- do adapter.drop_relation(existing) -%} {%- endif -%}
        {%- call statement('create') -%} {{ create_empty_day_table(target_relation, sql) }} {%- endcall -%}
        {%- do create_indexes(target_relation) -%}
    {%- endif -%}

    {%- call statement('delete_former_days') -%}
        delete from {{ target_relation }}
        where state_date not in (select state_date from {{ ref('snapshot_day') }})
    {%- endcall -%}

    {%- set counted = namespace(days=0, keys_moved=false) -%}
    {%- for day, is_due in state_days(target_relation, is_full) -%}
        {%- if is_due or (counted.keys_moved and config.get('carries_state')) -%}
            {%- set watches_keys = config.get('carries_state') and not is_full -%}
            {%- do replace_day(target_relation, sql, day, watches_keys) -%}
            {%- set counted.days = counted.days + 1 -%}
            {%- if watches_keys -%}
                {%- set counted.keys_moved = keys_moved(target_relation, day) -%}
            {%- endif -%}
            {%- if loop.first -%} {%- do run_query('analyze ' ~ target_relation) -%} {%- endif -%}
        {%- endif -%}
    {%- endfor -%}

    {%- call statement('main') -%} analyze {{ target_relation }} {%- endcall -%}
    {{ log(target_relation ~ ': ' ~ counted.days ~ ' state days built') }}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do apply_grants(target_relation, config.get('grants'), should_revoke(existing, is_full)) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro set_state_day(day) -%}
    select set_config('ocpi_warehouse.state_day', '{{ day }}', true)
{%- endmacro %}

{# The model may read `this`, which does not exist yet: a view of it, for the columns' types only. #}
{% macro create_empty_day_table(relation, sql) -%}
    create table {{ relation }} (
        {%- for name, column in model.columns.items() %}
        {{ name }} {{ column.data_type }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{# [(day, is it to be built)], oldest first. #}
{% macro state_days(relation, is_full) -%}
    {%- set affected = var('affected_days') -%}
    {%- set days = run_query(
        "select snapshot_day.state_date, "
        ~ ("true" if is_full else
            "bool_or(snapshot_day.snapshot_date = any ('{" ~ affected | join(',') ~ "}'::date[]))"
            ~ " or not exists (select 1 from " ~ relation ~ " as built"
            ~ " where built.state_date = snapshot_day.state_date)")
        ~ " from " ~ ref('snapshot_day') ~ " as snapshot_day group by 1 order by 1"
    ) -%}
    {{ return(days.rows) }}
{%- endmacro %}

{% macro replace_day(relation, sql, day, watches_keys) -%}
    {%- do run_query(set_state_day(day)) -%}
    {%- if watches_keys -%}
        {%- do run_query('drop table if exists day_before_rebuild') -%}
        {%- do run_query(
            'create temporary table day_before_rebuild as select ' ~ keyed_columns()
            ~ ' from ' ~ relation ~ ' where state_date = ' ~ state_day()
        ) -%}
    {%- endif -%}
    {%- do run_query('delete from ' ~ relation ~ ' where state_date = ' ~ state_day()) -%}
    {%- do run_query(
        'insert into ' ~ relation ~ ' (' ~ model.columns.keys() | join(', ') ~ ') '
        ~ 'select ' ~ model.columns.keys() | join(', ') ~ ' from (' ~ sql ~ ') as built'
    ) -%}
{%- endmacro %}

{% macro keyed_columns() -%}
    source, party, location_id, evse_uid, physical_evse_key
{%- endmacro %}

{# Whether the rebuilt day gives any EVSE another key than the day had before. #}
{% macro keys_moved(relation, day) -%}
    {%- set rebuilt = 'select ' ~ keyed_columns() ~ ' from ' ~ relation
        ~ ' where state_date = ' ~ state_day() -%}
    {%- set before = 'select ' ~ keyed_columns() ~ ' from day_before_rebuild' -%}
    {%- set moved = run_query(
        'select exists ((' ~ rebuilt ~ ' except ' ~ before ~ ') union all (' ~ before ~ ' except ' ~ rebuilt ~ '))'
    ) -%}
    {{ return(moved.rows[0][0]) }}
{%- endmacro %}
