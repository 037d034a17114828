-- Grain: a published EVSE for which another one speaks, as last seen. A view: it says for one day what
-- physical_evse keeps of every day.
{{ config(materialized='view') }}

with

latest as (
    select
        source,
        source_state_date
    from {{ ref('snapshot_day') }}
    where snapshot_date = (select max(day.snapshot_date) from {{ ref('snapshot_day') }} as day)
),

member as (
    select
        physical_evse.*,
        coalesce(evse.latitude, location.latitude) as latitude,
        coalesce(evse.longitude, location.longitude) as longitude
    from latest
    inner join {{ ref('physical_evse') }} as physical_evse
        on
            latest.source = physical_evse.source
            and latest.source_state_date = physical_evse.state_date
    left join {{ ref('stg_ocpi__evse') }} as evse
        on
            physical_evse.source = evse.source
            and physical_evse.party = evse.party
            and physical_evse.location_id = evse.location_id
            and physical_evse.evse_uid = evse.evse_uid
            and evse.is_current
    left join {{ ref('stg_ocpi__location') }} as location
        on
            physical_evse.source = location.source
            and physical_evse.party = location.party
            and physical_evse.location_id = location.location_id
            and location.is_current
)

select
    loser.state_date,
    loser.physical_evse_key,
    loser.source,
    loser.party,
    loser.location_id,
    loser.evse_uid,
    {{ member_key('loser') }} as evse_reference,
    loser.evse_id,
    loser.loser_reason,
    loser.override_kind,
    survivor.source as survivor_source,
    survivor.party as survivor_party,
    survivor.location_id as survivor_location_id,
    survivor.evse_uid as survivor_evse_uid,
    {{ distance_m('loser.latitude', 'loser.longitude', 'survivor.latitude', 'survivor.longitude') }}
        as distance_m,
    loser.operator_id,
    survivor.operator_id as survivor_operator_id,
    loser.status,
    survivor.status as survivor_status,
    coalesce(loser.status, '') <> coalesce(survivor.status, '') as is_status_other,
    loser.last_updated,
    survivor.last_updated as survivor_last_updated,
    extract(epoch from survivor.last_updated - loser.last_updated)::float8 / 3600 as hours_older,
    loser.power_kw::float8 as power_kw,
    survivor.power_kw::float8 as survivor_power_kw,
    loser.is_counted
from member as loser
inner join member as survivor
    on
        loser.state_date = survivor.state_date
        and loser.physical_evse_key = survivor.physical_evse_key
        and survivor.is_survivor
where not loser.is_survivor
