CREATE INDEX connector_status_valid_from ON ocpi.connector_status (valid_from);
CREATE INDEX connector_status_valid_to ON ocpi.connector_status (valid_to);
COMMENT ON TABLE ops.unobserved IS 'Keys of which a snapshot does not say whether they are there: their object, or one beside it whose key is unknown, is in quarantine, or ids may have been left out while paging. They are neither present nor absent that day, and keep the state of the day before.';
COMMENT ON COLUMN ops.snapshot.pull_started_at IS 'Begin of the pull. Of the first one, as long as a later one brings the same rows. Unit: UTC.';
COMMENT ON COLUMN ops.snapshot.pull_ended_at IS 'End of the pull. Of the first one, as long as a later one brings the same rows. Unit: UTC.';
