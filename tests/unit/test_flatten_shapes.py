"""Objects, lists and attributes in another shape than declared, or in none at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.flatten_outcome import EVSE, Outcome, location, with_evse

# -- shapes ----------------------------------------------------------------------------------------


def test_camel_case_feeds_are_read_by_the_declared_names() -> None:
    found = Outcome(
        {
            "id": "L1",
            "countryCode": "NL",
            "partyId": "TNM",
            "lastUpdated": "2026-06-07T10:00:00Z",
            "evses": [{"uid": "E1", "physicalReference": "3", "evseId": "NL*TNM*E1"}],
        }
    )
    assert found.one("location")["party"] == "NLTNM"
    assert found.one("location_freshness")["last_updated"] == datetime(2026, 6, 7, 10, tzinfo=UTC)
    assert found.one("evse")["physical_reference"] == "3"
    assert found.repairs("")["attribute_spelling"] == 3
    assert not found.unknown()


@pytest.mark.parametrize("nothing", [None, [], {}, ""])
def test_missing_lists_are_no_objects(nothing: Any) -> None:
    found = Outcome(location(evses=nothing, images=nothing, facilities=nothing, operator=nothing))
    assert found.ledger("location") == (1, 1, 0, 0)
    assert found.ledger("evse") == (0, 0, 0, 0)
    assert found.ledger("location_party") == (0, 0, 0, 0)
    assert found.one("location")["facilities"] is None


def test_an_object_for_a_list_and_a_list_for_an_object_are_read() -> None:
    found = Outcome(
        location(
            evses=EVSE,
            coordinates=[{"latitude": "52.1", "longitude": "5.2"}],
            energy_mix={"environ_impact": {"source": "CARBON_DIOXIDE", "amount": 3}},
        )
    )
    assert found.one("evse")["evse_uid"] == "E1"
    assert found.one("location")["latitude"] == 52.1
    assert found.one("location_environmental_impact")["category"] == "CARBON_DIOXIDE"


def test_logos_as_links_and_directions_as_bare_text_are_read() -> None:
    found = Outcome(
        location(
            operator={"name": "Op", "logo": "https://op.example/logo.png"},
            owner="Owner",
            directions="behind the house",
            related_locations=[{"latitude": "1", "longitude": "2", "name": "Shop"}],
        )
    )
    parties = {row["role"]: row for row in found.tables["location_party"]}
    assert parties["operator"]["logo_url"] == "https://op.example/logo.png"
    assert parties["owner"]["name"] == "Owner"
    assert found.one("location_direction")["text"] == "behind the house"
    assert found.one("related_location")["name"] == "Shop"


@pytest.mark.parametrize(("sent", "loaded"), [(1, True), ("false", False), ("ja", None), (2, None)])
def test_flags_are_read_from_numbers_and_text(sent: Any, loaded: bool | None) -> None:
    assert Outcome(location(publish=sent)).one("location")["is_published"] is loaded


def test_text_is_cleaned_of_blanks_and_nul() -> None:
    found = Outcome(location(name="\u00a0Station\r\n", city="A\x00b", address="  ", state=""))
    row = found.one("location")
    assert (row["name"], row["city"], row["address"], row["state"]) == ("Station", "Ab", None, None)
    assert found.repairs("city") == {"nul_removed": 1}


def test_an_object_that_is_none_is_put_aside_alone() -> None:
    found = Outcome(location(evses=["E1", EVSE], images=[3.5]))
    assert found.ledger("evse") == (2, 1, 1, 0)
    reasons = {line["path"]: line["reason"] for line in found.quarantine()}
    assert reasons["evses[0]"] == "unreadable_object"
    assert found.ledger("location") == (1, 1, 0, 0)


@pytest.mark.parametrize("record", [b"null", b"5", b'"L1"', b"[]", b'{"id": "L1",', b"\xff", b"{}"])
def test_a_record_that_is_no_location_is_put_aside_as_it_came(record: bytes) -> None:
    found = Outcome(record, location())
    assert found.ledger("location") == (2, 1, 1, 0)
    (aside,) = found.quarantine()
    assert aside["record"] == record.decode("utf-8", "replace").replace("\ufffd", "�")
    assert aside["detail"]


def test_a_repeated_attribute_counts_once_the_last_time() -> None:
    found = Outcome(b'{"id": "L1", "name": "One", "name": "Two"}')
    assert found.one("location")["name"] == "Two"
    assert found.repairs("") == {"repeated_attribute": 1}


def test_half_a_surrogate_and_broken_utf8_become_a_replacement_character() -> None:
    found = Outcome(b'{"id": "L1", "name": "a\\ud800"}', b'{"id": "L2", "name": "a\xff"}')
    assert [row["name"] for row in found.tables["location"]] == ["a\ufffd", "a\ufffd"]


def test_a_pretty_printed_record_is_read_like_any_other() -> None:
    found = Outcome(json.dumps(with_evse(), indent=4).encode(), location(id="L2"))
    assert found.ledger("location") == (2, 2, 0, 0)


@pytest.mark.parametrize("careful", [False, True])
def test_without_an_id_what_says_nothing_is_no_object_but_a_counted_repair(careful: bool) -> None:
    image = {"url": "u"}
    found = Outcome(
        location(
            images=[image, None, {}, {"url": " ", "category": None}],
            owner={"name": None},
            suboperator={},
            operator=None,
            energy_mix={},
            directions=[None],
            publish="yes" if careful else True,
        )
    )
    assert found.ledger("location_image") == (1, 1, 0, 0)
    assert found.ledger("location_party") == found.ledger("location_direction") == (0, 0, 0, 0)
    assert not found.quarantine()
    assert {
        line["table_name"]: line["repaired"]
        for line in found.report.repair.to_pylist()
        if line["repair"] == "empty_object"
    } == {"location_image": 3, "location_party": 2, "location_direction": 1}


# -- unknown attributes ----------------------------------------------------------------------------


def test_unknown_attributes_are_counted_with_a_sample_also_of_mixed_types() -> None:
    found = Outcome(
        location(extra=1, evses=[{**EVSE, "cp": "121"}]),
        location(id="L2", extra="one", nothing=None),
    )
    assert found.unknown() == {("extra", ""): 2, ("evses[].cp", ""): 1}
    samples = {x["path"]: x["sample"] for x in found.report.unknown_attribute.to_pylist()}
    assert samples == {"extra": "1", "evses[].cp": "121"}


def test_attributes_left_out_on_purpose_are_not_reported() -> None:
    assert not Outcome(location(publish_allowed_to=[{"uid": "secret"}])).unknown()
