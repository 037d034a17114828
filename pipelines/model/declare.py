"""The words in which the canonical model is declared.

Belongs here: `Type`, `Column`, `Table` and what follows from a declaration alone. Does not
belong here: any table (`locations.py`, `evses.py`, `tariffs.py`, `ops.py`), SQL
(`warehouse/schema.py`), where a value comes from (`dialects/`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

import pyarrow as pa


class Type(Enum):
    """A column's type, once for Arrow and once for Postgres.

    The pairs are what binary COPY accepts without a cast: int32 fits integer and nothing else,
    decimal128 fits numeric, and no text fits jsonb, so jsonb columns are written by SQL alone.
    """

    TEXT = ("text", pa.string())
    TEXT_LIST = ("text[]", pa.list_(pa.string()))
    BOOL = ("boolean", pa.bool_())
    INT = ("integer", pa.int32())
    BIGINT = ("bigint", pa.int64())
    FLOAT = ("double precision", pa.float64())
    DECIMAL = ("numeric(18,6)", pa.decimal128(18, 6))
    DATE = ("date", pa.date32())
    TIMESTAMP = ("timestamptz", pa.timestamp("us", tz="UTC"))
    JSON = ("jsonb", None)
    # A tree kept as the source sent it: text until it is inserted, where Postgres reads it.
    DOCUMENT = ("jsonb", pa.string())

    @property
    def postgres(self) -> str:
        return self.value[0]

    @property
    def staged(self) -> str:
        """The Postgres type that COPY is given; a cast makes `postgres` of it."""
        return "text" if self is Type.DOCUMENT else self.value[0]

    @property
    def arrow(self) -> pa.DataType:
        arrow = self.value[1]
        if arrow is None:
            raise TypeError(f"{self.name} has no Arrow form; it is written by SQL alone")
        return arrow


Form = Literal["time", "restricting_time", "restriction", "country", "latitude", "longitude"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: declared once, followed by Arrow, Postgres, dbt and the data dictionary.

    `vocabulary` names the list in `vocabularies.py` whose spelling a value is repaired to;
    `form` says what a value has to look like beyond its type (times are HH:MM[:SS]). A
    `restricting_time` that cannot be read is kept as it came: as NULL it would restrict nothing. A
    `restriction`, a day or a number, cannot be kept so; its name is, in `UNREADABLE`.
    `is_nullable` is False for keys and for what the product itself writes.
    """

    name: str
    type: Type
    doc: str
    unit: str | None = None
    vocabulary: str | None = None
    form: Form | None = None
    is_nullable: bool = True


# Of a table with columns of the form `restriction`: those of them that could not be read.
UNREADABLE = Column(
    "unreadable_restrictions",
    Type.TEXT_LIST,
    "Columns that are NULL because what was sent cannot be read: a price with one is undecided.",
)

Kind = Literal["state", "event", "ops"]
KeyedBy = Literal["id", "content", "position"]


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table.

    `key` are the names of the key columns without `source`; for a table with history they begin
    with the key of `parent`. `keyed_by` says what the last key column is: an id of the source,
    a hash of the content (so that order alone is no change), or a position (where order means
    something). `own_key` columns are those beyond the parent's key; empty for a narrow table
    that stands 1:1 beside its parent (evse_status, location_freshness).

    A `state` table has history: what a complete snapshot leaves out is gone. An `event` table is
    upserted: the newest `last_updated` wins, absence means nothing. `observed` says whether a
    snapshot speaks about every key of a state table, or about those alone it asked for.
    """

    name: str
    doc: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    module: str = ""
    parent: str | None = None
    keyed_by: KeyedBy = "id"
    kind: Kind = "state"
    observed: Literal["all", "asked"] = "all"

    @property
    def schema(self) -> str:
        return "ops" if self.kind == "ops" else "ocpi"

    @property
    def payload(self) -> tuple[Column, ...]:
        """Every column that is not key: for state tables all of them are compared."""
        return tuple(column for column in self.columns if column.name not in self.key)

    @property
    def is_flattened(self) -> bool:
        """Whether flatten fills it (and the lake holds it): all columns have an Arrow form."""
        return all(column.type is not Type.JSON for column in self.columns)

    def column(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns in declared order; `source` and the day stand in the partition's path."""
        return pa.schema(
            [
                pa.field(column.name, column.type.arrow, nullable=column.is_nullable)
                for column in self.columns
            ]
        )


def text(name: str, doc: str, *, unit: str | None = None, form: Form | None = None) -> Column:
    return Column(name, Type.TEXT, doc, unit=unit, form=form)


def code(name: str, vocabulary: str, doc: str) -> Column:
    """A text whose spelling is repaired to a vocabulary; unknown values are kept as they came."""
    return Column(name, Type.TEXT, doc, vocabulary=vocabulary)


def codes(name: str, vocabulary: str | None, doc: str) -> Column:
    return Column(name, Type.TEXT_LIST, doc, vocabulary=vocabulary)


def flag(name: str, doc: str) -> Column:
    return Column(name, Type.BOOL, doc)


def whole(name: str, doc: str, *, unit: str | None = None, form: Form | None = None) -> Column:
    return Column(name, Type.INT, doc, unit=unit, form=form)


def number(name: str, doc: str, *, unit: str | None = None, form: Form | None = None) -> Column:
    return Column(name, Type.FLOAT, doc, unit=unit, form=form)


def money(name: str, doc: str, *, unit: str) -> Column:
    return Column(name, Type.DECIMAL, doc, unit=unit)


def moment(name: str, doc: str) -> Column:
    return Column(name, Type.TIMESTAMP, doc, unit="UTC")


def day(name: str, doc: str, *, form: Form | None = None) -> Column:
    return Column(name, Type.DATE, doc, form=form)


def key(name: str, doc: str, *, of: Type = Type.TEXT) -> Column:
    return Column(name, of, doc, is_nullable=False)


def document(name: str, doc: str) -> Column:
    return Column(name, Type.DOCUMENT, doc)
