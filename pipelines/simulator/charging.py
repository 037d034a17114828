"""Who charged where and when, and what it cost.

Belongs here: the charges of a day, each of them followed from plugging in to the bill, and the
tokens they are paid with. Does not belong here: sessions and CDRs as documents
(`render_ocpi_2_1_1.py`).

An EVSE has none to two charges a day, one before the afternoon and one after it that may go on
past midnight; they never overlap. A charge is seen from a moment: before its end it is a session
that runs, then one that is completed, then a bill. On day D a server knows all of D: windows of
a day are asked for on that day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.simulator.draws import Draws, draw, entity_key, last_event, unit
from pipelines.simulator.eco_attributes import PROVIDERS
from pipelines.simulator.entities import SimRestrictions, SimTariff
from pipelines.simulator.operators import LANGUAGES, TIME_ZONES
from pipelines.simulator.paging import is_within
from pipelines.simulator.sites import EvsePlan, Site
from pipelines.simulator.statuses import status_on
from pipelines.simulator.world import LocationRef, World

_CHARGE, _TOKEN = 701, 720
_TOKEN_PERIOD = 150
# How far back a list goes that is asked for without a beginning.
_KEPT_DAYS = 14
# A bill is written at most this long after its charge has begun.
_BILLED_WITHIN_DAYS = 3
_CHARGING_STATUSES = frozenset({"AVAILABLE", "CHARGING", "BLOCKED", "RESERVED", "UNKNOWN"})
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge from plugging in to leaving; `energy_kwh` in the end."""

    key: int
    day: date
    place: LocationRef
    site: Site
    evse: EvsePlan
    connector: int
    token: int
    start: datetime
    charged_until: datetime
    end: datetime
    energy_kwh: Decimal

    @property
    def id(self) -> str:
        return f"S{self.key:016x}"

    @property
    def bill_id(self) -> str:
        """In mixed case: ids of CDRs are compared without it."""
        text = f"{self.key:016x}"
        return f"Cdr-{text[:8]}{text[8:].upper()}"

    @property
    def is_invalid(self) -> bool:
        """Broken off before anything was delivered; never billed."""
        return self.energy_kwh == 0

    @property
    def completed_at(self) -> datetime:
        return self.end + timedelta(seconds=5 + self.key % 50)

    @property
    def billed_at(self) -> datetime:
        """Minutes after the end, every twentieth only the next day."""
        late = timedelta(hours=20) if self.key % 20 == 0 else timedelta(0)
        return self.completed_at + late + timedelta(seconds=60 + self.key % 5000)

    def is_completed(self, now: datetime) -> bool:
        return self.completed_at < now

    def session_updated_at(self, now: datetime) -> datetime:
        """When the session last moved: at its end, or a quarter of an hour ago."""
        if self.is_completed(now):
            return self.completed_at
        return max(self.start, now - timedelta(seconds=1 + self.key % 840))

    def delivered_kwh(self, now: datetime) -> Decimal:
        """What has been delivered until now."""
        if now >= self.charged_until:
            return self.energy_kwh
        share = (now - self.start) / (self.charged_until - self.start)
        return _rounded(self.energy_kwh * Decimal(max(share, 0.0)), 3)


@dataclass(frozen=True, slots=True)
class Token:
    """A card or key with which people charge."""

    uid: str
    type: str
    auth_id: str
    visual_number: str | None
    issuer: str
    valid: bool
    whitelist: str
    language: str
    last_updated: datetime


