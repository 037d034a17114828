-- Grain: a published EVSE and the state days of a calendar week, from_day to last_day, on which
-- nothing changes of what it says of itself. Days are counted within the week. Inlined.
{{ config(materialized='ephemeral') }}

with

carried as (
    select
        source,
        snapshot_date,
        observed_at,
        state_week,
        day_of_week,
        day_of_week - row_number() over (partition by source, state_week order by day_of_week)
            as run_of_days
    from {{ ref('snapshot_day') }}
    where snapshot_date = state_date and is_carried and {{ is_due('state_week') }}
),

-- Days of a week on which a source is there without a break. What it shows on one of them is what is
-- true on that day, since versions begin and end with its snapshots.
run as materialized (
    select
        source,
        state_week,
        row_number() over (order by state_week, source, run_of_days)::integer as run_number,
        min(day_of_week) as first_day,
        count(*)::integer as days,
        array_agg(snapshot_date order by day_of_week) as state_dates,
        array_agg(observed_at order by day_of_week) as observed,
        min(snapshot_date) as first_date,
        max(snapshot_date) as last_date,
        min(observed_at) - interval '{{ var("fresh_days") }} days' as first_stale,
        max(observed_at) - interval '{{ var("fresh_days") }} days' as last_stale,
        min(observed_at) - interval '24 hours' as first_zombie,
        max(observed_at) - interval '6 hours' as last_zombie,
        {{ source_rank('source') }} as source_rank
    from carried
    group by source, state_week, run_of_days
),

-- From here on days are places in a run, 1 to days; to_place is the first one after.
place as materialized (
    select
        location_span.party,
        location_span.location_id,
        location_span.latitude,
        location_span.longitude,
        location_span.country,
        location_span.is_public,
        location_span.operator_id,
        location_span.operator_name,
        location_span.owner_id,
        location_span.owner_name,
        run.run_number,
        {{ places_of('location_span', 'run') }}
    from {{ ref('location_span') }} as location_span
    inner join run on location_span.source = run.source and {{ is_true_in('location_span', 'run') }}
),

-- Week by week, and so are the rows of evse_span: who reads a day of it reads pages of its week.
evse as materialized (
    select
        row_number() over (order by run.run_number)::integer as evse_number,
        run.run_number,
        evse.source,
        evse.party,
        evse.location_id,
        evse.evse_uid,
        evse.evse_id,
        {{ normalised_evse_id('evse.evse_id') }} as normalised_evse_id,
        evse.latitude,
        evse.longitude,
        {{ places_of('evse', 'run') }}
    from {{ ref('stg_ocpi__evse') }} as evse
    inner join run on evse.source = run.source and {{ is_true_in('evse', 'run') }}
),

status as materialized (
    {{ versions_in_runs('stg_ocpi__evse_status', ['status', 'last_updated'], join='right') }}
),

connector_version as (
    {{ versions_in_runs('stg_ocpi__connector_status', ['status']) }}
),

connector_status as (
    select
        connector_version.evse_number,
        shown.place,
        connector_version.days,
        {{ status_of_connectors('connector_version.status') }} as status
    from connector_version
    cross join
        lateral generate_series(connector_version.from_place, connector_version.to_place - 1)
            as shown (place)
    group by connector_version.evse_number, shown.place, connector_version.days
),

-- Where the source has the status of connectors alone.
status_of_connectors as materialized (
    select
        evse_number,
        status,
        min(place) as from_place,
        max(place) + 1 as to_place,
        days
    from (
        select
            *,
            place - row_number() over (partition by evse_number, status order by place)
                as run_of_places
        from connector_status
    ) as numbered
    group by evse_number, status, run_of_places, days
),

power as materialized (
    {{ versions_in_runs(
        'evse_power',
        ['power_kw', 'power_method', 'power_reason', 'power_band', 'power_type'],
    ) }}
),

evse_place as materialized (
    select
        evse.evse_number,
        place.from_place,
        place.to_place,
        place.days,
        place.latitude,
        place.longitude,
        place.country,
        place.is_public,
        place.operator_id,
        place.operator_name,
        place.owner_id,
        place.owner_name
    from evse
    inner join place
        on
            evse.run_number = place.run_number
            and evse.party = place.party
            and evse.location_id = place.location_id
),

