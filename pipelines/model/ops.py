"""Tables of the ledger: what happened to every record, snapshot and load.

Belongs here: declarations of `ops.*`. The flatten reports (`REPORT_TABLES`) are written to the
lake beside the data and replaced per snapshot by the load; the others are written by the
warehouse alone. `source` is the first column of each, except where the table says otherwise.
"""

from __future__ import annotations

from pipelines.model.declare import Column, Table, Type, codes, key, moment, text

SNAPSHOT_DATE = key("snapshot_date", "Day of the snapshot, UTC.", of=Type.DATE)
MODULE = key("module", "Module of the source: locations, tariffs, ...")
OF_A_PULL = "Of the first one, as long as a later one brings the same rows."


def count(name: str, doc: str, *, unit: str = "records") -> Column:
    return Column(name, Type.BIGINT, doc, unit=unit, is_nullable=False)


LEDGER = Table(
    name="ledger",
    kind="ops",
    doc="What became of every record received: received = loaded + quarantined + duplicates.",
    key=("snapshot_date", "level"),
    columns=(
        SNAPSHOT_DATE,
        MODULE,
        key("level", "Canonical table whose rows are counted: location, evse, connector, ..."),
        count("received", "Objects the source sent."),
        count("loaded", "Objects that became a row."),
        count("quarantined", "Objects put aside with a reason (those inside one put aside too)."),
        count("duplicates", "Objects equal in content to one that was loaded."),
    ),
)

QUARANTINE = Table(
    name="quarantine",
    kind="ops",
    doc="Objects that could not be loaded, as they came, with the reason and the place.",
    key=("snapshot_date", "module", "page", "record_index", "path"),
    columns=(
        SNAPSHOT_DATE,
        MODULE,
        key("page", "File of the landing that holds the record."),
        key("record_index", "Position of the record within its page, from 0.", of=Type.INT),
        key("path", "Place within the record, e.g. evses[2].connectors[0]; '' is the record."),
        key("level", "Canonical table the object would have been a row of."),
        text("object_key", "Its key as far as it could be read: party/location/evse/connector."),
        Column(
            "reason", Type.TEXT, "Short code, e.g. missing_key, duplicate_key.", is_nullable=False
        ),
        Column("detail", Type.TEXT, "A sentence that says what was wrong.", is_nullable=False),
        Column("record", Type.TEXT, "The object as it came (JSON text).", is_nullable=False),
    ),
)

UNOBSERVED = Table(
    name="unobserved",
    kind="ops",
    doc="Keys of which a snapshot does not say whether they are there: their object, or one beside "
    "it whose key is unknown, is in quarantine, or ids may have been left out while paging. They "
    "are neither present nor absent that day, and keep the state of the day before.",
    key=("snapshot_date", "module", "level", "scope", "prefix"),
    columns=(
        SNAPSHOT_DATE,
        MODULE,
        key("level", "Table of the unreadable object; tables below it are unobserved with it."),
        key("scope", "key: the object's key is `prefix`; siblings: its key is unknown."),
        Column(
            "prefix",
            Type.TEXT_LIST,
            "Key values from the left; for siblings the key of the parent.",
            is_nullable=False,
        ),
        codes(
            "present",
            None,
            "For siblings: own keys that were read; the absence of others is not believed.",
        ),
    ),
)

REPAIR = Table(
    name="repair",
    kind="ops",
    doc="Values that were mended on the way in, counted.",
    key=("snapshot_date", "table_name", "column_name", "repair"),
    columns=(
        SNAPSHOT_DATE,
        MODULE,
        key("table_name", "Canonical table."),
        key("column_name", "Column; '' for the row as a whole."),
        key("repair", "What was done, e.g. zone_assumed_utc, case, blanks, number_from_text."),
        count("repaired", "How many values.", unit="values"),
        text("sample_before", "One value as it came."),
        text("sample_after", "The same value as it was loaded."),
    ),
)

UNKNOWN_ATTRIBUTE = Table(
    name="unknown_attribute",
    kind="ops",
    doc="Attributes, and values of enumerations, that no dialect declares; kept in landing. One "
    "row per snapshot; the view ops.unknown_attribute_summary has first and last day.",
    key=("snapshot_date", "module", "path", "unknown_value"),
    columns=(
        SNAPSHOT_DATE,
        MODULE,
        key("path", "JSON path, e.g. evses[].connectors[].cp_id."),
        key("unknown_value", "The value, for an unknown value of an enumeration; '' otherwise."),
        count("occurrences", "How often.", unit="values"),
        text("sample", "One value, shortened."),
    ),
)

