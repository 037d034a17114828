"""Records rewritten before they are read: people hashed, documents kept, prices by content."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import defaultdict
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from pipelines.dialects import DIALECTS
from pipelines.errors import ConfigurationError
from pipelines.flatten import flatten_modules
from tests.factories import records_of
from tests.unit.flatten_outcome import HASH_KEY, Outcome

SESSION = {
    "id": "S1",
    "start_datetime": "2026-06-07T10:00:00Z",
    "kwh": 1.5,
    "auth_id": "AUTH-1",
    "auth_method": "WHITELIST",
    "location": {"id": "L1", "name": "Station", "evses": [{"uid": "E1"}]},
    "currency": "EUR",
    "status": "COMPLETED",
    "last_updated": "2026-06-07T12:00:00Z",
}
TOKEN = {"uid": "U1", "type": "RFID", "auth_id": "A1", "visual_number": "V1", "valid": True}


def hashed(text: str) -> str:
    return hmac.new(HASH_KEY, text.encode(), hashlib.sha256).hexdigest()


def sessions(*objects: Any) -> Outcome:
    return Outcome(*objects, module="sessions", dialect="ocpi_2_1_1")


def tokens(*objects: Any) -> Outcome:
    return Outcome(*objects, module="tokens", dialect="ocpi_2_1_1")


def cdrs(*objects: Any) -> Outcome:
    return Outcome(*objects, module="cdrs", dialect="ocpi_2_1_1")


def voltality(*objects: Any) -> Outcome:
    return Outcome(*objects, module="locations", dialect="voltality")


# -- people ----------------------------------------------------------------------------------------


def test_what_names_a_person_is_a_keyed_hash_in_every_spelling() -> None:
    for name in ("auth_id", "authId", "AuthId", "AUTH_ID", "Auth-Id"):
        other = {k: v for k, v in SESSION.items() if k != "auth_id"}
        found = sessions({**other, name: "AUTH-1"})
        assert "AUTH-1" not in repr((found.tables, found.report.tables()))
        if name not in {"AUTH_ID", "Auth-Id"}:
            assert found.one("session")["auth_id_hash"] == hashed("AUTH-1")


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (b'"AUTH-1"', "AUTH-1"),
        (b'" AUTH-1\\u0000 "', "AUTH-1"),
        (b"12345678901234567890123", "12345678901234567890123"),
        (b"1.50", "1.50"),
        (b'["AUTH-1"]', "AUTH-1"),
        (b'{"value": "AUTH-1"}', "AUTH-1"),
        (b'"\\ud800x"', "\ufffdx"),
        (b'" "', None),
        (b"null", None),
        (b"{}", None),
    ],
)
def test_a_hash_is_made_of_the_text_that_is_meant(sent: bytes, text: str | None) -> None:
    found = sessions(b'{"id": "S1", "auth_id": ' + sent + b"}")
    assert found.one("session")["auth_id_hash"] == (None if text is None else hashed(text))
    assert "AUTH-1" not in repr(found.report.repair.to_pylist())


def test_tokens_are_told_apart_by_the_hash_of_their_uid() -> None:
    found = tokens(TOKEN, TOKEN, {**TOKEN, "uid": 5}, {**TOKEN, "uid": None})
    rows = {row["token_uid_hash"]: row for row in found.tables["token"]}
    assert rows.keys() == {hashed("U1"), hashed("5")}
    assert rows[hashed("U1")]["visual_number_hash"] == hashed("V1")
    assert found.ledger("token") == (4, 2, 1, 1)
    (aside,) = found.quarantine()
    assert aside["reason"] == "missing_key"
    assert not any(f'"{secret}"' in aside["record"] for secret in ("U1", "A1", "V1"))


@pytest.mark.parametrize("record", [b'"U1"', b'["U1"]', b'{"uid": "U1"', b"\xffU1"])
def test_a_record_that_is_no_token_is_shown_as_null(record: bytes) -> None:
    found = tokens(record)
    assert found.ledger("token") == (1, 0, 1, 0)
    (aside,) = found.quarantine()
    assert aside["record"] == "null"
    assert "U1" not in repr(found.report.tables())


def test_of_two_records_of_a_session_the_newest_counts() -> None:
    newer = {**SESSION, "kwh": 9, "last_updated": "2026-06-07T13:00:00Z"}
    found = sessions(SESSION, newer)
    assert found.one("session")["energy_kwh"] == 9
    assert found.ledger("session") == (2, 1, 1, 0)
    assert hashed("AUTH-1") in found.quarantine()[0]["record"]


def test_nobody_is_hashed_without_a_key() -> None:
    with pytest.raises(ConfigurationError, match="hash_key"):
        flatten_modules(
            {"tokens": lambda: [records_of([TOKEN])]},
            dialect=DIALECTS["ocpi_2_1_1"],
            day=date(2026, 6, 7),
            sink=lambda table, rows: None,
        )


# -- documents -------------------------------------------------------------------------------------


def test_a_location_is_kept_as_it_was_sent_to_the_last_digit() -> None:
    location = b'{"id":"L1", "x": 1.10000000000000000001, "y": [1e2, "\\u00e9"]}'
    found = sessions(b'{"id":"S1","kwh":0.1,"location": ' + location + b"}")
    row = found.one("session")
    assert (row["location_document"], row["location_id"]) == (location.decode(), "L1")
    assert not found.repairs("location_document")


@pytest.mark.parametrize(
    ("sent", "kept", "repair"),
    [
        (rb'{"id":"a\u0000b\\u0000"}', r'{"id":"ab\\u0000"}', "nul_removed"),
        (rb'{"id":"a\ud800"}', '{"id": "a?"}', "unstorable_part"),
        (rb'{"id":"e2026", "x": NaN}', '{"id": "e2026", "x": null}', "unstorable_part"),
        (rb'{"id":"a","x":1e999999}', '{"id":"a","x":null}', "unstorable_part"),
        (rb'{"id":"a","x":1e99999999999999999999}', '{"id":"a","x":null}', "unstorable_part"),
        (b'{"id":"a\xff"}', '{"id":"a\ufffd"}', "broken_utf8"),
        (rb'{"id":"e2026", "x": "E9999"}', '{"id":"e2026", "x": "E9999"}', None),
    ],
)
def test_what_postgres_refuses_in_a_document_is_taken_out_and_counted(
    sent: bytes, kept: str, repair: str | None
) -> None:
    found = sessions(b'{"id":"S1","location":' + sent + b"}")
    document = found.one("session")["location_document"]
    assert json.loads(document) == json.loads(kept)
    assert found.repairs("location_document") == ({repair: 1} if repair else {})


def test_what_a_source_sends_under_the_name_of_a_document_is_no_document() -> None:
    found = sessions({"id": "S1", "location_document": "{", "locationDocument": "{"})
    assert found.one("session")["location_document"] is None


def test_cdrs_keep_each_tariff_and_compare_ids_without_case() -> None:
    tariffs = [{"id": "T1", "elements": [1]}, {"id": "T2"}]
    cdr = {"id": "Cdr-1", "auth_id": "A1", "total_cost": 1.25, "tariffs": tariffs}
    found = cdrs(cdr, {**cdr, "id": "CDR-1"}, {**cdr, "id": "C2", "tariffs": tariffs[0]})
    assert [row["cdr_id"] for row in found.tables["cdr"]] == ["cdr-1", "c2"]
    assert found.ledger("cdr") == (3, 2, 0, 1)
    documents = [json.loads(row["tariff_document"]) for row in found.tables["cdr_tariff"]]
    assert documents == [*tariffs, tariffs[0]]


# -- prices ----------------------------------------------------------------------------------------


def price(key: str, amount: Any = 0.5, **more: Any) -> dict[str, Any]:
    components = [{"type": "ENERGY", "price_excl_vat": amount, "vat": 21}]
    return {"id": key, "partner": "P", "elements": [{"price_components": components}], **more}


def connector(*ids: Any, **more: Any) -> dict[str, Any]:
    known = {"location_id": "L1", "evse_uid": "E1", "connector_id": "1"}
    return {**known, "pricing_ids": list(ids), **more}


def priced(prices: list[Any] | None, connectors: list[Any]) -> dict[str, list[dict[str, Any]]]:
    """Rows of prices and of the connectors that name them, in that order of modules."""
    found: dict[str, list[pa.Table]] = defaultdict(list)
    modules = {"connector_prices": records_of(connectors)}
    if prices is not None:
        modules["prices"] = records_of(prices)
    flatten_modules(
        {name: (lambda records=records: [records]) for name, records in modules.items()},
        dialect=DIALECTS["eco_movement"],
        day=date(2026, 6, 7),
        sink=lambda table, rows: found[table].append(rows),
    )
    return {name: pa.concat_tables(parts).to_pylist() for name, parts in found.items()}


def prices_of(*objects: Any) -> Outcome:
    return Outcome(*objects, module="prices", dialect="eco_movement")


def test_prices_that_say_the_same_are_one_whatever_their_id() -> None:
    found = prices_of(price("a", 0.5), price("b", 0.50), price("c", 0.5, product=None))
    assert len(found.one("price")["price_key"]) == 32
    assert found.ledger("price") == (3, 1, 0, 2)
    assert not found.unknown()


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [(1, 1.0, True), (100, 1e2, True), (0, -0.0, True), (1, "1", False), (1, True, False)],
)
def test_numbers_in_a_price_are_compared_by_value(one: Any, other: Any, is_same: bool) -> None:
    keys = {prices_of(price("a", amount)).one("price")["price_key"] for amount in (one, other)}
    assert (len(keys) == 1) is is_same


def test_a_price_that_says_nothing_but_its_id_is_put_aside() -> None:
    found = prices_of({"id": "a"}, price("b"))
    assert found.ledger("price") == (2, 1, 1, 0)


def test_connectors_name_prices_by_content_in_any_order_each_once() -> None:
    rows = priced(
        [price("a", 1), price("b", 2), price("c", 1)],
        [
            connector("a", "b"),
            connector("b", "a", "a", evse_uid="E2"),
            connector("c", "b", evse_uid="E3"),
            connector("gone", "lost", evse_uid="E4"),
            connector(evse_uid="E5"),
            {k: v for k, v in connector(evse_uid="E6").items() if k != "pricing_ids"},
        ],
    )
    keys = {row["price_key"] for row in rows["price"]}
    assert len(keys) == 2
    by_evse: dict[str, set[str]] = defaultdict(set)
    for row in rows["connector_price"]:
        by_evse[row["evse_uid"]].add(row["price_key"])
    assert by_evse == {"E1": keys, "E2": keys, "E3": keys, "E4": {"dangling"}}
    sets = {row["evse_uid"]: row["price_set_key"] for row in rows["connector_pricing"]}
    assert sets["E1"] == sets["E2"] == sets["E3"] != sets["E4"] != sets["E5"] == sets["E6"]


def test_without_the_prices_every_id_dangles(caplog: pytest.LogCaptureFixture) -> None:
    rows = priced(None, [connector("a")])
    assert [row["price_key"] for row in rows["connector_price"]] == ["dangling"]
    assert "connector_prices names records of prices" in caplog.text


# -- wrappings -------------------------------------------------------------------------------------


def test_a_location_is_taken_out_of_its_wrapping() -> None:
    wrapped = {"location": {"uid": "L1", "name": "Station"}, "distance_meters": 5, "score": 3}
    found = voltality(wrapped, {"uid": "L2"})
    assert [row["location_id"] for row in found.tables["location"]] == ["L1", "L2"]
    assert found.unknown() == {("score", ""): 1}


def test_a_bare_evse_gets_a_location_that_stands_for_the_unknown_one() -> None:
    evse = {"uid": "E1", "evse_id": "NL*A", "connectors": [{"uid": "C1", "status": "AVAILABLE"}]}
    found = voltality(evse, {"uid": "L2", "evses": [evse]}, {"connectors": []})
    places = {row["location_id"]: row["is_placeholder"] for row in found.tables["location"]}
    assert places == {"E1": True, "L2": None}
    assert [row["location_id"] for row in found.tables["evse"]] == ["E1", "L2"]
    assert found.ledger("location") == (3, 2, 1, 0)
    assert found.ledger("evse") == (3, 2, 1, 0)
    assert found.ledger("connector") == (2, 2, 0, 0)


def test_records_that_need_no_rewriting_stay_as_they_were_sent() -> None:
    record = b'{"uid" : null, "name": 1.10 }'
    (aside,) = voltality(record).quarantine()
    assert aside["record"] == record.decode()
