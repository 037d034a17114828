"""A run that is killed, at any point, leaves nothing half-written and nobody waiting."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from pipelines.resources import Project
from pipelines.simulator import RunningSimulator
from tests.conftest import FreshDatabase
from tests.integration.nights import (
    DAYS,
    fingerprints,
    project_of,
    rows,
    running,
    simulated,
)

DAY = DAYS[0]
COMMAND = str(Path(sys.executable).with_name("ocpi-warehouse"))


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with RunningSimulator(locations=120, page_limit=50) as running_simulator:
        yield running_simulator


@pytest.fixture
def clean(
    make_database: Callable[[], FreshDatabase], simulator: RunningSimulator
) -> dict[str, Any]:
    """The tables of a run that nobody disturbed."""
    project = project_of(make_database(), simulated(simulator))
    with running(project) as runner:
        assert runner.night("sim", day=DAY).failures == ()
    return tables_of(project)


def tables_of(project: Project) -> dict[str, Any]:
    ledger = rows(
        project.warehouse,
        "select level, received, loaded, quarantined, duplicates from ops.ledger order by level",
    )
    return {**fingerprints(project.warehouse), "ledger": ledger}


def start(database: FreshDatabase, simulator: RunningSimulator) -> subprocess.Popen[str]:
    home = database.settings.home_dir
    listed = home / "sources.yml"
    entry = simulated(simulator).model_dump(mode="json", exclude_defaults=True)
    listed.write_text(yaml.safe_dump({"sources": [entry]}), encoding="utf-8")
    assert database.settings.url is not None
    environment = os.environ | {
        "OCPI_WAREHOUSE_HOME": str(home),
        "OCPI_WAREHOUSE_SOURCES": str(listed),
        "OCPI_WAREHOUSE_URL": database.settings.url.get_secret_value(),
    }
    arguments = ["materialize", "--source", "sim", "--date", DAY.isoformat(), "--no-dbt"]
    return subprocess.Popen(
        [COMMAND, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def kill_when(process: subprocess.Popen[str], reached: Callable[[], bool]) -> None:
    """Kill -9 at a moment; fails if the run ended before it came."""
    deadline = time.monotonic() + 120
    while not reached():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            said, _ = process.communicate()
            pytest.fail(f"the run was over before it could be killed: {said}")
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_a_night_killed_again_and_again_ends_as_a_clean_one(
    make_database: Callable[[], FreshDatabase],
    simulator: RunningSimulator,
    clean: dict[str, Any],
) -> None:
    database = make_database()
    landing, lake = database.settings.landing_dir, Path(database.settings.lake_uri)

    # In the middle of the pull: pages are there, the manifest is not.
    process = start(database, simulator)
    kill_when(process, lambda: any(landing.rglob("locations-*.json*")))
    project = project_of(database, simulated(simulator))
    assert project.landing.usable("sim", DAY) is None
    assert slot_holders(project)

    # While the lake is being written; the next run did not wait for the dead one's slot.
    process = start(database, simulator)
    kill_when(process, lambda: any(lake.rglob("*.parquet")) or any(lake.rglob("_staging/*/*")))
    assert project.landing.usable("sim", DAY) is not None

    # Inside the load's transaction.
    process = start(database, simulator)
    with database.warehouse.connection() as watch:
        watch.autocommit = True
        kill_when(
            process,
            lambda: (
                watch.execute(
                    "select 1 from pg_stat_activity where datname = current_database()"
                    " and pid <> pg_backend_pid() and xact_start is not null"
                    " and query ilike '%%stage%%'"
                ).fetchone()
                is not None
            ),
        )
    assert rows(database.warehouse, "select 1 from ocpi.location") == []
    assert rows(database.warehouse, "select 1 from ops.ledger") == []

    with running(project) as runner:
        assert runner.night("sim", day=DAY).failures == ()
        statuses = [run.status for run in runner.instance.get_runs()]
        # The dead are known to be dead.
        assert sorted(status.value for status in statuses) == ["FAILURE"] * 3 + ["SUCCESS"]
    assert tables_of(project) == clean
    assert len(project.landing.attempts("sim", DAY)) == 1


def slot_holders(project: Project) -> set[str]:
    """Runs that hold the pool of the pull."""
    with dg.DagsterInstance.from_config(str(project.settings.dagster_dir)) as instance:
        return set(instance.event_log_storage.get_concurrency_info("sim_api").active_run_ids)
