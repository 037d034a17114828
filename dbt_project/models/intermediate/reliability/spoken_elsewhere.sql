-- Grain: snapshot_date, source that was not loaded for it, operator_id, country, is_50_kw and access
-- hours. The EVSEs that it showed last, for which another source speaks by then: they are scheduled
-- there, and no more here.
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['snapshot_date']}],
        pre_hook=plan_without('nestloop', 'mergejoin')
    )
}}
{%- set words = ['operator_id', 'country', 'is_50_kw', 'access_hours_per_week'] %}

with

silent as (
    select
        snapshot_date,
        source,
        source_snapshot_date,
        state_date
    from {{ ref('snapshot_day') }}
    where {{ is_due('snapshot_date') }} and not is_loaded and days_since_snapshot <= 365
),

shown as (
    select distinct
        source,
        source_snapshot_date
    from silent
),

last_shown as (
    select
        evse.source,
        evse.state_date as source_snapshot_date,
        evse.physical_evse_key,
        evse.operator_id,
        evse.country,
        {{ is_50_kw('evse.power_kw') }} as is_50_kw,
        coalesce(location_access.access_hours_per_week, 168) as access_hours_per_week
    from {{ ref('physical_evse') }} as evse
    inner join shown
        on evse.source = shown.source and evse.state_date = shown.source_snapshot_date
    left join {{ ref('location_access') }} as location_access
        on
            evse.source = location_access.source
            and evse.party = location_access.party
            and evse.location_id = location_access.location_id
            and {{ is_true_on('location_access', 'evse.state_date') }}
    where
        evse.is_survivor
        and evse.is_counted
        and {{ is_of_week_of('evse', 'source_snapshot_date', 'silent') }}
),

spoken as (
    select
        last_shown.source,
        last_shown.source_snapshot_date,
        {{ columns_of('last_shown', words) }},
        span.from_date,
        span.last_date,
        count(*) as evses
    from last_shown
    inner join {{ ref('physical_evse_span') }} as span
        on
            last_shown.physical_evse_key = span.physical_evse_key
            and last_shown.source <> span.source
            and last_shown.source_snapshot_date < span.last_date
    where
        span.is_survivor
        and {{ is_of_week_of('span', 'state_date', 'silent') }}
    group by
        last_shown.source,
        last_shown.source_snapshot_date,
        {{ columns_of('last_shown', words) }},
        span.from_date,
        span.last_date
)

select
    silent.snapshot_date,
    silent.source,
    {{ columns_of('spoken', words) }},
    sum(spoken.evses)::bigint as evses
from silent
inner join spoken
    on
        silent.source = spoken.source
        and silent.source_snapshot_date = spoken.source_snapshot_date
        and silent.state_date between spoken.from_date and spoken.last_date
group by
    silent.snapshot_date,
    silent.source,
    {{ columns_of('spoken', words) }}
