-- Grain: EVSE and a version of its status that is REMOVED, by itself or by all of its connectors.
with

removed_evse as (
    select distinct
        source,
        party,
        location_id,
        evse_uid
    from {{ ref('stg_ocpi__evse_status') }}
    where status = 'REMOVED'
),

-- REMOVED comes last among connectors: one of them is a condition, and there are few.
removed_connector as (
    select distinct
        source,
        party,
        location_id,
        evse_uid
    from {{ ref('stg_ocpi__connector_status') }}
    where status = 'REMOVED'
),

connector_status as (
    select connector_status.*
    from {{ ref('stg_ocpi__connector_status') }} as connector_status
    inner join removed_connector using (source, party, location_id, evse_uid)
),

change_day as (
    select
        source,
        party,
        location_id,
        evse_uid,
        valid_from as from_day
    from connector_status
    union
    select
        source,
        party,
        location_id,
        evse_uid,
        valid_to as from_day
    from connector_status
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

told as (
    select
        source,
        party,
        location_id,
        evse_uid,
        evse_status.valid_from,
        evse_status.valid_to,
        evse_status.status
    from {{ ref('stg_ocpi__evse_status') }} as evse_status
    inner join removed_evse using (source, party, location_id, evse_uid)
    union all
    select
        source,
        party,
        location_id,
        evse_uid,
        span.from_day as valid_from,
        span.to_day as valid_to,
        {{ status_of_connectors('connector_status.status') }} as status
    from span
    inner join connector_status using (source, party, location_id, evse_uid)
    where {{ is_true_on('connector_status', 'span.from_day') }}
    group by source, party, location_id, evse_uid, span.from_day, span.to_day
),

run as (
    select
        told.*,
        count(*) filter (where status is distinct from 'REMOVED') over (
            partition by source, party, location_id, evse_uid order by valid_from
        ) as run_number
    from told
)

select
    source,
    party,
    location_id,
    evse_uid,
    valid_from,
    valid_to,
    min(valid_from) over (partition by source, party, location_id, evse_uid, run_number) as removed_on
from run
where status = 'REMOVED'
