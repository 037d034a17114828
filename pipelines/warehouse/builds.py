"""Which days the marts have to rebuild, and the record that they did.

Belongs here: `ops.change` read against `ops.mart_build`, what a build is known by, and the lock
that keeps two builds apart. Does not belong here: the build itself (dbt, called from
`assets/marts.py`), what a published figure says of the build it is from (`provenance.py`).

A load moves the days of its change; the run passes them on, module by module. How far a model
looks back and ahead of its day, and so which other days it has to replace, its YAML says (`meta`,
read by dbt's materialization `daily`).
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

import pipelines
from pipelines.version import code_version
from pipelines.warehouse.connect import Warehouse, advisory_lock

DBT_PROJECT_DIR = Path(pipelines.__file__).resolve().parents[1] / "dbt_project"
MARTS_LOCK = "ocpi_warehouse.marts"
# Daily marts carry a silent source forward this long beyond the last day loaded.
CARRY_FORWARD_DAYS = 7


@dataclass(frozen=True)
class PendingBuild:
    """What the next build has to take in; `days` moved, by module."""

    change_ids: tuple[int, ...]
    fingerprint: str
    is_full: bool
    days: Mapping[str, tuple[date, ...]]
    load_ids: tuple[int, ...] = ()
    """Loads that no build has known yet."""

    @contextmanager
    def noted(
        self,
        warehouse: Warehouse,
        *,
        variables: Mapping[str, object],
        clock: Callable[[], datetime],
    ) -> Iterator[None]:
        """Around the build: note that it begins and, where it ends well, that it did.

        Until then the marts may be of two states, which the next build mends.
        """
        with warehouse.connection() as connection:
            row = connection.execute(
                "insert into ops.mart_build (fingerprint, seeds_hash, code_version, variables,"
                " is_full, days_rebuilt, started_at)"
                " values (%s, %s, %s, %s, %s, %s, %s) returning build_id",
                (
                    self.fingerprint,
                    seeds_hash(),
                    code_version(),
                    Jsonb(dict(variables)),
                    self.is_full,
                    len(set().union(*self.days.values())),
                    clock(),
                ),
            ).fetchone()
        assert row is not None
        [build_id] = row
        yield
        with warehouse.connection() as connection, connection.transaction():
            connection.execute(
                "update ops.mart_build set built_at = %s where build_id = %s", (clock(), build_id)
            )
            connection.execute(
                "update ops.change set build_id = %s where change_id = any(%s)",
                (build_id, list(self.change_ids)),
            )
            connection.execute(
                "insert into ops.mart_build_load (load_id, build_id)"
                " select load_id, %s from unnest(%s::bigint[]) as load_id",
                (build_id, list(self.load_ids)),
            )


@contextmanager
def marts_lock(warehouse: Warehouse, *, wait: bool = True) -> Iterator[None]:
    """One build at a time, whoever asked for it; the lock dies with its holder."""
    with advisory_lock(warehouse, MARTS_LOCK, wait=wait):
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


def seeds_hash(project_dir: Path = DBT_PROJECT_DIR) -> str:
    """SHA-256 over the seeds: what people decided about names, copies and rules."""
    digest = hashlib.sha256()
    for file in sorted((project_dir / "seeds").rglob("*.csv")):
        digest.update(str(file.relative_to(project_dir)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def affected_days(
    changes: Iterable[tuple[str, date, date | None]], *, last_day: date
) -> dict[str, tuple[date, ...]]:
    """Days that changes (module, from_day, to_day) have moved, up to `last_day`, in order."""
    days: defaultdict[str, set[date]] = defaultdict(set)
    for module, first, last in changes:
        end = min(last or last_day, last_day)
        days[module].update(first + timedelta(days=n) for n in range((end - first).days + 1))
    return {module: tuple(sorted(found)) for module, found in sorted(days.items()) if found}


def pending_build(
    warehouse: Warehouse, fingerprint: str, *, needs: Sequence[str] = ()
) -> PendingBuild | None:
    """What to build next; None where the marts have taken in every load already.

    Everything where one of the relations (schema.name) that a build of some days `needs` is gone.
    """
    with warehouse.connection() as connection:
        # Of one moment: a load between two queries would be known by half.
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        last = connection.execute(
            "select fingerprint, is_full and built_at is null from ops.mart_build"
            " order by build_id desc limit 1"
        ).fetchone()
        gone = connection.execute(
            "select name from unnest(%s::text[]) as needed (name) where to_regclass(name) is null",
            (list(needs),),
        ).fetchall()
        # Days before a load on which nothing was loaded came to be, or went, with it: the calendar
        # ends on the last day of which locations were.
        changes = connection.execute(
            "select change_id, module, coalesce(("
            "   select max(snapshot_date) + 1 from ops.snapshot"
            "   where module = 'locations' and status = 'loaded' and snapshot_date < from_day"
            "   ), from_day), to_day"
            " from ops.change where build_id is null"
        ).fetchall()
        loads = connection.execute(
            "select load_id from ops.load"
            " where load_id not in (select load_id from ops.mart_build_load) order by load_id"
        ).fetchall()
        loaded = connection.execute(
            "select max(snapshot_date) from ops.snapshot where status = 'loaded'"
        ).fetchone()
    change_ids, load_ids = tuple(row[0] for row in changes), tuple(row[0] for row in loads)
    # What a full build left behind that did not end is neither the old marts nor the new ones.
    if gone or last is None or last != (fingerprint, False):
        return PendingBuild(change_ids, fingerprint, is_full=True, days={}, load_ids=load_ids)
    if not changes or loaded is None or loaded[0] is None:
        return None
    days = affected_days(
        [change[1:] for change in changes],
        last_day=loaded[0] + timedelta(days=CARRY_FORWARD_DAYS),
    )
    return PendingBuild(change_ids, fingerprint, is_full=False, days=days, load_ids=load_ids)
