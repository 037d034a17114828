-- Grain: a published EVSE and the state days of a calendar week, from_day to last_day, on which
-- nothing changes of what it says of itself. Days are counted within the week. Inlined.
{{ config(materialized='ephemeral') }}

with

carried as (
    select
        source,
        snapshot_date,
        source_snapshot_date,
        observed_at,
        state_week,
        day_of_week,
        day_of_week - row_number() over (partition by source, state_week order by day_of_week)
            as run_of_days
    from {{ ref('snapshot_day') }}
    where snapshot_date = state_date and is_carried and {{ is_due('state_week') }}
),

-- Days of a week on which a source is there without a break, and what it shows on each of them.
run as materialized (
    select
        source,
        state_week,
        row_number() over ()::integer as run_number,
        min(day_of_week) as first_day,
        count(*)::integer as days,
        array_agg(snapshot_date order by day_of_week) as state_dates,
        array_agg(source_snapshot_date order by day_of_week) as snapshots,
        array_agg(observed_at order by day_of_week) as observed,
        min(source_snapshot_date) as first_snapshot,
        max(source_snapshot_date) as last_snapshot,
        min(observed_at) as first_observed,
        max(observed_at) as last_observed,
        {{ source_rank('source') }} as source_rank
    from carried
    group by source, state_week, run_of_days
),

-- From here on days are places in a run, 1 to days; to_place is the first one after.
place as materialized (
    select
        row_number() over ()::integer as place_number,
        location.source,
        location.party,
        location.location_id,
        location.latitude,
        location.longitude,
        coalesce(location.country_iso3, 'unknown') as country,
        coalesce(location.is_published, true)
        and coalesce(lower(location.access_type) <> 'restricted', true) as is_public,
        run.run_number,
        {{ places_of('location', 'run') }}
    from {{ ref('stg_ocpi__location') }} as location
    inner join run on location.source = run.source and {{ is_true_in('location', 'run') }}
),

place_party as materialized (
    select
        place.place_number,
        location_party.role,
        location_party.name,
        location_party.ema_ids,
        {{ places_of('location_party', 'run') }}
    from {{ ref('stg_ocpi__location_party') }} as location_party
    inner join run
        on location_party.source = run.source and {{ is_true_in('location_party', 'run') }}
    inner join place
        on
            run.run_number = place.run_number
            and location_party.party = place.party
            and location_party.location_id = place.location_id
    where location_party.role in ('operator', 'owner')
),

alias_day as (
    select valid_from as from_day
    from {{ ref('operator_alias') }}
    union
    select valid_to as from_day
    from {{ ref('operator_alias') }}
),

-- The seed reads a spelling another way from here on.
alias_place as (
    select distinct
        run.run_number,
        dated.place
    from run
    cross join lateral unnest(run.state_dates) with ordinality as dated (state_date, place)
    inner join alias_day
        on
            dated.state_date >= alias_day.from_day
            and run.state_dates[dated.place - 1] < alias_day.from_day
),

place_cut as (
    select
        place_number,
        from_place as cut
    from place_party
    where from_place > 1
    union
    select
        place_number,
        to_place as cut
    from place_party
    where to_place <= days
    union
    select
        place.place_number,
        alias_place.place::integer as cut
    from place
    inner join alias_place on place.run_number = alias_place.run_number
),

place_part as (
    select
        place_number,
        from_place,
        lead(from_place) over (partition by place_number order by from_place) as next_place
    from (
        select
            place_number,
            from_place
        from place
        union
        select
            place.place_number,
            place_cut.cut as from_place
        from place
        inner join place_cut on place.place_number = place_cut.place_number
        where place_cut.cut > place.from_place and place_cut.cut < place.to_place
    ) as start
),

named as materialized (
    select
        place.party,
        place.location_id,
        place.latitude,
        place.longitude,
        place.country,
        place.is_public,
        place.run_number,
        run.state_dates[place_part.from_place] as from_date,
        run.days,
        place_part.from_place,
        coalesce(place_part.next_place, place.to_place) as to_place,
        operator.name,
        operator.ema_ids,
        owner.name as owner_spelling,
        concat_ws(
            chr(31),
            place.party,
            coalesce(operator.name, ''),
            coalesce(array_to_string(operator.ema_ids, ','), '')
        ) as spelling_key
    from place
    inner join place_part on place.place_number = place_part.place_number
    inner join run on place.run_number = run.run_number
    left join place_party as operator
        on
            place.place_number = operator.place_number
            and operator.role = 'operator'
            and place_part.from_place >= operator.from_place
            and place_part.from_place < operator.to_place
    left join place_party as owner
        on
            place.place_number = owner.place_number
            and owner.role = 'owner'
            and place_part.from_place >= owner.from_place
            and place_part.from_place < owner.to_place
),

-- Some hundred spellings stand for all locations: names are read once each.
spelling as (
    select
        spelling_key,
        from_date,
        min(party) as party,
        min(name) as name,
        min(ema_ids) as ema_ids,
        {{ name_slug('min(name)') }} as slug
    from named
    group by spelling_key, from_date
),

operator as (
    select
        spelling.spelling_key,
        spelling.from_date,
        {{ operator_id_of('spelling', 'known') }} as operator_id,
        {{ operator_name_of('spelling', 'known') }} as operator_name
    from spelling
    left join lateral (
        {{ known_operator('spelling', 'spelling.from_date') }}
    ) as known on true
),

owner_spelling as (
    select
        owner_spelling,
        from_date,
        {{ name_slug('owner_spelling') }} as slug
    from named
    where owner_spelling is not null
    group by owner_spelling, from_date
),

