"""The world written as OCPI 2.2.1: the specification's attributes, all of them, no others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import msgspec
import pytest

from pipelines.simulator.render_ocpi_2_2_1 import location_json, tariff_json
from pipelines.simulator.world import Fill, World

DAY = date(2026, 1, 5)

_IMAGE = "url thumbnail category type width height"
_TEXT = "language text"
_BUSINESS = {"": "name website logo", "logo": _IMAGE}
_ENERGY_MIX = {
    "": "is_green_energy energy_sources environ_impact supplier_name energy_product_name",
    "energy_sources": "source percentage",
    "environ_impact": "category amount",
}


def _below(path: str, objects: dict[str, str]) -> dict[str, str]:
    return {f"{path}.{name}".rstrip("."): attributes for name, attributes in objects.items()}


# Path -> attributes of OCPI 2.2.1 (8.3, 8.4 and 11.3, 11.4 of the specification).
LOCATION = {
    "": "country_code party_id id publish publish_allowed_to name address city postal_code state "
    "country coordinates related_locations parking_type evses directions operator suboperator "
    "owner facilities time_zone opening_times charging_when_closed images energy_mix last_updated",
    "publish_allowed_to": "uid type visual_number issuer group_id",
    "coordinates": "latitude longitude",
    "related_locations": "latitude longitude name",
    "related_locations.name": _TEXT,
    "evses": "uid evse_id status status_schedule capabilities connectors floor_level coordinates "
    "physical_reference directions parking_restrictions images last_updated",
    "evses.status_schedule": "period_begin period_end status",
    "evses.connectors": "id standard format power_type max_voltage max_amperage "
    "max_electric_power tariff_ids terms_and_conditions last_updated",
    "evses.coordinates": "latitude longitude",
    "evses.directions": _TEXT,
    "evses.images": _IMAGE,
    "directions": _TEXT,
    **_below("operator", _BUSINESS),
    **_below("suboperator", _BUSINESS),
    **_below("owner", _BUSINESS),
    "opening_times": "twentyfourseven regular_hours exceptional_openings exceptional_closings",
    "opening_times.regular_hours": "weekday period_begin period_end",
    "opening_times.exceptional_openings": "period_begin period_end",
    "opening_times.exceptional_closings": "period_begin period_end",
    "images": _IMAGE,
    **_below("energy_mix", _ENERGY_MIX),
}
TARIFF = {
    "": "country_code party_id id currency type tariff_alt_text tariff_alt_url min_price max_price "
    "elements start_date_time end_date_time energy_mix last_updated",
    "tariff_alt_text": _TEXT,
    "min_price": "excl_vat incl_vat",
    "max_price": "excl_vat incl_vat",
    "elements": "price_components restrictions",
    "elements.price_components": "type price vat step_size",
    "elements.restrictions": "start_time end_time start_date end_date min_kwh max_kwh min_current "
    "max_current min_power max_power min_duration max_duration day_of_week reservation",
    **_below("energy_mix", _ENERGY_MIX),
}


def attributes_of(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every (path of the object, attribute) in a JSON value."""
    if isinstance(value, list):
        for item in value:
            yield from attributes_of(item, path)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield path, name
            yield from attributes_of(inner, f"{path}.{name}".lstrip("."))


def found_attributes(records: list[bytes]) -> set[tuple[str, str]]:
    return {found for record in records for found in attributes_of(msgspec.json.decode(record))}


def documented(objects: dict[str, str]) -> set[tuple[str, str]]:
    return {(path, name) for path, names in objects.items() for name in names.split()}


@pytest.mark.parametrize("fill", ["realistic", "all"])
def test_only_documented_attributes_are_written_and_each_of_them_somewhere(fill: str) -> None:
    filled: Fill = "all" if fill == "all" else "realistic"
    locations = [location_json(location) for location in World(1, 1500, fill=filled).locations(DAY)]
    # One tariff in seventy is for a reservation: a small world may have none.
    tariffs = [tariff_json(tariff) for tariff in World(1, 12_000, fill=filled).tariffs(DAY)]
    assert found_attributes(locations) == documented(LOCATION)
    assert found_attributes(tariffs) == documented(TARIFF)


def test_fill_all_leaves_no_list_empty_on_any_object() -> None:
    world = World(1, 60, fill="all")
    listed = {
        "publish_allowed_to", "related_locations", "evses", "directions", "facilities", "images",
    }  # fmt: skip
    for location in map(msgspec.json.decode, map(location_json, world.locations(DAY))):
        assert listed <= location.keys()
        assert location["opening_times"].keys() == set(LOCATION["opening_times"].split())
        assert location["energy_mix"]["energy_sources"]
        for evse in location["evses"]:
            assert evse.keys() == set(LOCATION["evses"].split())
    for tariff in map(msgspec.json.decode, map(tariff_json, world.tariffs(DAY))):
        assert tariff.keys() == set(TARIFF[""].split())


def test_times_and_coordinates_are_written_as_the_specification_says() -> None:
    for location in World(1, 50).locations(DAY):
        written = msgspec.json.decode(location_json(location))
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", written["last_updated"])
        assert re.fullmatch(r"-?\d{1,2}\.\d{5,7}", written["coordinates"]["latitude"])
        assert re.fullmatch(r"-?\d{1,3}\.\d{5,7}", written["coordinates"]["longitude"])
