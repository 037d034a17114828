-- Grain: location and a span of days on which its place, its operator, its owner and whether it names
-- opening hours stay what they are. Whom EVSEs and counts of history are attributed to.
-- Every join is one of whole tables by their key, of sizes that the planner cannot guess.
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        indexes=[{'columns': ['source', 'party', 'location_id']}],
        pre_hook=[plan_without('nestloop'), '{{ forget_moved() }}']
    )
}}
with

location as (
    select
        source,
        party,
        location_id,
        latitude,
        longitude,
        country_iso3,
        is_published,
        access_type,
        is_open_twentyfourseven,
        valid_from,
        valid_to
    from {{ ref('stg_ocpi__location') }}
    where {{ is_moved('source, party, location_id') }}
),

named as (
    select
        source,
        party,
        location_id,
        role,
        name,
        ema_ids,
        valid_from,
        valid_to
    from {{ ref('stg_ocpi__location_party') }}
    where role in ('operator', 'owner') and {{ is_moved('source, party, location_id') }}
),

hours as (
    select distinct
        source,
        party,
        location_id,
        valid_from,
        valid_to
    from {{ ref('stg_ocpi__location_opening_hours') }}
    where {{ is_moved('source, party, location_id') }}
),

alias_day as (
    {{ alias_days() }}
),

boundary as (
    {% for relation in ['location', 'named', 'hours'] %}
        select
            source,
            party,
            location_id,
            valid_from as from_day
        from {{ relation }}
        union
        select
            source,
            party,
            location_id,
            valid_to as from_day
        from {{ relation }}
        where valid_to is not null
        union
    {% endfor %}
    select
        location.source,
        location.party,
        location.location_id,
        alias_day.from_day
    from location
    inner join alias_day on {{ is_true_on('location', 'alias_day.from_day') }}
),

span as (
    select
        source,
        party,
        location_id,
        from_day as valid_from,
        lead(from_day) over (partition by source, party, location_id order by from_day) as valid_to
    from boundary
),

-- Weekly hours are many rows: once for each span.
with_hours as (
    select distinct
        span.source,
        span.party,
        span.location_id,
        span.valid_from
    from span
    inner join hours
        on
            span.source = hours.source
            and span.party = hours.party
            and span.location_id = hours.location_id
            and {{ is_true_on('hours', 'span.valid_from') }}
),

placed as materialized (
    select
        span.source,
        span.party,
        span.location_id,
        span.valid_from,
        span.valid_to,
        operator.name,
        operator.ema_ids,
        owner.name as owner_spelling,
        concat_ws(
            chr(31),
            span.party,
            coalesce(operator.name, ''),
            coalesce(array_to_string(operator.ema_ids, ','), '')
        ) as spelling_key,
        location.latitude,
        location.longitude,
        coalesce(location.country_iso3, 'unknown') as country,
        coalesce(location.is_published, true)
        and coalesce(lower(location.access_type) <> 'restricted', true) as is_public,
        location.is_open_twentyfourseven is not null or with_hours.source is not null
            as has_opening_hours
    from span
    inner join location
        on
            span.source = location.source
            and span.party = location.party
            and span.location_id = location.location_id
            and {{ is_true_on('location', 'span.valid_from') }}
    {% for role in ['operator', 'owner'] -%}
        left join named as {{ role }}
            on
                span.source = {{ role }}.source
                and span.party = {{ role }}.party
                and span.location_id = {{ role }}.location_id
                and {{ role }}.role = '{{ role }}'
                and {{ is_true_on(role, 'span.valid_from') }}
    {% endfor -%}
    left join with_hours
        on
            span.source = with_hours.source
            and span.party = with_hours.party
            and span.location_id = with_hours.location_id
            and span.valid_from = with_hours.valid_from
),

-- Some hundred spellings stand for all locations: names are read once each.
spelling as (
    select
        spelling_key,
        valid_from,
        min(party) as party,
        min(name) as name,
        min(ema_ids) as ema_ids,
        {{ name_slug('min(name)') }} as slug
    from placed
    group by spelling_key, valid_from
),

operator as (
    select
        spelling.spelling_key,
        spelling.valid_from,
        spelling.slug,
        {{ operator_id_of('spelling', 'known') }} as operator_id,
        {{ operator_name_of('spelling', 'known') }} as operator_name
    from spelling
    left join lateral (
        {{ known_operator('spelling', 'spelling.valid_from') }}
    ) as known on true
),

owner_spelling as (
    select
        owner_spelling,
        valid_from,
        {{ name_slug('owner_spelling') }} as slug
    from placed
    where owner_spelling is not null
    group by owner_spelling, valid_from
),

owner as (
    select
        owner_spelling.owner_spelling,
        owner_spelling.valid_from,
        coalesce(alias.operator_id, owner_spelling.slug) as owner_id,
        coalesce(alias.operator_name, btrim(owner_spelling.owner_spelling)) as owner_name
    from owner_spelling
    left join {{ ref('operator_alias') }} as alias
        on
            alias.alias_kind = 'name'
            and owner_spelling.slug = alias.alias
            and {{ is_in_force('alias', 'owner_spelling.valid_from') }}
    where owner_spelling.slug is not null
)

select
    placed.source,
    placed.party,
    placed.location_id,
    placed.valid_from,
    placed.valid_to,
    operator.operator_id,
    operator.operator_name,
    coalesce(owner.owner_id, 'unknown') as owner_id,
    coalesce(owner.owner_name, 'Unknown owner') as owner_name,
    placed.country,
    placed.latitude,
    placed.longitude,
    placed.is_public,
    operator.slug is not null as has_operator_name,
    owner.owner_spelling is not null as has_owner_name,
    placed.has_opening_hours
from placed
inner join operator
    on
        placed.spelling_key = operator.spelling_key
        and placed.valid_from = operator.valid_from
left join owner
    on
        placed.owner_spelling = owner.owner_spelling
        and placed.valid_from = owner.valid_from
