CREATE TABLE ocpi.tariff (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    tariff_id TEXT NOT NULL,
    currency TEXT,
    tariff_type TEXT,
    tariff_alt_url TEXT,
    min_price_excl_vat NUMERIC(18, 6),
    min_price_incl_vat NUMERIC(18, 6),
    max_price_excl_vat NUMERIC(18, 6),
    max_price_incl_vat NUMERIC(18, 6),
    start_date_time TIMESTAMP WITH TIME ZONE,
    end_date_time TIMESTAMP WITH TIME ZONE,
    energy_supplier_name TEXT,
    energy_product_name TEXT,
    is_green_energy BOOLEAN,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT tariff_pkey PRIMARY KEY (source, party, tariff_id, valid_from),
    CONSTRAINT tariff_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.tariff IS 'A tariff as the source publishes it.';
COMMENT ON COLUMN ocpi.tariff.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.tariff.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.tariff.tariff_id IS 'Id of the tariff in the source, within its party.';
COMMENT ON COLUMN ocpi.tariff.currency IS 'ISO 4217.';
COMMENT ON COLUMN ocpi.tariff.tariff_type IS 'REGULAR, AD_HOC_PAYMENT, ...; NULL: applies to all.';
COMMENT ON COLUMN ocpi.tariff.tariff_alt_url IS 'A page that describes the tariff.';
COMMENT ON COLUMN ocpi.tariff.min_price_excl_vat IS 'Least price of a session, without VAT. Unit: currency of the tariff.';
COMMENT ON COLUMN ocpi.tariff.min_price_incl_vat IS 'Least price of a session, with VAT. Unit: currency of the tariff.';
COMMENT ON COLUMN ocpi.tariff.max_price_excl_vat IS 'Largest price of a session, without VAT. Unit: currency of the tariff.';
COMMENT ON COLUMN ocpi.tariff.max_price_incl_vat IS 'Largest price of a session, with VAT. Unit: currency of the tariff.';
COMMENT ON COLUMN ocpi.tariff.start_date_time IS 'Valid from. Unit: UTC.';
COMMENT ON COLUMN ocpi.tariff.end_date_time IS 'Valid until, exclusive. Unit: UTC.';
COMMENT ON COLUMN ocpi.tariff.energy_supplier_name IS 'Energy supplier of the tariff''s mix.';
COMMENT ON COLUMN ocpi.tariff.energy_product_name IS 'The supplier''s product.';
COMMENT ON COLUMN ocpi.tariff.is_green_energy IS 'All energy of the mix from regenerative sources.';
COMMENT ON COLUMN ocpi.tariff.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.tariff.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.tariff_freshness (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    tariff_id TEXT NOT NULL,
    last_updated TIMESTAMP WITH TIME ZONE,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT tariff_freshness_pkey PRIMARY KEY (source, party, tariff_id, valid_from),
    CONSTRAINT tariff_freshness_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.tariff_freshness IS 'When the source last touched the tariff; apart, because it moves without meaning.';
COMMENT ON COLUMN ocpi.tariff_freshness.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.tariff_freshness.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.tariff_freshness.tariff_id IS 'Id of the tariff in the source, within its party.';
COMMENT ON COLUMN ocpi.tariff_freshness.last_updated IS 'last_updated as the source says. Unit: UTC.';
COMMENT ON COLUMN ocpi.tariff_freshness.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.tariff_freshness.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.tariff_alt_text (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    tariff_id TEXT NOT NULL,
    content_key BIGINT NOT NULL,
    language TEXT,
    text TEXT,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT tariff_alt_text_pkey PRIMARY KEY (source, party, tariff_id, content_key, valid_from),
    CONSTRAINT tariff_alt_text_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.tariff_alt_text IS 'Description of the tariff, per language.';
COMMENT ON COLUMN ocpi.tariff_alt_text.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.tariff_alt_text.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.tariff_alt_text.tariff_id IS 'Id of the tariff in the source, within its party.';
COMMENT ON COLUMN ocpi.tariff_alt_text.content_key IS 'Hash of the row''s content: the same content in another order is the same row.';
COMMENT ON COLUMN ocpi.tariff_alt_text.language IS 'ISO 639-1.';
COMMENT ON COLUMN ocpi.tariff_alt_text.text IS 'The description.';
COMMENT ON COLUMN ocpi.tariff_alt_text.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.tariff_alt_text.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.tariff_energy_source (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    tariff_id TEXT NOT NULL,
    content_key BIGINT NOT NULL,
    energy_source TEXT,
    percentage DOUBLE PRECISION,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT tariff_energy_source_pkey PRIMARY KEY (source, party, tariff_id, content_key, valid_from),
    CONSTRAINT tariff_energy_source_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.tariff_energy_source IS 'Share of an energy source in the mix of the tariff.';
COMMENT ON COLUMN ocpi.tariff_energy_source.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.tariff_energy_source.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.tariff_energy_source.tariff_id IS 'Id of the tariff in the source, within its party.';
COMMENT ON COLUMN ocpi.tariff_energy_source.content_key IS 'Hash of the row''s content: the same content in another order is the same row.';
COMMENT ON COLUMN ocpi.tariff_energy_source.energy_source IS 'Kind of source.';
COMMENT ON COLUMN ocpi.tariff_energy_source.percentage IS 'Share in the mix. Unit: %.';
COMMENT ON COLUMN ocpi.tariff_energy_source.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.tariff_energy_source.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.tariff_environmental_impact (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    tariff_id TEXT NOT NULL,
    content_key BIGINT NOT NULL,
    category TEXT,
    amount_g_per_kwh DOUBLE PRECISION,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT tariff_environmental_impact_pkey PRIMARY KEY (source, party, tariff_id, content_key, valid_from),
    CONSTRAINT tariff_environmental_impact_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.tariff_environmental_impact IS 'Waste and emission of the tariff''s energy mix.';
COMMENT ON COLUMN ocpi.tariff_environmental_impact.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.tariff_environmental_impact.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.tariff_environmental_impact.tariff_id IS 'Id of the tariff in the source, within its party.';
COMMENT ON COLUMN ocpi.tariff_environmental_impact.content_key IS 'Hash of the row''s content: the same content in another order is the same row.';
COMMENT ON COLUMN ocpi.tariff_environmental_impact.category IS 'Kind of pollutant.';
COMMENT ON COLUMN ocpi.tariff_environmental_impact.amount_g_per_kwh IS 'Amount. Unit: g/kWh.';
COMMENT ON COLUMN ocpi.tariff_environmental_impact.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.tariff_environmental_impact.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.tariff_element (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    tariff_id TEXT NOT NULL,
    element_index INTEGER NOT NULL,
    start_time TEXT,
    end_time TEXT,
    start_date DATE,
    end_date DATE,
    min_kwh DOUBLE PRECISION,
    max_kwh DOUBLE PRECISION,
    min_current_a DOUBLE PRECISION,
    max_current_a DOUBLE PRECISION,
    min_power_kw DOUBLE PRECISION,
    max_power_kw DOUBLE PRECISION,
    min_duration_s INTEGER,
    max_duration_s INTEGER,
    days_of_week TEXT[],
    reservation TEXT,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT tariff_element_pkey PRIMARY KEY (source, party, tariff_id, element_index, valid_from),
    CONSTRAINT tariff_element_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.tariff_element IS 'An element of a tariff with its restrictions; NULL restricts nothing.';
COMMENT ON COLUMN ocpi.tariff_element.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.tariff_element.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.tariff_element.tariff_id IS 'Id of the tariff in the source, within its party.';
COMMENT ON COLUMN ocpi.tariff_element.element_index IS 'Position of the element, from 0; order decides.';
COMMENT ON COLUMN ocpi.tariff_element.start_time IS 'From this local time of day. Unit: HH:MM.';
COMMENT ON COLUMN ocpi.tariff_element.end_time IS 'To this local time; 00:00 is the midnight after. Unit: HH:MM.';
COMMENT ON COLUMN ocpi.tariff_element.start_date IS 'From this local date, inclusive.';
COMMENT ON COLUMN ocpi.tariff_element.end_date IS 'To this local date, exclusive.';
COMMENT ON COLUMN ocpi.tariff_element.min_kwh IS 'From this energy on. Unit: kWh.';
COMMENT ON COLUMN ocpi.tariff_element.max_kwh IS 'Up to this energy. Unit: kWh.';
COMMENT ON COLUMN ocpi.tariff_element.min_current_a IS 'From this current on. Unit: A.';
COMMENT ON COLUMN ocpi.tariff_element.max_current_a IS 'Up to this current. Unit: A.';
COMMENT ON COLUMN ocpi.tariff_element.min_power_kw IS 'From this power on. Unit: kW.';
COMMENT ON COLUMN ocpi.tariff_element.max_power_kw IS 'Up to this power. Unit: kW.';
COMMENT ON COLUMN ocpi.tariff_element.min_duration_s IS 'From this duration on. Unit: s.';
COMMENT ON COLUMN ocpi.tariff_element.max_duration_s IS 'Up to this duration. Unit: s.';
COMMENT ON COLUMN ocpi.tariff_element.days_of_week IS 'On these days, MONDAY to SUNDAY.';
COMMENT ON COLUMN ocpi.tariff_element.reservation IS 'The element prices a reservation, not charging.';
COMMENT ON COLUMN ocpi.tariff_element.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.tariff_element.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.price_component (
    source TEXT NOT NULL,
    party TEXT NOT NULL,
    tariff_id TEXT NOT NULL,
    element_index INTEGER NOT NULL,
    component_index INTEGER NOT NULL,
    dimension TEXT,
    price NUMERIC(18, 6),
    vat_percent DOUBLE PRECISION,
    step_size INTEGER,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT price_component_pkey PRIMARY KEY (source, party, tariff_id, element_index, component_index, valid_from),
    CONSTRAINT price_component_validity_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE ocpi.price_component IS 'A price within an element: ENERGY per kWh, TIME and PARKING_TIME per hour, FLAT once.';
COMMENT ON COLUMN ocpi.price_component.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ocpi.price_component.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';
COMMENT ON COLUMN ocpi.price_component.tariff_id IS 'Id of the tariff in the source, within its party.';
COMMENT ON COLUMN ocpi.price_component.element_index IS 'Position of the element, from 0; order decides.';
COMMENT ON COLUMN ocpi.price_component.component_index IS 'Position of the component, from 0.';
COMMENT ON COLUMN ocpi.price_component.dimension IS 'ENERGY, FLAT, PARKING_TIME or TIME.';
COMMENT ON COLUMN ocpi.price_component.price IS 'Price per unit of the dimension, without VAT. Unit: currency of the tariff.';
COMMENT ON COLUMN ocpi.price_component.vat_percent IS 'VAT; NULL is not stated, never 0. Unit: %.';
COMMENT ON COLUMN ocpi.price_component.step_size IS 'Smallest amount billed: Wh (ENERGY) or s (times). Unit: Wh or s.';
COMMENT ON COLUMN ocpi.price_component.valid_from IS 'First day on which the row is true.';
COMMENT ON COLUMN ocpi.price_component.valid_to IS 'First day on which it is true no more; NULL while current.';
