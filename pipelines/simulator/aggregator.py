"""The simulated world as an aggregator gathers it: ids of its own, locations merged.

Belongs here: which places of a day's roster make one location of the aggregator, and its stable
ids. Does not belong here: what it adds to them (`eco_attributes.py`), prices (`products.py`).

In each block of a hundred slots ten take in sites of the same operator and country, each in the
last weeks of its life: from then on one id is gone and its EVSEs are under the other. That is
about one location in two thousand each night.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from pipelines.simulator.draws import draw, entity_key
from pipelines.simulator.entities import SimEvse, SimLocation
from pipelines.simulator.operators import business_on
from pipelines.simulator.sites import Site, comes_and_goes, founding, is_copy
from pipelines.simulator.world import LocationRef, World

_BLOCK, _TAKING = 100, 10
_ID, _MERGE = 401, 410
# Days before its removal within which a site is taken in.
_LAST_DAYS = 60


@dataclass(frozen=True, slots=True)
class Gathered:
    """A location of the aggregator: the place it began with, and those it has taken in."""

    key: int
    places: tuple[LocationRef, ...]

    @property
    def id(self) -> str:
        return f"{self.key:016x}{draw(self.key, _ID) >> 32:08x}"


@dataclass(frozen=True, slots=True)
class GatheredLocation:
    """A gathered location with its EVSEs, each beside the id its operator gives its location."""

    key: int
    id: str
    location: SimLocation
    evses: tuple[tuple[str, SimEvse], ...]


class Aggregator:
    """What the aggregator shows of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._roster = lru_cache(maxsize=4)(self._built_roster)
        self._by_id = lru_cache(maxsize=2)(self._indexed)

    def roster(self, day: date) -> tuple[Gathered, ...]:
        """The locations of a day, exact duplicates included."""
        return self._roster(day)

    def found(self, identifier: str, day: date) -> Gathered | None:
        """The location with an id on a day."""
        return self._by_id(day).get(identifier)

    def with_evse(self, evse_id: str, day: date) -> Gathered | None:
        """The first location that shows an EVSE id on a day."""
        for gathered in self.roster(day):
            for place in gathered.places:
                planned = self.world.site(place, day).evses
                if any(plan.evse_id == evse_id for plan in planned):
                    shown = self.location(gathered, day).evses
                    if any(evse.evse_id == evse_id for _, evse in shown):
                        return gathered
        return None

    def location(self, gathered: Gathered, day: date) -> GatheredLocation:
        """A location as shown on a day."""
        locations = [self.world.location(place, day) for place in gathered.places]
        first = locations[0]
        if len(locations) > 1:
            newest = max(location.last_updated for location in locations)
            first = replace(first, last_updated=newest)
        evses = tuple((location.id, evse) for location in locations for evse in location.evses)
        return GatheredLocation(gathered.key, gathered.id, first, evses)

    def _indexed(self, day: date) -> dict[str, Gathered]:
        return {gathered.id: gathered for gathered in self.roster(day)}

    def _built_roster(self, day: date) -> tuple[Gathered, ...]:
        roster = self.world.roster(day)
        taking: dict[int, list[LocationRef]] = {}
        for ref in dict.fromkeys(roster):
            if ref.slot % _TAKING == 0 and self._takes_in(ref):
                taking.setdefault(ref.slot // _BLOCK, []).append(ref)
        taken: dict[LocationRef, list[LocationRef]] = {}
        gone = set()
        for ref in dict.fromkeys(roster):
            if ref.slot % _TAKING and ref.slot == ref.shows:
                nearby = taking.get(ref.slot // _BLOCK, ())
                into = next((one for one in nearby if self._is_merged(one, ref, day)), None)
                if into is not None:
                    taken.setdefault(into, []).append(ref)
                    gone.add(ref)
        return tuple(
            Gathered(self._key(ref, day), (ref, *taken.get(ref, ())))
            for ref in roster
            if ref not in gone
        )

    def _key(self, ref: LocationRef, day: date) -> int:
        lifetime = self.world.lifetime(ref, day)
        generation = lifetime.generation if lifetime and ref.slot == ref.shows else 0
        return entity_key(self.world.seed, "gathered", ref.slot, generation)

    def _takes_in(self, ref: LocationRef) -> bool:
        # A place that is away for a night would give back, for that night, all it has taken in.
        key = entity_key(self.world.seed, "slot", ref.slot)
        return not is_copy(key) and not comes_and_goes(key)

    def _is_merged(self, into: LocationRef, ref: LocationRef, day: date) -> bool:
        first, second = self.world.lifetime(into, day), self.world.lifetime(ref, day)
        if first is None or second is None:
            return False
        seed = self.world.seed
        _, operator = founding(seed=seed, slot=into.slot, lifetime=first)
        second_key, other = founding(seed=seed, slot=ref.slot, lifetime=second)
        merged_on = second.removed_on - 2 - draw(second_key, _MERGE) % _LAST_DAYS
        if (
            operator.key != other.key
            or self.world.day_number(day) < merged_on
            # The other way round it would be gone, or not yet there.
            or not second.opened_on < merged_on
            or not first.opened_on < merged_on
            or first.removed_on < second.ends_on
        ):
            return False
        sites = self.world.site(into, day), self.world.site(ref, day)
        return sites[0].country_code == sites[1].country_code and all(map(_keeps_operator, sites))


def _keeps_operator(site: Site) -> bool:
    """Whether the site is its operator's to the end: sold sites are not merged."""
    at_the_end = business_on(
        site.operator, site.key, opened_on=site.lifetime.opened_on, day=site.lifetime.ends_on
    )
    return at_the_end.key == site.operator.key
