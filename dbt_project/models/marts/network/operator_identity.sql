-- Grain: operator_id, identifier_kind, identifier. What an operator was seen under, and when.
with

source_span as (
    select
        source,
        max(snapshot_date) as last_loaded_on
    from {{ ref('snapshot_day') }}
    where is_loaded
    group by source
),

-- to_day is the first day on which it is seen no more; of what is still seen, the day after the last.
spelling as (
    select
        operator_spelling.*,
        least(operator_spelling.to_day, source_span.last_loaded_on + 1) as seen_until,
        operator_spelling.to_day > source_span.last_loaded_on as is_current
    from {{ ref('operator_spelling') }} as operator_spelling
    inner join source_span using (source)
    where operator_spelling.from_day <= source_span.last_loaded_on
),

identifier as (
    select
        spelling.*,
        'name' as identifier_kind,
        btrim(name) as identifier,
        slug as alias
    from spelling
    where slug is not null
    union all
    select
        spelling.*,
        'ema_id' as identifier_kind,
        ema.ema_id as identifier,
        ema.ema_id as alias
    from spelling
    cross join unnest(spelling.ema_ids) as ema (ema_id)
    union all
    select
        spelling.*,
        'party_id' as identifier_kind,
        party as identifier,
        party as alias
    from spelling
    where party <> ''
    union all
    select
        spelling.*,
        'none' as identifier_kind,
        '' as identifier,
        '' as alias
    from spelling
    where resolved_by = 'none'
)

select
    operator_id,
    identifier_kind,
    identifier,
    min(alias) as alias,
    min(from_day) as first_seen_on,
    max(seen_until) - 1 as last_seen_on,
    bool_or(is_current) as is_current,
    bool_or(resolved_by like 'seed%') as is_in_seed,
    array_agg(distinct resolved_by order by resolved_by) as resolved_by,
    array_agg(distinct source order by source) as sources,
    sum(locations)::bigint as location_spellings
from identifier
group by operator_id, identifier_kind, identifier
