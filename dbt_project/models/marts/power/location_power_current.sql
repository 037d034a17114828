-- Grain: a location as last published. A view: asked for now and then, and the day is in
-- physical_evse.
{{ config(materialized='view') }}

with

latest as (
    select
        source,
        source_state_date,
        source_snapshot_date,
        days_since_snapshot
    from {{ ref('snapshot_day') }}
    where snapshot_date = (select max(day.snapshot_date) from {{ ref('snapshot_day') }} as day)
),

place as (
    select
        source,
        party,
        location_id,
        name,
        city
    from {{ ref('stg_ocpi__location') }}
    where is_current
),

summed as (
    select
        physical_evse.source,
        physical_evse.party,
        physical_evse.location_id,
        min(physical_evse.country) as country,
        min(physical_evse.operator_id) as operator_id,
        min(physical_evse.operator_name) as operator_name,
        min(physical_evse.owner_id) as owner_id,
        min(physical_evse.owner_name) as owner_name,
        bool_and(physical_evse.is_public) as is_public,
        count(*) filter (where physical_evse.is_survivor) as evses,
        coalesce(sum(physical_evse.power_kw) filter (where physical_evse.is_survivor), 0) as power_kw,
        coalesce(
            sum(physical_evse.power_kw) filter (
                where physical_evse.is_survivor and physical_evse.power_method like 'declared%'
            ),
            0
        ) as declared_power_kw,
        count(*) filter (where physical_evse.is_survivor and physical_evse.power_kw is null)
            as evses_without_power,
        count(*) filter (where physical_evse.is_survivor and not physical_evse.is_fresh)
            as unverified_evses,
        coalesce(
            sum(physical_evse.power_kw) filter (
                where physical_evse.is_survivor and not physical_evse.is_fresh
            ),
            0
        ) as unverified_power_kw,
        count(*) as published_evses,
        coalesce(sum(physical_evse.power_kw), 0) as published_power_kw,
        min(latest.source_snapshot_date) as snapshot_date,
        min(latest.days_since_snapshot) as days_since_snapshot
    from latest
    inner join {{ ref('physical_evse') }} as physical_evse
        on
            latest.source = physical_evse.source
            and latest.source_state_date = physical_evse.state_date
    where physical_evse.is_counted
    group by physical_evse.source, physical_evse.party, physical_evse.location_id
)

select
    summed.snapshot_date,
    summed.source,
    summed.party,
    summed.location_id,
    place.name as location_name,
    place.city,
    summed.country,
    summed.operator_id,
    summed.operator_name,
    summed.owner_id,
    summed.owner_name,
    summed.is_public,
    {{ power_figures() }}
from summed
left join place using (source, party, location_id)
