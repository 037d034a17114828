"""What an aggregator knows of a location beyond its operator: access, scores, trucks, habits.

Belongs here: the attributes that only the Eco-Movement dialect has, decided and in its shape.
Does not belong here: the attributes of OCPI (`render_eco_movement.py`).

Each group of attributes follows from the location's key and the epoch of its own process, so
that a rating moves without the rest.
"""

from __future__ import annotations

from functools import lru_cache

from pipelines.simulator.draws import Draws, draw, entity_key, last_event, unit
from pipelines.simulator.entities import SimLocation
from pipelines.simulator.render_ocpi_2_2_1 import Json

_FIXED, _SCORE, _RATING, _ROAMING, _OCCUPANCY = 501, 510, 520, 530, 540

LOCATION_TYPES = frozenset(
    {"ON_STREET", "PARKING_GARAGE", "UNDERGROUND_GARAGE", "PARKING_LOT", "ALONG_MOTORWAY"}
)
_RESTRICTIONS = (
    "ONLY_CUSTOMERS", "ONLY_CUSTOMERS", "ONLY_TRUCKS", "ONLY_2_WHEELERS", "ONLY_BUS", "ONLY_BRAND",
    "ONLY_CARSHARING", "ONLY_TAXIS", "ONLY_RESIDENTIAL", "ONLY_EMPLOYEES", "TIME_RESTRICTED",
    # Seen without the prefix too.
    "CUSTOMERS", "EMPLOYEES",
)  # fmt: skip
_TRUCK_CLASSES = ("N1", "N2", "N3", "N1, N2", "N1, N2, N3", "N3+O4", "UNKNOWN")
_TRUCK_AMENITIES = ("SHOWER", "TOILETS", "RESTAURANT", "TRUCK_WASH", "SECURITY")
_CATEGORIES = ("shop", "office", "hotel", "street", "motorway service area", "park and ride")
_BEHAVIOURS = (
    "Urban charging", "Fast charging", "Mixed charging", "Noise charging", "Overnight charging",
    "Office charging",
)  # fmt: skip
_AUTHORISATIONS = ("OTHER_Apple_Pay", "OTHER_Authentication_by_car", "OTHER_Google_Pay")
_PAYMENTS = ("CREDIT_CARD_PAYABLE", "DEBIT_CARD_PAYABLE", "QR_CODE", "APP", "SMS")
_NEARBY = (
    "Bakkerij De Korenaar",
    "Café Zum Anker",
    "Toilet",
    "Supermarkt Vers",
    "Speeltuin",
    "Bus",
)
WIDER_FACILITIES = (
    "BAKERY", "BUSINESS", "EDUCATION", "FAST_FOOD", "FINANCE", "HEALTH", "OTHER", "PLAYGROUND",
    "SERVICE", "STORE", "TOILETS",
)  # fmt: skip
# (provider, partner key, cards, how many eMA ids).
PROVIDERS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("Polder Mobility", ("Polder Pas", "Polder Zakelijk"), ("NL-PMO",)),
    ("Rijn Karte", ("Rijn Karte",), ("DE-RKA", "NL-RKA")),
    ("Laadvrij", ("Laadvrij Go", "Laadvrij Plus"), ("NL-LVR", "BE-LVR")),
    ("Ardenne Charge", ("Carte Ardenne",), ("BE-ARC",)),
)


@lru_cache(maxsize=4096)
def partner_id(key: str) -> str:
    """The aggregator's stable id of a party."""
    return str(entity_key(0, f"partner:{key}") % 10**7)


def enriched(key: int, location: SimLocation, *, day: int, fill_all: bool) -> Json:
    """The attributes of a location that its operator did not give; `day` of the world."""
    draws = Draws(draw(key, _FIXED))

    def has(share: float) -> bool:
        return draws.chance(share) or fill_all

    is_restricted = draws.chance(0.2)
    code = location.parking_type if location.parking_type in LOCATION_TYPES else None
    code = code or ("OTHER" if draws.chance(0.6) else "UNKNOWN")
    found: Json = {
        "access_type": "Restricted" if is_restricted else "Public",
        "location_type": {"code": code, "description": code},
        "brand_name": (location.suboperator or location.operator).name,
        "administrative_areas": {
            "state_province": location.state,
            "municipality": location.city,
        },
        "reliability_score_2": _reliability(key, day=day),
    }
    if is_restricted or fill_all:
        found["restrictions"] = draws.some(_RESTRICTIONS, 0.12) or ("ONLY_CUSTOMERS",)
    if has(0.4):
        found["support_phone_number"] = f"+31 {draws.between(10, 88)} {draws.between(10**6, 10**7)}"
    if has(0.3):
        found["location_category"] = draws.pick(_CATEGORIES)
    if has(0.2):
        found["adhoc_authorisation_payment_method"] = draws.some(_PAYMENTS, 0.5) or ("APP",)
    if has(0.2):
        found["adhoc_authorisation_method"] = draws.some(_AUTHORISATIONS, 0.5) or (
            "OTHER_Apple_Pay",
        )
    if has(0.15):
        behaviour = draws.between(1, 6)
        found["charging_behaviour"] = {
            "code": behaviour,
            "description": _BEHAVIOURS[behaviour - 1],
        }
    if has(0.04):
        found["heavy_vehicles"] = _heavy_vehicles(draws)
    if has(0.05):
        found["vehicle_dimensions"] = {
            "verified_mass_kg": draws.between(20, 75) * 100,
            "verified_width_m": draws.between(20, 26) / 10,
            "verified_height_m": draws.between(18, 42) / 10,
            "verified_length_m": draws.between(50, 185) / 10,
        }
    if has(0.1):
        found["related_locations"] = _nearby(draws, location)
    if code == "ALONG_MOTORWAY" or fill_all:
        found["entrance_for_navigation"] = [
            {
                "name": name,
                "latitude": f"{location.coordinates.latitude + draws.spread(0.004):.6f}",
                "longitude": f"{location.coordinates.longitude + draws.spread(0.004):.6f}",
            }
            for name in ("Afrit A", "Afrit B")[: 1 + draws.chance(0.4)]
        ]
    rating = _rating(key, day=day)
    if rating or fill_all:
        found["rating"] = rating or {"count": 1, "score": 4.0}
    return found