SNAPSHOT = Table(
    name="snapshot",
    kind="ops",
    doc="One row per source, day and module: what was pulled, whether it is complete, the verdict.",
    key=("snapshot_date", "module"),
    columns=(
        SNAPSHOT_DATE,
        MODULE,
        Column(
            "is_required",
            Type.BOOL,
            "Whether the snapshot stands or falls with it.",
            is_nullable=False,
        ),
        Column(
            "status",
            Type.TEXT,
            "loaded (in force, whatever was refused since); held (waits for release); rejected (a "
            "promise would have been broken); failed (could not be pulled completely); retracted.",
            is_nullable=False,
        ),
        text("verdict", "Why, in a sentence."),
        Column(
            "checks", Type.JSON, "Each check with its figures: {name: {passed, sentence, figures}}."
        ),
        text("attempt", "The landing attempt in use."),
        text("notes", "What was odd while pulling, e.g. next links that led nowhere."),
        Column("pages", Type.INT, "Pages landed.", unit="pages"),
        Column("bytes", Type.BIGINT, "Bytes landed.", unit="bytes"),
        Column("declared_total", Type.BIGINT, "Total declared by the source.", unit="records"),
        Column("received", Type.BIGINT, "Records received.", unit="records"),
        moment("pull_started_at", f"Begin of the pull. {OF_A_PULL}"),
        moment("pull_ended_at", f"End of the pull. {OF_A_PULL}"),
        moment("loaded_at", "When it was last loaded."),
        moment("released_at", "When a person let it through."),
        text("release_reason", "The reason given."),
        text("released_attempt", "The attempt let through; another one is decided anew."),
        text(
            "refused_status",
            "held, rejected or failed: a later attempt that did not get in while this day stays "
            "loaded; NULL when the latest one did.",
        ),
        text("refused_verdict", "Why it did not, in a sentence."),
        Column("refused_checks", Type.JSON, "Its checks with their figures."),
        text("refused_attempt", "That landing attempt."),
        moment("refused_at", "When it was refused."),
    ),
)

ASKED = Table(
    name="asked",
    kind="ops",
    doc="Of modules that are asked for one location at a time: what a snapshot asked for. Its rows "
    "say something about these locations alone.",
    key=("snapshot_date", "module", "location_id"),
    columns=(
        SNAPSHOT_DATE,
        MODULE,
        key("location_id", "Location asked for; '' where the snapshot speaks about all of them."),
    ),
)

LOAD = Table(
    name="load",
    kind="ops",
    doc="Every load, and what was decided about those that did not get in, in order; append-only, "
    "so that what was known at a time can be replayed.",
    key=("load_id",),
    columns=(
        Column("load_id", Type.BIGINT, "Running number.", is_nullable=False),
        SNAPSHOT_DATE,
        MODULE,
        Column(
            "action",
            Type.TEXT,
            "load; retract; hold, reject, fail (an attempt that did not get in); release.",
            is_nullable=False,
        ),
        text("attempt", "Landing attempt."),
        text("attempt_hash", "SHA-256 over the hashes of its pages."),
        text("code_version", "Version of this product."),
        text("settings_hash", "SHA-256 of the source's entry in sources.yml."),
        text("seeds_hash", "SHA-256 over the seeds of the marts as they stood then."),
        Column("rows_changed", Type.BIGINT, "Versions written.", unit="rows", is_nullable=False),
        Column("loaded_at", Type.TIMESTAMP, "When.", unit="UTC", is_nullable=False),
        text("reason", "Why it was retracted, released or did not get in, in a sentence."),
        Column("checks", Type.JSON, "Of what was held or rejected: each check with its figures."),
    ),
)

CHANGE = Table(
    name="change",
    kind="ops",
    doc="Days whose figures a load may have moved; the marts rebuild what is newer than theirs.",
    key=("change_id",),
    columns=(
        Column("change_id", Type.BIGINT, "Running number.", is_nullable=False),
        MODULE,
        Column("from_day", Type.DATE, "First day affected.", is_nullable=False),
        Column("to_day", Type.DATE, "Last day affected; NULL: every later day."),
        Column("changed_at", Type.TIMESTAMP, "When.", unit="UTC", is_nullable=False),
        Column(
            "build_id",
            Type.BIGINT,
            "Build of the marts that took it in; NULL while none has. A mark per row, not a high "
            "water mark: numbers are given before commit, so a lower one may become visible later.",
        ),
    ),
)

MART_BUILD = Table(
    name="mart_build",
    kind="ops",
    doc="Every build of the marts: which changes it took in, so that the next one knows its days.",
    key=("build_id",),
    columns=(
        Column("build_id", Type.BIGINT, "Running number.", is_nullable=False),
        Column(
            "fingerprint",
            Type.TEXT,
            "Hash of models, seeds and variables; another one rebuilds everything.",
            is_nullable=False,
        ),
        text("seeds_hash", "SHA-256 over the seeds alone."),
        text("code_version", "Version of this product."),
        Column("variables", Type.JSON, "What the marts were told of sources.yml: ranks, dialects."),
        Column("is_full", Type.BOOL, "Whether every day was rebuilt.", is_nullable=False),
        Column("days_rebuilt", Type.INT, "Days rebuilt.", unit="days", is_nullable=False),
        moment("started_at", "When it began."),
        moment("built_at", "When it ended well; NULL: it did not, or is at it still."),
    ),
)

MART_BUILD_LOAD = Table(
    name="mart_build_load",
    kind="ops",
    doc="Which build of the marts was the first to know a load; ops.mart_provenance adds them up.",
    key=("load_id",),
    columns=(
        Column("load_id", Type.BIGINT, "A row of ops.load.", is_nullable=False),
        Column("build_id", Type.BIGINT, "A row of ops.mart_build.", is_nullable=False),
    ),
)

REPORT_TABLES = (LEDGER, QUARANTINE, UNOBSERVED, REPAIR, UNKNOWN_ATTRIBUTE)
OPS_TABLES = (*REPORT_TABLES, SNAPSHOT, ASKED, LOAD, CHANGE, MART_BUILD, MART_BUILD_LOAD)
# Not about one source, so without a source column.
SOURCELESS_TABLES = frozenset({MART_BUILD.name, MART_BUILD_LOAD.name})
