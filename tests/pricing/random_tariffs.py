"""Tariffs as nobody would write them: every restriction, overlaps, edges, prices of many decimals.

Seeded, so that thousands can be loaded at once and a failure be made again.
"""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import Any

from tests.pricing.session_cost import WEEKDAYS, Component, Element, Restrictions, Tariff

# Around the baskets' own begins and ends, and round the clock.
CLOCKS = (
    *("00:00", "23:59", "12:00", "18:00", "19:00", "20:00", "12:15"),
    "12:29",
    "06:30",
    "23:57",
)
DATES = (*(date(2026, 6, day) for day in (1, 3, 4, 5, 6, 7)), date(2025, 1, 1))
POWERS = tuple(map(Decimal, ("0", "7.4", "10", "10.5", "22", "60", "150")))
KWHS = tuple(map(Decimal, ("0", "0.1", "1", "2.345", "10", "19.999", "20", "30", "40")))
DURATIONS = (0, 1, 60, 299, 900, 1800, 3600, 5400, 7200, 90000)
CURRENTS = tuple(map(Decimal, ("0", "16", "32")))
STEPS = (None, 0, 1, 7, 60, 300, 900, 1000, 5000)
VATS = (None, Decimal(0), Decimal(21), Decimal("8.1"))


def random_tariff(seed: int) -> Tariff:
    chance = random.Random(seed)
    # One in three states VAT throughout, so that costs with VAT are many.
    vats = VATS if chance.random() < 0.6 else VATS[1:]

    def perhaps(values: Any, share: float = 0.15) -> Any:
        return chance.choice(values) if chance.random() < share else None

    def price() -> Decimal | None:
        if chance.random() < 0.02:
            return None
        if chance.random() < 0.15:
            return Decimal(0)
        decimals = chance.choice((0, 2, 2, 3, 6))
        return Decimal(
            chance.randint(-1 if chance.random() < 0.02 else 0, 3 * 10**decimals)
        ).scaleb(-decimals)

    def component() -> Component:
        dimension = chance.choice(("ENERGY", "ENERGY", "TIME", "PARKING_TIME", "FLAT"))
        if chance.random() < 0.01:
            dimension = "LUNCH"
        return Component(dimension, price(), chance.choice(vats), chance.choice(STEPS))

    def restrictions() -> Restrictions:
        if chance.random() < 0.2:
            return Restrictions()
        days = chance.sample(WEEKDAYS, chance.randint(1, 5)) if chance.random() < 0.2 else ()
        return Restrictions(
            start_time=perhaps(CLOCKS, 0.4),
            end_time=perhaps(CLOCKS, 0.4),
            start_date=perhaps(DATES, 0.1),
            end_date=perhaps(DATES, 0.1),
            min_kwh=perhaps(KWHS),
            max_kwh=perhaps(KWHS),
            min_current=perhaps(CURRENTS, 0.03),
            max_current=perhaps(CURRENTS, 0.03),
            min_power=perhaps(POWERS, 0.1),
            max_power=perhaps(POWERS, 0.1),
            min_duration=perhaps(DURATIONS),
            max_duration=perhaps(DURATIONS),
            day_of_week=tuple(days),
            reservation=perhaps(("RESERVATION", "RESERVATION_EXPIRES"), 0.05),
            unreadable=perhaps((("end_date",), ("min_kwh", "max_kwh")), 0.03) or (),
        )

    def limit() -> Decimal | None:
        return perhaps(tuple(map(Decimal, ("0", "0.5", "4.99", "12.345", "30"))), 0.12)

    return Tariff(
        tuple(
            Element(tuple(component() for _ in range(chance.randint(1, 3))), restrictions())
            for _ in range(chance.choice((1, 1, 2, 3, 5)))
        ),
        *(limit() for _ in range(4)),
    )
