CREATE TABLE ocpi.session (
	source TEXT NOT NULL, 
	party TEXT NOT NULL, 
	session_id TEXT NOT NULL, 
	started_at TIMESTAMP WITH TIME ZONE, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	energy_kwh NUMERIC(18, 6), 
	auth_id_hash TEXT, 
	auth_method TEXT, 
	location_id TEXT, 
	location_name TEXT, 
	address TEXT, 
	city TEXT, 
	postal_code TEXT, 
	country_iso3 TEXT, 
	country_source TEXT, 
	latitude DOUBLE PRECISION, 
	longitude DOUBLE PRECISION, 
	location_document JSONB, 
	meter_id TEXT, 
	currency TEXT, 
	total_cost NUMERIC(18, 6), 
	status TEXT, 
	last_updated TIMESTAMP WITH TIME ZONE, 
	snapshot_date DATE NOT NULL, 
	CONSTRAINT session_pkey PRIMARY KEY (source, party, session_id)
);

COMMENT ON TABLE ocpi.session IS 'A charging session in its newest version; it changes until COMPLETED or INVALID [2.1.1].';

COMMENT ON COLUMN ocpi.session.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.session.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';

COMMENT ON COLUMN ocpi.session.session_id IS 'Id of the session in the source.';

COMMENT ON COLUMN ocpi.session.started_at IS 'Begin. Unit: UTC.';

COMMENT ON COLUMN ocpi.session.ended_at IS 'End; NULL while it goes on. Unit: UTC.';

COMMENT ON COLUMN ocpi.session.energy_kwh IS 'Energy charged. Unit: kWh.';

COMMENT ON COLUMN ocpi.session.auth_id_hash IS 'Keyed hash of the auth id; the same as of the token it belongs to.';

COMMENT ON COLUMN ocpi.session.auth_method IS 'AUTH_REQUEST, WHITELIST, ...';

COMMENT ON COLUMN ocpi.session.location_id IS 'Id of the location.';

COMMENT ON COLUMN ocpi.session.location_name IS 'Its name at the time.';

COMMENT ON COLUMN ocpi.session.address IS 'Its street and house number at the time.';

COMMENT ON COLUMN ocpi.session.city IS 'Its city at the time.';

COMMENT ON COLUMN ocpi.session.postal_code IS 'Its postal code at the time.';

COMMENT ON COLUMN ocpi.session.country_iso3 IS 'ISO 3166-1 alpha-3; mapped.';

COMMENT ON COLUMN ocpi.session.country_source IS 'The country as the source wrote it.';

COMMENT ON COLUMN ocpi.session.latitude IS 'WGS84. Unit: degree.';

COMMENT ON COLUMN ocpi.session.longitude IS 'WGS84. Unit: degree.';

COMMENT ON COLUMN ocpi.session.location_document IS 'The location as sent: all of it, as it was at the time.';

COMMENT ON COLUMN ocpi.session.meter_id IS 'Id of the meter.';

COMMENT ON COLUMN ocpi.session.currency IS 'ISO 4217.';

COMMENT ON COLUMN ocpi.session.total_cost IS 'Cost so far; NULL is not stated, 0 is free. Unit: currency.';

COMMENT ON COLUMN ocpi.session.status IS 'ACTIVE, COMPLETED, INVALID or PENDING.';

COMMENT ON COLUMN ocpi.session.last_updated IS 'last_updated as the source says; the newest version wins. Unit: UTC.';

COMMENT ON COLUMN ocpi.session.snapshot_date IS 'Day of the snapshot that brought this version of the record.';

CREATE TABLE ocpi.session_evse (
	source TEXT NOT NULL, 
	party TEXT NOT NULL, 
	session_id TEXT NOT NULL, 
	evse_uid TEXT NOT NULL, 
	evse_id TEXT, 
	status TEXT, 
	snapshot_date DATE NOT NULL, 
	CONSTRAINT session_evse_pkey PRIMARY KEY (source, party, session_id, evse_uid)
);

COMMENT ON TABLE ocpi.session_evse IS 'The EVSE that a session names, as it was at the time.';

COMMENT ON COLUMN ocpi.session_evse.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.session_evse.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';

COMMENT ON COLUMN ocpi.session_evse.session_id IS 'Id of the session in the source.';

COMMENT ON COLUMN ocpi.session_evse.evse_uid IS 'uid of the EVSE within its location.';

COMMENT ON COLUMN ocpi.session_evse.evse_id IS 'Public EVSE id.';

COMMENT ON COLUMN ocpi.session_evse.status IS 'Status in the record.';

