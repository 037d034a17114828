"""What real feeds get wrong, one test a line: what becomes of it on the way in."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from pipelines.dialects import DIALECTS
from pipelines.flatten import FlattenReport, flatten_module
from tests.factories import records_of

LOCATION = {
    "country_code": "NL",
    "party_id": "TNM",
    "id": "L1",
    "name": "Station",
    "country": "NLD",
    "coordinates": {"latitude": "52.1", "longitude": "5.2"},
    "last_updated": "2026-06-07T10:00:00Z",
}
CONNECTOR = {
    "id": "1",
    "standard": "IEC_62196_T2",
    "max_voltage": 230,
    "last_updated": "2026-06-07T10:00:00Z",
}
EVSE = {"uid": "E1", "status": "AVAILABLE", "last_updated": "2026-06-07T10:00:00Z"}
TARIFF = {"id": "T1", "country_code": "NL", "party_id": "TNM", "currency": "EUR"}


class Outcome:
    """Rows and report of one flattened module, easy to ask."""

    def __init__(
        self, *objects: Any, module: str = "locations", dialect: str = "ocpi_2_2_1"
    ) -> None:
        found: dict[str, list[pa.Table]] = defaultdict(list)
        declared = DIALECTS[dialect].module(module)
        assert declared is not None
        records = records_of(list(objects))
        self.report: FlattenReport = flatten_module(
            lambda: [records],
            module=declared,
            day=date(2026, 6, 7),
            sink=lambda table, rows: found[table].append(rows),
            ignored=DIALECTS[dialect].ignored_in(module),
        )
        self.tables = {name: pa.concat_tables(parts).to_pylist() for name, parts in found.items()}

    def one(self, table: str) -> dict[str, Any]:
        (row,) = self.tables[table]
        return row

    def repairs(self, column: str | None = None) -> dict[str, int]:
        return {
            line["repair"]: line["repaired"]
            for line in self.report.repair.to_pylist()
            if column in (None, line["column_name"])
        }

    def ledger(self, level: str) -> tuple[int, int, int, int]:
        """received, loaded, quarantined, duplicates"""
        (line,) = [x for x in self.report.ledger.to_pylist() if x["level"] == level]
        return line["received"], line["loaded"], line["quarantined"], line["duplicates"]

    def quarantine(self) -> list[dict[str, Any]]:
        return self.report.quarantine.to_pylist()

    def unobserved(self) -> list[tuple[str, str, list[str], list[str] | None]]:
        return [
            (x["level"], x["scope"], x["prefix"], x["present"])
            for x in self.report.unobserved.to_pylist()
        ]

    def unknown(self) -> dict[tuple[str, str], int]:
        return {
            (x["path"], x["unknown_value"]): x["occurrences"]
            for x in self.report.unknown_attribute.to_pylist()
        }


def location(**changes: Any) -> dict[str, Any]:
    return {**LOCATION, **changes}


def with_evse(**changes: Any) -> dict[str, Any]:
    return location(evses=[{**EVSE, **changes}])


def with_connector(**changes: Any) -> dict[str, Any]:
    return with_evse(connectors=[{**CONNECTOR, **changes}])


# -- identity --------------------------------------------------------------------------------


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


# -- time ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-07T10:00:00Z", datetime(2026, 6, 7, 10, tzinfo=UTC)),
        ("2026-06-07T10:00:00+00:00", datetime(2026, 6, 7, 10, tzinfo=UTC)),
        ("2026-06-07T12:00:00+02:00", datetime(2026, 6, 7, 10, tzinfo=UTC)),
        ("2026-06-07T10:00:00.5", datetime(2026, 6, 7, 10, 0, 0, 500000, tzinfo=UTC)),
        ("2026-06-07T10:00:00.123456789Z", datetime(2026, 6, 7, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2026-06-07 10:00:00", datetime(2026, 6, 7, 10, tzinfo=UTC)),
        (" 2026-06-07T10:00:00Z\r\n", datetime(2026, 6, 7, 10, tzinfo=UTC)),
        ("0001-01-01T00:00:00", None),
        ("2026-02-31T10:00:00Z", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_are_read_as_feeds_write_them(text: str, expected: datetime | None) -> None:
    found = Outcome(location(last_updated=text))
    assert found.one("location_freshness")["last_updated"] == expected
    beside_others = Outcome(location(last_updated=text), location(id="L2"))
    assert beside_others.tables["location_freshness"][0]["last_updated"] == expected


def test_a_time_without_zone_is_utc_and_counted() -> None:
    found = Outcome(location(last_updated="2026-06-07T10:00:00"), location(id="L2"))
    assert found.repairs("last_updated") == {"zone_assumed_utc": 1}


def test_a_missing_last_updated_rejects_nothing() -> None:
    found = Outcome({k: v for k, v in LOCATION.items() if k != "last_updated"})
    assert found.one("location_freshness")["last_updated"] is None


def test_opening_times_take_the_form_of_the_model() -> None:
    hours = [{"weekday": 1, "period_begin": "8:00", "period_end": "20:00:00"}]
    found = Outcome(location(opening_times={"regular_hours": hours}))
    row = found.one("location_opening_hours")
    assert (row["period_begin"], row["period_end"]) == ("08:00", "20:00")
    assert found.repairs("period_begin") == {"time_form": 1}


# -- electrical and enumerations ---------------------------------------------------------------


def test_voltage_as_text_is_a_number_whether_one_or_all_send_it() -> None:
    everywhere = Outcome(with_connector(max_voltage="230", max_amperage=62.1))
    mixed = Outcome(
        with_connector(max_voltage="230", max_amperage=62.1),
        location(id="L2", evses=[{**EVSE, "connectors": [CONNECTOR]}]),
    )
    for found in (everywhere, mixed):
        row = found.tables["connector"][0]
        assert (row["voltage_v"], row["amperage_a"]) == (230.0, 62.1)
        assert found.repairs("voltage_v") == {"number_from_text": 1}


def test_a_number_that_cannot_be_read_is_null_and_counted() -> None:
    found = Outcome(with_connector(max_voltage="many", max_amperage=[1, 2]))
    assert found.one("connector")["voltage_v"] is None
    assert found.repairs("voltage_v") == {"unreadable_number": 1}
    assert found.repairs("amperage_a") == {"unreadable_number": 1}
    assert found.ledger("connector") == (1, 1, 0, 0)


def test_spellings_of_the_older_version_are_read_too() -> None:
    found = Outcome(with_connector(max_voltage=None, voltage=400, amperage=32, tariff_id="7"))
    row = found.one("connector")
    assert (row["voltage_v"], row["amperage_a"]) == (400.0, 32.0)
    assert found.one("connector_tariff")["tariff_id"] == "7"


def test_tariff_references_repeated_or_empty_are_no_rows_of_their_own() -> None:
    found = Outcome(with_connector(tariff_ids=["7", "", None, "7 "], tariff_id="8"))
    assert found.one("connector_tariff")["tariff_id"] == "7"
    assert found.ledger("connector_tariff") == (2, 1, 0, 1)
    assert not Outcome(with_connector(tariff_ids=[], tariff_id="")).tables["connector_tariff"]


@pytest.mark.parametrize(
    ("sent", "loaded"),
    [
        ("CHARGING ", "CHARGING"),
        ("preparing", "PREPARING"),
        ("\u00a0Available\r\n", "AVAILABLE"),
        ("WORKING", "WORKING"),
        ("", None),
    ],
)
def test_statuses_take_the_spelling_of_the_standard_or_stay_as_they_came(
    sent: str, loaded: str | None
) -> None:
    found = Outcome(with_evse(status=sent))
    assert found.one("evse_status")["status"] == loaded
    assert (("evses[].status", "WORKING") in found.unknown()) == (sent == "WORKING")


def test_connector_standards_take_the_standards_mixed_case() -> None:
    found = Outcome(with_connector(standard="IEC_60309_2_THREE_16", format="socket"))
    assert found.one("connector")["standard"] == "IEC_60309_2_three_16"
    assert found.one("connector")["format"] == "SOCKET"


def test_unknown_values_in_lists_are_kept_and_reported() -> None:
    found = Outcome(with_evse(capabilities=["rfid_reader", "TELEPATHY", None, ""]))
    assert found.one("evse")["capabilities"] == ["RFID_READER", "TELEPATHY"]
    assert found.unknown() == {("evses[].capabilities[]", "TELEPATHY"): 1}


# -- places ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [
        ("52.1", "5.2", (52.1, 5.2)),
        (52.1, 5.2, (52.1, 5.2)),
        ("52,1", " 5.2", (52.1, 5.2)),
        ("41.15901386191482", "28.9", (41.15901386191482, 28.9)),
        (0, 0, (None, None)),
        ("0.0", "0", (None, None)),
        ("", "", (None, None)),
        (152.1, 5.2, (None, 5.2)),
        (0, 5.2, (0.0, 5.2)),
    ],
)
def test_coordinates_are_read_from_text_or_numbers(
    latitude: Any, longitude: Any, expected: tuple[float | None, float | None]
) -> None:
    place = {"latitude": latitude, "longitude": longitude}
    row = Outcome(location(coordinates=place)).one("location")
    assert (row["latitude"], row["longitude"]) == expected


@pytest.mark.parametrize(
    ("sent", "iso3"),
    [("NLD", "NLD"), ("NL", "NLD"), ("nld", "NLD"), ("Netherlands", "NLD"), ("Türkiye", "TUR"),
     ("TRY", None), ("", None)],
)  # fmt: skip
def test_countries_are_mapped_and_kept_as_sent(sent: str, iso3: str | None) -> None:
    row = Outcome(location(country=sent)).one("location")
    assert (row["country_iso3"], row["country_source"]) == (iso3, sent or None)


# -- shapes ------------------------------------------------------------------------------------


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


# -- unknown attributes ------------------------------------------------------------------------


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


# -- tariffs -----------------------------------------------------------------------------------


def test_prices_are_exact_and_rounded_half_even_at_six_digits() -> None:
    prices_sent = [0.2066, "1,5", None, 0.0000005]
    components = [{"type": "ENERGY", "price": price} for price in prices_sent]
    found = Outcome({**TARIFF, "elements": [{"price_components": components}]}, module="tariffs")
    prices = [row["price"] for row in found.tables["price_component"]]
    assert prices == [Decimal("0.206600"), Decimal("1.500000"), None, Decimal("0.000000")]
    assert all(row["vat_percent"] is None for row in found.tables["price_component"])


def test_elements_and_components_keep_their_positions() -> None:
    elements = [{"price_components": []}, None, {"price_components": ["x", {"type": "FLAT"}]}]
    found = Outcome({**TARIFF, "elements": elements}, module="tariffs")
    assert [row["element_index"] for row in found.tables["tariff_element"]] == [0, 2]
    row = found.one("price_component")
    assert (row["element_index"], row["component_index"]) == (2, 1)
    assert found.unobserved() == [("price_component", "key", ["NLTNM", "T1", "2", "0"], None)]


def test_restrictions_as_a_list_are_read() -> None:
    restrictions = [{"start_time": "9:00", "day_of_week": ["monday"], "start_date": "2026-01-01"}]
    found = Outcome({**TARIFF, "elements": [{"restrictions": restrictions}]}, module="tariffs")
    row = found.one("tariff_element")
    assert (row["start_time"], row["days_of_week"]) == ("09:00", ["MONDAY"])
    assert row["start_date"] == date(2026, 1, 1)


def test_a_bare_number_for_a_price_limit_excludes_vat() -> None:
    found = Outcome({**TARIFF, "min_price": 2}, module="tariffs")
    assert found.one("tariff")["min_price_excl_vat"] == Decimal(2)


def test_the_same_tariff_eight_times_is_one_and_seven_duplicates() -> None:
    assert Outcome(*[TARIFF] * 8, module="tariffs").ledger("tariff") == (8, 1, 0, 7)


def test_the_same_text_twice_is_one_row_and_a_duplicate() -> None:
    text = {"language": "en", "text": "cheap"}
    found = Outcome({**TARIFF, "tariff_alt_text": [text, text]}, module="tariffs")
    assert found.ledger("tariff_alt_text") == (2, 1, 0, 1)


def test_the_older_dialect_reads_the_same_records_without_a_party() -> None:
    found = Outcome(with_connector(voltage=230), dialect="ocpi_2_1_1")
    assert found.one("location")["party"] == ""
    assert ("country_code", "") in found.unknown()
