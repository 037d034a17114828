-- Grain: source, operator, country, defect and subject, in the last snapshot of the source.
with

snapshot as (
    select * from {{ ref('quality_snapshot') }}
),

rule as (
    select * from {{ ref('quality_rule') }}
),

-- EVSEs for which the source speaks, and as own_evses those, too, for which another one does.
published as (
    select
        evse_day.source,
        evse_day.operator_id,
        evse_day.operator_name,
        evse_day.country,
        evse_day.status,
        evse_day.published_evses,
        evse_day.evses as own_evses,
        evse_day.evses,
        evse_day.power_kw,
        evse_day.evses_without_power
    from {{ ref('evse_day') }} as evse_day
    inner join snapshot
        on
            evse_day.source = snapshot.source
            and evse_day.state_date = snapshot.state_date
    union all
    select
        copy.source,
        copy.operator_id,
        null as operator_name,
        copy.country,
        copy.status,
        0 as published_evses,
        copy.evses as own_evses,
        0 as evses,
        0 as power_kw,
        0 as evses_without_power
    from {{ ref('source_copy_day') }} as copy
    inner join snapshot
        on
            copy.source = snapshot.source
            and copy.state_date = snapshot.state_date
),

-- What costs are measured against, and what an observer would see who takes every row for an EVSE.
operator as (
    select
        source,
        operator_id,
        country,
        (array_agg(operator_name order by published_evses desc, operator_name))[1] as operator_name,
        sum(published_evses) as published_evses,
        sum(evses) as evses,
        sum(power_kw) as power_kw,
        sum(power_kw) / nullif(sum(evses) - sum(evses_without_power), 0) as mean_power_kw,
    -- By the word alone, as such a reader would: most copies are old, and unknown to us.
    {% for column, prefix in [('own_evses', ''), ('published_evses', 'published_')] %}
        coalesce(sum({{ column }}) filter (
            where status in (
                'AVAILABLE', 'CHARGING', 'RESERVED', 'BLOCKED', 'PREPARING', 'FINISHING'
            )
            ), 0) as {{ prefix }}up,
        coalesce(sum({{ column }}) filter (
            where status in ('INOPERATIVE', 'OUTOFORDER')
            ), 0) as {{ prefix }}down{{ ',' if not loop.last }}
    {% endfor %}
    from published
    group by source, operator_id, country
),

of_source as (
    select
        source,
        sum(power_kw) / nullif(sum(power_kw / nullif(mean_power_kw, 0)), 0) as mean_power_kw
    from operator
    group by source
),

{% for relation in ['quality_measure_day', 'tariff_reference_day', 'feed_change', 'stg_ops__ledger',
    'stg_ops__quarantine', 'stg_ops__repair', 'stg_ops__unknown_attribute'] %}
    {{ relation | replace('stg_ops__', '') }} as (
        select told.*
        from {{ ref(relation) }} as told
        inner join snapshot
            on
                told.source = snapshot.source
                and told.snapshot_date = snapshot.snapshot_date
    ),
{% endfor %}

measured as (
    select
        source,
        operator_id,
        country,
        max(rows_published) filter (where level = 'location') as locations,
        max(rows_published) filter (where level = 'connector') as connectors
    from quality_measure_day
    group by source, operator_id, country
),

referred as (
    select
        source,
        operator_id,
        country,
        sum(tariff_references) as tariff_references
    from tariff_reference_day
    group by source, operator_id, country
),

-- What could vanish: an operator may lose more EVSEs in a night than it has left.
former as (
    select
        evse_day.source,
        evse_day.operator_id,
        evse_day.country,
        sum(evse_day.evses) as evses
    from snapshot
    inner join {{ ref('snapshot_day') }} as day_before
        on
            snapshot.source = day_before.source
            and day_before.snapshot_date = snapshot.snapshot_date - 1
    inner join {{ ref('evse_day') }} as evse_day
        on
            day_before.source = evse_day.source
            and day_before.source_state_date = evse_day.state_date
    group by evse_day.source, evse_day.operator_id, evse_day.country
),

-- Each total under the name by which the rules ask for it.
total as (
    select
        source,
        operator_id,
        country,
        told.counted_of,
        told.rows_counted
    from operator
    full outer join former using (source, operator_id, country)
    full outer join measured using (source, operator_id, country)
    full outer join referred using (source, operator_id, country)
    cross join
        lateral (
            values
            ('published_evses', operator.published_evses),
            ('evses', operator.evses),
            ('former_evses', former.evses),
            ('locations', measured.locations),
            ('connectors', measured.connectors),
            ('references', referred.tariff_references)
        ) as told (counted_of, rows_counted)
    where told.rows_counted is not null
),

