CREATE TABLE ops.ledger (
    source TEXT NOT NULL,
    snapshot_date DATE NOT NULL,
    module TEXT NOT NULL,
    level TEXT NOT NULL,
    received BIGINT NOT NULL,
    loaded BIGINT NOT NULL,
    quarantined BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    CONSTRAINT ledger_pkey PRIMARY KEY (source, snapshot_date, level)
);
COMMENT ON TABLE ops.ledger IS 'What became of every record received: received = loaded + quarantined + duplicates.';
COMMENT ON COLUMN ops.ledger.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ops.ledger.snapshot_date IS 'Day of the snapshot, UTC.';
COMMENT ON COLUMN ops.ledger.module IS 'Module of the source: locations, tariffs, ...';
COMMENT ON COLUMN ops.ledger.level IS 'Canonical table whose rows are counted: location, evse, connector, ...';
COMMENT ON COLUMN ops.ledger.received IS 'Objects the source sent. Unit: records.';
COMMENT ON COLUMN ops.ledger.loaded IS 'Objects that became a row. Unit: records.';
COMMENT ON COLUMN ops.ledger.quarantined IS 'Objects put aside with a reason (those inside one put aside too). Unit: records.';
COMMENT ON COLUMN ops.ledger.duplicates IS 'Objects equal in content to one that was loaded. Unit: records.';

CREATE TABLE ops.quarantine (
    source TEXT NOT NULL,
    snapshot_date DATE NOT NULL,
    module TEXT NOT NULL,
    page TEXT NOT NULL,
    record_index INTEGER NOT NULL,
    path TEXT NOT NULL,
    level TEXT NOT NULL,
    object_key TEXT,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    record TEXT NOT NULL,
    CONSTRAINT quarantine_pkey PRIMARY KEY (source, snapshot_date, module, page, record_index, path)
);
COMMENT ON TABLE ops.quarantine IS 'Objects that could not be loaded, as they came, with the reason and the place.';
COMMENT ON COLUMN ops.quarantine.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ops.quarantine.snapshot_date IS 'Day of the snapshot, UTC.';
COMMENT ON COLUMN ops.quarantine.module IS 'Module of the source: locations, tariffs, ...';
COMMENT ON COLUMN ops.quarantine.page IS 'File of the landing that holds the record.';
COMMENT ON COLUMN ops.quarantine.record_index IS 'Position of the record within its page, from 0.';
COMMENT ON COLUMN ops.quarantine.path IS 'Place within the record, e.g. evses[2].connectors[0]; '''' is the record.';
COMMENT ON COLUMN ops.quarantine.level IS 'Canonical table the object would have been a row of.';
COMMENT ON COLUMN ops.quarantine.object_key IS 'Its key as far as it could be read: party/location/evse/connector.';
COMMENT ON COLUMN ops.quarantine.reason IS 'Short code, e.g. missing_key, duplicate_key.';
COMMENT ON COLUMN ops.quarantine.detail IS 'A sentence that says what was wrong.';
COMMENT ON COLUMN ops.quarantine.record IS 'The object as it came (JSON text).';

CREATE TABLE ops.unobserved (
    source TEXT NOT NULL,
    snapshot_date DATE NOT NULL,
    module TEXT NOT NULL,
    level TEXT NOT NULL,
    scope TEXT NOT NULL,
    prefix TEXT[] NOT NULL,
    present TEXT[],
    CONSTRAINT unobserved_pkey PRIMARY KEY (source, snapshot_date, module, level, scope, prefix)
);
COMMENT ON TABLE ops.unobserved IS 'Keys of which a snapshot says nothing, because their object is in quarantine: they are neither present nor absent that day, and keep the state of the day before.';
COMMENT ON COLUMN ops.unobserved.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ops.unobserved.snapshot_date IS 'Day of the snapshot, UTC.';
COMMENT ON COLUMN ops.unobserved.module IS 'Module of the source: locations, tariffs, ...';
COMMENT ON COLUMN ops.unobserved.level IS 'Table of the unreadable object; tables below it are unobserved with it.';
COMMENT ON COLUMN ops.unobserved.scope IS 'key: the object''s key is `prefix`; siblings: its key is unknown.';
COMMENT ON COLUMN ops.unobserved.prefix IS 'Key values from the left; for siblings the key of the parent.';
COMMENT ON COLUMN ops.unobserved.present IS 'For siblings: own keys that were read; the absence of others is not believed.';

CREATE TABLE ops.repair (
    source TEXT NOT NULL,
    snapshot_date DATE NOT NULL,
    module TEXT NOT NULL,
    table_name TEXT NOT NULL,
    column_name TEXT NOT NULL,
    repair TEXT NOT NULL,
    repaired BIGINT NOT NULL,
    sample_before TEXT,
    sample_after TEXT,
    CONSTRAINT repair_pkey PRIMARY KEY (source, snapshot_date, table_name, column_name, repair)
);
COMMENT ON TABLE ops.repair IS 'Values that were mended on the way in, counted.';
COMMENT ON COLUMN ops.repair.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ops.repair.snapshot_date IS 'Day of the snapshot, UTC.';
COMMENT ON COLUMN ops.repair.module IS 'Module of the source: locations, tariffs, ...';
COMMENT ON COLUMN ops.repair.table_name IS 'Canonical table.';
COMMENT ON COLUMN ops.repair.column_name IS 'Column; '''' for the row as a whole.';
COMMENT ON COLUMN ops.repair.repair IS 'What was done, e.g. zone_assumed_utc, case, blanks, number_from_text.';
COMMENT ON COLUMN ops.repair.repaired IS 'How many values. Unit: values.';
COMMENT ON COLUMN ops.repair.sample_before IS 'One value as it came.';
COMMENT ON COLUMN ops.repair.sample_after IS 'The same value as it was loaded.';

