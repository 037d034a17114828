-- Grain: source, party, name, eMA ids, first day on which the seed reads them so. How sources name
-- operators, and which operator that is on these days; the seed's dates cut a spelling into parts.
with

named as (
    select
        source,
        party,
        location_id,
        name,
        ema_ids,
        valid_from,
        coalesce(valid_to, 'infinity') as valid_to
    from {{ ref('stg_ocpi__location_party') }}
    where role = 'operator'
),

-- Some places name nobody: the party that scopes their ids is all there is.
unnamed as (
    select
        location.source,
        location.party,
        location.location_id,
        null::text as name,
        null::text[] as ema_ids,
        location.valid_from,
        coalesce(location.valid_to, 'infinity') as valid_to
    from {{ ref('stg_ocpi__location') }} as location
    left join named
        on
            location.source = named.source
            and location.party = named.party
            and location.location_id = named.location_id
    where named.source is null
),

spelling as (
    select
        source,
        party,
        name,
        ema_ids,
        {{ name_slug('name') }} as slug,
        count(distinct location_id) as locations,
        min(valid_from) as valid_from,
        max(valid_to) as valid_to
    from (
        select * from named
        union all
        select * from unnamed
    ) as place
    group by source, party, name, ema_ids
),

boundary as (
    {{ alias_days() }}
),

part as (
    select
        spelling.*,
        cut.from_day,
        coalesce(
            lead(cut.from_day) over (
                partition by spelling.source, spelling.party, spelling.name, spelling.ema_ids
                order by cut.from_day
            ),
            spelling.valid_to
        ) as to_day
    from spelling
    cross join lateral (
        select spelling.valid_from as from_day
        union
        select boundary.from_day
        from boundary
        where boundary.from_day > spelling.valid_from and boundary.from_day < spelling.valid_to
    ) as cut
)

-- The same order of precedence as location_span has; a test compares.
select
    part.source,
    part.party,
    part.name,
    part.ema_ids,
    part.slug,
    part.locations,
    part.from_day,
    part.to_day,
    coalesce(
        known.operator_id, part.slug, 'party_' || lower(nullif(part.party, '')), 'unknown'
    ) as operator_id,
    case
        when known.operator_id is not null then 'seed_' || known.alias_kind
        when part.slug is not null then 'own_name'
        when part.party <> '' then 'own_party'
        else 'none'
    end as resolved_by
from part
left join lateral (
    {{ known_operator('part', 'part.from_day') }}
) as known on true
