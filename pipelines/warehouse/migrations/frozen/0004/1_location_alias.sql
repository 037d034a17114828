CREATE OR REPLACE VIEW ops.location_alias AS
with operator as not materialized (
    select
        source,
        party,
        location_id,
        partner_id,
        valid_from,
        valid_to
    from ocpi.location_party
    where role = 'operator' and partner_id is not null
),
gone as materialized (
    select
        evse.source,
        evse.party,
        evse.location_id,
        evse.evse_uid,
        evse.evse_id,
        evse.valid_to as since,
        operator.partner_id
    from ocpi.evse
    left join operator
        on
            operator.source = evse.source
            and operator.party = evse.party
            and operator.location_id = evse.location_id
            and operator.valid_from < evse.valid_to
            and (operator.valid_to is null or operator.valid_to >= evse.valid_to)
    where
        evse.valid_to is not null
        and not exists (
            select
            from ocpi.location
            where
                location.source = evse.source
                and location.party = evse.party
                and location.location_id = evse.location_id
                and location.valid_from <= evse.valid_to
                and (location.valid_to is null or location.valid_to > evse.valid_to)
        )
),
come as materialized (
    select
        evse.source,
        evse.party,
        evse.location_id,
        evse.evse_uid,
        evse.evse_id,
        evse.valid_from as since,
        operator.partner_id
    from ocpi.evse
    left join operator
        on
            operator.source = evse.source
            and operator.party = evse.party
            and operator.location_id = evse.location_id
            and operator.valid_from <= evse.valid_from
            and (operator.valid_to is null or operator.valid_to > evse.valid_from)
    where
        (evse.source, evse.valid_from) in (select distinct gone.source, gone.since from gone)
        and not exists (
            select
            from ocpi.evse as before
            where
                before.source = evse.source
                and before.party = evse.party
                and before.location_id = evse.location_id
                and before.evse_uid = evse.evse_uid
                and before.valid_to = evse.valid_from
        )
),
seen as (
    select
        source,
        party,
        since,
        'evse_id' as basis,
        evse_id as known_by,
        location_id,
        evse_uid,
        true as is_gone
    from gone
    union all
    select
        source,
        party,
        since,
        'operator_uid',
        partner_id || chr(31) || evse_uid,
        location_id,
        evse_uid,
        true
    from gone
    union all
    select
        source,
        party,
        since,
        'evse_id',
        evse_id,
        location_id,
        evse_uid,
        false
    from come
    union all
    select
        source,
        party,
        since,
        'operator_uid',
        partner_id || chr(31) || evse_uid,
        location_id,
        evse_uid,
        false
    from come
),
met as (
    select
        source,
        party,
        since,
        basis,
        array_agg(array[location_id, evse_uid]) filter (where is_gone) as gone,
        array_agg(distinct location_id) filter (where not is_gone) as come
    from seen
    where known_by is not null
    group by source, party, since, basis, known_by
    having bool_or(is_gone) and not bool_and(is_gone)
)
select
    met.source,
    met.party,
    met.gone[n][1] as old_location_id,
    new_location_id,
    met.since,
    min(met.basis) as basis,
    count(distinct met.gone[n][2]) as evses
from
    met,
    generate_subscripts(met.gone, 1) as n,
    unnest(met.come) as new_location_id
where new_location_id <> met.gone[n][1]
group by met.source, met.party, met.gone[n][1], new_location_id, met.since;
