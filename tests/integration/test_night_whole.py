"""Nights of a simulated operator, from HTTP to Postgres, through Dagster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipelines.cli.runs import Runner
from pipelines.resources import Project
from pipelines.simulator import RunningSimulator
from pipelines.sources import Source
from pipelines.warehouse.load import release
from tests.conftest import FreshDatabase
from tests.integration.nights import (
    DAYS,
    files,
    fingerprints,
    metadata,
    project_of,
    recorded_checks,
    rows,
    running,
    simulated,
)

LOCATIONS = 150


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with RunningSimulator(locations=LOCATIONS, page_limit=60) as running_simulator:
        yield running_simulator


@pytest.fixture(scope="module")
def project(make_database: Callable[[], FreshDatabase], simulator: RunningSimulator) -> Project:
    """Three nights, loaded in order."""
    made = project_of(make_database(), simulated(simulator))
    with running(made) as runner:
        for day in DAYS:
            assert runner.night("sim", day=day).failures == ()
    return made


@pytest.fixture
def runner(project: Project) -> Iterator[Runner]:
    with running(project) as made:
        yield made


def test_every_level_of_every_night_is_accounted_for(project: Project) -> None:
    ledger = rows(
        project.warehouse,
        "select snapshot_date, level, received, loaded, quarantined, duplicates from ops.ledger",
    )
    assert {line[0] for line in ledger} == set(DAYS)
    assert {line[1] for line in ledger} >= {"location", "evse", "connector", "tariff"}
    for _, _, received, loaded, quarantined, duplicates in ledger:
        assert received == loaded + quarantined + duplicates
    located = [line for line in ledger if line[1] == "location"]
    assert all(LOCATIONS * 0.8 < received <= LOCATIONS * 1.2 for _, _, received, *_ in located)


def test_what_changed_has_several_versions_and_what_did_not_has_one(project: Project) -> None:
    [(keys, versions, current)] = rows(
        project.warehouse,
        "select count(distinct (party, location_id, evse_uid)), count(*),"
        " count(*) filter (where valid_to is null) from ocpi.evse_status",
    )
    assert keys < versions < 3 * keys
    assert current <= keys
    [(in_order,)] = rows(
        project.warehouse,
        "select bool_and(valid_to is null or valid_from < valid_to) from ocpi.evse_status",
    )
    assert in_order
    # One night's tables are what was true on that day.
    [(then,)] = rows(
        project.warehouse,
        "select count(*) from ocpi.evse where valid_from <= %s"
        " and (valid_to is null or valid_to > %s)",
        DAYS[1],
        DAYS[1],
    )
    [(loaded,)] = rows(
        project.warehouse,
        "select loaded from ops.ledger where level = 'evse' and snapshot_date = %s",
        DAYS[1],
    )
    assert then == loaded


def test_materializations_say_how_much_how_long_and_where(project: Project, runner: Runner) -> None:
    landing = metadata(runner.instance, "sim", "landing")
    assert landing["records_locations"] > 100
    assert landing["pages"] >= 4
    assert landing["bytes"] > 100_000
    assert landing["seconds"] >= 0
    assert Path(landing["landing"]).is_relative_to(project.settings.landing_dir)
    assert Path(landing["landing"]).joinpath("manifest.json").exists()
    lake = metadata(runner.instance, "sim", "lake", "connector")
    assert {"seconds_all_tables"} <= lake.keys()
    [(connectors,)] = rows(
        project.warehouse,
        "select loaded from ops.ledger where level = 'connector' and snapshot_date = %s",
        DAYS[-1],
    )
    assert lake["rows"] == connectors
    assert lake["bytes"] > 0
    warehouse = metadata(runner.instance, "sim", "warehouse")
    assert warehouse["rows_staged"] > warehouse["rows_changed"] > 0
    assert warehouse["seconds"] > 0


def test_every_check_is_recorded(runner: Runner) -> None:
    checks = recorded_checks(runner.instance, "sim")
    assert checks.keys() == {
        "completeness",
        "conservation",
        "keys_unique",
        "parents_exist",
        "mass_change",
        "optional_modules",
    }
    assert all(passed for passed, _, _ in checks.values()), checks


def test_the_same_nights_again_write_nothing(project: Project, runner: Runner) -> None:
    tables, lake = fingerprints(project.warehouse), files(Path(project.lake.uri))
    landed = files(project.settings.landing_dir)
    for day in reversed(DAYS):
        assert runner.night("sim", day=day).failures == ()
        assert metadata(runner.instance, "sim", "warehouse")["rows_changed"] == 0
    assert fingerprints(project.warehouse) == tables
    assert files(Path(project.lake.uri)) == lake
    assert files(project.settings.landing_dir) == landed


def test_a_refresh_pulls_anew_and_keeps_the_old_attempt(project: Project, runner: Runner) -> None:
    tables = fingerprints(project.warehouse)
    assert runner.night("sim", day=DAYS[-1], refresh=True).failures == ()
    assert len(project.landing.attempts("sim", DAYS[-1])) == 2
    assert fingerprints(project.warehouse) == tables


@pytest.fixture
def ask(
    make_database: Callable[[], FreshDatabase],
) -> Iterator[Callable[..., tuple[Project, Runner]]]:
    """A project and runner of a test's own source."""
    opened: list[Runner] = []

    def make(source: Source, **how: datetime) -> tuple[Project, Runner]:
        project = project_of(make_database(), source, **how)
        runner = Runner(project)
        opened.append(runner.__enter__())
        return project, runner

    yield make
    for runner in opened:
        runner.__exit__()


