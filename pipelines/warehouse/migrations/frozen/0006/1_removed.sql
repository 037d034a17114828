CREATE INDEX evse_status_removed ON ocpi.evse_status (source, party, location_id, evse_uid) WHERE status = 'REMOVED';
CREATE INDEX connector_status_removed ON ocpi.connector_status (source, party, location_id, evse_uid, connector_id) WHERE status = 'REMOVED';
