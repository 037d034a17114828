-- Grain: content of price lists, basket and, where the content names dates, date of the basket. What
-- the basket costs: OCPI's tariff engine. Exact until the last step: amounts are counted in
-- 1 / (s x Wh x 3,600,000) of the currency.
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        indexes=[{'columns': ['content_key']}],
        pre_hook="{{ forget_gone('case_id', 'price_basket_case') }}"
    )
}}

with

component as (
    select * from {{ ref('price_content_component') }}
),

basket_case as (
    select *
    from {{ ref('price_basket_case') }}
    where {{ is_missing('case_id') }}
),

segment as (
    select *
    from {{ ref('price_basket_segment') }}
    where {{ is_missing('case_id') }}
),

-- NULL is undecided: the basket has no current, or a restriction cannot be read.
judged as (
    select
        segment.case_id,
        segment.begins_at,
        segment.ends_at,
        segment.is_parking,
        component.element_index,
        component.component_index,
        component.dimension,
        component.unit,
        component.price_excl_vat,
        component.price_incl_vat,
        component.vat_percent,
        component.step_size,
        segment.current_a is null
        and (component.min_current_a is not null or component.max_current_a is not null) as is_by_current,
        case
            when component.start_s < 0 or component.end_s < 0 then null
            when component.start_s < component.end_s
                then
                    segment.local_time >= component.start_s * segment.energy_wh
                    and segment.local_time < component.end_s * segment.energy_wh
            -- Ends on the day after.
            else
                segment.local_time >= component.start_s * segment.energy_wh
                or segment.local_time < component.end_s * segment.energy_wh
        end
        and (component.start_date is null or segment.local_date >= component.start_date)
        and (component.end_date is null or segment.local_date < component.end_date)
        and (
            component.days_of_week is null
            or ({{ weekdays() }})[extract(isodow from segment.local_date)::integer]
            = any(component.days_of_week)
            or case when component.days_of_week <@ {{ weekdays() }} then false end
        )
        and (
            component.min_duration_s is null
            or segment.begins_at >= component.min_duration_s * segment.energy_wh
        )
        and (
            component.max_duration_s is null
            or segment.begins_at < component.max_duration_s * segment.energy_wh
        )
        and (
            component.min_kwh is null
            or segment.charged_until >= component.min_kwh * 1000 * segment.charging_s
        )
        and (
            component.max_kwh is null or segment.charged_until < component.max_kwh * 1000 * segment.charging_s
        )
        and (component.min_power_kw is null or segment.power_kw >= component.min_power_kw)
        and (component.max_power_kw is null or segment.power_kw < component.max_power_kw)
        and (component.min_current_a is null or segment.current_a >= component.min_current_a)
        and (component.max_current_a is null or segment.current_a < component.max_current_a)
        and case when component.unreadable_restrictions is null then true end
            as holds
    from segment
    inner join component using (content_key)
    where
        component.reservation is null
        -- TIME is time charging, PARKING_TIME is time not charging.
        and case component.dimension
            when 'ENERGY' then not segment.is_parking
            when 'TIME' then not segment.is_parking
            when 'PARKING_TIME' then segment.is_parking
            else true
        end
),

-- The first element whose restrictions hold, for each dimension by itself.
active as (
    select distinct on (case_id, begins_at, dimension) *
    from judged
    where holds is not false
    order by case_id, begins_at, dimension, element_index, component_index
),

-- A fee per session is paid once, as it is when first asked for. What is priced by quantity may end,
-- where no element prices it, and begin again.
charged as (
    select
        active.*,
        row_number() over stretches as place_in_dimension,
        coalesce(begins_at > lag(ends_at) over stretches, false) as begins_again
    from active
    window stretches as (partition by case_id, dimension order by begins_at)
),

numbered as (
    select
        charged.*,
        count(*) filter (where begins_again) over (
            partition by case_id, dimension order by begins_at
        ) as run_number
    from charged
),

line as (
    select
        case_id,
        dimension,
        run_number,
        element_index,
        component_index,
        unit,
        vat_percent,
        step_size,
        sum(ends_at - begins_at) as quantity,
        max(begins_at) as last_begins_at,
        coalesce(price_excl_vat, case when price_incl_vat = 0 then 0 end) as price_excl_vat,
        coalesce(
            price_incl_vat,
            case when price_excl_vat = 0 then 0 end,
            price_excl_vat * (100 + vat_percent) * 0.01
        ) as price_incl_vat,
        bool_or(holds is null and is_by_current) as is_undecided_by_current,
        bool_or(holds is null) as is_undecided
    from numbered
    where dimension is distinct from 'FLAT' or place_in_dimension = 1
    group by
        case_id,
        dimension,
        run_number,
        element_index,
        component_index,
        unit,
        vat_percent,
        step_size,
        price_excl_vat,
        price_incl_vat
),

