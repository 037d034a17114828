"""The simulator over a real socket: paging, tokens, days, single objects, documents."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from pipelines.errors import ConfigurationError
from pipelines.simulator import DAY_HEADER, RunningSimulator
from pipelines.simulator.__main__ import main

DAY = date(2026, 1, 5)
TOKEN = "a-token-of-the-test"


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with RunningSimulator(locations=230, day=DAY, token=TOKEN, page_limit=40) as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        opened.headers["Authorization"] = f"Token {base64.b64encode(TOKEN.encode()).decode()}"
        yield opened


def endpoint(simulator: RunningSimulator, session: requests.Session, module: str) -> str:
    """The URL of a module, found as an OCPI client finds it."""
    versions = session.get(simulator.versions_url).json()["data"]
    details = session.get(versions[0]["url"]).json()["data"]
    found = [one for one in details["endpoints"] if one["identifier"] == module]
    assert [(one["role"], details["version"]) for one in found] == [("SENDER", "2.2.1")]
    return str(found[0]["url"])


def every_page(session: requests.Session, url: str | None) -> list[dict[str, Any]]:
    pages = []
    while url:
        answer = session.get(url)
        answer.raise_for_status()
        pages.append(answer.json())
        url = answer.links.get("next", {}).get("url")
    return pages


@pytest.mark.parametrize("module", ["locations", "tariffs"])
def test_paging_covers_everything_exactly_once(
    simulator: RunningSimulator, session: requests.Session, module: str
) -> None:
    url = endpoint(simulator, session, module)
    pages = every_page(session, f"{url}?limit=7")
    served = [(r["country_code"], r["party_id"], r["id"]) for page in pages for r in page["data"]]
    world = simulator.world
    expected = [
        (record.country_code, record.party_id, record.id)
        for record in (world.locations(DAY) if module == "locations" else world.tariffs(DAY))
    ]
    assert served == expected
    assert {len(page["data"]) for page in pages[:-1]} == {7}
    assert {page["status_code"] for page in pages} == {1000}


def test_a_limit_above_the_servers_own_is_capped_and_said(
    simulator: RunningSimulator, session: requests.Session
) -> None:
    url = endpoint(simulator, session, "locations")
    answer = session.get(url, params={"limit": 5000})
    total = len(simulator.world.roster(DAY))
    assert len(answer.json()["data"]) == 40
    assert answer.headers["X-Limit"] == "40"
    assert answer.headers["X-Total-Count"] == str(total)
    assert answer.links["next"]["url"] == f"{url}?offset=40&limit=40"
    beyond = session.get(url, params={"offset": total + 1})
    assert beyond.json()["data"] == []
    assert "Link" not in beyond.headers


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=ten", "offset=-1", "date_from=yesterday", "date_to=2026-13-01"]
)
def test_a_wrong_parameter_is_refused_with_2001(
    simulator: RunningSimulator, session: requests.Session, query: str
) -> None:
    answer = session.get(f"{simulator.base_url}/ocpi/2.2.1/locations?{query}")
    assert (answer.status_code, answer.json()["status_code"]) == (400, 2001)


def test_the_token_is_taken_raw_or_in_base64_and_nothing_else(simulator: RunningSimulator) -> None:
    encoded = base64.b64encode(TOKEN.encode()).decode()
    accepted = [f"Token {TOKEN}", f"Token {encoded}"]
    refused = [None, "Token wrong", f"Bearer {TOKEN}", "Token", f"Token {encoded}x"]
    for header in accepted + refused:
        sent = {"Authorization": header} if header else {}
        answer = requests.get(simulator.versions_url, headers=sent, timeout=120)
        expected = (200, 1000) if header in accepted else (401, 2001)
        assert (answer.status_code, answer.json()["status_code"]) == expected
        assert TOKEN not in answer.text
    assert TOKEN not in str(simulator.requests)


def test_a_time_window_gives_only_what_was_updated_in_it(
    simulator: RunningSimulator, session: requests.Session
) -> None:
    url = endpoint(simulator, session, "locations")
    window = {"date_from": "2026-01-03T12:00:00Z", "date_to": "2026-01-04T18:00:00Z", "limit": "9"}
    first = requests.Request("GET", url, params=window).prepare().url
    served = [record for page in every_page(session, first) for record in page["data"]]
    begin = datetime(2026, 1, 3, 12, tzinfo=UTC)
    end = datetime(2026, 1, 4, 18, tzinfo=UTC)
    expected = [
        location.id
        for location in simulator.world.locations(DAY)
        if begin <= location.last_updated < end
    ]
    assert len(expected) > 9
    assert [record["id"] for record in served] == expected


def test_single_objects_are_the_ones_in_the_list(
    simulator: RunningSimulator, session: requests.Session
) -> None:
    url = endpoint(simulator, session, "locations")
    record = session.get(f"{url}?offset=41&limit=1").json()["data"][0]
    evse = record["evses"][0]
    connector = evse["connectors"][0]
    one = f"{url}/{record['id']}"
    assert session.get(one).json()["data"] == record
    assert session.get(f"{one}/{evse['uid']}").json()["data"] == evse
    assert session.get(f"{one}/{evse['uid']}/{connector['id']}").json()["data"] == connector
    for unknown in (f"{url}/nowhere", f"{one}/nothing", f"{one}/{evse['uid']}/99"):
        answer = session.get(unknown)
        assert (answer.status_code, answer.json()["status_code"]) == (404, 2003)


def test_a_header_asks_for_another_day_without_moving_the_clock(
    simulator: RunningSimulator, session: requests.Session
) -> None:
    url = endpoint(simulator, session, "locations")
    today = session.get(url).json()
    later = session.get(url, headers={DAY_HEADER: "2026-02-01"}).json()
    assert today["timestamp"] == "2026-01-05T00:00:00Z"
    assert later["timestamp"] == "2026-02-01T00:00:00Z"
    assert today["data"] != later["data"]
    assert session.get(url).json() == today
    refused = session.get(url, headers={DAY_HEADER: "soon"})
    assert (refused.status_code, refused.json()["status_code"]) == (400, 2001)


def test_the_clock_can_be_set_and_let_go(session: requests.Session) -> None:
    with RunningSimulator(locations=10) as running:
        clock = f"{running.base_url}/clock"
        assert session.get(clock).json()["stands"] is False
        standing = session.put(clock, json={"day": "2026-03-04"}).json()
        assert standing == {"day": "2026-03-04", "stands": True}
        assert session.get(running.versions_url).json()["timestamp"] == "2026-03-04T00:00:00Z"
        assert session.put(clock, json={"day": "today"}).status_code == 400
        assert session.put(clock, json={"day": None}).json()["stands"] is False


def test_an_address_that_is_not_there_is_told_in_an_envelope(
    simulator: RunningSimulator, session: requests.Session
) -> None:
    answer = session.get(f"{simulator.base_url}/ocpi/2.2.1/sessions")
    assert (answer.status_code, answer.json()["status_code"]) == (404, 2000)


def test_requests_are_counted_without_their_token(
    simulator: RunningSimulator, session: requests.Session
) -> None:
    before = len(simulator.requests_to("/tariffs"))
    session.get(
        f"{simulator.base_url}/ocpi/2.2.1/tariffs?limit=3", headers={DAY_HEADER: "2026-01-06"}
    )
    seen = simulator.requests_to("/tariffs")[before:]
    assert [(one.method, one.query, one.http_status) for one in seen] == [("GET", "limit=3", 200)]
    assert (seen[0].simulated_day, seen[0].authorized_with) == ("2026-01-06", "Token")


def test_a_port_that_is_taken_is_one_clear_sentence(simulator: RunningSimulator) -> None:
    taken = int(simulator.base_url.rsplit(":", 1)[1])
    with pytest.raises(ConfigurationError, match=f"127.0.0.1:{taken}.*choose another port"):
        RunningSimulator(locations=1, port=taken).__enter__()


def test_another_process_writes_the_same_bytes(tmp_path: Path) -> None:
    arguments = ["--locations", "60", "--day", "2026-01-09"]
    main([*arguments, "--out", str(tmp_path / "here")])
    subprocess.run(
        [sys.executable, "-m", "pipelines.simulator", *arguments, "--out", str(tmp_path / "there")],
        check=True,
        capture_output=True,
        env={"PYTHONHASHSEED": "77"},
    )
    names = {"locations_2026-01-09.jsonl", "tariffs_2026-01-09.jsonl"}
    for folder in ("here", "there"):
        assert {path.name for path in (tmp_path / folder).iterdir()} == names
    for name in names:
        here, there = (tmp_path / folder / name for folder in ("here", "there"))
        assert (
            hashlib.sha256(here.read_bytes()).digest()
            == hashlib.sha256(there.read_bytes()).digest()
        )


def test_documents_can_be_pages_and_a_share_of_them_a_night_later(tmp_path: Path) -> None:
    arguments = ["--locations", "400", "--day", "2026-01-09", "--fill", "all"]
    main([*arguments, "--page-size", "100", "--out", str(tmp_path / "pages")])
    assert len(list((tmp_path / "pages").glob("locations_*.json"))) == 4
    main([*arguments, "--out", str(tmp_path / "before")])
    main([*arguments, "--changed-share", "0.05", "--out", str(tmp_path / "after")])
    before, after = (
        (tmp_path / folder / "locations_2026-01-09.jsonl").read_bytes().splitlines()
        for folder in ("before", "after")
    )
    changed = sum(old != new for old, new in zip(before, after, strict=True))
    assert changed == pytest.approx(len(before) * 0.05, abs=1)
