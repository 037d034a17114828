"""Files of the project that follow from the model: written here, and checked for drift.

Belongs here: dbt's source declarations, and where each generated file stands. Does not belong
here: the model itself (`model/`), the data dictionary's text (`model/dictionary.py`), migrations
(frozen: a test compares where they end with `schema.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml
from sqlalchemy.dialects import postgresql

from pipelines.model import CANONICAL_TABLES, OPS_TABLES, Table
from pipelines.model.dictionary import data_dictionary
from pipelines.warehouse.schema import build_metadata

DBT_SOURCES = Path("dbt_project/models/staging/_sources.yml")
DATA_DICTIONARY = Path("docs/data_dictionary.md")

_SOURCES_HEADER = (
    "# Generated from pipelines/model; do not edit. `ocpi-warehouse generate` writes it anew.\n"
)


def dbt_sources() -> str:
    """Every table of schemas `ocpi` and `ops` as a dbt source, with types and descriptions."""
    tables = build_metadata().tables
    document = {
        "version": 2,
        "sources": [
            _dbt_source("ocpi", "What the sources say.", CANONICAL_TABLES, tables),
            _dbt_source("ops", "The ledger of records, snapshots and loads.", OPS_TABLES, tables),
        ],
    }
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=1000)
    return _SOURCES_HEADER + text


def _dbt_source(
    schema: str, description: str, declared: Sequence[Table], tables: Mapping[str, sa.Table]
) -> dict[str, Any]:
    return {
        "name": schema,
        "schema": schema,
        "description": description,
        "tables": [_dbt_table(tables[f"{schema}.{table.name}"]) for table in declared],
    }


def _dbt_table(table: sa.Table) -> dict[str, Any]:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return {
        "name": str(table.name),
        "description": table.comment,
        "columns": [
            {
                "name": str(column.name),
                "description": column.comment,
                "data_type": column.type.compile(dialect=dialect).lower(),
            }
            for column in table.columns
        ],
    }


_FILES: dict[Path, Callable[[], str]] = {
    DBT_SOURCES: dbt_sources,
    DATA_DICTIONARY: data_dictionary,
}


def write_generated(root: Path) -> None:
    """Write every generated file below the project's root."""
    for path, make in _FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(make(), encoding="utf-8")


def check_generated(root: Path) -> list[str]:
    """The generated files that are missing or not what the model says now."""
    return [
        str(path)
        for path, make in _FILES.items()
        if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != make()
    ]
