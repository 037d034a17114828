"""What a session costs by the text of OCPI 2.2.1, moment by moment and in exact fractions.

Belongs here: plain Python that follows the wording of the standard (mod_tariffs: TariffElement,
TariffRestrictions, PriceComponent), slow and without cleverness. Does not belong here: anything
shared with the SQL that it checks.

step_size is the one thing taken from OCPI 2.2 (mod_tariffs, PriceComponent): it counts for the last
element, and where the session goes on to one without the dimension. So charging that is paid by
the hour is rounded up when parking begins; 2.2.1 leaves it as it is where parking is paid, too.

A session charges with one power, then may stand on without charging; wall clock of the location.
Where the standard is silent: half a cent goes up; a VAT that is not stated is unknown, and so is a
cost whose limit is stated on the other side of VAT only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

DIMENSIONS = ("ENERGY", "TIME", "PARKING_TIME", "FLAT")
WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


@dataclass(frozen=True)
class Component:
    """A price per kWh (ENERGY), hour (TIME, PARKING_TIME) or session (FLAT), without VAT."""

    dimension: str | None
    price: Decimal | None
    vat: Decimal | None = None
    step_size: int | None = None


@dataclass(frozen=True)
class Restrictions:
    """When an element is active; None restricts nothing."""

    start_time: str | None = None
    end_time: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    min_kwh: Decimal | None = None
    max_kwh: Decimal | None = None
    min_current: Decimal | None = None
    max_current: Decimal | None = None
    min_power: Decimal | None = None
    max_power: Decimal | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    day_of_week: tuple[str, ...] = ()
    reservation: str | None = None
    # Names of those that were sent and cannot be read.
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True)
class Element:
    components: tuple[Component, ...]
    restrictions: Restrictions = Restrictions()


@dataclass(frozen=True)
class Tariff:
    elements: tuple[Element, ...]
    min_price_excl_vat: Decimal | None = None
    min_price_incl_vat: Decimal | None = None
    max_price_excl_vat: Decimal | None = None
    max_price_incl_vat: Decimal | None = None


@dataclass(frozen=True)
class Session:
    """Charges `watt_hours` evenly over `charging_s` from `start`, then stands `parking_s`."""

    watt_hours: int
    charging_s: int
    start: datetime
    parking_s: int = 0
    current_a: Decimal | None = None

    @property
    def end(self) -> Fraction:
        return Fraction(self.charging_s + self.parking_s)

    def is_charging(self, moment: Fraction) -> bool:
        return moment < self.charging_s

    def watt_hours_at(self, moment: Fraction) -> Fraction:
        return self.watt_hours * min(moment, Fraction(self.charging_s)) / self.charging_s

    def power_kw_at(self, moment: Fraction) -> Fraction:
        kw = Fraction(self.watt_hours, 1000) / Fraction(self.charging_s, 3600)
        return kw if self.is_charging(moment) else Fraction(0)

    def current_at(self, moment: Fraction) -> Decimal | None:
        return self.current_a if self.is_charging(moment) else Decimal(0)


@dataclass(frozen=True)
class Cost:
    """In the currency of the tariff; None: cannot be said, for the `reason` where there is one."""

    excl_vat: Decimal | None
    incl_vat: Decimal | None
    reason: str | None = None


@dataclass(frozen=True)
class _Use:
    """So much of a dimension (s, Wh, sessions; billed: h, kWh) at the price of a component."""

    component: Component
    quantity: Fraction


def cost(tariff: Tariff, session: Session, *, also_at: Iterable[int] = ()) -> Cost:
    """The cost of a session, to the cent; looked at whenever something may change.

    `also_at`: further moments to look at, in seconds. They must make no difference.
    """
    moments = sorted(
        m for m in {*_moments(tariff, session), *map(Fraction, also_at)} if 0 <= m < session.end
    )
    running: dict[str | None, list[_Use]] = {}
    billed: list[_Use] = []
    flat: list[_Use] = []
    undecided: set[str] = set()
    for moment, until in zip(moments, [*moments[1:], session.end], strict=True):
        active = _active(tariff, session, moment)
        for ended in running.keys() - {component.dimension for component, _ in active}:
            billed += _rounded(running.pop(ended))
        for component, reason in active:
            if component.dimension == "FLAT" and flat:
                continue  # paid
            if reason is not None:
                undecided.add(reason)
            if component.dimension == "FLAT":
                flat = [_Use(component, Fraction(1))]
                continue
            quantity = until - moment
            if component.dimension == "ENERGY":
                quantity = session.watt_hours_at(until) - session.watt_hours_at(moment)
            running.setdefault(component.dimension, []).append(_Use(component, quantity))
    for reason in ("restricted_by_current", "unreadable_restriction"):
        if reason in undecided:
            return Cost(None, None, reason)
    for uses in running.values():
        billed += _rounded(uses)
    billed += flat
    if not billed:
        return Cost(None, None, _reason_of_nothing(tariff))
    if any(use.component.dimension not in DIMENSIONS for use in billed):
        return Cost(None, None, "unknown_dimension")
    if any(use.component.price is None for use in billed):
        return Cost(None, None, "price_missing")
    if any((use.component.price or 0) < 0 for use in billed):
        return Cost(None, None, "negative_price")
    return _limited(tariff, billed)


def _moments(tariff: Tariff, session: Session) -> Iterable[Fraction]:
    """Seconds from the start at which a restriction may begin or cease to hold."""
    yield Fraction(0)
    yield Fraction(session.charging_s)
    midnight = session.start.replace(hour=0, minute=0, second=0)
    for day in range(int(session.end) // 86400 + 2):
        clocks = {"00:00"}
        for element in tariff.elements:
            clocks |= {element.restrictions.start_time or "00:00"}
            clocks |= {element.restrictions.end_time or "00:00"}
        for clock in clocks:
            hours, minutes = clock.split(":")
            moment = midnight + timedelta(days=day, hours=int(hours), minutes=int(minutes))
            yield Fraction(int((moment - session.start).total_seconds()))
    for element in tariff.elements:
        r = element.restrictions
        for duration in (r.min_duration, r.max_duration):
            if duration is not None:
                yield Fraction(duration)
        for kwh in (r.min_kwh, r.max_kwh):
            if kwh is not None:
                yield Fraction(kwh) * 1000 * session.charging_s / session.watt_hours


def _active(
    tariff: Tariff, session: Session, moment: Fraction
) -> list[tuple[Component, str | None]]:
    """The component of each dimension: of the first element whose restrictions hold.

    Or may hold, for all that can be known, with the reason why that is not known.
    """
    found: dict[str | None, tuple[Component, str | None]] = {}
    for element in tariff.elements:
        holds = _holds(element.restrictions, session, moment)
        if holds is False:
            continue
        for component in element.components:
            if component.dimension in found:
                continue
            if component.dimension in ("ENERGY", "TIME") and not session.is_charging(moment):
                continue
            if component.dimension == "PARKING_TIME" and session.is_charging(moment):
                continue
            found[component.dimension] = (component, None if holds is True else holds)
    return list(found.values())


def _holds(r: Restrictions, session: Session, moment: Fraction) -> bool | str:
    """A reason where neither: what decides is the current, which the session does not say, or
    a restriction that cannot be read."""
    clock = session.start + timedelta(seconds=int(moment))
    energy = session.watt_hours_at(moment) / 1000
    power = session.power_kw_at(moment)
    current = session.current_at(moment)
    if not (
        r.reservation is None
        and _in_time_of_day(r, clock)
        and (r.start_date is None or clock.date() >= r.start_date)
        and (r.end_date is None or clock.date() < r.end_date)
        and (r.min_kwh is None or energy >= Fraction(r.min_kwh))
        and (r.max_kwh is None or energy < Fraction(r.max_kwh))
        and (r.min_power is None or power >= Fraction(r.min_power))
        and (r.max_power is None or power < Fraction(r.max_power))
        and (r.min_duration is None or moment >= r.min_duration)
        and (r.max_duration is None or moment < r.max_duration)
        and (not r.day_of_week or WEEKDAYS[clock.weekday()] in r.day_of_week)
    ):
        return False
    if r.min_current is not None or r.max_current is not None:
        if current is None:
            return "restricted_by_current"
        if r.min_current is not None and current < r.min_current:
            return False
        if r.max_current is not None and current >= r.max_current:
            return False
    return "unreadable_restriction" if r.unreadable else True


def _in_time_of_day(r: Restrictions, clock: datetime) -> bool:
    now = clock.strftime("%H:%M")
    begin = r.start_time or "00:00"
    end = "24:00" if r.end_time in (None, "00:00") else str(r.end_time)
    if begin < end:
        return begin <= now < end
    # An end at or before the begin is one on the next day.
    return now >= begin or now < end


def _reason_of_nothing(tariff: Tariff) -> str:
    dates = [
        d
        for element in tariff.elements
        for d in (element.restrictions.start_date, element.restrictions.end_date)
    ]
    return "not_valid_on_day" if any(dates) else "no_element_applies"


def _rounded(uses: list[_Use]) -> list[_Use]:
    """A dimension from where it begins to where it ends, in the unit of its price: kWh, hours.

    Its whole is rounded up by the step of the component that was used last, and what is added
    costs what that one does.
    """
    last = uses[-1].component
    total = sum((use.quantity for use in uses), Fraction(0))
    if last.step_size:
        uses = [*uses, _Use(last, -(-total // last.step_size) * last.step_size - total)]
    unit = 1000 if last.dimension == "ENERGY" else 3600
    return [_Use(use.component, use.quantity / unit) for use in uses]


def _limited(tariff: Tariff, billed: list[_Use]) -> Cost:
    excl = sum((Fraction(u.component.price or 0) * u.quantity for u in billed), Fraction(0))
    incl: Fraction | None = Fraction(0)
    for use in billed:
        if use.component.price == 0:
            continue
        if use.component.vat is None:
            incl = None
            break
        gross = Fraction(use.component.price or 0) * (100 + Fraction(use.component.vat)) / 100
        incl = (incl or Fraction(0)) + gross * use.quantity
    limits = (
        (tariff.min_price_excl_vat, tariff.min_price_incl_vat, 1),
        (tariff.max_price_excl_vat, tariff.max_price_incl_vat, -1),
    )
    knows_excl, knows_incl = True, incl is not None
    for limit_excl, limit_incl, sign in limits:
        if limit_incl is None and limit_excl is not None and sign * excl < sign * limit_excl:
            knows_incl = False
        if limit_excl is None and limit_incl is not None:
            if incl is not None:
                knows_excl = knows_excl and sign * incl >= sign * limit_incl
            elif sign > 0:  # VAT adds to it: what reaches the least without VAT does with it
                knows_excl = knows_excl and excl >= limit_incl
            else:  # whatever it is, VAT may take it over the most
                knows_excl = knows_excl and excl == 0
    if not knows_excl and not knows_incl:
        return Cost(None, None, "mixed_vat_basis")
    return Cost(
        _cents(_clamped(excl, tariff.min_price_excl_vat, tariff.max_price_excl_vat))
        if knows_excl
        else None,
        _cents(_clamped(incl, tariff.min_price_incl_vat, tariff.max_price_incl_vat))
        if knows_incl and incl is not None
        else None,
    )


def _clamped(value: Fraction, least: Decimal | None, most: Decimal | None) -> Fraction:
    if least is not None:
        value = max(value, Fraction(least))
    return value if most is None else min(value, Fraction(most))


def _cents(value: Fraction) -> Decimal:
    """Half a cent goes up; through an integer, since a Decimal of a fraction is rounded already."""
    return Decimal((value * 200 + 1) // 2).scaleb(-2)
