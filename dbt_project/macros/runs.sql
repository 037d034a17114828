{# Runs of state days, for models that keep what changes from one to the next. #}

{# CTEs: state days with their number, those that are due, and those that a change on a due day is
   read from: itself and the one before it. #}
{% macro state_days() -%}
    state_day as (
        select
            state_date,
            state_week,
            (row_number() over (order by state_date))::integer as day_number
        from (
            select distinct
                state_date,
                state_week
            from {{ ref('snapshot_day') }}
        ) as day
    ),

    due_day as (
        select
            state_date,
            day_number
        from state_day
        where {{ is_due('state_date') }}
    ),

    needed_day as (
        select
            state_day.state_date,
            state_day.state_week,
            state_day.day_number
        from state_day
        where exists (
            select 1
            from due_day
            where due_day.day_number in (state_day.day_number, state_day.day_number + 1)
        )
    )
{%- endmacro %}

{# Spans of physical_evse_span that touch the needed days, with the numbers of their first and last. #}
{% macro needed_spans() -%}
    {{ ref('physical_evse_span') }} as span
    inner join state_day as first_day on span.from_date = first_day.state_date
    inner join state_day as last_day on span.last_date = last_day.state_date
    where span.state_week = any(array(select needed_day.state_week from needed_day))
{%- endmacro %}

{# Of a group of such spans: the runs of consecutive days that they make up. #}
{% macro runs_of_days() -%}
    range_agg(int4range(first_day.day_number, last_day.day_number, '[]'))
{%- endmacro %}

{# Where each of the runs begins, and the day after its end. #}
{% macro run_edges(runs) -%}
    select
        edge.day_number,
        edge.change
    from unnest({{ runs }}) as run (days)
    cross join lateral (
        values (lower(run.days), 'begins'), (upper(run.days), 'ends')
    ) as edge (day_number, change)
{%- endmacro %}
