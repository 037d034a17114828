"""Charges of the simulated world: sessions that move, bills that add up, tokens that change."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from pipelines.simulator import World
from pipelines.simulator.charging import Charging, cost_of
from pipelines.simulator.routes_ocpi_2_1_1 import feeds_of

DAY = date(2026, 1, 5)
MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)
NEXT = MIDNIGHT + timedelta(days=1)


@pytest.fixture(scope="module")
def world() -> World:
    return World(1, 150)


def records(
    world: World, module: str, day: date, *, begin: datetime | None, end: datetime | None
) -> list[dict[str, Any]]:
    feed = feeds_of(world)[module]
    items = feed.chosen(day, date_from=begin, date_to=end)
    return [msgspec.json.decode(feed.rendered(item, day)) for item in items]


def test_a_window_begins_with_its_first_moment_and_ends_before_its_last(world: World) -> None:
    sessions = records(world, "sessions", DAY, begin=MIDNIGHT, end=NEXT)
    moments = sorted(datetime.fromisoformat(one["last_updated"]) for one in sessions)
    assert MIDNIGHT <= moments[0] <= moments[-1] < NEXT
    middle = moments[len(moments) // 2]
    before = records(world, "sessions", DAY, begin=MIDNIGHT, end=middle)
    after = records(world, "sessions", DAY, begin=middle, end=NEXT)
    assert all(one["last_updated"] < f"{middle:%Y-%m-%dT%H:%M:%SZ}" for one in before)
    assert len(before) + len(after) == len(sessions)
    assert f"{middle:%Y-%m-%dT%H:%M:%SZ}" in {one["last_updated"] for one in after}


def test_a_session_past_midnight_runs_on_one_day_and_is_completed_on_the_next(
    world: World,
) -> None:
    today = {one["id"]: one for one in records(world, "sessions", DAY, begin=MIDNIGHT, end=NEXT)}
    tomorrow = {
        one["id"]: one
        for one in records(
            world, "sessions", DAY + timedelta(days=1), begin=NEXT, end=NEXT + timedelta(days=1)
        )
    }
    running = {key for key, one in today.items() if one["status"] == "ACTIVE"}
    assert len(running) > 3
    assert running <= tomorrow.keys()
    for key in running:
        before, after = today[key], tomorrow[key]
        assert "end_datetime" not in before
        assert (after["status"], after["kwh"] >= before["kwh"]) == ("COMPLETED", True)
        assert before["last_updated"] < after["last_updated"]
        assert before["start_datetime"] == after["start_datetime"] < after["end_datetime"]


def test_an_evse_charges_one_car_at_a_time(world: World) -> None:
    charging = Charging(world)
    by_evse = defaultdict(list)
    for number in range(6):
        for charge in charging.begun(DAY + timedelta(days=number)):
            by_evse[charge.evse.uid].append((charge.start, charge.end))
    for periods in by_evse.values():
        assert all(end < start for (_, end), (start, _) in pairwise(sorted(periods)))


def test_a_bill_follows_each_completed_session_and_costs_what_its_tariff_says(
    world: World,
) -> None:
    since = MIDNIGHT - timedelta(days=3)
    sessions = records(world, "sessions", DAY, begin=since, end=MIDNIGHT)
    bills = records(world, "cdrs", DAY + timedelta(days=3), begin=since, end=None)
    key = "auth_id"
    billed = {(one["start_date_time"], one["end_date_time"], one[key]) for one in bills}
    done = [one for one in sessions if one["status"] == "COMPLETED"]
    assert {(one["start_datetime"], one["end_datetime"], one[key]) for one in done} <= billed
    assert any(one["id"] not in {one["id"].lower(), one["id"].upper()} for one in bills)
    for bill in bills:
        dimensions = [one for period in bill["charging_periods"] for one in period["dimensions"]]
        volumes: dict[str, float] = defaultdict(float)
        for one in dimensions:
            volumes[one["type"]] += one["volume"]
        assert volumes["ENERGY"] == pytest.approx(bill["total_energy"])
        assert volumes["TIME"] == pytest.approx(bill["total_time"])
        assert volumes["PARKING_TIME"] == pytest.approx(bill.get("total_parking_time", 0))
        if len(bill.get("tariffs", [])) == 1:
            elements = bill["tariffs"][0]["elements"]
            if all("restrictions" not in element for element in elements):
                first: dict[str, float] = {}
                for component in (c for e in elements for c in e["price_components"]):
                    first.setdefault(component["type"], component["price"])
                cost = sum(price * volumes[kind] for kind, price in first.items())
                assert bill["total_cost"] == pytest.approx(cost, abs=0.011)


def test_a_bill_shows_the_one_evse_and_connector_that_were_used(world: World) -> None:
    for bill in records(world, "cdrs", DAY, begin=MIDNIGHT, end=None):
        (evse,) = bill["location"]["evses"]
        assert len(evse["connectors"]) == 1


def test_a_cheaper_night_holds_for_charges_that_begin_in_it(world: World) -> None:
    charging = Charging(world)
    seen = set()
    for charge in (one for n in range(8) for one in charging.begun(DAY + timedelta(days=n))):
        tariff = charging.tariff_of(charge)
        if tariff is None or len(tariff.elements) != 2:
            continue
        night, other = (element.components[0] for element in tariff.elements)
        if (night.type, other.type) == ("ENERGY", "ENERGY"):
            # 23:00 to 07:00 in the local time of winter.
            is_night = not 6 <= charge.start.hour < 22
            price = night.price if is_night else other.price
            expected = (price * charge.energy_kwh).quantize(Decimal("0.01"))
            assert cost_of(charge, tariff, until=charge.end) == expected
            seen.add(is_night)
    assert seen == {True, False}


def test_tokens_change_now_and_then_and_two_may_be_one_persons(world: World) -> None:
    charging = Charging(world)
    numbers = range(charging.tokens)
    today = [charging.token(number, DAY) for number in numbers]
    later = [charging.token(number, DAY + timedelta(days=60)) for number in numbers]
    moved = [a for a, b in zip(today, later, strict=True) if a.last_updated != b.last_updated]
    assert 0 < len(moved) < len(today)
    assert [one.uid for one in today] == [one.uid for one in later]
    assert len({one.uid for one in today}) == len(today)
    assert len({one.auth_id for one in today}) < len(today)
    assert all(one.last_updated <= MIDNIGHT for one in today)
    assert {True, False} == {one.valid for one in today}
