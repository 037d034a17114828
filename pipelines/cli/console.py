"""Progress and summaries for the person at the terminal.

Belongs here: what is printed while and after work is done. Progress goes to stderr, results to
stdout, so that a pipe gets results alone.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.warehouse.connect import Warehouse

# Nobody's terminal: a file or a pipe, where nothing has to be cut.
WIDE = 240
out = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True, soft_wrap=True, highlight=False)

# A log file wants a line now and then, not one per page.
SECONDS_BETWEEN_LINES = 5.0


class TerminalProgress:
    """Shows the stage and its count: rewritten in place on a terminal, else a line now and then."""

    def __init__(self, label: str = "") -> None:
        self.label = label
        self._last = time.monotonic()
        self._status = err.status("") if err.is_terminal else None

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        count = f" {done:,}" + (f" of {total:,}" if total else "") if done else ""
        line = f"{self.label}{stage}{count}"
        if self._status is not None:
            self._status.update(line)
        elif now - self._last > SECONDS_BETWEEN_LINES:
            err.print(line)
            self._last = now

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The spinner, for as long as the work takes."""
        if self._status is None:
            yield
        else:
            with self._status:
                yield


def print_rows(title: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A small table on stdout; numbers to the right."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for index, name in enumerate(header):
        is_number = bool(rows) and all(isinstance(row[index], int | float) for row in rows)
        table.add_column(name, justify="right" if is_number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    out.print(table)


def _cell(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.1f}"
    return escape(str(value))


LEDGER_SQL = """
select level, received, loaded, quarantined, duplicates
from ops.ledger
where source = %(source)s and snapshot_date = %(day)s and received > 0
order by array_position(array['location', 'evse', 'connector', 'tariff'], level), level
"""
QUARANTINE_SQL = """
select level, reason, count(*), min(detail)
from ops.quarantine
where source = %(source)s and snapshot_date = %(day)s
group by level, reason
order by count(*) desc, level, reason
limit 10
"""
REPAIR_SQL = """
select
    table_name || '.' || column_name, repair, repaired,
    to_json(left(sample_before, 40))::text, to_json(left(sample_after, 40))::text
from ops.repair
where source = %(source)s and snapshot_date = %(day)s
order by repaired desc, 1, 2
limit 10
"""
MODULE_SQL = """
select module, status, concat_ws('; ', nullif(verdict, status), notes)
from ops.snapshot
where source = %(source)s and snapshot_date = %(day)s
order by module
"""


def print_snapshot(warehouse: Warehouse, *, source: str, day: date) -> None:
    """What became of one snapshot: modules, ledger, quarantine, repairs."""
    values = {"source": source, "day": day}
    with warehouse.connection("analyst") as connection:
        modules = connection.execute(MODULE_SQL, values).fetchall()
        ledger = connection.execute(LEDGER_SQL, values).fetchall()
        quarantine = connection.execute(QUARANTINE_SQL, values).fetchall()
        repairs = connection.execute(REPAIR_SQL, values).fetchall()
    print_rows(f"{source} {day}", ("module", "status", "verdict"), modules)
    if ledger:
        print_rows(
            "ledger: received = loaded + quarantined + duplicates",
            ("level", "received", "loaded", "quarantined", "duplicates"),
            ledger,
        )
    if quarantine:
        print_rows("quarantine", ("level", "reason", "objects", "for example"), quarantine)
    if repairs:
        print_rows("repairs", ("column", "repair", "values", "from", "to"), repairs)
