-- Grain: a defect and the object of the last snapshot that has it, with what it costs. Objects of one
-- defect are looked for once; how many there are of what is said in quality_defect.
-- Every join is one of whole tables by their key, of sizes that the planner cannot guess.
{{ config(pre_hook=plan_without('nestloop', 'mergejoin')) }}

with

snapshot as (
    select * from {{ ref('quality_snapshot') }}
),

published as (
    select
        physical_evse.source,
        physical_evse.party,
        physical_evse.location_id,
        physical_evse.evse_uid,
        physical_evse.operator_id,
        physical_evse.country,
        physical_evse.physical_evse_key,
        physical_evse.evse_id,
        physical_evse.has_emi3_id,
        physical_evse.is_id_at_several_places,
        physical_evse.is_survivor,
        physical_evse.is_counted,
        physical_evse.observation_reason,
        physical_evse.observation_class,
        physical_evse.last_updated,
        physical_evse.power_kw,
        physical_evse.power_method,
        physical_evse.power_reason,
        snapshot.observed_at,
        snapshot.snapshot_date
    from {{ ref('physical_evse') }} as physical_evse
    inner join snapshot
        on
            physical_evse.source = snapshot.source
            and physical_evse.state_date = snapshot.state_date
    where {{ is_of_week_of('physical_evse', 'state_date', 'snapshot') }}
),

evse as materialized (
    select
        published.*,
        -- In the order in which copies would speak, were their source the only one.
        row_number() over (
            partition by source, physical_evse_key collate "C"
            order by last_updated desc nulls last, {{ member_key('published') }} collate "C"
        ) > 1 as is_copy_in_source
    from published
),

-- Of an EVSE: dangling, ambiguous and good references.
referred as (
    select
        source,
        party,
        location_id,
        evse_uid,
        count(*) filter (where resolution_method = 'no_such_tariff') as dangling,
        count(*) filter (where resolution_method = 'ambiguous_id') as ambiguous
    from {{ ref('tariff_reference') }}
    group by source, party, location_id, evse_uid
),

with_tariffs as (
    select distinct source
    from {{ ref('stg_ocpi__tariff') }}
    where is_current
),

evse_judged as (
    select
        evse.*,
        referred.dangling,
        referred.ambiguous,
        price.source is not null as has_price,
        unnest(array_remove(
            array[
                case when evse.is_copy_in_source then 'duplicate_evse' end,
                case when evse.evse_id is null or evse.evse_id = '' then 'missing_evse_id' end,
                case when evse.evse_id <> '' and not evse.has_emi3_id then 'malformed_evse_id' end,
                case
                    when evse.last_updated > evse.observed_at + interval '1 hour' then 'future_last_updated'
                end,
                case when referred.dangling > 0 then 'dangling_tariff_reference' end,
                case when referred.ambiguous > 0 then 'ambiguous_tariff_reference' end,
                case when evse.is_survivor and evse.is_id_at_several_places then 'id_at_several_places' end,
                case
                    when evse.is_survivor and evse.power_reason = 'no_connector' then 'evse_without_connector'
                end,
                case when evse.is_survivor and evse.power_kw is null then 'missing_power' end,
                case
                    when evse.is_survivor and evse.power_method not like 'declared%' then 'undeclared_power'
                end,
                -- What a payment product prices needs no tariff.
                case
                    when
                        evse.is_survivor
                        and referred.source is null
                        and price.source is null
                        and with_tariffs.source is not null
                        then 'no_tariff_reference'
                end,
                case
                    when not evse.is_survivor then null
                    else case evse.observation_reason
                        when 'unverified' then 'stale_evse'
                        when 'no_last_updated' then 'no_last_updated'
                        when 'zombie' then 'zombie'
                        when 'status_unknown' then 'status_unknown'
                        when 'no_status' then 'no_status'
                        when 'status_unrecognised' then 'unrecognised_status'
                    end
                end
            ],
            null
        )) as defect
    from evse
    left join referred using (source, party, location_id, evse_uid)
    left join with_tariffs using (source)
    left join {{ ref('evse_price_list') }} as price using (source, party, location_id, evse_uid)
    where evse.is_counted
),

