-- Grain: loaded snapshot (source, snapshot_date), operator and country.
-- depends_on: {{ ref('snapshot_day') }}
{{ config(materialized='daily') }}
with

-- A source is judged by its own rows: by those, too, of EVSEs for which another source speaks.
own as (
    select
        state_date,
        source,
        operator_id,
        operator_name,
        country,
        is_fresh,
        observation_class,
        published_evses,
        evses
    from {{ ref('evse_day') }}
    where is_observed and {{ is_due('state_date') }}
    union all
    select
        state_date,
        source,
        operator_id,
        null as operator_name,
        country,
        is_fresh,
        observation_class,
        0 as published_evses,
        evses
    from {{ ref('source_copy_day') }}
    where is_observed and {{ is_due('state_date') }}
),

evse as (
    select
        state_date as snapshot_date,
        source,
        operator_id,
        country,
        (array_agg(operator_name order by published_evses desc, operator_name collate "C"))[1]
            as operator_name,
        sum(published_evses)::bigint as published_evses,
        sum(evses)::bigint as evses,
        coalesce(sum(evses) filter (where is_fresh), 0)::bigint as fresh_evses,
        coalesce(sum(evses) filter (where observation_class in ('U', 'D')), 0)::bigint as certain_evses
    from own
    group by state_date, source, operator_id, country
),

completeness as (
    select
        field_day.snapshot_date,
        field_day.source,
        field_day.operator_id,
        field_day.country,
        sum(quality_field.weight * field_day.rows_filled) as held,
        sum(quality_field.weight * field_day.rows_published) as asked
    from {{ ref('field_day') }} as field_day
    inner join {{ ref('quality_field') }} as quality_field
        on
            field_day.level = quality_field.level
            and field_day.field = quality_field.field
    where {{ is_due('field_day.snapshot_date') }}
    group by
        field_day.snapshot_date, field_day.source, field_day.operator_id, field_day.country
),

plausibility as (
    select
        snapshot_date,
        source,
        operator_id,
        country,
        rows_published - rows_held as held,
        rows_published as asked
    from {{ ref('quality_measure_day') }}
    where measure = 'any_fault' and {{ is_due('snapshot_date') }}
),

reference as (
    select
        snapshot_date,
        source,
        operator_id,
        country,
        coalesce(sum(tariff_references) filter (where tariff_party is not null), 0) as held,
        sum(tariff_references) as asked
    from {{ ref('tariff_reference_day') }}
    where {{ is_due('snapshot_date') }}
    group by snapshot_date, source, operator_id, country
),

change as (
    select
        snapshot_date,
        source,
        operator_id,
        country,
        sum(changed) - sum(silent) as held,
        sum(changed) as asked
    from {{ ref('feed_change') }}
    where {{ is_due('snapshot_date') }}
    group by snapshot_date, source, operator_id, country
),

counted as (
    select
        evse.snapshot_date,
        evse.source,
        evse.operator_id,
        evse.country,
        evse.operator_name,
        evse.published_evses,
        evse.evses,
        told.dimension,
        sum(told.held) as held,
        sum(told.asked) as asked
    from evse
    {% for dimension in ['completeness', 'plausibility', 'reference', 'change'] %}
        left join {{ dimension }} using (snapshot_date, source, operator_id, country)
    {% endfor %}
    cross join
        lateral (
            values
            ('completeness', completeness.held, completeness.asked),
            ('identity', evse.evses, evse.published_evses),
            ('freshness', evse.fresh_evses, evse.evses),
            ('certainty', evse.certain_evses, evse.fresh_evses),
            ('references', reference.held, reference.asked),
            ('plausibility', plausibility.held, plausibility.asked),
            ('change', change.held, change.asked)
        ) as told (dimension, held, asked)
    group by
        evse.snapshot_date,
        evse.source,
        evse.operator_id,
        evse.country,
        evse.operator_name,
        evse.published_evses,
        evse.evses,
        told.dimension
),

weighed as (
    select
        counted.*,
        quality_dimension.weight,
        counted.held / nullif(counted.asked, 0) as share
    from counted
    inner join {{ ref('quality_dimension') }} as quality_dimension using (dimension)
)

select
    snapshot_date,
    source,
    operator_id,
    operator_name,
    country,
    published_evses,
    evses,
    {% for dimension in [
        'completeness', 'identity', 'freshness', 'certainty', 'references', 'plausibility', 'change'
    ] %}
        max(share) filter (where dimension = '{{ dimension }}')::float8 as {{ dimension }}_share,
    {% endfor %}
    (100 * sum(weight * share) / nullif(sum(weight) filter (where share is not null), 0))::float8 as score,
    coalesce(sum(weight) filter (where share is not null), 0)::float8 / sum(weight) as score_coverage
from weighed
group by snapshot_date, source, operator_id, operator_name, country, published_evses, evses