def _reliability(key: int, *, day: int) -> int:
    """0 to 5; 0 is "not available yet"."""
    epoch, _ = last_event(key, _SCORE, period=45, day=day)
    return (0, 0, 1, 2, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5)[draw(key, _SCORE + 4, epoch) % 15]


def _rating(key: int, *, day: int) -> Json | None:
    if unit(key, _RATING + 5) >= 0.35:
        return None
    epoch, _ = last_event(key, _RATING, period=25, day=day)
    score = 1 + 4 * (1 - unit(key, _RATING + 4, epoch // 4) ** 2)
    return {"count": 1 + (epoch % 500 + 500) % 500, "score": round(score, 1)}


def _heavy_vehicles(draws: Draws) -> Json:
    def flag() -> bool:
        return draws.chance(0.5)

    sizes: Json = {
        "height": draws.between(36, 45) / 10,
        "width": 2.6,
        "length": draws.between(12, 25) + 0.5,
        "mass": draws.between(12, 44) * 1000,
        "restrictions": draws.pick(_TRUCK_CLASSES),
        "dedicated": flag(),
        "trailer_accessibility": flag(),
        "drive_through": flag(),
        "dangerous_goods": flag(),
        "rigid_vehicles": flag(),
        "overnight_parking": flag(),
        "amenities": draws.some(_TRUCK_AMENITIES, 0.5) or ("TOILETS",),
        "nose_parking": flag(),
    }
    return {f"heavy_vehicles_{name}": value for name, value in sizes.items()}


def _nearby(draws: Draws, location: SimLocation) -> list[Json]:
    return [
        {
            "latitude": f"{location.coordinates.latitude + draws.spread(0.002):.6f}",
            "longitude": f"{location.coordinates.longitude + draws.spread(0.002):.6f}",
            "name": name,
        }
        for name in (draws.some(_NEARBY, 0.4) or _NEARBY[:1])[:5]
    ]


def details(key: int, *, day: int) -> Json:
    """What is told of one location at a time: occupancy, cards, hours derived from the history."""
    return {
        "predicted_occupancy": _predicted_occupancy(key, day=day),
        "roaming": _roaming(key, day=day),
        "derived_opening_times": _derived_opening_times(key),
    }


def _predicted_occupancy(key: int, *, day: int) -> list[Json]:
    """An hour by hour of a week, anew every day."""
    base = draw(key, _OCCUPANCY) % 5
    jitter = [draw(key, _OCCUPANCY + weekday, day) for weekday in range(8)]
    return [
        {
            "weekday": weekday,
            "period_begin": _HOURS[hour],
            "period_end": _HOURS[hour + 1],
            "occupancy": 1 + (base + _BUSY[hour] + (jitter[weekday] >> hour) % 2) % 10,
        }
        for weekday in range(1, 8)
        for hour in range(24)
    ]


_HOURS = (*(f"{hour:02d}:00Z" for hour in range(24)), "00:00Z")
_BUSY = (0,) * 6 + (1, 2, 3, 4, 4, 3, 3, 3, 3, 3, 4, 5, 5, 4, 3, 2, 1, 0)


def _roaming(key: int, *, day: int) -> list[Json]:
    epoch, _ = last_event(key, _ROAMING, period=120, day=day)
    draws = Draws(draw(key, _ROAMING + 4, epoch))
    cards = []
    for emsp, names, ema_ids in draws.some(PROVIDERS, 0.7):
        for card in names:
            site = emsp.lower().replace(" ", "-")
            cards.append(
                {
                    "emsp": emsp,
                    "partner_id": partner_id(emsp),
                    "ema_id": ema_ids,
                    "card": card,
                    "android_app_link": f"https://apps.example/android/{site}",
                    "ios_app_link": f"https://apps.example/ios/{site}",
                }
            )
    return cards


def _derived_opening_times(key: int) -> Json:
    if draw(key, _ROAMING + 5) % 3:
        return {"twentyfourseven": True, "regular_hours": []}
    return {
        "twentyfourseven": False,
        "regular_hours": [
            {"weekday": weekday, "period_begin": "06:30", "period_end": "22:30"}
            for weekday in range(1, 7 + key % 2)
        ],
    }
