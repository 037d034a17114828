"""The reading in Python against the examples of the standard and against itself, by seconds."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pricing.random_tariffs import random_tariff
from tests.pricing.session_cost import Component, Cost, Element, Restrictions, Session, Tariff, cost
from tests.pricing.standard_examples import EXAMPLES, Example


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_of_the_standard_costs_what_it_says(example: Example) -> None:
    assert cost(example.tariff, example.session) == example.cost


@settings(max_examples=60)
@given(seed=st.integers(0, 10**9), minutes=st.integers(1, 9), watt_hours=st.integers(1, 9000))
def test_looking_at_every_second_makes_no_difference(
    seed: int, minutes: int, watt_hours: int
) -> None:
    session = Session(watt_hours, minutes * 60, datetime(2026, 6, 5, 23, 55), parking_s=120)  # noqa: DTZ001
    tariff = random_tariff(seed)
    every_second = range(int(session.end))
    assert cost(tariff, session) == cost(tariff, session, also_at=every_second)


def test_what_ends_and_begins_again_is_rounded_each_time() -> None:
    step, price = 900, Decimal("4.00")
    before = Element((Component("TIME", price, None, step),), Restrictions(end_time="18:10"))
    after = Element((Component("TIME", price, None, step),), Restrictions(start_time="18:20"))
    session = Session(1000, 1800, datetime(2026, 6, 3, 18))  # noqa: DTZ001
    # Ten minutes and ten, each billed as 15; in one piece they would be 20, billed as 30.
    assert cost(Tariff((before, after)), session) == Cost(Decimal("2.00"), None)
    free_between = Element((Component("TIME", Decimal(0), None, step),))
    # A price of 0 goes on: 30 minutes, of which ten are free.
    assert cost(Tariff((before, after, free_between)), session) == Cost(Decimal("1.33"), None)


def test_half_a_cent_goes_up() -> None:
    tariff = Tariff((Element((Component("FLAT", Decimal("0.125")),)),))
    session = Session(1000, 3600, datetime(2026, 6, 3, 18))  # noqa: DTZ001
    assert cost(tariff, session) == Cost(Decimal("0.13"), None)


def test_what_asks_for_a_current_cannot_be_decided_without_one() -> None:
    by_current = Element(
        (Component("ENERGY", Decimal("0.30")),), Restrictions(min_current=Decimal(32))
    )
    otherwise = Element((Component("ENERGY", Decimal("0.20")),))
    session = Session(20000, 7200, datetime(2026, 6, 3, 18))  # noqa: DTZ001
    stronger = Session(20000, 7200, datetime(2026, 6, 3, 18), current_a=Decimal(43))  # noqa: DTZ001
    tariff = Tariff((by_current, otherwise))
    assert cost(tariff, session) == Cost(None, None, "restricted_by_current")
    assert cost(tariff, stronger) == Cost(Decimal("6.00"), None)
    # What comes first is paid; nobody asks the other.
    assert cost(Tariff((otherwise, by_current)), session) == Cost(Decimal("4.00"), None)
