{# Runs of state days, for models that keep what changes from one to the next. #}

{# CTEs: state days with their number, those that are due, and those that a change on a due day is
   read from: itself and the one before it. #}
{% macro state_days() -%}
    state_day as (
        select
            state_date,
            (row_number() over (order by state_date))::integer as day_number
        from (
            select distinct state_date
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
            state_day.day_number
        from state_day
        where exists (
            select 1
            from due_day
            where due_day.day_number in (state_day.day_number, state_day.day_number + 1)
        )
    )
{%- endmacro %}

{# Of a group of rows: its days, for run_edges. #}
{% macro run_days(day_number) -%}
    min({{ day_number }}) as first_number,
        max({{ day_number }}) as last_number,
        array_agg({{ day_number }}) as day_numbers
{%- endmacro %}

{# Where the runs of consecutive days of a row of run_days begin, and the day after their end. Most
   have no gap, which first, last and length tell without a look inside. #}
{% macro run_edges(days) -%}
    select
        {{ days }}.first_number as day_number,
        'begins' as change
    where cardinality({{ days }}.day_numbers) > {{ days }}.last_number - {{ days }}.first_number
    union all
    select
        {{ days }}.last_number + 1 as day_number,
        'ends' as change
    where cardinality({{ days }}.day_numbers) > {{ days }}.last_number - {{ days }}.first_number
    union all
    select
        number.day_number + side.days_after as day_number,
        side.change
    from unnest({{ days }}.day_numbers) as number (day_number)
    cross join (values ('begins', 0, -1), ('ends', 1, 1)) as side (change, days_after, neighbour)
    where
        cardinality({{ days }}.day_numbers) <= {{ days }}.last_number - {{ days }}.first_number
        and number.day_number + side.neighbour <> all({{ days }}.day_numbers)
{%- endmacro %}
