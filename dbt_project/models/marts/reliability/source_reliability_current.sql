-- Grain: what a source says now of one location, or of one connector. Scores of two scales stand side
-- by side and are never averaged.
with

latest as (
    select
        source,
        source_state_date,
        days_since_snapshot
    from {{ ref('snapshot_day') }}
    where snapshot_date = (select max(day.snapshot_date) from {{ ref('snapshot_day') }} as day)
),

said as (
    select * from {{ ref('source_reliability') }}
    where is_current
),

evse as (
    select
        physical_evse.source,
        physical_evse.party,
        physical_evse.location_id,
        physical_evse.evse_uid,
        physical_evse.physical_evse_key,
        physical_evse.operator_id,
        physical_evse.operator_name,
        physical_evse.country
    from {{ ref('physical_evse') }} as physical_evse
    inner join latest
        on
            physical_evse.source = latest.source
            and physical_evse.state_date = latest.source_state_date
    -- Few sources score anything.
    where
        (physical_evse.source, physical_evse.party, physical_evse.location_id) in (
            select
                said.source,
                said.party,
                said.location_id
            from said
        )
),

-- An operator is the location's: every EVSE of it has the same.
place as (
    select
        source,
        party,
        location_id,
        count(distinct physical_evse_key) as evses,
        min(operator_id) as operator_id,
        min(operator_name) as operator_name,
        min(country) as country
    from evse
    group by source, party, location_id
)

select
    said.source,
    said.party,
    said.location_id,
    said.evse_uid,
    said.connector_id,
    said.grain,
    evse.physical_evse_key,
    coalesce(case when said.grain = 'location' then place.evses else 1 end, 0) as evses,
    coalesce(place.operator_id, 'unknown') as operator_id,
    coalesce(place.operator_name, 'Unknown operator') as operator_name,
    coalesce(place.country, 'unknown') as country,
    said.score,
    said.scale_min,
    said.scale_max,
    format('%s to %s, per %s', said.scale_min, said.scale_max, said.grain) as scale,
    said.reliability_norm as scale_share,
    said.uptime_ratio,
    said.valid_from as said_since,
    latest.days_since_snapshot
from said
inner join latest on said.source = latest.source
left join place
    on
        said.source = place.source
        and said.party = place.party
        and said.location_id = place.location_id
left join evse
    on
        said.source = evse.source
        and said.party = evse.party
        and said.location_id = evse.location_id
        and said.evse_uid = evse.evse_uid
