ALTER TABLE ocpi.tariff_element ADD COLUMN unreadable_restrictions TEXT[];
ALTER TABLE ocpi.price_element ADD COLUMN unreadable_restrictions TEXT[];
COMMENT ON TABLE ocpi.tariff_element IS 'An element of a tariff and its restrictions; NULL restricts nothing, if readable.';
COMMENT ON TABLE ocpi.price_element IS 'An element of a price and its restrictions; NULL restricts nothing, if readable [EM].';
COMMENT ON COLUMN ocpi.tariff_element.unreadable_restrictions IS 'Columns that are NULL because what was sent cannot be read: a price with one is undecided.';
COMMENT ON COLUMN ocpi.price_element.unreadable_restrictions IS 'Columns that are NULL because what was sent cannot be read: a price with one is undecided.';
