"""What was known at a time, of sources with details asked for in turn and with events by window."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.resources import Project
from pipelines.simulator import RunningSimulator
from pipelines.warehouse.load import retract
from tests.conftest import FreshDatabase
from tests.integration.nights import DAYS, differences, load_day, project_of, simulated
from tests.integration.terminal import Terminal, quiet_logging, terminal
from tests.integration.test_rebuild import tables_of

__all__ = ["quiet_logging", "terminal"]

BEGIN = datetime(2026, 1, 11, 1, tzinfo=UTC)
PEER = {
    "name": "peer",
    "dialect": "ocpi_2_1_1",
    "modules": ["locations", "tariffs", "sessions", "cdrs", "tokens"],
}
AGGREGATOR = {
    "name": "eco",
    "dialect": "eco_movement",
    "versions_url": None,
    # A fourth of them a night: what is known of the rest is what earlier nights were told.
    "details": 4,
}


@pytest.fixture
def database(makes_databases: None, fresh_database: FreshDatabase) -> FreshDatabase:
    return fresh_database


@pytest.fixture
def project(terminal: Terminal) -> Iterator[Project]:
    """Both sources, on a clock that goes on by a second whenever it is asked."""
    seconds = itertools.count(1)
    with RunningSimulator(locations=15) as simulator:
        eco = simulator.versions_url.removesuffix("/ocpi/versions") + "/eco/ocpi/cpo/2.1.1"
        sources = [simulated(simulator, **PEER), simulated(simulator, **AGGREGATOR, base_url=eco)]
        terminal.write_sources(
            *(source.model_dump(mode="json", exclude_unset=True) for source in sources)
        )
        made = project_of(terminal.database, *sources)
        made.clock = lambda: BEGIN + timedelta(seconds=next(seconds))
        yield made


def test_details_sessions_and_cdrs_come_out_as_they_were_known(
    terminal: Terminal, project: Project
) -> None:
    # The middle day comes last: what is known of the later one is of more than its own.
    for day in (DAYS[0], DAYS[2], DAYS[1]):
        for name in ("peer", "eco"):
            load_day(project, name, day)
    warehouse, clock = project.warehouse, project.clock
    retract(warehouse, "eco", DAYS[0], "location_details", reason="odd", clock=clock)
    known = tables_of(warehouse)
    filled = {name for name, found in known.items() if found and found[0]}
    assert {"ocpi.session", "ocpi.cdr", "ocpi.token", "ocpi.location_detail"} <= filled

    moment = clock().isoformat()
    ended = terminal.run("rebuild", "--known-at", moment, "--database", "again", "--no-dbt")
    assert ended.code == 0, ended
    assert "warning" not in ended.err
    assert differences(tables_of(warehouse.beside("again")), known) == {}
