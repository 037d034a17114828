-- Grain: a location as last published. A view: asked for now and then, and the day is in
-- physical_evse.
{{ config(materialized='view') }}

with

latest as (
    select
        source,
        state_date,
        source_state_date,
        source_snapshot_date,
        days_since_snapshot,
        is_carried
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

-- Of a source that has been silent for long another one may speak by now.
evse as (
    select
        physical_evse.*,
        latest.source_snapshot_date,
        latest.days_since_snapshot,
        physical_evse.is_survivor and spoken.physical_evse_key is null as speaks
    from latest
    inner join {{ ref('physical_evse') }} as physical_evse
        on
            latest.source = physical_evse.source
            and latest.source_state_date = physical_evse.state_date
    left join {{ ref('physical_evse') }} as spoken
        on
            not latest.is_carried
            and spoken.is_survivor
            and latest.state_date = spoken.state_date
            and physical_evse.physical_evse_key = spoken.physical_evse_key
),

summed as (
    select
        source,
        party,
        location_id,
        min(country) as country,
        min(operator_id) as operator_id,
        min(operator_name) as operator_name,
        min(owner_id) as owner_id,
        min(owner_name) as owner_name,
        bool_and(is_public) as is_public,
        count(*) filter (where speaks) as evses,
        coalesce(sum(power_kw) filter (where speaks), 0) as power_kw,
        coalesce(
            sum(power_kw) filter (
                where speaks and power_method like 'declared%'
            ),
            0
        ) as declared_power_kw,
        count(*) filter (where speaks and power_kw is null)
            as evses_without_power,
        count(*) filter (where speaks and not is_fresh)
            as unverified_evses,
        coalesce(
            sum(power_kw) filter (
                where speaks and not is_fresh
            ),
            0
        ) as unverified_power_kw,
        count(*) as published_evses,
        coalesce(sum(power_kw), 0) as published_power_kw,
        min(source_snapshot_date) as snapshot_date,
        min(days_since_snapshot) as days_since_snapshot
    from evse
    where is_counted
    group by source, party, location_id
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
