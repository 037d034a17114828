"""The simulated world written as Eco-Movement writes it: OCPI 2.1.1 and attributes of its own.

Belongs here: a gathered location -> Location, `SimTariff` -> Tariff, as JSON. Does not belong
here: prices (`render_eco_prices.py`), what is added to a location (`eco_attributes.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import msgspec

from pipelines.simulator.aggregator import GatheredLocation
from pipelines.simulator.draws import draw, entity_key
from pipelines.simulator.eco_attributes import WIDER_FACILITIES, partner_id
from pipelines.simulator.entities import (
    SimBusiness,
    SimConnector,
    SimEnergyMix,
    SimEvse,
    SimRestrictions,
    SimTariff,
    SimText,
)
from pipelines.simulator.render_ocpi_2_2_1 import (
    Json,
    coordinates_object,
    given,
    opening_times_object,
    restrictions_object,
    text_object,
    time_text,
)

_encode = msgspec.json.Encoder(decimal_format="number").encode

# Its own `max_power` is in kW; of one operator it is sent in W, as has been seen.
_POWER_IN_WATTS_OF = "isarladen"
CAPABILITIES_2_1_1 = frozenset(
    {
        "CHARGING_PROFILE_CAPABLE", "CREDIT_CARD_PAYABLE", "REMOTE_START_STOP_CAPABLE",
        "RESERVABLE", "RFID_READER", "UNLOCK_CAPABLE",
    }
)  # fmt: skip
FACILITIES_2_1_1 = frozenset(
    {
        "AIRPORT", "BUS_STOP", "CAFE", "CARPOOL_PARKING", "FUEL_STATION", "HOTEL", "MALL",
        "MUSEUM", "NATURE", "RECREATION_AREA", "RESTAURANT", "SPORT", "SUPERMARKET", "TAXI_STAND",
        "TRAIN_STATION", "WIFI",
    }
)  # fmt: skip
_TYPES_2_1_1 = frozenset({"ON_STREET", "PARKING_GARAGE", "PARKING_LOT", "UNDERGROUND_GARAGE"})
# Told beside a restriction that holds: the members that do not, as null.
_RESTRICTIONS = (
    "start_time", "end_time", "start_date", "end_date", "min_kwh", "max_kwh", "min_power",
    "max_power", "min_duration", "max_duration", "day_of_week",
)  # fmt: skip

PricingId = Callable[[str], str | None]


def location_type(parking_type: str | None) -> str:
    """A parking type of OCPI 2.2 as the location type of 2.1.1."""
    if parking_type is None:
        return "UNKNOWN"
    return parking_type if parking_type in _TYPES_2_1_1 else "OTHER"


def qualified(country_code: str, party_id: str, identifier: str) -> str:
    """An id that holds without its party."""
    return f"{country_code}{party_id}-{identifier}"


def eco_location_json(
    gathered: GatheredLocation, *, enriched: Json, pricing_id: PricingId
) -> bytes:
    """A Location; `pricing_id` gives the deprecated price of a tariff id."""
    return _encode(eco_location_object(gathered, enriched=enriched, pricing_id=pricing_id))


def eco_location_object(
    gathered: GatheredLocation, *, enriched: Json, pricing_id: PricingId
) -> Json:
    """A Location with the attributes of the documentation."""
    location = gathered.location
    units = sum(
        any(connector.power_type == "DC" for connector in evse.connectors)
        for _, evse in gathered.evses
    )
    facilities = [name for name in location.facilities if name in FACILITIES_2_1_1]
    if gathered.key % 7 == 0:
        facilities.append(WIDER_FACILITIES[gathered.key // 7 % len(WIDER_FACILITIES)])
    return {
        **given(
            id=gathered.id,
            type=location_type(location.parking_type),
            name=location.name,
            address=location.address,
            city=location.city,
            postal_code=location.postal_code,
            country=location.country,
            coordinates=coordinates_object(location.coordinates),
            evses=[
                _evse_object(evse, gathered, cpo_external_id=external, pricing_id=pricing_id)
                for external, evse in gathered.evses
            ],
            directions=_one_text(location.directions),
            operator=_business(location.operator),
            suboperator=_business(location.suboperator),
            owner=_business(location.owner),
            facilities=facilities,
            time_zone=location.time_zone,
            opening_times=(
                opening_times_object(location.opening_times) if location.opening_times else None
            ),
            charging_when_closed=location.charging_when_closed,
            energy_mix=_energy_mix(location.energy_mix) if location.energy_mix else None,
            number_physical_units=units,
            last_updated=time_text(location.last_updated),
        ),
        **enriched,
    }


def _evse_object(
    evse: SimEvse, gathered: GatheredLocation, *, cpo_external_id: str, pricing_id: PricingId
) -> Json:
    return given(
        uid=evse.uid,
        evse_id=evse.evse_id,
        status=evse.status,
        capabilities=[name for name in evse.capabilities if name in CAPABILITIES_2_1_1],
        connectors=[
            _connector_object(connector, gathered, pricing_id=pricing_id)
            for connector in evse.connectors
        ],
        floor_level=evse.floor_level,
        physical_reference=evse.physical_reference,
        parking_restrictions=evse.parking_restrictions,
        directions=_one_text(evse.directions),
        cpo_external_id=cpo_external_id,
        last_successful_charge=_last_charge(evse),
        last_updated=time_text(evse.last_updated),
    )


def _last_charge(evse: SimEvse) -> str | None:
    """Some hours before the last change, which is when a charge may have ended."""
    key = entity_key(0, f"charged:{evse.uid}")
    if evse.status == "PLANNED" or key % 5 == 0:
        return None
    return time_text(evse.last_updated - timedelta(seconds=draw(key, 1) % 90_000))


def _connector_object(
    connector: SimConnector, gathered: GatheredLocation, *, pricing_id: PricingId
) -> Json:
    location = gathered.location
    in_watts = location.operator.key == _POWER_IN_WATTS_OF
    tariff = next(iter(connector.tariff_ids), None)
    direct = connector.power_type == "DC"
    return given(
        id=connector.id,
        standard=connector.standard,
        format=connector.format,
        power_type=connector.power_type,
        voltage=connector.voltage_v,
        amperage=connector.amperage_a,
        max_power=connector.power_w if in_watts else connector.power_w / 1000,
        peak_voltage=connector.voltage_v * 5 // 4 if direct else connector.voltage_v * 11 // 10,
        peak_amperage=connector.amperage_a * 6 // 5 if direct else connector.amperage_a,
        tariff_id=(qualified(location.country_code, location.party_id, tariff) if tariff else None),
        pricing_id=pricing_id(tariff) if tariff else None,
        last_updated=time_text(connector.last_updated),
    )


def eco_tariff_json(tariff: SimTariff) -> bytes:
    """A Tariff: restrictions are a list of one object that names what does not hold as null."""
    return _encode(
        {
            **given(
                id=qualified(tariff.country_code, tariff.party_id, tariff.id),
                currency=tariff.currency,
                tariff_alt_text=[text_object(text) for text in tariff.alt_texts],
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
                        restrictions=_restrictions(element.restrictions),
                    )
                    for element in tariff.elements
                ],
                energy_mix=_energy_mix(tariff.energy_mix) if tariff.energy_mix else None,
                last_updated=time_text(tariff.last_updated),
            ),
            "tariff_alt_url": tariff.alt_url or "",
        }
    )


def _restrictions(restrictions: SimRestrictions | None) -> list[Json]:
    held = restrictions_object(restrictions) if restrictions else {}
    return [{name: held.get(name) for name in _RESTRICTIONS}]


def _business(business: SimBusiness | None) -> Json | None:
    if business is None:
        return None
    return given(
        name=business.name,
        website=business.website,
        logo=business.logo.url if business.logo else None,
        partner_id=partner_id(business.key),
        # Owners have none of their own: the aggregator makes one.
        ema_id=[ema.replace("*", "-") for ema in business.ema_ids]
        or [f"NL-{business.key[:3].upper()}"],
    )


def _energy_mix(mix: SimEnergyMix) -> Json:
    return given(
        is_green_energy=mix.is_green_energy,
        energy_sources=[{"source": source, "percentage": share} for source, share in mix.sources],
        environ_impact=[{"source": kind, "amount": amount} for kind, amount in mix.impacts],
        supplier_name=mix.supplier_name,
        energy_product_name=mix.energy_product_name,
    )


def _one_text(texts: tuple[SimText, ...]) -> str | None:
    return texts[0].text if texts else None
