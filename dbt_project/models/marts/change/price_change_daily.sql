-- Grain: snapshot_date, level, operator_id, country, basket, currency, figure. A view: it costs
-- nothing at night, and a day that is asked for takes seconds.
{{ config(materialized='view', post_hook='{{ create_price_change_function() }}') }}

with

pair as (
    {{ day_pairs(ref('snapshot_day'), compared_with='snapshot_date') | indent(4) }}
)

{{ price_changes('pair') }}