-- step_size rounds up where a dimension ends, the whole from where it began, by the component that
-- was last in it (OCPI 2.2; by 2.2.1 charging time that paid parking follows is not rounded).
rounded as (
    select
        line.*,
        case
            when line.dimension in ('TIME', 'PARKING_TIME', 'ENERGY')
                then
                    line.step_size
                    * case
                        when line.dimension = 'ENERGY' then basket_case.charging_s else basket_case.energy_wh
                    end
        end as step,
        sum(line.quantity) over run_of_dimension as total,
        line.last_begins_at = max(line.last_begins_at) over run_of_dimension as is_last,
        case line.dimension
            when 'ENERGY' then 3600 * basket_case.energy_wh
            when 'FLAT' then 3600000 * basket_case.energy_wh * basket_case.charging_s
            else 1000 * basket_case.charging_s
        end as share
    from line
    inner join basket_case using (case_id)
    window run_of_dimension as (partition by line.case_id, line.dimension, line.run_number)
),

billed as (
    select
        rounded.*,
        case
            when dimension = 'FLAT' then 1
            when is_last and step > 0 then quantity + mod(step - mod(total, step), step)
            else quantity
        end * share as billed
    from rounded
),

summed as (
    select
        case_id,
        case when bool_and(price_excl_vat is not null) then sum(price_excl_vat * billed) end as excl_vat,
        case when bool_and(price_incl_vat is not null) then sum(price_incl_vat * billed) end as incl_vat,
        {% for vat in ['excl', 'incl'] %}
            case
                when bool_and(price_{{ vat }}_vat is not null) filter (where dimension = 'ENERGY')
                    then sum(price_{{ vat }}_vat * billed) filter (where dimension = 'ENERGY')
            end as energy_{{ vat }}_vat,
        {% endfor %}
        bool_or(is_undecided_by_current) as is_undecided_by_current,
        bool_or(is_undecided) as is_undecided,
        bool_or(price_excl_vat is null and price_incl_vat is null) as is_price_missing,
        bool_or(coalesce(dimension not in ('ENERGY', 'TIME', 'PARKING_TIME', 'FLAT'), true))
            as is_dimension_unknown,
        bool_or(unit is null) as is_unit_unknown,
        bool_or(price_excl_vat < 0 or price_incl_vat < 0) as is_negative
    from billed
    group by case_id
),

stated as (
    select
        basket_case.case_id,
        basket_case.content_key,
        basket_case.basket,
        basket_case.basket_date,
        basket_case.energy_wh / 1000 as energy_kwh,
        basket_case.energy_wh * basket_case.charging_s * 3600000 as whole,
        basket_case.min_price_excl_vat
        * basket_case.energy_wh
        * basket_case.charging_s
        * 3600000 as min_excl_vat,
        basket_case.min_price_incl_vat
        * basket_case.energy_wh
        * basket_case.charging_s
        * 3600000 as min_incl_vat,
        basket_case.max_price_excl_vat
        * basket_case.energy_wh
        * basket_case.charging_s
        * 3600000 as max_excl_vat,
        basket_case.max_price_incl_vat
        * basket_case.energy_wh
        * basket_case.charging_s
        * 3600000 as max_incl_vat,
        summed.excl_vat,
        summed.incl_vat,
        summed.energy_excl_vat,
        summed.energy_incl_vat,
        case
            when summed.case_id is null and basket_case.has_dates then 'not_valid_on_day'
            when summed.case_id is null then 'no_element_applies'
            when summed.is_undecided_by_current then 'restricted_by_current'
            when summed.is_undecided then 'unreadable_restriction'
            when summed.is_dimension_unknown then 'unknown_dimension'
            when summed.is_unit_unknown then 'unknown_unit'
            when summed.is_price_missing then 'price_missing'
            when summed.is_negative then 'negative_price'
        end as unpriceable_reason
    from basket_case
    left join summed using (case_id)
),

-- A limit that takes effect without VAT and is not stated with it leaves the cost with VAT unknown,
-- and the other way round. So does one that may: where VAT is unknown it adds something, or nothing.
limited as (
    select
        stated.*,
        case
            when min_excl_vat is null and coalesce(incl_vat, excl_vat) < min_incl_vat then null
            when
                max_excl_vat is null
                and max_incl_vat is not null
                and coalesce(incl_vat > max_incl_vat, excl_vat > 0)
                then null
            when excl_vat is not null then least(greatest(excl_vat, min_excl_vat), max_excl_vat)
        end as limited_excl_vat,
        case
            when
                min_incl_vat is null
                and min_excl_vat is not null
                and coalesce(excl_vat < min_excl_vat, min_excl_vat > 0)
                then null
            when max_incl_vat is null and coalesce(excl_vat, incl_vat) > max_excl_vat then null
            when incl_vat is not null then least(greatest(incl_vat, min_incl_vat), max_incl_vat)
        end as limited_incl_vat
    from stated
),

reasoned as (
    select
        limited.*,
        case
            when unpriceable_reason is not null then unpriceable_reason
            when limited_excl_vat is null and limited_incl_vat is null then 'mixed_vat_basis'
        end as reason
    from limited
)

select
    case_id,
    content_key,
    basket,
    basket_date,
    -- Half a cent goes up.
    {% for vat in ['excl', 'incl'] %}
        case
            when reason is null
                then round(div(200 * limited_{{ vat }}_vat + whole, 2 * whole) * 0.01, 2)
        end as cost_{{ vat }}_vat,
    {% endfor %}
    {% for vat in ['excl', 'incl'] %}
        case when reason is null then round(energy_{{ vat }}_vat / (whole * energy_kwh), 6) end
            as energy_price_{{ vat }}_vat,
    {% endfor %}
    reason as unpriceable_reason
from reasoned
