{#
  A table of days, each replaced by delete and insert, in one transaction.

  Not `incremental`: delete+insert there deletes only the days that the new rows name, so that a day
  that became empty would keep its old rows, and microbatch is a merge, which keeps vanished rows.

  Built are: all days on a full build (see affected_days) or where none was built by the model before;
  otherwise those that the loads have moved and those that were never built (see built_day: a day may
  have no rows). Days that are none any more are deleted. What a model says of its days under `meta`:

    modules           the modules of sources that move its days (all that it is made of; a test checks)
    day               its column of days: state_date (default), snapshot_date for every calendar day, or
                      state_week, the Mondays of weeks that are built whole
    look_back_days    its day d is made of the days d - look_back_days to d + look_ahead_days (0 and 0),
    look_ahead_days   so that a day that a load has moved moves these, too
    is_onward         with a day that is due all days after it are, too: what a day makes of the days
                      before it may be told on any later one
    carries_state     the SQL gives the rows of one day, which it names as state_day(), may read the
                      days before from this, and is run day by day, oldest first; days on which that
                      came to other rows than before are noted
    follows           a model that carries state: days noted of it are moved, too

  Otherwise all days that are due are built by one statement: the SQL says by is_due(day) which rows
  are of them.
#}
{% materialization daily, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set is_full = existing is none or not existing.is_table or affected_days() is none
        or not run_query("select 1 from " ~ built_days() ~ " limit 1").rows -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}

    {%- if is_full -%}
        {%- if existing is not none -%} {%- do adapter.drop_relation(existing) -%} {%- endif -%}
        {%- call statement('create') -%}
            {{ create_day_table(target_relation) }};
            {{ forget_built_days() }}
        {%- endcall -%}
    {%- endif -%}
    {%- set days = days_of() -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if day_meta('carries_state', false) -%}
        {%- set built = replace_day_by_day(target_relation, sql, days) -%}
    {%- else -%}
        {%- set built = replace_days_at_once(target_relation, sql, days) -%}
    {%- endif -%}
    {%- do run_query(note_built_days(days)) -%}
    {#- Filled bare, and indexed once: half the time. -#}
    {%- if is_full -%} {%- do create_indexes(target_relation) -%} {%- endif -%}

    {%- call statement('main') -%} analyze {{ target_relation }} {%- endcall -%}
    {{ log(target_relation ~ ': ' ~ built ~ ' days replaced') }}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do apply_grants(target_relation, config.get('grants'), should_revoke(existing, is_full)) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro day_meta(name, otherwise) -%}
    {{ return((config.get('meta') or {}).get(name, otherwise)) }}
{%- endmacro %}

{% macro replace_days_at_once(relation, sql, days) -%}
    {%- set due = [] -%}
    {%- set replaced = [] -%}
    {%- for day, is_due, is_gone, _ in days if is_due or is_gone -%}
        {%- do replaced.append(day) -%}
        {%- if is_due -%} {%- do due.append(day) -%} {%- endif -%}
    {%- endfor -%}
    {%- if replaced -%}
        {%- do run_query(
            delete_days(relation, replaced) ~ ';\n' ~ insert_days(relation, with_due_days(sql, due))
        ) -%}
    {%- endif -%}
    {{ return(replaced | length) }}
{%- endmacro %}

{% macro replace_day_by_day(relation, sql, days) -%}
    {%- set built = namespace(days=0) -%}
    {#- Where all is built, nothing has to be told. -#}
    {%- if affected_days() is not none -%} {%- do run_query(keep_former(relation, days)) -%} {%- endif -%}
    {%- for day, is_due, is_gone, _ in days if is_due or is_gone -%}
        {%- do run_query(set_state_day(day) ~ ';\n' ~ delete_day(relation)) -%}
        {%- if not is_gone -%} {%- do run_query(insert_days(relation, sql)) -%} {%- endif -%}
        {%- set built.days = built.days + 1 -%}
    {%- endfor -%}
    {%- if affected_days() is not none -%} {%- do run_query(note_changed_days(relation, days)) -%} {%- endif -%}
    {{ return(built.days) }}
{%- endmacro %}

{# State days on which a model that carries state has come to other rows, by a load of a day long
   before: in a table beside it, until all that follow it are built. #}
{% macro changed_days(name) -%}
    {{ return(ref('snapshot_day').incorporate(path={'identifier': name ~ '_changed'})) }}
{%- endmacro %}

{% macro keep_former(relation, days) -%}
    create temporary table former_rows on commit drop as
    select * from {{ relation }} where state_date = any({{ days_built_anew(days) }})
{%- endmacro %}

{% macro days_built_anew(days) -%}
    {%- set anew = [] -%}
    {%- for day, is_due, is_gone, is_built in days if is_built and (is_due or is_gone) -%}
        {%- do anew.append(day) -%}
    {%- endfor -%}
    {{ return(date_array(anew)) }}
{%- endmacro %}

{% macro note_changed_days(relation, days) -%}
    insert into {{ changed_days(relation.identifier) }}
    select distinct changed.state_date
    from (
        (select * from former_rows except all select * from {{ relation }})
        union all
        (
            select now.* from {{ relation }} as now
            where now.state_date = any({{ days_built_anew(days) }})
            except all
            select * from former_rows
        )
    ) as changed
    except
    select state_date from {{ changed_days(relation.identifier) }}
{%- endmacro %}

{# After a run of which all that follow a model that carries state were part, and ended well. #}
{% macro forget_changed_days(results) -%}
    {%- set changed = changed_days('evse_rekeyed') -%}
    {%- if execute -%}
        {%- set built = results | selectattr('status', 'equalto', 'success')
            | map(attribute='node.unique_id') | list -%}
        {%- set followers = [] -%}
        {%- for node in graph.nodes.values() if (node.config.get('meta') or {}).get('follows') -%}
            {%- do followers.append(node.unique_id) -%}
        {%- endfor -%}
        {%- if followers and followers | reject('in', built) | list | length == 0 -%}
            truncate {{ changed }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# From the columns declared, with the constraints of a contract: the SQL cannot run before its own
   table is there. #}
{% macro create_day_table(relation) -%}
    create table {{ relation }}
    {% if config.get('contract').enforced -%}
        {{ get_table_columns_and_constraints() }}
    {%- else -%}
        (
            {%- for name, column in model.columns.items() %}
            {{ name }} {{ column.data_type }}{{ ',' if not loop.last }}
            {%- endfor %}
        )
    {%- endif %}
{%- endmacro %}

{% macro day_column() -%}
    {{ return(day_meta('day', 'state_date')) }}
{%- endmacro %}

{# What the model has built, as a relation in a statement. #}
{% macro built_days() -%}
    {{ return("(select day from " ~ built_day() ~ " where model = '" ~ this.identifier ~ "') as built") }}
{%- endmacro %}

{% macro built_day() -%}
    {{ return(ref('snapshot_day').incorporate(path={'identifier': 'built_day'})) }}
{%- endmacro %}

{% macro forget_built_days() -%}
    delete from {{ built_day() }} where model = '{{ this.identifier }}'
{%- endmacro %}

{% macro note_built_days(days) -%}
    {%- set new = [] -%}
    {%- set gone = [] -%}
    {%- for day, is_due, is_gone, is_built in days -%}
        {%- if is_gone -%} {%- do gone.append(day) -%}
        {%- elif is_due and not is_built -%} {%- do new.append(day) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ forget_built_days() }} and day = any({{ date_array(gone) }});
    insert into {{ built_day() }} (model, day)
    select '{{ this.identifier }}', new.day from unnest({{ date_array(new) }}) as new (day)
{%- endmacro %}

{# (day, is to be built, is a day no more, was built before), oldest first. A week is built anew also
   for a day that was its last one and is no more. #}
{% macro days_of() -%}
    {%- set day = day_column() -%}
    {%- set days = run_query(
        "with due as ("
        ~ " select day." ~ day ~ " as day, bool_or(moved.day is not null) as is_affected"
        ~ " from " ~ ref('snapshot_day') ~ " as day left join (" ~ moved_days()
        ~ ") as moved (day) on day.snapshot_date between moved.day - "
        ~ day_meta('look_ahead_days', 0) ~ " and moved.day + " ~ day_meta('look_back_days', 0)
        ~ (" or day.state_week = date_trunc('week', moved.day)" if day == 'state_week' else "")
        ~ " group by day." ~ day
        ~ ") select coalesce(due.day, built.day),"
        ~ " due.day is not null and (due.is_affected or built.day is null),"
        ~ " due.day is null, built.day is not null"
        ~ " from due full join " ~ built_days() ~ " on due.day = built.day"
        ~ " order by 1"
    ) -%}
    {%- if not day_meta('is_onward', false) -%} {{ return(days.rows) }} {%- endif -%}
    {%- set moved = namespace(is_any=false) -%}
    {%- set onward = [] -%}
    {%- for date, is_due, is_gone, is_built in days.rows -%}
        {%- set moved.is_any = moved.is_any or is_due or is_gone -%}
        {%- do onward.append((date, moved.is_any and not is_gone, is_gone, is_built)) -%}
    {%- endfor -%}
    {{ return(onward) }}
{%- endmacro %}

{# Days that loads of the model's modules have moved, and those of what it follows. #}
{% macro moved_days() -%}
    select unnest({{ date_array(days_moved_by(day_meta('modules', []))) }})
    {%- if day_meta('follows') %}
    union
    select state_date from {{ changed_days(day_meta('follows')) }}
    union
    -- To the last day that shows it: a look back counts from there.
    select shown.snapshot_date
    from {{ changed_days(day_meta('follows')) }} as changed
    inner join {{ ref('snapshot_day') }} as shown using (state_date)
    {%- endif -%}
{%- endmacro %}

{% macro first_moved_day() -%}
    (select coalesce(min(moved.day), 'infinity') from ({{ moved_days() }}) as moved (day))
{%- endmacro %}

{# Days whose figures loads may have moved, from ops.change: {module: [ISO dates]}; none: every day.
   From the environment: with another value of a variable dbt parses the whole project anew. #}
{% macro affected_days() -%}
    {%- if not execute or flags.FULL_REFRESH -%} {{ return(none) }} {%- endif -%}
    {{ return(fromjson(env_var('OCPI_WAREHOUSE_AFFECTED_DAYS', 'null'))) }}
{%- endmacro %}

{% macro days_moved_by(modules) -%}
    {%- set days = [] -%}
    {%- for module in modules -%}
        {%- do days.extend((affected_days() or {}).get(module, [])) -%}
    {%- endfor -%}
    {{ return(days | unique | sort) }}
{%- endmacro %}

{# For tests of tables that grow with history: the days that this build was asked for. #}
{% macro is_affected(day, modules=['locations']) -%}
    {%- if affected_days() is none -%}
        true
    {%- else -%}
        {{ day }} = any({{ date_array(days_moved_by(modules)) }})
    {%- endif -%}
{%- endmacro %}

{% macro is_affected_week(week, modules=['locations']) -%}
    {%- if affected_days() is none -%}
        true
    {%- else -%}
        {{ week }} in (
            select date_trunc('week', moved.day)::date
            from unnest({{ date_array(days_moved_by(modules)) }}) as moved (day)
        )
    {%- endif -%}
{%- endmacro %}

{% macro date_array(days) -%}
    {{ return("'{" ~ days | join(',') ~ "}'::date[]") }}
{%- endmacro %}

{# The days as a constant: read from the setting, they come from text for every row, 17 us for 60 days. #}
{% macro with_due_days(sql, days) -%}
    {%- set first = "'" ~ (days | min if days else 'infinity') ~ "'::date" -%}
    {{ return(sql | replace(first_due_day(), first) | replace(due_days(), date_array(days))) }}
{%- endmacro %}

{% macro delete_days(relation, days) -%}
    delete from {{ relation }} where {{ with_due_days(is_due(day_column()), days) }}
{%- endmacro %}

{% macro set_state_day(day) -%}
    select set_config('ocpi_warehouse.state_day', '{{ day }}', true)
{%- endmacro %}

{% macro delete_day(relation) -%}
    delete from {{ relation }} where state_date = {{ state_day() }}
{%- endmacro %}

{% macro insert_days(relation, sql) -%}
    insert into {{ relation }} ({{ model.columns.keys() | join(', ') }})
    select {{ model.columns.keys() | join(', ') }}
    from ({{ sql }}) as built
{%- endmacro %}
