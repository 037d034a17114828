CREATE TABLE ocpi.location_detail (
	source TEXT NOT NULL, 
	party TEXT NOT NULL, 
	location_id TEXT NOT NULL, 
	is_derived_open_twentyfourseven BOOLEAN, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	CONSTRAINT location_detail_pkey PRIMARY KEY (source, party, location_id, valid_from), 
	CONSTRAINT location_detail_validity_check CHECK (valid_to > valid_from)
);

COMMENT ON TABLE ocpi.location_detail IS 'A location that was asked for by itself, as bulk answers leave its details out [EM].';

COMMENT ON COLUMN ocpi.location_detail.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.location_detail.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';

COMMENT ON COLUMN ocpi.location_detail.location_id IS 'Id of the location in the source, within its party.';

COMMENT ON COLUMN ocpi.location_detail.is_derived_open_twentyfourseven IS 'Open all day every day, as derived from use.';

COMMENT ON COLUMN ocpi.location_detail.valid_from IS 'First day on which the row is true.';

COMMENT ON COLUMN ocpi.location_detail.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.location_derived_hours (
	source TEXT NOT NULL, 
	party TEXT NOT NULL, 
	location_id TEXT NOT NULL, 
	content_key BIGINT NOT NULL, 
	weekday INTEGER, 
	period_begin TEXT, 
	period_end TEXT, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	CONSTRAINT location_derived_hours_pkey PRIMARY KEY (source, party, location_id, content_key, valid_from), 
	CONSTRAINT location_derived_hours_validity_check CHECK (valid_to > valid_from)
);

COMMENT ON TABLE ocpi.location_derived_hours IS 'Opening hours derived from use by the source; never mixed with declared ones [EM].';

COMMENT ON COLUMN ocpi.location_derived_hours.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.location_derived_hours.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';

COMMENT ON COLUMN ocpi.location_derived_hours.location_id IS 'Id of the location in the source, within its party.';

COMMENT ON COLUMN ocpi.location_derived_hours.content_key IS 'Hash of the row''s content: the same content in another order is the same row.';

COMMENT ON COLUMN ocpi.location_derived_hours.weekday IS '1 Monday to 7 Sunday.';

COMMENT ON COLUMN ocpi.location_derived_hours.period_begin IS 'Begin, local time. Unit: HH:MM.';

COMMENT ON COLUMN ocpi.location_derived_hours.period_end IS 'End, local time. Unit: HH:MM.';

COMMENT ON COLUMN ocpi.location_derived_hours.valid_from IS 'First day on which the row is true.';

COMMENT ON COLUMN ocpi.location_derived_hours.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.connector_status (
	source TEXT NOT NULL, 
	party TEXT NOT NULL, 
	location_id TEXT NOT NULL, 
	evse_uid TEXT NOT NULL, 
	connector_id TEXT NOT NULL, 
	status TEXT, 
	reliability_score DOUBLE PRECISION, 
	uptime_ratio DOUBLE PRECISION, 
	is_online BOOLEAN, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	CONSTRAINT connector_status_pkey PRIMARY KEY (source, party, location_id, evse_uid, connector_id, valid_from), 
	CONSTRAINT connector_status_validity_check CHECK (valid_to > valid_from)
);

COMMENT ON TABLE ocpi.connector_status IS 'Status and figures of a connector as last published, where the source has them at that level; apart, because they move every night [Voltality].';

COMMENT ON COLUMN ocpi.connector_status.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.connector_status.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';

COMMENT ON COLUMN ocpi.connector_status.location_id IS 'Id of the location in the source, within its party.';

COMMENT ON COLUMN ocpi.connector_status.evse_uid IS 'uid of the EVSE in the source, within its location.';

COMMENT ON COLUMN ocpi.connector_status.connector_id IS 'Id of the connector within its EVSE.';

COMMENT ON COLUMN ocpi.connector_status.status IS 'Status as published (spelling repaired, meaning not).';

COMMENT ON COLUMN ocpi.connector_status.reliability_score IS 'Source''s own score: 0 worst, 10 best; 0 is a value.';

