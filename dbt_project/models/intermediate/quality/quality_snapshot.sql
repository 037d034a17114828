-- Grain: source. The snapshot that its quality is judged by: its last good one, however old.
{{ config(materialized='view') }}

select
    source,
    source_snapshot_date as snapshot_date,
    source_state_date as state_date,
    observed_at
from {{ ref('snapshot_day') }}
where snapshot_date = (select max(day.snapshot_date) from {{ ref('snapshot_day') }} as day)
