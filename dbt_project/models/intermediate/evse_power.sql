-- Grain: an EVSE and the days on which its strongest connector stays as it is. Only one connector of
-- an EVSE can be used at a time: the strongest is the EVSE's power, never their sum.
-- Postgres takes the EVSEs of several connectors for a handful, and 12,000 rows for every row of 6,000
-- were a minute: no nested loops here.
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook=[plan_without('nestloop'), '{{ forget_moved() }}']
    )
}}

with

connector as (
    select
        source,
        party,
        location_id,
        evse_uid,
        connector_id,
        valid_from,
        valid_to,
        power_type,
        power_kw,
        power_method,
        power_reason,
        power_band
    from {{ ref('connector_power') }}
    where {{ is_moved('source, party, location_id, evse_uid') }}
),

-- Few: one EVSE in a hundred of the Dutch feed. The versions of all others are the EVSE's.
several as (
    select
        source,
        party,
        location_id,
        evse_uid
    from connector
    group by source, party, location_id, evse_uid
    having min(connector_id) <> max(connector_id)
),

one_of_several as (
    select connector.*
    from connector
    inner join several using (source, party, location_id, evse_uid)
),

change_day as (
    select
        source,
        party,
        location_id,
        evse_uid,
        valid_from as from_day
    from one_of_several
    union
    select
        source,
        party,
        location_id,
        evse_uid,
        valid_to as from_day
    from one_of_several
    where valid_to is not null
),

span as (
    select
        source,
        party,
        location_id,
        evse_uid,
        from_day,
        lead(from_day) over (
            partition by source, party, location_id, evse_uid order by from_day
        ) as to_day
    from change_day
),

strongest as (
    select distinct on (source, party, location_id, evse_uid, span.from_day)
        one_of_several.*,
        span.from_day,
        span.to_day
    from span
    inner join one_of_several using (source, party, location_id, evse_uid)
    where {{ is_true_on('one_of_several', 'span.from_day') }}
    order by
        source,
        party,
        location_id,
        evse_uid,
        span.from_day,
        one_of_several.power_kw desc nulls last,
        one_of_several.connector_id
)

select
    connector.source,
    connector.party,
    connector.location_id,
    connector.evse_uid,
    connector.connector_id,
    connector.valid_from,
    connector.valid_to,
    connector.power_type,
    connector.power_kw,
    connector.power_method,
    connector.power_reason,
    connector.power_band
from connector
left join several using (source, party, location_id, evse_uid)
where several.source is null
union all
select
    source,
    party,
    location_id,
    evse_uid,
    connector_id,
    from_day as valid_from,
    to_day as valid_to,
    power_type,
    power_kw,
    power_method,
    power_reason,
    power_band
from strongest