COMMENT ON COLUMN ocpi.connector_status.uptime_ratio IS 'Share of time in operation by the source, 0 to 1. Unit: ratio.';

COMMENT ON COLUMN ocpi.connector_status.is_online IS 'Connected; NULL where the operator does not say, which is not false.';

COMMENT ON COLUMN ocpi.connector_status.valid_from IS 'First day on which the row is true.';

COMMENT ON COLUMN ocpi.connector_status.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.connector_pricing_reference (
	source TEXT NOT NULL, 
	party TEXT NOT NULL, 
	location_id TEXT NOT NULL, 
	evse_uid TEXT NOT NULL, 
	connector_id TEXT NOT NULL, 
	pricing_id TEXT, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	CONSTRAINT connector_pricing_reference_pkey PRIMARY KEY (source, party, location_id, evse_uid, connector_id, valid_from), 
	CONSTRAINT connector_pricing_reference_validity_check CHECK (valid_to > valid_from)
);

COMMENT ON TABLE ocpi.connector_pricing_reference IS 'The deprecated price a connector refers to; its id is new at every change of price [EM].';

COMMENT ON COLUMN ocpi.connector_pricing_reference.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.connector_pricing_reference.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';

COMMENT ON COLUMN ocpi.connector_pricing_reference.location_id IS 'Id of the location in the source, within its party.';

COMMENT ON COLUMN ocpi.connector_pricing_reference.evse_uid IS 'uid of the EVSE in the source, within its location.';

COMMENT ON COLUMN ocpi.connector_pricing_reference.connector_id IS 'Id of the connector within its EVSE.';

COMMENT ON COLUMN ocpi.connector_pricing_reference.pricing_id IS 'Id in deprecated_price of the same day.';

COMMENT ON COLUMN ocpi.connector_pricing_reference.valid_from IS 'First day on which the row is true.';

COMMENT ON COLUMN ocpi.connector_pricing_reference.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.tariff_price (
	source TEXT NOT NULL, 
	party TEXT NOT NULL, 
	tariff_id TEXT NOT NULL, 
	dimension TEXT NOT NULL, 
	price_excl_vat NUMERIC(18, 6), 
	price_incl_vat NUMERIC(18, 6), 
	unit TEXT, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	CONSTRAINT tariff_price_pkey PRIMARY KEY (source, party, tariff_id, dimension, valid_from), 
	CONSTRAINT tariff_price_validity_check CHECK (valid_to > valid_from)
);

COMMENT ON TABLE ocpi.tariff_price IS 'A price that a tariff states beside its elements, in the unit of the source [Voltality].';

COMMENT ON COLUMN ocpi.tariff_price.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.tariff_price.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';

COMMENT ON COLUMN ocpi.tariff_price.tariff_id IS 'Id of the tariff in the source, within its party.';

COMMENT ON COLUMN ocpi.tariff_price.dimension IS 'ENERGY, TIME, FLAT or PARKING_TIME.';

COMMENT ON COLUMN ocpi.tariff_price.price_excl_vat IS 'Price per `unit`, without VAT. Unit: currency of the tariff.';

COMMENT ON COLUMN ocpi.tariff_price.price_incl_vat IS 'Price per `unit`, with VAT. Unit: currency of the tariff.';

COMMENT ON COLUMN ocpi.tariff_price.unit IS 'kWh, minute or session; times of OCPI are per hour, these are not.';

COMMENT ON COLUMN ocpi.tariff_price.valid_from IS 'First day on which the row is true.';

COMMENT ON COLUMN ocpi.tariff_price.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.price (
	source TEXT NOT NULL, 
	price_key TEXT NOT NULL, 
	partner TEXT, 
	product_id TEXT, 
	product_name TEXT, 
	product_description TEXT, 
	product_type TEXT, 
	subscription_type TEXT, 
	subscription_fee_excl_vat NUMERIC(18, 6), 
	currency TEXT, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	CONSTRAINT price_pkey PRIMARY KEY (source, price_key, valid_from), 
	CONSTRAINT price_validity_check CHECK (valid_to > valid_from)
);

