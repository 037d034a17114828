"""The data dictionary: every table and column of the model, as a page of markdown.

Belongs here: the text of `docs/data_dictionary.md`, which follows from the model alone. Does not
belong here: the marts (dbt documents those), writing files (`warehouse/generated.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.model import EVENT_TABLES, OPS_TABLES, STATE_TABLES, Column, Table
from pipelines.model.ops import SOURCELESS_TABLES

HEADER = """\
# Data dictionary

Generated from `pipelines/model`; do not edit. `ocpi-warehouse generate` writes it anew.

Every column also carries its description as a comment in Postgres. **Key** columns identify a
row within its source. For the marts see the comments on their own tables.

## Schema `ocpi`: what the sources say, with history

Every table begins with `source` (text, key: name of the source in sources.yml) and ends with
`valid_from` (date, key: first day on which the row is true) and `valid_to` (date: first day on
which it is true no more; NULL while current).
"""

EVENT_HEADER = """\
## Schema `ocpi`: what happened once

Sessions, CDRs and tokens have no history: the newest version of a record is the record, and one
that a snapshot does not name is still there. Every table begins with `source` and ends with
`snapshot_date` (date: the snapshot that brought this version).
"""

OPS_HEADER = """\
## Schema `ops`: what became of every record, snapshot and load

Every table begins with `source` (text, key: name of the source in sources.yml), except where
its columns below are all there is.
"""


def data_dictionary() -> str:
    """The whole page; the same model gives the same text."""
    parts = [
        HEADER,
        _contents(STATE_TABLES),
        *(_section(table) for table in STATE_TABLES),
        EVENT_HEADER,
        _contents(EVENT_TABLES),
        *(_section(table) for table in EVENT_TABLES),
        OPS_HEADER,
        _contents(OPS_TABLES),
        *(_section(table) for table in OPS_TABLES),
    ]
    return "\n".join(parts)


def _contents(tables: Sequence[Table]) -> str:
    rows = [f"| [{table.name}](#{table.name}) | {_cell(table.doc)} |" for table in tables]
    return "\n".join(["| Table | What a row is |", "|---|---|", *rows, ""])


def _section(table: Table) -> str:
    facts = [table.doc]
    if table.module:
        facts.append(f"Module `{table.module}`.")
    if table.parent:
        facts.append(f"Child of `{table.parent}`.")
    if table.name in SOURCELESS_TABLES:
        facts.append("Not about one source: without `source`.")
    rows = [_row(table, column) for column in table.columns]
    return "\n".join(
        [
            f"### {table.name}",
            "",
            " ".join(facts),
            "",
            "| Column | Type | Unit | Description |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _row(table: Table, column: Column) -> str:
    doc = f"**Key.** {column.doc}" if column.name in table.key else column.doc
    return (
        f"| `{column.name}` | {column.type.postgres} | {_cell(column.unit or '')} | {_cell(doc)} |"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
