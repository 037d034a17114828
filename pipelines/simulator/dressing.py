"""The attributes a site may or may not publish: hours, pictures, directions, energy, facilities.

Belongs here: optional attributes of locations and EVSEs, all of them drawn from one key, so that
a new epoch of the content gives new ones. Does not belong here: what every site has
(`sites.py`) and statuses (`statuses.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.simulator.draws import Draws
from pipelines.simulator.entities import (
    SimBusiness,
    SimEnergyMix,
    SimImage,
    SimOpeningTimes,
    SimPeriod,
    SimPlace,
    SimPublishToken,
    SimRegularHours,
    SimStatusPeriod,
    SimText,
)
from pipelines.simulator.operators import LANGUAGES
from pipelines.simulator.sites import Site

FACILITIES = (
    "HOTEL", "RESTAURANT", "CAFE", "MALL", "SUPERMARKET", "SPORT", "RECREATION_AREA", "NATURE",
    "MUSEUM", "BIKE_SHARING", "BUS_STOP", "TAXI_STAND", "TRAM_STOP", "METRO_STATION",
    "TRAIN_STATION", "AIRPORT", "PARKING_LOT", "CARPOOL_PARKING", "FUEL_STATION", "WIFI",
)  # fmt: skip
CAPABILITIES = (
    "REMOTE_START_STOP_CAPABLE", "RFID_READER", "UNLOCK_CAPABLE", "CHARGING_PROFILE_CAPABLE",
    "RESERVABLE", "CONTACTLESS_CARD_SUPPORT", "CREDIT_CARD_PAYABLE", "DEBIT_CARD_PAYABLE",
    "PED_TERMINAL", "START_SESSION_CONNECTOR_REQUIRED", "TOKEN_GROUP_CAPABLE",
    "CHARGING_PREFERENCES_CAPABLE", "CHIP_CARD_SUPPORT",
)  # fmt: skip
PARKING_RESTRICTIONS = ("EV_ONLY", "PLUGGED", "DISABLED", "CUSTOMERS", "MOTORCYCLES")
_PARKING_TYPES = {
    "street": ("ON_STREET", "PARKING_LOT", "ON_DRIVEWAY"),
    "garage": ("PARKING_GARAGE", "UNDERGROUND_GARAGE"),
    "shop": ("PARKING_LOT",),
    "motorway": ("ALONG_MOTORWAY",),
}
_NAMES = {
    "street": ("{street} {number}", "Laadplein {street}", "{street}"),
    "garage": ("Parking {street}", "P {city} {street}"),
    "shop": ("Supermarkt {street}", "Bouwmarkt {city}", "Retailpark {street}"),
    "motorway": ("Verzorgingsplaats {city} {number}", "Raststätte {city} {number}"),
}
_DIRECTIONS = {
    "nl": ("Naast de hoofdingang.", "Op niveau -1, achter de slagboom.", "Tegenover de kerk."),
    "de": ("Neben dem Haupteingang.", "Auf Ebene -1 hinter der Schranke.", "Gegenüber Nr. 5."),
    "en": ("Next to the main entrance.", "On level -1, behind the barrier.", "Opposite no. 5."),
}
_SUPPLIERS = ("Noordzee Wind", "Rijn Energie", "Polder Power", "Ardennes Hydro")
_DAY_ENDS = ("18:00", "20:00", "22:00", "23:30")


@dataclass(frozen=True, slots=True)
class SiteDressing:
    """The optional attributes of a location."""

    name: str | None
    parking_type: str | None
    facilities: tuple[str, ...]
    directions: tuple[SimText, ...]
    images: tuple[SimImage, ...]
    related_locations: tuple[SimPlace, ...]
    opening_times: SimOpeningTimes | None
    charging_when_closed: bool | None
    energy_mix: SimEnergyMix | None
    publish_allowed_to: tuple[SimPublishToken, ...]
    suboperator: SimBusiness | None
    owner: SimBusiness | None


@dataclass(frozen=True, slots=True)
class EvseDressing:
    """The optional attributes of an EVSE."""

    status_schedule: tuple[SimStatusPeriod, ...]
    capabilities: tuple[str, ...]
    coordinates: SimPlace | None
    directions: tuple[SimText, ...]
    parking_restrictions: tuple[str, ...]
    images: tuple[SimImage, ...]


def site_dressing(key: int, site: Site, *, now: datetime, fill_all: bool) -> SiteDressing:
    """The optional attributes that follow from a key; `fill_all` leaves none of them empty."""
    draws = Draws(key)
    language = LANGUAGES[site.country_code]

    def has(share: float) -> bool:
        return draws.chance(share) or fill_all

    facilities = draws.some(FACILITIES, 0.08)
    return SiteDressing(
        name=_name(draws, site) if has(0.97) else None,
        parking_type=draws.pick(_PARKING_TYPES[site.kind]) if has(0.6) else None,
        facilities=(facilities or ("PARKING_LOT",)) if has(0.3) else (),
        directions=directions(draws, language) if has(0.12) else (),
        images=(image(draws, site.id, "LOCATION"),) if has(0.08) else (),
        related_locations=_related(draws, site, language) if has(0.05) else (),
        opening_times=opening_times(draws, now=now, fill_all=fill_all) if has(0.9) else None,
        charging_when_closed=draws.chance(0.5) if has(0.4) else None,
        energy_mix=energy_mix(draws, fill_all=fill_all) if has(0.25) else None,
        publish_allowed_to=_publish_tokens(draws) if has(0.01) else (),
        suboperator=_third_party(draws, "Gemeente", site.city.name) if has(0.06) else None,
        owner=_third_party(draws, "Vastgoed", site.street) if has(0.5) else None,
    )


def evse_dressing(key: int, site: Site, *, now: datetime, fill_all: bool) -> EvseDressing:
    """The optional attributes of one EVSE that follow from a key."""
    draws = Draws(key)
    language = LANGUAGES[site.country_code]

    def has(share: float) -> bool:
        return draws.chance(share) or fill_all

    capabilities = ("REMOTE_START_STOP_CAPABLE", *draws.some(CAPABILITIES[1:], 0.2))
    restrictions = draws.some(PARKING_RESTRICTIONS, 0.3)
    offset = SimPlace(
        round(site.latitude + draws.spread(0.0004), 6),
        round(site.longitude + draws.spread(0.0004), 6),
    )
    return EvseDressing(
        status_schedule=_status_schedule(draws, now) if has(0.02) else (),
        capabilities=capabilities if has(0.85) else (),
        coordinates=offset if has(0.3) else None,
        directions=directions(draws, language) if has(0.05) else (),
        parking_restrictions=(restrictions or ("EV_ONLY",)) if has(0.25) else (),
        images=(image(draws, f"{site.id}-{key % 97}", "CHARGER"),) if has(0.03) else (),
    )


def opening_times(draws: Draws, *, now: datetime, fill_all: bool) -> SimOpeningTimes:
    """Around the clock in three of four cases, else hours by weekday."""
    if draws.chance(0.75) and not fill_all:
        return SimOpeningTimes(twentyfourseven=True)
    last_day = 7 if draws.chance(0.5) else 6
    day_end = draws.pick(_DAY_ENDS)
    regular = tuple(SimRegularHours(day, "07:00", day_end) for day in range(1, last_day + 1))
    first = now.replace(day=1) + timedelta(days=draws.between(20, 40))
    opening = SimPeriod(first + timedelta(hours=6), first + timedelta(hours=23))
    closing = SimPeriod(first + timedelta(days=9), first + timedelta(days=10))
    return SimOpeningTimes(
        twentyfourseven=False,
        regular_hours=regular,
        exceptional_openings=(opening,) if draws.chance(0.2) or fill_all else (),
        exceptional_closings=(closing,) if draws.chance(0.3) or fill_all else (),
    )


def energy_mix(draws: Draws, *, fill_all: bool) -> SimEnergyMix:
    """Shares add up to 100 percent."""
    green = draws.chance(0.7)
    wind = draws.between(30, 70)
    rest = "SOLAR" if green else draws.pick(("GENERAL_FOSSIL", "GAS", "COAL", "NUCLEAR"))
    carbon = ("CARBON_DIOXIDE", 0.0 if green else float(draws.between(120, 480)))
    impacts = (carbon, ("NUCLEAR_WASTE", 0.0005)) if rest == "NUCLEAR" else (carbon,)
    detailed = draws.chance(0.6) or fill_all
    return SimEnergyMix(
        is_green_energy=green,
        sources=(("WIND", float(wind)), (rest, float(100 - wind))) if detailed else (),
        impacts=impacts if detailed else (),
        supplier_name=draws.pick(_SUPPLIERS) if detailed else None,
        energy_product_name="Groen uit zee" if detailed else None,
    )


def directions(draws: Draws, language: str) -> tuple[SimText, ...]:
    """One text, every fourth time in English too."""
    number = draws.between(0, 2)
    own = SimText(language, _DIRECTIONS[language][number])
    return (own, SimText("en", _DIRECTIONS["en"][number])) if draws.chance(0.25) else (own,)


def image(draws: Draws, name: str, category: str) -> SimImage:
    """A picture, with a thumbnail in half of the cases."""
    url = f"https://images.example/{name}.jpg"
    thumbnail = f"https://images.example/{name}-small.jpg" if draws.chance(0.5) else None
    return SimImage(url, thumbnail, category, "jpeg", 1024, 768)


def _name(draws: Draws, site: Site) -> str:
    template = draws.pick(_NAMES[site.kind])
    return template.format(street=site.street, number=site.house_number, city=site.city.name)


def _related(draws: Draws, site: Site, language: str) -> tuple[SimPlace, ...]:
    label = "Ingang" if language == "nl" else "Eingang"
    return (
        SimPlace(
            round(site.latitude + draws.spread(0.001), 6),
            round(site.longitude + draws.spread(0.001), 6),
            SimText(language, label) if draws.chance(0.8) else None,
        ),
    )


def _publish_tokens(draws: Draws) -> tuple[SimPublishToken, ...]:
    number = draws.between(10_000, 99_999)
    return (
        SimPublishToken(f"PUB{number}", "RFID", None, None, None),
        SimPublishToken(None, None, f"VIS{number}", "Polder Mobility", f"GROUP{number % 7}"),
    )


def _third_party(draws: Draws, kind: str, place: str) -> SimBusiness:
    name = f"{kind} {place}"
    key = "".join(letter for letter in name.lower() if letter.isalnum())
    if not draws.chance(0.3):
        return SimBusiness(key, name, None, None, ())
    site = f"https://www.{key.encode('ascii', 'ignore').decode()}.example/"
    logo = SimImage(f"{site}logo.png", f"{site}logo-small.png", "OWNER", "png", 256, 256)
    return SimBusiness(key, name, site, logo, ())


def _status_schedule(draws: Draws, now: datetime) -> tuple[SimStatusPeriod, ...]:
    begin = now + timedelta(days=draws.between(1, 20), hours=8)
    work = SimStatusPeriod(begin, begin + timedelta(hours=draws.between(1, 9)), "INOPERATIVE")
    return (work, SimStatusPeriod(work.begin + timedelta(days=30), None, "REMOVED"))[
        : 1 + draws.chance(0.2)
    ]