COMMENT ON TABLE ocpi.price IS 'A price list of a payment product; alike ones of several ids are one row [EM].';

COMMENT ON COLUMN ocpi.price.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.price.price_key IS 'Hash of the price''s content without its id.';

COMMENT ON COLUMN ocpi.price.partner IS 'Owner of the payment product.';

COMMENT ON COLUMN ocpi.price.product_id IS 'Id of the product; may be missing.';

COMMENT ON COLUMN ocpi.price.product_name IS 'Name of the product.';

COMMENT ON COLUMN ocpi.price.product_description IS 'Its description.';

COMMENT ON COLUMN ocpi.price.product_type IS 'msp, adhoc, cpo_subscription, ...';

COMMENT ON COLUMN ocpi.price.subscription_type IS 'month, yearly, one-off, n/a.';

COMMENT ON COLUMN ocpi.price.subscription_fee_excl_vat IS 'Fee of the subscription, without VAT. Unit: currency of the price.';

COMMENT ON COLUMN ocpi.price.currency IS 'ISO 4217.';

COMMENT ON COLUMN ocpi.price.valid_from IS 'First day on which the row is true.';

COMMENT ON COLUMN ocpi.price.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.price_element (
	source TEXT NOT NULL, 
	price_key TEXT NOT NULL, 
	element_index INTEGER NOT NULL, 
	start_time TEXT, 
	end_time TEXT, 
	start_date DATE, 
	end_date DATE, 
	min_power_kw DOUBLE PRECISION, 
	max_power_kw DOUBLE PRECISION, 
	min_duration_s INTEGER, 
	max_duration_s INTEGER, 
	days_of_week TEXT[], 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	CONSTRAINT price_element_pkey PRIMARY KEY (source, price_key, element_index, valid_from), 
	CONSTRAINT price_element_validity_check CHECK (valid_to > valid_from)
);

COMMENT ON TABLE ocpi.price_element IS 'An element of a price with its restrictions; NULL restricts nothing [EM].';

COMMENT ON COLUMN ocpi.price_element.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.price_element.price_key IS 'Hash of the price''s content without its id.';

COMMENT ON COLUMN ocpi.price_element.element_index IS 'Position of the element, from 0; order decides.';

COMMENT ON COLUMN ocpi.price_element.start_time IS 'From this local time of day. Unit: HH:MM.';

COMMENT ON COLUMN ocpi.price_element.end_time IS 'To this local time of day. Unit: HH:MM.';

COMMENT ON COLUMN ocpi.price_element.start_date IS 'From this local date, inclusive.';

COMMENT ON COLUMN ocpi.price_element.end_date IS 'To this local date, exclusive.';

COMMENT ON COLUMN ocpi.price_element.min_power_kw IS 'From this power on. Unit: kW.';

COMMENT ON COLUMN ocpi.price_element.max_power_kw IS 'Up to this power. Unit: kW.';

COMMENT ON COLUMN ocpi.price_element.min_duration_s IS 'From this duration on. Unit: s.';

COMMENT ON COLUMN ocpi.price_element.max_duration_s IS 'Up to this duration. Unit: s.';

COMMENT ON COLUMN ocpi.price_element.days_of_week IS 'On these days, MONDAY to SUNDAY.';

COMMENT ON COLUMN ocpi.price_element.valid_from IS 'First day on which the row is true.';

COMMENT ON COLUMN ocpi.price_element.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.price_element_component (
	source TEXT NOT NULL, 
	price_key TEXT NOT NULL, 
	element_index INTEGER NOT NULL, 
	component_index INTEGER NOT NULL, 
	dimension TEXT, 
	price_excl_vat NUMERIC(18, 6), 
	vat_percent DOUBLE PRECISION, 
	step_size INTEGER, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	CONSTRAINT price_element_component_pkey PRIMARY KEY (source, price_key, element_index, component_index, valid_from), 
	CONSTRAINT price_element_component_validity_check CHECK (valid_to > valid_from)
);

