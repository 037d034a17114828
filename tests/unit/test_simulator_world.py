"""The simulated world: same every time, reachable on any day, and really changing."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.simulator.draws import event_day, last_event
from pipelines.simulator.entities import SimLocation
from pipelines.simulator.render_ocpi_2_2_1 import location_json, tariff_json
from pipelines.simulator.world import World

START = date(2026, 1, 1)
Key = tuple[str, str, str]
Night = dict[Key, SimLocation]

# What 60 locations of seed 1 look like on 2026-01-09. Whoever changes the world on purpose puts
# the new digest here; a Python version or a machine that gives another one is a bug.
PINNED_DIGEST = "83bc80342d56252f2d54a97465598c61a423e7df4560961019398ffefbe78373"


def day_bytes(world: World, day: date) -> bytes:
    locations = [location_json(location) for location in world.locations(day)]
    return b"\n".join([*locations, *(tariff_json(tariff) for tariff in world.tariffs(day))])


def location_key(location: SimLocation) -> Key:
    return (location.country_code, location.party_id, location.id)


@pytest.fixture(scope="module")
def nights() -> list[Night]:
    """Thirty-one nights of 500 locations."""
    world = World(1, 500, START)
    days = [START + timedelta(days=number) for number in range(31)]
    return [{location_key(found): found for found in world.locations(day)} for day in days]


def pairs(nights: list[Night]) -> list[tuple[SimLocation, SimLocation]]:
    """Each location with itself a night later."""
    return [
        (before[key], after[key])
        for before, after in pairwise(nights)
        for key in before.keys() & after.keys()
    ]


def test_the_same_seed_gives_the_same_bytes_twice() -> None:
    day = START + timedelta(days=8)
    assert day_bytes(World(1, 80, START), day) == day_bytes(World(1, 80, START), day)
    assert day_bytes(World(1, 80, START), day) != day_bytes(World(2, 80, START), day)


def test_the_world_is_the_one_that_was_pinned() -> None:
    found = hashlib.sha256(day_bytes(World(1, 60, START), date(2026, 1, 9))).hexdigest()
    assert found == PINNED_DIGEST


def test_a_day_reached_directly_equals_the_day_reached_by_stepping() -> None:
    stepping = World(3, 120, START)
    stepped = [day_bytes(stepping, START + timedelta(days=number)) for number in range(-2, 6)]
    direct = [
        day_bytes(World(3, 120, START), START + timedelta(days=number)) for number in range(-2, 6)
    ]
    assert stepped == direct


def test_the_size_stays_about_what_was_asked_on_any_day() -> None:
    world = World(1, 2000, START)
    for number in (-700, 0, 13, 365, 3000):
        assert 1900 <= len(world.roster(START + timedelta(days=number))) <= 2060


def test_locations_open_and_are_removed_and_vanish_and_return(nights: list[Night]) -> None:
    known: set[Key] = set(nights[0])
    seen: Counter[str] = Counter()
    for before, after in pairwise(nights):
        for key in after.keys() - before.keys():
            seen["returned" if key in known else "opened"] += 1
        for key in before.keys() - after.keys():
            marked = all(evse.status == "REMOVED" for evse in before[key].evses)
            seen["gone after REMOVED" if marked else "vanished"] += 1
        known |= after.keys()
    assert seen.keys() == {"opened", "returned", "gone after REMOVED", "vanished"}
    # None of it so often that a night looks like a mass change.
    assert max(seen.values()) < 30 * 500 * 0.01


def test_operators_are_renamed_and_taken_over(nights: list[Night]) -> None:
    moves = Counter(
        (before.operator.name, after.operator.name)
        for before, after in pairs(nights)
        if before.operator.name != after.operator.name
    )
    assert moves["Eiland Energie", "Eiland Laden"] > 5
    assert moves["Havenstroom", "Cirrus Charging"] > 5
    # Roaming copies (their ids begin with R) show an older state and may keep the old name.
    names = {found.operator.name for found in nights[-1].values() if found.id[0] != "R"}
    assert "Eiland Energie" not in names


def test_statuses_change_and_times_follow_mostly(nights: list[Night]) -> None:
    seen: Counter[str] = Counter()
    for before, after in pairs(nights):
        earlier = {evse.uid: evse for evse in before.evses}
        for evse in after.evses:
            if evse.uid not in earlier:
                seen["EVSE added"] += 1
                continue
            was = earlier.pop(evse.uid)
            changed = "changed" if was.status != evse.status else "unchanged"
            moved = "moved" if was.last_updated != evse.last_updated else "unmoved"
            seen[f"{changed}, time {moved}"] += 1
            assert evse.last_updated >= was.last_updated
        seen["EVSE lost"] += len(earlier)
    assert seen["changed, time moved"] > 20 * seen["changed, time unmoved"] > 0
    assert seen["unchanged, time moved"] > 0
    assert seen["unchanged, time unmoved"] > seen["changed, time moved"]
    assert seen["EVSE added"] > 0
    assert seen["EVSE lost"] > 0


def test_prices_and_references_to_tariffs_change(nights: list[Night]) -> None:
    world = World(1, 500, START)
    first = {(found.party_id, found.id): found for found in world.tariffs(START)}
    later = world.tariffs(START + timedelta(days=30))
    changed = [
        found for found in later if found.elements != first[found.party_id, found.id].elements
    ]
    assert len(changed) > 10
    assert any(
        before.evses[0].connectors[0].tariff_ids != after.evses[0].connectors[0].tariff_ids
        for before, after in pairs(nights)
        if before.evses[0].uid == after.evses[0].uid
    )


def test_operators_differ_in_reliability() -> None:
    world = World(1, 2000, START)
    statuses: dict[str, Counter[str]] = {}
    for location in world.locations(START):
        counted = statuses.setdefault(location.operator.name, Counter())
        counted.update(evse.status for evse in location.evses)

    def unknown_share(name: str) -> float:
        return statuses[name]["UNKNOWN"] / statuses[name].total()

    assert unknown_share("Maasvolt") > 5 * unknown_share("Lichtweg Snelladen")
    every = sum(statuses.values(), Counter())
    assert every.keys() == {
        "AVAILABLE", "CHARGING", "BLOCKED", "RESERVED", "INOPERATIVE", "OUTOFORDER", "UNKNOWN",
        "PLANNED", "REMOVED",
    }  # fmt: skip


def test_the_mixture_has_what_real_feeds_have() -> None:
    world = World(1, 3000, START)
    locations = list(world.locations(START))
    evses = [evse for location in locations for evse in location.evses]
    connectors = [connector for evse in evses for connector in evse.connectors]
    tariffs = {(tariff.party_id, tariff.id) for tariff in world.tariffs(START)}

    assert 2.1 < len(evses) / len(locations) < 2.7
    assert 1.4 < len(connectors) / len(evses) < 1.9
    assert max(len(location.evses) for location in locations) == 12
    assert {location.country for location in locations} == {"NLD", "BEL", "DEU"}
    assert 1 < len(locations) - len({location_key(found) for found in locations}) < 20

    twice = [times for times in Counter(evse.evse_id for evse in evses).values() if times > 1]
    assert 0.02 < len(twice) / len(evses) < 0.05
    assert any(evse.evse_id is None for evse in evses)
    bare_ids = Counter({location.id: 0 for location in locations})
    bare_ids.update(identifier for _, _, identifier in {location_key(f) for f in locations})
    assert max(bare_ids.values()) == 2

    references = [
        (location.party_id, tariff_id)
        for location in locations
        for evse in location.evses
        for connector in evse.connectors
        for tariff_id in connector.tariff_ids
    ]
    dangling = sum(reference not in tariffs for reference in references) / len(references)
    assert 0.01 < dangling < 0.08
    assert (
        0.05 < sum(connector.tariff_ids == () for connector in connectors) / len(connectors) < 0.3
    )


def test_powers_fit_volts_and_amperes_and_one_operator_writes_kilowatts() -> None:
    factors = {"DC": 1.0, "AC_1_PHASE": 1.0}
    kilowatts = 0
    for location in World(1, 1000, START).locations(START):
        for connector in (found for evse in location.evses for found in evse.connectors):
            line_to_line = connector.voltage_v == 400
            factor = factors.get(connector.power_type, 3**0.5 if line_to_line else 3.0)
            derived = factor * connector.voltage_v * connector.amperage_a
            assert connector.power_w == pytest.approx(derived, rel=0.02)
            if connector.declared_power is not None:
                in_kilowatts = connector.declared_power < 1000
                assert in_kilowatts == (location.party_id in {"FXP", "FXN"})
                kilowatts += in_kilowatts
    assert kilowatts > 10


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), days=st.integers(-1500, 4000))
def test_nothing_is_updated_in_the_future_and_ids_are_unique(seed: int, days: int) -> None:
    day = START + timedelta(days=days)
    midnight = datetime.combine(day, time(), UTC)
    world = World(seed, 25, START)
    locations = {location_key(found): found for found in world.locations(day)}
    assert len(locations) == len(set(world.roster(day)))
    for location in locations.values():
        assert location.evses
        assert location.last_updated <= midnight
        assert len(location.id) <= 36
        assert len({evse.uid for evse in location.evses}) == len(location.evses)
        for evse in location.evses:
            assert evse.last_updated <= midnight
            assert len(evse.uid) <= 36
            assert all(connector.last_updated <= midnight for connector in evse.connectors)
    assert all(tariff.last_updated <= midnight for tariff in world.tariffs(day))


@given(
    key=st.integers(0, 2**64 - 1),
    period=st.integers(1, 700),
    day=st.integers(-10_000, 10_000),
)
def test_the_last_event_is_the_newest_one_that_has_happened(
    key: int, period: int, day: int
) -> None:
    epoch, happened_on = last_event(key, 7, period=period, day=day)
    assert happened_on <= day < event_day(key, 7, period=period, epoch=epoch + 1)
    assert happened_on == event_day(key, 7, period=period, epoch=epoch)
