"""The world in every other dialect: the attributes of its documentation, all of them, no others."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipelines.simulator import FaultPlan, SimClock, World
from pipelines.simulator.admission import Admission
from pipelines.simulator.paging import Feed
from pipelines.simulator.routes_eco_movement import EcoMovement
from pipelines.simulator.routes_ocpi_2_1_1 import feeds_of
from pipelines.simulator.routes_voltality import Voltality
from pipelines.simulator.service import Service

DAY = date(2026, 1, 5)
FIELDS = Path(__file__).parents[3] / "shared" / "contract" / "fields.csv"


@pytest.fixture(scope="module")
def documented() -> Callable[[str, set[str]], set[str]]:
    """A function: the paths of some objects of a documentation."""
    if not FIELDS.exists():
        pytest.skip("the list of documented attributes is not in this checkout")
    with FIELDS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    def paths(seed: str, objects: set[str]) -> set[str]:
        found = (row for row in rows if row["seed"] == seed and row["object"] in objects)
        return {row["json_path"].replace("[]", "") for row in found}

    return paths


@cache
def feeds() -> dict[str, dict[str, Feed]]:
    world = World(1, 400, fill="all")
    service = Service(world, SimClock(DAY), FaultPlan(()), Admission(None))
    return {
        "2.1.1": feeds_of(world),
        "eco": dict(EcoMovement(service, page_limit=None, has_details_in_bulk=True).feeds),
        "omni": dict(Voltality(service).feeds),
    }


def records(dialect: str, module: str, *, most: int = 400) -> list[Any]:
    feed = feeds()[dialect][module]
    items = feed.chosen(DAY, date_from=None, date_to=None)[:most]
    return [msgspec.json.decode(feed.rendered(item, DAY)) for item in items]


def paths_of(value: object, path: str = "") -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from paths_of(item, path)
    elif isinstance(value, dict):
        for name, inner in value.items():
            below = f"{path}.{name}".lstrip(".")
            yield below
            yield from paths_of(inner, below)


def found_paths(dialect: str, module: str, *, most: int = 400) -> set[str]:
    return {path for record in records(dialect, module, most=most) for path in paths_of(record)}


def test_eco_movement_locations_have_every_documented_attribute(
    documented: Callable[[str, set[str]], set[str]],
) -> None:
    expected = documented("000", {"Location", "EVSE", "Connector"})
    found = found_paths("eco", "locations")
    # Of opening times the documentation lists no attributes: those of OCPI are sent.
    found -= {path for path in found if path.startswith("opening_times.")}
    assert found == expected


@pytest.mark.parametrize(
    ("module", "objects"),
    [
        ("locations", {"Location", "EVSE", "Connector"}),
        ("tariffs", {"Tariff"}),
        ("sessions", {"Session"}),
        ("cdrs", {"CDR"}),
        ("tokens", {"Token"}),
    ],
)
def test_ocpi_2_1_1_records_have_every_documented_attribute(
    documented: Callable[[str, set[str]], set[str]], module: str, objects: set[str]
) -> None:
    assert found_paths("2.1.1", module) == documented("002", objects)


def test_bare_evses_of_voltality_have_every_documented_attribute(
    documented: Callable[[str, set[str]], set[str]],
) -> None:
    assert found_paths("omni", "evses") == documented("001", {"EVSE", "Connector"})


# As described by its vendor and by programs that read it.
OMNI_LOCATION = (
    "uid address city country country_code entity_code coordinates evses charging_when_closed "
    "directions facilities images last_updated name opening_times operator suboperator owner "
    "parking_type postal_code related_locations state time_zone publish"
)
OMNI_TARIFF = (
    "uid country_code currency type start_date_time end_date_time min_price max_price "
    "price_per_kwh price_per_min price_per_min_parked price_flat max_price_per_min_parked "
    "grace_period_seconds elements tariff_alt_text last_updated"
)


def test_locations_and_tariffs_of_voltality_have_the_attributes_known_of_them() -> None:
    locations = [record["location"] for record in records("omni", "locations")]
    assert {name for one in locations for name in one} == set(OMNI_LOCATION.split())
    tariffs = records("omni", "tariffs")
    assert {name for one in tariffs for name in one} == set(OMNI_TARIFF.split())
    elements = {name for one in tariffs for element in one["elements"] for name in element}
    assert elements == {"uid", "price_components", "restrictions"}


def test_prices_of_eco_movement_have_the_attributes_known_of_them() -> None:
    product = "id name description type subscription_type subscription_fee_excl_vat currency"
    component = "type price_excl_vat vat step_size"
    restrictions = (
        "start_time end_time start_date end_date min_duration max_duration day_of_week min_power "
        "max_power"
    )
    assert found_paths("eco", "prices") == {
        *[
            "id",
            "partner",
            "product",
            "elements",
            "elements.price_components",
            "elements.restrictions",
        ],
        *(f"product.{name}" for name in product.split()),
        *(f"elements.price_components.{name}" for name in component.split()),
        *(f"elements.restrictions.{name}" for name in restrictions.split()),
    }
    assert found_paths("eco", "connector_prices") == {
        *["location_id", "evse_uid", "connector_id", "pricing_ids"]
    }
    assert found_paths("eco", "deprecated_prices") == {
        *["id", "price_list", "price_list.partner", "price_list.product", "price_list.elements"],
        *(f"price_list.product.{name}" for name in product.split()),
        *(f"price_list.elements.{name}" for name in ("type", "price_excl_vat", "vat")),
    }