CREATE TABLE ops.unknown_attribute (
    source TEXT NOT NULL,
    snapshot_date DATE NOT NULL,
    module TEXT NOT NULL,
    path TEXT NOT NULL,
    unknown_value TEXT NOT NULL,
    occurrences BIGINT NOT NULL,
    sample TEXT,
    CONSTRAINT unknown_attribute_pkey PRIMARY KEY (source, snapshot_date, module, path, unknown_value)
);
COMMENT ON TABLE ops.unknown_attribute IS 'Attributes, and values of enumerations, that no dialect declares; kept in landing. One row per snapshot; the view ops.unknown_attribute_summary has first and last day.';
COMMENT ON COLUMN ops.unknown_attribute.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ops.unknown_attribute.snapshot_date IS 'Day of the snapshot, UTC.';
COMMENT ON COLUMN ops.unknown_attribute.module IS 'Module of the source: locations, tariffs, ...';
COMMENT ON COLUMN ops.unknown_attribute.path IS 'JSON path, e.g. evses[].connectors[].cp_id.';
COMMENT ON COLUMN ops.unknown_attribute.unknown_value IS 'The value, for an unknown value of an enumeration; '''' otherwise.';
COMMENT ON COLUMN ops.unknown_attribute.occurrences IS 'How often. Unit: values.';
COMMENT ON COLUMN ops.unknown_attribute.sample IS 'One value, shortened.';

CREATE TABLE ops.snapshot (
    source TEXT NOT NULL,
    snapshot_date DATE NOT NULL,
    module TEXT NOT NULL,
    is_required BOOLEAN NOT NULL,
    status TEXT NOT NULL,
    verdict TEXT,
    checks JSONB,
    attempt TEXT,
    notes TEXT,
    pages INTEGER,
    bytes BIGINT,
    declared_total BIGINT,
    received BIGINT,
    pull_started_at TIMESTAMP WITH TIME ZONE,
    pull_ended_at TIMESTAMP WITH TIME ZONE,
    loaded_at TIMESTAMP WITH TIME ZONE,
    released_at TIMESTAMP WITH TIME ZONE,
    release_reason TEXT,
    released_attempt TEXT,
    refused_status TEXT,
    refused_verdict TEXT,
    refused_checks JSONB,
    refused_attempt TEXT,
    refused_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT snapshot_pkey PRIMARY KEY (source, snapshot_date, module)
);
COMMENT ON TABLE ops.snapshot IS 'One row per source, day and module: what was pulled, whether it is complete, the verdict.';
COMMENT ON COLUMN ops.snapshot.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ops.snapshot.snapshot_date IS 'Day of the snapshot, UTC.';
COMMENT ON COLUMN ops.snapshot.module IS 'Module of the source: locations, tariffs, ...';
COMMENT ON COLUMN ops.snapshot.is_required IS 'Whether the snapshot stands or falls with it.';
COMMENT ON COLUMN ops.snapshot.status IS 'loaded (in force, whatever was refused since); held (waits for release); rejected (a promise would have been broken); failed (could not be pulled completely); retracted.';
COMMENT ON COLUMN ops.snapshot.verdict IS 'Why, in a sentence.';
COMMENT ON COLUMN ops.snapshot.checks IS 'Each check with its figures: {name: {passed, sentence, figures}}.';
COMMENT ON COLUMN ops.snapshot.attempt IS 'The landing attempt in use.';
COMMENT ON COLUMN ops.snapshot.notes IS 'What was odd while pulling, e.g. next links that led nowhere.';
COMMENT ON COLUMN ops.snapshot.pages IS 'Pages landed. Unit: pages.';
COMMENT ON COLUMN ops.snapshot.bytes IS 'Bytes landed. Unit: bytes.';
COMMENT ON COLUMN ops.snapshot.declared_total IS 'Total declared by the source. Unit: records.';
COMMENT ON COLUMN ops.snapshot.received IS 'Records received. Unit: records.';
COMMENT ON COLUMN ops.snapshot.pull_started_at IS 'Begin of the pull. Unit: UTC.';
COMMENT ON COLUMN ops.snapshot.pull_ended_at IS 'End of the pull. Unit: UTC.';
COMMENT ON COLUMN ops.snapshot.loaded_at IS 'When it was last loaded. Unit: UTC.';
COMMENT ON COLUMN ops.snapshot.released_at IS 'When a person let it through. Unit: UTC.';
COMMENT ON COLUMN ops.snapshot.release_reason IS 'The reason given.';
COMMENT ON COLUMN ops.snapshot.released_attempt IS 'The attempt let through; another one is decided anew.';
COMMENT ON COLUMN ops.snapshot.refused_status IS 'held, rejected or failed: a later attempt that did not get in while this day stays loaded; NULL when the latest one did.';
COMMENT ON COLUMN ops.snapshot.refused_verdict IS 'Why it did not, in a sentence.';
COMMENT ON COLUMN ops.snapshot.refused_checks IS 'Its checks with their figures.';
COMMENT ON COLUMN ops.snapshot.refused_attempt IS 'That landing attempt.';
COMMENT ON COLUMN ops.snapshot.refused_at IS 'When it was refused. Unit: UTC.';

CREATE TABLE ops.load (
    source TEXT NOT NULL,
    load_id BIGINT GENERATED ALWAYS AS IDENTITY,
    snapshot_date DATE NOT NULL,
    module TEXT NOT NULL,
    action TEXT NOT NULL,
    attempt TEXT,
    attempt_hash TEXT,
    code_version TEXT,
    settings_hash TEXT,
    rows_changed BIGINT NOT NULL,
    loaded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT load_pkey PRIMARY KEY (load_id)
);
COMMENT ON TABLE ops.load IS 'Every load, in order; append-only, so that what was known at a time can be replayed.';
COMMENT ON COLUMN ops.load.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ops.load.load_id IS 'Running number.';
COMMENT ON COLUMN ops.load.snapshot_date IS 'Day of the snapshot, UTC.';
COMMENT ON COLUMN ops.load.module IS 'Module of the source: locations, tariffs, ...';
COMMENT ON COLUMN ops.load.action IS 'load or retract.';
COMMENT ON COLUMN ops.load.attempt IS 'Landing attempt.';
COMMENT ON COLUMN ops.load.attempt_hash IS 'SHA-256 over the hashes of its pages.';
COMMENT ON COLUMN ops.load.code_version IS 'Version of this product.';
COMMENT ON COLUMN ops.load.settings_hash IS 'SHA-256 of the source''s entry in sources.yml.';
COMMENT ON COLUMN ops.load.rows_changed IS 'Versions written. Unit: rows.';
COMMENT ON COLUMN ops.load.loaded_at IS 'When. Unit: UTC.';

CREATE TABLE ops.change (
    source TEXT NOT NULL,
    change_id BIGINT GENERATED ALWAYS AS IDENTITY,
    module TEXT NOT NULL,
    from_day DATE NOT NULL,
    to_day DATE,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    build_id BIGINT,
    CONSTRAINT change_pkey PRIMARY KEY (change_id)
);
COMMENT ON TABLE ops.change IS 'Days whose figures a load may have moved; the marts rebuild what is newer than theirs.';
COMMENT ON COLUMN ops.change.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ops.change.change_id IS 'Running number.';
COMMENT ON COLUMN ops.change.module IS 'Module of the source: locations, tariffs, ...';
COMMENT ON COLUMN ops.change.from_day IS 'First day affected.';
COMMENT ON COLUMN ops.change.to_day IS 'Last day affected; NULL: every later day.';
COMMENT ON COLUMN ops.change.changed_at IS 'When. Unit: UTC.';
COMMENT ON COLUMN ops.change.build_id IS 'Build of the marts that took it in; NULL while none has. A mark per row, not a high water mark: numbers are given before commit, so a lower one may become visible later.';

CREATE TABLE ops.mart_build (
    build_id BIGINT GENERATED ALWAYS AS IDENTITY,
    fingerprint TEXT NOT NULL,
    is_full BOOLEAN NOT NULL,
    days_rebuilt INTEGER NOT NULL,
    built_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT mart_build_pkey PRIMARY KEY (build_id)
);
COMMENT ON TABLE ops.mart_build IS 'Every build of the marts: which changes it took in, so that the next one knows its days.';
COMMENT ON COLUMN ops.mart_build.build_id IS 'Running number.';
COMMENT ON COLUMN ops.mart_build.fingerprint IS 'Hash of models, seeds and source ranks; another one rebuilds everything.';
COMMENT ON COLUMN ops.mart_build.is_full IS 'Whether every day was rebuilt.';
COMMENT ON COLUMN ops.mart_build.days_rebuilt IS 'Days rebuilt. Unit: days.';
COMMENT ON COLUMN ops.mart_build.built_at IS 'When it ended. Unit: UTC.';

CREATE VIEW ops.unknown_attribute_summary AS
select
    source,
    module,
    path,
    unknown_value,
    min(snapshot_date) as first_day,
    max(snapshot_date) as last_day,
    (array_agg(occurrences order by snapshot_date desc))[1] as last_occurrences,
    (array_agg(sample order by snapshot_date desc))[1] as sample
from ops.unknown_attribute
group by source, module, path, unknown_value;
COMMENT ON VIEW ops.unknown_attribute_summary IS 'Attributes and values that no dialect declares, over all days: first and last.';
COMMENT ON COLUMN ops.unknown_attribute_summary.source IS 'Name of the source in sources.yml.';
COMMENT ON COLUMN ops.unknown_attribute_summary.module IS 'Module of the source: locations, tariffs, ...';
COMMENT ON COLUMN ops.unknown_attribute_summary.path IS 'JSON path, e.g. evses[].connectors[].cp_id.';
COMMENT ON COLUMN ops.unknown_attribute_summary.unknown_value IS 'The value, for an unknown value of an enumeration; '''' otherwise.';
COMMENT ON COLUMN ops.unknown_attribute_summary.first_day IS 'First snapshot that had it.';
COMMENT ON COLUMN ops.unknown_attribute_summary.last_day IS 'Last snapshot that had it.';
COMMENT ON COLUMN ops.unknown_attribute_summary.last_occurrences IS 'How often it stood in that last snapshot.';
COMMENT ON COLUMN ops.unknown_attribute_summary.sample IS 'One value of that last snapshot, shortened.';
