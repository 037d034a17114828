"""Sessions and tokens in Postgres: the newest version stands, whatever order the days came in."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.errors import WarehouseError
from pipelines.model import TABLES
from pipelines.warehouse.connect import Warehouse
from pipelines.warehouse.load import load_snapshot, retract
from pipelines.warehouse.migrations import migrate
from tests.conftest import FreshDatabase
from tests.integration.observed_days import (
    EVENT_PAYLOADS,
    Key,
    Observation,
    Row,
    World,
    make_snapshot,
    make_source,
)

DAYS = [date(2026, 6, number) for number in range(1, 6)]
numbers = itertools.count(1)


def migrated(made: FreshDatabase) -> Warehouse:
    migrate(made.warehouse)
    return made.warehouse


@pytest.fixture(scope="module")
def on_embedded(make_database: Callable[[], FreshDatabase]) -> Warehouse:
    return migrated(make_database())


@pytest.fixture(scope="module")
def on_system(make_database_on_system: Callable[[], FreshDatabase]) -> Warehouse:
    return migrated(make_database_on_system())


@pytest.fixture(params=["embedded", "system"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    on: Warehouse = request.getfixturevalue(f"on_{request.param}")
    return on


def drawn(seed: int) -> dict[str, Observation]:
    """Few records and few times, so that days disagree about a record and agree about its time."""
    rng = random.Random(seed)
    sessions: World = {"session": {}, "session_evse": {}, "session_charging_period": {}}
    for number in range(4):
        if rng.random() < 0.4:
            continue
        key: Key = ("", f"S{number}")
        sessions["session"][key] = (
            rng.choice([None, *(datetime(2026, 6, 1, hour, tzinfo=UTC) for hour in (1, 2))]),
            rng.choice(["ACTIVE", "COMPLETED"]),
            rng.choice(['{"id": "L1", "evses": []}', '{"evses":[],"id":"L1"}', '{"id": "L2"}']),
        )
        for evse in rng.sample(["E0", "E1"], rng.randint(0, 2)):
            sessions["session_evse"][*key, evse] = (rng.choice(["NL*1", None]),)
        for period in range(rng.randint(0, 2)):
            sessions["session_charging_period"][*key, period] = (
                datetime(2026, 6, 1, rng.randint(0, 1), tzinfo=UTC),
            )
    tokens: World = {"token": {}}
    for number in range(3):
        if rng.random() < 0.6:
            tokens["token"]["", f"hash {number}"] = (
                datetime(2026, 6, 1, rng.randint(1, 2), tzinfo=UTC),
                rng.choice(["A", "B"]),
            )
    return {"sessions": Observation(sessions), "tokens": Observation(tokens)}


def expected(
    loaded: Sequence[tuple[date, Mapping[str, Observation]]], table: str
) -> dict[Key, tuple[Any, ...]]:
    """The law, slowly: of each record the version with the greatest (last_updated, day)."""
    declared = TABLES[table]
    root = "token" if table == "token" else "session"
    newest: dict[Key, tuple[tuple[datetime, date], World]] = {}
    for day, observed in loaded:
        world = observed[declared.module].world
        for key, row in world[root].items():
            age = (row[0] or datetime.min.replace(tzinfo=UTC), day)
            if key not in newest or age >= newest[key][0]:
                newest[key] = (age, world)
    found: dict[Key, tuple[Any, ...]] = {}
    for key, ((_, day), world) in newest.items():
        for child, row in world[table].items():
            if child[: len(key)] == key:
                found[child] = (*_read(row), day)
    return found


def _read(row: Row) -> Row:
    """Documents as values: jsonb knows no blanks and no order of attributes."""
    return tuple(
        json.loads(value) if isinstance(value, str) and value.startswith("{") else value
        for value in row
    )


def stored(warehouse: Warehouse, source: str, table: str) -> dict[Key, tuple[Any, ...]]:
    key = TABLES[table].key
    names = ", ".join(f'"{name}"' for name in (*key, *EVENT_PAYLOADS[table], "snapshot_date"))
    with warehouse.connection() as connection:
        rows = connection.execute(
            f"select {names} from ocpi.{table} where source = %s", (source,)
        ).fetchall()
    return {row[: len(key)]: row[len(key) :] for row in rows}


def load(warehouse: Warehouse, source: str, day: date, observed: Mapping[str, Observation]) -> int:
    about = make_source(source)
    snapshot, attempt = make_snapshot(source, day, observed)
    return load_snapshot(warehouse, snapshot, source=about, attempt=attempt).total_changed


LAW = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SEQUENCES = st.lists(
    st.tuples(st.sampled_from(DAYS), st.integers(0, 10**6)), min_size=1, max_size=8
)


@settings(LAW, max_examples=25)
@given(steps=SEQUENCES)
def test_the_newest_version_of_each_record_stands(on_embedded, steps):
    holds_to_the_law(on_embedded, steps)


# The law is of our SQL, searched above; here that another server reads it alike.
@settings(LAW, max_examples=8)
@given(steps=SEQUENCES)
def test_the_newest_version_stands_on_the_systems_server_too(on_system, steps):
    holds_to_the_law(on_system, steps)


def holds_to_the_law(warehouse, steps):
    source = f"events_{next(numbers)}"
    loaded = [(day, drawn(seed)) for day, seed in steps]
    for day, observed in loaded:
        load(warehouse, source, day, observed)
    for table in EVENT_PAYLOADS:
        assert stored(warehouse, source, table) == expected(loaded, table), table


def test_every_order_of_the_same_days_gives_the_same_records(warehouse):
    days = {day: drawn(seed) for seed, day in enumerate(DAYS[:3])}
    found = []
    for order in itertools.permutations(days):
        source = f"event_order_{next(numbers)}"
        for day in order:
            load(warehouse, source, day, days[day])
        found.append({table: stored(warehouse, source, table) for table in EVENT_PAYLOADS})
    assert found[0]["session_evse"]
    assert all(one == found[0] for one in found)


def test_the_same_day_again_writes_nothing(warehouse):
    source = f"event_again_{next(numbers)}"
    assert load(warehouse, source, DAYS[0], drawn(3)) > 0
    assert load(warehouse, source, DAYS[0], drawn(3)) == 0


def test_a_record_that_a_snapshot_does_not_name_is_still_there(warehouse):
    source = f"event_absent_{next(numbers)}"
    load(warehouse, source, DAYS[0], drawn(3))
    before = {table: set(stored(warehouse, source, table)) for table in EVENT_PAYLOADS}
    nothing = {module: Observation({}) for module in ("sessions", "tokens")}
    assert load(warehouse, source, DAYS[1], nothing) == 0
    assert {table: set(stored(warehouse, source, table)) for table in EVENT_PAYLOADS} == before


def test_a_child_without_its_record_is_refused_and_nothing_is_written(warehouse):
    source = f"event_orphan_{next(numbers)}"
    observed = drawn(3)
    observed["sessions"].world["session_evse"]["", "nobody's", "E9"] = (None,)
    with pytest.raises(WarehouseError, match="session_evse /nobody's/E9 has no session"):
        load(warehouse, source, DAYS[0], observed)
    assert not stored(warehouse, source, "session")
    assert not stored(warehouse, source, "token")


def test_a_day_of_events_cannot_be_taken_back(warehouse):
    source = f"event_retracted_{next(numbers)}"
    load(warehouse, source, DAYS[0], drawn(3))
    with pytest.raises(WarehouseError, match="the newest version alone is kept"):
        retract(warehouse, source, DAYS[0], "sessions", reason="a test")


def test_sessions_of_a_past_day_leave_locations_alone(warehouse):
    source = f"event_alone_{next(numbers)}"
    load(warehouse, source, DAYS[2], {"sessions": drawn(3)["sessions"]})
    with warehouse.connection() as connection:
        rows = connection.execute(
            "select module, status, checks -> 'mass_change' ->> 'passed' from ops.snapshot"
            " where source = %s",
            (source,),
        ).fetchall()
    assert rows == [("sessions", "loaded", "true")]
