"""First loads, into tables that nobody has filled: rows first, keys and indexes after."""

from __future__ import annotations

import threading
from datetime import date

import pytest

from pipelines.errors import WarehouseError
from pipelines.warehouse.load import load_snapshot
from pipelines.warehouse.migrations import migrate
from tests.integration.observed_days import (
    draw_day,
    expected_histories,
    make_snapshot,
    make_source,
    read_histories,
    read_history,
)

DAY = date(2026, 6, 1)
CATALOGUE = """
select indexdef from pg_indexes where schemaname = 'ocpi'
union all
select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
from pg_constraint where connamespace = 'ocpi'::regnamespace
order by 1
"""


@pytest.fixture
def empty(fresh_database_on_each):
    migrate(fresh_database_on_each.warehouse)
    return fresh_database_on_each.warehouse


def catalogue(warehouse):
    with warehouse.connection() as connection:
        return connection.execute(CATALOGUE).fetchall()


def load(warehouse, name, *, seed=3):
    source = make_source(name)
    observed = draw_day(seed)
    snapshot, attempt = make_snapshot(name, DAY, observed)
    load_snapshot(warehouse, snapshot, source=source, attempt=attempt)
    return {DAY: observed}


def assert_history(warehouse, name, days):
    assert read_histories(warehouse, name) == expected_histories(days)


def test_a_first_load_leaves_every_key_and_index_as_it_was(empty):
    before = catalogue(empty)
    days = load(empty, "first")
    assert catalogue(empty) == before
    assert_history(empty, "first", days)


def test_a_reader_of_the_empty_tables_is_not_waited_for(empty):
    with empty.connection("analyst") as reader:
        reader.execute("select count(*) from ocpi.location")
        days = load(empty, "beside_a_reader")
    assert_history(empty, "beside_a_reader", days)


def test_two_first_loads_at_once_both_end_well(empty):
    ended = {}

    def run(name, seed):
        try:
            ended[name] = load(empty, name, seed=seed)
        except BaseException as error:
            ended[name] = error

    threads = [threading.Thread(target=run, args=(f"at_once_{n}", n)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, days in ended.items():
        assert isinstance(days, dict), days
        assert_history(empty, name, days)


def test_a_refused_first_load_leaves_empty_tables_with_their_keys(empty):
    before = catalogue(empty)
    snapshot, attempt = make_snapshot("refused", DAY, draw_day(3))
    batch = snapshot.data["location"]
    first = batch.to_pylist()[0]
    snapshot.data["location"] = type(batch).from_pylist(
        [*batch.to_pylist(), first], schema=batch.schema
    )
    ledger = snapshot.data["ledger"]
    counted = [
        row
        | (
            {"received": row["received"] + 1, "loaded": row["loaded"] + 1}
            if row["level"] == "location"
            else {}
        )
        for row in ledger.to_pylist()
    ]
    snapshot.data["ledger"] = type(ledger).from_pylist(counted, schema=ledger.schema)
    with pytest.raises(WarehouseError, match="keys_unique"):
        load_snapshot(empty, snapshot, source=make_source("refused"), attempt=attempt)
    assert catalogue(empty) == before
    assert read_history(empty, "refused", "location") == []
    load(empty, "refused")
