-- Grain: snapshot_date, part, physical EVSE, operator_id, country. A view: it costs nothing at night,
-- and a day that is asked for takes a second.
{{ config(materialized='view') }}

with

pair as (
    {{ day_pairs(ref('snapshot_day')) | indent(4) }}
)

{{ evse_changes('pair', ref('physical_evse'), ref('evse_rekeyed'), ref('snapshot_day')) }}
