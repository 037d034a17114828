CREATE TABLE ops.asked (
	source TEXT NOT NULL, 
	snapshot_date DATE NOT NULL, 
	module TEXT NOT NULL, 
	location_id TEXT NOT NULL, 
	CONSTRAINT asked_pkey PRIMARY KEY (source, snapshot_date, module, location_id)
);

COMMENT ON TABLE ops.asked IS 'Of modules that are asked for one location at a time: what a snapshot asked for. Its rows say something about these locations alone.';

COMMENT ON COLUMN ops.asked.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ops.asked.snapshot_date IS 'Day of the snapshot, UTC.';

COMMENT ON COLUMN ops.asked.module IS 'Module of the source: locations, tariffs, ...';

COMMENT ON COLUMN ops.asked.location_id IS 'Location asked for; '''' where the snapshot speaks about all of them.';

CREATE VIEW ops.location_alias AS
with operator as (
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
gone as (
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
come as (
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
        (evse.source, evse.valid_from) in (select gone.source, gone.since from gone)
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
)
select
    gone.source,
    gone.party,
    gone.location_id as old_location_id,
    come.location_id as new_location_id,
    gone.since,
    case
        when bool_or(gone.evse_id = come.evse_id) then 'evse_id' else 'operator_uid'
    end as basis,
    count(distinct gone.evse_uid) as evses
from gone
inner join come
    on
        come.source = gone.source
        and come.party = gone.party
        and come.since = gone.since
        and come.location_id <> gone.location_id
        and (
            come.evse_id = gone.evse_id
            or (come.evse_uid = gone.evse_uid and come.partner_id = gone.partner_id)
        )
group by gone.source, gone.party, gone.location_id, come.location_id, gone.since;

COMMENT ON VIEW ops.location_alias IS 'Location ids that gave way to another one: EVSEs that ended together with their location and began on that day under another id of the same source.';

COMMENT ON COLUMN ops.location_alias.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ops.location_alias.party IS 'Party of the ids; '''' where the source''s ids stand alone.';

COMMENT ON COLUMN ops.location_alias.old_location_id IS 'The id that is no more.';

COMMENT ON COLUMN ops.location_alias.new_location_id IS 'The id under which its EVSEs go on.';

COMMENT ON COLUMN ops.location_alias.since IS 'First day of the new id.';

COMMENT ON COLUMN ops.location_alias.basis IS 'evse_id: the public id is the same; operator_uid: operator and uid are.';

COMMENT ON COLUMN ops.location_alias.evses IS 'EVSEs that were recognised.';
