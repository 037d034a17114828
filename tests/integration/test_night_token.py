"""A token goes to its source and nowhere else: not to a terminal, a file, Dagster or Postgres."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from pipelines.simulator import RunningSimulator
from tests.conftest import FreshDatabase
from tests.integration.nights import DAYS, rows, simulated
from tests.integration.terminal import Ended, Terminal, quiet_logging, terminal

__all__ = ["quiet_logging", "terminal"]

TOKEN = "s3cret-7b1e-must-stay-here"
VARIABLE = "THE_SIMULATORS_TOKEN"
FORMS = (TOKEN.encode(), base64.b64encode(TOKEN.encode()))


def night(terminal: Terminal, simulator: RunningSimulator) -> Ended:
    source = simulated(simulator, token_env=VARIABLE)
    entry: dict[str, Any] = source.model_dump(mode="json", exclude_defaults=True)
    terminal.write_sources(entry)
    arguments = ("--source", "sim", "--date", DAYS[0].isoformat(), "--no-dbt")
    return terminal.run("materialize", *arguments)


def places_that_know(terminal: Terminal, ended: Ended) -> list[str]:
    """Where the token can be found, in any form in which it is sent."""
    home = terminal.database.settings.home_dir
    places = {str(path): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert len(places) > 3
    places |= {"stdout": ended.out.encode(), "stderr": ended.err.encode()}
    for (table,) in rows(
        terminal.database.warehouse, "select tablename from pg_tables where schemaname = 'ops'"
    ):
        written = rows(terminal.database.warehouse, f"select t::text from ops.{table} as t")
        places[table] = "".join(line for (line,) in written).encode()
    return [place for place, held in places.items() if any(form in held for form in FORMS)]


@pytest.fixture
def database(fresh_database: FreshDatabase) -> FreshDatabase:
    return fresh_database


def test_a_token_that_is_accepted_is_written_nowhere(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, TOKEN)
    with RunningSimulator(locations=20, token=TOKEN) as simulator:
        ended = night(terminal, simulator)
    assert ended.code == 0, ended
    assert places_that_know(terminal, ended) == []


def test_a_token_that_is_refused_is_written_nowhere(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, TOKEN)
    with RunningSimulator(locations=20, token="another") as simulator:
        ended = night(terminal, simulator)
    assert "token" in ended.sentence.lower()
    assert places_that_know(terminal, ended) == []