owner as (
    select
        owner_spelling.owner_spelling,
        owner_spelling.from_date,
        coalesce(alias.operator_id, owner_spelling.slug) as owner_id,
        coalesce(alias.operator_name, btrim(owner_spelling.owner_spelling)) as owner_name
    from owner_spelling
    left join {{ ref('operator_alias') }} as alias
        on
            alias.alias_kind = 'name'
            and owner_spelling.slug = alias.alias
            and {{ is_in_force('alias', 'owner_spelling.from_date') }}
    where owner_spelling.slug is not null
),

settled as materialized (
    select
        named.run_number,
        named.party,
        named.location_id,
        named.from_place,
        named.to_place,
        named.days,
        named.latitude,
        named.longitude,
        named.country,
        named.is_public,
        operator.operator_id,
        operator.operator_name,
        owner.owner_id,
        owner.owner_name
    from named
    inner join operator
        on named.spelling_key = operator.spelling_key and named.from_date = operator.from_date
    left join owner
        on named.owner_spelling = owner.owner_spelling and named.from_date = owner.from_date
),

evse as materialized (
    select
        row_number() over ()::integer as evse_number,
        run.run_number,
        evse.source,
        evse.party,
        evse.location_id,
        evse.evse_uid,
        evse.evse_id,
        evse.latitude,
        evse.longitude,
        {{ places_of('evse', 'run') }}
    from {{ ref('stg_ocpi__evse') }} as evse
    inner join run on evse.source = run.source and {{ is_true_in('evse', 'run') }}
),

status as materialized (
    {{ versions_in_runs('stg_ocpi__evse_status', ['status', 'last_updated']) }}
),

-- While the status stands, time goes on: where in its days it may come to be stale or a zombie.
ageing as (
    select
        status.evse_number,
        place.place as cut
    from (
        select
            status.*,
            run.observed,
            array[
                status.last_updated + interval '{{ var("fresh_days") }} days',
                case when status.status = 'CHARGING' then status.last_updated + interval '6 hours' end,
                case when status.status = 'CHARGING' then status.last_updated + interval '24 hours' end
            ] as turns
        from status
        inner join run on status.run_number = run.run_number
        where
            status.last_updated + interval '{{ var("fresh_days") }} days'
            between run.first_observed and run.last_observed
            or (
                status.status = 'CHARGING'
                and status.last_updated + interval '24 hours' >= run.first_observed
                and status.last_updated + interval '6 hours' <= run.last_observed
            )
    ) as status
    cross join lateral generate_series(status.from_place + 1, status.to_place - 1) as place (place)
    cross join lateral unnest(status.turns) as turn (turns_at)
    where
        (turn.turns_at < status.observed[place.place])
        <> (turn.turns_at < status.observed[place.place - 1])
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
        settled.from_place,
        settled.to_place,
        settled.days,
        settled.latitude,
        settled.longitude,
        settled.country,
        settled.is_public,
        settled.operator_id,
        settled.operator_name,
        settled.owner_id,
        settled.owner_name
    from evse
    inner join settled
        on
            evse.run_number = settled.run_number
            and evse.party = settled.party
            and evse.location_id = settled.location_id
),

cut as (
    {%- for part in ['status', 'status_of_connectors', 'power', 'evse_place'] %}
        select
            evse_number,
            from_place as cut
        from {{ part }}
        where from_place > 1
        union all
        select
            evse_number,
            to_place as cut
        from {{ part }}
        where to_place <= days
        union all
    {%- endfor %}
    select
        evse_number,
        cut
    from ageing
),

part as (
    select
        evse_number,
        from_place,
        lead(from_place) over (partition by evse_number order by from_place) as next_place
    from (
        select
            evse_number,
            from_place
        from evse
        union
        select
            evse.evse_number,
            cut.cut as from_place
        from evse
        inner join cut on evse.evse_number = cut.evse_number
        where cut.cut > evse.from_place and cut.cut < evse.to_place
    ) as start
)

select
    run.state_week,
    run.first_day + part.from_place - 1 as from_day,
    run.first_day + coalesce(part.next_place, evse.to_place) - 2 as last_day,
    evse.source,
    evse.party,
    evse.location_id,
    evse.evse_uid,
    evse.evse_id,
    {{ normalised_evse_id('evse.evse_id') }} as normalised_evse_id,
    run.observed[part.from_place] as observed_at,
    run.source_rank,
    coalesce(evse.latitude, evse_place.latitude) as latitude,
    coalesce(evse.longitude, evse_place.longitude) as longitude,
    coalesce(evse_place.country, 'unknown') as country,
    coalesce(evse_place.operator_id, 'unknown') as operator_id,
    coalesce(evse_place.operator_name, 'Unknown operator') as operator_name,
    coalesce(evse_place.owner_id, 'unknown') as owner_id,
    coalesce(evse_place.owner_name, 'Unknown owner') as owner_name,
    coalesce(evse_place.is_public, true) as is_public,
    coalesce(status.status, status_of_connectors.status) as status,
    status.last_updated,
    power.power_kw,
    power.power_method,
    coalesce(power.power_reason, case when power.evse_number is null then 'no_connector' end)
        as power_reason,
    coalesce(power.power_band, 'unclassified') as power_band,
    coalesce(power.power_type = 'DC', false) as is_dc
from part
inner join evse on part.evse_number = evse.evse_number
inner join run on evse.run_number = run.run_number
{%- for one in ['evse_place', 'status', 'status_of_connectors', 'power'] %}
    left join {{ one }}
        on
            part.evse_number = {{ one }}.evse_number
            and part.from_place >= {{ one }}.from_place
            and part.from_place < {{ one }}.to_place
{%- endfor %}
