-- Grain: loaded snapshot, operator, country and a measure (a field, or a fault of connectors): of how
-- many rows it holds. Versions are counted before days are looked at: most rows stand still for
-- months, so that sixty days cost little more than one.
{%- set levels = {
    'location': ref('stg_ocpi__location'),
    'evse': ref('stg_ocpi__evse'),
    'connector': ref('stg_ocpi__connector'),
} %}
{%- set measures = {'location': [], 'evse': [], 'connector': []} %}
{%- for level, field, is_filled in quality_fields() if level in measures %}
    {%- do measures[level].append(('field', field, is_filled)) %}
{%- endfor %}
{%- for fault, is_faulty in connector_faults() %}
    {%- do measures['connector'].append(('fault', fault, is_faulty)) %}
{%- endfor %}
{%- do measures['connector'].append(('fault', 'any_fault', any_connector_fault())) %}
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['snapshot_date']}],
        pre_hook=plan_without('nestloop', 'mergejoin')
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

{% for level, relation in levels.items() %}
    {{ level }}_version as (
        select
            span.source,
            span.operator_id,
            span.country,
            greatest(span.valid_from, {{ level }}.valid_from) as valid_from,
            least(span.valid_to, {{ level }}.valid_to) as valid_to,
            {% for kind, measure, condition in measures[level] %}
                count(*) filter (where {{ condition }}) as {{ kind }}_{{ measure }},
            {% endfor %}
            count(*) as versions
        from {{ relation }} as {{ level }}
        inner join span
            on
                {{ level }}.source = span.source
                and {{ level }}.party = span.party
                and {{ level }}.location_id = span.location_id
                and (span.valid_to is null or {{ level }}.valid_from < span.valid_to)
                and ({{ level }}.valid_to is null or {{ level }}.valid_to > span.valid_from)
                and {{ level }}.valid_from <= span.last_day
                and ({{ level }}.valid_to is null or {{ level }}.valid_to > span.first_day)
        {% if level == 'connector' -%}
            inner join {{ ref('connector_power') }} as power
                on
                    connector.source = power.source
                    and connector.party = power.party
                    and connector.location_id = power.location_id
                    and connector.evse_uid = power.evse_uid
                    and connector.connector_id = power.connector_id
                    and connector.valid_from = power.valid_from
        {% endif -%}
        group by
            span.source,
            span.operator_id,
            span.country,
            greatest(span.valid_from, {{ level }}.valid_from),
            least(span.valid_to, {{ level }}.valid_to)
    ),

    {{ level }}_day as (
        select
            due.snapshot_date,
            version.source,
            version.operator_id,
            version.country,
            {% for kind, measure, condition in measures[level] %}
                sum(version.{{ kind }}_{{ measure }})::bigint as {{ kind }}_{{ measure }},
            {% endfor %}
            sum(version.versions)::bigint as versions
        from {{ level }}_version as version
        inner join due
            on
                version.source = due.source
                and {{ is_true_on('version', 'due.snapshot_date') }}
        group by due.snapshot_date, version.source, version.operator_id, version.country
    ){{ ',' if not loop.last }}
{% endfor %}

{% for level in levels %}
    select
        {{ level }}_day.snapshot_date,
        {{ level }}_day.source,
        {{ level }}_day.operator_id,
        {{ level }}_day.country,
        '{{ level }}' as level,
        measured.kind,
        measured.measure,
        {{ level }}_day.versions as rows_published,
        measured.rows_held
    from {{ level }}_day
    cross join
        lateral (
            values
            {%- for kind, measure, condition in measures[level] %}
                (
                    '{{ kind }}', '{{ measure }}', {{ level }}_day.{{ kind }}_{{ measure }}
                ){{ ',' if not loop.last }}
            {%- endfor %}
        ) as measured (kind, measure, rows_held)
    {{ 'union all' if not loop.last }}
{% endfor %}