-- An EVSE by its status, and without one where it has none. While a status stands, time goes on: it is
-- cut where it comes to be stale or a zombie. One that is not told is that of the connectors, which may
-- charge.
told as (
    select
        status.evse_number,
        status.status,
        status.last_updated,
        status.from_place,
        status.to_place
    from status
    inner join run on status.run_number = run.run_number
    where not {{ may_turn('status', 'run') }}
    union all
    select
        status.evse_number,
        status.status,
        status.last_updated,
        part.from_place,
        part.to_place
    from status
    inner join run on status.run_number = run.run_number
    cross join
        lateral (
            select array_agg(distinct place.place order by place.place) as cuts
            from generate_series(status.from_place + 1, status.to_place - 1) as place (place)
            cross join
                lateral (
                    values
                    (status.last_updated + interval '{{ var("fresh_days") }} days', true),
                    (status.last_updated + interval '6 hours', false),
                    (status.last_updated + interval '24 hours', false)
                ) as turn (turns_at, is_of_any)
            where
                (turn.is_of_any or coalesce(status.status, 'CHARGING') = 'CHARGING')
                and (turn.turns_at < run.observed[place.place])
                <> (turn.turns_at < run.observed[place.place - 1])
        ) as turned
    cross join lateral {{ parts_of('status', 'turned.cuts') }}
    where {{ may_turn('status', 'run') }}
),

fixed_cut as (
    select
        evse_number,
        array_agg(distinct cut order by cut) as cuts
    from (
        {{ cuts_of(['evse_place', 'power', 'status_of_connectors']) }}
    ) as cut
    group by evse_number
),

-- What seldom changes is put together first, for a whole run as a rule, while a status lasts a day.
fixed as (
    select
        evse.evse_number,
        evse.run_number,
        part.from_place,
        part.to_place,
        evse.source,
        evse.party,
        evse.location_id,
        evse.evse_uid,
        evse.evse_id,
        evse.normalised_evse_id,
        coalesce(evse.latitude, evse_place.latitude) as latitude,
        coalesce(evse.longitude, evse_place.longitude) as longitude,
        coalesce(evse_place.country, 'unknown') as country,
        coalesce(evse_place.operator_id, 'unknown') as operator_id,
        coalesce(evse_place.operator_name, 'Unknown operator') as operator_name,
        coalesce(evse_place.owner_id, 'unknown') as owner_id,
        coalesce(evse_place.owner_name, 'Unknown owner') as owner_name,
        coalesce(evse_place.is_public, true) as is_public,
        power.power_kw,
        power.power_method,
        coalesce(power.power_reason, case when power.evse_number is null then 'no_connector' end)
            as power_reason,
        coalesce(power.power_band, 'unclassified') as power_band,
        coalesce(power.power_type = 'DC', false) as is_dc,
        status_of_connectors.status as status_of_connectors
    from evse
    left join fixed_cut on evse.evse_number = fixed_cut.evse_number
    cross join lateral {{ parts_of('evse', 'fixed_cut.cuts') }}
    {%- for one in ['evse_place', 'power', 'status_of_connectors'] %}
        left join {{ one }}
            on
                evse.evse_number = {{ one }}.evse_number
                and part.from_place >= {{ one }}.from_place
                and part.from_place < {{ one }}.to_place
    {%- endfor %}
    {{ put_together_first() }}
)

select
    run.state_week,
    run.first_day + greatest(told.from_place, fixed.from_place) - 1 as from_day,
    run.first_day + least(told.to_place, fixed.to_place) - 2 as last_day,
    fixed.evse_number,
    fixed.source,
    fixed.party,
    fixed.location_id,
    fixed.evse_uid,
    fixed.evse_id,
    fixed.normalised_evse_id,
    run.observed[greatest(told.from_place, fixed.from_place)] as observed_at,
    run.source_rank,
    fixed.latitude,
    fixed.longitude,
    fixed.country,
    fixed.operator_id,
    fixed.operator_name,
    fixed.owner_id,
    fixed.owner_name,
    fixed.is_public,
    coalesce(told.status, fixed.status_of_connectors) as status,
    told.last_updated,
    fixed.power_kw,
    fixed.power_method,
    fixed.power_reason,
    fixed.power_band,
    fixed.is_dc
from fixed
inner join run on fixed.run_number = run.run_number
inner join told
    on
        fixed.evse_number = told.evse_number
        and fixed.to_place > told.from_place
        and fixed.from_place < told.to_place
