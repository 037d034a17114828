{#
  Comments from descriptions, by one statement for a relation, and by none where they stand already:
  most tables are kept from night to night. dbt's own way asks for the columns twice and comments on
  every one of them each time, a fifth of what dbt itself takes.
#}
{# Called for both, the relation and its columns. #}
{% macro postgres__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- set comments = comments_on(relation, model) -%}
    {%- set there = run_query(comments_of(relation.include(database=false))).rows[0][0] -%}
    {%- if comments and there != local_md5(comment_lines(model) | sort(case_sensitive=true) | join('\n')) -%}
        {%- do run_query(comments | join(';\n')) -%}
    {%- endif -%}
{%- endmacro %}

{# The statements, for the relation and for each of its columns, as far as persist_docs asks for them. #}
{% macro comments_on(relation, model) -%}
    {%- set place = relation.include(database=false) -%}
    {%- set comments = [] -%}
    {%- if config.persist_relation_docs() -%}
        {%- do comments.append('comment on ' ~ relation.type ~ ' ' ~ place ~ ' is ' ~ literal(model.description)) -%}
    {%- endif -%}
    {%- if config.persist_column_docs() -%}
        {%- for name, column in model.columns.items() -%}
            {%- do comments.append('comment on column ' ~ place ~ '.' ~ name ~ ' is ' ~ literal(column.description)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(comments) }}
{%- endmacro %}

{# 'column comment', the relation's own without a column, for what has one. #}
{% macro comment_lines(model) -%}
    {%- set lines = [] -%}
    {%- if config.persist_relation_docs() and model.description -%}
        {%- do lines.append(' ' ~ model.description) -%}
    {%- endif -%}
    {%- if config.persist_column_docs() -%}
        {%- for name, column in model.columns.items() if column.description -%}
            {%- do lines.append(name ~ ' ' ~ column.description) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(lines) }}
{%- endmacro %}

{# The hash of the lines that stand in Postgres. #}
{% macro comments_of(place) -%}
    select md5(coalesce(string_agg(listed.line, E'\n' order by listed.line collate "C"), ''))
    from (
        select coalesce(named.attname, '') || ' ' || said.description as line
        from pg_catalog.pg_description as said
        left join pg_catalog.pg_attribute as named
            on said.objoid = named.attrelid and said.objsubid = named.attnum
        where
            said.objoid = {{ literal(place | string) }}::regclass
            and said.classoid = 'pg_catalog.pg_class'::regclass
    ) as listed
{%- endmacro %}

{% macro literal(text) -%}
    {{ return("'" ~ text | replace("'", "''") ~ "'") }}
{%- endmacro %}
