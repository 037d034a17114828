-- Grain: snapshot_date, level, operator_id, country, figure. Why each differs from the day before.
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['snapshot_date']}],
        post_hook='{{ create_change_functions() }}'
    )
}}

with

pair as materialized (
    select *
    from ({{ day_pairs(ref('snapshot_day')) | indent(4) }}) as day
    where {{ is_due('to_date') }}
),

weight as (
    select
        pair.from_date,
        pair.to_date,
        figure_step_day.*
    from pair
    inner join {{ ref('figure_step_day') }} as figure_step_day on pair.to_date = figure_step_day.snapshot_date
),

{{
    figure_changes(
        ref('snapshot_day'),
        ref('evse_day'),
        ref('operator_power_daily'),
        ref('operator_reliability_daily')
    )
}}
