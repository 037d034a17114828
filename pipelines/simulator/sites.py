"""Where chargers stand: what about a site stays the same from its opening to its end.

Belongs here: lifetimes (opened, removed, vanished, away for a while), addresses, ids, the EVSEs
as built. Does not belong here: what changes from night to night (`statuses.py`, `dressing.py`,
`world.py`).

A world of N locations has N slots. In each slot one site follows another, so that the size stays
about N on any day, past or future, and the site of a slot on a day is found from two draws.
Days are whole numbers counted from the world's start; they may be negative.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.simulator.draws import Draws, draw, entity_key, event_day, last_event, unit
from pipelines.simulator.hardware import ConnectorPlan, drawn_connectors
from pipelines.simulator.operators import CITIES_BY_COUNTRY, City, Operator, drawn_operator

_LIFETIME, _END, _GAP, _AWAY, _SHORT, _COPY, _OPERATOR = 10, 20, 30, 40, 50, 60, 70

_EVSE_NUMBERS = (1,) * 26 + (2,) * 50 + (3,) * 6 + (4,) * 10 + (6,) * 4 + (8,) * 2 + (10, 12)
_STREETS = {
    "NL": ("Dorpsstraat", "Stationsweg", "Kerkstraat", "Molenweg", "Havenkade", "Julianalaan"),
    "BE": ("Stationsstraat", "Kerkplein", "Nieuwstraat", "Rue de la Gare", "Schoolstraat"),
    "DE": ("Hauptstraße", "Bahnhofstraße", "Gartenweg", "Lindenallee", "Am Markt"),
}


@dataclass(frozen=True, slots=True)
class Lifetime:
    """The site that a slot shows on a day: which generation, since and until when.

    From `ends_on` on it is gone; a `vanishes` site says nothing before, another one shows
    REMOVED from `removed_on` on.
    """

    generation: int
    opened_on: int
    removed_on: int
    ends_on: int
    vanishes: bool


@dataclass(frozen=True, slots=True)
class EvsePlan:
    """An EVSE as built; days are counted from the world's start."""

    key: int
    uid: str
    evse_id: str | None
    connectors: tuple[ConnectorPlan, ...]
    floor_level: str | None
    physical_reference: str | None
    opened_on: int
    ends_on: int | None
    status_period: int


@dataclass(frozen=True, slots=True)
class Site:
    """A site as built."""

    key: int
    slot: int
    operator: Operator
    country_code: str
    party_id: str
    id: str
    city: City
    street: str
    house_number: int
    postal_code: str
    latitude: float
    longitude: float
    kind: str
    lifetime: Lifetime
    planned_until: int
    evses: tuple[EvsePlan, ...]


def lifetime_on(slot_key: int, *, day: int) -> Lifetime | None:
    """What the slot shows on a day; None in the gap between two sites or while one is away."""
    # Mean 480 days: about 0.2 % of the locations open each night and as many go, as in the
    # Dutch feed (287 of 68,339 vanished in five days).
    period = 330 + draw(slot_key, _LIFETIME) % 300
    generation, opened_on = last_event(slot_key, _LIFETIME + 1, period=period, day=day)
    next_opening = event_day(slot_key, _LIFETIME + 1, period=period, epoch=generation + 1)
    ends_on = max(opened_on + 1, next_opening - draw(slot_key, _GAP, generation) % 12)
    if day >= ends_on or _is_away(slot_key, day=day):
        return None
    vanishes = unit(slot_key, _END, generation) < 0.45
    removed_on = ends_on if vanishes else ends_on - 4 - draw(slot_key, _END + 1, generation) % 20
    return Lifetime(generation, opened_on, max(removed_on, opened_on), ends_on, vanishes)


def _is_away(slot_key: int, *, day: int) -> bool:
    """One slot in eight is left out of the feed for one to five nights every few months."""
    if not comes_and_goes(slot_key):
        return False
    epoch, left_on = last_event(slot_key, _AWAY + 1, period=110, day=day)
    return day < left_on + 1 + draw(slot_key, _AWAY + 3, epoch) % 5


def comes_and_goes(slot_key: int) -> bool:
    """Whether the slot is left out of the feed for some nights now and then."""
    return unit(slot_key, _AWAY) < 0.125


def is_copy(slot_key: int) -> bool:
    """Whether the slot shows an older copy of another slot's EVSEs, as roaming platforms do."""
    return unit(slot_key, _COPY) < 0.03


def copied_day(slot_key: int, *, day: int) -> int:
    """The day as of which a copy shows its original: refreshed every few weeks only."""
    _, refreshed_on = last_event(slot_key, _COPY + 1, period=45, day=day)
    return refreshed_on - 3


