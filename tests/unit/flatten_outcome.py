"""Objects to flatten, and what became of them, for the tests of flatten.

Belongs here: one good object of each kind, to be spoilt by a test, and rows and report of a
flattened module in a form that is easy to ask. Does not belong here: assertions.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import pyarrow as pa

from pipelines.dialects import DIALECTS
from pipelines.flatten import FlattenReport, flatten_module
from tests.factories import records_of

LOCATION = {
    "country_code": "NL",
    "party_id": "TNM",
    "id": "L1",
    "name": "Station",
    "country": "NLD",
    "coordinates": {"latitude": "52.1", "longitude": "5.2"},
    "last_updated": "2026-06-07T10:00:00Z",
}
CONNECTOR = {
    "id": "1",
    "standard": "IEC_62196_T2",
    "max_voltage": 230,
    "last_updated": "2026-06-07T10:00:00Z",
}
EVSE = {"uid": "E1", "status": "AVAILABLE", "last_updated": "2026-06-07T10:00:00Z"}
HASH_KEY = b"a key for tests"
TARIFF = {"id": "T1", "country_code": "NL", "party_id": "TNM", "currency": "EUR"}


class Outcome:
    """Rows and report of one flattened module, easy to ask."""

    def __init__(
        self, *objects: Any, module: str = "locations", dialect: str = "ocpi_2_2_1"
    ) -> None:
        found: dict[str, list[pa.Table]] = defaultdict(list)
        declared = DIALECTS[dialect].module(module)
        assert declared is not None
        records = records_of(list(objects))
        self.report: FlattenReport = flatten_module(
            lambda: [records],
            module=declared,
            day=date(2026, 6, 7),
            sink=lambda table, rows: found[table].append(rows),
            ignored=DIALECTS[dialect].ignored_in(module),
            hash_key=lambda: HASH_KEY,
        )
        self.tables = {name: pa.concat_tables(parts).to_pylist() for name, parts in found.items()}

    def one(self, table: str) -> dict[str, Any]:
        (row,) = self.tables[table]
        return row

    def repairs(self, column: str | None = None) -> dict[str, int]:
        return {
            line["repair"]: line["repaired"]
            for line in self.report.repair.to_pylist()
            if column in (None, line["column_name"])
        }

    def ledger(self, level: str) -> tuple[int, int, int, int]:
        """received, loaded, quarantined, duplicates"""
        (line,) = [x for x in self.report.ledger.to_pylist() if x["level"] == level]
        return line["received"], line["loaded"], line["quarantined"], line["duplicates"]

    def quarantine(self) -> list[dict[str, Any]]:
        return self.report.quarantine.to_pylist()

    def unobserved(self) -> list[tuple[str, str, list[str], list[str] | None]]:
        return [
            (x["level"], x["scope"], x["prefix"], x["present"])
            for x in self.report.unobserved.to_pylist()
        ]

    def unknown(self) -> dict[tuple[str, str], int]:
        return {
            (x["path"], x["unknown_value"]): x["occurrences"]
            for x in self.report.unknown_attribute.to_pylist()
        }


def location(**changes: Any) -> dict[str, Any]:
    return {**LOCATION, **changes}


def with_evse(**changes: Any) -> dict[str, Any]:
    return location(evses=[{**EVSE, **changes}])


def with_connector(**changes: Any) -> dict[str, Any]:
    return with_evse(connectors=[{**CONNECTOR, **changes}])
