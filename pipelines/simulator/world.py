"""The simulated world: what is published on a day, in nobody's dialect.

Belongs here: `World`, which puts sites, statuses, optional attributes and prices together. Does
not belong here: dialects (`render_*.py`), HTTP (`server.py`).

Every answer follows from (seed, entity, day) alone: any day, before or after the start, is
reached directly, and is the same in every process. What is published on day D is the state at
midnight UTC at the beginning of D; every event before it has happened, none is in the future.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Literal

from pipelines.simulator.draws import Draws, draw, entity_key, last_event, unit
from pipelines.simulator.dressing import SiteDressing, evse_dressing, site_dressing
from pipelines.simulator.entities import (
    SimConnector,
    SimEvse,
    SimLocation,
    SimPlace,
    SimTariff,
)
from pipelines.simulator.operators import COUNTRY_ALPHA_3, TIME_ZONES, business_on
from pipelines.simulator.pricing import (
    TariffPlan,
    is_published,
    references_changed_on,
    tariff_ids_on,
    tariff_on,
    tariff_plans,
)
from pipelines.simulator.sites import (
    EvsePlan,
    Lifetime,
    Site,
    built_site,
    copied_day,
    is_copy,
    lifetime_on,
)
from pipelines.simulator.statuses import SECONDS_A_DAY, StatusSaid, status_on

Fill = Literal["realistic", "all"]
DEFAULT_START = date(2026, 1, 1)

_CONTENT, _TOUCH, _TWICE, _LAG, _NEWER = 301, 310, 320, 330, 340
# Days between two changes of the optional attributes of a site, and between two changes of
# nothing but its last_updated.
_CONTENT_PERIOD = 180
_TOUCH_PERIOD = 25


@dataclass(frozen=True, slots=True)
class LocationRef:
    """A place in the roster of a day: the slot, and the slot whose EVSEs it shows."""

    slot: int
    shows: int


class World:
    """Locations and tariffs that change from day to day.

    `locations` is how many there are on any day, within a few per cent; `start` is the day from
    which renames and takeovers are counted (`operators.py`); `fill="all"` leaves no optional
    attribute and no list empty.
    """

    def __init__(
        self,
        seed: int,
        locations: int,
        start: date = DEFAULT_START,
        *,
        fill: Fill = "realistic",
    ) -> None:
        self.seed = seed
        self.size = locations
        self.start = start
        self.fill: Fill = fill
        self._midnight_of_start = datetime(start.year, start.month, start.day, tzinfo=UTC)
        # A site as built is asked for every night; 4,096 of them are some 30 MB.
        self._site = lru_cache(maxsize=4096)(self._built_site)
        self._roster = lru_cache(maxsize=4)(self._built_roster)

    @cached_property
    def _plans_by_id(self) -> dict[tuple[str, str, str], TariffPlan]:
        plans = tariff_plans(self.seed, locations=self.size)
        return {(plan.country_code, plan.party_id, plan.id): plan for plan in plans}

    def locations(self, day: date) -> Iterator[SimLocation]:
        """Every location record published on a day, exact duplicates included."""
        for ref in self.roster(day):
            yield self.location(ref, day)

    def tariffs(self, day: date) -> Iterator[SimTariff]:
        """Every tariff record published on a day, exact duplicates included."""
        for plan in self.tariff_roster(day):
            yield self.tariff(plan, day)

    def roster(self, day: date) -> tuple[LocationRef, ...]:
        """What `locations` yields, as references: cheap to slice for a page."""
        return self._roster(self.day_number(day))

    def tariff_roster(self, day: date) -> tuple[TariffPlan, ...]:
        """What `tariffs` yields, as plans."""
        number = self.day_number(day)
        published = [plan for plan in self._plans_by_id.values() if is_published(plan, day=number)]
        return (*published, *(plan for plan in published if unit(plan.key, _TWICE) < 0.004))

    def location(self, ref: LocationRef, day: date) -> SimLocation:
        """One location as published on a day on which the roster holds it."""
        number = self.day_number(day)
        if ref.slot == ref.shows:
            return self._location(self._site_on(ref.slot, number), number)
        copy_key = self._slot_key(ref.slot)
        as_of = copied_day(copy_key, day=number)
        return _as_copy(self._location(self._site_on(ref.shows, as_of), as_of), copy_key)

    def publishes(self, ref: LocationRef, day: date) -> bool:
        """Whether a place of another day's roster is in this day's too."""
        return self._publishes(ref, self.day_number(day))

    def location_id(self, ref: LocationRef, day: date) -> str:
        """The id of a location, without building what changes."""
        if ref.slot == ref.shows:
            return self._site_on(ref.slot, self.day_number(day)).id
        return _copy_id(self._slot_key(ref.slot))

    def site(self, ref: LocationRef, day: date) -> Site:
        """The site whose EVSEs a place of a day's roster shows."""
        return self._site_on(ref.shows, self._day_shown(ref, self.day_number(day)))

    def lifetime(self, ref: LocationRef, day: date) -> Lifetime | None:
        """Since when and until when the site of a place of the roster stands there."""
        return lifetime_on(self._slot_key(ref.slot), day=self.day_number(day))

    def published_connectors(
        self, ref: LocationRef, day: date
    ) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """(EVSE uid, connector id, tariff ids) as `location` gives them, without the rest."""
        number = self._day_shown(ref, self.day_number(day))
        site = self._site_on(ref.shows, number)
        for plan in site.evses:
            if status_on(site, plan, day=number) is None:
                continue
            for index in range(1, len(plan.connectors) + 1):
                yield plan.uid, str(index), self._tariff_ids(site, plan, index, day=number)

    def tariff_plan(self, country_code: str, party_id: str, identifier: str) -> TariffPlan | None:
        """The plan of a tariff id of a party; None where the id refers to nothing."""
        return self._plans_by_id.get((country_code, party_id, identifier))

    def tariff(self, plan: TariffPlan, day: date) -> SimTariff:
        """One tariff as published on a day."""
        number = self.day_number(day)
        midnight = self._midnight_of_start + timedelta(days=number)
        return tariff_on(plan, day=number, midnight=midnight, fill_all=self.fill == "all")

    def _day_shown(self, ref: LocationRef, day: int) -> int:
        """The day as of which a place shows its site: an older one for copies."""
        return day if ref.slot == ref.shows else copied_day(self._slot_key(ref.slot), day=day)

    def day_number(self, day: date) -> int:
        """Days since the world's start: what the draws are made of."""
        return day.toordinal() - self.start.toordinal()

    def _slot_key(self, slot: int) -> int:
        return entity_key(self.seed, "slot", slot)

    def _built_roster(self, day: int) -> tuple[LocationRef, ...]:
        refs, twice = [], []
        for slot in range(self.size):
            key = self._slot_key(slot)
            ref = LocationRef(slot, slot)
            if is_copy(key):
                # The neighbour: most copies are of a site that still exists, a few outlive it.
                ref = LocationRef(slot, slot - 1 if slot else self.size - 1)
            if not self._publishes(ref, day):
                continue
            refs.append(ref)
            if unit(key, _TWICE) < 0.0015:
                twice.append(ref)
        # At the end of the feed, so that the two copies arrive on different pages.
        return (*refs, *twice)

    def _publishes(self, ref: LocationRef, day: int) -> bool:
        key = self._slot_key(ref.slot)
        if ref.slot == ref.shows:
            return lifetime_on(key, day=day) is not None
        original = self._slot_key(ref.shows)
        if is_copy(original):
            return False
        return lifetime_on(original, day=copied_day(key, day=day)) is not None

    def _site_on(self, slot: int, day: int) -> Site:
        lifetime = lifetime_on(self._slot_key(slot), day=day)
        if lifetime is None:
            raise LookupError(f"slot {slot} publishes nothing on day {day} of the world")
        return self._site(slot, lifetime)

    def _built_site(self, slot: int, lifetime: Lifetime) -> Site:
        return built_site(
            seed=self.seed,
            slot=slot,
            slot_key=self._slot_key(slot),
            lifetime=lifetime,
            fill_all=self.fill == "all",
        )

    def _time(self, day: int, second: int) -> datetime:
        """A time within the 24 hours before the midnight of a day."""
        return self._midnight_of_start + timedelta(days=day, seconds=second - SECONDS_A_DAY)

    def _location(self, site: Site, day: int) -> SimLocation:
        epoch, changed_on = last_event(site.key, _CONTENT, period=_CONTENT_PERIOD, day=day)
        changed_on = max(changed_on, site.lifetime.opened_on)
        _, touched_on = last_event(site.key, _TOUCH, period=_TOUCH_PERIOD, day=day)
        touched_on = max(touched_on, site.lifetime.opened_on)
        content_key = draw(site.key, _CONTENT + 4, epoch)
        changed_at = self._time(changed_on, 3600)
        dressing = site_dressing(content_key, site, now=changed_at, fill_all=self.fill == "all")
        evses = tuple(
            self._evse(site, plan, said, day=day, changed_on=changed_on)
            for plan in site.evses
            if (said := status_on(site, plan, day=day)) is not None
        )
        newest = max(self._time(touched_on, 3700), changed_at)
        # 2 % of the locations do not follow their EVSEs.
        if unit(site.key, _LAG) >= 0.02:
            newest = max(newest, *(evse.last_updated for evse in evses))
        return _assembled(site, dressing, evses, day=day, last_updated=newest)

    def _evse(
        self, site: Site, plan: EvsePlan, said: StatusSaid, *, day: int, changed_on: int
    ) -> SimEvse:
        said_at = self._time(said.day, said.second)
        key = draw(plan.key, _CONTENT, changed_on)
        dressing = evse_dressing(
            key, site, now=self._time(changed_on, 0), fill_all=self.fill == "all"
        )
        # The connectors of a tenth of the EVSEs are written just after their EVSE.
        newer = unit(plan.key, _NEWER) < 0.1
        opened_at = self._time(plan.opened_on, said.second)
        written_at = said_at + timedelta(seconds=2) if newer else opened_at
        # One EVSE in eight gets new attributes without saying so.
        changed_at = self._time(max(changed_on, plan.opened_on) if plan.key % 8 else said.day, 0)
        return SimEvse(
            uid=plan.uid,
            evse_id=plan.evse_id,
            status=said.status,
            status_schedule=dressing.status_schedule,
            capabilities=dressing.capabilities,
            connectors=self._connectors(site, plan, day=day, written_at=written_at),
            floor_level=plan.floor_level,
            coordinates=dressing.coordinates,
            physical_reference=plan.physical_reference,
            directions=dressing.directions,
            parking_restrictions=dressing.parking_restrictions,
            images=dressing.images,
            last_updated=max(said_at, changed_at),
        )

    def _connectors(
        self, site: Site, plan: EvsePlan, *, day: int, written_at: datetime
    ) -> tuple[SimConnector, ...]:
        changed_on = references_changed_on(site, day=day)
        # One EVSE in ten names other tariffs without saying that anything changed.
        if changed_on > plan.opened_on and plan.key % 10:
            written_at = max(written_at, self._time(changed_on, 5000))
        terms = f"{site.operator.website}terms" if plan.key % 3 or self.fill == "all" else None
        connectors = []
        for number, built in enumerate(plan.connectors, start=1):
            connectors.append(
                SimConnector(
                    id=str(number),
                    standard=built.standard,
                    format=built.format,
                    power_type=built.power_type,
                    voltage_v=built.voltage_v,
                    amperage_a=built.amperage_a,
                    power_w=built.power_w,
                    declared_power=built.declared_power,
                    tariff_ids=self._tariff_ids(site, plan, number, day=day),
                    terms_and_conditions=terms,
                    last_updated=written_at,
                )
            )
        return tuple(connectors)

    def _tariff_ids(self, site: Site, plan: EvsePlan, number: int, *, day: int) -> tuple[str, ...]:
        return tariff_ids_on(site, plan.key + number, day=day, locations=self.size)


