"""Loads as a whole: all or nothing, with verdicts, and one at a time for a source."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines.errors import HeldSnapshotError, WarehouseError
from pipelines.warehouse.connect import Warehouse
from pipelines.warehouse.load import (
    current_location_ids,
    load_snapshot,
    record_failed_pull,
    release,
    retract,
    stored_checks,
)
from pipelines.warehouse.migrations import migrate
from tests.conftest import FreshDatabase
from tests.integration.nights import load_day, project_of
from tests.integration.observed_days import (
    PULLED_AT,
    Marker,
    Observation,
    draw_day,
    make_snapshot,
    make_source,
    read_histories,
    read_history,
)
from tests.integration.pulling import api
from tests.integration.pulling import server as server
from tests.integration.source_server import Reply, locations, ocpi

DAYS = [date(2026, 6, number) for number in range(1, 7)]
ROOT = Path(__file__).resolve().parents[2]
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def database(make_database_on_each: Callable[[], FreshDatabase]) -> FreshDatabase:
    made = make_database_on_each()
    migrate(made.warehouse)
    return made


@pytest.fixture(scope="module")
def warehouse(database: FreshDatabase) -> Warehouse:
    return database.warehouse


@pytest.fixture
def source():
    return make_source(f"load_{next(numbers)}", mass_change_share=0.2)


def plain_day(locations: int) -> dict[str, Observation]:
    rows = {("", f"L{number}"): ("x", None) for number in range(locations)}
    return {"locations": Observation({"location": rows})}


def load(warehouse, source, day, observed, **options):
    snapshot, attempt = make_snapshot(source.name, day, observed, **options)
    return load_snapshot(warehouse, snapshot, source=source, attempt=attempt)


def rows(warehouse, query, *values):
    with warehouse.connection() as connection:
        return connection.execute(query, values).fetchall()


def status(warehouse, source, day, module="locations"):
    return rows(
        warehouse,
        "select status, attempt, refused_status, refused_attempt from ops.snapshot"
        " where source = %s and snapshot_date = %s and module = %s",
        source.name,
        day,
        module,
    )[0]


def test_too_many_vanished_locations_are_held_until_released(warehouse, source):
    load(warehouse, source, DAYS[0], plain_day(10))
    with pytest.raises(HeldSnapshotError, match=f"release --source {source.name} --date {DAYS[1]}"):
        load(warehouse, source, DAYS[1], plain_day(7), attempt="a2")
    assert status(warehouse, source, DAYS[1]) == ("held", "a2", None, None)
    assert len(current_location_ids(warehouse, source.name)) == 10
    checks = stored_checks(warehouse, source.name, DAYS[1])
    assert not checks["mass_change"].passed
    assert checks["mass_change"].figures["vanished"] == 3
    assert checks["conservation"].passed

    release(warehouse, source.name, DAYS[1], "the operator closed three sites")
    load(warehouse, source, DAYS[1], plain_day(7), attempt="a2")
    assert status(warehouse, source, DAYS[1]) == ("loaded", "a2", None, None)
    assert len(current_location_ids(warehouse, source.name)) == 7
    assert stored_checks(warehouse, source.name, DAYS[1])["mass_change"].passed
    # And so it can be loaded again.
    assert load(warehouse, source, DAYS[1], plain_day(7), attempt="a2").total_changed == 0


def test_a_release_lets_only_the_held_attempt_through(warehouse, source):
    load(warehouse, source, DAYS[0], plain_day(10))
    with pytest.raises(HeldSnapshotError):
        load(warehouse, source, DAYS[1], plain_day(7), attempt="a2")
    release(warehouse, source.name, DAYS[1], "three sites closed")
    with pytest.raises(HeldSnapshotError):
        load(warehouse, source, DAYS[1], plain_day(1), attempt="a3")


def test_what_is_not_held_cannot_be_released(warehouse, source):
    with pytest.raises(WarehouseError, match="nothing of that day"):
        release(warehouse, source.name, DAYS[0], "why not")
    load(warehouse, source, DAYS[0], plain_day(3))
    with pytest.raises(WarehouseError, match="locations is loaded"):
        release(warehouse, source.name, DAYS[0], "why not")


def test_a_share_at_the_limit_and_unobserved_locations_are_no_mass_change(warehouse, source):
    load(warehouse, source, DAYS[0], plain_day(10))
    load(warehouse, source, DAYS[1], plain_day(8))
    unreadable = plain_day(3)
    unreadable["locations"].markers = [Marker("location", "siblings", ())]
    load(warehouse, source, DAYS[2], unreadable)
    assert len(current_location_ids(warehouse, source.name)) == 8


def test_a_location_that_slipped_through_is_kept_where_nobody_can_ask_for_it(database, server):
    path = "/ocpi/locations"
    source = api(server, modules=["locations"], mass_change_share=1.0)
    project = project_of(database, source)
    server.answer(path, ocpi(locations(10), X_Total_Count="10", X_Limit="50"))
    load_day(project, source.name, DAYS[0])
    moving = (
        ocpi(locations(5), X_Total_Count="10", Link=f"<{path}?offset=5>; rel=next"),
        ocpi(locations(4, first=6), X_Total_Count="9"),
    )
    server.answer(path, *moving)
    server.answer(f"{path}/L5", Reply(b"{}", status=405))
    load_day(project, source.name, DAYS[1])
    assert len(current_location_ids(database.warehouse, source.name)) == 10
    server.answer(path, *moving)
    server.answer(f"{path}/L0", ocpi({"id": "L0"}))
    server.answer(f"{path}/L5", Reply(b"{}", status=404))
    load_day(project, source.name, DAYS[2])
    assert len(current_location_ids(database.warehouse, source.name)) == 9


def test_a_held_refresh_leaves_the_loaded_day_in_force(warehouse, source):
    load(warehouse, source, DAYS[0], plain_day(10))
    load(warehouse, source, DAYS[1], plain_day(10))
    with pytest.raises(HeldSnapshotError):
        load(warehouse, source, DAYS[1], plain_day(2), attempt="a2")
    assert status(warehouse, source, DAYS[1]) == ("loaded", "a1", "held", "a2")
    assert not stored_checks(warehouse, source.name, DAYS[1])["mass_change"].passed
    release(warehouse, source.name, DAYS[1], "they moved")
    load(warehouse, source, DAYS[1], plain_day(2), attempt="a2")
    assert status(warehouse, source, DAYS[1]) == ("loaded", "a2", None, None)


@pytest.mark.parametrize(
    ("ledger", "said"),
    [
        ({"location": (6, 5, 0, 0)}, "location: 6 received, 5 loaded, 0 in quarantine"),
        ({"location": (4, 4, 0, 0)}, "the ledger says 4 loaded, the lake holds 5"),
        ({"evse": (2, 2, 0, 0)}, "evse: the ledger says 2 loaded, the lake holds 0"),
    ],
)
def test_a_snapshot_that_is_not_accounted_for_is_rejected_whole(warehouse, source, ledger, said):
    load(warehouse, source, DAYS[0], plain_day(4))
    before = read_history(warehouse, source.name, "location")
    with pytest.raises(WarehouseError, match=said):
        load(warehouse, source, DAYS[1], plain_day(5), ledger=ledger)
    assert read_history(warehouse, source.name, "location") == before
    assert status(warehouse, source, DAYS[1])[0] == "rejected"
    assert not stored_checks(warehouse, source.name, DAYS[1])["conservation"].passed
    counted = "select count(*) from ops.ledger where source = %s and snapshot_date = %s"
    assert rows(warehouse, counted, source.name, DAYS[1]) == [(0,)]


@pytest.mark.parametrize("earlier_days", [0, 1])
def test_a_key_that_comes_twice_is_rejected(warehouse, source, earlier_days):
    for day in DAYS[:earlier_days]:
        load(warehouse, source, day, plain_day(3))
    snapshot, attempt = make_snapshot(source.name, DAYS[1], plain_day(3))
    batch = snapshot.data["location"]
    snapshot.data["location"] = type(batch).from_pylist(
        [*batch.to_pylist(), batch.to_pylist()[0]], schema=batch.schema
    )
    counts = {"received": 4, "loaded": 4, "quarantined": 0, "duplicates": 0}
    ledger = snapshot.data["ledger"].to_pylist()
    snapshot.data["ledger"] = type(batch).from_pylist(
        [row | (counts if row["level"] == "location" else {}) for row in ledger],
        schema=snapshot.data["ledger"].schema,
    )
    with pytest.raises(WarehouseError, match="keys_unique"):
        load_snapshot(warehouse, snapshot, source=source, attempt=attempt)
    assert not stored_checks(warehouse, source.name, DAYS[1])["keys_unique"].passed
    assert len(current_location_ids(warehouse, source.name)) == 3 * earlier_days


@pytest.mark.parametrize("is_known_before", [False, True])
def test_a_row_without_its_parent_is_rejected(warehouse, source, is_known_before):
    day = plain_day(6)
    day["locations"].world["evse"] = {("", "L0", "E0"): (None,)}
    if is_known_before:
        load(warehouse, source, DAYS[0], day)
    orphaned = plain_day(6)
    del orphaned["locations"].world["location"]["", "L0"]
    orphaned["locations"].world["evse"] = {("", "L0", "E0"): (None,)}
    with pytest.raises(WarehouseError, match="evse /L0/E0 has no location"):
        load(warehouse, source, DAYS[1], orphaned)


def test_a_failed_optional_module_stays_at_its_last_good_day(warehouse, source):
    first = draw_day(3, quarantine=False)
    load(warehouse, source, DAYS[0], first)
    tariffs = read_history(warehouse, source.name, "tariff")
    second = draw_day(3, quarantine=False)
    del second["tariffs"]
    load(warehouse, source, DAYS[1], second, failed={"tariffs": "the server answered 500"})
    assert read_history(warehouse, source.name, "tariff") == tariffs
    assert status(warehouse, source, DAYS[1], "tariffs")[0] == "failed"
    checks = stored_checks(warehouse, source.name, DAYS[1])
    assert checks["optional_modules"].sentence == "tariffs: the server answered 500"
    assert checks["completeness"].passed
    # A refresh that fails beside a loaded module leaves that in force, ledger and all.
    load(warehouse, source, DAYS[0], {"locations": first["locations"]}, failed={"tariffs": "no"})
    assert status(warehouse, source, DAYS[0], "tariffs") == ("loaded", "a1", "failed", "a1")
    ledger = "select count(*) from ops.ledger where source = %s and module = 'tariffs'"
    assert rows(warehouse, ledger, source.name) == [(1,)]


def test_a_failed_pull_is_noted_beside_what_is_loaded(warehouse, source):
    record_failed_pull(warehouse, source, day=DAYS[0], error=RuntimeError("no answer"))
    assert status(warehouse, source, DAYS[0])[0] == "failed"
    assert stored_checks(warehouse, source.name, DAYS[0])["completeness"].sentence == (
        "locations: no answer"
    )
    load(warehouse, source, DAYS[0], plain_day(2))
    assert status(warehouse, source, DAYS[0]) == ("loaded", "a1", None, None)
    record_failed_pull(warehouse, source, day=DAYS[0], error=RuntimeError("no answer"))
    assert status(warehouse, source, DAYS[0]) == ("loaded", "a1", "failed", None)


def test_a_lake_of_another_attempt_is_not_loaded(warehouse, source):
    snapshot, _ = make_snapshot(source.name, DAYS[0], plain_day(2))
    _, attempt = make_snapshot(source.name, DAYS[0], plain_day(2), attempt="a2")
    with pytest.raises(WarehouseError, match="run the lake step"):
        load_snapshot(warehouse, snapshot, source=source, attempt=attempt)


def changes(warehouse, source):
    return rows(
        warehouse,
        "select from_day, to_day from ops.change where source = %s order by change_id",
        source.name,
    )


def test_changes_name_the_days_that_may_have_moved(warehouse, source):
    load(warehouse, source, DAYS[0], plain_day(4))
    load(warehouse, source, DAYS[4], plain_day(5))
    load(warehouse, source, DAYS[2], plain_day(4))
    assert changes(warehouse, source) == [
        (DAYS[0], None),
        (DAYS[4], None),
        # Says what the day before it said, but what is carried over it is fresher now.
        (DAYS[2], DAYS[3]),
    ]
    load(warehouse, source, DAYS[2], plain_day(4))
    assert len(changes(warehouse, source)) == 3
    load(warehouse, source, DAYS[2], plain_day(5))
    retract(warehouse, source.name, DAYS[4], "locations", reason="a test")
    assert changes(warehouse, source)[3:] == [(DAYS[2], DAYS[3]), (DAYS[4], None)]


def test_a_retracted_day_leaves_no_report_and_can_be_loaded_again(warehouse, source):
    load(warehouse, source, DAYS[0], plain_day(4))
    retract(warehouse, source.name, DAYS[0], "locations", reason="wrong feed")
    assert read_history(warehouse, source.name, "location") == []
    assert status(warehouse, source, DAYS[0])[0] == "retracted"
    assert rows(warehouse, "select 1 from ops.ledger where source = %s", source.name) == []
    with pytest.raises(WarehouseError, match="not loaded"):
        retract(warehouse, source.name, DAYS[0], "locations", reason="again")
    load(warehouse, source, DAYS[0], plain_day(4))
    actions = "select action, rows_changed from ops.load where source = %s order by load_id"
    assert rows(warehouse, actions, source.name) == [("load", 4), ("retract", 4), ("load", 4)]


def test_what_did_not_get_in_is_kept_in_order_with_the_loads(warehouse, source):
    load(warehouse, source, DAYS[0], plain_day(10))
    record_failed_pull(warehouse, source, day=DAYS[1], error=RuntimeError("no answer"))
    with pytest.raises(HeldSnapshotError):
        load(warehouse, source, DAYS[1], plain_day(7), attempt="a2")
    release(warehouse, source.name, DAYS[1], "three sites closed")
    load(warehouse, source, DAYS[1], plain_day(7), attempt="a2")
    with pytest.raises(WarehouseError):
        load(warehouse, source, DAYS[2], plain_day(5), ledger={"location": (6, 5, 0, 0)})
    retract(warehouse, source.name, DAYS[0], "locations", reason="a wrong feed")
    noted = rows(
        warehouse,
        "select action, attempt, reason, checks -> 'mass_change' ->> 'passed', seeds_hash is null"
        " from ops.load where source = %s order by load_id",
        source.name,
    )
    assert [line[:2] for line in noted] == [
        ("load", "a1"),
        ("fail", None),
        ("hold", "a2"),
        ("release", "a2"),
        ("load", "a2"),
        ("reject", "a1"),
        ("retract", None),
    ]
    assert noted[1][2] == "no answer"
    assert noted[2][2:4] == (
        "locations: 3 of 10 locations of 2026-06-01 vanished (30.0%; limit 20%)",
        "false",
    )
    assert noted[3][2] == "three sites closed"
    assert noted[6][2] == "a wrong feed"
    assert not any(line[4] for line in noted)


def test_a_day_pulled_again_is_of_the_first_pull_as_long_as_nothing_differs(warehouse, source):
    later = PULLED_AT + timedelta(days=9)
    for count, pulled_at, expected in [
        (3, PULLED_AT, PULLED_AT),
        (3, later, PULLED_AT),
        (2, later, later),
    ]:
        snapshot, attempt = make_snapshot(source.name, DAYS[0], plain_day(count))
        manifest = replace(attempt.manifest, started_at=pulled_at, ended_at=pulled_at)
        load_snapshot(
            warehouse, snapshot, source=source, attempt=replace(attempt, manifest=manifest)
        )
        pulled = "select pull_started_at, pull_ended_at from ops.snapshot where source = %s"
        assert rows(warehouse, pulled, source.name) == [(expected, expected)]


def test_two_loads_of_a_source_take_turns(warehouse, source):
    days = {day: draw_day(seed) for seed, day in enumerate(DAYS)}
    failures: list[BaseException] = []

    def run(chosen):
        try:
            for day in chosen:
                load(warehouse, free, day, days[day])
        except BaseException as error:
            failures.append(error)

    free = make_source(f"turns_{next(numbers)}")
    threads = [threading.Thread(target=run, args=(part,)) for part in (DAYS[::2], DAYS[1::2])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    alone = make_source(f"turns_{next(numbers)}")
    for day, observed in days.items():
        load(warehouse, alone, day, observed)
    assert read_histories(warehouse, free.name) == read_histories(warehouse, alone.name)


LOADER = """
    import sys
    from datetime import date
    from pydantic import SecretStr
    from pipelines.warehouse.connect import UrlTarget, Warehouse
    from pipelines.warehouse.load import load_snapshot
    from tests.integration.observed_days import draw_day, make_snapshot, make_source

    url, name = sys.argv[1:]
    source = make_source(name)
    snapshot, attempt = make_snapshot(name, date(2026, 6, 2), draw_day(12))
    load_snapshot(Warehouse(UrlTarget(SecretStr(url))), snapshot, source=source, attempt=attempt)
