-- Grain: state day, source, operator, country, whether of 50 kW, state and access hours. The cube
-- that hours are counted from: of EVSEs observed that day alone, by the state that is believed.
-- depends_on: {{ ref('snapshot_day') }}
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['state_date']}],
        pre_hook='set local enable_nestloop = off'
    )
}}

select
    physical_evse.state_date,
    physical_evse.source,
    physical_evse.operator_id,
    physical_evse.country,
    coalesce(physical_evse.power_kw >= 50, false) as is_50_kw,
    case
        when physical_evse.observation_class = 'K' then 'unknown'
        when physical_evse.observation_class = 'D' then 'down'
        when physical_evse.status = 'AVAILABLE' then 'free'
        when physical_evse.status = 'BLOCKED' then 'blocked'
        else 'occupied'
    end as state,
    coalesce(access.hours_basis, 'unknown') as hours_basis,
    coalesce(access.access_hours_per_week, 168) as access_hours_per_week,
    count(*) as evses,
    count(*) filter (
        where physical_evse.observation_reason not in ('unverified', 'no_last_updated')
    ) as fresh_evses
from {{ ref('physical_evse') }} as physical_evse
left join {{ ref('location_access') }} as access
    on
        physical_evse.source = access.source
        and physical_evse.party = access.party
        and physical_evse.location_id = access.location_id
        and {{ is_true_on('access', 'physical_evse.state_date') }}
where
    {{ is_due('physical_evse.state_date') }}
    and physical_evse.is_survivor
    and physical_evse.is_counted
    and physical_evse.is_observed
group by
    physical_evse.state_date,
    physical_evse.source,
    physical_evse.operator_id,
    physical_evse.country,
    coalesce(physical_evse.power_kw >= 50, false),
    case
        when physical_evse.observation_class = 'K' then 'unknown'
        when physical_evse.observation_class = 'D' then 'down'
        when physical_evse.status = 'AVAILABLE' then 'free'
        when physical_evse.status = 'BLOCKED' then 'blocked'
        else 'occupied'
    end,
    coalesce(access.hours_basis, 'unknown'),
    coalesce(access.access_hours_per_week, 168)
