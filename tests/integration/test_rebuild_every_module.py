"""What was known at a time, of sources with details asked for in turn and with events by window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.assets.lake import flatten_day
from pipelines.dialects import dialect_of
from pipelines.resources import Project
from pipelines.simulator import RunningSimulator
from pipelines.warehouse.load import current_location_ids, load_snapshot, retract
from tests.conftest import FreshDatabase
from tests.integration.nights import differences, simulated
from tests.integration.terminal import Terminal, quiet_logging
from tests.integration.test_rebuild import tables_of

__all__ = ["quiet_logging"]

DAYS = [date(2026, 1, 8) + timedelta(days=number) for number in range(3)]
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


@dataclass
class Nights:
    """Nights on a clock that goes on by a second whenever it is asked."""

    project: Project
    seconds: int = 0

    def clock(self) -> datetime:
        self.seconds += 1
        return datetime(2026, 1, 11, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def load(self, name: str, day: date) -> None:
        project, source = self.project, self.project.sources[name]
        attempt = project.landing.pull(
            source,
            dialect_of(source).protocol,
            day=day,
            now=self.clock,
            previous_ids=lambda: current_location_ids(project.warehouse, name),
        )
        snapshot = flatten_day(project, source, day).snapshot
        load_snapshot(project.warehouse, snapshot, source=source, attempt=attempt, clock=self.clock)

    def state(self) -> tuple[str, dict[str, Any]]:
        return self.clock().isoformat(), tables_of(self.project.warehouse)


@pytest.fixture
def terminal(
    fresh_database: FreshDatabase,
    makes_databases: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    quiet_logging: None,
) -> Terminal:
    return Terminal(tmp_path, fresh_database, monkeypatch, capsys)


@pytest.fixture
def nights(terminal: Terminal) -> Callable[[RunningSimulator], Nights]:
    def make(simulator: RunningSimulator) -> Nights:
        eco = simulator.versions_url.removesuffix("/ocpi/versions") + "/eco/ocpi/cpo/2.1.1"
        sources = [simulated(simulator, **PEER), simulated(simulator, **AGGREGATOR, base_url=eco)]
        terminal.write_sources(
            *(source.model_dump(mode="json", exclude_unset=True) for source in sources)
        )
        project = Project(
            terminal.database.settings,
            {source.name: source for source in sources},
            progress=lambda *_: None,
        )
        made = Nights(project)
        project.clock = made.clock
        return made

    return make


def test_details_sessions_and_cdrs_come_out_as_they_were_known(
    terminal: Terminal, nights: Callable[[RunningSimulator], Nights]
) -> None:
    with RunningSimulator(locations=15) as simulator:
        told = nights(simulator)
        # The middle day comes last: what is known of the later one is of more than its own.
        for day in (DAYS[0], DAYS[2], DAYS[1]):
            for name in ("peer", "eco"):
                told.load(name, day)
    warehouse = told.project.warehouse
    retract(warehouse, "eco", DAYS[0], "location_details", reason="odd", clock=told.clock)
    moment, known = told.state()
    filled = {name for name, found in known.items() if found and found[0]}
    assert {"ocpi.session", "ocpi.cdr", "ocpi.token", "ocpi.location_detail"} <= filled

    ended = terminal.run("rebuild", "--known-at", moment, "--database", "again", "--no-dbt")
    assert ended.code == 0, ended
    assert "warning" not in ended.err
    assert differences(tables_of(warehouse.beside("again")), known) == {}
