-- Grain: state day and a counted physical EVSE at a place that goes by another name from that day on.
-- Few: a place that another operator runs from one night to the next.
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['state_date']}],
        pre_hook=plan_without('nestloop', 'mergejoin', 'indexscan')
    )
}}

with

renamed as (
    select
        later.source,
        later.party,
        later.location_id,
        later.valid_from as state_date,
        former.name as former_spelling,
        later.name as spelling,
        coalesce(former.ema_ids && later.ema_ids, false) as has_same_ema_id,
        former.ema_ids is not null and later.ema_ids is not null as has_ema_ids
    from {{ ref('stg_ocpi__location_party') }} as former
    inner join {{ ref('stg_ocpi__location_party') }} as later
        on
            former.source = later.source
            and former.party = later.party
            and former.location_id = later.location_id
            and former.role = later.role
            and former.valid_to = later.valid_from
    where
        former.role = 'operator'
        and {{ is_due('later.valid_from') }}
        and {{ is_due('former.valid_to') }}
        and former.name <> later.name
),

-- Some ten names stand for all places: read once each.
name as (
    select
        spelling,
        {{ name_slug('spelling') }} as slug
    from (
        select former_spelling as spelling from renamed
        union
        select spelling from renamed
    ) as spelt
),

-- Kept: else the planner gives all EVSEs all days to find the few of them that it names.
handed_over as materialized (
    select
        renamed.*,
        -- The last state day that shows the source as it was, however long it was out.
        day.source_state_date as former_date,
        former_name.slug as former_slug,
        name.slug
    from renamed
    inner join name as former_name on renamed.former_spelling = former_name.spelling
    inner join name on renamed.spelling = name.spelling
    inner join {{ ref('snapshot_day') }} as day
        on renamed.source = day.source and day.snapshot_date = renamed.state_date - 1
    where former_name.slug <> name.slug
)

select
    handed_over.state_date,
    handed_over.source,
    handed_over.party,
    handed_over.location_id,
    now.evse_uid,
    now.physical_evse_key,
    now.power_kw,
    btrim(handed_over.former_spelling) as former_name,
    btrim(handed_over.spelling) as name,
    handed_over.former_slug,
    handed_over.slug,
    before.operator_id as former_operator_id,
    now.operator_id,
    handed_over.has_same_ema_id,
    handed_over.has_ema_ids
from handed_over
inner join {{ ref('physical_evse_span') }} as now
    on
        handed_over.source = now.source
        and handed_over.party = now.party
        and handed_over.location_id = now.location_id
        and {{ is_in_span('now', 'handed_over.state_date') }}
-- The same EVSE, for bare location ids collide: 20 of them named another operator five days later
-- in the Dutch feed, each time the operator of another place.
inner join {{ ref('physical_evse_span') }} as before
    on
        now.source = before.source
        and now.party = before.party
        and now.location_id = before.location_id
        and now.evse_uid = before.evse_uid
        and {{ is_in_span('before', 'handed_over.former_date') }}
where
    {{ is_of_week_of('now', 'state_date', 'handed_over') }}
    and {{ is_of_week_of('before', 'former_date', 'handed_over') }}
    and now.is_survivor
    and now.is_counted
    and now.operator_id <> 'unknown'
    and before.operator_id <> 'unknown'