COMMENT ON COLUMN ocpi.session_evse.snapshot_date IS 'Day of the snapshot that brought this version of the record.';

CREATE TABLE ocpi.session_connector (
	source TEXT NOT NULL, 
	party TEXT NOT NULL, 
	session_id TEXT NOT NULL, 
	evse_uid TEXT NOT NULL, 
	connector_id TEXT NOT NULL, 
	standard TEXT, 
	format TEXT, 
	power_type TEXT, 
	voltage_v DOUBLE PRECISION, 
	amperage_a DOUBLE PRECISION, 
	tariff_id TEXT, 
	snapshot_date DATE NOT NULL, 
	CONSTRAINT session_connector_pkey PRIMARY KEY (source, party, session_id, evse_uid, connector_id)
);

COMMENT ON TABLE ocpi.session_connector IS 'The connector that a session names, as it was at the time.';

COMMENT ON COLUMN ocpi.session_connector.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.session_connector.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';

COMMENT ON COLUMN ocpi.session_connector.session_id IS 'Id of the session in the source.';

COMMENT ON COLUMN ocpi.session_connector.evse_uid IS 'uid of the EVSE within its location.';

COMMENT ON COLUMN ocpi.session_connector.connector_id IS 'Id of the connector within its EVSE.';

COMMENT ON COLUMN ocpi.session_connector.standard IS 'Socket or plug standard.';

COMMENT ON COLUMN ocpi.session_connector.format IS 'SOCKET or CABLE.';

COMMENT ON COLUMN ocpi.session_connector.power_type IS 'AC phases or DC.';

COMMENT ON COLUMN ocpi.session_connector.voltage_v IS 'Voltage as published. Unit: V.';

COMMENT ON COLUMN ocpi.session_connector.amperage_a IS 'Amperage as published. Unit: A.';

COMMENT ON COLUMN ocpi.session_connector.tariff_id IS 'Tariff it referred to.';

COMMENT ON COLUMN ocpi.session_connector.snapshot_date IS 'Day of the snapshot that brought this version of the record.';

CREATE TABLE ocpi.session_charging_period (
	source TEXT NOT NULL, 
	party TEXT NOT NULL, 
	session_id TEXT NOT NULL, 
	period_index INTEGER NOT NULL, 
	started_at TIMESTAMP WITH TIME ZONE, 
	snapshot_date DATE NOT NULL, 
	CONSTRAINT session_charging_period_pkey PRIMARY KEY (source, party, session_id, period_index)
);

COMMENT ON TABLE ocpi.session_charging_period IS 'A period of a session during which everything that is priced stayed as it was.';

COMMENT ON COLUMN ocpi.session_charging_period.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.session_charging_period.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';

COMMENT ON COLUMN ocpi.session_charging_period.session_id IS 'Id of the session in the source.';

COMMENT ON COLUMN ocpi.session_charging_period.period_index IS 'Position of the period, from 0.';

COMMENT ON COLUMN ocpi.session_charging_period.started_at IS 'Begin; the next begins at its end. Unit: UTC.';

COMMENT ON COLUMN ocpi.session_charging_period.snapshot_date IS 'Day of the snapshot that brought this version of the record.';

CREATE TABLE ocpi.session_dimension (
	source TEXT NOT NULL, 
	party TEXT NOT NULL, 
	session_id TEXT NOT NULL, 
	period_index INTEGER NOT NULL, 
	dimension_index INTEGER NOT NULL, 
	dimension TEXT, 
	volume NUMERIC(18, 6), 
	snapshot_date DATE NOT NULL, 
	CONSTRAINT session_dimension_pkey PRIMARY KEY (source, party, session_id, period_index, dimension_index)
);

COMMENT ON TABLE ocpi.session_dimension IS 'What was used in a period of a session.';

COMMENT ON COLUMN ocpi.session_dimension.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.session_dimension.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';

COMMENT ON COLUMN ocpi.session_dimension.session_id IS 'Id of the session in the source.';

COMMENT ON COLUMN ocpi.session_dimension.period_index IS 'Position of the period, from 0.';

COMMENT ON COLUMN ocpi.session_dimension.dimension_index IS 'Position of the dimension, from 0.';

COMMENT ON COLUMN ocpi.session_dimension.dimension IS 'ENERGY, TIME, PARKING_TIME, FLAT, ...';

COMMENT ON COLUMN ocpi.session_dimension.volume IS 'How much of it. Unit: kWh, h, A, ... by dimension.';

COMMENT ON COLUMN ocpi.session_dimension.snapshot_date IS 'Day of the snapshot that brought this version of the record.';