-- Groups by number, so that their objects are put in order by it and not by four texts.
defect_group as materialized (
    select
        source,
        operator_id,
        country,
        defect,
        sum(affected_rows) as affected_rows,
        sum(power_kw) as power_kw,
        count(*) filter (where moves_points) as points_evses,
        row_number() over ()::integer as group_number
    from {{ ref('defect_object') }}
    group by source, operator_id, country, defect
),

example as (
    select
        group_number,
        array_agg(object_id order by place) as examples
    from (
        select
            group_number,
            object_id,
            row_number() over (
                partition by group_number
                order by power_kw desc nulls last, object_id collate "C"
            ) as place
        from (
            select
                defect_group.group_number,
                defect_object.object_id,
                defect_object.power_kw
            from {{ ref('defect_object') }} as defect_object
            inner join defect_group using (source, operator_id, country, defect)
        ) as numbered
    ) as placed
    where place <= 3
    group by group_number
),

of_objects as (
    select
        defect_group.source,
        defect_group.operator_id,
        defect_group.country,
        defect_group.defect,
        '' as subject,
        defect_group.affected_rows,
        defect_group.power_kw,
        defect_group.points_evses,
        example.examples
    from defect_group
    inner join example using (group_number)
),

-- Silent changes of EVSEs that count as unknown for their age alone.
silent_unverified as (
    {%- set key = ['source', 'party', 'location_id', 'evse_uid'] %}
    select
        span.source,
        span.operator_id,
        span.country,
        count(*) as evses
    from snapshot
    inner join {{ ref('stg_ocpi__evse_status') }} as now
        on snapshot.source = now.source and snapshot.snapshot_date = now.valid_from
    inner join {{ ref('stg_ocpi__evse_status') }} as before
        on {{ same('now', 'before', key) }} and now.valid_from = before.valid_to
    inner join {{ ref('evse_span') }} as span
        on
            -- Few: by the index, or all spans of the week are read for each of them.
            {{ member_hash('now') }} = {{ member_hash('span') }}
            and {{ same('now', 'span', key) }}
            and {{ is_in_span('span', 'snapshot.state_date') }}
    where
        now.status is distinct from before.status
        and now.last_updated = before.last_updated
        and span.is_survivor
        and span.observation_reason = 'unverified'
    group by span.source, span.operator_id, span.country
),

of_changes as (
    select
        feed_change.source,
        feed_change.operator_id,
        feed_change.country,
        told.defect,
        '' as subject,
        told.affected_rows,
        told.rows_counted,
        null::numeric as power_kw,
        told.points_evses,
        array[told.example] as examples
    from feed_change
    left join silent_unverified
        on
            feed_change.level = 'evse_status'
            and feed_change.source = silent_unverified.source
            and feed_change.operator_id = silent_unverified.operator_id
            and feed_change.country = silent_unverified.country
    cross join
        lateral (
            values
            (
                case feed_change.level
                    when 'evse_status' then 'silent_status_change'
                    else 'silent_' || feed_change.level || '_change'
                end,
                feed_change.silent,
                feed_change.changed,
                coalesce(silent_unverified.evses, 0),
                feed_change.silent_example
            ),
            (
                'empty_' || feed_change.level || '_move',
                feed_change.empty_moves,
                feed_change.moved,
                0,
                feed_change.empty_example
            )
        ) as told (defect, affected_rows, rows_counted, points_evses, example)
    where told.affected_rows > 0
),

of_fields as (
    select
        source,
        operator_id,
        country,
        'missing_field' as defect,
        level || '.' || field as subject,
        ocpi_field,
        rows_published - rows_filled as affected_rows,
        rows_published as rows_counted
    from {{ ref('field_completeness') }}
    where rows_filled < rows_published
),

