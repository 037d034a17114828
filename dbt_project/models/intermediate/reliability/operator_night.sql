-- Grain: snapshot_date, operator_id, country. What was seen of an operator that night, and what
-- should have been: a source without a snapshot is scheduled with what it had, for up to a year.
{{ config(materialized='daily', indexes=[{'columns': ['snapshot_date']}]) }}

with

night as (
    select
        snapshot_date,
        source,
        source_state_date,
        days_since_snapshot,
        is_loaded,
        is_carried
    from {{ ref('snapshot_day') }}
    where {{ is_due('snapshot_date') }} and days_since_snapshot <= 365
),

shown as (
    select distinct
        source,
        source_state_date
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
            ('up', "observation_class = 'U'"),
            ('down', "observation_class = 'D'"),
            ('unknown', "observation_class = 'K'"),
            ('fresh_evses', 'is_fresh'),
            ('zombies', "observation_reason = 'zombie'"),
        ] %}
            coalesce(sum(evse_day.evses) filter (where evse_day.{{ seen }}), 0) as {{ name }},
        {%- endfor %}
        sum(evse_day.evses) as evses
    from {{ ref('evse_day') }} as evse_day
    inner join shown on evse_day.source = shown.source and evse_day.state_date = shown.source_state_date
    group by
        evse_day.state_date,
        evse_day.source,
        evse_day.operator_id,
        evse_day.country,
        evse_day.operator_name
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
    sum(spelling.evses)::bigint as scheduled
from night
inner join spelling
    on night.source_state_date = spelling.state_date and night.source = spelling.source
group by night.snapshot_date, spelling.operator_id, spelling.country
having sum(spelling.evses) > 0