COMMENT ON TABLE ocpi.price_element_component IS 'A price within an element: per kWh (ENERGY), hour (TIME, PARKING_TIME) or session [EM].';

COMMENT ON COLUMN ocpi.price_element_component.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.price_element_component.price_key IS 'Hash of the price''s content without its id.';

COMMENT ON COLUMN ocpi.price_element_component.element_index IS 'Position of the element, from 0; order decides.';

COMMENT ON COLUMN ocpi.price_element_component.component_index IS 'Position of the component, from 0.';

COMMENT ON COLUMN ocpi.price_element_component.dimension IS 'ENERGY, FLAT, PARKING_TIME or TIME.';

COMMENT ON COLUMN ocpi.price_element_component.price_excl_vat IS 'Price per unit of the dimension, without VAT. Unit: currency of the price.';

COMMENT ON COLUMN ocpi.price_element_component.vat_percent IS 'VAT; NULL is not stated, never 0. Unit: %.';

COMMENT ON COLUMN ocpi.price_element_component.step_size IS 'Smallest amount billed: Wh (ENERGY) or s (times). Unit: Wh or s.';

COMMENT ON COLUMN ocpi.price_element_component.valid_from IS 'First day on which the row is true.';

COMMENT ON COLUMN ocpi.price_element_component.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.connector_pricing (
	source TEXT NOT NULL, 
	party TEXT NOT NULL, 
	location_id TEXT NOT NULL, 
	evse_uid TEXT NOT NULL, 
	connector_id TEXT NOT NULL, 
	price_set_key TEXT NOT NULL, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	CONSTRAINT connector_pricing_pkey PRIMARY KEY (source, party, location_id, evse_uid, connector_id, price_set_key, valid_from), 
	CONSTRAINT connector_pricing_validity_check CHECK (valid_to > valid_from)
);

COMMENT ON TABLE ocpi.connector_pricing IS 'The source has said which prices hold at a connector; without connector_price: none [EM].';

COMMENT ON COLUMN ocpi.connector_pricing.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.connector_pricing.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';

COMMENT ON COLUMN ocpi.connector_pricing.location_id IS 'Id of the location in the source, within its party.';

COMMENT ON COLUMN ocpi.connector_pricing.evse_uid IS 'uid of the EVSE in the source, within its location.';

COMMENT ON COLUMN ocpi.connector_pricing.connector_id IS 'Id of the connector within its EVSE.';

COMMENT ON COLUMN ocpi.connector_pricing.price_set_key IS 'Hash of the prices in the row; a connector may come in several rows.';

COMMENT ON COLUMN ocpi.connector_pricing.valid_from IS 'First day on which the row is true.';

COMMENT ON COLUMN ocpi.connector_pricing.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.connector_price (
	source TEXT NOT NULL, 
	party TEXT NOT NULL, 
	location_id TEXT NOT NULL, 
	evse_uid TEXT NOT NULL, 
	connector_id TEXT NOT NULL, 
	price_set_key TEXT NOT NULL, 
	price_key TEXT NOT NULL, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	CONSTRAINT connector_price_pkey PRIMARY KEY (source, party, location_id, evse_uid, connector_id, price_set_key, price_key, valid_from), 
	CONSTRAINT connector_price_validity_check CHECK (valid_to > valid_from)
);

COMMENT ON TABLE ocpi.connector_price IS 'A price that holds at a connector [EM].';

