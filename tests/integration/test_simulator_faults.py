"""Every fault, seen over a real socket as a client would see it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
import requests

from pipelines.simulator import FAULTS, RunningSimulator

DAY = date(2026, 1, 5)
LOCATIONS = 150


@contextmanager
def served(*faults: str, page_limit: int = 60) -> Iterator[Callable[..., requests.Response]]:
    """A simulator with faults; gives a function that gets a page of a module."""
    with (
        RunningSimulator(
            locations=LOCATIONS, day=DAY, faults=faults, page_limit=page_limit
        ) as running,
        requests.Session() as session,
    ):

        def get(module: str = "locations", query: str = "") -> requests.Response:
            url = f"{running.base_url}/ocpi/2.2.1/{module}"
            return session.get(f"{url}?{query}" if query else url, timeout=120)

        yield get


@pytest.fixture(scope="module")
def good() -> dict[str, Any]:
    """The first page of locations as it is without a fault."""
    with served() as get:
        answer = get()
        return {"data": answer.json()["data"], "total": answer.headers["X-Total-Count"]}


@pytest.mark.parametrize(
    ("fault", "status", "retry_after"),
    [
        ("http_500_once", 500, None),
        ("http_429_with_retry_after", 429, "1"),
        ("http_429_without", 429, None),
    ],
)
def test_a_passing_refusal_is_over_when_asked_again(
    fault: str, status: int, retry_after: str | None
) -> None:
    with served(fault) as get:
        first, second = get(), get()
    assert (first.status_code, first.headers.get("Retry-After")) == (status, retry_after)
    assert second.status_code == 200
    assert second.json()["status_code"] == 1000


def test_a_truncated_body_is_half_a_document_of_the_length_it_says() -> None:
    with served("truncated_body") as get:
        answer = get()
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_body_short_of_its_content_length_breaks_off() -> None:
    with (
        served("short_of_content_length") as get,
        pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)),
    ):
        get()


def test_an_html_page_comes_with_status_200() -> None:
    with served("html_page") as get:
        answer = get()
        tariffs = get("tariffs")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")
    assert tariffs.json()["status_code"] == 1000


@pytest.mark.parametrize(
    ("fault", "code"), [("status_2xxx_with_http_200", 2000), ("status_3xxx_with_http_200", 3000)]
)
def test_a_refusal_in_the_body_comes_with_http_200(fault: str, code: int) -> None:
    with served(fault) as get:
        answer = get()
    assert (answer.status_code, answer.json()["status_code"]) == (200, code)
    assert "data" not in answer.json()


def test_a_page_cap_serves_fewer_than_asked_and_loses_nothing(good: dict[str, Any]) -> None:
    with served("page_cap") as get:
        answer, served_ids = get(), []
        assert len(answer.json()["data"]) == 50
        assert answer.headers["X-Limit"] == "60"
        while True:
            served_ids += [record["id"] for record in answer.json()["data"]]
            if "next" not in answer.links:
                break
            answer = get(query=answer.links["next"]["url"].partition("?")[2])
    assert len(served_ids) == int(good["total"])


def test_a_total_can_be_missing_or_wrong(good: dict[str, Any]) -> None:
    with served("missing_total") as get:
        missing = get().headers
    with served("wrong_total") as get:
        wrong = get().headers
    assert "X-Total-Count" not in missing
    assert missing["X-Limit"] == "0"
    assert int(wrong["X-Total-Count"]) == int(good["total"]) + 7


def test_a_cursor_that_stands_still_links_to_its_own_page() -> None:
    with served("cursor_stands_still:locations:1") as get:
        answer = get(query="offset=60&limit=60")
    assert answer.links["next"]["url"] == answer.url


def test_a_link_can_lead_to_another_host_or_have_none() -> None:
    with served("link_to_other_host") as get:
        other = get().links["next"]["url"]
    with served("relative_link") as get:
        relative = get().links["next"]["url"]
    assert other == "http://other-host.example/ocpi/2.2.1/locations?offset=60&limit=60"
    assert relative == "/ocpi/2.2.1/locations?offset=60&limit=60"


def test_a_link_can_have_curly_quotes() -> None:
    with served("curly_quotes_link") as get:
        link = get().headers["Link"].encode("latin-1").decode()
    assert link.endswith("?offset=60&limit=60>; rel=\u201dnext\u201d")


def struck_and_good(
    fault: str, good: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """The first record with and without the fault, and the whole page with it."""
    with served(fault) as get:
        page = get().json()["data"]
    return page[0], good["data"][0], page


def test_null_can_stand_for_a_list(good: dict[str, Any]) -> None:
    struck, _, page = struck_and_good("null_for_list", good)
    assert struck["images"] is None
    assert struck["evses"][0]["capabilities"] is None
    assert page[1] == good["data"][1]


def test_an_enum_can_have_a_value_that_nobody_knows(good: dict[str, Any]) -> None:
    struck, right, _ = struck_and_good("unknown_enum", good)
    connector = struck["evses"][0]["connectors"][0]
    assert struck["evses"][0]["status"] == "HIBERNATING"
    assert connector["standard"] == "GALACTIC_PLUG"
    assert connector["format"] == right["evses"][0]["connectors"][0]["format"] + " "


def test_an_attribute_can_be_one_that_nobody_knows(good: dict[str, Any]) -> None:
    struck, right, _ = struck_and_good("unknown_attribute", good)
    assert struck.keys() - right.keys() == {"x_vendor_note"}
    assert struck["evses"][0]["x_vendor_slot"] == 7
    assert struck["evses"][0]["connectors"][0]["x_vendor_flag"] is True


def test_a_number_can_be_a_text(good: dict[str, Any]) -> None:
    struck, right, _ = struck_and_good("number_as_string", good)
    connector = struck["evses"][0]["connectors"][0]
    as_number = right["evses"][0]["connectors"][0]
    assert connector["max_voltage"] == str(as_number["max_voltage"])
    assert connector["max_amperage"] == f"{as_number['max_amperage']}.0"


def test_a_text_can_hold_u0000(good: dict[str, Any]) -> None:
    struck, right, _ = struck_and_good("u0000_text", good)
    assert struck["address"] == f"{right['address']}\x00"


def test_times_can_lack_a_zone_on_every_record(good: dict[str, Any]) -> None:
    _, _, page = struck_and_good("zone_less_times", good)
    assert not any(record["last_updated"].endswith("Z") for record in page)
    assert all("+" not in evse["last_updated"] for record in page for evse in record["evses"])


def test_a_connector_can_be_unreadable_beside_good_ones(good: dict[str, Any]) -> None:
    struck, right, _ = struck_and_good("bad_connector", good)
    bad = struck["evses"][0]["connectors"][0]
    assert (bad["id"], bad["standard"]) == (None, {"plug": []})
    assert struck["evses"][1:] == right["evses"][1:]


def test_a_location_can_come_twice_with_another_content(good: dict[str, Any]) -> None:
    with served("duplicate_location_changed") as get:
        first, second = get(), get(query="offset=60&limit=60")
    page = first.json()["data"]
    assert {**page[-1], "city": page[0]["city"]} == page[0]
    assert page[-1]["city"] == "XXX"
    totals = {answer.headers["X-Total-Count"] for answer in (first, second)}
    assert totals == {str(int(good["total"]) + 1)}
    assert len(second.json()["data"]) == 60


@pytest.mark.parametrize(
    "fault",
    [
        "null_for_list", "unknown_enum", "unknown_attribute", "number_as_string", "u0000_text",
        "zone_less_times", "bad_connector", "duplicate_location_changed",
    ],
)  # fmt: skip
def test_faults_of_the_content_strike_tariffs_too(fault: str) -> None:
    with served() as get:
        right = get("tariffs").json()["data"]
    with served(f"{fault}:tariffs") as get:
        struck = get("tariffs").json()["data"]
    assert struck != right


# Every list of every dialect, with its module.
LISTS = [
    ("/ocpi/2.2.1/locations", "locations"),
    ("/ocpi/2.2.1/tariffs", "tariffs"),
    ("/ocpi/cpo/2.1.1/locations", "locations"),
    ("/ocpi/cpo/2.1.1/tariffs", "tariffs"),
    ("/ocpi/cpo/2.1.1/sessions", "sessions"),
    ("/ocpi/cpo/2.1.1/cdrs", "cdrs"),
    ("/ocpi/emsp/2.1.1/tokens", "tokens"),
    ("/eco/ocpi/cpo/2.1.1/locations", "locations"),
    ("/eco/ocpi/cpo/2.1.1/tariffs", "tariffs"),
    ("/eco/ocpi/cpo/2.1.1/prices", "deprecated_prices"),
    ("/prices", "prices"),
    ("/prices/connector_prices", "connector_prices"),
    ("/omni/v1/locations", "locations"),
    ("/omni/v1/evses", "evses"),
    ("/omni/v1/tariffs", "tariffs"),
]
WITHOUT_TIMES = {"prices", "connector_prices", "deprecated_prices"}
WITHOUT_CODES = {"connector_prices"}
WITHOUT_CONNECTORS = {"tokens"}
WITHOUT_NUMBERS = {"tokens", "connector_prices"}


@contextmanager
def at_an_address(*faults: str) -> Iterator[Callable[[str], requests.Response]]:
    """A simulator with faults; gives a function that gets any address of it."""
    with (
        RunningSimulator(
            locations=80, day=DAY, faults=faults, page_limit=60, prices_page_limit=60
        ) as running,
        requests.Session() as session,
    ):
        yield lambda address: session.get(f"{running.base_url}{address}", timeout=120)


@pytest.fixture(scope="module")
def faultless() -> dict[str, Any]:
    with at_an_address() as get:
        return {address: said_in(get(address)) for address, _ in LISTS}


def said_in(answer: requests.Response) -> Any:
    """What an answer says, however its numbers are written; its text where it is no JSON."""
    try:
        return answer.json()
    except requests.JSONDecodeError:
        return answer.text


@pytest.mark.parametrize(
    ("fault", "spared"),
    [
        ("null_for_list", set()),
        ("unknown_enum", WITHOUT_CODES),
        ("unknown_attribute", set()),
        ("number_as_string", WITHOUT_NUMBERS),
        ("u0000_text", set()),
        ("zone_less_times", WITHOUT_TIMES),
        ("bad_connector", WITHOUT_CONNECTORS),
        ("duplicate_location_changed", set()),
        ("status_2xxx_with_http_200", set()),
        ("html_page", set()),
        ("truncated_body", set()),
    ],
)
def test_a_fault_strikes_every_list_of_every_dialect(
    fault: str, spared: set[str], faultless: dict[str, Any]
) -> None:
    modules = {module for _, module in LISTS}
    with at_an_address(*(f"{fault}:{module}" for module in sorted(modules))) as get:
        for address, module in LISTS:
            answer = get(address)
            assert answer.status_code == 200
            assert (said_in(answer) != faultless[address]) == (module not in spared), address


def test_whole_numbers_can_be_texts_in_any_record() -> None:
    with at_an_address("int64_as_string", "int64_as_string:tariffs") as get:
        (first, *_) = get("/ocpi/2.2.1/locations").json()["data"]
        tariffs = get("/ocpi/cpo/2.1.1/tariffs").json()["data"]
    assert isinstance(first["evses"][0]["connectors"][0]["max_voltage"], str)
    steps = {c["step_size"] for t in tariffs for e in t["elements"] for c in e["price_components"]}
    assert {type(step) for step in steps} == {str}
    assert isinstance(first["publish"], bool)


@pytest.mark.parametrize(
    ("fault", "shapes"),
    [
        ("restrictions_as_list", {list}),
        ("restrictions_as_object", {dict}),
        ("restrictions_null", {type(None)}),
    ],
)
def test_restrictions_can_have_any_shape(fault: str, shapes: set[type]) -> None:
    with at_an_address(f"{fault}:prices", f"{fault}:tariffs") as get:
        for address in ("/prices", "/eco/ocpi/cpo/2.1.1/tariffs"):
            records = get(address).json()["data"]
            found = {type(e["restrictions"]) for one in records for e in one["elements"]}
            assert found == shapes


def test_prices_can_be_named_by_nothing_and_names_can_lead_nowhere() -> None:
    faults = ("unreferenced_price:prices", "dangling_price:connector_prices")
    with at_an_address(*faults) as get:
        prices = get("/prices").json()["data"]
        rows = get("/prices/connector_prices").json()["data"]
    existing = {price["id"] for price in prices}
    assert len(existing) == 120
    assert rows[0]["pricing_ids"][0] not in existing
    assert any(set(row.get("pricing_ids", ())) & existing for row in rows)


def cursor_of(answer: requests.Response) -> str | None:
    return answer.headers.get("X-Last-Record")


def test_a_cursor_can_stand_still_or_end_too_early_or_late_or_be_missing() -> None:
    with at_an_address("cursor_stands_still:prices:1") as get:
        first = cursor_of(get("/prices"))
        assert cursor_of(get(f"/prices?last_record={first}")) == first
    with at_an_address("cursor_empties_early:prices") as get:
        answer = get("/prices")
        assert (len(answer.json()["data"]), cursor_of(answer)) == (60, "")
    with at_an_address("cursor_missing:prices") as get:
        answer = get("/prices")
        assert (len(answer.json()["data"]), cursor_of(answer)) == (60, None)
        assert "Link" not in answer.headers
    with at_an_address("cursor_past_the_end:prices") as get:
        lengths, cursor = [], ""
        while True:
            answer = get(f"/prices?last_record={cursor}")
            lengths.append(len(answer.json()["data"]))
            cursor = cursor_of(answer) or ""
            if not cursor:
                break
    assert lengths[-1] == 0
    assert all(lengths[:-1])


def test_a_page_cap_holds_for_cursors_too() -> None:
    with at_an_address("page_cap:prices") as get:
        ids, cursor = [], ""
        while True:
            answer = get(f"/prices?last_record={cursor}")
            records = answer.json()["data"]
            ids += [record["id"] for record in records]
            cursor = cursor_of(answer) or ""
            if not cursor:
                break
            assert len(records) == 50
    assert len(ids) == len(set(ids)) > 150


def test_a_fault_strikes_the_page_and_the_number_of_times_it_was_asked_for() -> None:
    with served("html_page:locations:1:2") as get:
        codes = [get(query=f"offset={offset}").text[:1] for offset in (0, 60, 60, 60)]
    assert codes == ["{", "<", "<", "{"]


def test_every_fault_is_seen_by_a_test_in_this_file() -> None:
    with open(__file__, encoding="utf-8") as file:
        text = file.read()
    assert [name for name in FAULTS if text.count(f'"{name}') == 0] == []
