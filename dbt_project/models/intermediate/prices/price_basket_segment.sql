-- Grain: a stretch of a basket during which every restriction of a content holds or does not. The
-- session is a line of positions, in s x Wh of the basket: thresholds of time and of energy are both
-- exact there. Wall clock of the location, so that no zone is needed.
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ forget_gone('case_id', 'price_basket_case') }}"
    )
}}

with

basket_case as (
    select *
    from {{ ref('price_basket_case') }}
    where {{ is_missing('case_id') }}
),

restriction as (
    select distinct
        content_key,
        start_s,
        end_s,
        min_kwh,
        max_kwh,
        min_duration_s,
        max_duration_s
    from {{ ref('price_content_component') }}
),

breakpoint as (
    select
        case_id,
        0::numeric as begins_at
    from basket_case
    union
    select
        case_id,
        charged_at as begins_at
    from basket_case
    union
    select
        basket_case.case_id,
        moments.begins_at
    from basket_case
    inner join restriction using (content_key)
    cross join
        lateral (
            values
            (restriction.min_duration_s * basket_case.energy_wh),
            (restriction.max_duration_s * basket_case.energy_wh),
            (restriction.min_kwh * 1000 * basket_case.charging_s),
            (restriction.max_kwh * 1000 * basket_case.charging_s)
        ) as moments (begins_at)
    union
    select
        basket_case.case_id,
        (moments.second_of_day + days.day_number * 86400 - basket_case.start_s) * basket_case.energy_wh
            as begins_at
    from basket_case
    inner join restriction using (content_key)
    cross join
        lateral (
            values (0), (restriction.start_s), (restriction.end_s)
        ) as moments (second_of_day)
    cross join lateral generate_series(
        0, div(basket_case.start_s + basket_case.charging_s + basket_case.parking_s, 86400)::integer
    ) as days (day_number)
)

select
    basket_case.case_id,
    basket_case.content_key,
    basket_case.energy_wh,
    basket_case.charging_s,
    breakpoint.begins_at,
    lead(breakpoint.begins_at, 1, basket_case.ended_at) over (
        partition by basket_case.case_id order by breakpoint.begins_at
    ) as ends_at,
    breakpoint.begins_at >= basket_case.charged_at as is_parking,
    least(breakpoint.begins_at, basket_case.charged_at) as charged_until,
    -- A car that does not charge draws nothing.
    case when breakpoint.begins_at >= basket_case.charged_at then 0 else basket_case.power_kw end
        as power_kw,
    case when breakpoint.begins_at >= basket_case.charged_at then 0 else basket_case.current_a end
        as current_a,
    basket_case.first_date
    + div(
        basket_case.start_s * basket_case.energy_wh + breakpoint.begins_at, 86400 * basket_case.energy_wh
    )::integer
        as local_date,
    mod(basket_case.start_s * basket_case.energy_wh + breakpoint.begins_at, 86400 * basket_case.energy_wh)
        as local_time
from basket_case
inner join breakpoint using (case_id)
where breakpoint.begins_at >= 0 and breakpoint.begins_at < basket_case.ended_at