"""


@pytest.mark.parametrize("table", ["location", "connector_tariff", "tariff_element"])
def test_a_load_killed_in_the_middle_leaves_nothing_and_can_be_repeated(database, warehouse, table):
    source = make_source(f"killed_{next(numbers)}")
    clean = make_source(f"killed_{next(numbers)}")
    for name in (source, clean):
        load(warehouse, name, DAYS[0], draw_day(11))
    before = read_histories(warehouse, source.name)
    # The lock stops the loader at its write to this table, everything before it written.
    with warehouse.connection() as blocker:
        blocker.execute(f"lock table ocpi.{table} in share mode")
        loader = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(LOADER), database_url(database), source.name],
            cwd=ROOT,
        )
        try:
            wait_until_blocked(warehouse, loader)
        finally:
            os.kill(loader.pid, signal.SIGKILL)
            loader.wait()
    assert read_histories(warehouse, source.name) == before
    for name in (source, clean):
        load(warehouse, name, DAYS[1], draw_day(12))
    assert read_histories(warehouse, source.name) == read_histories(warehouse, clean.name)


def database_url(database: FreshDatabase) -> str:
    assert database.settings.url is not None
    return database.settings.url.get_secret_value()


def wait_until_blocked(warehouse: Warehouse, loader: subprocess.Popen[bytes]) -> None:
    waiting = (
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        " and wait_event = 'relation' and datname = current_database()"
    )
    deadline = time.monotonic() + 120
    while rows(warehouse, waiting) == [(0,)]:
        assert loader.poll() is None, "the loader ended before it was to be killed"
        assert time.monotonic() < deadline, "the loader never came to the table"
        time.sleep(0.02)
