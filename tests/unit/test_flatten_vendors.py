"""What Eco-Movement and Voltality send in forms of their own, on both paths.

Belongs here: one test for each way of theirs that OCPI does not have. Does not belong here: forms
in general (`test_flatten_forms.py`), prices named by content (`test_flatten_rewriting.py`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.flatten_outcome import Outcome

# A record with a misspelt attribute is read one by one, the others all at once.
BOTH_PATHS = pytest.mark.parametrize("careful", [False, True])
COMPONENT = {"type": "ENERGY", "price": 0.35, "vat": 21, "step_size": 1}
RESTRICTIONS = {
    "start_time": "08:00",
    "end_time": None,
    "max_power": 22,
    "min_duration": None,
    "day_of_week": ["MONDAY", "sunday"],
}
READ = {
    "start_time": "08:00",
    "end_time": None,
    "max_power_kw": 22.0,
    "min_duration_s": None,
    "days_of_week": ["MONDAY", "SUNDAY"],
}
NOTHING = dict.fromkeys(READ)


def sent(record: dict[str, Any], misspelt: dict[str, Any], *, careful: bool) -> dict[str, Any]:
    return {**record, **misspelt} if careful else record


# -- Eco-Movement ----------------------------------------------------------------------------------


@BOTH_PATHS
@pytest.mark.parametrize(
    ("restrictions", "read"),
    [
        (RESTRICTIONS, READ),
        ([RESTRICTIONS], READ),
        ([dict.fromkeys(RESTRICTIONS)], NOTHING),
        ({}, NOTHING),
        ([], NOTHING),
        (None, NOTHING),
    ],
)
def test_restrictions_are_an_object_a_list_of_one_or_nothing(
    restrictions: Any, read: dict[str, Any], careful: bool
) -> None:
    element = {"price_components": [COMPONENT], "restrictions": restrictions}
    tariff = {"id": "T1", "currency": "EUR", "tariff_alt_url": "", "elements": [element]}
    found = Outcome(
        sent(tariff, {"lastUpdated": "2026-06-07T10:00:00Z"}, careful=careful),
        module="tariffs",
        dialect="eco_movement",
    )
    assert found.one("tariff")["tariff_alt_url"] is None
    row = found.one("tariff_element")
    assert {name: row[name] for name in READ} == read
    component = found.one("price_component")
    assert (component["price"], component["time_unit"]) == (Decimal("0.35"), "hour")
    assert found.ledger("tariff_element") == found.ledger("price_component") == (1, 1, 0, 0)

    component = {"type": "ENERGY", "price_excl_vat": 0.35, "vat": 21, "step_size": 1}
    element = {"price_components": [component], "restrictions": restrictions}
    price = {"id": "a", "product": {"subscription_fee_excl_vat": "3.50"}, "elements": [element]}
    found = Outcome(
        sent(price, {"Partner": "P"}, careful=careful), module="prices", dialect="eco_movement"
    )
    assert found.one("price")["subscription_fee_excl_vat"] == Decimal("3.5")
    row = found.one("price_element")
    assert {name: row[name] for name in READ} == read
    assert found.one("price_element_component")["price_excl_vat"] == Decimal("0.35")


@BOTH_PATHS
def test_bare_texts_and_single_objects_of_eco_movement_are_read(careful: bool) -> None:
    place = {
        "id": "1",
        "directions": "behind the house",
        "operator": {"name": "Op", "logo": "https://a", "partner_id": 7, "ema_id": "NL*X"},
        "owner": {"logo": "https://b", "ema_id": ["NL*Y", "NL*Z"]},
        "related_locations": [{"latitude": "1", "longitude": "2", "name": "Shop"}],
        "energy_mix": {"environ_impact": {"source": "CARBON_DIOXIDE", "amount": 3}},
        "evses": [{"uid": "E1", "connectors": [{"id": "1", "tariff_id": 5, "max_power": 11040}]}],
    }
    found = Outcome(
        sent(place, {"lastUpdated": "2026-06-07T10:00:00Z"}, careful=careful),
        dialect="eco_movement",
    )
    parties = {row["role"]: row for row in found.tables["location_party"]}
    assert (parties["operator"]["logo_url"], parties["owner"]["logo_url"]) == (
        "https://a",
        "https://b",
    )
    assert parties["operator"]["ema_ids"] == ["NL*X"]
    assert parties["operator"]["partner_id"] == "7"
    assert parties["owner"]["ema_ids"] == ["NL*Y", "NL*Z"]
    assert found.one("location_direction")["text"] == "behind the house"
    assert found.one("related_location")["name"] == "Shop"
    assert found.one("location_environmental_impact")["category"] == "CARBON_DIOXIDE"
    assert found.one("connector_tariff")["tariff_id"] == "5"
    assert not found.unknown()


@BOTH_PATHS
@pytest.mark.parametrize(("score", "kept"), [(0, None), ("0", None), (3, 3), (None, None)])
def test_a_reliability_of_0_is_none_for_eco_movement(
    score: Any, kept: int | None, careful: bool
) -> None:
    place = {"id": "1", "reliability_score_2": score}
    found = Outcome(
        sent(place, {"lastUpdated": "2026-06-07T10:00:00Z"}, careful=careful),
        dialect="eco_movement",
    )
    assert found.one("location")["reliability_score"] == kept
    assert "zero_as_null" not in found.repairs("reliability_score")


# -- Voltality -------------------------------------------------------------------------------------


@BOTH_PATHS
def test_a_reliability_of_0_is_the_worst_for_voltality(careful: bool) -> None:
    connector = {"uid": "C1", "reliability": 0, "status": "AVAILABLE"}
    evse = {"uid": "E1", "connectors": [connector]}
    found = Outcome(
        sent({"uid": "L1", "evses": [evse]}, {"timeZone": "Europe/Paris"}, careful=careful),
        dialect="voltality",
    )
    assert found.one("connector_status")["reliability_score"] == 0


@BOTH_PATHS
def test_whole_numbers_of_voltality_come_as_text(careful: bool) -> None:
    component = {"type": "TIME", "price": 0.05, "step_size": "60"}
    tariff = {
        "uid": "T1",
        "currency": "EUR",
        "grace_period_seconds": "900",
        "price_per_kwh": {"excl_vat": 0.35, "incl_vat": 0.42},
        "price_per_min": {"excl_vat": 0.01},
        "elements": [{"uid": "x", "price_components": [component]}],
    }
    found = Outcome(
        sent(tariff, {"lastUpdated": "2026-06-07T10:00:00Z"}, careful=careful),
        module="tariffs",
        dialect="voltality",
    )
    assert found.one("tariff")["grace_period_s"] == 900
    row = found.one("price_component")
    assert (row["step_size"], row["time_unit"]) == (60, "minute")
    stated = {row["dimension"]: row for row in found.tables["tariff_price"]}
    assert stated["ENERGY"]["price_incl_vat"] == Decimal("0.42")
    assert (stated["TIME"]["price_excl_vat"], stated["TIME"]["unit"]) == (
        Decimal("0.01"),
        "minute",
    )
    assert stated.keys() == {"ENERGY", "TIME"}
    assert found.ledger("tariff_price") == (2, 2, 0, 0)
    assert not found.unknown()
