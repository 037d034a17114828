-- Grain: state day, source, operator, country and how an EVSE counts. EVSEs for which a copy in another
-- source speaks, each once, by the first of its rows in this one: a source is judged by itself, and
-- publishes nothing twice by being one of two. evse_day has those for which the source itself speaks.
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['state_date']}],
        pre_hook=plan_without('nestloop', 'mergejoin')
    )
}}

with

{{ due_source_days() }},

-- Copies of one EVSE begin and end together (see evse_span), in the order in which they would speak.
copy as (
    select
        span.state_week,
        span.from_date,
        span.last_date,
        span.source,
        span.operator_id,
        span.country,
        span.status,
        span.observation_class,
        span.observation_reason,
        span.is_counted,
        row_number() over (
            partition by span.state_week, span.from_date, span.source, span.own_key collate "C"
            order by span.last_updated desc nulls last, {{ member_key('span') }} collate "C"
        ) as place
    from {{ ref('evse_span') }} as span
    where
        not span.is_survivor
        and {{ is_of_due_week('span') }}
        and not exists (
            select 1
            from {{ ref('evse_span') }} as survivor
            where
                survivor.is_survivor
                and {{ is_of_due_week('survivor') }}
                and {{ same('span', 'survivor', ['state_week', 'from_date', 'source', 'own_key']) }}
        )
)

select
    day.state_date,
    day.is_loaded as is_observed,
    copy.source,
    copy.operator_id,
    copy.country,
    copy.status,
    copy.observation_class,
    copy.observation_reason not in ('unverified', 'no_last_updated') as is_fresh,
    count(*) as evses
from copy
inner join day
    on
        {{ is_day_of('copy') }}
where copy.place = 1 and copy.is_counted
group by
    day.state_date,
    day.is_loaded,
    copy.source,
    copy.operator_id,
    copy.country,
    copy.status,
    copy.observation_class,
    copy.observation_reason not in ('unverified', 'no_last_updated')
