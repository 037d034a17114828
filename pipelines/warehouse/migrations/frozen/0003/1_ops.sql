ALTER TABLE ops.load ADD COLUMN seeds_hash TEXT, ADD COLUMN reason TEXT, ADD COLUMN checks JSONB;

ALTER TABLE ops.mart_build
    ADD COLUMN seeds_hash TEXT,
    ADD COLUMN code_version TEXT,
    ADD COLUMN variables JSONB,
    ADD COLUMN started_at TIMESTAMP WITH TIME ZONE,
    ALTER COLUMN built_at DROP NOT NULL;

COMMENT ON TABLE ops.load IS 'Every load, and what was decided about those that did not get in, in order; append-only, so that what was known at a time can be replayed.';

COMMENT ON COLUMN ops.load.action IS 'load; retract; hold, reject, fail (an attempt that did not get in); release.';

COMMENT ON COLUMN ops.load.seeds_hash IS 'SHA-256 over the seeds of the marts as they stood then.';

COMMENT ON COLUMN ops.load.reason IS 'Why it was retracted, released or did not get in, in a sentence.';

COMMENT ON COLUMN ops.load.checks IS 'Of what was held or rejected: each check with its figures.';

COMMENT ON COLUMN ops.mart_build.fingerprint IS 'Hash of models, seeds and variables; another one rebuilds everything.';

COMMENT ON COLUMN ops.mart_build.seeds_hash IS 'SHA-256 over the seeds alone.';

COMMENT ON COLUMN ops.mart_build.code_version IS 'Version of this product.';

COMMENT ON COLUMN ops.mart_build.variables IS 'What the marts were told of sources.yml: ranks, dialects.';

COMMENT ON COLUMN ops.mart_build.started_at IS 'When it began. Unit: UTC.';

COMMENT ON COLUMN ops.mart_build.built_at IS 'When it ended well; NULL: it did not, or is at it still. Unit: UTC.';

CREATE TABLE ops.mart_build_load (
    load_id BIGINT NOT NULL,
    build_id BIGINT NOT NULL,
    CONSTRAINT mart_build_load_pkey PRIMARY KEY (load_id)
);

COMMENT ON TABLE ops.mart_build_load IS 'Which build of the marts was the first to know a load; ops.mart_provenance adds them up.';

COMMENT ON COLUMN ops.mart_build_load.load_id IS 'A row of ops.load.';

COMMENT ON COLUMN ops.mart_build_load.build_id IS 'A row of ops.mart_build.';

CREATE VIEW ops.mart_provenance AS
select
    build.build_id,
    build.built_at,
    build.fingerprint,
    build.code_version,
    range_agg(int8range(load.load_id, load.load_id, '[]')) as load_ids,
    count(*) as loads,
    max(load.loaded_at) as known_at,
    max(load.snapshot_date) filter (where load.action = 'load') as last_day
from ops.mart_build as build
inner join ops.mart_build_load as known on known.build_id <= build.build_id
inner join ops.load on load.load_id = known.load_id
where build.built_at is not null
group by build.build_id;

COMMENT ON VIEW ops.mart_provenance IS 'Of every build of the marts that ended well: which loads its figures are made of.';

COMMENT ON COLUMN ops.mart_provenance.build_id IS 'A row of ops.mart_build.';

COMMENT ON COLUMN ops.mart_provenance.built_at IS 'When it ended. Unit: UTC.';

COMMENT ON COLUMN ops.mart_provenance.fingerprint IS 'Hash of models, seeds and variables.';

COMMENT ON COLUMN ops.mart_provenance.code_version IS 'Version of this product.';

COMMENT ON COLUMN ops.mart_provenance.load_ids IS 'Numbers in ops.load; a range ends before its last number. To list them: select * from ops.load where load_id <@ load_ids.';

COMMENT ON COLUMN ops.mart_provenance.loads IS 'How many. Unit: rows of ops.load.';

COMMENT ON COLUMN ops.mart_provenance.known_at IS 'When the last of them was loaded. Unit: UTC.';

COMMENT ON COLUMN ops.mart_provenance.last_day IS 'Last snapshot among them.';