def _assembled(
    site: Site,
    dressing: SiteDressing,
    evses: tuple[SimEvse, ...],
    *,
    day: int,
    last_updated: datetime,
) -> SimLocation:
    return SimLocation(
        country_code=site.country_code,
        party_id=site.party_id,
        id=site.id,
        publish=True,
        publish_allowed_to=dressing.publish_allowed_to,
        name=dressing.name,
        address=f"{site.street} {site.house_number}",
        city=site.city.name,
        postal_code=site.postal_code,
        state=site.city.state,
        country=COUNTRY_ALPHA_3[site.country_code],
        coordinates=SimPlace(site.latitude, site.longitude),
        related_locations=dressing.related_locations,
        parking_type=dressing.parking_type,
        evses=evses,
        directions=dressing.directions,
        operator=business_on(site.operator, site.key, opened_on=site.lifetime.opened_on, day=day),
        suboperator=dressing.suboperator,
        owner=dressing.owner,
        facilities=dressing.facilities,
        time_zone=TIME_ZONES[site.country_code],
        opening_times=dressing.opening_times,
        charging_when_closed=dressing.charging_when_closed,
        images=dressing.images,
        energy_mix=dressing.energy_mix,
        last_updated=last_updated,
    )


def _copy_id(copy_key: int) -> str:
    return f"R{copy_key % 10**12:012d}"


def _as_copy(original: SimLocation, copy_key: int) -> SimLocation:
    """The same EVSEs under another location id, some metres beside the original."""
    draws = Draws(copy_key)
    place = SimPlace(
        round(original.coordinates.latitude + draws.spread(0.0003), 6),
        round(original.coordinates.longitude + draws.spread(0.0003), 6),
    )
    return replace(original, id=_copy_id(copy_key), coordinates=place)
