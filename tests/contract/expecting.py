"""The rows that must come of a record, worked out apart from flatten.

Belongs here: values as the model has them (times in UTC, countries in three letters, hashes),
and which row they stand in. Does not belong here: building records (`filling.py`), reading tables.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from pipelines.dialects import DIALECTS, Rows
from pipelines.dialects.contract import Fact
from pipelines.dialects.contract.coverage import column_of, ways_of
from pipelines.model import TABLES, Type, lineage
from tests.contract.filling import COUNTRIES, Node, Value, values_in

Place = tuple[str | int, ...]
Row = dict[str, Any]
# What a document is made of.
DOCUMENTS = {"location_document": "location", "tariff_document": "tariffs"}
# Hashes of content: the rows they stand in are compared whole instead.
CONTENT_KEYS = frozenset({"content_key", "price_key", "price_set_key"})
NOT_AVAILABLE = [("reliability_score_2", 0)]


@dataclass(frozen=True)
class Module:
    """A module of a dialect; `has_bare_evses`: its records are EVSEs without a location."""

    dialect: str
    name: str
    hash_key: bytes
    has_bare_evses: bool = False

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(self._places)

    def rows(self, record: dict[str, Any], tree: Node) -> Iterator[tuple[str, Row]]:
        """Rows by table, without keys of content."""
        found: dict[tuple[str, Place], Row] = {}
        if self.has_bare_evses:
            location = {"location_id": record["uid"], "is_placeholder": True}
            self._row(found, "location", ()).update(location)
            self._row(found, "location_freshness", ())
        for value in values_in(record, tree):
            self._take(found, value)
        for (table, place), row in found.items():
            self._inherit(found, table, place, row)
            yield table, row

    def _take(self, found: dict[tuple[str, Place], Row], value: Value) -> None:
        place = ("evses", 0, *value.place) if self.has_bare_evses else value.place
        for name in self._columns(value.fact):
            table, _, column = name.partition(".")
            declared = column_of(name).type
            if declared is Type.DOCUMENT:
                if value.path == DOCUMENTS[column]:
                    self._row(found, table, place)[column] = value.value
            elif isinstance(value.value, list) and declared is not Type.TEXT_LIST:
                for index, item in enumerate(value.value):  # a row for each
                    self._row(found, table, (*place, index))[column] = item
            elif not value.fact.is_container:
                self._row(found, table, place)[column] = self._canonical(name, value)

    def _columns(self, fact: Fact) -> Iterator[str]:
        for way in ways_of(fact):
            if way.module == self.name:
                yield from (name for name in way.columns if name.split(".")[1] not in CONTENT_KEYS)

    def _row(self, found: dict[tuple[str, Place], Row], table: str, inside: Place) -> Row:
        """The row of a table that a place is read into."""
        place, rows = self._row_place(table, inside)
        if (table, place) not in found:
            model = TABLES[table]
            names = (column.name for column in model.columns)
            row: Row = {name: None for name in names if name not in CONTENT_KEYS}
            row |= rows.constants
            if model.keyed_by == "position":
                row[model.key[-1]] = place[-1]
            found[table, place] = row
        return found[table, place]

    def _row_place(self, table: str, inside: Place) -> tuple[Place, Rows]:
        """Where the innermost object around a place stands that is a row of a table."""
        for end in range(len(inside), -1, -1):
            place = inside[:end]
            names = ".".join(step for step in place if isinstance(step, str))
            if names in self._places[table]:
                return place, self._places[table][names]
        raise AssertionError(f"nothing around {inside} is a row of {table}")

    @cached_property
    def _places(self) -> dict[str, dict[str, Rows]]:
        """By table, where its rows stand, without positions."""
        module = DIALECTS[self.dialect].module(self.name)
        assert module is not None
        found: dict[str, dict[str, Rows]] = {}
        _gather(module.root, "", found)
        return found

    def _inherit(
        self, found: dict[tuple[str, Place], Row], table: str, place: Place, row: Row
    ) -> None:
        for ancestor in lineage(TABLES[table])[1:]:
            above, _ = self._row_place(ancestor.name, place)
            row |= {
                column: value
                for column, value in found.get((ancestor.name, above), {}).items()
                if column in TABLES[table].key and value is not None
            }

    def _canonical(self, name: str, value: Value) -> Any:
        column = name.partition(".")[2]
        declared = column_of(name)
        sent = value.value
        if (value.path, sent) in NOT_AVAILABLE:
            return None
        if column.endswith("_hash"):
            return hmac.digest(self.hash_key, sent.encode(), hashlib.sha256).hex()
        if name == "cdr.cdr_id":
            return sent.lower()
        match declared.type:
            case Type.FLOAT:
                return float(sent)
            case Type.INT | Type.BIGINT:
                return int(sent)
            case Type.DECIMAL:
                return Decimal(str(sent)).quantize(Decimal("0.000001"))
            case Type.DATE:
                return date.fromisoformat(sent)
            case Type.TIMESTAMP:
                moment = datetime.fromisoformat(sent)
                return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        if declared.form == "country":
            return COUNTRIES[sent]
        return sent.removesuffix("Z") if declared.form in ("time", "restricting_time") else sent


def _gather(rows: Rows, at: str, found: dict[str, dict[str, Rows]]) -> None:
    found.setdefault(rows.table, {})[at] = rows
    for child in rows.children:
        for place in child.places:
            inner = ".".join(part for part in (at, place.replace("[]", "")) if part)
            _gather(child, inner, found)
