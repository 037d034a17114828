"""`ocpi-warehouse answer`: the queries of a Markdown file, and what the warehouse answers to them.

Belongs here: finding the queries, writing each answer below its query. The file is the report: who
reads it sees the query beside the figure, who doubts it runs the command again. Does not belong
here: the queries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from pipelines.cli.query import text
from pipelines.errors import ConfigurationError, WarehouseError

NO_ROWS = "*No rows.*"
ROWS_MAX = 100
# A query, and below it the answer of the last time, if there is one.
QUESTION = re.compile(
    r"(?P<query>^```sql\n(?P<sql>.*?)^```\n)(?:\n(?:(?:\|[^\n]*\n)+|"
    + re.escape(NO_ROWS)
    + r"\n))?",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Answered:
    """A file with its answers as they are now."""

    path: Path
    questions: int
    before: str
    after: str

    @property
    def is_unchanged(self) -> bool:
        return self.before == self.after


def answer_file(path: Path, connection: psycopg.Connection[TupleRow]) -> Answered:
    """The file's text with every answer written anew; nothing is written to disk.

    Raises ConfigurationError for a file that cannot be read or holds no query, WarehouseError for
    a query that fails, with the line on which it begins.
    """
    try:
        before = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"could not read {path}: {error}; name a Markdown file with queries in ```sql blocks"
        ) from error
    questions = len(QUESTION.findall(before))
    if not questions:
        raise ConfigurationError(f"{path} holds no query; write them as ```sql blocks")

    def answered(match: re.Match[str]) -> str:
        line = before.count("\n", 0, match.start()) + 1
        header, rows = _asked(connection, match["sql"], place=f"{path}, line {line}")
        return match["query"] + "\n" + "\n".join(_table(header, rows)) + "\n"

    return Answered(path, questions, before, QUESTION.sub(answered, before))


def _asked(
    connection: psycopg.Connection[TupleRow], sql: str, *, place: str
) -> tuple[list[str], list[TupleRow]]:
    connection.read_only = True
    try:
        with connection.transaction(), connection.cursor() as cursor:
            # Prepared: one statement alone.
            cursor.execute(sql.encode(), prepare=True)
            header = [column.name for column in cursor.description or ()]
            rows = cursor.fetchmany(ROWS_MAX + 1)
    except psycopg.Error as error:
        said = error.diag.message_primary or str(error).strip()
        raise WarehouseError(f"the query at {place} failed: {said}") from error
    if len(rows) > ROWS_MAX:
        raise ConfigurationError(
            f"the query at {place} gives over {ROWS_MAX} rows; add a limit to it"
        )
    return header, rows


def _table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """A Markdown table; columns of numbers are set to the right."""
    found = list(rows)
    if not found:
        return [NO_ROWS]
    numeric = [
        all(isinstance(row[index], int | float | Decimal | None) for row in found)
        for index in range(len(header))
    ]
    rule = ["---:" if right else "---" for right in numeric]
    cells = [header, rule, *([_cell(value) for value in row] for row in found)]
    return [f"| {' | '.join(row)} |" for row in cells]


def _cell(value: Any) -> str:
    return " ".join(text(value).replace("|", "\\|").split())