-- What the ledger knows of a source as a whole: it has no operators.
of_source_only as (
    select
        source,
        'exact_duplicate_record' as defect,
        level as subject,
        duplicates as affected_rows,
        received as rows_counted,
        null::text as example
    from ledger
    where duplicates > 0
    union all
    select
        quarantine.source,
        'quarantined_record' as defect,
        quarantine.level || ': ' || quarantine.reason as subject,
        count(*) as affected_rows,
        max(ledger.received) as rows_counted,
        min(quarantine.object_key) as example
    from quarantine
    left join ledger
        on
            quarantine.source = ledger.source
            and quarantine.snapshot_date = ledger.snapshot_date
            and quarantine.level = ledger.level
    group by quarantine.source, quarantine.level, quarantine.reason
    union all
    select
        source,
        'repaired_value' as defect,
        table_name || '.' || column_name || ': ' || repair as subject,
        sum(repaired) as affected_rows,
        null as rows_counted,
        min(sample_before collate "C") as example
    from repair
    group by source, table_name, column_name, repair
    union all
    select
        source,
        case when unknown_value = '' then 'unknown_attribute' else 'unknown_value' end as defect,
        module || ' ' || path || case when unknown_value = '' then '' else ' = ' || unknown_value end
            as subject,
        sum(occurrences) as affected_rows,
        null as rows_counted,
        min(sample collate "C") as example
    from unknown_attribute
    group by source, module, path, unknown_value
),

found as (
    select
        of_objects.*,
        total.rows_counted,
        null::text as ocpi_field
    from of_objects
    inner join rule using (defect)
    left join total using (source, operator_id, country, counted_of)
    union all
    select
        source,
        operator_id,
        country,
        defect,
        subject,
        affected_rows,
        power_kw,
        points_evses,
        examples,
        rows_counted,
        null as ocpi_field
    from of_changes
    union all
    select
        source,
        operator_id,
        country,
        defect,
        subject,
        affected_rows,
        null as power_kw,
        0 as points_evses,
        null as examples,
        rows_counted,
        ocpi_field
    from of_fields
    union all
    select
        source,
        'all_operators' as operator_id,
        'all' as country,
        defect,
        subject,
        affected_rows,
        null as power_kw,
        0 as points_evses,
        array[example] as examples,
        rows_counted,
        null as ocpi_field
    from of_source_only
),

costed as (
    select
        found.source,
        found.operator_id,
        coalesce(
            operator.operator_name,
            case when found.operator_id = 'all_operators' then 'All operators of the source' end,
            found.operator_id
        ) as operator_name,
        found.country,
        found.defect,
        found.subject,
        rule.dimension,
        coalesce(rule.level, split_part(found.subject, '.', 1)) as level,
        found.affected_rows,
        found.rows_counted,
        found.examples,
        rule.cost_power,
        case
            when rule.cost_power = 'untold'
                then found.affected_rows * coalesce(operator.mean_power_kw, of_source.mean_power_kw)
            when rule.cost_power is not null then coalesce(found.power_kw, 0)
        end / 1000 as cost_mw,
        operator.power_kw / 1000 as operator_mw,
        rule.cost_points,
        case
            when rule.cost_points = 'naive_shift'
                then 100 * (
                    operator.published_up / nullif(operator.published_up + operator.published_down, 0)
                    - operator.up / nullif(operator.up + operator.down, 0)
                )
            when rule.cost_points is not null
                then 100.0 * found.points_evses / nullif(operator.evses, 0)
        end as cost_points_value,
        coalesce(found.ocpi_field, rule.ocpi_field) as ocpi_field,
        rule.finding,
        rule.request,
        rule.rule_source
    from found
    inner join rule using (defect)
    left join operator using (source, operator_id, country)
    left join of_source using (source)
)

select
    costed.source,
    costed.operator_id,
    costed.operator_name,
    costed.country,
    costed.defect,
    costed.subject,
    snapshot.snapshot_date,
    costed.dimension,
    costed.level,
    costed.affected_rows::bigint as affected_rows,
    costed.rows_counted::bigint as rows_counted,
    (costed.affected_rows / nullif(costed.rows_counted, 0))::float8 as affected_share,
    costed.examples[1] as example_id,
    costed.examples,
    costed.cost_mw::float8 as cost_mw,
    costed.cost_power as cost_mw_basis,
    (costed.cost_mw / nullif(costed.operator_mw, 0))::float8 as cost_power_share,
    costed.cost_points_value::float8 as cost_points,
    costed.cost_points as cost_points_basis,
    case
        when
            abs(costed.cost_points_value) >= 5
            or costed.cost_power <> 'derived' and costed.cost_mw >= 0.05 * costed.operator_mw
            then 'high'
        when
            abs(costed.cost_points_value) >= 1
            or costed.cost_mw >= 0.01 * costed.operator_mw
            or costed.affected_rows >= 0.2 * costed.rows_counted
            then 'medium'
        else 'low'
    end as severity,
    costed.ocpi_field,
    costed.finding,
    costed.request,
    costed.rule_source
from costed
inner join snapshot using (source)
