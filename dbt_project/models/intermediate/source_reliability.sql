-- Grain: a version of what a source says of the reliability of a location, or of a connector.
{{ config(materialized='view') }}

with

said as (
    select
        source,
        party,
        location_id,
        null::text as evse_uid,
        null::text as connector_id,
        valid_from,
        valid_to,
        'location' as grain,
        reliability_score::float8 as score,
        1::float8 as scale_min,
        5::float8 as scale_max,
        null::float8 as uptime_ratio
    from {{ ref('stg_ocpi__location') }}
    where reliability_score is not null
    union all
    select
        source,
        party,
        location_id,
        evse_uid,
        connector_id,
        valid_from,
        valid_to,
        'connector' as grain,
        reliability_score as score,
        0::float8 as scale_min,
        10::float8 as scale_max,
        uptime_ratio
    from {{ ref('stg_ocpi__connector_status') }}
    where reliability_score is not null or uptime_ratio is not null
)

select
    said.*,
    -- A score outside its scale is on another one, which nobody has told us.
    case
        when score between scale_min and scale_max then (score - scale_min) / (scale_max - scale_min)
    end as reliability_norm,
    valid_to is null as is_current
from said
