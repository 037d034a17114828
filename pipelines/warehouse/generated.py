"""Files of the project that follow from declarations: written here, and checked for drift.

Belongs here: dbt's source declarations and its staging views, which say nothing of their own, and
where each generated file stands. Does not belong here: the model itself (`model/`), the data
dictionary's text (`model/dictionary.py`), that of the page about sources
(`dialects/contract/page.py`), migrations (frozen: a test compares where they end with
`schema.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml
from sqlalchemy.dialects import postgresql

from pipelines.dialects.contract.page import sources_page
from pipelines.model import CANONICAL_TABLES, OPS_TABLES, TABLES, Table
from pipelines.model.dictionary import data_dictionary
from pipelines.warehouse.schema import VIEWS, View, build_metadata

STAGING = Path("dbt_project/models/staging")
DBT_SOURCES = STAGING / "_sources.yml"
DBT_STAGING = STAGING / "staging.yml"
DATA_DICTIONARY = Path("docs/data_dictionary.md")
SOURCES = Path("docs/sources.md")

_GENERATED = (
    "Generated from pipelines/model; do not edit. `ocpi-warehouse generate` writes it anew."
)
_ALIAS = next(view for view in VIEWS if view.name == "location_alias")
# What dbt reads. Of ops: which days and ids there are, and what became of the records (the marts of
# quality cost it); what the product notes of itself stays out.
_STAGED_OPS = ("snapshot", "ledger", "quarantine", "repair", "unknown_attribute")
STAGED: dict[str, tuple[Table | View, ...]] = {
    "ocpi": CANONICAL_TABLES,
    "ops": (*(TABLES[name] for name in _STAGED_OPS), _ALIAS),
}
_STAGED_DOC = {
    "state": " Every version; is_current marks what is true now.",
    "event": " The newest version of every record.",
}


def dbt_sources() -> str:
    """Every table of schemas `ocpi` and `ops` as a dbt source, with types and descriptions."""
    sources = [
        _dbt_source("ocpi", "What the sources say.", CANONICAL_TABLES),
        _dbt_source("ops", "The ledger of records, snapshots and loads.", (*OPS_TABLES, _ALIAS)),
    ]
    return _yaml({"version": 2, "sources": sources})


def dbt_staging() -> str:
    """The description of every staging view."""
    models = [
        {"name": _staging_name(schema, staged), "description": _staged_doc(staged)}
        for schema, of_schema in STAGED.items()
        for staged in of_schema
    ]
    return _yaml({"version": 2, "models": models})


def dbt_staging_view(schema: str, name: str) -> str:
    """The text of one staging view: all declared columns, by dbt's own list of them."""
    return f"-- {_GENERATED}\n{{{{ staged('{schema}', '{name}') }}}}\n"


def _staging_name(schema: str, staged: Table | View) -> str:
    return f"stg_{schema}__{staged.name}"


def _staged_doc(staged: Table | View) -> str:
    return staged.doc + (_STAGED_DOC.get(staged.kind, "") if isinstance(staged, Table) else "")


def _yaml(document: Mapping[str, Any]) -> str:
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=1000)
    return f"# {_GENERATED}\n{text}"


def _dbt_source(schema: str, description: str, declared: Iterable[Table | View]) -> dict[str, Any]:
    tables = build_metadata().tables
    return {
        "name": schema,
        "schema": schema,
        "description": description,
        "tables": [
            _dbt_view(one) if isinstance(one, View) else _dbt_table(tables[f"{schema}.{one.name}"])
            for one in declared
        ],
    }


def _dbt_view(view: View) -> dict[str, Any]:
    columns = [{"name": name, "description": doc} for name, doc in view.columns]
    return {"name": view.name, "description": view.doc, "columns": columns}


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
    SOURCES: sources_page,
    DBT_STAGING: dbt_staging,
    **{
        STAGING / f"{_staging_name(schema, staged)}.sql": partial(
            dbt_staging_view, schema, staged.name
        )
        for schema, of_schema in STAGED.items()
        for staged in of_schema
    },
}


def write_generated(root: Path) -> None:
    """Write every generated file below the project's root."""
    for path, make in _FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(make(), encoding="utf-8")


def check_generated(root: Path) -> list[str]:
    """The generated files that are missing or not what the declarations say now."""
    return [
        str(path)
        for path, make in _FILES.items()
        if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != make()
    ]
