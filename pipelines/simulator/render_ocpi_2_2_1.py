"""The simulated world written as OCPI 2.2.1 objects.

Belongs here: `SimLocation` -> Location, `SimTariff` -> Tariff, as dicts and as JSON bytes, with
the attributes of the 2.2.1 specification and no others. Does not belong here: envelopes and
paging (`server.py`), deliberate mistakes (`faults.py`).

Optional attributes without a value and empty lists are left out, as the specification allows.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from pipelines.simulator.entities import (
    SimBusiness,
    SimConnector,
    SimEnergyMix,
    SimEvse,
    SimImage,
    SimLocation,
    SimOpeningTimes,
    SimPeriod,
    SimPlace,
    SimPrice,
    SimPriceComponent,
    SimPublishToken,
    SimRestrictions,
    SimStatusPeriod,
    SimTariff,
    SimText,
)

Json = dict[str, Any]

_encode = msgspec.json.Encoder(decimal_format="number").encode


def location_json(location: SimLocation) -> bytes:
    """A Location as JSON."""
    return _encode(location_object(location))


def tariff_json(tariff: SimTariff) -> bytes:
    """A Tariff as JSON."""
    return _encode(tariff_object(tariff))


def location_object(location: SimLocation) -> Json:
    """A Location as OCPI 2.2.1 defines it (8.3.1)."""
    opening_times = location.opening_times
    return given(
        country_code=location.country_code,
        party_id=location.party_id,
        id=location.id,
        publish=location.publish,
        publish_allowed_to=[_publish_token(token) for token in location.publish_allowed_to],
        name=location.name,
        address=location.address,
        city=location.city,
        postal_code=location.postal_code,
        state=location.state,
        country=location.country,
        coordinates=coordinates_object(location.coordinates),
        related_locations=[related_location_object(place) for place in location.related_locations],
        parking_type=location.parking_type,
        evses=[evse_object(evse) for evse in location.evses],
        directions=[text_object(text) for text in location.directions],
        operator=business_object(location.operator),
        suboperator=business_object(location.suboperator) if location.suboperator else None,
        owner=business_object(location.owner) if location.owner else None,
        facilities=location.facilities,
        time_zone=location.time_zone,
        opening_times=opening_times_object(opening_times) if opening_times else None,
        charging_when_closed=location.charging_when_closed,
        images=[image_object(image) for image in location.images],
        energy_mix=_energy_mix(location.energy_mix) if location.energy_mix else None,
        last_updated=time_text(location.last_updated),
    )


def evse_object(evse: SimEvse) -> Json:
    """An EVSE as OCPI 2.2.1 defines it (8.3.2)."""
    return given(
        uid=evse.uid,
        evse_id=evse.evse_id,
        status=evse.status,
        status_schedule=[status_period_object(period) for period in evse.status_schedule],
        capabilities=evse.capabilities,
        connectors=[connector_object(connector) for connector in evse.connectors],
        floor_level=evse.floor_level,
        coordinates=coordinates_object(evse.coordinates) if evse.coordinates else None,
        physical_reference=evse.physical_reference,
        directions=[text_object(text) for text in evse.directions],
        parking_restrictions=evse.parking_restrictions,
        images=[image_object(image) for image in evse.images],
        last_updated=time_text(evse.last_updated),
    )


def connector_object(connector: SimConnector) -> Json:
    """A Connector as OCPI 2.2.1 defines it (8.3.3)."""
    return given(
        id=connector.id,
        standard=connector.standard,
        format=connector.format,
        power_type=connector.power_type,
        max_voltage=connector.voltage_v,
        max_amperage=connector.amperage_a,
        max_electric_power=connector.declared_power,
        tariff_ids=connector.tariff_ids,
        terms_and_conditions=connector.terms_and_conditions,
        last_updated=time_text(connector.last_updated),
    )


def tariff_object(tariff: SimTariff) -> Json:
    """A Tariff as OCPI 2.2.1 defines it (11.3.1)."""
    start, end = tariff.start_date_time, tariff.end_date_time
    return given(
        country_code=tariff.country_code,
        party_id=tariff.party_id,
        id=tariff.id,
        currency=tariff.currency,
        type=tariff.type,
        tariff_alt_text=[text_object(text) for text in tariff.alt_texts],
        tariff_alt_url=tariff.alt_url,
        min_price=price_object(tariff.min_price) if tariff.min_price else None,
        max_price=price_object(tariff.max_price) if tariff.max_price else None,
        elements=[
            given(
                price_components=[_component(component) for component in element.components],
                restrictions=restrictions_object(element.restrictions)
                if element.restrictions
                else None,
            )
            for element in tariff.elements
        ],
        start_date_time=time_text(start) if start else None,
        end_date_time=time_text(end) if end else None,
        energy_mix=_energy_mix(tariff.energy_mix) if tariff.energy_mix else None,
        last_updated=time_text(tariff.last_updated),
    )


def given(**attributes: object) -> Json:
    """The attributes that have a value; 0 and False are values."""
    return {
        name: value
        for name, value in attributes.items()
        if value is not None and value != [] and value != ()
    }


def time_text(moment: datetime) -> str:
    return moment.isoformat()[:-6] + "Z"


def coordinates_object(place: SimPlace) -> Json:
    return {"latitude": f"{place.latitude:.6f}", "longitude": f"{place.longitude:.6f}"}


def related_location_object(place: SimPlace) -> Json:
    point = coordinates_object(place)
    return {**point, "name": text_object(place.name)} if place.name else point


def text_object(text: SimText) -> Json:
    return {"language": text.language, "text": text.text}


def image_object(image: SimImage) -> Json:
    return given(
        url=image.url,
        thumbnail=image.thumbnail,
        category=image.category,
        type=image.type,
        width=image.width,
        height=image.height,
    )


def business_object(business: SimBusiness) -> Json:
    logo = image_object(business.logo) if business.logo else None
    return given(name=business.name, website=business.website, logo=logo)


def _publish_token(token: SimPublishToken) -> Json:
    return given(
        uid=token.uid,
        type=token.type,
        visual_number=token.visual_number,
        issuer=token.issuer,
        group_id=token.group_id,
    )


def _period(period: SimPeriod) -> Json:
    return {"period_begin": time_text(period.begin), "period_end": time_text(period.end)}


def status_period_object(period: SimStatusPeriod) -> Json:
    return given(
        period_begin=time_text(period.begin),
        period_end=time_text(period.end) if period.end else None,
        status=period.status,
    )


def opening_times_object(times: SimOpeningTimes) -> Json:
    return given(
        twentyfourseven=times.twentyfourseven,
        regular_hours=[
            {
                "weekday": hours.weekday,
                "period_begin": hours.period_begin,
                "period_end": hours.period_end,
            }
            for hours in times.regular_hours
        ],
        exceptional_openings=[_period(period) for period in times.exceptional_openings],
        exceptional_closings=[_period(period) for period in times.exceptional_closings],
    )


def _energy_mix(mix: SimEnergyMix) -> Json:
    return given(
        is_green_energy=mix.is_green_energy,
        energy_sources=[{"source": source, "percentage": share} for source, share in mix.sources],
        environ_impact=[{"category": kind, "amount": amount} for kind, amount in mix.impacts],
        supplier_name=mix.supplier_name,
        energy_product_name=mix.energy_product_name,
    )


def price_object(price: SimPrice) -> Json:
    return given(excl_vat=price.excl_vat, incl_vat=price.incl_vat)


def _component(component: SimPriceComponent) -> Json:
    return given(
        type=component.type,
        price=component.price,
        vat=component.vat,
        step_size=component.step_size,
    )


def restrictions_object(restrictions: SimRestrictions) -> Json:
    start_date, end_date = restrictions.start_date, restrictions.end_date
    return given(
        start_time=restrictions.start_time,
        end_time=restrictions.end_time,
        start_date=start_date.isoformat() if start_date else None,
        end_date=end_date.isoformat() if end_date else None,
        min_kwh=restrictions.min_kwh,
        max_kwh=restrictions.max_kwh,
        min_current=restrictions.min_current,
        max_current=restrictions.max_current,
        min_power=restrictions.min_power,
        max_power=restrictions.max_power,
        min_duration=restrictions.min_duration,
        max_duration=restrictions.max_duration,
        day_of_week=restrictions.day_of_week,
        reservation=restrictions.reservation,
    )
