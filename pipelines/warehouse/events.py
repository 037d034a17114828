"""Events: records that happen once and are upserted, the newest version of each winning.

Belongs here: staging a module of events, what makes it acceptable, writing what is newer. Does
not belong here: tables with history (`history.py`), the transaction and the ledger (`load.py`).

The law: of all versions of a record that were ever loaded, the one with the greatest
(`last_updated`, day of its snapshot) stands, with its children; a record that a snapshot does
not name is as it was. That is a maximum, so the order of loads does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from psycopg import sql

from pipelines.model import Column, Table, Type, module_tables
from pipelines.warehouse import phrases
from pipelines.warehouse.history import Change
from pipelines.warehouse.staging import AnyConnection, LakeSnapshot, create_stage, fill_stage
from pipelines.warehouse.verdicts import Verdict, key_twice

WINNERS = sql.Identifier("pg_temp", "event_winner")


def holds_events(module: str) -> bool:
    """Whether a module's records are events."""
    return any(table.kind == "event" for table in module_tables(module))


def stage_events(
    connection: AnyConnection, snapshot: LakeSnapshot, *, module: str
) -> Iterator[tuple[Table, int]]:
    """Fill the stages of a module; yields each table with the rows staged so far."""
    for table in module_tables(module):
        create_stage(connection, table)
        batches = snapshot.batches(table.name) if table.name in snapshot.tables else iter(())
        yield table, 0
        for rows in fill_stage(connection, table, batches):
            yield table, rows


def keys_unique(connection: AnyConnection, tables: Sequence[Table]) -> Verdict:
    """No key twice in a stage."""
    for table in tables:
        twice = connection.execute(
            sql.SQL("select {key} from {stage} group by {key} having count(*) > 1 limit 1").format(
                key=phrases.columns(table.key), stage=phrases.stage(table)
            )
        ).fetchone()
        if twice:
            return key_twice(table, "/".join(map(str, twice)))
    return Verdict(True, "no key occurs twice", {"tables": len(tables)})


def parents_exist(connection: AnyConnection, tables: Sequence[Table]) -> Verdict:
    """Every staged row's parent is in the parent's stage."""
    by_name = {table.name: table for table in tables}
    for table in tables:
        parent = by_name.get(table.parent or "")
        if parent is None:
            continue
        orphan = connection.execute(
            sql.SQL(
                "with orphan as materialized (select {key} from {stage} as child"
                " where not exists (select from {parent} as parent where {same}))"
                " select * from orphan limit 1"
            ).format(
                key=phrases.columns(table.key, "child"),
                stage=phrases.stage(table),
                parent=phrases.stage(parent),
                same=phrases.same(parent.key, "parent", "child"),
            )
        ).fetchone()
        if orphan:
            return Verdict(
                False,
                f"{table.name} {'/'.join(map(str, orphan))} has no {parent.name}",
                {"table": table.name, "parent": parent.name},
            )
    return Verdict(True, "every row has its parent", {"tables": len(tables)})


def upsert(
    connection: AnyConnection, tables: Sequence[Table], *, source: str, day: date
) -> dict[str, Change]:
    """Write the staged records that are newer than what stands; equal rows are not touched."""
    root, about = tables[0], {"source": source, "day": day}
    connection.execute(sql.SQL("drop table if exists {}").format(WINNERS))
    connection.execute(
        sql.SQL(_FIND_WINNERS).format(
            key=phrases.columns(root.key, "staged"),
            stage=phrases.stage(root),
            events=phrases.history(root),
            same=phrases.same(root.key, "stored", "staged"),
        ),
        about,
    )
    connection.execute(
        sql.SQL("create index on {} ({})").format(WINNERS, phrases.columns(root.key))
    )
    connection.execute(sql.SQL("analyze {}").format(WINNERS))
    return {
        table.name: Change(rows=_write(connection, table, root, about=about)) for table in tables
    }


# An analyzed table of its own: it is joined once for each table of the module.
_FIND_WINNERS = """
create temp table event_winner on commit drop as
select {key} from {stage} as staged
left join {events} as stored on stored.source = %(source)s and {same}
where stored.source is null
  or coalesce(staged.last_updated, '-infinity') > coalesce(stored.last_updated, '-infinity')
  or (
    staged.last_updated is not distinct from stored.last_updated
    and %(day)s >= stored.snapshot_date
  )
"""
_DELETE = """
delete from {events} as stored using {winners} as winner
where stored.source = %(source)s and {stored_winner}
  and not exists (select from {stage} as staged where {stored_staged}{is_equal})
"""
_RENEW = """
update {events} as stored set snapshot_date = %(day)s from {winners} as winner
where stored.source = %(source)s and {stored_winner} and stored.snapshot_date <> %(day)s
"""
_INSERT = """
insert into {events} (source, {columns}, snapshot_date)
select %(source)s, {values}, %(day)s
from {stage} as staged
inner join {winners} as winner on {staged_winner}
where not exists (
  select from {events} as stored where stored.source = %(source)s and {stored_staged}
)
"""


def _write(
    connection: AnyConnection, table: Table, root: Table, *, about: Mapping[str, Any]
) -> int:
    """Of the winners' rows: those that are gone or differ go, the missing ones come."""
    payload = table.payload
    is_equal: sql.Composable = sql.SQL("")
    if payload:
        is_equal = sql.SQL(" and row({}) is not distinct from row({})").format(
            sql.SQL(", ").join(sql.Identifier("stored", column.name) for column in payload),
            sql.SQL(", ").join(_staged(column) for column in payload),
        )
    parts: Mapping[str, sql.Composable] = {
        "events": phrases.history(table),
        "stage": phrases.stage(table),
        "winners": WINNERS,
        "stored_winner": phrases.same(root.key, "stored", "winner"),
        "staged_winner": phrases.same(root.key, "staged", "winner"),
        "stored_staged": phrases.same(table.key, "stored", "staged"),
        "is_equal": is_equal,
        "columns": phrases.columns([column.name for column in table.columns]),
        "values": sql.SQL(", ").join(_staged(column) for column in table.columns),
    }
    return sum(
        connection.execute(sql.SQL(statement).format(**parts), about).rowcount
        for statement in (_DELETE, _RENEW, _INSERT)
    )


def _staged(column: Column) -> sql.Composable:
    """A staged value in the type of its table."""
    name = sql.Identifier("staged", column.name)
    return sql.SQL("{}::jsonb").format(name) if column.type is Type.DOCUMENT else name
