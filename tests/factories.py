"""Hypothesis strategies for OCPI objects, as the standard has them and as feeds do.

Belongs here: well-formed locations and tariffs, and mutations that spoil any JSON value. Does not
belong here: assertions.
"""

from __future__ import annotations

import copy
import json
import random
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from pipelines.model.vocabularies import (
    CAPABILITY,
    CONNECTOR_FORMAT,
    CONNECTOR_STANDARD,
    ENERGY_SOURCE,
    EVSE_STATUS,
    FACILITY,
    IMAGE_CATEGORY,
    PARKING_TYPE,
    POWER_TYPE,
    TARIFF_DIMENSION,
    TARIFF_TYPE,
    WEEKDAY,
)

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class PlainRecord:
    """A record as landing gives it."""

    page: str
    index: int
    raw: bytes


def records_of(objects: list[Any], page: str = "locations-00000.json") -> list[PlainRecord]:
    return [
        PlainRecord(page, index, value if isinstance(value, bytes) else json.dumps(value).encode())
        for index, value in enumerate(objects)
    ]


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


def objects(
    required: dict[str, st.SearchStrategy[Any]],
    optional: dict[str, st.SearchStrategy[Any]],
) -> st.SearchStrategy[JsonObject]:
    """Objects with some attributes always there, and others missing, null or there."""
    return st.fixed_dictionaries(required, optional={n: maybe(v) for n, v in optional.items()})


# Blanks around, NBSP, U+0000 and non-ASCII are all legal JSON text.
texts = st.text(
    st.sampled_from("abcXYZ019 é€Ж\u00a0\x00\r\n\t'\"\\,;"), max_size=8
) | st.sampled_from(["Utrecht", " Ede ", ""])
ids = st.text(st.sampled_from("abAB12*-. "), min_size=1, max_size=6).filter(str.strip)
moments = st.builds(
    lambda day, clock, fraction, zone: f"{day.isoformat()}T{clock}{fraction}{zone}",
    st.dates(),
    st.sampled_from(["00:00:00", "12:34:56", "23:59:59"]),
    st.sampled_from(["", ".1", ".123", ".123456", ".123456789"]),
    st.sampled_from(["Z", "", "+02:00", "+00:00"]),
)
times = st.sampled_from(["00:00", "08:30", "24:00", "7:05", "23:59:59"])
codes = {
    "status": EVSE_STATUS,
    "standard": CONNECTOR_STANDARD,
    "format": CONNECTOR_FORMAT,
    "power_type": POWER_TYPE,
}
numbers = st.integers(-5, 100_000) | st.floats(-1e6, 1e6, allow_nan=False).map(
    lambda value: round(value, 6)
)
coordinates = st.one_of(
    st.builds(lambda a, b: {"latitude": a, "longitude": b}, *[st.floats(-89, 89)] * 2),
    st.just({"latitude": "52.100000", "longitude": "5.1"}),
)


def code(values: tuple[str, ...]) -> st.SearchStrategy[str]:
    return (
        st.sampled_from(values)
        | st.sampled_from(values).map(lambda value: f" {value.lower()} ")
        | st.sampled_from(["Type 2 outlet", "NEW_VALUE"])
    )


def lists(values: st.SearchStrategy[Any], *, most: int = 3) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, max_size=most)


display_texts = objects({}, {"language": st.just("en"), "text": texts})
images = objects(
    {"url": texts},
    {
        "thumbnail": texts,
        "category": code(IMAGE_CATEGORY),
        "type": st.just("png"),
        "width": st.integers(0, 4000),
        "height": st.integers(0, 4000),
    },
)
connectors = objects(
    {"id": ids},
    {
        **{name: code(codes[name]) for name in ("standard", "format", "power_type")},
        "max_voltage": numbers,
        "max_amperage": numbers,
        "max_electric_power": numbers,
        "terms_and_conditions": texts,
        "tariff_ids": lists(maybe(ids)),
        "last_updated": moments,
    },
)


def unique(values: st.SearchStrategy[JsonObject], by: str, most: int = 3) -> st.SearchStrategy[Any]:
    return st.lists(values, max_size=most, unique_by=lambda value: value[by].strip())


