-- Grain: loaded snapshot, operator, country and level: how many objects changed, and how many of them
-- without their last_updated; how many had it moved, and how many without a change. Only versions
-- that begin on the day are compared, each with the one that it replaced.
{%- set location_key = ['source', 'party', 'location_id'] %}
{%- set evse_key = location_key + ['evse_uid'] %}
{%- set connector_key = evse_key + ['connector_id'] %}
{%- set tariff_key = ['source', 'party', 'tariff_id'] %}
{%- set levels = {
    'evse': (evse_key, 'stg_ocpi__evse_status'),
    'connector': (connector_key, 'stg_ocpi__connector_freshness'),
    'location': (location_key, 'stg_ocpi__location_freshness'),
    'tariff': (tariff_key, 'stg_ocpi__tariff_freshness'),
} %}
{%- set belongings = {
    'evse': ['evse_direction', 'evse_image', 'evse_status_schedule'],
    'connector': ['connector_tariff'],
    'location': [
        'location_party', 'location_opening_hours', 'location_exceptional_period', 'location_direction',
        'location_image', 'location_energy_source', 'location_environmental_impact', 'location_entrance',
        'related_location',
    ],
    'tariff': [
        'tariff_element', 'price_component', 'tariff_price', 'tariff_alt_text', 'tariff_energy_source',
        'tariff_environmental_impact',
    ],
} %}
{#- Whole tables joined, of sizes that the planner cannot guess: with loops it ran for over 9 minutes.
    Most rows are of the same few operators: hashed, not sorted. #}
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['snapshot_date']}],
        pre_hook=plan_without('nestloop', 'mergejoin', 'sort', 'incremental_sort')
    )
}}

with

-- On its first day a source has nothing to be compared with.
due as (
    select
        source,
        snapshot_date
    from {{ ref('snapshot_day') }} as day
    where
        is_loaded
        and {{ is_due('snapshot_date') }}
        and snapshot_date > (
            select min(first.snapshot_date)
            from {{ ref('snapshot_day') }} as first
            where first.source = day.source
        )
),

status_changed as (
    {{ replaced(
        'stg_ocpi__evse_status',
        evse_key,
        which='now.status is distinct from before.status',
        told=[
            'coalesce(now.last_updated = before.last_updated, false) as is_silent'
        ],
    ) }}
),

-- What belongs to an object changes with it: a set of such rows has no versions of its own. Voltality
-- has the status of an EVSE at its connectors, beside figures that move every night.
{% for level, (key, freshness) in levels.items() %}
    {{ level }}_changed as (
        {{ replaced('stg_ocpi__' ~ level, key) }}
        {% for relation in belongings[level] %}
            union
            {{ belonging_replaced('stg_ocpi__' ~ relation, key) }}
        {% endfor %}
        {% if level == 'connector' -%}
            union
            {{ replaced(
                'stg_ocpi__connector_status', key, which='now.status is distinct from before.status'
            ) }}
        {% endif -%}
    ),
{% endfor %}

{% for level in ['connector', 'location', 'tariff'] %}
    {{ level }}_moved as (
        {{ replaced(levels[level][1], levels[level][0]) }}
    ),
{% endfor %}

-- Of a changed object the last_updated on its day and on the day before: one version or two.
{% for level, (key, freshness) in levels.items() %}
    {{ level }}_dated as (
        select
            changed.snapshot_date,
            {{ columns_of('changed', key) }},
            -- A last_updated that is not there cannot have been left behind.
            count(version.last_updated) = count(*)
            and min(version.last_updated) = max(version.last_updated) as is_silent
        from {{ level }}_changed as changed
        {{ joined_to_few(
            freshness,
            same('changed', 'version', key)
                ~ ' and changed.snapshot_date >= version.valid_from'
                ~ ' and (version.valid_to is null or changed.snapshot_date <= version.valid_to)'
        ) }}
        group by changed.snapshot_date, {{ columns_of('changed', key) }}
        -- What was not there before is new, and its children with it.
        having
            bool_or(version.valid_from < changed.snapshot_date)
            and bool_or(coalesce(version.valid_to > changed.snapshot_date, true))
    ),
{% endfor %}

