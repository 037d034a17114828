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

location_party as (
    select
        location_party.source,
        location_party.party,
        location_party.location_id,
        location_party.role,
        location_party.name,
        location_party.ema_ids
    from {{ ref('stg_ocpi__location_party') }} as location_party
    inner join source_day
        on
            location_party.source = source_day.source
            and {{ is_true_on('location_party', 'source_day.source_snapshot_date') }}
    where location_party.role in ('operator', 'owner')
),

named as (
    select
        place.*,
        operator.name,
        operator.ema_ids,
        owner.name as owner_spelling,
        concat_ws(
            chr(31),
            place.party,
            coalesce(operator.name, ''),
            coalesce(array_to_string(operator.ema_ids, ','), '')
        ) as spelling_key
    from place
    left join location_party as operator
        on
            place.source = operator.source
            and place.party = operator.party
            and place.location_id = operator.location_id
            and operator.role = 'operator'
    left join location_party as owner
        on
            place.source = owner.source
            and place.party = owner.party
            and place.location_id = owner.location_id
            and owner.role = 'owner'
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

-- Some hundred spellings stand for all locations: names are read once each.
spelling as (
    select
        spelling_key,
        min(party) as party,
        min(name) as name,
        min(ema_ids) as ema_ids,
        {{ name_slug('min(name)') }} as slug
    from named
    group by spelling_key
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

owner_spelling as (
    select
        owner_spelling,
        {{ name_slug('owner_spelling') }} as slug
    from named
    where owner_spelling is not null
    group by owner_spelling
),

owner as (
    select
        owner_spelling.owner_spelling,
        coalesce(alias.operator_id, owner_spelling.slug) as owner_id,
        coalesce(alias.operator_name, btrim(owner_spelling.owner_spelling)) as owner_name
    from owner_spelling
    left join alias on alias.alias_kind = 'name' and owner_spelling.slug = alias.alias
    where owner_spelling.slug is not null
),

settled as (
    select
        named.source,
        named.party,
        named.location_id,
        named.latitude,
        named.longitude,
        named.country,
        named.is_public,
        operator.operator_id,
        operator.operator_name,
        owner.owner_id,
        owner.owner_name
    from named
    inner join operator on named.spelling_key = operator.spelling_key
    left join owner on named.owner_spelling = owner.owner_spelling
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

power as (
    select
        evse_power.source,
        evse_power.party,
        evse_power.location_id,
        evse_power.evse_uid,
        evse_power.power_kw,
        evse_power.power_method,
        evse_power.power_reason,
        evse_power.power_band,
        evse_power.power_type
    from {{ ref('evse_power') }} as evse_power
    inner join source_day
        on
            evse_power.source = source_day.source
            and {{ is_true_on('evse_power', 'source_day.source_snapshot_date') }}
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
    {{ normalised_evse_id('published.evse_id') }} as normalised_evse_id,
    published.observed_at,
    published.is_loaded,
    published.source_rank,
    coalesce(published.latitude, settled.latitude) as latitude,
    coalesce(published.longitude, settled.longitude) as longitude,
    coalesce(settled.country, 'unknown') as country,
    coalesce(settled.operator_id, 'unknown') as operator_id,
    coalesce(settled.operator_name, 'Unknown operator') as operator_name,
    coalesce(settled.owner_id, 'unknown') as owner_id,
    coalesce(settled.owner_name, 'Unknown owner') as owner_name,
    coalesce(settled.is_public, true) as is_public,
    coalesce(status.status, connector_status.status) as status,
    status.last_updated,
    power.power_kw,
    power.power_method,
    coalesce(power.power_reason, case when power.source is null then 'no_connector' end)
        as power_reason,
    coalesce(power.power_band, 'unclassified') as power_band,
    coalesce(power.power_type = 'DC', false) as is_dc
from published
left join settled using (source, party, location_id)
left join status using (source, party, location_id, evse_uid)
left join connector_status using (source, party, location_id, evse_uid)
left join power using (source, party, location_id, evse_uid)
