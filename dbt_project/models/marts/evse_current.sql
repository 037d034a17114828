-- Grain: physical_evse_key, as last seen. A source without a snapshot is stale, not gone: its last
-- good day stands here with its age, however old.
-- Every join is one of whole tables by their key: loops through indexes took twice as long.
{{ config(pre_hook=plan_without('nestloop', 'mergejoin')) }}

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

member as (
    select
        physical_evse.*,
        latest.source_snapshot_date,
        latest.days_since_snapshot
    from {{ ref('physical_evse') }} as physical_evse
    inner join latest
        on
            physical_evse.source = latest.source
            and physical_evse.state_date = latest.source_state_date
    where {{ is_of_week_of('physical_evse', 'source_state_date', 'latest') }}
),

copy as (
    select
        state_date,
        physical_evse_key,
        count(*) as copies
    from member
    where not is_survivor
    group by state_date, physical_evse_key
),

-- Under a key of a source that is out, another source may have gone on: the later day wins.
survivor as (
    select distinct on (physical_evse_key) *
    from member
    where is_survivor
    order by physical_evse_key, state_date desc
),

place as (
    select
        source,
        party,
        location_id,
        name,
        address,
        city,
        postal_code,
        time_zone,
        latitude,
        longitude
    from {{ ref('stg_ocpi__location') }}
    where is_current
),

evse as (
    select
        source,
        party,
        location_id,
        evse_uid,
        physical_reference,
        latitude,
        longitude
    from {{ ref('stg_ocpi__evse') }}
    where is_current
),

tariff as (
    select
        source,
        party,
        location_id,
        evse_uid,
        count(distinct tariff_id) as tariff_references,
        count(distinct tariff_id) filter (where is_resolved) as resolved_tariff_references
    from {{ ref('tariff_reference') }}
    group by source, party, location_id, evse_uid
)

select
    survivor.physical_evse_key,
    survivor.source,
    survivor.party,
    survivor.location_id,
    survivor.evse_uid,
    survivor.evse_id,
    survivor.operator_id,
    survivor.operator_name,
    survivor.country,
    place.name as location_name,
    place.address,
    place.city,
    place.postal_code,
    place.time_zone,
    coalesce(evse.latitude, place.latitude) as latitude,
    coalesce(evse.longitude, place.longitude) as longitude,
    evse.physical_reference,
    survivor.status,
    survivor.observation_class,
    survivor.observation_reason,
    survivor.is_counted,
    survivor.last_updated,
    survivor.observed_at,
    extract(epoch from survivor.observed_at - survivor.last_updated)::float8 / 3600 as age_hours,
    survivor.source_snapshot_date as snapshot_date,
    survivor.days_since_snapshot,
    survivor.is_fresh,
    survivor.is_counted and not survivor.is_fresh as is_unverified,
    survivor.is_zombie,
    survivor.power_kw::float8 as power_kw,
    survivor.power_method,
    survivor.power_reason,
    survivor.power_band,
    1 + coalesce(copy.copies, 0) as copies,
    survivor.is_id_at_several_places,
    coalesce(tariff.tariff_references, 0) as tariff_references,
    coalesce(tariff.resolved_tariff_references, 0) as resolved_tariff_references,
    case
        when tariff.tariff_references is null then 'no_reference'
        when tariff.resolved_tariff_references = 0 then 'unresolved'
        else 'resolved'
    end as tariff_resolution
from survivor
left join copy using (state_date, physical_evse_key)
left join place using (source, party, location_id)
left join evse using (source, party, location_id, evse_uid)
left join tariff using (source, party, location_id, evse_uid)
