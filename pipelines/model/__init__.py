"""The canonical model: every table and column of the warehouse, declared once.

Belongs here: declarations and what follows from them alone. Does not belong here: where a value
comes from (`dialects/`), SQL (`warehouse/schema.py`). Parents stand before their children.
"""

from __future__ import annotations

from pipelines.model.declare import UNREADABLE, Column, Table, Type
from pipelines.model.events import EVENT_TABLES
from pipelines.model.evses import EVSE_TABLES
from pipelines.model.locations import LOCATION_TABLES
from pipelines.model.ops import OPS_TABLES, REPORT_TABLES
from pipelines.model.prices import PRICE_TABLES
from pipelines.model.tariffs import TARIFF_TABLES

STATE_TABLES: tuple[Table, ...] = (*LOCATION_TABLES, *EVSE_TABLES, *TARIFF_TABLES, *PRICE_TABLES)
CANONICAL_TABLES: tuple[Table, ...] = (*STATE_TABLES, *EVENT_TABLES)
TABLES: dict[str, Table] = {table.name: table for table in (*CANONICAL_TABLES, *OPS_TABLES)}

__all__ = [
    "CANONICAL_TABLES",
    "EVENT_TABLES",
    "OPS_TABLES",
    "REPORT_TABLES",
    "STATE_TABLES",
    "TABLES",
    "UNREADABLE",
    "Column",
    "Table",
    "Type",
    "lineage",
    "module_tables",
]


def module_tables(module: str) -> tuple[Table, ...]:
    """Canonical tables filled by a module, parents first."""
    return tuple(table for table in CANONICAL_TABLES if table.module == module)


def lineage(table: Table) -> tuple[Table, ...]:
    """The table itself and its parents, nearest first."""
    found = [table]
    while found[-1].parent is not None:
        found.append(TABLES[found[-1].parent])
    return tuple(found)
