-- Grain: location and a span of days on which its operator, its country and whether it names an owner
-- and opening hours stay what they are. What counts of history are attributed by.
{{ config(indexes=[{'columns': ['source', 'party', 'location_id']}]) }}
with

location as (
    select
        source,
        party,
        location_id,
        country_iso3,
        is_open_twentyfourseven,
        valid_from,
        valid_to
    from {{ ref('stg_ocpi__location') }}
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
        valid_to,
        concat_ws(chr(31), party, name, array_to_string(ema_ids, ',')) as spelling_key
    from {{ ref('stg_ocpi__location_party') }}
    where role in ('operator', 'owner')
),

hours as (
    select distinct
        source,
        party,
        location_id,
        valid_from,
        valid_to
    from {{ ref('stg_ocpi__location_opening_hours') }}
),

alias_day as (
    select valid_from as from_day
    from {{ ref('operator_alias') }}
    where valid_from is not null
    union
    select valid_to as from_day
    from {{ ref('operator_alias') }}
    where valid_to is not null
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

spelling as (
    select distinct on (spelling_key, valid_from)
        spelling_key,
        valid_from,
        party,
        name,
        ema_ids,
        {{ name_slug('name') }} as slug
    from (
        select
            span.valid_from,
            coalesce(named.party, span.party) as party,
            named.name,
            named.ema_ids,
            coalesce(named.spelling_key, span.party) as spelling_key
        from span
        left join named
            on
                span.source = named.source
                and span.party = named.party
                and span.location_id = named.location_id
                and named.role = 'operator'
                and {{ is_true_on('named', 'span.valid_from') }}
    ) as spelt
    order by spelling_key, valid_from
),

operator as (
    select
        spelling.spelling_key,
        spelling.valid_from,
        {{ operator_id_of('spelling', 'known') }} as operator_id,
        {{ operator_name_of('spelling', 'known') }} as operator_name
    from spelling
    left join lateral (
        {{ known_operator('spelling', 'spelling.valid_from') }}
    ) as known on true
)

select
    span.source,
    span.party,
    span.location_id,
    span.valid_from,
    span.valid_to,
    operator.operator_id,
    operator.operator_name,
    coalesce(location.country_iso3, 'unknown') as country,
    {{ name_slug('party_of.name') }} is not null as has_operator_name,
    {{ name_slug('owner.name') }} is not null as has_owner_name,
    location.is_open_twentyfourseven is not null
    or exists (
        select 1
        from hours
        where
            hours.source = span.source
            and hours.party = span.party
            and hours.location_id = span.location_id
            and {{ is_true_on('hours', 'span.valid_from') }}
    ) as has_opening_hours
from span
inner join location
    on
        span.source = location.source
        and span.party = location.party
        and span.location_id = location.location_id
        and {{ is_true_on('location', 'span.valid_from') }}
left join named as party_of
    on
        span.source = party_of.source
        and span.party = party_of.party
        and span.location_id = party_of.location_id
        and party_of.role = 'operator'
        and {{ is_true_on('party_of', 'span.valid_from') }}
left join named as owner
    on
        span.source = owner.source
        and span.party = owner.party
        and span.location_id = owner.location_id
        and owner.role = 'owner'
        and {{ is_true_on('owner', 'span.valid_from') }}
inner join operator
    on
        coalesce(party_of.spelling_key, span.party) = operator.spelling_key
        and span.valid_from = operator.valid_from
