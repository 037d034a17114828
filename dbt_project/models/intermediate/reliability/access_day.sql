-- Grain: state day, source, operator, country, whether of 50 kW, state and access hours. The cube
-- that hours are counted from: of EVSEs observed that day alone, by the state that is believed.
-- Most spans are alike: hashed, not sorted.
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['state_date']}],
        pre_hook=plan_without('nestloop', 'mergejoin', 'sort', 'incremental_sort', 'indexscan')
    )
}}

{%- set words = ['source', 'operator_id', 'country', 'is_50_kw', 'state', 'hours_basis',
    'access_hours_per_week'] %}

with

{{ due_source_days('is_loaded') }},

told as (
    select
        span.state_week,
        span.from_date,
        span.last_date,
        span.source,
        span.party,
        span.location_id,
        span.operator_id,
        span.country,
        {{ is_50_kw('span.power_kw') }} as is_50_kw,
        {{ state_of_hours('span.observation_class', 'span.status') }} as state,
        span.observation_reason not in ('unverified', 'no_last_updated') as is_fresh
    from {{ ref('evse_span') }} as span
    where
        {{ is_of_due_week('span') }}
        and span.is_survivor
        and span.is_counted
),

access as (
    select
        location_access.*,
        lag(valid_to) over versions as former_to,
        lead(valid_from) over versions as next_from
    from {{ ref('location_access') }} as location_access
    window versions as (partition by source, party, location_id order by valid_from)
),

-- Before, between and after its versions nothing is known.
access_part as (
    select
        access.source,
        access.party,
        access.location_id,
        part.hours_basis,
        part.access_hours_per_week,
        part.from_date,
        part.last_date
    from access
    cross join
        lateral (
            values
            (
                access.valid_from,
                coalesce(access.valid_to - 1, 'infinity'),
                access.hours_basis,
                access.access_hours_per_week
            ),
            (coalesce(access.former_to, '-infinity'), access.valid_from - 1, 'unknown', 168),
            (access.valid_to, case when access.next_from is null then 'infinity'::date end, 'unknown', 168)
        ) as part (from_date, last_date, hours_basis, access_hours_per_week)
    where part.from_date <= part.last_date
),

span as (
    select
        told.state_week,
        greatest(told.from_date, access_part.from_date) as from_date,
        least(told.last_date, access_part.last_date) as last_date,
        told.source,
        told.operator_id,
        told.country,
        told.is_50_kw,
        told.state,
        coalesce(access_part.hours_basis, 'unknown') as hours_basis,
        coalesce(access_part.access_hours_per_week, 168) as access_hours_per_week,
        count(*) as evses,
        count(*) filter (where told.is_fresh) as fresh_evses
    from told
    left join access_part
        on
            told.source = access_part.source
            and told.party = access_part.party
            and told.location_id = access_part.location_id
            and told.last_date >= access_part.from_date
            and told.from_date <= access_part.last_date
    group by
        told.state_week,
        greatest(told.from_date, access_part.from_date),
        least(told.last_date, access_part.last_date),
        told.source,
        told.operator_id,
        told.country,
        told.is_50_kw,
        told.state,
        coalesce(access_part.hours_basis, 'unknown'),
        coalesce(access_part.access_hours_per_week, 168)
)

select
    day.state_date,
    {%- for word in words %}
        span.{{ word }},
    {%- endfor %}
    sum(span.evses)::bigint as evses,
    sum(span.fresh_evses)::bigint as fresh_evses
from span
inner join day
    on
        {{ is_day_of('span') }}
group by
    day.state_date,
{%- for word in words %}
    span.{{ word }}{{ ',' if not loop.last }}
{%- endfor %}
