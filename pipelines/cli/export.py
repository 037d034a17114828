"""`ocpi-warehouse export`: a mart or a query as a file that says what it is made of.

Belongs here: the file - CSV, Parquet or JSON - and reading back what it says of itself. Does not
belong here: what a figure is made of (`warehouse/provenance.py`), making it again (`rebuild.py`).

    figures.csv            and beside it figures.csv.provenance.json
    figures.parquet        the same under `ocpi_warehouse` in the file's metadata
    figures.json           {"rows": [...], "ocpi_warehouse": {...}}
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql

from pipelines.cli.console import err
from pipelines.cli.query import plain, text
from pipelines.errors import ConfigurationError, TransientError
from pipelines.resources import utc_now
from pipelines.settings import Settings
from pipelines.version import code_version
from pipelines.warehouse.builds import marts_lock
from pipelines.warehouse.connect import Connection, Warehouse
from pipelines.warehouse.migrations import migrate
from pipelines.warehouse.provenance import (
    FORMAT,
    Export,
    as_document,
    parse_export,
    provenance_of_everything,
    provenance_of_marts,
)
from pipelines.warehouse.replay import read_ledger

KEY = "ocpi_warehouse"
SIDECAR = ".provenance.json"
MART_SCHEMAS = ("marts", "intermediate")
ROWS_AT_ONCE = 10_000

Row = Sequence[Any]
# What the file says of itself, once all rows have passed.
Describe = Callable[[], str]
Write = Callable[[Path, Sequence[psycopg.Column], Iterator[Sequence[Row]], Describe], None]


@dataclass
class Result:
    """What a query gave: how many rows, and a hash over them in whatever order they came."""

    rows: int = 0
    _total: int = 0

    def add(self, row: Row) -> None:
        said = "\x1f".join("\x00" if value is None else text(value) for value in row)
        self._total += int.from_bytes(hashlib.sha256(said.encode()).digest(), "big")
        self.rows += 1

    @property
    def rows_hash(self) -> str:
        return f"{self._total % (1 << 256):064x}"


def run_export(settings: Settings, *, mart: str | None, query: str | None, to: Path) -> None:
    """Write a mart, or the result of a query, with its provenance; nothing is left by halves."""
    if (mart is None) == (query is None):
        raise ConfigurationError("name a mart, or else a query by --query")
    if to.suffix not in WRITERS:
        known = ", ".join(WRITERS)
        raise ConfigurationError(f"{to.name} has no ending that says its format; use {known}")
    if not to.parent.is_dir():
        raise ConfigurationError(f"there is no folder {to.parent} to write {to.name} into")
    warehouse = Warehouse.from_settings(settings)
    migrate(warehouse)
    with _marts_at_rest(warehouse), warehouse.connection("analyst") as connection:
        # Of one moment: the figure and what it is made of.
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        if mart is not None:
            query = _mart_query(connection, mart)
            provenance = provenance_of_marts(connection)
        else:
            provenance = provenance_of_everything(connection)
        assert query is not None
        made_of = as_document(provenance, read_ledger(connection))
        result = _write(connection, query, to, made_of)
    err.print(
        f"{result.rows:,} rows in {to}, known at {made_of['known_at']}: "
        f"loads {made_of['load_ids']}",
        markup=False,
    )


def _write(connection: Connection, query: str, to: Path, made_of: dict[str, Any]) -> Result:
    result = Result()

    def describe() -> str:
        said = {
            "format": FORMAT,
            "version": code_version(),
            "exported_at": utc_now().isoformat(timespec="seconds").replace("+00:00", "Z"),
            "query": query,
            "rows": result.rows,
            "rows_hash": result.rows_hash,
            "made_of": made_of,
        }
        return json.dumps({KEY: said}, indent=2, ensure_ascii=False) + "\n"

    # Whole or not at all: a file of that name stays as it was until this one is written.
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=f".{to.name}.") as folder:
        with _asked(connection, query, result) as (columns, pieces):
            WRITERS[to.suffix](Path(folder) / to.name, columns, pieces, describe)
        for made in Path(folder).iterdir():
            made.replace(to.parent / made.name)
    return result


def result_of(warehouse: Warehouse, query: str) -> Result:
    """What a query gives, without keeping it."""
    result = Result()
    with warehouse.connection("analyst") as connection:
        connection.read_only = True
        with _asked(connection, query, result) as (_, pieces):
            for _ in pieces:
                pass
    return result


@contextmanager
def _asked(
    connection: Connection, query: str, result: Result
) -> Iterator[tuple[Sequence[psycopg.Column], Iterator[Sequence[Row]]]]:
    """The columns of one query and its rows in pieces, each counted as it passes."""

    def pieces() -> Iterator[Sequence[Row]]:
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            for row in rows:
                result.add(row)
            yield rows

    try:
        with connection.cursor(name="ocpi_warehouse_export") as cursor:
            cursor.execute(query.encode())
            yield cursor.description or (), pieces()
    except psycopg.Error as error:
        said = error.diag.message_primary or str(error).splitlines()[0]
        raise ConfigurationError(f"the query failed: {said}") from None


@contextmanager
def _marts_at_rest(warehouse: Warehouse) -> Iterator[None]:
    """No build replaces one mart while another is read."""
    with ExitStack() as held:
        try:
            held.enter_context(marts_lock(warehouse, wait=False))
        except TransientError as error:
            err.print(f"waiting: {error}", markup=False)
            held.enter_context(marts_lock(warehouse))
        yield


def _mart_query(connection: Connection, mart: str) -> str:
    """All rows of a mart, its columns named, in an order that is the same every time."""
    schema, _, name = mart.rpartition(".")
    known = connection.execute(
        "select schemaname, tablename from pg_tables where schemaname = any(%s)"
        " order by schemaname desc, tablename",
        (list(MART_SCHEMAS),),
    ).fetchall()
    found = [(of, table) for of, table in known if table == name and schema in ("", of)]
    if not found:
        near = difflib.get_close_matches(mart, [f"{of}.{table}" for of, table in known], n=3)
        marts = ", ".join(near or [table for of, table in known if of == "marts"]) or "none yet"
        raise ConfigurationError(f"there is no mart {mart!r}; there is: {marts}")
    table = sql.Identifier(*found[0])
    columns = connection.execute(
        "select attname, atttypid = 'json'::regtype from pg_attribute"
        " where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
        (table.as_string(connection),),
    ).fetchall()
    names = sql.SQL(", ").join(sql.Identifier(column) for column, _ in columns)
    order = ", ".join(str(n) for n, (_, is_json) in enumerate(columns, start=1) if not is_json)
    query = sql.SQL("select {} from {} order by ").format(names, table)
    return query.as_string(connection) + order


def _write_csv(
    path: Path,
    columns: Sequence[psycopg.Column],
    pieces: Iterator[Sequence[Row]],
    describe: Describe,
) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(column.name for column in columns)
        for rows in pieces:
            writer.writerows([text(value) for value in row] for row in rows)
    path.with_name(path.name + SIDECAR).write_text(describe(), encoding="utf-8")


def _write_json(
    path: Path,
    columns: Sequence[psycopg.Column],
    pieces: Iterator[Sequence[Row]],
    describe: Describe,
) -> None:
    names = [column.name for column in columns]
    with path.open("w", encoding="utf-8") as file:
        file.write('{"rows": [')
        separator = "\n"
        for rows in pieces:
            for row in rows:
                record = dict(zip(names, row, strict=True))
                file.write(separator + json.dumps(record, default=plain, ensure_ascii=False))
                separator = ",\n"
        file.write("\n],\n" + describe().lstrip("{\n"))


def _write_parquet(
    path: Path,
    columns: Sequence[psycopg.Column],
    pieces: Iterator[Sequence[Row]],
    describe: Describe,
) -> None:
    kinds = [_arrow(column) for column in columns]
    fields = zip((column.name for column in columns), (kind for kind, _ in kinds), strict=True)
    schema = pa.schema([pa.field(name, kind) for name, kind in fields])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for rows in pieces:
            arrays = [
                pa.array([None if row[n] is None else form(row[n]) for row in rows], kind)
                for n, (kind, form) in enumerate(kinds)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
        writer.add_key_value_metadata({KEY: describe()})


WRITERS: dict[str, Write] = {".csv": _write_csv, ".parquet": _write_parquet, ".json": _write_json}

_PLAIN_TYPES: dict[str, pa.DataType] = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "timestamp": pa.timestamp("us"),
}


def _arrow(column: psycopg.Column) -> tuple[pa.DataType, Callable[[Any], Any]]:
    """The type of a column in Parquet and what makes a value of it; texts where nothing fits."""
    found = psycopg.adapters.types.get(column.type_code)
    name = found.name if found else ""
    if name in _PLAIN_TYPES:
        is_array = found is not None and column.type_code == found.array_oid
        kind = pa.list_(_PLAIN_TYPES[name]) if is_array else _PLAIN_TYPES[name]
        return kind, _as_it_is
    if name == "numeric":
        if column.precision is not None and column.scale is not None and column.precision <= 38:
            return pa.decimal128(column.precision, column.scale), _as_it_is
        # Without a declared scale there is no decimal of Arrow that holds every value.
        return pa.float64(), float
    if name == "text" and found is not None and column.type_code == found.array_oid:
        return pa.list_(pa.string()), _as_it_is
    return pa.string(), text


def _as_it_is(value: Any) -> Any:
    return value


def read_export(path: Path) -> Export:
    """What an exported file says of itself; ConfigurationError where it does not."""
    place = path
    try:
        if path.suffix == ".parquet":
            said = (pq.read_metadata(path).metadata or {}).get(KEY.encode(), b"")
        else:
            if path.suffix == ".csv":
                place = path.with_name(path.name + SIDECAR)
            said = place.read_bytes()
    except (OSError, pa.ArrowInvalid) as error:
        raise ConfigurationError(
            f"{place} cannot be read ({getattr(error, 'strerror', None) or error}); name a file "
            "that ocpi-warehouse export wrote"
        ) from None
    return parse_export(said, place=str(place))