evses = objects(
    {"uid": ids},
    {
        "evse_id": texts,
        "status": code(EVSE_STATUS),
        "capabilities": lists(maybe(code(CAPABILITY))),
        "coordinates": coordinates,
        "directions": lists(display_texts),
        "status_schedule": lists(objects({}, {"period_begin": moments, "status": texts})),
        "images": lists(images, most=1),
        "connectors": unique(connectors, "id"),
        "last_updated": moments,
    },
)
parties = objects({}, {"name": texts, "website": texts, "logo": images})
locations = objects(
    {"id": ids},
    {
        "country_code": st.sampled_from(["NL", "be"]),
        "party_id": st.just("TNM"),
        "publish": st.booleans(),
        "name": texts,
        "address": texts,
        "country": st.sampled_from(["NLD", "NL", "Netherlands", "TRY", ""]),
        "coordinates": coordinates,
        "parking_type": code(PARKING_TYPE),
        "facilities": lists(code(FACILITY)),
        "operator": parties,
        "owner": parties,
        "directions": lists(display_texts),
        "related_locations": lists(
            objects({}, {"latitude": st.just(1.5), "name": display_texts}), most=2
        ),
        "opening_times": objects(
            {},
            {
                "twentyfourseven": st.booleans(),
                "regular_hours": lists(
                    objects(
                        {"weekday": st.integers(1, 7)}, {"period_begin": times, "period_end": times}
                    )
                ),
                "exceptional_closings": lists(objects({}, {"period_begin": moments}), most=1),
            },
        ),
        "energy_mix": objects(
            {},
            {
                "is_green_energy": st.booleans(),
                "energy_sources": lists(
                    objects({"source": code(ENERGY_SOURCE)}, {"percentage": numbers})
                ),
            },
        ),
        "evses": unique(evses, "uid"),
        "last_updated": moments,
        "unheard_of": st.just("x"),
    },
)
tariffs = objects(
    {"id": ids},
    {
        "country_code": st.just("NL"),
        "party_id": st.just("TNM"),
        "currency": st.just("EUR"),
        "type": code(TARIFF_TYPE),
        "min_price": objects({}, {"excl_vat": numbers, "incl_vat": numbers}),
        "tariff_alt_text": lists(display_texts),
        "elements": lists(
            objects(
                {
                    "price_components": lists(
                        objects(
                            {"type": code(TARIFF_DIMENSION), "price": numbers},
                            {"vat": numbers, "step_size": st.integers(0, 3600)},
                        )
                    )
                },
                {
                    "restrictions": objects(
                        {},
                        {
                            "start_time": times,
                            "start_date": st.dates().map(str),
                            "min_kwh": numbers,
                            "day_of_week": lists(code(WEEKDAY)),
                        },
                    )
                },
            )
        ),
        "last_updated": moments,
    },
)

ODD_VALUES: tuple[Any, ...] = (
    None, {}, [], "", " ", 0, 1, -3, 1.5, 10**30, True, False, "true", "12,5", "230 V", "x\x00y",
    "0001-01-01T00:00:00", "2026-02-31T00:00:00Z", [None], [{}], [[]], {"text": "t"}, [5, "a"],
    {"a": {"b": 1}}, "\ud800", "\u00a0a\r\n", "NaN",
)  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> Any:
    """A value of which some parts were replaced, removed, repeated or renamed."""
    value = copy.deepcopy(draw(values))
    generator = random.Random(draw(st.integers(0, 2**32)))
    for _ in range(draw(st.integers(0, 4))):
        value = _spoil(value, generator)
    return value


def _spoil(value: Any, generator: random.Random) -> Any:
    if not isinstance(value, dict | list) or not value or generator.random() < 0.15:
        return copy.deepcopy(generator.choice(ODD_VALUES))
    place = generator.choice(list(value) if isinstance(value, dict) else range(len(value)))
    kind = generator.random()
    if kind < 0.75:
        value[place] = _spoil(value[place], generator)
    elif kind < 0.85 and isinstance(value, dict):
        first, *rest = place.split("_")
        value[first + "".join(word.title() for word in rest)] = value.pop(place)
    elif isinstance(value, list):
        value.append(copy.deepcopy(value[place]))
    else:
        del value[place]
    return value