evse_defect as (
    select
        source,
        operator_id,
        country,
        defect,
        location_id || '/' || evse_uid as object_id,
        case defect
            when 'dangling_tariff_reference' then dangling
            when 'ambiguous_tariff_reference' then ambiguous
            else 1
        end as affected_rows,
        case
            -- The power of copies is that of duplicate_evse alone.
            when not is_survivor and defect <> 'duplicate_evse' then null
            when defect in ('dangling_tariff_reference', 'ambiguous_tariff_reference') and has_price
                then null
            -- The main place of an id keeps the bare id as its key.
            when defect = 'id_at_several_places' and physical_evse_key not like '%~%' then null
            else power_kw
        end as power_kw,
        is_survivor and (defect <> 'future_last_updated' or observation_class in ('U', 'D'))
            as moves_points
    from evse_judged
),

{% set faults = connector_faults() -%}
faulty_connector as materialized (
    select
        connector.source,
        connector.party,
        connector.location_id,
        connector.evse_uid,
        connector.connector_id,
        power.power_kw,
        power.power_method,
        power.derived_kw::numeric as derived_kw,
        unnest(array_remove(
            array[
                {%- for fault, is_faulty in faults %}
                    case when {{ is_faulty }} then '{{ fault }}' end{{ ',' if not loop.last }}
                {%- endfor %}
            ],
            null
        )) as defect
    from {{ ref('stg_ocpi__connector') }} as connector
    inner join {{ ref('connector_power') }} as power
        on
            connector.source = power.source
            and connector.party = power.party
            and connector.location_id = power.location_id
            and connector.evse_uid = power.evse_uid
            and connector.connector_id = power.connector_id
            and connector.valid_from = power.valid_from
    where connector.is_current and ({{ any_connector_fault() }})
),

placed_connector as (
    select
        faulty_connector.*,
        row_number() over (
            partition by source, party, location_id, evse_uid, defect
            order by power_kw desc nulls last, connector_id collate "C"
        ) as place
    from faulty_connector
),

connector_defect as (
    select
        evse.source,
        evse.operator_id,
        evse.country,
        connector.defect,
        connector.location_id || '/' || connector.evse_uid || '/' || connector.connector_id as object_id,
        1 as affected_rows,
        case
            -- Where the connector is the first of those that give the EVSE its power.
            when not (evse.is_survivor and evse.is_counted and connector.power_kw = evse.power_kw) then null
            when connector.place > 1 then null
            when connector.defect = 'above_rating' then connector.power_kw - connector.derived_kw
            when connector.defect = 'declared_power_in_kw' then connector.power_kw * 0.999
            when connector.defect = 'declared_power_in_milliwatt' then connector.power_kw * 999
            when connector.defect = 'line_to_line_voltage' and connector.power_method = 'ac3_line_to_line'
                then connector.power_kw * (sqrt(3::numeric) - 1)
        end as power_kw,
        false as moves_points
    from placed_connector as connector
    inner join evse using (source, party, location_id, evse_uid)
),

-- The day before the last snapshot, as the state day that shows the source on it.
day_before as (
    select
        snapshot.source,
        snapshot.snapshot_date as gone_on,
        day.source_state_date as state_date
    from snapshot
    inner join {{ ref('snapshot_day') }} as day
        on snapshot.source = day.source and day.snapshot_date = snapshot.snapshot_date - 1
),

-- Few, and found before they are looked up: the planner would tell all EVSEs of all days first.
gone as materialized (
    select
        evse.source,
        evse.party,
        evse.location_id,
        evse.evse_uid,
        day_before.state_date
    from {{ ref('stg_ocpi__evse') }} as evse
    inner join day_before
        on evse.source = day_before.source and evse.valid_to = day_before.gone_on
),

-- An EVSE that is there no more, under no other id either, and what was last heard of it.
vanished_defect as (
    select
        gone.source,
        last_heard.operator_id,
        last_heard.country,
        'vanished_without_removed' as defect,
        gone.location_id || '/' || gone.evse_uid as object_id,
        1 as affected_rows,
        last_heard.power_kw,
        false as moves_points
    from gone
    inner join {{ ref('physical_evse') }} as last_heard
        on
            gone.source = last_heard.source
            and gone.party = last_heard.party
            and gone.location_id = last_heard.location_id
            and gone.evse_uid = last_heard.evse_uid
            and gone.state_date = last_heard.state_date
    left join evse on last_heard.physical_evse_key = evse.physical_evse_key
    where
        {{ is_of_week_of('last_heard', 'state_date', 'day_before') }}
        and evse.source is null
        and last_heard.is_survivor
        and last_heard.is_counted
),

location as (
    select
        location.*,
        span.operator_id,
        span.country,
        span.has_operator_name
    from {{ ref('stg_ocpi__location') }} as location
    inner join {{ ref('location_span') }} as span
        on
            location.source = span.source
            and location.party = span.party
            and location.location_id = span.location_id
            and span.valid_to is null
    where location.is_current
),

