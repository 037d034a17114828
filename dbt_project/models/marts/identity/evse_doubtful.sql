-- Grain: physical EVSE whose status nobody can vouch for, as last seen.
{{ config(materialized='view') }}

select
    physical_evse_key,
    case when is_zombie then 'zombie' else 'unverified' end as doubt,
    observation_reason,
    operator_id,
    operator_name,
    country,
    city,
    source,
    party,
    location_id,
    evse_uid,
    evse_id,
    status,
    last_updated,
    observed_at,
    age_hours / 24 as age_days,
    power_kw,
    power_band,
    copies
from {{ ref('evse_current') }}
where observation_reason in ('unverified', 'no_last_updated', 'zombie')
