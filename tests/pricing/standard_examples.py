"""Examples of OCPI (mod_tariffs) with the costs that the standard gives.

Where step_size makes 2.2 and 2.2.1 differ, those of 2.2 (see session_cost). Left out:
reservations, which no session here has, and a session whose power moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tests.pricing.session_cost import Component, Cost, Element, Restrictions, Session, Tariff


@dataclass(frozen=True)
class Example:
    name: str
    tariff: Tariff
    session: Session
    cost: Cost


def at(weekday: int, hour: int, minute: int = 0) -> datetime:
    """A moment of the week of 2026-06-01, a Monday; weekday 1 to 7."""
    return datetime(2026, 6, weekday, hour, minute)  # noqa: DTZ001


def price(dimension: str, amount: str, vat: str | None, step_size: int) -> Component:
    return Component(dimension, Decimal(amount), None if vat is None else Decimal(vat), step_size)


def euros(excl_vat: str, incl_vat: str | None) -> Cost:
    return Cost(Decimal(excl_vat), None if incl_vat is None else Decimal(incl_vat))


ENERGY = price("ENERGY", "0.25", "10", 1)
START = price("FLAT", "0.50", "20", 1)
WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY")
PER_KWH = Tariff((Element((ENERGY,)),))
WITH_START_AND_LIMIT = Tariff(
    (Element((START, ENERGY)),),
    max_price_excl_vat=Decimal(10),
    max_price_incl_vat=Decimal(11),
)
WITH_LEAST = Tariff(
    (Element((ENERGY,)),), min_price_excl_vat=Decimal("0.50"), min_price_incl_vat=Decimal("0.55")
)
COMPLEX = Tariff(
    (
        Element((price("FLAT", "2.50", "15", 1),)),
        Element((price("TIME", "1.00", "20", 900),), Restrictions(max_current=Decimal(32))),
        Element(
            (price("TIME", "2.00", "20", 600),),
            Restrictions(min_current=Decimal(32), day_of_week=WEEKDAYS),
        ),
        Element(
            (price("TIME", "1.25", "20", 600),),
            Restrictions(min_current=Decimal(32), day_of_week=("SATURDAY", "SUNDAY")),
        ),
        Element(
            (price("PARKING_TIME", "5.00", "10", 300),),
            Restrictions(start_time="09:00", end_time="18:00", day_of_week=WEEKDAYS),
        ),
        Element(
            (price("PARKING_TIME", "6.00", "10", 300),),
            Restrictions(start_time="10:00", end_time="17:00", day_of_week=("SATURDAY",)),
        ),
    )
)
STEPS = Tariff(
    (
        Element((price("TIME", "1.20", None, 1800),), Restrictions("00:00", "17:00")),
        Element((price("TIME", "2.40", None, 900),), Restrictions("17:00", "00:00")),
        Element((price("PARKING_TIME", "1.00", None, 900),), Restrictions("00:00", "20:00")),
    )
)
FIRST_KWH_FREE = Tariff(
    (
        Element((price("ENERGY", "0", None, 1),), Restrictions(max_kwh=Decimal(1))),
        Element((price("ENERGY", "0.20", None, 1),), Restrictions(min_kwh=Decimal(1))),
    )
)
EXAMPLES = (
    Example("per kWh", PER_KWH, Session(20000, 7200, at(3, 18)), euros("5.00", "5.50")),
    Example(
        "per kWh and start",
        Tariff((Element((START, ENERGY)),)),
        Session(20000, 7200, at(3, 18)),
        euros("5.50", "6.10"),
    ),
    Example("least price", WITH_LEAST, Session(20000, 7200, at(3, 18)), euros("5.00", "5.50")),
    Example("less than 2 kWh", WITH_LEAST, Session(1999, 7200, at(3, 18)), euros("0.50", "0.55")),
    Example(
        "parking billed by 15 minutes",
        Tariff((Element((START, ENERGY, price("PARKING_TIME", "2.00", "20", 900))),)),
        Session(20000, 7200, at(3, 18), parking_s=2400),
        euros("7.00", "7.90"),
    ),
    Example(
        "largest price",
        WITH_START_AND_LIMIT,
        Session(50000, 7200, at(3, 18)),
        euros("10.00", "11.00"),
    ),
    Example(
        "below the largest price",
        WITH_START_AND_LIMIT,
        Session(30000, 7200, at(3, 18)),
        euros("8.00", "8.85"),
    ),
    Example(
        "per hour",
        Tariff((Element((price("TIME", "2.00", "10", 60),)),)),
        Session(20000, 9000, at(3, 18)),
        euros("5.00", "5.50"),
    ),
    Example(
        "per hour, more when parking",
        Tariff(
            (Element((price("TIME", "3.00", "10", 60), price("PARKING_TIME", "5.00", "20", 300))),)
        ),
        Session(20000, 9000, at(3, 18), parking_s=42 * 60),
        euros("11.25", "12.75"),
    ),
    Example(
        "ad hoc",
        Tariff((Element((price("TIME", "1.90", "5.2", 300),)),)),
        Session(20000, 9000, at(3, 18)),
        euros("4.75", "5.00"),
    ),
    Example(
        "billed by 0.1 kWh",
        Tariff((Element((START, price("ENERGY", "0.25", "10", 100))),)),
        Session(20450, 7200, at(3, 18)),
        euros("5.63", "6.24"),
    ),
    # Charging and parking are both rounded; once a session, as 2.2.1 has it: 8.70 and 12.38.
    Example(
        "complex, Monday with 16 A",
        COMPLEX,
        Session(20000, 147 * 60, at(1, 9, 30), 42 * 60, Decimal(16)),
        euros("8.75", "10.00"),
    ),
    Example(
        "complex, Saturday with 43 A",
        COMPLEX,
        Session(20000, 114 * 60, at(6, 13, 30), 71 * 60, Decimal(43)),
        euros("12.50", "14.13"),
    ),
    Example(
        "steps of charging and of parking, 10 + 2 minutes",
        STEPS,
        Session(5000, 10 * 60, at(3, 16, 55), parking_s=120),
        euros("0.75", None),
    ),
    Example(
        "step of the last element, 10 + 25 minutes",
        STEPS,
        Session(5000, 35 * 60, at(3, 16, 35)),
        euros("1.30", None),
    ),
    # The standard's 2.05 and, below, 0.85 count parking of which its own text says there is none.
    Example(
        "free after 20:00",
        STEPS,
        Session(5000, 10 * 60, at(3, 19, 55), parking_s=120),
        euros("0.60", None),
    ),
    Example("first kWh free", FIRST_KWH_FREE, Session(20000, 7200, at(3, 18)), euros("3.80", None)),
)