middle as (
    select
        source,
        country,
        percentile_cont(0.5) within group (order by latitude) as latitude,
        percentile_cont(0.5) within group (order by longitude) as longitude
    from location
    where latitude is not null and longitude is not null
    group by source, country
    -- Of fewer the middle is anywhere.
    having count(*) >= 100
),

distant as (
    select
        location.source,
        location.party,
        location.location_id,
        location.country,
        {{ distance_m('location.latitude', 'location.longitude', 'middle.latitude', 'middle.longitude') }}
            as from_middle_m
    from location
    inner join middle using (source, country)
),

usual as (
    select
        source,
        country,
        percentile_cont(0.95) within group (order by from_middle_m) as usual_m
    from distant
    group by source, country
),

far as (
    select
        distant.source,
        distant.party,
        distant.location_id
    from distant
    inner join usual using (source, country)
    where distant.from_middle_m > 3 * usual.usual_m
),

equipped as (
    select distinct
        source,
        party,
        location_id
    from {{ ref('stg_ocpi__evse') }}
    where is_current
),

faulty_location as (
    select
        location.source,
        location.party,
        location.location_id,
        location.operator_id,
        location.country,
        unnest(array_remove(
            array[
                case
                    when location.latitude is null or location.longitude is null then 'missing_coordinates'
                end,
                case when location.country_iso3 is null then 'missing_country' end,
                case when not location.has_operator_name then 'missing_operator_name' end,
                case
                    when location.name ~* '\mtest' or location.address ~* '\mtest' then 'test_row'
                end,
                case when far.source is not null then 'far_from_country' end,
                case when equipped.source is null then 'location_without_evse' end
            ],
            null
        )) as defect
    from location
    left join far using (source, party, location_id)
    left join equipped using (source, party, location_id)
),

location_defect as (
    select
        faulty_location.source,
        faulty_location.operator_id,
        faulty_location.country,
        faulty_location.defect,
        faulty_location.location_id as object_id,
        1 as affected_rows,
        sum(evse.power_kw) as power_kw,
        false as moves_points
    from faulty_location
    left join evse
        on
            faulty_location.source = evse.source
            and faulty_location.party = evse.party
            and faulty_location.location_id = evse.location_id
            and evse.is_survivor
            and evse.is_counted
    group by
        faulty_location.source,
        faulty_location.party,
        faulty_location.operator_id,
        faulty_location.country,
        faulty_location.defect,
        faulty_location.location_id
),

newer as (
    select
        evse.source,
        evse.operator_id,
        evse.country,
        'evse_newer_than_location' as defect,
        evse.location_id || '/' || evse.evse_uid as object_id,
        1 as affected_rows,
        null::numeric as power_kw,
        false as moves_points
    from evse
    inner join {{ ref('stg_ocpi__location_freshness') }} as freshness
        on
            evse.source = freshness.source
            and evse.party = freshness.party
            and evse.location_id = freshness.location_id
            and freshness.is_current
            and evse.last_updated > freshness.last_updated
    where evse.is_counted
    union all
    select
        evse.source,
        evse.operator_id,
        evse.country,
        'connector_newer_than_evse' as defect,
        evse.location_id || '/' || evse.evse_uid || '/' || freshness.connector_id as object_id,
        1 as affected_rows,
        null::numeric as power_kw,
        -- It would be verified, had its last_updated followed the newest of its connectors.
        evse.is_survivor
        and evse.observation_reason = 'unverified'
        and freshness.last_updated >= evse.observed_at - interval '{{ var("fresh_days") }} days'
        and row_number() over (
            partition by evse.source, evse.party, evse.location_id, evse.evse_uid
            order by freshness.last_updated desc, freshness.connector_id
        ) = 1
            as moves_points
    from evse
    inner join {{ ref('stg_ocpi__connector_freshness') }} as freshness
        on
            evse.source = freshness.source
            and evse.party = freshness.party
            and evse.location_id = freshness.location_id
            and evse.evse_uid = freshness.evse_uid
            and freshness.is_current
            and evse.last_updated < freshness.last_updated
    where evse.is_counted
)

{% for relation in ['evse_defect', 'connector_defect', 'vanished_defect', 'location_defect', 'newer'] %}
    select
        source,
        operator_id,
        country,
        defect,
        object_id,
        affected_rows,
        power_kw,
        moves_points
    from {{ relation }}
    {{ 'union all' if not loop.last }}
{% endfor %}
