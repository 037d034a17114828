-- Grain: snapshot_date, level, operator_id, country, basket, currency, figure. A view: it costs
-- nothing at night, and a day that is asked for takes seconds.
{{ config(materialized='view', post_hook='{{ create_price_change_function() }}') }}

with

-- Prices expire on days on which nothing was loaded, too.
pair as (
    select distinct
        snapshot_day.snapshot_date as to_date,
        snapshot_day.state_date as to_state,
        before.snapshot_date as from_date,
        before.state_date as from_state
    from {{ ref('snapshot_day') }} as snapshot_day
    inner join {{ ref('snapshot_day') }} as before
        on before.snapshot_date = snapshot_day.snapshot_date - 1
)

{{ price_changes('pair') }}
