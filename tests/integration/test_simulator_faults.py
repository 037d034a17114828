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
            return session.get(f"{url}?{query}" if query else url, timeout=10)

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


def test_a_fault_strikes_the_page_and_the_number_of_times_it_was_asked_for() -> None:
    with served("html_page:locations:1:2") as get:
        codes = [get(query=f"offset={offset}").text[:1] for offset in (0, 60, 60, 60)]
    assert codes == ["{", "<", "<", "{"]


def test_every_fault_is_seen_by_a_test_in_this_file() -> None:
    with open(__file__, encoding="utf-8") as file:
        text = file.read()
    assert [name for name in FAULTS if text.count(f'"{name}') == 0] == []
