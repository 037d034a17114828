"""The tables of Postgres as they follow from the model: SQLAlchemy metadata and view texts.

Belongs here: how a declaration of `model/` becomes a table, its constraints, indexes and
comments. Does not belong here: bringing a database there (`migrations/`), roles (`roles.py`),
tables that live for one load only (`staging.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.engine.mock import MockConnection

from pipelines.model import EVENT_TABLES, OPS_TABLES, STATE_TABLES, Column, Table, Type
from pipelines.model.ops import SOURCELESS_TABLES

SCHEMAS = ("ocpi", "ops", "staging", "intermediate", "marts")

SOURCE_DOC = "Name of the source in sources.yml."
VALID_FROM_DOC = "First day on which the row is true."
SNAPSHOT_DATE_DOC = "Day of the snapshot that brought this version of the record."
VALID_TO_DOC = "First day on which it is true no more; NULL while current."
# Numbered by Postgres, so that a number says in which order things were written.
NUMBERED = {"load": "load_id", "change": "change_id", "mart_build": "build_id"}

# Partial: an analyst asks which EVSEs have a capability now; a closed version costs nothing.
LIST_INDEXES = {
    "location": ("facilities",),
    "evse": ("capabilities", "parking_restrictions"),
}

# What most nights write versions of. Asked by the day on which they begin or end, they are read as
# far as that night goes, not as far as history does; of other tables all versions are soon read.
DAY_INDEXES = (
    "connector_freshness",
    "connector_status",
    "evse_status",
    "location_freshness",
    "price_component",
    "tariff_freshness",
)
# What is REMOVED is asked for every night, of all versions that there are, and is few of them.
REMOVED_INDEXES = ("connector_status", "evse_status")


@dataclass(frozen=True)
class View:
    """A view of the ledger, its text and its comments."""

    schema: str
    name: str
    doc: str
    columns: tuple[tuple[str, str], ...]
    query: str


VIEWS = (
    View(
        schema="ops",
        name="unknown_attribute_summary",
        doc="Attributes and values that no dialect declares, over all days: first and last.",
        columns=(
            ("source", SOURCE_DOC),
            ("module", "Module of the source: locations, tariffs, ..."),
            ("path", "JSON path, e.g. evses[].connectors[].cp_id."),
            ("unknown_value", "The value, for an unknown value of an enumeration; '' otherwise."),
            ("first_day", "First snapshot that had it."),
            ("last_day", "Last snapshot that had it."),
            ("last_occurrences", "How often it stood in that last snapshot."),
            ("sample", "One value of that last snapshot, shortened."),
        ),
        query="""select
    source,
    module,
    path,
    unknown_value,
    min(snapshot_date) as first_day,
    max(snapshot_date) as last_day,
    (array_agg(occurrences order by snapshot_date desc))[1] as last_occurrences,
    (array_agg(sample order by snapshot_date desc))[1] as sample
