-- Grain: a name in a line of the seeds evse_override and operator_alias. Whether what the analyst wrote
-- names anything: a slip of the pen has no effect, and nobody would see it. A view.
{{ config(materialized='view') }}

with

last_day as (
    select max(snapshot_date) as snapshot_date
    from {{ ref('snapshot_day') }}
),

override as (
    select
        row_number() over () as line_number,
        evse_override.override_kind,
        evse_override.valid_from,
        evse_override.valid_to,
        side.reference,
        side.stands_for,
        {{ normalised_evse_id('side.reference') }} as normalised_evse_id,
        replace(split_part(side.reference, '/', 1), '%2F', '/') as source,
        replace(split_part(side.reference, '/', 2), '%2F', '/') as party,
        replace(split_part(side.reference, '/', 3), '%2F', '/') as location_id,
        replace(split_part(side.reference, '/', 4), '%2F', '/') as evse_uid
    from {{ ref('evse_override') }} as evse_override
    cross join
        lateral (
            values (evse_override.one, evse_override.other), (evse_override.other, evse_override.one)
        ) as side (reference, stands_for)
),

evse as (
    select
        source,
        party,
        location_id,
        evse_uid,
        {{ normalised_evse_id('evse_id') }} as normalised_evse_id,
        valid_from,
        valid_to
    from {{ ref('stg_ocpi__evse') }}
),

-- A reference with '/' in it is a published EVSE, another an id: as physical_evse reads it.
named_evse as (
    {% for joined in ['using (source, party, location_id, evse_uid)', 'using (normalised_evse_id)'] %}
        select
            override.line_number,
            evse.source,
            evse.party,
            evse.location_id,
            evse.evse_uid
        from override
        inner join evse {{ joined }}
        where
            (override.valid_to is null or evse.valid_from < override.valid_to)
            and (
                evse.valid_to is null
                or override.valid_from is null
                or evse.valid_to > override.valid_from
            )
        {{ 'union' if not loop.last }}
    {% endfor %}
),

counted as (
    select
        line_number,
        count(*) as named
    from named_evse
    group by line_number
),

entry as (
    select
        'evse_override' as seed,
        override.override_kind as kind,
        override.reference,
        override.stands_for,
        override.valid_from,
        override.valid_to,
        coalesce(counted.named, 0) as named
    from override
    left join counted on override.line_number = counted.line_number
    union all
    select
        'operator_alias' as seed,
        alias.alias_kind as kind,
        alias.alias as reference,
        alias.operator_id as stands_for,
        alias.valid_from,
        alias.valid_to,
        coalesce(named.named, 0) as named
    from {{ ref('operator_alias') }} as alias
    left join lateral (
        select sum(spelling.locations)::bigint as named
        from {{ ref('operator_spelling') }} as spelling
        where
            (alias.valid_to is null or spelling.from_day < alias.valid_to)
            and (alias.valid_from is null or spelling.to_day > alias.valid_from)
            and case alias.alias_kind
                when 'name' then alias.alias = spelling.slug
                when 'ema_id' then alias.alias = any(spelling.ema_ids)
                when 'party_id' then alias.alias = spelling.party
            end
    ) as named on true
)

select
    entry.seed,
    entry.kind,
    entry.reference,
    entry.stands_for,
    entry.valid_from,
    entry.valid_to,
    entry.named,
    case
        when entry.valid_to <= last_day.snapshot_date then 'ended'
        when entry.valid_from > last_day.snapshot_date then 'not_yet'
        when entry.named = 0 then 'names_nothing'
        else 'applies'
    end as state
from entry
cross join last_day
