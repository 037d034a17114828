-- Grain: a connector as published now. A view: connector_power says it all.
{{ config(materialized='view') }}

select
    source,
    party,
    location_id,
    evse_uid,
    connector_id,
    power_type,
    power_kw::float8 as power_kw,
    power_method,
    power_reason,
    power_band,
    declared_power,
    declared_power_unit,
    derived_kw as derived_power_kw,
    derived_method,
    power_method is not null and power_method not like 'declared%' as is_derived,
    is_above_rating,
    is_declared_power_ignored,
    valid_from as since
from {{ ref('connector_power') }}
where valid_to is null
