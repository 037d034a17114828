CREATE TABLE ocpi.evse (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    evse_uid TEXT NOT NULL,
    evse_id TEXT,
    capabilities TEXT[],
    floor_level TEXT,
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    physical_reference TEXT,
    parking_restrictions TEXT[],
    cpo_external_id TEXT,
    protocol TEXT,
    max_vehicle_wheels INTEGER,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT evse_pkey PRIMARY KEY (source, party, location_id, evse_uid, valid_from),
    CONSTRAINT evse_validity_check CHECK (valid_to > valid_from)
);

CREATE INDEX evse_parking_restrictions_current ON ocpi.evse USING gin (parking_restrictions) WHERE valid_to is null;

CREATE INDEX evse_capabilities_current ON ocpi.evse USING gin (capabilities) WHERE valid_to is null;
COMMENT ON TABLE ocpi.evse IS 'A spot where one vehicle can charge.';
COMMENT ON COLUMN ocpi.evse.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.evse.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.evse.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.evse.evse_uid IS 'uid of the EVSE in the source, within its location.';
COMMENT ON COLUMN ocpi.evse.evse_id IS 'Public EVSE id (eMI3) as published; often repeated, sometimes reused.';
COMMENT ON COLUMN ocpi.evse.capabilities IS 'What the EVSE can do.';
COMMENT ON COLUMN ocpi.evse.floor_level IS 'Level in a garage.';
COMMENT ON COLUMN ocpi.evse.latitude IS 'WGS84; NULL where it is the location''s. Unit: degree.';
COMMENT ON COLUMN ocpi.evse.longitude IS 'WGS84; NULL where it is the location''s. Unit: degree.';
COMMENT ON COLUMN ocpi.evse.physical_reference IS 'Printed on the outside of the EVSE.';
COMMENT ON COLUMN ocpi.evse.parking_restrictions IS 'Restrictions of the parking spot.';
COMMENT ON COLUMN ocpi.evse.cpo_external_id IS 'Location id in the system of the CPO [EM].';
COMMENT ON COLUMN ocpi.evse.protocol IS 'Protocol of the EVSE [Voltality].';
COMMENT ON COLUMN ocpi.evse.max_vehicle_wheels IS 'Largest vehicle: 2, 4, 6 wheels [Voltality]. Unit: wheels.';
COMMENT ON COLUMN ocpi.evse.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.evse.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.evse_status (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    evse_uid TEXT NOT NULL,
    status TEXT,
    last_updated TIMESTAMP WITH TIME ZONE,
    last_successful_charge TIMESTAMP WITH TIME ZONE,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT evse_status_pkey PRIMARY KEY (source, party, location_id, evse_uid, valid_from),
    CONSTRAINT evse_status_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.evse_status IS 'Status of an EVSE as last published, and when; apart, because it moves every night.';
COMMENT ON COLUMN ocpi.evse_status.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.evse_status.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.evse_status.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.evse_status.evse_uid IS 'uid of the EVSE in the source, within its location.';
COMMENT ON COLUMN ocpi.evse_status.status IS 'Status as published (spelling repaired, meaning not).';
COMMENT ON COLUMN ocpi.evse_status.last_updated IS 'last_updated of the EVSE as the source says. Unit: UTC.';
COMMENT ON COLUMN ocpi.evse_status.last_successful_charge IS 'Last successful charge [EM]. Unit: UTC.';
COMMENT ON COLUMN ocpi.evse_status.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.evse_status.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.evse_status_schedule (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    evse_uid TEXT NOT NULL,
    content_key BIGINT NOT NULL,
    period_begin TIMESTAMP WITH TIME ZONE,
    period_end TIMESTAMP WITH TIME ZONE,
    status TEXT,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT evse_status_schedule_pkey PRIMARY KEY (source, party, location_id, evse_uid, content_key, valid_from),
    CONSTRAINT evse_status_schedule_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.evse_status_schedule IS 'Planned status of an EVSE.';
COMMENT ON COLUMN ocpi.evse_status_schedule.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.evse_status_schedule.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.evse_status_schedule.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.evse_status_schedule.evse_uid IS 'uid of the EVSE in the source, within its location.';
COMMENT ON COLUMN ocpi.evse_status_schedule.content_key IS 'Hash of the row''s content: the same content in another order is the same row.';
COMMENT ON COLUMN ocpi.evse_status_schedule.period_begin IS 'Begin. Unit: UTC.';
COMMENT ON COLUMN ocpi.evse_status_schedule.period_end IS 'End; NULL while unknown. Unit: UTC.';
COMMENT ON COLUMN ocpi.evse_status_schedule.status IS 'Status during the period.';
COMMENT ON COLUMN ocpi.evse_status_schedule.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.evse_status_schedule.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.evse_direction (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    evse_uid TEXT NOT NULL,
    content_key BIGINT NOT NULL,
    language TEXT,
    text TEXT,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT evse_direction_pkey PRIMARY KEY (source, party, location_id, evse_uid, content_key, valid_from),
    CONSTRAINT evse_direction_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.evse_direction IS 'How to reach the EVSE from the location, per language.';
COMMENT ON COLUMN ocpi.evse_direction.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.evse_direction.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.evse_direction.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.evse_direction.evse_uid IS 'uid of the EVSE in the source, within its location.';
COMMENT ON COLUMN ocpi.evse_direction.content_key IS 'Hash of the row''s content: the same content in another order is the same row.';
COMMENT ON COLUMN ocpi.evse_direction.language IS 'ISO 639-1; NULL where the source gives bare text.';
COMMENT ON COLUMN ocpi.evse_direction.text IS 'The directions.';
COMMENT ON COLUMN ocpi.evse_direction.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.evse_direction.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.evse_image (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    evse_uid TEXT NOT NULL,
    content_key BIGINT NOT NULL,
    url TEXT,
    thumbnail_url TEXT,
    category TEXT,
    image_type TEXT,
    width_px INTEGER,
    height_px INTEGER,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT evse_image_pkey PRIMARY KEY (source, party, location_id, evse_uid, content_key, valid_from),
    CONSTRAINT evse_image_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.evse_image IS 'Images of the EVSE.';
COMMENT ON COLUMN ocpi.evse_image.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.evse_image.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.evse_image.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.evse_image.evse_uid IS 'uid of the EVSE in the source, within its location.';
COMMENT ON COLUMN ocpi.evse_image.content_key IS 'Hash of the row''s content: the same content in another order is the same row.';
COMMENT ON COLUMN ocpi.evse_image.url IS 'Where the image can be fetched.';
COMMENT ON COLUMN ocpi.evse_image.thumbnail_url IS 'Where a thumbnail of it can be fetched.';
COMMENT ON COLUMN ocpi.evse_image.category IS 'What the image shows.';
COMMENT ON COLUMN ocpi.evse_image.image_type IS 'File type, e.g. jpeg.';
COMMENT ON COLUMN ocpi.evse_image.width_px IS 'Width of the full image. Unit: pixel.';
COMMENT ON COLUMN ocpi.evse_image.height_px IS 'Height of the full image. Unit: pixel.';
COMMENT ON COLUMN ocpi.evse_image.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.evse_image.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.connector (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    evse_uid TEXT NOT NULL,
    connector_id TEXT NOT NULL,
    standard TEXT,
    format TEXT,
    power_type TEXT,
    voltage_v DOUBLE PRECISION,
    amperage_a DOUBLE PRECISION,
    max_power_w DOUBLE PRECISION,
    peak_voltage_v DOUBLE PRECISION,
    peak_amperage_a DOUBLE PRECISION,
    terms_and_conditions TEXT,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT connector_pkey PRIMARY KEY (source, party, location_id, evse_uid, connector_id, valid_from),
    CONSTRAINT connector_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.connector IS 'A socket or cable of an EVSE.';
COMMENT ON COLUMN ocpi.connector.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.connector.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.connector.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.connector.evse_uid IS 'uid of the EVSE in the source, within its location.';
COMMENT ON COLUMN ocpi.connector.connector_id IS 'Id of the connector within its EVSE.';
COMMENT ON COLUMN ocpi.connector.standard IS 'Socket or plug standard.';
COMMENT ON COLUMN ocpi.connector.format IS 'SOCKET or CABLE.';
COMMENT ON COLUMN ocpi.connector.power_type IS 'AC phases or DC.';
COMMENT ON COLUMN ocpi.connector.voltage_v IS 'Voltage as published (2.2.1 max_voltage, 2.1.1 voltage). Unit: V.';
COMMENT ON COLUMN ocpi.connector.amperage_a IS 'Amperage as published (2.2.1 max_amperage, 2.1.1 amperage). Unit: A.';
COMMENT ON COLUMN ocpi.connector.max_power_w IS 'Declared maximum power as published, W by the standard; feeds in kW are told apart by the marts (power_method). Unit: W.';
COMMENT ON COLUMN ocpi.connector.peak_voltage_v IS 'Largest voltage under peak conditions [EM]. Unit: V.';
COMMENT ON COLUMN ocpi.connector.peak_amperage_a IS 'Largest amperage under peak conditions [EM]. Unit: A.';
COMMENT ON COLUMN ocpi.connector.terms_and_conditions IS 'Terms, as URL or text.';
COMMENT ON COLUMN ocpi.connector.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.connector.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.connector_freshness (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    evse_uid TEXT NOT NULL,
    connector_id TEXT NOT NULL,
    last_updated TIMESTAMP WITH TIME ZONE,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT connector_freshness_pkey PRIMARY KEY (source, party, location_id, evse_uid, connector_id, valid_from),
    CONSTRAINT connector_freshness_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.connector_freshness IS 'When the source last touched the connector; apart, because it moves without meaning.';
COMMENT ON COLUMN ocpi.connector_freshness.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.connector_freshness.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.connector_freshness.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.connector_freshness.evse_uid IS 'uid of the EVSE in the source, within its location.';
COMMENT ON COLUMN ocpi.connector_freshness.connector_id IS 'Id of the connector within its EVSE.';
COMMENT ON COLUMN ocpi.connector_freshness.last_updated IS 'last_updated as the source says. Unit: UTC.';
COMMENT ON COLUMN ocpi.connector_freshness.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.connector_freshness.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.connector_tariff (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    evse_uid TEXT NOT NULL,
    connector_id TEXT NOT NULL,
    tariff_id TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT connector_tariff_pkey PRIMARY KEY (source, party, location_id, evse_uid, connector_id, tariff_id, valid_from),
    CONSTRAINT connector_tariff_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.connector_tariff IS 'Tariffs a connector refers to; whether one exists is resolved in dbt.';
COMMENT ON COLUMN ocpi.connector_tariff.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.connector_tariff.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.connector_tariff.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.connector_tariff.evse_uid IS 'uid of the EVSE in the source, within its location.';
COMMENT ON COLUMN ocpi.connector_tariff.connector_id IS 'Id of the connector within its EVSE.';
COMMENT ON COLUMN ocpi.connector_tariff.tariff_id IS 'Id of the tariff as the connector names it.';
COMMENT ON COLUMN ocpi.connector_tariff.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.connector_tariff.valid_to IS 'First day on which it is true no more; NULL while current.';
