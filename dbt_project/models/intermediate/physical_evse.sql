-- Grain: a published EVSE (member) on a state day. Which members are one physical EVSE, which of
-- them speaks for it, and why each of the others does not. A view: what stays as it is is kept once.
-- Without a CTE: Postgres would compute the whole of it for whoever asks for a day.
{{ config(materialized='view') }}

select
    day.state_date,
    span.source,
    span.party,
    span.location_id,
    span.evse_uid,
    coalesce(rekeyed.physical_evse_key, span.own_key) as physical_evse_key,
    span.is_survivor,
    span.loser_reason,
    span.evse_id,
    span.has_emi3_id,
    span.is_id_at_several_places,
    span.override_kind,
    day.is_loaded as is_observed,
    day.observed_at,
    span.status,
    span.last_updated,
    span.is_fresh,
    span.is_zombie,
    span.is_counted,
    span.observation_class,
    span.observation_reason,
    span.country,
    span.operator_id,
    span.operator_name,
    span.owner_id,
    span.owner_name,
    span.is_public,
    span.power_kw,
    span.power_method,
    span.power_reason,
    span.power_band,
    span.own_key,
    span.from_date as same_from,
    span.last_date as same_to,
    span.state_week
from {{ ref('snapshot_day') }} as day
inner join {{ ref('evse_span') }} as span
    on
        day.source = span.source
        and day.state_week = span.state_week
        and day.state_date between span.from_date and span.last_date
left join {{ ref('evse_rekeyed') }} as rekeyed
    on day.state_date = rekeyed.state_date and span.own_key = rekeyed.own_key
where day.snapshot_date = day.state_date