def founding(*, seed: int, slot: int, lifetime: Lifetime) -> tuple[int, Operator]:
    """The key and the operator of the site of a slot in one generation, without building it."""
    key = entity_key(seed, "site", slot, lifetime.generation)
    return key, drawn_operator(key, _OPERATOR)


def built_site(
    *, seed: int, slot: int, slot_key: int, lifetime: Lifetime, fill_all: bool = False
) -> Site:
    """The site of a slot in one generation."""
    key, operator = founding(seed=seed, slot=slot, lifetime=lifetime)
    draws = Draws(key)
    country_code, party_id = operator.parties[_party_index(draws, len(operator.parties))]
    city = draws.pick(CITIES_BY_COUNTRY[country_code])
    direct_current = draws.chance(operator.dc_share)
    identifier = _location_id(operator, key, slot=slot, generation=lifetime.generation)
    planned_until = lifetime.opened_on + (draws.between(2, 25) if draws.chance(0.5) else 0)
    return Site(
        key=key,
        slot=slot,
        operator=operator,
        country_code=country_code,
        party_id=party_id,
        id=identifier,
        city=city,
        street=draws.pick(_STREETS[country_code]),
        house_number=draws.between(1, 240),
        postal_code=_postal_code(draws, city),
        latitude=round(city.latitude + draws.spread(city.spread), 6),
        longitude=round(city.longitude + draws.spread(city.spread * 1.5), 6),
        kind=_kind(draws, direct_current=direct_current),
        lifetime=lifetime,
        planned_until=min(planned_until, lifetime.removed_on),
        evses=_built_evses(
            draws,
            operator,
            site_key=key,
            evse_prefix=f"{country_code}*{party_id}*E{slot:06d}{lifetime.generation % 10}",
            lifetime=lifetime,
            direct_current=direct_current,
            fill_all=fill_all,
        ),
    )


def _party_index(draws: Draws, parties: int) -> int:
    # The home country has about two thirds of an operator's sites.
    return 0 if parties == 1 or draws.chance(0.65) else draws.between(1, parties - 1)


def _location_id(operator: Operator, key: int, *, slot: int, generation: int) -> str:
    """Unique within a party; the two numbering operators share ids across parties on purpose."""
    if operator.id_style == "uuid":
        text = f"{key:016x}{draw(key, 71):016x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
    if operator.id_style == "prefixed":
        return f"{operator.key[:3].upper()}-{slot:06d}-{generation % 100:02d}"
    number = slot if operator.id_style == "number" else slot ^ 1
    return str(1000 + number * 100 + generation % 100)


def _postal_code(draws: Draws, city: City) -> str:
    number = draws.between(0, 99)
    if city.country_code == "NL":
        return f"{city.postal_prefix}{number:02d} {chr(65 + draws.between(0, 25))}B"
    return f"{city.postal_prefix}{number:02d}"


def _kind(draws: Draws, *, direct_current: bool) -> str:
    kinds = ("motorway", "shop", "shop") if direct_current else ("street", "street", "garage")
    return draws.pick(kinds)


def _built_evses(
    draws: Draws,
    operator: Operator,
    *,
    site_key: int,
    evse_prefix: str,
    lifetime: Lifetime,
    direct_current: bool,
    fill_all: bool,
) -> tuple[EvsePlan, ...]:
    evses = []
    for number in range(1, draws.pick(_EVSE_NUMBERS) + 1):
        key = draw(site_key, 72, number)
        opened_on = lifetime.opened_on
        if number > 1 and draws.chance(0.12):
            opened_on += draws.between(20, 300)
        ends_on = opened_on + draws.between(60, 300) if draws.chance(0.2) else None
        evse_id = None if draws.chance(0.004) and not fill_all else f"{evse_prefix}*{number}"
        hashed = operator.id_style == "uuid" or evse_id is None
        floor = draws.between(-2, 3) if draws.chance(0.1) or fill_all else None
        evses.append(
            EvsePlan(
                key=key,
                uid=f"{key:016x}-{number}" if hashed else str(evse_id).replace("*", ""),
                evse_id=evse_id,
                connectors=drawn_connectors(
                    draws, operator, direct_current=direct_current, fill_all=fill_all
                ),
                floor_level=None if floor is None else str(floor),
                physical_reference=f"{number:02d}" if draws.chance(0.6) or fill_all else None,
                opened_on=opened_on,
                ends_on=ends_on if number > 1 else None,
                status_period=90 if draws.chance(0.06) else draws.pick((1, 1, 2, 2, 3, 5, 9)),
            )
        )
    return tuple(evses)