CREATE TABLE ocpi.cdr (
	source TEXT NOT NULL, 
	party TEXT NOT NULL, 
	cdr_id TEXT NOT NULL, 
	started_at TIMESTAMP WITH TIME ZONE, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	auth_id_hash TEXT, 
	auth_method TEXT, 
	location_id TEXT, 
	location_name TEXT, 
	address TEXT, 
	city TEXT, 
	postal_code TEXT, 
	country_iso3 TEXT, 
	country_source TEXT, 
	latitude DOUBLE PRECISION, 
	longitude DOUBLE PRECISION, 
	location_document JSONB, 
	meter_id TEXT, 
	currency TEXT, 
	total_cost NUMERIC(18, 6), 
	total_energy_kwh NUMERIC(18, 6), 
	total_time_h NUMERIC(18, 6), 
	total_parking_time_h NUMERIC(18, 6), 
	remark TEXT, 
	last_updated TIMESTAMP WITH TIME ZONE, 
	snapshot_date DATE NOT NULL, 
	CONSTRAINT cdr_pkey PRIMARY KEY (source, party, cdr_id)
);

COMMENT ON TABLE ocpi.cdr IS 'A charge detail record: what a finished session came to [2.1.1].';

COMMENT ON COLUMN ocpi.cdr.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.cdr.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';

COMMENT ON COLUMN ocpi.cdr.cdr_id IS 'Id of the CDR in lower case: the standard compares it without case.';

COMMENT ON COLUMN ocpi.cdr.started_at IS 'Begin. Unit: UTC.';

COMMENT ON COLUMN ocpi.cdr.ended_at IS 'End. Unit: UTC.';

COMMENT ON COLUMN ocpi.cdr.auth_id_hash IS 'Keyed hash of the auth id; the same as of the token it belongs to.';

COMMENT ON COLUMN ocpi.cdr.auth_method IS 'AUTH_REQUEST, WHITELIST, ...';

COMMENT ON COLUMN ocpi.cdr.location_id IS 'Id of the location.';

COMMENT ON COLUMN ocpi.cdr.location_name IS 'Its name at the time.';

COMMENT ON COLUMN ocpi.cdr.address IS 'Its street and house number at the time.';

COMMENT ON COLUMN ocpi.cdr.city IS 'Its city at the time.';

COMMENT ON COLUMN ocpi.cdr.postal_code IS 'Its postal code at the time.';

COMMENT ON COLUMN ocpi.cdr.country_iso3 IS 'ISO 3166-1 alpha-3; mapped.';

COMMENT ON COLUMN ocpi.cdr.country_source IS 'The country as the source wrote it.';

COMMENT ON COLUMN ocpi.cdr.latitude IS 'WGS84. Unit: degree.';

COMMENT ON COLUMN ocpi.cdr.longitude IS 'WGS84. Unit: degree.';

COMMENT ON COLUMN ocpi.cdr.location_document IS 'The location as sent: all of it, as it was at the time.';

COMMENT ON COLUMN ocpi.cdr.meter_id IS 'Id of the meter.';

COMMENT ON COLUMN ocpi.cdr.currency IS 'ISO 4217.';

COMMENT ON COLUMN ocpi.cdr.total_cost IS 'Cost; NULL is not stated, 0 is free. Unit: currency.';

COMMENT ON COLUMN ocpi.cdr.total_energy_kwh IS 'Energy charged. Unit: kWh.';

COMMENT ON COLUMN ocpi.cdr.total_time_h IS 'Time, charging and parking. Unit: h.';

COMMENT ON COLUMN ocpi.cdr.total_parking_time_h IS 'Time parked without charging. Unit: h.';

COMMENT ON COLUMN ocpi.cdr.remark IS 'Remark of the CPO.';

COMMENT ON COLUMN ocpi.cdr.last_updated IS 'last_updated as the source says; the newest version wins. Unit: UTC.';

COMMENT ON COLUMN ocpi.cdr.snapshot_date IS 'Day of the snapshot that brought this version of the record.';

CREATE TABLE ocpi.cdr_evse (
	source TEXT NOT NULL, 
	party TEXT NOT NULL, 
	cdr_id TEXT NOT NULL, 
	evse_uid TEXT NOT NULL, 
	evse_id TEXT, 
	status TEXT, 
	snapshot_date DATE NOT NULL, 
	CONSTRAINT cdr_evse_pkey PRIMARY KEY (source, party, cdr_id, evse_uid)
);

COMMENT ON TABLE ocpi.cdr_evse IS 'The EVSE that a cdr names, as it was at the time.';

COMMENT ON COLUMN ocpi.cdr_evse.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.cdr_evse.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';

