-- Grain: a published EVSE on the state day being built, with what it says of itself. Inlined.
{{ config(materialized='ephemeral') }}

with

source_day as (
    select
        source,
        source_snapshot_date,
        observed_at,
        is_loaded,
        {{ source_rank('source') }} as source_rank
    from {{ ref('snapshot_day') }}
    where snapshot_date = {{ state_day() }} and is_carried
),

place as (
    select
        location.source,
        location.party,
        location.location_id,
        location.latitude,
        location.longitude,
        coalesce(location.country_iso3, 'unknown') as country,
        coalesce(location.is_published, true)
        and coalesce(lower(location.access_type) <> 'restricted', true) as is_public
    from {{ ref('stg_ocpi__location') }} as location
    inner join source_day
        on
            location.source = source_day.source
            and {{ is_true_on('location', 'source_day.source_snapshot_date') }}
),

named as (
    select
        place.source,
        place.party,
        place.location_id,
        location_party.name,
        location_party.ema_ids,
        concat_ws(
            chr(31), place.party, location_party.name, array_to_string(location_party.ema_ids, ',')
        ) as spelling_key
    from place
    left join (
        select location_party.*
        from {{ ref('stg_ocpi__location_party') }} as location_party
        inner join source_day
            on
                location_party.source = source_day.source
                and location_party.role = 'operator'
                and {{ is_true_on('location_party', 'source_day.source_snapshot_date') }}
    ) as location_party using (source, party, location_id)
),

alias as (
    select
        alias_kind,
        alias,
        operator_id,
        operator_name
    from {{ ref('operator_alias') }}
    where
        (valid_from is null or valid_from <= {{ state_day() }})
        and (valid_to is null or valid_to > {{ state_day() }})
),

spelling as (
    select distinct on (spelling_key)
        spelling_key,
        party,
        name,
        ema_ids,
        {{ name_slug('name') }} as slug
    from named
    order by spelling_key
),

operator as (
    select
        spelling.spelling_key,
        {{ operator_id_of('spelling', 'known') }} as operator_id,
        {{ operator_name_of('spelling', 'known') }} as operator_name
    from spelling
    left join lateral (
        {{ known_operator('spelling', state_day()) }}
    ) as known on true
),

owner as (
    select
        location_party.source,
        location_party.party,
        location_party.location_id,
        coalesce(alias.operator_id, {{ name_slug('location_party.name') }}) as owner_id,
        coalesce(alias.operator_name, btrim(location_party.name)) as owner_name
    from {{ ref('stg_ocpi__location_party') }} as location_party
    inner join source_day
        on
            location_party.source = source_day.source
            and location_party.role = 'owner'
            and {{ is_true_on('location_party', 'source_day.source_snapshot_date') }}
    left join alias
        on alias.alias_kind = 'name' and {{ name_slug('location_party.name') }} = alias.alias
    where {{ name_slug('location_party.name') }} is not null
),

status as (
    select
        evse_status.source,
        evse_status.party,
        evse_status.location_id,
        evse_status.evse_uid,
        evse_status.status,
        evse_status.last_updated
    from {{ ref('stg_ocpi__evse_status') }} as evse_status
    inner join source_day
        on
            evse_status.source = source_day.source
            and {{ is_true_on('evse_status', 'source_day.source_snapshot_date') }}
),

-- Where the source has the status of connectors alone.
connector_status as (
    select
        connector_status.source,
        connector_status.party,
        connector_status.location_id,
        connector_status.evse_uid,
        {{ status_of_connectors('connector_status.status') }} as status
    from {{ ref('stg_ocpi__connector_status') }} as connector_status
    inner join source_day
        on
            connector_status.source = source_day.source
            and {{ is_true_on('connector_status', 'source_day.source_snapshot_date') }}
    group by
        connector_status.source,
        connector_status.party,
        connector_status.location_id,
        connector_status.evse_uid
),

-- Only one connector of an EVSE can be used at a time: the strongest is the EVSE's.
strongest as (
    select distinct on (connector.source, connector.party, connector.location_id, connector.evse_uid)
        connector.source,
        connector.party,
        connector.location_id,
        connector.evse_uid,
        connector.power_kw,
        connector.power_method,
        connector.power_reason,
        connector.power_band,
        connector.power_type
    from {{ ref('connector_power') }} as connector
    inner join source_day
        on
            connector.source = source_day.source
            and {{ is_true_on('connector', 'source_day.source_snapshot_date') }}
    order by
        connector.source,
        connector.party,
        connector.location_id,
        connector.evse_uid,
        connector.power_kw desc nulls last,
        connector.connector_id
),

published as (
    select
        evse.source,
        evse.party,
        evse.location_id,
        evse.evse_uid,
        evse.evse_id,
        evse.latitude,
        evse.longitude,
        source_day.observed_at,
        source_day.is_loaded,
        source_day.source_rank
    from {{ ref('stg_ocpi__evse') }} as evse
    inner join source_day
        on
            evse.source = source_day.source
            and {{ is_true_on('evse', 'source_day.source_snapshot_date') }}
)

select
    published.source,
    published.party,
    published.location_id,
    published.evse_uid,
    published.evse_id,
    {{ member_key('published') }} as member_key,
    {{ normalised_evse_id('published.evse_id') }} as normalised_evse_id,
    published.observed_at,
    published.is_loaded,
    published.source_rank,
    coalesce(published.latitude, place.latitude) as latitude,
    coalesce(published.longitude, place.longitude) as longitude,
    coalesce(place.country, 'unknown') as country,
    coalesce(operator.operator_id, 'unknown') as operator_id,
    coalesce(operator.operator_name, 'Unknown operator') as operator_name,
    coalesce(owner.owner_id, 'unknown') as owner_id,
    coalesce(owner.owner_name, 'Unknown owner') as owner_name,
    coalesce(place.is_public, true) as is_public,
    coalesce(status.status, connector_status.status) as status,
    status.last_updated,
    strongest.power_kw,
    strongest.power_method,
    coalesce(strongest.power_reason, case when strongest.source is null then 'no_connector' end)
        as power_reason,
    coalesce(strongest.power_band, 'unclassified') as power_band,
    coalesce(strongest.power_type = 'DC', false) as is_dc
from published
left join place using (source, party, location_id)
left join named using (source, party, location_id)
left join operator on named.spelling_key = operator.spelling_key
left join owner using (source, party, location_id)
left join status using (source, party, location_id, evse_uid)
left join connector_status using (source, party, location_id, evse_uid)
left join strongest using (source, party, location_id, evse_uid)
