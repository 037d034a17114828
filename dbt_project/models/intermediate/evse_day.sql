-- Grain: state day and every word by which the daily marts part EVSEs. Counts and sums only, so that
-- every ratio built on them is a ratio of sums. A tenth of the rows of physical_evse.
-- depends_on: {{ ref('snapshot_day') }}
{{ config(materialized='daily', indexes=[{'columns': ['state_date']}]) }}

select
    state_date,
    source,
    is_observed,
    country,
    operator_id,
    operator_name,
    owner_id,
    owner_name,
    is_public,
    power_band,
    coalesce(power_kw >= 50, false) as is_50_kw,
    status,
    observation_class,
    observation_reason,
    observation_reason not in ('unverified', 'no_last_updated') as is_fresh,
    count(*) as published_evses,
    coalesce(sum(power_kw), 0) as published_power_kw,
    count(*) filter (where is_survivor) as evses,
    coalesce(sum(power_kw) filter (where is_survivor), 0) as power_kw,
    coalesce(sum(power_kw) filter (where is_survivor and power_method like 'declared%'), 0)
        as declared_power_kw,
    count(*) filter (where is_survivor and power_kw is null) as evses_without_power
from {{ ref('physical_evse') }}
where {{ is_due('state_date') }} and is_counted
group by
    state_date,
    source,
    is_observed,
    country,
    operator_id,
    operator_name,
    owner_id,
    owner_name,
    is_public,
    power_band,
    coalesce(power_kw >= 50, false),
    status,
    observation_class,
    observation_reason