COMMENT ON COLUMN ocpi.cdr_evse.cdr_id IS 'Id of the CDR in lower case: the standard compares it without case.';

COMMENT ON COLUMN ocpi.cdr_evse.evse_uid IS 'uid of the EVSE within its location.';

COMMENT ON COLUMN ocpi.cdr_evse.evse_id IS 'Public EVSE id.';

COMMENT ON COLUMN ocpi.cdr_evse.status IS 'Status in the record.';

COMMENT ON COLUMN ocpi.cdr_evse.snapshot_date IS 'Day of the snapshot that brought this version of the record.';

CREATE TABLE ocpi.cdr_connector (
	source TEXT NOT NULL, 
	party TEXT NOT NULL, 
	cdr_id TEXT NOT NULL, 
	evse_uid TEXT NOT NULL, 
	connector_id TEXT NOT NULL, 
	standard TEXT, 
	format TEXT, 
	power_type TEXT, 
	voltage_v DOUBLE PRECISION, 
	amperage_a DOUBLE PRECISION, 
	tariff_id TEXT, 
	snapshot_date DATE NOT NULL, 
	CONSTRAINT cdr_connector_pkey PRIMARY KEY (source, party, cdr_id, evse_uid, connector_id)
);

COMMENT ON TABLE ocpi.cdr_connector IS 'The connector that a cdr names, as it was at the time.';

COMMENT ON COLUMN ocpi.cdr_connector.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.cdr_connector.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';

COMMENT ON COLUMN ocpi.cdr_connector.cdr_id IS 'Id of the CDR in lower case: the standard compares it without case.';

COMMENT ON COLUMN ocpi.cdr_connector.evse_uid IS 'uid of the EVSE within its location.';

COMMENT ON COLUMN ocpi.cdr_connector.connector_id IS 'Id of the connector within its EVSE.';

COMMENT ON COLUMN ocpi.cdr_connector.standard IS 'Socket or plug standard.';

COMMENT ON COLUMN ocpi.cdr_connector.format IS 'SOCKET or CABLE.';

COMMENT ON COLUMN ocpi.cdr_connector.power_type IS 'AC phases or DC.';

COMMENT ON COLUMN ocpi.cdr_connector.voltage_v IS 'Voltage as published. Unit: V.';

COMMENT ON COLUMN ocpi.cdr_connector.amperage_a IS 'Amperage as published. Unit: A.';

COMMENT ON COLUMN ocpi.cdr_connector.tariff_id IS 'Tariff it referred to.';

COMMENT ON COLUMN ocpi.cdr_connector.snapshot_date IS 'Day of the snapshot that brought this version of the record.';

CREATE TABLE ocpi.cdr_tariff (
	source TEXT NOT NULL, 
	party TEXT NOT NULL, 
	cdr_id TEXT NOT NULL, 
	tariff_index INTEGER NOT NULL, 
	tariff_id TEXT, 
	currency TEXT, 
	tariff_alt_url TEXT, 
	last_updated TIMESTAMP WITH TIME ZONE, 
	tariff_document JSONB, 
	snapshot_date DATE NOT NULL, 
	CONSTRAINT cdr_tariff_pkey PRIMARY KEY (source, party, cdr_id, tariff_index)
);

COMMENT ON TABLE ocpi.cdr_tariff IS 'A tariff that a CDR was priced by, as it was at the time.';

COMMENT ON COLUMN ocpi.cdr_tariff.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.cdr_tariff.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';

COMMENT ON COLUMN ocpi.cdr_tariff.cdr_id IS 'Id of the CDR in lower case: the standard compares it without case.';

COMMENT ON COLUMN ocpi.cdr_tariff.tariff_index IS 'Position of the tariff, from 0.';

COMMENT ON COLUMN ocpi.cdr_tariff.tariff_id IS 'Id of the tariff.';

COMMENT ON COLUMN ocpi.cdr_tariff.currency IS 'ISO 4217.';

COMMENT ON COLUMN ocpi.cdr_tariff.tariff_alt_url IS 'A page that describes the tariff.';

COMMENT ON COLUMN ocpi.cdr_tariff.last_updated IS 'last_updated of the tariff at the time. Unit: UTC.';

COMMENT ON COLUMN ocpi.cdr_tariff.tariff_document IS 'The tariff as sent: elements, prices, restrictions, mix.';

COMMENT ON COLUMN ocpi.cdr_tariff.snapshot_date IS 'Day of the snapshot that brought this version of the record.';

