"""Ids, copies of an id and missing ids: which object is loaded, and where the others go."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.flatten_outcome import (
    CONNECTOR,
    EVSE,
    LOCATION,
    TARIFF,
    Outcome,
    location,
    with_connector,
    with_evse,
)


def test_a_location_sent_twice_alike_counts_as_a_duplicate_with_all_its_children() -> None:
    twice = with_connector(tariff_ids=["T"])
    found = Outcome(twice, {**twice, "_gemeente": "ede"})
    for level in ("location", "evse", "connector", "connector_tariff"):
        assert found.ledger(level) == (2, 1, 0, 1)
    assert not found.quarantine()


def test_of_two_different_copies_the_newer_is_loaded_and_the_older_put_aside() -> None:
    older = location(name="Old", evses=[EVSE])
    newer = location(name="New", last_updated="2026-06-07T11:00:00Z")
    found = Outcome(older, newer)
    assert found.one("location")["name"] == "New"
    assert found.ledger("location") == (2, 1, 1, 0)
    assert found.ledger("evse") == (1, 0, 1, 0)
    (aside,) = found.quarantine()
    assert (aside["reason"], aside["object_key"], aside["path"]) == (
        "duplicate_key",
        "NLTNM/L1",
        "",
    )
    assert json.loads(aside["record"]) == older
    assert not found.unobserved()  # the key was observed: its other copy is loaded


def test_between_copies_of_equal_age_the_first_one_wins() -> None:
    found = Outcome(location(name="First"), location(name="Second"))
    assert found.one("location")["name"] == "First"


def test_copies_in_a_camel_case_feed_are_found_too() -> None:
    one = {"id": "a", "lastUpdated": "2026-01-01T00:00:00Z", "name": "Old"}
    two = {"id": "a", "lastUpdated": "2026-02-01T00:00:00Z", "name": "New"}
    assert Outcome(one, two).one("location")["name"] == "New"


def test_the_same_id_of_two_parties_is_two_locations() -> None:
    found = Outcome(location(), location(party_id="ABC"))
    assert found.ledger("location") == (2, 2, 0, 0)


def test_a_missing_party_is_written_as_nothing() -> None:
    found = Outcome({"id": "L1"}, {"id": "L2", "country_code": "NL"})
    assert [row["party"] for row in found.tables["location"]] == ["", ""]


def test_numbers_as_ids_are_read_as_text() -> None:
    whole_feed = Outcome({"id": 5, "evses": [{"uid": 7}]}, {"id": 6})
    mixed = Outcome({"id": 5, "evses": [{"uid": 7}]}, {"id": "6"})
    for found in (whole_feed, mixed):
        assert [row["location_id"] for row in found.tables["location"]] == ["5", "6"]
        assert found.one("evse")["evse_uid"] == "7"
        assert "text_from_number" in found.repairs("location_id")


def test_an_evse_without_uid_is_put_aside_and_its_siblings_absence_is_not_believed() -> None:
    found = Outcome(location(evses=[{"uid": None, "connectors": [CONNECTOR, {"id": None}]}, EVSE]))
    assert found.ledger("location") == (1, 1, 0, 0)
    assert found.ledger("evse") == (2, 1, 1, 0)
    assert found.ledger("connector") == (2, 0, 2, 0)
    (aside,) = found.quarantine()
    assert (aside["path"], aside["reason"]) == ("evses[0]", "missing_key")
    assert aside["detail"] == "the EVSE has null uid, so its row would have no key"
    assert found.unobserved() == [("evse", "siblings", ["NLTNM", "L1"], ["E1"])]


def test_a_connector_without_id_does_not_take_its_evse_along() -> None:
    found = Outcome(with_evse(connectors=[{"standard": "CHADEMO"}, CONNECTOR]))
    assert found.ledger("evse") == (1, 1, 0, 0)
    assert found.ledger("connector") == (2, 1, 1, 0)
    assert found.unobserved() == [("connector", "siblings", ["NLTNM", "L1", "E1"], ["1"])]


def test_a_location_without_id_is_put_aside_whole() -> None:
    found = Outcome({"name": "?", "evses": [EVSE]}, location())
    assert found.ledger("location") == (2, 1, 1, 0)
    assert found.ledger("evse") == (1, 0, 1, 0)
    assert found.unobserved()[0][:3] == ("location", "siblings", [])


def test_a_connector_id_twice_in_an_evse_keeps_the_newer() -> None:
    newer = {**CONNECTOR, "max_voltage": 400, "last_updated": "2026-06-07T12:00:00Z"}
    found = Outcome(with_evse(connectors=[CONNECTOR, newer, newer]))
    assert found.one("connector")["voltage_v"] == 400
    assert found.ledger("connector") == (3, 1, 1, 1)
    assert found.quarantine()[0]["object_key"] == "NLTNM/L1/E1/1"


def test_evses_that_differ_in_spelling_only_are_duplicates() -> None:
    found = Outcome(location(evses=[EVSE, {**EVSE, "status": "available "}]))
    assert found.ledger("evse") == (2, 1, 0, 1)


@pytest.mark.parametrize(
    ("nothing", "reason"),
    [
        (None, "null_object"),
        ({}, "missing_key"),
        ({"uid": None, "id": None}, "missing_key"),
        ({"uid": " ", "id": ""}, "missing_key"),
    ],
)
def test_where_an_id_is_expected_an_element_that_says_nothing_is_put_aside(
    nothing: Any, reason: str
) -> None:
    evse = Outcome(location(evses=[EVSE, nothing]))
    assert evse.ledger("evse") == (2, 1, 1, 0)
    assert evse.unobserved() == [("evse", "siblings", ["NLTNM", "L1"], ["E1"])]
    connector = Outcome(with_evse(connectors=[nothing, CONNECTOR]))
    assert connector.ledger("connector") == (2, 1, 1, 0)
    record = Outcome(nothing, LOCATION)
    assert record.ledger("location") == (2, 1, 1, 0)
    tariff = Outcome(TARIFF, nothing, module="tariffs")
    assert tariff.ledger("tariff") == (2, 1, 1, 0)
    for found in (evse, connector, record, tariff):
        (aside,) = found.quarantine()
        assert (aside["reason"], json.loads(aside["record"])) == (reason, nothing)


def test_in_a_location_without_id_nothing_goes_uncounted() -> None:
    connectors = [CONNECTOR, None, {}]
    evses = [{**EVSE, "connectors": connectors, "images": [{}, {"url": "u"}]}, None]
    found = Outcome({"name": "?", "evses": evses})
    assert found.ledger("evse") == (2, 0, 2, 0)
    assert found.ledger("connector") == (3, 0, 3, 0)
    assert found.ledger("evse_image") == (1, 0, 1, 0)
    assert found.repairs("")["empty_object"] == 1
