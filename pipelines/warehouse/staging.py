"""Stage tables: what one load brings, as Postgres rows that live as long as its transaction.

Belongs here: what is asked of a lake snapshot, making stage tables from the model, filling them
(and claimed history tables, and the report tables of `ops`) by binary COPY. Does not belong here:
comparing a stage with the history (`history.py`), deciding whether to believe it (`verdicts.py`).

They are TEMP: no WAL, gone with the transaction or with the process, however it ends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any, LiteralString, Protocol, Self

import psycopg
import pyarrow as pa
from pgpq import ArrowToPostgresBinaryEncoder
from psycopg import sql

from pipelines.model import Table
from pipelines.warehouse.phrases import history, stage

AnyConnection = psycopg.Connection[Any]

# Rows encoded at a time: some 30 MB of the widest table. More gains nothing, less costs calls.
ENCODED_ROWS = 16_384


class LakeManifest(Protocol):
    @property
    def attempt(self) -> str: ...
    @property
    def attempt_hash(self) -> str: ...
    @property
    def modules(self) -> Collection[str]: ...


class LakeSnapshot(Protocol):
    """One day of one source in the lake: canonical tables and the reports of flatten."""

    @property
    def source(self) -> str: ...
    @property
    def day(self) -> date: ...
    @property
    def manifest(self) -> LakeManifest: ...
    @property
    def tables(self) -> Collection[str]: ...
    def batches(self, table: str) -> Iterator[pa.RecordBatch]: ...
    def rows(self, table: str) -> int: ...
    def digest(self, tables: Iterable[str]) -> str: ...
    def of_day(self, day: date) -> Self | None: ...


def create_stage(connection: AnyConnection, table: Table) -> None:
    """An empty stage of the table's own columns, dropped when the transaction ends."""
    connection.execute(
        sql.SQL("create temp table {} ({}) on commit drop").format(
            sql.Identifier(f"stage_{table.name}"),
            sql.SQL(", ").join(
                sql.SQL("{} " + column.type.staged).format(sql.Identifier(column.name))
                for column in table.columns
            ),
        )
    )


def fill_stage(
    connection: AnyConnection, table: Table, batches: Iterable[pa.RecordBatch]
) -> Iterator[int]:
    """COPY batches into the stage; yields the rows written so far."""
    return copy_rows(connection, stage(table), table.arrow_schema, batches)


def fill_history(
    connection: AnyConnection,
    table: Table,
    batches: Iterable[pa.RecordBatch],
    *,
    source: str,
    day: date,
) -> Iterator[int]:
    """COPY batches into a claimed history table, true from the day on; yields as `fill_stage`.

    Frozen: the table was truncated in this transaction and is locked, so no one reads it before
    the end. The night after then need not mark every row as visible when it first reads it.
    """
    around = [pa.field("source", pa.string()), pa.field("valid_from", pa.date32())]
    schema = pa.schema([around[0], *table.arrow_schema, around[1]])
    rows = (
        batch.add_column(0, around[0], pa.repeat(pa.scalar(source), batch.num_rows)).append_column(
            around[1], pa.repeat(pa.scalar(day), batch.num_rows)
        )
        for batch in batches
    )
    return copy_rows(connection, history(table), schema, rows, options="format binary, freeze")


def copy_report(
    connection: AnyConnection,
    table: Table,
    batches: Iterable[pa.RecordBatch],
    *,
    source: str,
) -> int:
    """COPY a report of flatten into its table in `ops`, under the name of the source."""
    schema = pa.schema([pa.field("source", pa.string(), nullable=False), *table.arrow_schema])
    with_source = (
        batch.add_column(0, schema.field(0), pa.repeat(pa.scalar(source), batch.num_rows))
        for batch in batches
    )
    return max(
        copy_rows(connection, sql.Identifier("ops", table.name), schema, with_source), default=0
    )


def copy_rows(
    connection: AnyConnection,
    target: sql.Identifier,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    *,
    options: LiteralString = "format binary",
) -> Iterator[int]:
    """COPY batches into the columns that the schema names; yields the rows written so far."""
    encoder = ArrowToPostgresBinaryEncoder(schema)
    statement = sql.SQL("copy {} ({}) from stdin ({})").format(
        target, sql.SQL(", ").join(map(sql.Identifier, schema.names)), sql.SQL(options)
    )
    rows = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(encoder.write_header())
        for batch in batches:
            for start in range(0, batch.num_rows, ENCODED_ROWS):
                part = _conformed(batch.slice(start, ENCODED_ROWS), schema)
                copy.write(encoder.write_batch(part))
                rows += part.num_rows
            yield rows
        copy.write(encoder.finish())


def _conformed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The columns that COPY names, in its order and with its exact types."""
    columns = [batch.column(field.name).cast(field.type) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
