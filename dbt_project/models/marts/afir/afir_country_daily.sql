-- Grain: snapshot_date, country. Public power installed against what AFIR asks for per vehicle.
{{ config(materialized='daily') }}

with

installed as (
    select
        day.snapshot_date,
        evse_day.country,
        sum(evse_day.evses) as evses,
        sum(evse_day.power_kw) as power_kw,
        sum(evse_day.evses_without_power) as evses_without_power,
        coalesce(sum(evse_day.power_kw) filter (where not evse_day.is_fresh), 0)
            as unverified_power_kw,
        max(day.days_since_snapshot) as days_since_snapshot
    from {{ ref('snapshot_day') }} as day
    inner join {{ ref('evse_day') }} as evse_day
        on day.state_date = evse_day.state_date and day.source = evse_day.source
    where day.is_carried and {{ is_due('day.snapshot_date') }} and evse_day.is_public
    group by day.snapshot_date, evse_day.country
),

registered as (
    select
        installed.*,
        registration.as_of,
        registration.bev,
        registration.phev,
        registration.source as registration_source,
        1.3 * registration.bev + 0.8 * registration.phev as required_kw
    from installed
    -- The latest count up to the day; a count of both kinds of vehicle or none.
    left join lateral (
        select
            vehicle_registration.as_of,
            vehicle_registration.bev,
            vehicle_registration.phev,
            vehicle_registration.source
        from {{ ref('vehicle_registration') }} as vehicle_registration
        where
            vehicle_registration.country = installed.country
            and vehicle_registration.as_of <= installed.snapshot_date
        order by vehicle_registration.as_of desc
        limit 1
    ) as registration on true
)

select
    snapshot_date,
    country,
    evses::bigint as evses,
    power_kw::float8 as power_kw,
    evses_without_power::bigint as evses_without_power,
    unverified_power_kw::float8 as unverified_power_kw,
    bev,
    phev,
    as_of as registered_as_of,
    snapshot_date - as_of as days_since_registration,
    registration_source,
    required_kw::float8 as required_kw,
    (power_kw - required_kw)::float8 as surplus_kw,
    (power_kw / nullif(required_kw, 0))::float8 as installed_to_required,
    case
        when as_of is null then 'no_registrations'
        when required_kw is null then 'incomplete_registrations'
    end as target_reason,
    days_since_snapshot
from registered