def end_of(day: date) -> datetime:
    """The midnight with which a day ends: what is known on that day has happened before it."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


class Charging:
    """The charges and tokens of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tokens = max(40, world.size // 4)
        self.begun = lru_cache(maxsize=20)(self._begun)

    def token(self, number: int, day: date) -> Token:
        """A token on a day; it moves every few months."""
        key = entity_key(self.world.seed, "token", number)
        today = self.world.day_number(day)
        epoch, changed_on = last_event(key, _TOKEN, period=_TOKEN_PERIOD, day=today)
        issuer, _, ema_ids = PROVIDERS[key % len(PROVIDERS)]
        # Every fifth token is the second one of somebody.
        person = number - 1 if number % 5 == 4 else number
        owner = entity_key(self.world.seed, "person", person)
        draws = Draws(draw(key, _TOKEN + 4, epoch))
        changed_at = datetime.combine(day, time(), UTC) - timedelta(
            days=today - changed_on, seconds=1 + draw(key, _TOKEN + 5, epoch) % 86_000
        )
        return Token(
            uid=f"{key >> 8:014X}",
            type="RFID" if key % 10 else "OTHER",
            auth_id=f"{ema_ids[0]}-C{owner % 10**8:08d}-{owner % 10}",
            visual_number=f"{ema_ids[0]}-{key % 10**7:07d}" if key % 5 else None,
            issuer=issuer,
            valid=draws.chance(0.94),
            whitelist=draws.pick(("ALWAYS", "ALLOWED", "ALLOWED", "ALLOWED_OFFLINE", "NEVER")),
            language=LANGUAGES[ema_ids[0][:2]],
            last_updated=changed_at,
        )

    def tariff_of(self, charge: Charge) -> SimTariff | None:
        """The tariff that held when a charge began; None where the connector names none."""
        site = charge.site
        for uid, connector, identifiers in self.world.published_connectors(
            charge.place, charge.day
        ):
            if (uid, connector) == (charge.evse.uid, str(charge.connector)) and identifiers:
                plan = self.world.tariff_plan(site.country_code, site.party_id, identifiers[0])
                return self.world.tariff(plan, charge.day) if plan else None
        return None

    def _begun(self, day: date) -> tuple[Charge, ...]:
        """The charges that began on a day."""
        charges = []
        number = self.world.day_number(day)
        for place in dict.fromkeys(self.world.roster(day)):
            if place.slot != place.shows:
                continue
            site = self.world.site(place, day)
            for plan in site.evses:
                said = status_on(site, plan, day=number)
                if said is not None and said.status in _CHARGING_STATUSES:
                    charges += self._charges_of(place, site, plan, day=day)
        return tuple(charges)

    def _charges_of(
        self, place: LocationRef, site: Site, plan: EvsePlan, *, day: date
    ) -> list[Charge]:
        number = self.world.day_number(day)
        # A third of the EVSEs are used half as much as the others.
        share = 0.2 if plan.key % 3 == 0 else 0.45
        return [
            self._charge(draw(plan.key, _CHARGE + half, number), place, site, plan, day, half)
            for half in (0, 1)
            if unit(plan.key, _CHARGE + 5 + half, number) < share
        ]

    def _charge(
        self, key: int, place: LocationRef, site: Site, plan: EvsePlan, day: date, half: int
    ) -> Charge:
        draws = Draws(key)
        connector = draws.between(1, len(plan.connectors))
        built = plan.connectors[connector - 1]
        is_fast = built.power_type == "DC"
        # The first begins from 05:00 to 11:30, the second from 16:30 on; none lasts over 4:50.
        first, last = (300, 690) if half == 0 else (990, 1439)
        start = datetime.combine(day, time(), UTC) + timedelta(
            minutes=draws.between(first, last), seconds=draws.between(0, 59)
        )
        charging = timedelta(minutes=draws.between(12, 55) if is_fast else draws.between(35, 180))
        idle = timedelta(minutes=draws.between(5, 110)) if draws.chance(0.3) else timedelta(0)
        kilowatts = min(built.power_w / 1000, 150.0) * (0.35 + 0.5 * draws.between(0, 100) / 100)
        energy = _rounded(Decimal(min(kilowatts * (charging / _HOUR), 88.0)), 3)
        if draws.chance(0.006):
            charging, idle, energy = timedelta(minutes=1), timedelta(0), Decimal(0)
        return Charge(
            key=key,
            day=day,
            place=place,
            site=site,
            evse=plan,
            connector=connector,
            token=key % self.tokens,
            start=start,
            charged_until=start + charging,
            end=start + charging + idle,
            energy_kwh=energy,
        )


class ChargeFeed:
    """Sessions, or bills, as a module: the charges whose record moved in a window."""

    def __init__(self, charging: Charging, *, are_bills: bool, written: Any) -> None:
        self._charging, self._are_bills, self._written = charging, are_bills, written
        self._window = lru_cache(maxsize=4)(self._selected)

    def chosen(
        self, day: date, *, date_from: datetime | None, date_to: datetime | None
    ) -> Sequence[Charge]:
        return self._window(day, date_from, date_to)

    def rendered(self, item: Charge, day: date) -> bytes:
        found: bytes = self._written(item, end_of(day))
        return found

    def _selected(
        self, day: date, date_from: datetime | None, date_to: datetime | None
    ) -> tuple[Charge, ...]:
        now = end_of(day)
        begin = date_from or now - timedelta(days=_KEPT_DAYS)
        until = min(now, date_to or now)
        first = begin.date() - timedelta(days=_BILLED_WITHIN_DAYS)
        days = (first + timedelta(days=number) for number in range((until.date() - first).days + 1))
        return tuple(
            charge
            for one in days
            for charge in self._charging.begun(one)
            if self._is_known(charge, now) and is_within(self._moved(charge, now), begin, until)
        )

    def _is_known(self, charge: Charge, now: datetime) -> bool:
        if self._are_bills:
            return charge.billed_at < now and not charge.is_invalid
        return charge.start < now

    def _moved(self, charge: Charge, now: datetime) -> datetime:
        return charge.billed_at if self._are_bills else charge.session_updated_at(now)


def cost_of(charge: Charge, tariff: SimTariff, *, until: datetime) -> Decimal:
    """What a charge costs until a moment, without VAT.

    Of each dimension the first element counts whose restrictions hold as a whole; step sizes are
    not rounded up to.
    """
    zone = ZoneInfo(TIME_ZONES[charge.site.country_code])
    volumes = volumes_of(charge, until=until)
    cost, seen = Decimal(0), set()
    for element in tariff.elements:
        if not _holds(element.restrictions, charge, zone=zone):
            continue
        for component in element.components:
            if component.type not in seen:
                seen.add(component.type)
                cost += component.price * volumes.get(component.type, Decimal(0))
    return _rounded(cost, 2)


def volumes_of(charge: Charge, *, until: datetime) -> dict[str, Decimal]:
    """kWh, hours of the whole, hours without charging, and one session."""
    end = min(charge.end, until)
    idle = max(end - charge.charged_until, timedelta(0))
    return {
        "ENERGY": charge.delivered_kwh(until),
        "TIME": _hours(end - charge.start),
        "PARKING_TIME": _hours(idle),
        "FLAT": Decimal(1),
    }


def _holds(restrictions: SimRestrictions | None, charge: Charge, *, zone: ZoneInfo) -> bool:
    if restrictions is None:
        return True
    local = charge.start.astimezone(zone)
    clock, lasted = f"{local:%H:%M}", (charge.end - charge.start).total_seconds()
    begin, end = restrictions.start_time or "00:00", restrictions.end_time or "24:00"
    end = "24:00" if end == "00:00" else end
    in_hours = begin <= clock < end if begin < end else clock >= begin or clock < end
    return (
        in_hours
        and (not restrictions.day_of_week or f"{local:%A}".upper() in restrictions.day_of_week)
        and (restrictions.start_date is None or local.date() >= restrictions.start_date)
        and (restrictions.end_date is None or local.date() < restrictions.end_date)
        and (restrictions.min_duration is None or lasted >= restrictions.min_duration)
        and (restrictions.max_duration is None or lasted < restrictions.max_duration)
        and restrictions.reservation is None
    )


def _hours(duration: timedelta) -> Decimal:
    return _rounded(Decimal(duration.total_seconds()) / 3600, 4)


def _rounded(number: Decimal, places: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-places))
