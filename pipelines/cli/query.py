"""Results of `ocpi-warehouse sql` for a person, a spreadsheet or a program.

Belongs here: the three formats. Rows are streamed where the format allows it: a CSV of a million
connectors does not pass through memory at once.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import psycopg
from psycopg.rows import TupleRow
from rich.console import Console
from rich.table import Table

from pipelines.errors import ConfigurationError


class Format(StrEnum):
    """What `sql` can write."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


Connection = psycopg.Connection[TupleRow]
Cursor = psycopg.Cursor[TupleRow]
ServerCursor = psycopg.ServerCursor[TupleRow]
# A table is for eyes; whoever wants more asks for csv.
TABLE_ROWS_MAX = 1000


def run_query(connection: Connection, query: str, *, format_: Format) -> None:
    """Run one query and write its result to stdout.

    A select is read through a cursor of the server, so that a large result is never held whole;
    `show` and `explain` know no cursor. On a Postgres given by URL the session belongs to the
    loader, who could take its role back: so the transaction is read-only, the first query in it
    makes that final, and both ways send one statement alone, which cannot end a transaction.
    """
    if not query.strip(" \n\t;"):
        raise ConfigurationError(
            'there is no query; write one, for example: ocpi-warehouse sql "select 1"'
        )
    connection.read_only = True
    connection.execute("select 1")
    begins = query.lstrip("( \n\t").split(maxsplit=1)
    streams = bool(begins) and begins[0].lower() in {"select", "with", "values", "table"}
    cursor: Cursor | ServerCursor = (
        connection.cursor(name="ocpi_warehouse_sql") if streams else connection.cursor()
    )
    with cursor:
        if isinstance(cursor, psycopg.ServerCursor):
            cursor.execute(query.encode())
        else:
            cursor.execute(query.encode(), prepare=True)
        header = [column.name for column in cursor.description or ()]
        write_rows(format_, header, cursor if header else ())


def write_rows(format_: Format, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write the result to stdout. NULL is empty in a table and in CSV, null in JSON."""
    if format_ is Format.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([text(value) for value in row] for row in rows)
    elif format_ is Format.JSON:
        _write_json(header, rows)
    else:
        _write_table(header, rows)


def _write_json(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    sys.stdout.write("[")
    for index, row in enumerate(rows):
        separator = ",\n " if index else ""
        record = dict(zip(header, row, strict=True))
        sys.stdout.write(separator + json.dumps(record, default=plain, ensure_ascii=False))
    sys.stdout.write("]\n")


def _write_table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    table = Table(box=None, pad_edge=False)
    shown: list[Sequence[Any]] = []
    cut = False
    for row in rows:
        if len(shown) == TABLE_ROWS_MAX:
            cut = True
            break
        shown.append(row)
    for index, name in enumerate(header):
        numeric = bool(shown) and all(
            isinstance(row[index], int | float | Decimal | None) for row in shown
        )
        table.add_column(name, justify="right" if numeric else "left", no_wrap=True)
    for row in shown:
        table.add_row(*(text(value) for value in row))
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, width=100_000)
    console.print(table, soft_wrap=True)
    if cut:
        sys.stderr.write(f"only the first {TABLE_ROWS_MAX} rows are shown; --format csv has all\n")


def text(value: Any) -> str:
    """A value as a person reads it; NULL is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, default=plain, ensure_ascii=False)
    return str(value)


def plain(value: Any) -> Any:
    """A value that JSON has no word for, as a text that keeps it exact."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        # A price of 0.10 must not become 0.1000000000000000055: text keeps it exact.
        return str(value)
    return str(value)