from ops.unknown_attribute
group by source, module, path, unknown_value""",
    ),
    View(
        schema="ops",
        name="location_alias",
        doc="Location ids that gave way to another one: EVSEs that ended together with their "
        "location and began on that day under another id of the same source.",
        columns=(
            ("source", SOURCE_DOC),
            ("party", "Party of the ids; '' where the source's ids stand alone."),
            ("old_location_id", "The id that is no more."),
            ("new_location_id", "The id under which its EVSEs go on."),
            ("since", "First day of the new id."),
            ("basis", "evse_id: the public id is the same; operator_uid: operator and uid are."),
            ("evses", "EVSEs that were recognised."),
        ),
        # Grouped by what they are known by, not joined: Postgres expects one EVSE to end where
        # thousands do, and then compares each with each (122 s of 170,000 EVSEs; now 0.7 s).
        query="""with operator as not materialized (
    select
        source,
        party,
        location_id,
        partner_id,
        valid_from,
        valid_to
    from ocpi.location_party
    where role = 'operator' and partner_id is not null
),
gone as materialized (
    select
        evse.source,
        evse.party,
        evse.location_id,
        evse.evse_uid,
        evse.evse_id,
        evse.valid_to as since,
        operator.partner_id
    from ocpi.evse
    left join operator
        on
            operator.source = evse.source
            and operator.party = evse.party
            and operator.location_id = evse.location_id
            and operator.valid_from < evse.valid_to
            and (operator.valid_to is null or operator.valid_to >= evse.valid_to)
    where
        evse.valid_to is not null
        and not exists (
            select
            from ocpi.location
            where
                location.source = evse.source
                and location.party = evse.party
                and location.location_id = evse.location_id
                and location.valid_from <= evse.valid_to
                and (location.valid_to is null or location.valid_to > evse.valid_to)
        )
),
come as materialized (
    select
        evse.source,
        evse.party,
        evse.location_id,
        evse.evse_uid,
        evse.evse_id,
        evse.valid_from as since,
        operator.partner_id
    from ocpi.evse
    left join operator
        on
            operator.source = evse.source
            and operator.party = evse.party
            and operator.location_id = evse.location_id
            and operator.valid_from <= evse.valid_from
            and (operator.valid_to is null or operator.valid_to > evse.valid_from)
    where
        (evse.source, evse.valid_from) in (select distinct gone.source, gone.since from gone)
        and not exists (
            select
            from ocpi.evse as before
            where
                before.source = evse.source
                and before.party = evse.party
                and before.location_id = evse.location_id
                and before.evse_uid = evse.evse_uid
                and before.valid_to = evse.valid_from
        )
),
seen as (
    select
        source,
        party,
        since,
        'evse_id' as basis,
        evse_id as known_by,
        location_id,
        evse_uid,
        true as is_gone
    from gone
    union all
    select
        source,
        party,
        since,
        'operator_uid',
        partner_id || chr(31) || evse_uid,
        location_id,
        evse_uid,
        true
    from gone
    union all
    select
        source,
        party,
        since,
        'evse_id',
        evse_id,
        location_id,
        evse_uid,
        false
    from come
    union all
    select
        source,
        party,
        since,
        'operator_uid',
        partner_id || chr(31) || evse_uid,
        location_id,
        evse_uid,
        false
    from come
),
met as (
    select
        source,
        party,
        since,
        basis,
        array_agg(array[location_id, evse_uid]) filter (where is_gone) as gone,
        array_agg(distinct location_id) filter (where not is_gone) as come
    from seen
    where known_by is not null
    group by source, party, since, basis, known_by
    having bool_or(is_gone) and not bool_and(is_gone)
)
select
    met.source,
    met.party,
    met.gone[n][1] as old_location_id,
    new_location_id,
    met.since,
    min(met.basis) as basis,
    count(distinct met.gone[n][2]) as evses
from
    met,
    generate_subscripts(met.gone, 1) as n,
    unnest(met.come) as new_location_id
where new_location_id <> met.gone[n][1]
group by met.source, met.party, met.gone[n][1], new_location_id, met.since""",
    ),
    View(
        schema="ops",
        name="mart_provenance",
        doc="Of every build of the marts that ended well: which loads its figures are made of.",
        columns=(
            ("build_id", "A row of ops.mart_build."),
            ("built_at", "When it ended. Unit: UTC."),
            ("fingerprint", "Hash of models, seeds and variables."),
            ("code_version", "Version of this product."),
            (
                "load_ids",
                "Numbers in ops.load; a range ends before its last number. To list them: "
                "select * from ops.load where load_id <@ load_ids.",
            ),
            ("loads", "How many. Unit: rows of ops.load."),
            ("known_at", "When the last of them was loaded. Unit: UTC."),
            ("last_day", "Last snapshot among them."),
        ),
        query="""select
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
group by build.build_id""",
    ),
)


def build_metadata() -> sa.MetaData:
    """Every table of schemas `ocpi` and `ops`, as the model has it now."""
    metadata = sa.MetaData()
    for table in STATE_TABLES:
        _state_table(metadata, table)
    for table in EVENT_TABLES:
        _event_table(metadata, table)
    for table in OPS_TABLES:
        _ops_table(metadata, table)
    return metadata


def comment(column: Column) -> str:
    """A column's comment: its doc and its unit."""
    return f"{column.doc} Unit: {column.unit}." if column.unit else column.doc


def _state_table(metadata: sa.MetaData, table: Table) -> sa.Table:
    return sa.Table(
        table.name,
        metadata,
        sa.Column("source", sa.Text(), nullable=False, comment=SOURCE_DOC),
        *(_column(column) for column in table.columns),
        sa.Column("valid_from", sa.Date(), nullable=False, comment=VALID_FROM_DOC),
        sa.Column("valid_to", sa.Date(), nullable=True, comment=VALID_TO_DOC),
        sa.PrimaryKeyConstraint("source", *table.key, "valid_from", name=f"{table.name}_pkey"),
        sa.CheckConstraint("valid_to > valid_from", name=f"{table.name}_validity_check"),
        *(_list_index(table, name) for name in LIST_INDEXES.get(table.name, ())),
        *(_day_indexes(table) if table.name in DAY_INDEXES else ()),
        *([_removed_index(table)] if table.name in REMOVED_INDEXES else ()),
        schema=table.schema,
        comment=table.doc,
    )


