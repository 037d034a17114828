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
{#- Whole tables joined, of sizes that the planner cannot guess: with loops it ran for over 9 minutes. #}
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['snapshot_date']}],
        pre_hook='set local enable_nestloop = off'
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

evse_changed as (
    {{ replaced('stg_ocpi__evse', evse_key) }}
),

-- A set of references has no versions of its own.
connector_changed as (
    {{ replaced('stg_ocpi__connector', connector_key) }}
    union
    {{ belonging_replaced('stg_ocpi__connector_tariff', connector_key) }}
),

location_changed as (
    {{ replaced('stg_ocpi__location', location_key) }}
    union
    {{ belonging_replaced('stg_ocpi__location_party', location_key) }}
),

tariff_changed as (
    {{ replaced('stg_ocpi__tariff', tariff_key) }}
    union
    {{ belonging_replaced('stg_ocpi__tariff_element', tariff_key) }}
    union
    {{ belonging_replaced('stg_ocpi__price_component', tariff_key) }}
),

{% for level in ['connector', 'location', 'tariff'] %}
    {{ level }}_moved as (
        {{ replaced(levels[level][1], levels[level][0]) }}
    ),
{% endfor %}

changed as (
    select
        snapshot_date,
        source,
        party,
        location_id,
        null as tariff_id,
        'evse_status' as level,
        location_id || '/' || evse_uid as object_id,
        is_silent,
        evse_uid as silent_evse_uid
    from status_changed
    {% for level, (key, freshness) in levels.items() %}
        union all
        select
            changed.snapshot_date,
            changed.source,
            changed.party,
            {{ 'null as location_id, changed.tariff_id' if level == 'tariff'
                else 'changed.location_id, null as tariff_id' }},
            '{{ level }}' as level,
            changed.{{ key[2:] | join(" || '/' || changed.") }} as object_id,
            -- A last_updated that is not there cannot have been left behind.
            now.last_updated = before.last_updated as is_silent,
            null as silent_evse_uid
        from {{ level }}_changed as changed
        -- What was not there before is new, and its children with it.
        inner join {{ ref(freshness) }} as now
            on
                {{ same('changed', 'now', key) }}
                and {{ is_true_on('now', 'changed.snapshot_date') }}
        inner join {{ ref(freshness) }} as before
            on
                {{ same('changed', 'before', key) }}
                and {{ is_true_on('before', '(changed.snapshot_date - 1)') }}
    {% endfor %}
),

-- Not of EVSEs: between two nights a status may have changed and come back.
moved as (
    {% for level in ['connector', 'location', 'tariff'] %}
        {%- set key = levels[level][0] %}
        select
            moved.snapshot_date,
            moved.source,
            moved.party,
            {{ 'null as location_id, moved.tariff_id' if level == 'tariff'
                else 'moved.location_id, null as tariff_id' }},
            '{{ level }}' as level,
            moved.{{ key[2:] | join(" || '/' || moved.") }} as object_id,
            not exists (
                select 1
                from {{ level }}_changed as changed
                where
                    changed.snapshot_date = moved.snapshot_date
                    and {{ same('changed', 'moved', key) }}
            )
            {% if level == 'location' -%}
                -- That of a location follows all that is in it.
                {% for relation in ['stg_ocpi__evse_status', 'stg_ocpi__connector_freshness'] %}
                    {% for day in ['valid_from', 'valid_to'] %}
                        and not exists (
                            select 1
                            from {{ ref(relation) }} as version
                            where
                                {{ same('version', 'moved', key) }}
                                and version.{{ day }} = moved.snapshot_date
                                and {{ is_due('version.' ~ day) }}
                        )
                    {% endfor %}
                {% endfor %}
            {%- endif %} as is_empty
        from {{ level }}_moved as moved
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

told as (
    select
        snapshot_date,
        source,
        party,
        location_id,
        tariff_id,
        level,
        count(*) as changed,
        count(*) filter (where is_silent) as silent,
        min(object_id collate "C") filter (where is_silent) as silent_example,
        array_agg(silent_evse_uid) filter (where is_silent and level = 'evse_status') as silent_evse_uids,
        0 as moved,
        0 as empty_moves,
        null as empty_example
    from changed
    group by snapshot_date, source, party, location_id, tariff_id, level
    union all
    select
        snapshot_date,
        source,
        party,
        location_id,
        tariff_id,
        level,
        0 as changed,
        0 as silent,
        null as silent_example,
        null as silent_evse_uids,
        count(*) as moved,
        count(*) filter (where is_empty) as empty_moves,
        min(object_id collate "C") filter (where is_empty) as empty_example
    from moved
    group by snapshot_date, source, party, location_id, tariff_id, level
),

owned as (
    select
        told.*,
        coalesce(span.operator_id, referrer.operator_id, 'unknown') as operator_id,
        coalesce(span.country, referrer.country, 'unknown') as country,
        unverified.evses as silent_unverified
    from told
    left join {{ ref('location_span') }} as span
        on
            {{ same('told', 'span', location_key) }}
            and {{ is_true_on('span', 'told.snapshot_date') }}
    left join {{ ref('tariff_referrer') }} as referrer
        on
            told.snapshot_date = referrer.snapshot_date
            and {{ same('told', 'referrer', tariff_key) }}
    -- Few: a step through the index each.
    left join lateral (
        select count(*) as evses
        from unnest(told.silent_evse_uids) as silent (evse_uid)
        inner join {{ ref('physical_evse') }} as physical_evse
            on
                {{ same('told', 'physical_evse', location_key) }}
                and silent.evse_uid = physical_evse.evse_uid
                and told.snapshot_date = physical_evse.state_date
        where physical_evse.is_survivor and physical_evse.observation_reason = 'unverified'
    ) as unverified on told.silent_evse_uids is not null
)

select
    snapshot_date,
    source,
    operator_id,
    country,
    level,
    sum(changed)::bigint as changed,
    sum(silent)::bigint as silent,
    coalesce(sum(silent_unverified), 0)::bigint as silent_unverified,
    min(silent_example collate "C") as silent_example,
    case when level not in ('evse_status', 'evse') then sum(moved)::bigint end as moved,
    case when level not in ('evse_status', 'evse') then sum(empty_moves)::bigint end as empty_moves,
    min(empty_example collate "C") as empty_example
from owned
group by snapshot_date, source, operator_id, country, level
