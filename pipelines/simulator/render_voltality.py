"""The simulated world written as Voltality OMNI writes it: protobuf as JSON.

Belongs here: locations, EVSEs and tariffs as JSON bytes; int64 are texts, int32 numbers. Does not
belong here: addresses (`routes_voltality.py`).

Status, reliability and uptime are the connector's. Where an EVSE charges, one connector does and
the others say AVAILABLE; a blocked EVSE has a connector that is FINISHING, as BLOCKED is no value.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache

import msgspec

from pipelines.simulator.draws import draw, entity_key, last_event
from pipelines.simulator.entities import (
    SimBusiness,
    SimConnector,
    SimEvse,
    SimImage,
    SimLocation,
    SimPrice,
    SimTariff,
)
from pipelines.simulator.render_eco_movement import qualified
from pipelines.simulator.render_ocpi_2_2_1 import (
    Json,
    coordinates_object,
    given,
    opening_times_object,
    related_location_object,
    restrictions_object,
    text_object,
    time_text,
)

encode = msgspec.json.Encoder(decimal_format="number").encode

_SCORE, _UPTIME, _PRIVILEGE = 801, 810, 820
_CENT, _MINUTES = Decimal("0.01"), Decimal(60)
_ENTITY = "VOLT"
# A statement for the whole tariff, beside the elements.
_STATED = {
    "ENERGY": "price_per_kwh",
    "TIME": "price_per_min",
    "FLAT": "price_flat",
    "PARKING_TIME": "price_per_min_parked",
}


@lru_cache(maxsize=65_536)
def _key(kind: str, identifier: str) -> int:
    return entity_key(0, f"{kind}:{identifier}")


def _uid(kind: str, identifier: str) -> str:
    """A database id: never seen anywhere else."""
    return f"{kind}_{_key(kind, identifier):016x}"


def location_object(location: SimLocation, *, day: int) -> Json:
    """A location; `day` of the world."""
    party = qualified(location.country_code, location.party_id, location.id)
    opening_times = location.opening_times
    return given(
        uid=_uid("loc", party),
        name=location.name,
        address=location.address,
        city=location.city,
        postal_code=location.postal_code,
        state=location.state,
        country=location.country_code,
        country_code=location.country_code,
        entity_code=_ENTITY,
        coordinates=coordinates_object(location.coordinates),
        evses=[evse_object(evse, location, day=day) for evse in location.evses],
        charging_when_closed=location.charging_when_closed,
        directions=[text_object(text) for text in location.directions],
        facilities=location.facilities,
        images=[_image(image) for image in location.images],
        opening_times=opening_times_object(opening_times) if opening_times else None,
        operator=_business(location.operator),
        suboperator=_business(location.suboperator) if location.suboperator else None,
        owner=_business(location.owner) if location.owner else None,
        parking_type=location.parking_type,
        related_locations=[related_location_object(place) for place in location.related_locations],
        time_zone=location.time_zone,
        publish=location.publish,
        last_updated=time_text(location.last_updated),
    )


def evse_object(evse: SimEvse, location: SimLocation, *, day: int) -> Json:
    """An EVSE: no status of its own."""
    # Copies of an EVSE in other locations are other EVSEs here.
    key = f"{location.country_code}{location.party_id}:{location.id}:{evse.uid}"
    wheels = 2 if "MOTORCYCLES" in evse.parking_restrictions else 4 + _key("evse", key) % 2 * 2
    return given(
        uid=_uid("evse", key),
        evse_id=evse.evse_id,
        capabilities=evse.capabilities,
        connectors=[
            _connector(connector, evse, location, key=f"{key}:{connector.id}", day=day)
            for connector in evse.connectors
        ],
        coordinates=coordinates_object(evse.coordinates or location.coordinates),
        floor_level=evse.floor_level,
        images=[_image(image) for image in evse.images],
        last_updated=time_text(evse.last_updated),
        parking_restrictions=evse.parking_restrictions,
        physical_reference=evse.physical_reference,
        protocol="OMNI",
        localised_directions=[text_object(text) for text in evse.directions],
        max_vehicle_wheels_supported=wheels,
    )


def _connector(
    connector: SimConnector, evse: SimEvse, location: SimLocation, *, key: str, day: int
) -> Json:
    number = _key("connector", key)
    # Scores are told anew every few weeks; one in ten has none.
    epoch, _ = last_event(number, _SCORE, period=30, day=day)
    score = (draw(number, _SCORE + 4, epoch) % 101) / 10
    uptime = 1 - (draw(number, _UPTIME, epoch) % 1000) ** 2 / 10_000_000
    has_scores = number % 10 > 0
    # Given for AC_3_PHASE between line and neutral.
    volts = 230 if connector.power_type == "AC_3_PHASE" else connector.voltage_v
    record = given(
        uid=_uid("con", key),
        connector_id=connector.id,
        format=connector.format,
        standard=connector.standard,
        power_type=connector.power_type,
        max_voltage=volts,
        max_amperage=connector.amperage_a,
        max_electric_power=connector.power_w,
        tariff_uids=[
            qualified(location.country_code, location.party_id, identifier)
            for identifier in connector.tariff_ids
        ],
        terms_and_conditions=(
            f"See {connector.terms_and_conditions}" if connector.terms_and_conditions else None
        ),
        status=_status(connector, evse),
        reliability=score if has_scores else None,
        uptime=round(uptime, 4) if has_scores else None,
        qr_identifier=f"Q{number % 10**8:08d}" if number % 3 else None,
        privilege_status=("PUBLIC", "PUBLIC", "PUBLIC", "RESTRICTED", "PRIVATE")[
            draw(number, _PRIVILEGE) % 5
        ],
        physical_reference=f"Gun {'ABC'[int(connector.id) - 1]}",
        is_enabled=evse.status not in {"INOPERATIVE", "REMOVED"},
        is_published=location.publish,
        is_transient_web_enabled=number % 4 == 0,
        last_updated=time_text(connector.last_updated),
    )
    # Not every operator tells: null is not false.
    record["online"] = evse.status != "UNKNOWN" if number % 7 else None
    return record


def _status(connector: SimConnector, evse: SimEvse) -> str:
    status = "FINISHING" if evse.status == "BLOCKED" else evse.status
    return "AVAILABLE" if status in {"CHARGING", "FINISHING"} and connector.id != "1" else status


def tariff_object(tariff: SimTariff) -> Json:
    """A tariff: prices of time are per minute."""
    party = qualified(tariff.country_code, tariff.party_id, tariff.id)
    start, end = tariff.start_date_time, tariff.end_date_time
    found = given(
        uid=party,
        country_code=tariff.country_code,
        currency=tariff.currency,
        type=tariff.type,
        start_date_time=time_text(start) if start else None,
        end_date_time=time_text(end) if end else None,
        min_price=_amount(tariff.min_price),
        max_price=_amount(tariff.max_price),
        elements=[
            given(
                uid=f"{party}-{number}",
                price_components=[
                    given(
                        type=component.type,
                        price=_per_minute(component.type, component.price),
                        vat=component.vat,
                        step_size=str(component.step_size),
                    )
                    for component in element.components
                ],
                restrictions=(
                    restrictions_object(element.restrictions) if element.restrictions else None
                ),
            )
            for number, element in enumerate(tariff.elements)
        ],
        tariff_alt_text=[text_object(text) for text in tariff.alt_texts],
        last_updated=time_text(tariff.last_updated),
    )
    for element in tariff.elements:
        for component in element.components:
            name = _STATED[component.type]
            if element.restrictions is None or component.type != "ENERGY":
                price = _per_minute(component.type, component.price)
                found.setdefault(name, _with_vat(price, component.vat))
    if "price_per_min_parked" in found:
        found["max_price_per_min_parked"] = _with_vat(Decimal("12.00"), None)
        found["grace_period_seconds"] = str(600 + len(tariff.id) * 60)
    return found


def _per_minute(kind: str, price: Decimal) -> Decimal:
    if kind in {"TIME", "PARKING_TIME"}:
        return (price / _MINUTES).quantize(Decimal("0.0001"))
    return price


def _with_vat(price: Decimal, vat: Decimal | None) -> Json:
    if vat is None:
        return {"excl_vat": price}
    including = price * (1 + vat / 100)
    return {"excl_vat": price, "incl_vat": including.quantize(Decimal("0.0001"))}


def _amount(price: SimPrice | None) -> Json | None:
    return given(excl_vat=price.excl_vat, incl_vat=price.incl_vat) if price else None


def _business(business: SimBusiness) -> Json:
    logo = _image(business.logo) if business.logo else None
    return given(name=business.name, website=business.website, logo=logo)


def _image(image: SimImage) -> Json:
    """Width and height are int64: text in JSON."""
    return given(
        url=image.url,
        thumbnail=image.thumbnail,
        category=image.category,
        type=image.type,
        width=None if image.width is None else str(image.width),
        height=None if image.height is None else str(image.height),
    )


def listed_location_json(location: SimLocation, *, day: int) -> bytes:
    """A location in a list: beside it the distance from the point that was asked about."""
    metres = _key("distance", location.id) % 50_000
    return encode({"location": location_object(location, day=day), "distance_meters": metres})


def enclosure(
    list_name: str | None,
    data: bytes | None,
    *,
    status_code: int,
    status_message: str,
    day: date,
) -> bytes:
    """No envelope: the list under its name, or bare; refusals as gRPC gateways write them."""
    if data is None:
        return msgspec.json.encode({"code": status_code, "message": status_message, "details": []})
    if list_name is None:
        return data
    return b'{"' + list_name.encode() + b'":' + data + b"}"