COMMENT ON COLUMN ocpi.connector_price.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.connector_price.party IS 'Country code and party id (NLTNM) where the source scopes its ids by party; '''' elsewhere.';

COMMENT ON COLUMN ocpi.connector_price.location_id IS 'Id of the location in the source, within its party.';

COMMENT ON COLUMN ocpi.connector_price.evse_uid IS 'uid of the EVSE in the source, within its location.';

COMMENT ON COLUMN ocpi.connector_price.connector_id IS 'Id of the connector within its EVSE.';

COMMENT ON COLUMN ocpi.connector_price.price_set_key IS 'Hash of the prices in the row; a connector may come in several rows.';

COMMENT ON COLUMN ocpi.connector_price.price_key IS 'The price; ''dangling'' where the snapshot holds none of the id named.';

COMMENT ON COLUMN ocpi.connector_price.valid_from IS 'First day on which the row is true.';

COMMENT ON COLUMN ocpi.connector_price.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.deprecated_price (
	source TEXT NOT NULL, 
	pricing_id TEXT NOT NULL, 
	partner TEXT, 
	product_id TEXT, 
	product_name TEXT, 
	product_description TEXT, 
	product_type TEXT, 
	subscription_type TEXT, 
	subscription_fee_excl_vat NUMERIC(18, 6), 
	currency TEXT, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	CONSTRAINT deprecated_price_pkey PRIMARY KEY (source, pricing_id, valid_from), 
	CONSTRAINT deprecated_price_validity_check CHECK (valid_to > valid_from)
);

COMMENT ON TABLE ocpi.deprecated_price IS 'A price of the source''s deprecated list, by the id that connectors refer to [EM].';

COMMENT ON COLUMN ocpi.deprecated_price.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.deprecated_price.pricing_id IS 'Id, new at every change of price.';

COMMENT ON COLUMN ocpi.deprecated_price.partner IS 'Owner of the payment product.';

COMMENT ON COLUMN ocpi.deprecated_price.product_id IS 'Id of the product; may be missing.';

COMMENT ON COLUMN ocpi.deprecated_price.product_name IS 'Name of the product.';

COMMENT ON COLUMN ocpi.deprecated_price.product_description IS 'Its description.';

COMMENT ON COLUMN ocpi.deprecated_price.product_type IS 'msp, adhoc, cpo_subscription, ...';

COMMENT ON COLUMN ocpi.deprecated_price.subscription_type IS 'month, yearly, one-off, n/a.';

COMMENT ON COLUMN ocpi.deprecated_price.subscription_fee_excl_vat IS 'Fee of the subscription, without VAT. Unit: currency of the price.';

COMMENT ON COLUMN ocpi.deprecated_price.currency IS 'ISO 4217.';

COMMENT ON COLUMN ocpi.deprecated_price.valid_from IS 'First day on which the row is true.';

COMMENT ON COLUMN ocpi.deprecated_price.valid_to IS 'First day on which it is true no more; NULL while current.';

CREATE TABLE ocpi.deprecated_price_element (
	source TEXT NOT NULL, 
	pricing_id TEXT NOT NULL, 
	element_index INTEGER NOT NULL, 
	dimension TEXT, 
	price_excl_vat NUMERIC(18, 6), 
	vat_percent DOUBLE PRECISION, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	CONSTRAINT deprecated_price_element_pkey PRIMARY KEY (source, pricing_id, element_index, valid_from), 
	CONSTRAINT deprecated_price_element_validity_check CHECK (valid_to > valid_from)
);

COMMENT ON TABLE ocpi.deprecated_price_element IS 'An element of a deprecated price [EM].';

COMMENT ON COLUMN ocpi.deprecated_price_element.source IS 'Name of the source in sources.yml.';

COMMENT ON COLUMN ocpi.deprecated_price_element.pricing_id IS 'Id, new at every change of price.';

COMMENT ON COLUMN ocpi.deprecated_price_element.element_index IS 'Position of the element, from 0; order decides.';

COMMENT ON COLUMN ocpi.deprecated_price_element.dimension IS 'ENERGY, FLAT, PARKING_TIME or TIME.';

COMMENT ON COLUMN ocpi.deprecated_price_element.price_excl_vat IS 'Price per unit of the dimension, without VAT. Unit: currency of the price.';

COMMENT ON COLUMN ocpi.deprecated_price_element.vat_percent IS 'VAT; NULL is not stated, never 0. Unit: %.';

COMMENT ON COLUMN ocpi.deprecated_price_element.valid_from IS 'First day on which the row is true.';

COMMENT ON COLUMN ocpi.deprecated_price_element.valid_to IS 'First day on which it is true no more; NULL while current.';
