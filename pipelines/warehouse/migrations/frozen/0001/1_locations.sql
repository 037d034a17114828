CREATE TABLE ocpi.location (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    is_published BOOLEAN,
    name TEXT,
    address TEXT,
    city TEXT,
    postal_code TEXT,
    state TEXT,
    country_iso3 TEXT,
    country_source TEXT,
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    parking_type TEXT,
    facilities TEXT[],
    time_zone TEXT,
    is_open_twentyfourseven BOOLEAN,
    is_charging_when_closed BOOLEAN,
    is_green_energy BOOLEAN,
    energy_supplier_name TEXT,
    energy_product_name TEXT,
    access_type TEXT,
    location_type_code TEXT,
    location_type_description TEXT,
    location_category TEXT,
    brand_name TEXT,
    support_phone_number TEXT,
    restrictions TEXT[],
    adhoc_payment_methods TEXT[],
    adhoc_authorisation_methods TEXT[],
    heavy_vehicle_height_m DOUBLE PRECISION,
    heavy_vehicle_width_m DOUBLE PRECISION,
    heavy_vehicle_length_m DOUBLE PRECISION,
    heavy_vehicle_mass_kg DOUBLE PRECISION,
    heavy_vehicle_classes TEXT,
    is_heavy_vehicle_dedicated BOOLEAN,
    has_trailer_access BOOLEAN,
    is_drive_through BOOLEAN,
    is_dangerous_goods_allowed BOOLEAN,
    is_rigid_vehicle_suitable BOOLEAN,
    is_overnight_parking_allowed BOOLEAN,
    heavy_vehicle_amenities TEXT[],
    is_nose_parking_allowed BOOLEAN,
    vehicle_mass_kg DOUBLE PRECISION,
    vehicle_width_m DOUBLE PRECISION,
    vehicle_height_m DOUBLE PRECISION,
    vehicle_length_m DOUBLE PRECISION,
    state_province TEXT,
    municipality TEXT,
    reliability_score INTEGER,
    charging_behaviour_code INTEGER,
    charging_behaviour_description TEXT,
    physical_units_dc INTEGER,
    rating_count INTEGER,
    rating_score DOUBLE PRECISION,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT location_pkey PRIMARY KEY (source, party, location_id, valid_from),
    CONSTRAINT location_validity_check CHECK (valid_to > valid_from)
);

