"""Nights that stage only what differs from yesterday's snapshot: the same tables as without."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.errors import WarehouseError
from pipelines.warehouse.connect import Warehouse
from pipelines.warehouse.load import load_snapshot, retract
from pipelines.warehouse.migrations import migrate
from pipelines.warehouse.unchanged import snapshot_in_force
from tests.conftest import FreshDatabase
from tests.integration.observed_days import (
    LAKES,
    draw_day,
    expected_histories,
    make_snapshot,
    make_source,
    read_histories,
)

DAYS = [date(2026, 6, number) for number in range(1, 7)]
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def warehouse(make_database_on_each: Callable[[], FreshDatabase]) -> Warehouse:
    made = make_database_on_each().warehouse
    migrate(made)
    return made


def load(warehouse, source, day, observed):
    snapshot, attempt = make_snapshot(source.name, day, observed)
    load_snapshot(warehouse, snapshot, source=source, attempt=attempt)


def in_force(warehouse, source, day):
    """The day whose snapshot would stand for the history."""
    snapshot, _ = make_snapshot(source.name, day, draw_day(0, quarantine=False))
    del LAKES[source.name][day]
    with warehouse.connection() as connection:
        found = snapshot_in_force(connection, snapshot, source=source.name, module="locations")
    return found and found.day


@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seeds=st.lists(st.integers(0, 10**6), min_size=2, max_size=5))
def test_with_yesterdays_snapshot_and_without_it_the_tables_are_the_same(warehouse, seeds):
    with_lake, without = (make_source(f"unchanged_{next(numbers)}") for _ in range(2))
    days = {
        day: draw_day(seed, quarantine=seed % 4 == 0)
        for day, seed in zip(DAYS, seeds, strict=False)
    }
    for day, observed in days.items():
        load(warehouse, with_lake, day, observed)
        LAKES[without.name].clear()
        load(warehouse, without, day, observed)
    found = read_histories(warehouse, with_lake.name)
    assert found == read_histories(warehouse, without.name)
    assert found == expected_histories(days)


def test_yesterdays_snapshot_stands_for_the_history_only_while_it_is_what_was_loaded(warehouse):
    source = make_source(f"unchanged_{next(numbers)}")
    assert in_force(warehouse, source, DAYS[0]) is None
    for day in DAYS[1:3]:
        load(warehouse, source, day, draw_day(day.day, quarantine=False))
    assert in_force(warehouse, source, DAYS[3]) == DAYS[2]
    assert in_force(warehouse, source, DAYS[0]) is None
    retract(warehouse, source.name, DAYS[2], "locations", reason="a test")
    assert in_force(warehouse, source, DAYS[3]) == DAYS[1]
    # Flattened anew by other code, and not loaded since: the attempt's hash is the same.
    make_snapshot(source.name, DAYS[1], draw_day(77, quarantine=False))
    assert in_force(warehouse, source, DAYS[3]) is None


def test_a_refused_load_leaves_what_was_loaded_in_force(warehouse):
    source = make_source(f"unchanged_{next(numbers)}")
    first = draw_day(1, quarantine=False)
    load(warehouse, source, DAYS[0], first)
    snapshot, attempt = make_snapshot(
        source.name, DAYS[0], draw_day(2, quarantine=False), ledger={"location": (9, 1, 0, 0)}
    )
    with pytest.raises(WarehouseError, match="conservation"):
        load_snapshot(warehouse, snapshot, source=source, attempt=attempt)
    assert in_force(warehouse, source, DAYS[1]) is None
    second = draw_day(2, quarantine=False)
    load(warehouse, source, DAYS[1], second)
    days = {DAYS[0]: first, DAYS[1]: second}
    assert read_histories(warehouse, source.name) == expected_histories(days)


def test_a_day_with_unread_keys_and_the_day_after_it_are_compared_whole(warehouse):
    source = make_source(f"unchanged_{next(numbers)}")
    seed = next(seed for seed in range(100) if draw_day(seed)["locations"].markers)
    load(warehouse, source, DAYS[0], draw_day(seed))
    assert in_force(warehouse, source, DAYS[1]) is None
