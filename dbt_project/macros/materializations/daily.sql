{#
  A table of state days, each replaced by delete and insert, oldest first, in one transaction.

  Not `incremental`: delete+insert there deletes only the days that the new rows name, so that a day
  that became empty would keep its old rows, and microbatch is a merge, which keeps vanished rows.

  The model's SQL gives the rows of one state day, which it names as state_day(), and may read the
  days before from this. Built are: all state days on a full build (affected_days null); otherwise
  those under affected_days and those that the table lacks. Days that are no state day any more are
  deleted.

  With meta `carries_state` the keys of a day are inherited from the days before: a day is then also
  built when a member of it came out, on an earlier day, with another key than before. Such members
  are followed until they are met again with the key they had, so that a day loaded late costs one
  more day, not all that follow, and still gives what a full build gives.
#}
{% materialization daily, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set is_full = existing is none or not existing.is_table or should_full_refresh()
        or var('affected_days') is none -%}
    {%- set carries_state = (config.get('meta') or {}).get('carries_state', false) -%}
    {%- set follows_keys = carries_state and not is_full -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if is_full -%}
        {%- if existing is not none -%} {%- do adapter.drop_relation(existing) -%} {%- endif -%}
        {%- call statement('create') -%} {{ create_day_table(target_relation) }} {%- endcall -%}
        {%- do create_indexes(target_relation) -%}
    {%- endif -%}
    {%- if follows_keys -%} {%- do run_query(create_moved_member()) -%} {%- endif -%}

    {%- set built = namespace(days=0) -%}
    {%- for day, is_due, is_gone in state_days(target_relation, is_full) -%}
        {%- if is_due or is_gone or (follows_keys and holds_moved_member(target_relation, day)) -%}
            {%- do run_query(set_state_day(day)) -%}
            {%- if follows_keys -%} {%- do run_query(keep_former_keys(target_relation)) -%} {%- endif -%}
            {%- do run_query(delete_day(target_relation)) -%}
            {%- if not is_gone -%} {%- do run_query(insert_day(target_relation, sql)) -%} {%- endif -%}
            {%- if follows_keys -%} {%- do run_query(note_moved_members(target_relation)) -%} {%- endif -%}
            {#- The second day reads the first: without statistics Postgres takes it for empty. -#}
            {%- if built.days == 0 -%} {%- do run_query('analyze ' ~ target_relation) -%} {%- endif -%}
            {%- set built.days = built.days + 1 -%}
        {%- endif -%}
    {%- endfor -%}

    {%- call statement('main') -%} analyze {{ target_relation }} {%- endcall -%}
    {{ log(target_relation ~ ': ' ~ built.days ~ ' state days replaced') }}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do apply_grants(target_relation, config.get('grants'), should_revoke(existing, is_full)) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# From the columns declared: the SQL cannot run before its own table is there. #}
{% macro create_day_table(relation) -%}
    create table {{ relation }} (
        {%- for name, column in model.columns.items() %}
        {{ name }} {{ column.data_type }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{# (day, is to be built, is no state day any more), oldest first. Days of the table are found by
   steps through its index: it holds a row per EVSE and day. #}
{% macro state_days(relation, is_full) -%}
    {%- set days = run_query(
        "with recursive built as ("
        ~ " (select min(state_date) as state_date from " ~ relation ~ ")"
        ~ " union all"
        ~ " select (select min(later.state_date) from " ~ relation ~ " as later"
        ~ " where later.state_date > built.state_date) from built where built.state_date is not null"
        ~ "), due as ("
        ~ " select state_date, bool_or(snapshot_date = any ('{" ~ (var('affected_days') or []) | join(',')
        ~ "}'::date[])) as is_affected from " ~ ref('snapshot_day') ~ " group by state_date"
        ~ ") select coalesce(due.state_date, built.state_date),"
        ~ " due.state_date is not null and (" ~ is_full ~ " or due.is_affected or built.state_date is null),"
        ~ " due.state_date is null"
        ~ " from due full join built on due.state_date = built.state_date"
        ~ " where coalesce(due.state_date, built.state_date) is not null order by 1"
    ) -%}
    {{ return(days.rows) }}
{%- endmacro %}

{% macro set_state_day(day) -%}
    select set_config('ocpi_warehouse.state_day', '{{ day }}', true)
{%- endmacro %}

{% macro delete_day(relation) -%}
    delete from {{ relation }} where state_date = {{ state_day() }}
{%- endmacro %}

{% macro insert_day(relation, sql) -%}
    insert into {{ relation }} ({{ model.columns.keys() | join(', ') }})
    select {{ model.columns.keys() | join(', ') }}
    from ({{ sql }}) as built
{%- endmacro %}

{% macro create_moved_member() -%}
    create temporary table moved_member (
        source text, party text, location_id text, evse_uid text
    ) on commit drop;
    create temporary table former_key (
        source text, party text, location_id text, evse_uid text, physical_evse_key text
    ) on commit drop
{%- endmacro %}

{% macro holds_moved_member(relation, day) -%}
    {%- set held = run_query(
        "select exists (select 1 from " ~ relation ~ " inner join moved_member"
        ~ " using (source, party, location_id, evse_uid) where state_date = '" ~ day ~ "')"
    ) -%}
    {{ return(held.rows[0][0]) }}
{%- endmacro %}

{% macro keep_former_keys(relation) -%}
    truncate former_key;
    insert into former_key
    select source, party, location_id, evse_uid, physical_evse_key
    from {{ relation }}
    where state_date = {{ state_day() }}
{%- endmacro %}

{# Members met with the key they had are followed no longer; those with another one, new or gone are. #}
{% macro note_moved_members(relation) -%}
    {%- set member = 'source, party, location_id, evse_uid' -%}
    {%- set rebuilt = 'select ' ~ member ~ ', physical_evse_key from ' ~ relation
        ~ ' where state_date = ' ~ state_day() -%}
    {%- set former = 'select ' ~ member ~ ', physical_evse_key from former_key' -%}
    delete from moved_member using ({{ rebuilt }}) as met
    where
        (moved_member.source, moved_member.party, moved_member.location_id, moved_member.evse_uid)
        = (met.source, met.party, met.location_id, met.evse_uid);
    insert into moved_member
    select {{ member }} from ({{ rebuilt }} except {{ former }}) as other_than_before
    union
    select {{ member }} from ({{ former }} except {{ rebuilt }}) as other_than_now;
    analyze moved_member
{%- endmacro %}
