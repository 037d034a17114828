"""What real feeds get wrong in a value, one test a line: what becomes of it on the way in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
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

# -- time ------------------------------------------------------------------------------------------


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


# -- electrical and enumerations -------------------------------------------------------------------


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


# -- places ----------------------------------------------------------------------------------------


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


# -- tariffs ---------------------------------------------------------------------------------------


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
    assert [line["reason"] for line in found.quarantine()] == ["null_object", "unreadable_object"]
    assert found.unobserved() == [
        ("price_component", "key", ["NLTNM", "T1", "2", "0"], None),
        ("tariff_element", "key", ["NLTNM", "T1", "1"], None),
    ]


def test_restrictions_as_a_list_are_read() -> None:
    restrictions = [{"start_time": "9:00", "day_of_week": ["monday"], "start_date": "2026-01-01"}]
    found = Outcome({**TARIFF, "elements": [{"restrictions": restrictions}]}, module="tariffs")
    row = found.one("tariff_element")
    assert (row["start_time"], row["days_of_week"]) == ("09:00", ["MONDAY"])
    assert row["start_date"] == date(2026, 1, 1)


def test_a_time_that_restricts_a_price_is_kept_where_it_cannot_be_read() -> None:
    restrictions = {"start_time": "23.00 ", "end_time": 2300}
    found = Outcome({**TARIFF, "elements": [{"restrictions": restrictions}]}, module="tariffs")
    row = found.one("tariff_element")
    assert (row["start_time"], row["end_time"]) == ("23.00", "2300")
    assert found.repairs("start_time") == {"blanks": 1, "unreadable_time": 1}


@pytest.mark.parametrize(
    ("restrictions", "named", "repairs"),
    [
        ({"start_date": "31-12-2026"}, ["start_date"], {"unreadable_date": 1}),
        (
            {"end_date": "soon", "min_kwh": 5, "max_kwh": "ten", "start_time": "25 h"},
            ["end_date", "max_kwh"],
            {"unreadable_date": 1, "unreadable_number": 1, "unreadable_time": 1},
        ),
        ({"min_duration": {"minutes": 5}}, ["min_duration_s"], {"unreadable_number": 1}),
        ({"max_duration": 1e12}, ["max_duration_s"], {"out_of_range": 1}),
        ({"min_power": float("nan")}, ["min_power_kw"], {"unreadable_number": 1}),
        ({"start_date": " ", "min_kwh": ""}, None, {"blanks": 1, "empty_text": 1}),
        ({"end_date": "2026-12-31", "min_kwh": "5"}, None, {"number_from_text": 1}),
    ],
)
def test_a_restriction_that_cannot_be_read_is_named(
    restrictions: dict[str, Any], named: list[str] | None, repairs: dict[str, int]
) -> None:
    element = {"price_components": [{"type": "ENERGY", "price": 0.3}]}
    found = Outcome(
        {**TARIFF, "elements": [{**element, "restrictions": restrictions}, element]},
        module="tariffs",
    )
    first, second = found.tables["tariff_element"]
    assert first["unreadable_restrictions"] == named
    assert all(first[name] is None for name in named or ())
    assert second["unreadable_restrictions"] is None
    assert found.repairs() == repairs


@pytest.mark.parametrize("restrictions", ["weekend", [{"min_kwh": 1}, {"max_kwh": 2}], True])
def test_restrictions_that_cannot_be_read_at_all_do_not_pass_for_none(restrictions: Any) -> None:
    found = Outcome({**TARIFF, "elements": [{"restrictions": restrictions}]}, module="tariffs")
    assert "min_kwh" in found.one("tariff_element")["unreadable_restrictions"]
    assert found.repairs("")["unreadable_object"] == 1


def test_what_a_restriction_said_is_shown_with_its_repair() -> None:
    found = Outcome(
        {**TARIFF, "elements": [{"restrictions": {"min_kwh": "a few", "end_date": "soon"}}]},
        module="tariffs",
    )
    samples = {x["column_name"]: x["sample_before"] for x in found.report.repair.to_pylist()}
    assert samples == {"min_kwh": "a few", "end_date": "soon"}


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


def test_a_code_sent_as_a_number_throughout_is_kept_as_text() -> None:
    found = Outcome(with_evse(status=0))
    assert found.one("evse_status")["status"] == "0"
    assert found.repairs("status") == {"text_from_number": 1}


def test_a_misspelt_attribute_is_read_beside_unknown_ones_of_mixed_types() -> None:
    found = Outcome(
        location(extra=1), {"id": "L2", "lastUpdated": "2026-06-07T10:00:00Z", "extra": "one"}
    )
    assert len([r for r in found.tables["location_freshness"] if r["last_updated"]]) == 2
