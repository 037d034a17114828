"""Who runs chargers in the simulated world, and where.

Belongs here: the fictional operators with their habits (party ids, units, reliability, id
styles), the day they change their name, and the cities. Does not belong here: single sites
(`sites.py`) and tariffs (`pricing.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipelines.simulator.draws import draw, unit
from pipelines.simulator.entities import SimBusiness, SimImage

IdStyle = Literal["uuid", "number", "number_swapped", "prefixed"]


@dataclass(frozen=True, slots=True)
class City:
    """A place where sites are; `spread` in degrees around its centre."""

    name: str
    state: str
    country_code: str
    latitude: float
    longitude: float
    postal_prefix: str
    spread: float = 0.05


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator and its habits.

    `parties` are (country code, party id) by country of the site; `down_share` and
    `unknown_share` are shares of nights; `declares_power` the share of connectors with a
    max_electric_power; `tariff_share` the share of connectors that name a tariff.
    """

    key: str
    name: str
    parties: tuple[tuple[str, str], ...]
    weight: int
    down_share: float
    unknown_share: float
    dc_share: float
    id_style: IdStyle = "uuid"
    power_unit: Literal["W", "kW"] = "W"
    line_to_line_share: float = 0.1
    declares_power: float = 0.7
    tariff_share: float = 0.85
    renamed_to: str | None = None
    taken_over_by: str | None = None

    @property
    def website(self) -> str:
        return f"https://www.{self.key}.example/"


_SOLD, _TAKEN_OVER = 80, 90
# Days after the world's start. Inside the first 14 nights, so that a fortnight shows both.
RENAMED_AFTER_DAYS = 6
TAKEOVER_FIRST_DAY = 9
TAKEOVER_DAYS = 5

OPERATORS: tuple[Operator, ...] = (
    Operator(
        "amstelstroom", "Amstelstroom", (("NL", "AAA"), ("BE", "AAA"), ("DE", "AAB")), 20,
        0.012, 0.02, 0.10, declares_power=0.8,
    ),
    Operator("beekvolt", "Beekvolt", (("NL", "BVX"),), 14, 0.03, 0.05, 0.02, "number"),
    Operator(
        "cirrus", "Cirrus Charging", (("NL", "CC1"), ("BE", "CC2"), ("DE", "CC3")), 12,
        0.015, 0.01, 0.55, "prefixed", declares_power=0.95,
    ),
    Operator(
        "deltalader", "Deltalader", (("NL", "DLT"),), 10, 0.05, 0.18, 0.02, "number_swapped",
        line_to_line_share=0.9, declares_power=0.3,
    ),
    Operator(
        "eilandenergie", "Eiland Energie", (("NL", "EIL"),), 6, 0.02, 0.03, 0.05,
        renamed_to="Eiland Laden",
    ),
    Operator(
        "fluxpunkt", "Fluxpunkt", (("DE", "FXP"), ("NL", "FXN")), 9, 0.02, 0.02, 0.45,
        power_unit="kW", declares_power=0.9,
    ),
    Operator("groenpaal", "Groenpaal", (("NL", "GRP"), ("BE", "GRB")), 8, 0.06, 0.04, 0.03),
    Operator(
        "havenstroom", "Havenstroom", (("NL", "HVN"), ("BE", "HVB")), 5, 0.025, 0.02, 0.15,
        "prefixed", taken_over_by="cirrus",
    ),
    Operator("isarladen", "Isarladen", (("DE", "ISL"),), 7, 0.03, 0.06, 0.2, "number"),
    Operator("kempenplug", "Kempenplug", (("BE", "KMP"),), 6, 0.04, 0.03, 0.05),
    Operator(
        "lichtweg", "Lichtweg Snelladen", (("NL", "LWS"), ("DE", "LWD")), 6, 0.008, 0.005, 1.0,
        "prefixed", declares_power=1.0, tariff_share=1.0,
    ),
    Operator("maasvolt", "Maasvolt", (("NL", "MSV"), ("BE", "MSB")), 6, 0.03, 0.3, 0.04, "uuid"),
    Operator(
        "noordlader", "Noordlader", (("NL", "NRD"),), 4, 0.09, 0.05, 0.08, "number_swapped",
        declares_power=0.1, tariff_share=0.4,
    ),
    Operator("rijnpaal", "Rijnpaal", (("DE", "RHP"), ("NL", "RHN")), 5, 0.035, 0.03, 0.12),
    Operator("scheldelaad", "Scheldelaad", (("BE", "SCH"),), 4, 0.02, 0.08, 0.1, "prefixed"),
    Operator("polderplug", "Polderplug Coöperatie", (("NL", "PPC"),), 1, 0.0, 0.0, 0.0, "number"),
)  # fmt: skip

