"""Which days of the marts a load moves."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pipelines.warehouse.builds import affected_days, look_around, modules_by_day

FIRST = date(2026, 6, 1)
LAST = date(2026, 7, 31)
days = st.dates(FIRST, LAST)
changes = st.lists(st.tuples(days, st.none() | days), max_size=5)
reaches = st.integers(0, 40)


def day(number: int) -> date:
    return FIRST + timedelta(days=number - 1)


def test_a_change_moves_the_days_that_look_at_it() -> None:
    found = affected_days([(day(5), day(6))], last_day=LAST, look_back=2, look_ahead=1)
    assert found == tuple(day(number) for number in range(4, 9))


def test_a_change_without_an_end_moves_everything_after_it() -> None:
    found = affected_days([(day(5), None)], last_day=day(8), look_back=7, look_ahead=0)
    assert found == tuple(day(number) for number in range(5, 9))


def test_no_change_moves_nothing() -> None:
    assert affected_days([], last_day=LAST, look_back=7, look_ahead=7) == ()


@given(changes, reaches, reaches)
def test_every_moved_day_is_named_once_in_order_and_no_other(
    moved: list[tuple[date, date | None]], back: int, ahead: int
) -> None:
    found = affected_days(moved, last_day=LAST, look_back=back, look_ahead=ahead)
    expected = {
        candidate
        for offset in range(-60, 100)
        for candidate in [FIRST + timedelta(days=offset)]
        if candidate <= LAST
        and any(
            # It looks at some day of the change.
            candidate - timedelta(days=back) <= (last or LAST)
            and candidate + timedelta(days=ahead) >= first
            for first, last in moved
            if (last or LAST) + timedelta(days=back) >= first - timedelta(days=ahead)
        )
    }
    assert list(found) == sorted(expected)


def test_the_farthest_look_of_any_model_counts(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    metas = [{}, {"look_back_days": 7}, {"look_back_days": 30, "look_ahead_days": 1}]
    nodes = {str(n): {"config": {"meta": meta}} for n, meta in enumerate(metas)}
    manifest.write_text(json.dumps({"nodes": {**nodes, "test": {}}}), encoding="utf-8")
    assert look_around(manifest) == (30, 1)
    manifest.write_text(json.dumps({"nodes": {}}), encoding="utf-8")
    assert look_around(manifest) == (0, 0)


def test_only_modules_that_models_of_days_are_made_of_move_days(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    source = "source.ocpi_warehouse.ocpi"
    document = {
        "nodes": {
            "model.a.by_day": {"config": {"materialized": "daily"}},
            "model.a.member": {"config": {"materialized": "ephemeral"}},
            "model.a.whole": {"config": {"materialized": "table"}},
        },
        "parent_map": {
            "model.a.by_day": ["model.a.member", "source.ocpi_warehouse.ops.snapshot"],
            "model.a.member": [f"{source}.evse", f"{source}.connector_status"],
            "model.a.whole": ["model.a.by_day", f"{source}.price_component", f"{source}.session"],
        },
    }
    manifest.write_text(json.dumps(document), encoding="utf-8")
    assert modules_by_day(manifest) == {"locations"}