CREATE TABLE ocpi.cdr_charging_period (
	source TEXT NOT NULL, 
	party TEXT NOT NULL, 
	cdr_id TEXT NOT NULL, 
	period_index INTEGER NOT NULL, 
	started_at TIMESTAMP WITH TIME ZONE, 
	snapshot_date DATE NOT NULL, 
	CONSTRAINT cdr_charging_period_pkey PRIMARY KEY (source, party, cdr_id, period_index)
);

COMMENT ON TABLE ocpi.cdr_charging_period IS 'A period of a cdr during which everything that is priced stayed as it was.';

COMMENT ON COLUMN ocpi.cdr_charging_period.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.cdr_charging_period.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';

COMMENT ON COLUMN ocpi.cdr_charging_period.cdr_id IS 'Id of the CDR in lower case: the standard compares it without case.';

COMMENT ON COLUMN ocpi.cdr_charging_period.period_index IS 'Position of the period, from 0.';

COMMENT ON COLUMN ocpi.cdr_charging_period.started_at IS 'Begin; the next begins at its end. Unit: UTC.';

COMMENT ON COLUMN ocpi.cdr_charging_period.snapshot_date IS 'Day of the snapshot that brought this version of the record.';

CREATE TABLE ocpi.cdr_dimension (
	source TEXT NOT NULL, 
	party TEXT NOT NULL, 
	cdr_id TEXT NOT NULL, 
	period_index INTEGER NOT NULL, 
	dimension_index INTEGER NOT NULL, 
	dimension TEXT, 
	volume NUMERIC(18, 6), 
	snapshot_date DATE NOT NULL, 
	CONSTRAINT cdr_dimension_pkey PRIMARY KEY (source, party, cdr_id, period_index, dimension_index)
);

COMMENT ON TABLE ocpi.cdr_dimension IS 'What was used in a period of a cdr.';

COMMENT ON COLUMN ocpi.cdr_dimension.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.cdr_dimension.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';

COMMENT ON COLUMN ocpi.cdr_dimension.cdr_id IS 'Id of the CDR in lower case: the standard compares it without case.';

COMMENT ON COLUMN ocpi.cdr_dimension.period_index IS 'Position of the period, from 0.';

COMMENT ON COLUMN ocpi.cdr_dimension.dimension_index IS 'Position of the dimension, from 0.';

COMMENT ON COLUMN ocpi.cdr_dimension.dimension IS 'ENERGY, TIME, PARKING_TIME, FLAT, ...';

COMMENT ON COLUMN ocpi.cdr_dimension.volume IS 'How much of it. Unit: kWh, h, A, ... by dimension.';

COMMENT ON COLUMN ocpi.cdr_dimension.snapshot_date IS 'Day of the snapshot that brought this version of the record.';

CREATE TABLE ocpi.token (
	source TEXT NOT NULL, 
	party TEXT NOT NULL, 
	token_uid_hash TEXT NOT NULL, 
	token_type TEXT, 
	auth_id_hash TEXT, 
	visual_number_hash TEXT, 
	issuer TEXT, 
	is_valid BOOLEAN, 
	whitelist TEXT, 
	language TEXT, 
	last_updated TIMESTAMP WITH TIME ZONE, 
	snapshot_date DATE NOT NULL, 
	CONSTRAINT token_pkey PRIMARY KEY (source, party, token_uid_hash)
);

COMMENT ON TABLE ocpi.token IS 'A token of an eMSP, without what names its holder [2.1.1].';

COMMENT ON COLUMN ocpi.token.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.token.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';

COMMENT ON COLUMN ocpi.token.token_uid_hash IS 'Keyed hash of the uid.';

COMMENT ON COLUMN ocpi.token.token_type IS 'RFID, OTHER, ...';

COMMENT ON COLUMN ocpi.token.auth_id_hash IS 'Keyed hash of the auth id: joins to session and cdr.';

COMMENT ON COLUMN ocpi.token.visual_number_hash IS 'Keyed hash of the number printed on it.';

COMMENT ON COLUMN ocpi.token.issuer IS 'Company that issued it.';

COMMENT ON COLUMN ocpi.token.is_valid IS 'May be used.';

COMMENT ON COLUMN ocpi.token.whitelist IS 'ALWAYS, ALLOWED, ALLOWED_OFFLINE or NEVER.';

COMMENT ON COLUMN ocpi.token.language IS 'ISO 639-1 preferred by the holder.';

COMMENT ON COLUMN ocpi.token.last_updated IS 'last_updated as the source says; the newest version wins. Unit: UTC.';

COMMENT ON COLUMN ocpi.token.snapshot_date IS 'Day of the snapshot that brought this version of the record.';
