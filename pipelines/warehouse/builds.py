"""Which days the marts have to rebuild, and the record that they did.

Belongs here: `ops.change` read against `ops.mart_build`, and the lock that keeps two builds
apart. Does not belong here: the build itself (dbt, called from `assets/marts.py`).

A mart's day d is computed from the days d - look_back .. d + look_ahead, as its YAML says under
`meta`. So a load that moved day c moves the marts of c - look_ahead .. c + look_back; the run
passes the union over all models.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from pipelines.model import CANONICAL_TABLES
from pipelines.warehouse.connect import Warehouse, advisory_lock

MARTS_LOCK = "ocpi_warehouse.marts"
# Daily marts carry a silent source forward this long beyond the last day loaded.
CARRY_FORWARD_DAYS = 7


@dataclass(frozen=True)
class PendingBuild:
    """What the next build has to take in; no `days`: tables that are not made by day alone."""

    change_ids: tuple[int, ...]
    fingerprint: str
    is_full: bool
    days: tuple[date, ...]

    def record(self, warehouse: Warehouse, *, built_at: datetime) -> None:
        """Note that the build ended well; the next one begins after it."""
        with warehouse.connection() as connection, connection.transaction():
            row = connection.execute(
                "insert into ops.mart_build (fingerprint, is_full, days_rebuilt, built_at)"
                " values (%s, %s, %s, %s) returning build_id",
                (self.fingerprint, self.is_full, len(self.days), built_at),
            ).fetchone()
            assert row is not None
            connection.execute(
                "update ops.change set build_id = %s where change_id = any(%s)",
                (row[0], list(self.change_ids)),
            )


@contextmanager
def marts_lock(warehouse: Warehouse) -> Iterator[None]:
    """One build at a time, whoever asked for it; the lock dies with its holder."""
    with advisory_lock(warehouse, MARTS_LOCK, wait=True):
        yield


def dbt_fingerprint(project_dir: Path, variables: Mapping[str, object]) -> str:
    """SHA-256 over everything of dbt that decides a figure, its variables included."""
    digest = hashlib.sha256(json.dumps(dict(variables), sort_keys=True).encode())
    parts = ("models", "macros", "seeds")
    files = [project_dir / "dbt_project.yml"]
    files += [f for part in parts for f in (project_dir / part).rglob("*") if f.is_file()]
    for file in sorted(files):
        digest.update(str(file.relative_to(project_dir)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def look_around(manifest: Path) -> tuple[int, int]:
    """The farthest look back and ahead, in days, that any model declares."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    metas = [node.get("config", {}).get("meta", {}) for node in nodes]
    back = max((int(meta.get("look_back_days", 0)) for meta in metas), default=0)
    ahead = max((int(meta.get("look_ahead_days", 0)) for meta in metas), default=0)
    return back, ahead


def modules_by_day(manifest: Path) -> frozenset[str]:
    """The modules that models of days are made of: a load of another one moves none of their days.

    Sessions of a year, loaded late, would otherwise rebuild the EVSEs of 365 days.
    """
    document = json.loads(manifest.read_text(encoding="utf-8"))
    found: set[str] = set()
    next_up = [
        name
        for name, node in document["nodes"].items()
        if node.get("config", {}).get("materialized") == "daily"
    ]
    while next_up:
        name = next_up.pop()
        if name not in found:
            found.add(name)
            next_up.extend(document["parent_map"].get(name, ()))
    tables = {name.rpartition(".")[2] for name in found if name.startswith("source.")}
    return frozenset(table.module for table in CANONICAL_TABLES if table.name in tables)


def affected_days(
    changes: Iterable[tuple[date, date | None]], *, last_day: date, look_back: int, look_ahead: int
) -> tuple[date, ...]:
    """Days of the marts that changes of [from_day, to_day] move, in order, up to `last_day`."""
    days: set[date] = set()
    for first, last in changes:
        begin = first - timedelta(days=look_ahead)
        end = min((last or last_day) + timedelta(days=look_back), last_day)
        days.update(begin + timedelta(days=n) for n in range((end - begin).days + 1))
    return tuple(sorted(days))


def pending_build(warehouse: Warehouse, fingerprint: str, *, manifest: Path) -> PendingBuild | None:
    """What to build next; None where the marts have taken in every load already."""
    with warehouse.connection() as connection:
        built = connection.execute(
            "select fingerprint from ops.mart_build order by build_id desc limit 1"
        ).fetchone()
        changes = connection.execute(
            "select change_id, module, from_day, to_day from ops.change where build_id is null"
        ).fetchall()
        loaded = connection.execute(
            "select max(snapshot_date) from ops.snapshot where status = 'loaded'"
        ).fetchone()
    change_ids = tuple(row[0] for row in changes)
    if built is None or built[0] != fingerprint:
        return PendingBuild(change_ids, fingerprint, is_full=True, days=())
    if not changes or loaded is None or loaded[0] is None:
        return None
    look_back, look_ahead = look_around(manifest)
    by_day = modules_by_day(manifest)
    days = affected_days(
        [(from_day, to_day) for _, module, from_day, to_day in changes if module in by_day],
        last_day=loaded[0] + timedelta(days=CARRY_FORWARD_DAYS),
        look_back=look_back,
        look_ahead=look_ahead,
    )
    return PendingBuild(change_ids, fingerprint, is_full=False, days=days)
