"""Which days of the marts a load moves."""

from __future__ import annotations

import json
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipelines.assets.marts import ensure_manifest
from pipelines.model import CANONICAL_TABLES
from pipelines.warehouse.builds import affected_days

FIRST = date(2026, 6, 1)
LAST = date(2026, 7, 31)
days = st.dates(FIRST, LAST)
modules = st.sampled_from(["locations", "tariffs"])
changes = st.lists(st.tuples(modules, days, st.none() | days), max_size=5)


def day(number: int) -> date:
    return FIRST + timedelta(days=number - 1)


def test_a_change_moves_its_days_its_last_one_included() -> None:
    found = affected_days([("locations", day(5), day(7))], last_day=LAST)
    assert found == {"locations": (day(5), day(6), day(7))}


def test_a_change_without_an_end_moves_everything_after_it() -> None:
    found = affected_days([("locations", day(5), None)], last_day=day(8))
    assert found == {"locations": tuple(day(number) for number in range(5, 9))}


def test_no_change_moves_nothing() -> None:
    assert affected_days([], last_day=LAST) == {}


@given(changes)
def test_every_moved_day_is_named_once_in_order_by_module_and_no_other(
    moved: list[tuple[str, date, date | None]],
) -> None:
    found = affected_days(moved, last_day=LAST)
    expected = {
        (module, candidate)
        for module, first, last in moved
        for offset in range(61)
        for candidate in [FIRST + timedelta(days=offset)]
        if first <= candidate <= (last or LAST)
    }
    assert {(module, moved_day) for module, days in found.items() for moved_day in days} == expected
    assert all(list(days) == sorted(set(days)) for days in found.values())


def test_models_of_days_name_the_modules_that_they_are_made_of() -> None:
    document = json.loads(ensure_manifest().read_text(encoding="utf-8"))
    by_table = {table.name: table.module for table in CANONICAL_TABLES}
    for name, node in document["nodes"].items():
        config = node["config"]
        if config.get("materialized") not in ("daily", "incremental"):
            continue
        tables = {parent.rpartition(".")[2] for parent in sources_of(document["parent_map"], name)}
        assert set(config["meta"]["modules"]) == {by_table[t] for t in tables if t in by_table}, (
            name
        )


def test_what_is_made_of_a_model_that_follows_follows_too() -> None:
    document = json.loads(ensure_manifest().read_text(encoding="utf-8"))
    following = {
        name for name, node in document["nodes"].items() if node["config"]["meta"].get("follows")
    }
    assert following
    for name, node in document["nodes"].items():
        if node["config"].get("materialized") in ("daily", "incremental"):
            assert name in following or not following & models_under(document["parent_map"], name)


def models_under(parents: dict[str, list[str]], name: str) -> set[str]:
    found = {parent for parent in parents[name] if parent.startswith("model.")}
    return found.union(*(models_under(parents, parent) for parent in found))


def sources_of(parents: dict[str, list[str]], name: str) -> set[str]:
    if name.startswith("source."):
        return {name}
    return {found for parent in parents.get(name, ()) for found in sources_of(parents, parent)}
