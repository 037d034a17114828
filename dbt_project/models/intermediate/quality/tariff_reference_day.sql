-- Grain: loaded snapshot, operator, country and a tariff id (with the party of the reference) that
-- its connectors refer to. Resolved as tariff_reference does it, but for the tariffs of that day.
-- Most references of a day are alike: hashed, not sorted.
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['snapshot_date']}],
        pre_hook=plan_without('sort', 'incremental_sort')
    )
}}
with

due as (
    select
        source,
        snapshot_date
    from {{ ref('snapshot_day') }}
    where is_loaded and {{ is_due('snapshot_date') }}
),

due_span as (
    select
        source,
        min(snapshot_date) as first_day,
        max(snapshot_date) as last_day
    from due
    group by source
),

span as (
    select
        location_span.*,
        due_span.first_day,
        due_span.last_day
    from {{ ref('location_span') }} as location_span
    inner join due_span
        on
            location_span.source = due_span.source
            and location_span.valid_from <= due_span.last_day
            and (location_span.valid_to is null or location_span.valid_to > due_span.first_day)
),

reference_version as (
    select
        span.source,
        span.party,
        span.operator_id,
        span.country,
        reference.tariff_id,
        greatest(span.valid_from, reference.valid_from) as valid_from,
        least(span.valid_to, reference.valid_to) as valid_to,
        count(*) as tariff_references
    from {{ ref('stg_ocpi__connector_tariff') }} as reference
    inner join span
        on
            reference.source = span.source
            and reference.party = span.party
            and reference.location_id = span.location_id
            and (span.valid_to is null or reference.valid_from < span.valid_to)
            and (reference.valid_to is null or reference.valid_to > span.valid_from)
            and reference.valid_from <= span.last_day
            and (reference.valid_to is null or reference.valid_to > span.first_day)
    group by
        span.source,
        span.party,
        span.operator_id,
        span.country,
        reference.tariff_id,
        greatest(span.valid_from, reference.valid_from),
        least(span.valid_to, reference.valid_to)
),

reference_day as (
    select
        due.snapshot_date,
        version.source,
        version.party,
        version.operator_id,
        version.country,
        version.tariff_id,
        sum(version.tariff_references)::bigint as tariff_references
    from reference_version as version
    inner join due
        on
            version.source = due.source
            and {{ is_true_on('version', 'due.snapshot_date') }}
    group by
        due.snapshot_date,
        version.source,
        version.party,
        version.operator_id,
        version.country,
        version.tariff_id
),

tariff_day as (
    select
        due.snapshot_date,
        tariff.source,
        tariff.party,
        tariff.tariff_id
    from {{ ref('stg_ocpi__tariff') }} as tariff
    inner join due
        on
            tariff.source = due.source
            and {{ is_true_on('tariff', 'due.snapshot_date') }}
),

bare_id as (
    select
        snapshot_date,
        source,
        tariff_id,
        count(*) as tariffs,
        min(party) as party
    from tariff_day
    group by snapshot_date, source, tariff_id
)

select
    reference_day.snapshot_date,
    reference_day.source,
    reference_day.party,
    reference_day.operator_id,
    reference_day.country,
    reference_day.tariff_id,
    reference_day.tariff_references,
    case
        when own.source is not null then own.party
        when bare_id.tariffs = 1 then bare_id.party
    end as tariff_party,
    case
        when own.source is not null then 'party'
        when bare_id.tariffs = 1 then 'unique_id'
        when bare_id.tariffs > 1 then 'ambiguous_id'
        else 'no_such_tariff'
    end as resolution_method
from reference_day
left join tariff_day as own
    on
        reference_day.snapshot_date = own.snapshot_date
        and reference_day.source = own.source
        and reference_day.party = own.party
        and reference_day.tariff_id = own.tariff_id
left join bare_id
    on
        reference_day.snapshot_date = bare_id.snapshot_date
        and reference_day.source = bare_id.source
        and reference_day.tariff_id = bare_id.tariff_id
