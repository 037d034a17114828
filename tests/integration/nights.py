"""Nights as the command line runs them: a project on a database of its own, and what it holds.

Belongs here: making projects and runners for tests, nights and builds without Dagster (which costs
a second of each night and six of each build, so that it is for tests about running), fingerprints
of tables. Does not belong here: assertions.
"""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.assets.lake import flatten_day
from pipelines.assets.marts import (
    DBT,
    dbt_arguments,
    dbt_days,
    ensure_manifest,
    lasting_relations,
)
from pipelines.cli.runs import Runner
from pipelines.dialects import dialect_of
from pipelines.model import STATE_TABLES
from pipelines.resources import DBT_PROJECT_DIR, Project
from pipelines.simulator import RunningSimulator
from pipelines.sources import Source
from pipelines.warehouse.builds import PendingBuild, dbt_fingerprint, pending_build
from pipelines.warehouse.connect import Warehouse
from pipelines.warehouse.load import LoadResult, current_location_ids, load_snapshot
from tests.conftest import FreshDatabase

DAYS = (date(2026, 1, 8), date(2026, 1, 9), date(2026, 1, 10))
DATA = Path(__file__).parents[2].parent / "shared" / "data"
HISTORY = tuple(f"ocpi.{table.name}" for table in STATE_TABLES)
numbers = itertools.count(1)


def simulated(simulator: RunningSimulator, **settings: Any) -> Source:
    """The simulator as a source that can be asked for any day."""
    return Source(
        **{
            "name": "sim",
            "dialect": "ocpi_2_2_1",
            "transport": "http",
            "versions_url": simulator.versions_url,
            "answers_past_days": True,
            **settings,
        }
    )


def project_of(
    database: FreshDatabase, *sources: Source, now: datetime = datetime(2026, 6, 7, 1, tzinfo=UTC)
) -> Project:
    """A project whose clock stands still."""
    return Project(
        database.settings,
        {source.name: source for source in sources},
        clock=lambda: now,
        progress=lambda *_: None,
    )


@contextmanager
def running(project: Project) -> Iterator[Runner]:
    with Runner(project) as runner:
        yield runner


def load_day(project: Project, name: str, day: date) -> LoadResult:
    """A night of a source, step by step and without Dagster: for tests about what comes out.

    Its snapshot is taken an hour after the day, whenever it is loaded.
    """
    source = project.sources[name]
    taken_at = datetime.combine(day + timedelta(days=1), time(1), UTC)
    attempt = project.landing.pull(
        source,
        dialect_of(source).protocol,
        day=day,
        now=lambda: taken_at,
        previous_ids=lambda: current_location_ids(project.warehouse, name),
    )
    return load_snapshot(
        project.warehouse,
        flatten_day(project, source, day).snapshot,
        source=source,
        attempt=attempt,
        clock=project.clock,
    )


def build_due(project: Project, *, needs: Sequence[str] | None = None) -> PendingBuild | None:
    """What the marts job would build now."""
    fingerprint = dbt_fingerprint(DBT_PROJECT_DIR, project.dbt_variables())
    lasting = lasting_relations(ensure_manifest())
    return pending_build(project.warehouse, fingerprint, needs=lasting if needs is None else needs)


def build_marts(project: Project) -> None:
    """The marts for what loads have moved since the last build, by the arguments of the job."""
    pending = build_due(project)
    if pending is None:
        return
    variables = project.dbt_variables()
    with pending.noted(project.warehouse, variables=variables, clock=project.clock):
        run_dbt(project, *dbt_arguments(pending, variables=variables), **dbt_days(pending))


def run_dbt(project: Project, *arguments: str, **environment: str) -> str:
    """What dbt said on a database of the tests; fails with it."""
    project.export_dbt_environment()
    folder, target = str(DBT_PROJECT_DIR), str(project.settings.dbt_dir)
    done = subprocess.run(
        [
            *(DBT, *arguments, "--project-dir", folder, "--profiles-dir", folder),
            *("--target-path", target, "--log-path", target),
        ],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


def rows(warehouse: Warehouse, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with warehouse.connection("analyst") as connection:
        return connection.execute(query.encode(), values).fetchall()


def mart_tables(warehouse: Warehouse) -> tuple[str, ...]:
    """Everything that dbt builds as a table."""
    return tuple(
        name
        for (name,) in rows(
            warehouse,
            "select schemaname || '.' || tablename from pg_tables"
            " where schemaname in ('intermediate', 'marts') order by 1",
        )
    )


def fingerprints(
    warehouse: Warehouse, tables: tuple[str, ...] = HISTORY
) -> Mapping[str, tuple[int, str]]:
    """Rows and a hash over all of them, by table, in whatever order they stand."""
    hashes = (
        f"select '{table}', count(*), sum(hashtextextended(t::text, 0)::numeric) from {table} as t"
        for table in tables
    )
    found = rows(warehouse, " union all ".join(hashes))
    return {table: (int(count), str(digest)) for table, count, digest in found}


def differences(
    one: Mapping[str, tuple[int, str]], other: Mapping[str, tuple[int, str]]
) -> dict[str, tuple[Any, Any]]:
    """The tables that differ, so that a failure names them alone."""
    return {
        table: (one.get(table), other.get(table))
        for table in one | other
        if one.get(table) != other.get(table)
    }


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def metadata(instance: dg.DagsterInstance, *key: str) -> dict[str, Any]:
    """What the newest materialization of an asset says."""
    event = instance.get_latest_materialization_event(dg.AssetKey(list(key)))
    assert event is not None
    assert event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def recorded_checks(instance: dg.DagsterInstance, source: str) -> dict[str, tuple[bool, str, str]]:
    """The newest result of every check: passed, severity, sentence."""
    from pipelines.checks import BLOCKING, WARNING

    asset = dg.AssetKey([source, "warehouse"])
    keys = [dg.AssetCheckKey(asset, name) for name in BLOCKING | WARNING]
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    results = {}
    for key, record in found.items():
        assert record.event is not None
        evaluation = record.event.dagster_event.asset_check_evaluation_data
        results[key.name] = (
            evaluation.passed,
            evaluation.severity.value,
            evaluation.description or "",
        )
    return results
