-- Grain: country, operator_id, power_band, as of the latest day. Publicly accessible points alone.
with

latest as (
    select
        source,
        source_state_date as state_date,
        max(snapshot_date) over () as snapshot_date
    from {{ ref('snapshot_day') }}
    where
        snapshot_date = (select max(day.snapshot_date) from {{ ref('snapshot_day') }} as day)
        and is_carried
),

-- By itself: joined with prices first it would be read for all days.
present as materialized (
    select
        latest.snapshot_date,
        evse.source,
        evse.party,
        evse.location_id,
        evse.evse_uid,
        evse.physical_evse_key,
        evse.country,
        evse.operator_id,
        evse.power_band,
        evse.power_kw,
        evse.is_fresh,
        evse.last_updated,
        evse.observed_at,
        evse.is_survivor and evse.is_counted and evse.is_public as is_public_survivor
    from {{ ref('physical_evse') }} as evse
    inner join latest using (source, state_date)
),

-- A price that any copy of the EVSE states is stated.
priced as (
    select
        member.physical_evse_key,
        bool_or(price.has_price_per_kwh) as has_price_per_kwh
    from present as member
    inner join {{ ref('evse_price_list') }} as price using (source, party, location_id, evse_uid)
    group by member.physical_evse_key
),

public_evse as (
    select
        survivor.snapshot_date,
        survivor.country,
        survivor.operator_id,
        label.operator_name,
        survivor.power_band,
        survivor.power_kw,
        {{ is_50_kw('survivor.power_kw') }} as is_50_kw,
        survivor.is_fresh,
        survivor.last_updated is null as has_no_last_updated,
        coalesce(survivor.last_updated < survivor.observed_at - interval '24 hours', false)
            as is_stale_24h,
        priced.physical_evse_key is null as is_missing_price,
        not coalesce(priced.has_price_per_kwh, false) as is_missing_price_per_kwh
    from present as survivor
    left join priced using (physical_evse_key)
    left join {{ ref('operator_power_daily') }} as label
        on
            survivor.snapshot_date = label.snapshot_date
            and survivor.country = label.country
            and survivor.operator_id = label.operator_id
    where survivor.is_public_survivor
)

select
    max(snapshot_date) as snapshot_date,
    country,
    operator_id,
    max(operator_name) as operator_name,
    power_band,
    count(*) as evses,
    coalesce(sum(power_kw), 0)::float8 as power_kw,
    count(*) filter (where power_kw is null) as missing_power_evses,
    count(*) filter (where not is_fresh) as unverified_evses,
    count(*) filter (where is_missing_price) as missing_price_evses,
    count(*) filter (where is_stale_24h) as stale_24h_evses,
    count(*) filter (where has_no_last_updated) as no_last_updated_evses,
    count(*) filter (where is_50_kw) as evses_50_kw,
    count(*) filter (where is_50_kw and is_missing_price) as evses_50_kw_missing_price,
    count(*) filter (where is_50_kw and not is_missing_price and is_missing_price_per_kwh)
        as evses_50_kw_priced_without_kwh,
    count(*) filter (where is_50_kw and is_missing_price_per_kwh) as evses_50_kw_without_price_per_kwh,
    count(*) filter (where is_50_kw and is_stale_24h) as evses_50_kw_stale_24h
from public_evse
group by country, operator_id, power_band