def _event_table(metadata: sa.MetaData, table: Table) -> sa.Table:
    return sa.Table(
        table.name,
        metadata,
        sa.Column("source", sa.Text(), nullable=False, comment=SOURCE_DOC),
        *(_column(column) for column in table.columns),
        sa.Column("snapshot_date", sa.Date(), nullable=False, comment=SNAPSHOT_DATE_DOC),
        sa.PrimaryKeyConstraint("source", *table.key, name=f"{table.name}_pkey"),
        schema=table.schema,
        comment=table.doc,
    )


def _ops_table(metadata: sa.MetaData, table: Table) -> sa.Table:
    source = (
        []
        if table.name in SOURCELESS_TABLES
        else [sa.Column("source", sa.Text(), nullable=False, comment=SOURCE_DOC)]
    )
    numbered = NUMBERED.get(table.name)
    key = table.key if numbered else (*(column.name for column in source), *table.key)
    return sa.Table(
        table.name,
        metadata,
        *source,
        *(_column(column, is_numbered=column.name == numbered) for column in table.columns),
        sa.PrimaryKeyConstraint(*key, name=f"{table.name}_pkey"),
        schema=table.schema,
        comment=table.doc,
    )


def _column(column: Column, *, is_numbered: bool = False) -> sa.Column[Any]:
    return sa.Column(
        column.name,
        _postgres_type(column.type),
        *([sa.Identity(always=True)] if is_numbered else []),
        nullable=column.is_nullable,
        autoincrement=is_numbered,
        comment=comment(column),
    )


def _list_index(table: Table, column: str) -> sa.Index:
    return sa.Index(
        f"{table.name}_{column}_current",
        column,
        postgresql_using="gin",
        postgresql_where=sa.text("valid_to is null"),
    )


def _day_indexes(table: Table) -> tuple[sa.Index, sa.Index]:
    """By the first day of a version, and by the one that ended it; by NULL what is true now."""
    return (
        sa.Index(f"{table.name}_valid_from", "valid_from"),
        sa.Index(f"{table.name}_valid_to", "valid_to"),
    )


def _removed_index(table: Table) -> sa.Index:
    removed = sa.text("status = 'REMOVED'")
    return sa.Index(f"{table.name}_removed", "source", *table.key, postgresql_where=removed)


def _postgres_type(of: Type) -> sa.types.TypeEngine[Any]:
    types: dict[Type, sa.types.TypeEngine[Any]] = {
        Type.TEXT: sa.Text(),
        Type.TEXT_LIST: ARRAY(sa.Text()),
        Type.BOOL: sa.Boolean(),
        Type.INT: sa.Integer(),
        Type.BIGINT: sa.BigInteger(),
        Type.FLOAT: sa.Double(),
        Type.DECIMAL: sa.Numeric(18, 6),
        Type.DATE: sa.Date(),
        Type.TIMESTAMP: sa.DateTime(timezone=True),
        Type.JSON: JSONB(),
        Type.DOCUMENT: JSONB(),
    }
    return types[of]


def schema_statements() -> list[str]:
    """The DDL of tables, indexes, comments and views, in an order that Postgres accepts.

    What a revision freezes; the live model is never what a migration runs.
    """
    statements: list[str] = []

    def keep(clause: sa.ClauseElement, *_: object, **__: object) -> None:
        statements.append(str(clause.compile(dialect=engine.dialect)))

    engine: MockConnection = sa.create_mock_engine("postgresql+psycopg://", keep)
    build_metadata().create_all(engine, checkfirst=False)
    for view in VIEWS:
        statements += view_statements(view)
    # The compiler doubles percent signs for drivers that bind by them; nothing is bound here.
    return [statement.replace("%%", "%").strip() for statement in statements]


def view_statements(view: View) -> list[str]:
    name = f"{view.schema}.{view.name}"
    return [
        f"CREATE VIEW {name} AS\n{view.query}",
        f"COMMENT ON VIEW {name} IS {_literal(view.doc)}",
        *(f"COMMENT ON COLUMN {name}.{column} IS {_literal(doc)}" for column, doc in view.columns),
    ]


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
