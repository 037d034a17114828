"""The simulated world written as OCPI 2.1.1 objects.

Belongs here: locations, tariffs, sessions, CDRs and tokens as dicts and as JSON bytes. Does not
belong here: which there are (`world.py`, `charging.py`), the attributes that versions share
(`render_ocpi_2_2_1.py`).

The body does not name the party: ids that several parties use bear it in front.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from pipelines.simulator.charging import Charge, Token, cost_of, volumes_of
from pipelines.simulator.entities import (
    SimConnector,
    SimEnergyMix,
    SimEvse,
    SimLocation,
    SimTariff,
)
from pipelines.simulator.render_eco_movement import (
    CAPABILITIES_2_1_1,
    FACILITIES_2_1_1,
    location_type,
    qualified,
)
from pipelines.simulator.render_ocpi_2_2_1 import (
    Json,
    business_object,
    coordinates_object,
    given,
    image_object,
    opening_times_object,
    related_location_object,
    restrictions_object,
    status_period_object,
    text_object,
    time_text,
)

encode = msgspec.json.Encoder(decimal_format="number").encode

_UUID_LENGTH = 36
# Members of restrictions that 2.1.1 does not have.
_LATER = frozenset({"min_current", "max_current", "reservation"})


def location_id(location: SimLocation) -> str:
    """At most 39 characters: uuids are long, and unique, enough alone."""
    if len(location.id) == _UUID_LENGTH:
        return location.id
    return qualified(location.country_code, location.party_id, location.id)


def location_object(location: SimLocation) -> Json:
    """A Location as OCPI 2.1.1 defines it (8.3.1)."""
    return given(
        id=location_id(location),
        type=location_type(location.parking_type),
        name=location.name,
        address=location.address,
        city=location.city,
        postal_code=location.postal_code,
        country=location.country,
        coordinates=coordinates_object(location.coordinates),
        related_locations=[related_location_object(place) for place in location.related_locations],
        evses=[evse_object(evse, location) for evse in location.evses],
        directions=[text_object(text) for text in location.directions],
        operator=business_object(location.operator),
        suboperator=business_object(location.suboperator) if location.suboperator else None,
        owner=business_object(location.owner) if location.owner else None,
        facilities=[name for name in location.facilities if name in FACILITIES_2_1_1],
        time_zone=location.time_zone,
        opening_times=(
            opening_times_object(location.opening_times) if location.opening_times else None
        ),
        charging_when_closed=location.charging_when_closed,
        images=[image_object(image) for image in location.images],
        energy_mix=_energy_mix(location.energy_mix) if location.energy_mix else None,
        last_updated=time_text(location.last_updated),
    )


def evse_object(evse: SimEvse, location: SimLocation) -> Json:
    """An EVSE as OCPI 2.1.1 defines it (8.3.2); one period of a schedule comes alone."""
    schedule = [status_period_object(period) for period in evse.status_schedule]
    return given(
        uid=evse.uid,
        evse_id=evse.evse_id,
        status=evse.status,
        status_schedule=schedule[0] if len(schedule) == 1 else schedule,
        capabilities=[name for name in evse.capabilities if name in CAPABILITIES_2_1_1],
        connectors=[connector_object(connector, location) for connector in evse.connectors],
        floor_level=evse.floor_level,
        coordinates=coordinates_object(evse.coordinates) if evse.coordinates else None,
        physical_reference=evse.physical_reference,
        directions=[text_object(text) for text in evse.directions],
        parking_restrictions=evse.parking_restrictions,
        images=[image_object(image) for image in evse.images],
        last_updated=time_text(evse.last_updated),
    )


def connector_object(connector: SimConnector, location: SimLocation) -> Json:
    """A Connector as OCPI 2.1.1 defines it (8.3.3); "" is no tariff."""
    tariff = next(iter(connector.tariff_ids), None)
    return given(
        id=connector.id,
        standard=connector.standard,
        format=connector.format,
        power_type=connector.power_type,
        voltage=connector.voltage_v,
        amperage=connector.amperage_a,
        tariff_id=qualified(location.country_code, location.party_id, tariff) if tariff else "",
        terms_and_conditions=connector.terms_and_conditions,
        last_updated=time_text(connector.last_updated),
    )


def tariff_object(tariff: SimTariff) -> Json:
    """A Tariff as OCPI 2.1.1 defines it (11.3.1)."""
    return given(
        id=qualified(tariff.country_code, tariff.party_id, tariff.id),
        currency=tariff.currency,
        tariff_alt_text=[text_object(text) for text in tariff.alt_texts],
        tariff_alt_url=tariff.alt_url,
        elements=[
            given(
                price_components=[
                    {
                        "type": component.type,
                        "price": component.price,
                        "step_size": component.step_size,
                    }
                    for component in element.components
                ],
                restrictions=(
                    {
                        name: value
                        for name, value in restrictions_object(element.restrictions).items()
                        if name not in _LATER
                    }
                    if element.restrictions
                    else None
                ),
            )
            for element in tariff.elements
        ],
        energy_mix=_energy_mix(tariff.energy_mix) if tariff.energy_mix else None,
        last_updated=time_text(tariff.last_updated),
    )


def session_object(
    charge: Charge,
    *,
    now: datetime,
    location: SimLocation,
    tariff: SimTariff | None,
    token: Token,
) -> Json:
    """A Session as known at a moment; `location` as it was when the charge began."""
    is_completed = charge.is_completed(now)
    status = "INVALID" if charge.is_invalid else "COMPLETED" if is_completed else "ACTIVE"
    energy = charge.delivered_kwh(now)
    return given(
        id=charge.id,
        start_datetime=time_text(charge.start),
        end_datetime=time_text(charge.end) if is_completed else None,
        kwh=energy,
        auth_id=token.auth_id,
        auth_method=_auth_method(charge),
        location=_place(charge, location),
        meter_id=_meter_id(charge),
        currency="EUR",
        charging_periods=[_period(charge.start, ENERGY=energy)],
        total_cost=cost_of(charge, tariff, until=now) if tariff else None,
        status=status,
        last_updated=time_text(charge.session_updated_at(now)),
    )


def cdr_object(
    charge: Charge, *, location: SimLocation, tariff: SimTariff | None, token: Token
) -> Json:
    """A CDR; location and tariffs are as they were when the charge began."""
    volumes = volumes_of(charge, until=charge.end)
    return given(
        id=charge.bill_id,
        start_date_time=time_text(charge.start),
        end_date_time=time_text(charge.end),
        auth_id=token.auth_id,
        auth_method=_auth_method(charge),
        location=_place(charge, location),
        meter_id=_meter_id(charge),
        currency="EUR",
        tariffs=[tariff_object(tariff)] if tariff else [],
        charging_periods=_cdr_periods(charge, volumes),
        total_cost=cost_of(charge, tariff, until=charge.end) if tariff else Decimal("0.00"),
        total_energy=volumes["ENERGY"],
        total_time=volumes["TIME"],
        total_parking_time=volumes["PARKING_TIME"] or None,
        remark="Charged as agreed" if charge.key % 30 == 0 else None,
        last_updated=time_text(charge.billed_at),
    )


def token_object(token: Token) -> Json:
    """A Token as OCPI 2.1.1 defines it (12.3.2)."""
    return given(
        uid=token.uid,
        type=token.type,
        auth_id=token.auth_id,
        visual_number=token.visual_number,
        issuer=token.issuer,
        valid=token.valid,
        whitelist=token.whitelist,
        language=token.language,
        last_updated=time_text(token.last_updated),
    )


def _place(charge: Charge, location: SimLocation) -> Json:
    """The location with the one EVSE and connector that were used."""
    evses = []
    for evse in location.evses:
        if evse.uid == charge.evse.uid:
            written = evse_object(evse, location)
            used = str(charge.connector)
            written["connectors"] = [one for one in written["connectors"] if one["id"] == used]
            evses.append(written)
    return {**location_object(location), "evses": evses}


def _auth_method(charge: Charge) -> str:
    return "AUTH_REQUEST" if charge.key % 3 == 0 else "WHITELIST"


def _meter_id(charge: Charge) -> str | None:
    return f"M{charge.evse.key % 10**9:09d}" if charge.evse.key % 2 else None


def _cdr_periods(charge: Charge, volumes: dict[str, Decimal]) -> list[Json]:
    idle = volumes["PARKING_TIME"]
    built = charge.evse.connectors[charge.connector - 1]
    charging = _period(
        charge.start,
        FLAT=Decimal(1),
        ENERGY=volumes["ENERGY"],
        TIME=volumes["TIME"] - idle,
        MAX_CURRENT=Decimal(built.amperage_a),
        MIN_CURRENT=Decimal(6),
    )
    if not idle:
        return [charging]
    return [charging, _period(charge.charged_until, TIME=idle, PARKING_TIME=idle)]


def _period(start: datetime, **volumes: Decimal) -> Json:
    return {
        "start_date_time": time_text(start),
        "dimensions": [{"type": kind, "volume": volume} for kind, volume in volumes.items()],
    }


def _energy_mix(mix: SimEnergyMix) -> Json:
    """One impact comes as an object, two as a list: servers do either."""
    impacts = [{"category": kind, "amount": amount} for kind, amount in mix.impacts]
    return given(
        is_green_energy=mix.is_green_energy,
        energy_sources=[{"source": source, "percentage": share} for source, share in mix.sources],
        environ_impact=impacts[0] if len(impacts) == 1 else impacts,
        supplier_name=mix.supplier_name,
        energy_product_name=mix.energy_product_name,
    )