-- Its figures may move the last_updated of a connector; that they do is not asked for.
connector_stirred as (
    {{ belonging_replaced('stg_ocpi__connector_status', connector_key) }}
),

-- The last_updated of a location follows all that is in it. The status of an EVSE stands 1:1 beside
-- it, and so does the freshness of a connector: one that ends and has no successor went with it.
location_stirred as (
    {% for relation, days in [
        ('evse_status', ['valid_from']),
        ('evse', ['valid_to']),
        ('connector_freshness', ['valid_from']),
        ('connector', ['valid_to']),
        ('connector_status', ['valid_from', 'valid_to']),
    ] %}
        {{ belonging_replaced('stg_ocpi__' ~ relation, location_key, days) }}
        union
    {% endfor %}
    {% for level in ['evse', 'connector'] %}
        select
            snapshot_date,
            {{ columns_of(level ~ '_changed', location_key) }}
        from {{ level }}_changed
        {{ 'union' if not loop.last }}
    {% endfor %}
),

told as (
    select
        snapshot_date,
        source,
        party,
        location_id,
        null as tariff_id,
        'evse_status' as level,
        'changed' as kind,
        is_silent as is_faulty,
        case when is_silent then location_id || '/' || evse_uid end as object_id
    from status_changed
    {% for level, (key, freshness) in levels.items() %}
        union all
        select
            dated.snapshot_date,
            dated.source,
            dated.party,
            {{ 'null as location_id, dated.tariff_id' if level == 'tariff'
                else 'dated.location_id, null as tariff_id' }},
            '{{ level }}' as level,
            'changed' as kind,
            dated.is_silent as is_faulty,
            case when dated.is_silent then dated.{{ key[2:] | join(" || '/' || dated.") }} end as object_id
        from {{ level }}_dated as dated
    {% endfor %}
    -- Not of EVSEs: between two nights a status may have changed and come back.
    {% for level in ['connector', 'location', 'tariff'] %}
        {%- set key = levels[level][0] %}
        union all
        select
            moved.snapshot_date,
            moved.source,
            moved.party,
            {{ 'null as location_id, moved.tariff_id' if level == 'tariff'
                else 'moved.location_id, null as tariff_id' }},
            '{{ level }}' as level,
            'moved' as kind,
            changed.source is null
            {%- if level != 'tariff' %} and stirred.source is null{% endif %} as is_faulty,
            moved.{{ key[2:] | join(" || '/' || moved.") }} as object_id
        from {{ level }}_moved as moved
        left join {{ level }}_changed as changed
            on
                moved.snapshot_date = changed.snapshot_date
                and {{ same('moved', 'changed', key) }}
        {% if level != 'tariff' -%}
            left join {{ level }}_stirred as stirred
                on
                    moved.snapshot_date = stirred.snapshot_date
                    and {{ same('moved', 'stirred', key) }}
        {% endif -%}
    {% endfor %}
),

owned as (
    select
        told.*,
        coalesce(span.operator_id, referrer.operator_id, 'unknown') as operator_id,
        coalesce(span.country, referrer.country, 'unknown') as country
    from told
    left join {{ ref('location_span') }} as span
        on
            {{ same('told', 'span', location_key) }}
            and {{ is_true_on('span', 'told.snapshot_date') }}
    left join {{ ref('tariff_referrer') }} as referrer
        on
            told.snapshot_date = referrer.snapshot_date
            and {{ same('told', 'referrer', tariff_key) }}
)

select
    snapshot_date,
    source,
    operator_id,
    country,
    level,
    count(*) filter (where kind = 'changed') as changed,
    count(*) filter (where kind = 'changed' and is_faulty) as silent,
    min(object_id collate "C") filter (where kind = 'changed' and is_faulty) as silent_example,
    case when level not in ('evse_status', 'evse') then count(*) filter (where kind = 'moved') end as moved,
    case
        when level not in ('evse_status', 'evse') then count(*) filter (where kind = 'moved' and is_faulty)
    end as empty_moves,
    min(object_id collate "C") filter (where kind = 'moved' and is_faulty) as empty_example
from owned
group by snapshot_date, source, operator_id, country, level
