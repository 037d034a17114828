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
    return _given(
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
        coordinates=_coordinates(location.coordinates),
        related_locations=[_related_location(place) for place in location.related_locations],
        parking_type=location.parking_type,
        evses=[evse_object(evse) for evse in location.evses],
        directions=[_text(text) for text in location.directions],
        operator=_business(location.operator),
        suboperator=_business(location.suboperator) if location.suboperator else None,
        owner=_business(location.owner) if location.owner else None,
        facilities=location.facilities,
        time_zone=location.time_zone,
        opening_times=_opening_times(opening_times) if opening_times else None,
        charging_when_closed=location.charging_when_closed,
        images=[_image(image) for image in location.images],
        energy_mix=_energy_mix(location.energy_mix) if location.energy_mix else None,
        last_updated=_time(location.last_updated),
    )


def evse_object(evse: SimEvse) -> Json:
    """An EVSE as OCPI 2.2.1 defines it (8.3.2)."""
    return _given(
        uid=evse.uid,
        evse_id=evse.evse_id,
        status=evse.status,
        status_schedule=[_status_period(period) for period in evse.status_schedule],
        capabilities=evse.capabilities,
        connectors=[connector_object(connector) for connector in evse.connectors],
        floor_level=evse.floor_level,
        coordinates=_coordinates(evse.coordinates) if evse.coordinates else None,
        physical_reference=evse.physical_reference,
        directions=[_text(text) for text in evse.directions],
        parking_restrictions=evse.parking_restrictions,
        images=[_image(image) for image in evse.images],
        last_updated=_time(evse.last_updated),
    )


def connector_object(connector: SimConnector) -> Json:
    """A Connector as OCPI 2.2.1 defines it (8.3.3)."""
    return _given(
        id=connector.id,
        standard=connector.standard,
        format=connector.format,
        power_type=connector.power_type,
        max_voltage=connector.voltage_v,
        max_amperage=connector.amperage_a,
        max_electric_power=connector.declared_power,
        tariff_ids=connector.tariff_ids,
        terms_and_conditions=connector.terms_and_conditions,
        last_updated=_time(connector.last_updated),
    )


def tariff_object(tariff: SimTariff) -> Json:
    """A Tariff as OCPI 2.2.1 defines it (11.3.1)."""
    start, end = tariff.start_date_time, tariff.end_date_time
    return _given(
        country_code=tariff.country_code,
        party_id=tariff.party_id,
        id=tariff.id,
        currency=tariff.currency,
        type=tariff.type,
        tariff_alt_text=[_text(text) for text in tariff.alt_texts],
        tariff_alt_url=tariff.alt_url,
        min_price=_price(tariff.min_price) if tariff.min_price else None,
        max_price=_price(tariff.max_price) if tariff.max_price else None,
        elements=[
            _given(
                price_components=[_component(component) for component in element.components],
                restrictions=_restrictions(element.restrictions) if element.restrictions else None,
            )
            for element in tariff.elements
        ],
        start_date_time=_time(start) if start else None,
        end_date_time=_time(end) if end else None,
        energy_mix=_energy_mix(tariff.energy_mix) if tariff.energy_mix else None,
        last_updated=_time(tariff.last_updated),
    )


def _given(**attributes: object) -> Json:
    """The attributes that have a value; 0 and False are values."""
    return {
        name: value
        for name, value in attributes.items()
        if value is not None and value != [] and value != ()
    }


def _time(moment: datetime) -> str:
    return moment.isoformat()[:-6] + "Z"


def _coordinates(place: SimPlace) -> Json:
    return {"latitude": f"{place.latitude:.6f}", "longitude": f"{place.longitude:.6f}"}


def _related_location(place: SimPlace) -> Json:
    point = _coordinates(place)
    return {**point, "name": _text(place.name)} if place.name else point


def _text(text: SimText) -> Json:
    return {"language": text.language, "text": text.text}


def _image(image: SimImage) -> Json:
    return _given(
        url=image.url,
        thumbnail=image.thumbnail,
        category=image.category,
        type=image.type,
        width=image.width,
        height=image.height,
    )


def _business(business: SimBusiness) -> Json:
    logo = _image(business.logo) if business.logo else None
    return _given(name=business.name, website=business.website, logo=logo)


def _publish_token(token: SimPublishToken) -> Json:
    return _given(
        uid=token.uid,
        type=token.type,
        visual_number=token.visual_number,
        issuer=token.issuer,
        group_id=token.group_id,
    )


def _period(period: SimPeriod) -> Json:
    return {"period_begin": _time(period.begin), "period_end": _time(period.end)}


def _status_period(period: SimStatusPeriod) -> Json:
    return _given(
        period_begin=_time(period.begin),
        period_end=_time(period.end) if period.end else None,
        status=period.status,
    )


def _opening_times(times: SimOpeningTimes) -> Json:
    return _given(
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
    return _given(
        is_green_energy=mix.is_green_energy,
        energy_sources=[{"source": source, "percentage": share} for source, share in mix.sources],
        environ_impact=[{"category": kind, "amount": amount} for kind, amount in mix.impacts],
        supplier_name=mix.supplier_name,
        energy_product_name=mix.energy_product_name,
    )


def _price(price: SimPrice) -> Json:
    return _given(excl_vat=price.excl_vat, incl_vat=price.incl_vat)


def _component(component: SimPriceComponent) -> Json:
    return _given(
        type=component.type,
        price=component.price,
        vat=component.vat,
        step_size=component.step_size,
    )


def _restrictions(restrictions: SimRestrictions) -> Json:
    start_date, end_date = restrictions.start_date, restrictions.end_date
    return _given(
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
