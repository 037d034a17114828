ALTER TABLE ocpi.location ADD COLUMN country_code TEXT;

ALTER TABLE ocpi.location ADD COLUMN entity_code TEXT;

ALTER TABLE ocpi.location ADD COLUMN is_placeholder BOOLEAN;

COMMENT ON COLUMN ocpi.location.access_type IS 'Public or Restricted; Private ones are left out by the source [EM].';

COMMENT ON COLUMN ocpi.location.country_code IS 'ISO 3166-1 alpha-2 of the operator''s party [Voltality].';

COMMENT ON COLUMN ocpi.location.entity_code IS 'The operator''s party in that country [Voltality].';

COMMENT ON COLUMN ocpi.location.is_placeholder IS 'The source sent an EVSE without a location; this row stands for it [Voltality].';

COMMENT ON TABLE ocpi.location_opening_hours IS 'Declared opening hours, local time, one row per weekday and period.';

COMMENT ON COLUMN ocpi.location_opening_hours.hours_kind IS 'declared: by the operator.';

ALTER TABLE ocpi.connector ADD COLUMN connector_label TEXT;

ALTER TABLE ocpi.connector ADD COLUMN physical_reference TEXT;

ALTER TABLE ocpi.connector ADD COLUMN qr_identifier TEXT;

ALTER TABLE ocpi.connector ADD COLUMN access_type TEXT;

ALTER TABLE ocpi.connector ADD COLUMN is_enabled BOOLEAN;

ALTER TABLE ocpi.connector ADD COLUMN is_published BOOLEAN;

ALTER TABLE ocpi.connector ADD COLUMN is_transient_web_enabled BOOLEAN;

COMMENT ON COLUMN ocpi.connector.connector_label IS 'The CPO''s id for people; it may be repeated [Voltality].';

COMMENT ON COLUMN ocpi.connector.physical_reference IS 'Name on the plug, e.g. Gun A [Voltality].';

COMMENT ON COLUMN ocpi.connector.qr_identifier IS 'What the QR code or short label says [Voltality].';

COMMENT ON COLUMN ocpi.connector.access_type IS 'PUBLIC, PRIVATE or RESTRICTED [Voltality].';

COMMENT ON COLUMN ocpi.connector.is_enabled IS 'A session can be started [Voltality].';

COMMENT ON COLUMN ocpi.connector.is_published IS 'Shown to drivers [Voltality].';

COMMENT ON COLUMN ocpi.connector.is_transient_web_enabled IS 'Can be paid on the web without an account [Voltality].';

ALTER TABLE ocpi.tariff ADD COLUMN max_price_per_min_parked_excl_vat NUMERIC(18, 6);

ALTER TABLE ocpi.tariff ADD COLUMN max_price_per_min_parked_incl_vat NUMERIC(18, 6);

ALTER TABLE ocpi.tariff ADD COLUMN grace_period_s INTEGER;

COMMENT ON COLUMN ocpi.tariff.max_price_per_min_parked_excl_vat IS 'Cap of the price per minute parked, without VAT [Voltality]. Unit: currency of the tariff.';

COMMENT ON COLUMN ocpi.tariff.max_price_per_min_parked_incl_vat IS 'Cap of the price per minute parked, with VAT [Voltality]. Unit: currency of the tariff.';

COMMENT ON COLUMN ocpi.tariff.grace_period_s IS 'Free parking after charging [Voltality]. Unit: s.';

ALTER TABLE ocpi.price_component ADD COLUMN time_unit TEXT;

COMMENT ON TABLE ocpi.price_component IS 'A price within an element: per kWh (ENERGY), `time_unit` (TIME, PARKING_TIME) or session.';

COMMENT ON COLUMN ocpi.price_component.time_unit IS 'What a price of TIME and PARKING_TIME is for: hour (OCPI) or minute.';

-- What was loaded so far is OCPI, whose prices of time are per hour.
UPDATE ocpi.price_component SET time_unit = 'hour';
