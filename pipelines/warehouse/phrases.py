"""Pieces of SQL that are said about any canonical table: its key, its payload, what covers a day.

Belongs here: composing, with identifiers quoted by the driver. Does not belong here: running
anything.
"""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import sql

from pipelines.model import TABLES, Table

# Between the parts of an own key that has several (party and id of a location).
OWN_KEY_SEPARATOR = "chr(31)"


def history(table: Table) -> sql.Identifier:
    return sql.Identifier(table.schema, table.name)


def stage(table: Table) -> sql.Identifier:
    return sql.Identifier("pg_temp", f"stage_{table.name}")


def changes(table: Table) -> sql.Identifier:
    return sql.Identifier("pg_temp", f"changes_{table.name}")


def difference(table: Table) -> sql.Identifier:
    return sql.Identifier("pg_temp", f"difference_{table.name}")


def columns(names: Iterable[str], alias: str = "") -> sql.Composed:
    """a.x, a.y"""
    return sql.SQL(", ").join(_column(name, alias) for name in names)


def same(names: Iterable[str], left: str, right: str) -> sql.Composed:
    """a.x = b.x and a.y = b.y"""
    return sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(_column(name, left), _column(name, right)) for name in names
    )


def payload_differs(table: Table, left: str, right: str) -> sql.Composable:
    """Whether two rows of the same key say different things; Postgres compares column by column."""
    names = [column.name for column in table.payload]
    if not names:
        return sql.SQL("false")
    return sql.SQL("row({}) is distinct from row({})").format(
        columns(names, left), columns(names, right)
    )


def covers(alias: str, day: str = "day") -> sql.Composed:
    """Whether a version of the source is true on the day that the parameter names."""
    return sql.SQL(
        "{alias}.source = %(source)s and {alias}.valid_from <= {day}"
        " and ({alias}.valid_to is null or {alias}.valid_to > {day})"
    ).format(alias=sql.Identifier(alias), day=sql.Placeholder(day))


def key_array(names: Iterable[str], alias: str) -> sql.Composed:
    """Key values from the left as text[], as `ops.unobserved.prefix` has them."""
    return sql.SQL("array[{}]::text[]").format(
        sql.SQL(", ").join(sql.SQL("{}::text").format(_column(name, alias)) for name in names)
    )


def own_key(table: Table, alias: str) -> sql.Composed:
    """The key without that of the parent, as one text."""
    own = table.key[len(parent_key(table)) :]
    return sql.SQL("concat_ws(" + OWN_KEY_SEPARATOR + ", {})").format(columns(own, alias))


def parent_key(table: Table) -> tuple[str, ...]:
    return TABLES[table.parent].key if table.parent else ()


def _column(name: str, alias: str) -> sql.Identifier:
    return sql.Identifier(alias, name) if alias else sql.Identifier(name)