OPERATOR_BY_KEY = {operator.key: operator for operator in OPERATORS}

CITIES: tuple[City, ...] = (
    City("Amsterdam", "Noord-Holland", "NL", 52.3702, 4.8952, "10"),
    City("Rotterdam", "Zuid-Holland", "NL", 51.9225, 4.4792, "30"),
    City("'s-Gravenhage", "Zuid-Holland", "NL", 52.0705, 4.3007, "25"),
    City("Utrecht", "Utrecht", "NL", 52.0907, 5.1214, "35"),
    City("Eindhoven", "Noord-Brabant", "NL", 51.4416, 5.4697, "56"),
    City("Groningen", "Groningen", "NL", 53.2194, 6.5665, "97"),
    City("Zwolle", "Overijssel", "NL", 52.5168, 6.0830, "80", 0.04),
    City("Maastricht", "Limburg", "NL", 50.8514, 5.6910, "62", 0.02),
    City("Middelburg", "Zeeland", "NL", 51.4988, 3.6110, "43", 0.03),
    City("Nijmegen", "Gelderland", "NL", 51.8426, 5.8528, "65", 0.04),
    City("Antwerpen", "Antwerpen", "BE", 51.2194, 4.4025, "20", 0.04),
    City("Gent", "Oost-Vlaanderen", "BE", 51.0543, 3.7174, "90", 0.04),
    City("Brussel", "Brussels Hoofdstedelijk Gewest", "BE", 50.8503, 4.3517, "10", 0.04),
    City("Liège", "Liège", "BE", 50.6326, 5.5797, "40", 0.04),
    City("Hasselt", "Limburg", "BE", 50.9307, 5.3325, "35", 0.03),
    City("Köln", "Nordrhein-Westfalen", "DE", 50.9375, 6.9603, "506", 0.06),
    City("Düsseldorf", "Nordrhein-Westfalen", "DE", 51.2277, 6.7735, "402"),
    City("Hamburg", "Hamburg", "DE", 53.5511, 9.9937, "200", 0.08),
    City("Berlin", "Berlin", "DE", 52.5200, 13.4050, "101", 0.1),
    City("München", "Bayern", "DE", 48.1351, 11.5820, "803", 0.07),
    City("Frankfurt am Main", "Hessen", "DE", 50.1109, 8.6821, "603", 0.05),
    City("Münster", "Nordrhein-Westfalen", "DE", 51.9607, 7.6261, "481", 0.04),
)

CITIES_BY_COUNTRY = {
    code: tuple(city for city in CITIES if city.country_code == code) for code in ("NL", "BE", "DE")
}
COUNTRY_ALPHA_3 = {"NL": "NLD", "BE": "BEL", "DE": "DEU"}
TIME_ZONES = {"NL": "Europe/Amsterdam", "BE": "Europe/Brussels", "DE": "Europe/Berlin"}
LANGUAGES = {"NL": "nl", "BE": "nl", "DE": "de"}

# One entry per unit of weight: an operator is drawn by indexing.
_DRAWN_OPERATORS = tuple(operator for operator in OPERATORS for _ in range(operator.weight))


def drawn_operator(key: int, salt: int) -> Operator:
    """The operator of a site."""
    return _DRAWN_OPERATORS[int(unit(key, salt) * len(_DRAWN_OPERATORS))]


def _business(operator: Operator, name: str) -> SimBusiness:
    site = operator.website
    logo = SimImage(f"{site}logo.png", f"{site}logo-small.png", "OPERATOR", "png", 512, 256)
    ema_ids = tuple(f"{country}*{party}" for country, party in operator.parties)
    return SimBusiness(operator.key, name, site, logo, ema_ids)


_BUSINESSES = {
    operator.key: (
        _business(operator, operator.name),
        _business(operator, operator.renamed_to or operator.name),
    )
    for operator in OPERATORS
}


def business_on(operator: Operator, key: int, *, opened_on: int, day: int) -> SimBusiness:
    """How the operator of the site with this key calls itself on a day.

    A rename happens everywhere at once; a takeover reaches each site on a night of its own. One
    site in five is sold to somebody else at some time. Party and EVSE ids stay what they were.
    """
    if unit(key, _SOLD) < 0.2 and day >= opened_on + 1 + draw(key, _SOLD + 1) % 400:
        operator = drawn_operator(key, _SOLD + 2)
    if operator.taken_over_by:
        moved_on = TAKEOVER_FIRST_DAY + int(unit(key, _TAKEN_OVER) * TAKEOVER_DAYS)
        if day >= moved_on:
            return _BUSINESSES[operator.taken_over_by][0]
    return _BUSINESSES[operator.key][1 if day >= RENAMED_AFTER_DAYS else 0]
