"""Modules that are asked for one location at a time: a snapshot speaks about those it asked for.

Belongs here: `ops.asked`, and what it means for a key: it is observed on the days on which its
location was asked for, or everything was. Does not belong here: whom a pull asks (`landing/`),
the merge itself (`history.py`), keys in quarantine (`unobserved.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from psycopg import sql

from pipelines.model import Table, module_tables
from pipelines.warehouse import phrases
from pipelines.warehouse.staging import AnyConnection

EVERYTHING = ""


def is_asked(module: str) -> bool:
    """Whether a module's snapshots speak about the locations alone that they asked for."""
    return any(table.observed == "asked" for table in module_tables(module))


def note_asked(
    connection: AnyConnection,
    *,
    source: str,
    day: date,
    module: str,
    ids: Iterable[str] | None,
    has_answers: bool,
) -> None:
    """Write what a snapshot asked for, in the place of what it asked for before; None: all.

    A location that was answered is among them, whatever id it was asked by: `has_answers` says
    that there is a stage of them.
    """
    forget_asked(connection, source=source, day=day, module=module)
    asked = [EVERYTHING] if ids is None else sorted(set(ids))
    about = {"source": source, "day": day, "module": module, "asked": asked}
    answered = sql.SQL(" union select location_id from {}").format(
        phrases.stage(module_tables(module)[0])
    )
    connection.execute(
        sql.SQL(
            "insert into ops.asked (source, snapshot_date, module, location_id)"
            " select %(source)s, %(day)s, %(module)s, asked.location_id"
            " from (select unnest(%(asked)s::text[]){answered}) as asked (location_id)"
        ).format(answered=answered if has_answers else sql.SQL("")),
        about,
    )


def forget_asked(connection: AnyConnection, *, source: str, day: date, module: str) -> None:
    connection.execute(
        "delete from ops.asked where source = %s and snapshot_date = %s and module = %s",
        (source, day, module),
    )


def asked_for_others(
    connection: AnyConnection, about: Mapping[str, Any], *, than: Iterable[str]
) -> bool:
    """Whether the day's load in force asked for a location that is not among these."""
    row = connection.execute(
        "select exists (select from ops.asked where source = %(source)s and snapshot_date = %(day)s"
        " and module = %(module)s and location_id <> all (%(ids)s))",
        {**about, "ids": sorted(than)},
    ).fetchone()
    return bool(row and row[0])


def asks_everything(connection: AnyConnection, *, source: str, day: date, module: str) -> bool:
    row = connection.execute(
        "select exists (select from ops.asked where source = %s and snapshot_date = %s"
        " and module = %s and location_id = '')",
        (source, day, module),
    ).fetchone()
    return bool(row and row[0])


def was_asked(alias: str) -> sql.Composed:
    """Whether the location of a row was asked for on the day, where not everything was."""
    return sql.SQL(
        "{alias}.location_id in (select asked.location_id from ops.asked as asked"
        " where asked.source = %(source)s and asked.snapshot_date = %(day)s"
        " and asked.module = %(module)s)"
    ).format(alias=sql.Identifier(alias))


def set_next_days(
    connection: AnyConnection,
    table: Table,
    *,
    about: Mapping[str, Any],
    after: date,
    meant: sql.Composable | None = None,
) -> int:
    """Set `next_day` of the differences to the next day their location was asked for.

    `meant`: which of them, where not all. Returns how many.
    """
    # Two look-ups, not one with an `or` between: that was a scan of all that was ever asked.
    return connection.execute(
        sql.SQL(
            "update {difference} as differing set next_day = least("
            "(select min(asked.snapshot_date) from ops.asked as asked"
            " where asked.source = %(source)s and asked.module = %(module)s"
            " and asked.snapshot_date > %(after)s and asked.location_id = differing.location_id),"
            "(select min(asked.snapshot_date) from ops.asked as asked"
            " where asked.source = %(source)s and asked.module = %(module)s"
            " and asked.snapshot_date > %(after)s and asked.location_id = ''))"
            " where {condition}"
        ).format(difference=phrases.difference(table), condition=meant or sql.SQL("true")),
        {**about, "after": after},
    ).rowcount
