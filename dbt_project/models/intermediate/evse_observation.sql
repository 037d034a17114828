-- Grain: physical EVSE and loaded snapshot day. A view: the survivor's own row says it all, and a
-- table would be a second copy of it for every night.
{{ config(materialized='view') }}

select
    state_date as snapshot_date,
    physical_evse_key,
    source,
    party,
    location_id,
    evse_uid,
    country,
    operator_id,
    operator_name,
    observed_at,
    status,
    last_updated,
    observation_class,
    observation_reason
from {{ ref('physical_evse') }}
where is_survivor and is_counted and is_observed