CREATE INDEX location_facilities_current ON ocpi.location USING gin (facilities) WHERE valid_to is null;
COMMENT ON TABLE ocpi.location IS 'A group of EVSEs at one place, operated by one CPO.';
COMMENT ON COLUMN ocpi.location.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.location.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.location.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.location.is_published IS 'May be shown to drivers (2.2.1 publish).';
COMMENT ON COLUMN ocpi.location.name IS 'Display name.';
COMMENT ON COLUMN ocpi.location.address IS 'Street and house number.';
COMMENT ON COLUMN ocpi.location.city IS 'City or town.';
COMMENT ON COLUMN ocpi.location.postal_code IS 'Postal code, kept as text.';
COMMENT ON COLUMN ocpi.location.state IS 'State or province.';
COMMENT ON COLUMN ocpi.location.country_iso3 IS 'ISO 3166-1 alpha-3; a name or alpha-2 code is mapped.';
COMMENT ON COLUMN ocpi.location.country_source IS 'The country as the source wrote it.';
COMMENT ON COLUMN ocpi.location.latitude IS 'WGS84. Unit: degree.';
COMMENT ON COLUMN ocpi.location.longitude IS 'WGS84. Unit: degree.';
COMMENT ON COLUMN ocpi.location.parking_type IS 'Kind of parking (2.1.1 type, 2.2.1 parking_type).';
COMMENT ON COLUMN ocpi.location.facilities IS 'What is near.';
COMMENT ON COLUMN ocpi.location.time_zone IS 'IANA time zone.';
COMMENT ON COLUMN ocpi.location.is_open_twentyfourseven IS 'Declared as open all day, every day.';
COMMENT ON COLUMN ocpi.location.is_charging_when_closed IS 'EVSEs can be used outside the opening hours.';
COMMENT ON COLUMN ocpi.location.is_green_energy IS 'All energy from regenerative sources.';
COMMENT ON COLUMN ocpi.location.energy_supplier_name IS 'Energy supplier.';
COMMENT ON COLUMN ocpi.location.energy_product_name IS 'The supplier''s product.';
COMMENT ON COLUMN ocpi.location.access_type IS 'Public, Restricted or Private [EM].';
COMMENT ON COLUMN ocpi.location.location_type_code IS 'Researched type of the place [EM].';
COMMENT ON COLUMN ocpi.location.location_type_description IS 'Its description [EM].';
COMMENT ON COLUMN ocpi.location.location_category IS 'Category of the place, e.g. shop [EM].';
COMMENT ON COLUMN ocpi.location.brand_name IS 'Main brand [EM].';
COMMENT ON COLUMN ocpi.location.support_phone_number IS 'Phone number for drivers [EM].';
COMMENT ON COLUMN ocpi.location.restrictions IS 'Who may charge, e.g. ONLY_CUSTOMERS [EM].';
COMMENT ON COLUMN ocpi.location.adhoc_payment_methods IS 'Ways to pay ad hoc [EM].';
COMMENT ON COLUMN ocpi.location.adhoc_authorisation_methods IS 'Ways to authorise ad hoc [EM].';
COMMENT ON COLUMN ocpi.location.heavy_vehicle_height_m IS 'Largest height of a heavy vehicle [EM]. Unit: m.';
COMMENT ON COLUMN ocpi.location.heavy_vehicle_width_m IS 'Largest width of a heavy vehicle [EM]. Unit: m.';
COMMENT ON COLUMN ocpi.location.heavy_vehicle_length_m IS 'Largest length of a heavy vehicle [EM]. Unit: m.';
COMMENT ON COLUMN ocpi.location.heavy_vehicle_mass_kg IS 'Largest mass of a heavy vehicle [EM]. Unit: kg.';
COMMENT ON COLUMN ocpi.location.heavy_vehicle_classes IS 'Composite class code, comma and all [EM].';
COMMENT ON COLUMN ocpi.location.is_heavy_vehicle_dedicated IS 'Built mainly for heavy vehicles [EM].';
COMMENT ON COLUMN ocpi.location.has_trailer_access IS 'Suitable for trucks with a trailer [EM].';
COMMENT ON COLUMN ocpi.location.is_drive_through IS 'Drive-through [EM].';
COMMENT ON COLUMN ocpi.location.is_dangerous_goods_allowed IS 'Charging with dangerous goods allowed [EM].';
COMMENT ON COLUMN ocpi.location.is_rigid_vehicle_suitable IS 'Suitable for rigid vehicles [EM].';
COMMENT ON COLUMN ocpi.location.is_overnight_parking_allowed IS 'Overnight charging allowed [EM].';
COMMENT ON COLUMN ocpi.location.heavy_vehicle_amenities IS 'Amenities for drivers of heavy vehicles [EM].';
COMMENT ON COLUMN ocpi.location.is_nose_parking_allowed IS 'Nose parking allowed [EM].';
COMMENT ON COLUMN ocpi.location.vehicle_mass_kg IS 'Largest mass of any vehicle [EM]. Unit: kg.';
COMMENT ON COLUMN ocpi.location.vehicle_width_m IS 'Largest width of any vehicle [EM]. Unit: m.';
COMMENT ON COLUMN ocpi.location.vehicle_height_m IS 'Largest height of any vehicle [EM]. Unit: m.';
COMMENT ON COLUMN ocpi.location.vehicle_length_m IS 'Largest length of any vehicle [EM]. Unit: m.';
COMMENT ON COLUMN ocpi.location.state_province IS 'State or province as researched [EM].';
COMMENT ON COLUMN ocpi.location.municipality IS 'Municipality [EM].';
COMMENT ON COLUMN ocpi.location.reliability_score IS 'Source''s own score, 1 to 5; its 0 is NULL here [EM].';
COMMENT ON COLUMN ocpi.location.charging_behaviour_code IS 'Deprecated by the source [EM].';
COMMENT ON COLUMN ocpi.location.charging_behaviour_description IS 'Deprecated by the source [EM].';
COMMENT ON COLUMN ocpi.location.physical_units_dc IS 'Number of DC units [EM]. Unit: units.';
COMMENT ON COLUMN ocpi.location.rating_count IS 'Drivers that rated [EM]. Unit: drivers.';
COMMENT ON COLUMN ocpi.location.rating_score IS 'Mean rating, 1 to 5 [EM].';
COMMENT ON COLUMN ocpi.location.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.location.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.location_freshness (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    last_updated TIMESTAMP WITH TIME ZONE,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT location_freshness_pkey PRIMARY KEY (source, party, location_id, valid_from),
    CONSTRAINT location_freshness_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.location_freshness IS 'When the source last touched the location; apart, because it moves without meaning.';
COMMENT ON COLUMN ocpi.location_freshness.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.location_freshness.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.location_freshness.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.location_freshness.last_updated IS 'last_updated as the source says. Unit: UTC.';
COMMENT ON COLUMN ocpi.location_freshness.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.location_freshness.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.location_party (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    role TEXT NOT NULL,
    name TEXT,
    website TEXT,
    logo_url TEXT,
    logo_thumbnail_url TEXT,
    logo_category TEXT,
    logo_type TEXT,
    logo_width_px INTEGER,
    logo_height_px INTEGER,
    partner_id TEXT,
    ema_ids TEXT[],
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT location_party_pkey PRIMARY KEY (source, party, location_id, role, valid_from),
    CONSTRAINT location_party_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.location_party IS 'Operator, suboperator and owner of a location.';
COMMENT ON COLUMN ocpi.location_party.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.location_party.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.location_party.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.location_party.role IS 'operator, suboperator or owner.';
COMMENT ON COLUMN ocpi.location_party.name IS 'Name.';
COMMENT ON COLUMN ocpi.location_party.website IS 'Website.';
COMMENT ON COLUMN ocpi.location_party.logo_url IS 'Where the logo can be fetched.';
COMMENT ON COLUMN ocpi.location_party.logo_thumbnail_url IS 'Where a thumbnail of it can be fetched.';
COMMENT ON COLUMN ocpi.location_party.logo_category IS 'Category of the logo image.';
COMMENT ON COLUMN ocpi.location_party.logo_type IS 'File type of the logo.';
COMMENT ON COLUMN ocpi.location_party.logo_width_px IS 'Width of the logo. Unit: pixel.';
COMMENT ON COLUMN ocpi.location_party.logo_height_px IS 'Height of the logo. Unit: pixel.';
COMMENT ON COLUMN ocpi.location_party.partner_id IS 'Stable id given by the aggregator [EM].';
COMMENT ON COLUMN ocpi.location_party.ema_ids IS 'eMA ids of the party [EM].';
COMMENT ON COLUMN ocpi.location_party.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.location_party.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.location_opening_hours (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    content_key BIGINT NOT NULL,
    hours_kind TEXT,
    weekday INTEGER,
    period_begin TEXT,
    period_end TEXT,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT location_opening_hours_pkey PRIMARY KEY (source, party, location_id, content_key, valid_from),
    CONSTRAINT location_opening_hours_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.location_opening_hours IS 'Regular opening hours, local time, one row per weekday and period.';
COMMENT ON COLUMN ocpi.location_opening_hours.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.location_opening_hours.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.location_opening_hours.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.location_opening_hours.content_key IS 'Hash of the row''s content: the same content in another order is the same row.';
COMMENT ON COLUMN ocpi.location_opening_hours.hours_kind IS 'declared by the operator, or derived from use [EM].';
COMMENT ON COLUMN ocpi.location_opening_hours.weekday IS '1 Monday to 7 Sunday.';
COMMENT ON COLUMN ocpi.location_opening_hours.period_begin IS 'Begin, local time. Unit: HH:MM.';
COMMENT ON COLUMN ocpi.location_opening_hours.period_end IS 'End, local time. Unit: HH:MM.';
COMMENT ON COLUMN ocpi.location_opening_hours.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.location_opening_hours.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.location_exceptional_period (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    content_key BIGINT NOT NULL,
    period_kind TEXT,
    period_begin TIMESTAMP WITH TIME ZONE,
    period_end TIMESTAMP WITH TIME ZONE,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT location_exceptional_period_pkey PRIMARY KEY (source, party, location_id, content_key, valid_from),
    CONSTRAINT location_exceptional_period_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.location_exceptional_period IS 'Exceptional openings and closings.';
COMMENT ON COLUMN ocpi.location_exceptional_period.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.location_exceptional_period.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.location_exceptional_period.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.location_exceptional_period.content_key IS 'Hash of the row''s content: the same content in another order is the same row.';
COMMENT ON COLUMN ocpi.location_exceptional_period.period_kind IS 'opening or closing.';
COMMENT ON COLUMN ocpi.location_exceptional_period.period_begin IS 'Begin. Unit: UTC.';
COMMENT ON COLUMN ocpi.location_exceptional_period.period_end IS 'End. Unit: UTC.';
COMMENT ON COLUMN ocpi.location_exceptional_period.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.location_exceptional_period.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.location_energy_source (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    content_key BIGINT NOT NULL,
    energy_source TEXT,
    percentage DOUBLE PRECISION,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT location_energy_source_pkey PRIMARY KEY (source, party, location_id, content_key, valid_from),
    CONSTRAINT location_energy_source_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.location_energy_source IS 'Share of an energy source in the mix.';
COMMENT ON COLUMN ocpi.location_energy_source.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.location_energy_source.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.location_energy_source.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.location_energy_source.content_key IS 'Hash of the row''s content: the same content in another order is the same row.';
COMMENT ON COLUMN ocpi.location_energy_source.energy_source IS 'Kind of source.';
COMMENT ON COLUMN ocpi.location_energy_source.percentage IS 'Share in the mix. Unit: %.';
COMMENT ON COLUMN ocpi.location_energy_source.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.location_energy_source.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.location_environmental_impact (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    content_key BIGINT NOT NULL,
    category TEXT,
    amount_g_per_kwh DOUBLE PRECISION,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT location_environmental_impact_pkey PRIMARY KEY (source, party, location_id, content_key, valid_from),
    CONSTRAINT location_environmental_impact_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.location_environmental_impact IS 'Waste and emission of the energy supplied.';
COMMENT ON COLUMN ocpi.location_environmental_impact.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.location_environmental_impact.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.location_environmental_impact.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.location_environmental_impact.content_key IS 'Hash of the row''s content: the same content in another order is the same row.';
COMMENT ON COLUMN ocpi.location_environmental_impact.category IS 'Kind of pollutant.';
COMMENT ON COLUMN ocpi.location_environmental_impact.amount_g_per_kwh IS 'Amount. Unit: g/kWh.';
COMMENT ON COLUMN ocpi.location_environmental_impact.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.location_environmental_impact.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.location_direction (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    content_key BIGINT NOT NULL,
    language TEXT,
    text TEXT,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT location_direction_pkey PRIMARY KEY (source, party, location_id, content_key, valid_from),
    CONSTRAINT location_direction_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.location_direction IS 'How to reach the location, per language.';
COMMENT ON COLUMN ocpi.location_direction.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.location_direction.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.location_direction.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.location_direction.content_key IS 'Hash of the row''s content: the same content in another order is the same row.';
COMMENT ON COLUMN ocpi.location_direction.language IS 'ISO 639-1; NULL where the source gives bare text.';
COMMENT ON COLUMN ocpi.location_direction.text IS 'The directions.';
COMMENT ON COLUMN ocpi.location_direction.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.location_direction.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.location_image (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    content_key BIGINT NOT NULL,
    url TEXT,
    thumbnail_url TEXT,
    category TEXT,
    image_type TEXT,
    width_px INTEGER,
    height_px INTEGER,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT location_image_pkey PRIMARY KEY (source, party, location_id, content_key, valid_from),
    CONSTRAINT location_image_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.location_image IS 'Images of the location.';
COMMENT ON COLUMN ocpi.location_image.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.location_image.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.location_image.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.location_image.content_key IS 'Hash of the row''s content: the same content in another order is the same row.';
COMMENT ON COLUMN ocpi.location_image.url IS 'Where the image can be fetched.';
COMMENT ON COLUMN ocpi.location_image.thumbnail_url IS 'Where a thumbnail of it can be fetched.';
COMMENT ON COLUMN ocpi.location_image.category IS 'What the image shows.';
COMMENT ON COLUMN ocpi.location_image.image_type IS 'File type, e.g. jpeg.';
COMMENT ON COLUMN ocpi.location_image.width_px IS 'Width of the full image. Unit: pixel.';
COMMENT ON COLUMN ocpi.location_image.height_px IS 'Height of the full image. Unit: pixel.';
COMMENT ON COLUMN ocpi.location_image.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.location_image.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.location_entrance (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    content_key BIGINT NOT NULL,
    name TEXT,
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT location_entrance_pkey PRIMARY KEY (source, party, location_id, content_key, valid_from),
    CONSTRAINT location_entrance_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.location_entrance IS 'Entrances for navigation, along motorways [EM].';
COMMENT ON COLUMN ocpi.location_entrance.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.location_entrance.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.location_entrance.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.location_entrance.content_key IS 'Hash of the row''s content: the same content in another order is the same row.';
COMMENT ON COLUMN ocpi.location_entrance.name IS 'E.g. a motorway exit.';
COMMENT ON COLUMN ocpi.location_entrance.latitude IS 'WGS84. Unit: degree.';
COMMENT ON COLUMN ocpi.location_entrance.longitude IS 'WGS84. Unit: degree.';
COMMENT ON COLUMN ocpi.location_entrance.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.location_entrance.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.related_location (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    content_key BIGINT NOT NULL,
    relation_basis TEXT,
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    language TEXT,
    name TEXT,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT related_location_pkey PRIMARY KEY (source, party, location_id, content_key, valid_from),
    CONSTRAINT related_location_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.related_location IS 'Other points that belong to the location, or facilities near it [EM].';
COMMENT ON COLUMN ocpi.related_location.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.related_location.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.related_location.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.related_location.content_key IS 'Hash of the row''s content: the same content in another order is the same row.';
COMMENT ON COLUMN ocpi.related_location.relation_basis IS 'related_point (OCPI) or nearest_facility [EM].';
COMMENT ON COLUMN ocpi.related_location.latitude IS 'WGS84. Unit: degree.';
COMMENT ON COLUMN ocpi.related_location.longitude IS 'WGS84. Unit: degree.';
COMMENT ON COLUMN ocpi.related_location.language IS 'Language of the name.';
COMMENT ON COLUMN ocpi.related_location.name IS 'Name of the point.';
COMMENT ON COLUMN ocpi.related_location.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.related_location.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.location_roaming_card (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    content_key BIGINT NOT NULL,
    emsp TEXT,
    partner_id TEXT,
    ema_ids TEXT[],
    card TEXT,
    android_app_link TEXT,
    ios_app_link TEXT,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT location_roaming_card_pkey PRIMARY KEY (source, party, location_id, content_key, valid_from),
    CONSTRAINT location_roaming_card_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.location_roaming_card IS 'Charging cards accepted at the location [EM].';
COMMENT ON COLUMN ocpi.location_roaming_card.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.location_roaming_card.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.location_roaming_card.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.location_roaming_card.content_key IS 'Hash of the row''s content: the same content in another order is the same row.';
COMMENT ON COLUMN ocpi.location_roaming_card.emsp IS 'Provider of the card.';
COMMENT ON COLUMN ocpi.location_roaming_card.partner_id IS 'Stable id of the provider.';
COMMENT ON COLUMN ocpi.location_roaming_card.ema_ids IS 'eMA ids of the provider.';
COMMENT ON COLUMN ocpi.location_roaming_card.card IS 'Name of the card.';
COMMENT ON COLUMN ocpi.location_roaming_card.android_app_link IS 'The provider''s Android app.';
COMMENT ON COLUMN ocpi.location_roaming_card.ios_app_link IS 'The provider''s iOS app.';
COMMENT ON COLUMN ocpi.location_roaming_card.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.location_roaming_card.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.location_predicted_occupancy (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    location_id TEXT NOT NULL,
    content_key BIGINT NOT NULL,
    weekday INTEGER,
    period_begin TEXT,
    period_end TEXT,
    occupancy INTEGER,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT location_predicted_occupancy_pkey PRIMARY KEY (source, party, location_id, content_key, valid_from),
    CONSTRAINT location_predicted_occupancy_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.location_predicted_occupancy IS 'Predicted occupancy hour by hour for the coming week [EM].';
COMMENT ON COLUMN ocpi.location_predicted_occupancy.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.location_predicted_occupancy.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.location_predicted_occupancy.location_id IS 'Id of the location in the source, within its party.';
COMMENT ON COLUMN ocpi.location_predicted_occupancy.content_key IS 'Hash of the row''s content: the same content in another order is the same row.';
COMMENT ON COLUMN ocpi.location_predicted_occupancy.weekday IS '1 Monday to 7 Sunday.';
COMMENT ON COLUMN ocpi.location_predicted_occupancy.period_begin IS 'Begin, UTC. Unit: HH:MM.';
COMMENT ON COLUMN ocpi.location_predicted_occupancy.period_end IS 'End, UTC. Unit: HH:MM.';
COMMENT ON COLUMN ocpi.location_predicted_occupancy.occupancy IS '1 available to 10 fully occupied.';
COMMENT ON COLUMN ocpi.location_predicted_occupancy.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.location_predicted_occupancy.valid_to IS 'First day on which it is true no more; NULL while current.';
