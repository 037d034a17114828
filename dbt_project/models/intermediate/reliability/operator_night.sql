-- Grain: snapshot_date, operator_id, country. What was seen of an operator that night, and what
-- should have been: a source without a snapshot is scheduled with what it had, for up to a year, but
-- for what another source shows by then.
{{ config(materialized='daily', indexes=[{'columns': ['snapshot_date']}]) }}

with

night as (
    select
        snapshot_date,
        source,
        case when is_carried then source_state_date else source_snapshot_date end as shown_date,
        days_since_snapshot,
        is_loaded,
        is_carried
    from {{ ref('snapshot_day') }}
    where {{ is_due('snapshot_date') }} and days_since_snapshot <= 365
),

shown as (
    select distinct
        source,
        shown_date
    from night
),

-- From the cube itself, not from operator_day, which would add up every day there is.
spelling as (
    select
        evse_day.state_date,
        evse_day.source,
        evse_day.operator_id,
        evse_day.country,
        evse_day.operator_name,
        sum(evse_day.published_evses) as published_evses,
        {%- for name, seen in [
            ('up', "evse_day.observation_class = 'U'"),
            ('down', "evse_day.observation_class = 'D'"),
            ('unknown', "evse_day.observation_class = 'K'"),
            ('fresh_evses', 'evse_day.is_fresh'),
            ('zombies', is_zombie('evse_day.observation_reason', 'evse_day.status')),
        ] %}
            coalesce(sum(evse_day.evses) filter (where {{ seen }}), 0) as {{ name }},
        {%- endfor %}
        sum(evse_day.evses) as evses
    from {{ ref('evse_day') }} as evse_day
    inner join shown on evse_day.source = shown.source and evse_day.state_date = shown.shown_date
    group by
        evse_day.state_date,
        evse_day.source,
        evse_day.operator_id,
        evse_day.country,
        evse_day.operator_name
),

-- While a source is carried, its EVSEs and those of the others are told apart day by day.
elsewhere as (
    select
        night.snapshot_date,
        spoken_elsewhere.operator_id,
        spoken_elsewhere.country,
        sum(spoken_elsewhere.evses) as evses
    from night
    inner join {{ ref('spoken_elsewhere') }} as spoken_elsewhere using (snapshot_date, source)
    where not night.is_carried
    group by night.snapshot_date, spoken_elsewhere.operator_id, spoken_elsewhere.country
)

select
    night.snapshot_date,
    spelling.operator_id,
    spelling.country,
    (array_agg(
        spelling.operator_name
        order by spelling.published_evses desc, spelling.source, spelling.operator_name
    ))[1] as operator_name,
    bool_or(night.is_carried) as is_carried,
    max(night.days_since_snapshot) as days_since_snapshot,
    {%- for name in ['up', 'down', 'unknown', 'fresh_evses', 'zombies'] %}
        coalesce(sum(spelling.{{ name }}) filter (where night.is_loaded), 0)::bigint as {{ name }},
    {%- endfor %}
    (sum(spelling.evses) - coalesce(min(elsewhere.evses), 0))::bigint as scheduled
from night
inner join spelling
    on night.shown_date = spelling.state_date and night.source = spelling.source
left join elsewhere
    on
        night.snapshot_date = elsewhere.snapshot_date
        and spelling.operator_id = elsewhere.operator_id
        and spelling.country = elsewhere.country
group by night.snapshot_date, spelling.operator_id, spelling.country
having sum(spelling.evses) > coalesce(min(elsewhere.evses), 0)