def test_a_past_day_of_a_live_source_fails_with_the_reason(
    simulator: RunningSimulator, ask: Callable[..., tuple[Project, Runner]]
) -> None:
    source = simulated(simulator, answers_past_days=False)
    project, runner = ask(source, now=datetime(2026, 1, 10, 1, 30, tzinfo=UTC))
    said = "no snapshot of sim was taken on 2026-01-08; the API serves only the current state"
    asked = len(simulator.requests)
    assert runner.night("sim", day=date(2026, 1, 8)).failures == (said,)
    assert len(simulator.requests) == asked
    assert rows(project.warehouse, "select 1 from ops.snapshot") == []
    # What has landed is reused, on whatever day.
    assert runner.night("sim", day=date(2026, 1, 10)).failures == ()
    later = project_of_same(project, now=datetime(2026, 1, 20, tzinfo=UTC))
    with running(later) as runner_later:
        assert runner_later.night("sim", day=date(2026, 1, 10)).failures == ()


def project_of_same(project: Project, *, now: datetime) -> Project:
    return Project(project.settings, project.sources, clock=lambda: now, progress=project.progress)


def test_a_failed_price_module_is_a_warning_and_the_locations_load(
    ask: Callable[..., tuple[Project, Runner]],
) -> None:
    with RunningSimulator(locations=40, faults=["html_page:tariffs"]) as simulator:
        project, runner = ask(simulated(simulator))
        assert runner.night("sim", day=DAYS[0]).failures == ()
        checks = recorded_checks(runner.instance, "sim")
        passed, severity, sentence = checks["optional_modules"]
        assert (passed, severity) == (False, "WARN")
        assert sentence.startswith("tariffs: ")
        assert all(found[0] for name, found in checks.items() if name != "optional_modules")
        statuses = rows(project.warehouse, "select module, status from ops.snapshot order by 1")
        assert statuses == [("locations", "loaded"), ("tariffs", "failed")]
        assert "tariffs" in metadata(runner.instance, "sim", "landing")["failed_tariffs"]
        [(count,)] = rows(project.warehouse, "select count(*) from ocpi.location")
        assert count > 30


def test_a_held_night_fails_its_check_and_loads_once_released(
    ask: Callable[..., tuple[Project, Runner]],
) -> None:
    with RunningSimulator(locations=80) as large, RunningSimulator(locations=20) as small:
        source = simulated(large)
        project, runner = ask(source)
        assert runner.night("sim", day=DAYS[0]).failures == ()
        before = fingerprints(project.warehouse)
        project.sources["sim"] = simulated(small)
        with running(project) as shrunk:
            [sentence] = shrunk.night("sim", day=DAYS[1]).failures
            assert "ocpi-warehouse release --source sim --date 2026-01-09" in sentence
            assert fingerprints(project.warehouse) == before
            checks = recorded_checks(shrunk.instance, "sim")
            assert checks["mass_change"][:2] == (False, "ERROR")
            assert checks["conservation"][0]
            release(project.warehouse, "sim", DAYS[1], "the operator sold its sites")
            assert shrunk.night("sim", day=DAYS[1]).failures == ()
            assert recorded_checks(shrunk.instance, "sim")["mass_change"][0]


@pytest.mark.parametrize("fault", ["truncated_body", "status_2xxx_with_http_200", "wrong_total"])
def test_an_incomplete_pull_never_reaches_the_warehouse(
    fault: str, ask: Callable[..., tuple[Project, Runner]]
) -> None:
    with RunningSimulator(locations=30, faults=[f"{fault}:locations"]) as simulator:
        project, runner = ask(simulated(simulator))
        [sentence] = runner.night("sim", day=DAYS[0]).failures
        assert "locations" in sentence
        assert "Traceback" not in sentence
        statuses = rows(project.warehouse, "select module, status from ops.snapshot")
        assert ("locations", "failed") in statuses
        assert rows(project.warehouse, "select 1 from ocpi.location") == []
