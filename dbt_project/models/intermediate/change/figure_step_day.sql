-- Grain: snapshot_date, step, operator_id, country. What the EVSEs that something moved since the day
-- before amount to, before the first step of figure_change_daily (0) and after each.
-- Of how many rows are alike the planner knows nothing: to group them it would sort them by 26 columns.
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['snapshot_date']}],
        pre_hook=plan_without('mergejoin', 'sort', 'incremental_sort')
    )
}}

with

pair as materialized (
    select *
    from ({{ day_pairs(ref('snapshot_day')) | indent(4) }}) as day
    where {{ is_due('to_date') }}
),

weight as (
    {{ figure_steps('pair', ref('physical_evse'), ref('evse_rekeyed'), ref('snapshot_day')) | indent(4) }}
)

select
    to_date as snapshot_date,
    from_date as compared_with,
    step,
    operator_id,
    country,
    evses,
    power_kw,
    published_power_kw,
    up,
    down,
    unknown
from weight
