-- Grain: content of price lists, basket and, where the content names dates, week in which it was in
-- use. Of what the engine has to say the cost.
with

content as (
    select * from {{ ref('price_content') }}
),

basket as (
    select
        basket,
        energy_wh::numeric as energy_wh,
        charging_s::numeric as charging_s,
        parking_s::numeric as parking_s,
        weekday,
        {{ second_of_day('start_time', 0) }} as start_s,
        current_a::numeric as current_a,
        energy_wh * 3.6 / charging_s as power_kw
    from {{ ref('price_basket') }}
),

-- Mondays of the weeks in which a content with dates was in use.
week as (
    select
        content.content_key,
        weeks.monday::date as monday
    from content
    cross join
        generate_series(
            date_trunc('week', content.first_day::timestamp),
            content.last_day::timestamp,
            interval '7 days'
        ) as weeks (monday)
    where content.has_dates
)

select
    md5(concat_ws(chr(10), content.content_key, basket.basket, week.monday))::uuid as case_id,
    content.content_key,
    content.has_dates,
    content.min_price_excl_vat,
    content.min_price_incl_vat,
    content.max_price_excl_vat,
    content.max_price_incl_vat,
    basket.*,
    week.monday + basket.weekday - 1 as basket_date,
    -- Any Monday will do where no date is asked for.
    coalesce(week.monday, '2001-01-01'::date) + basket.weekday - 1 as first_date,
    basket.charging_s * basket.energy_wh as charged_at,
    (basket.charging_s + basket.parking_s) * basket.energy_wh as ended_at
from content
cross join basket
left join week using (content_key)
