"""What bulk answers leave out: asked for one location at a time, or carried after all."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from pipelines.landing import MANIFEST
from pipelines.sources import Source
from tests.integration.pulling import DAY, NIGHT, TOKEN, TOKEN_VARIABLE, Puller, api, ids
from tests.integration.pulling import puller as puller
from tests.integration.pulling import server as server
from tests.integration.pulling import token as token
from tests.integration.source_server import Asked, Reply, SourceServer, locations, ocpi

LOCATIONS = "/ocpi/locations"
MODULES = ["locations"]


def _details(server: SourceServer, **settings: object) -> Source:
    return api(server, dialect="eco_movement", **{"modules": MODULES, "details": 4, **settings})


def _answer_locations(server: SourceServer, count: int, *, gone: frozenset[str]) -> None:
    records = locations(count)
    server.answer(LOCATIONS, ocpi(records, X_Total_Count=str(count), X_Limit="50"))
    for record in records:
        detail = {**record, "roaming": [{"emsp": "A"}]}
        found = Reply(b"{}", status=404) if record["id"] in gone else ocpi(detail)
        server.answer(f"{LOCATIONS}/{record['id']}", found)


def _asked_one_by_one(server: SourceServer) -> list[str]:
    return [a.path.rpartition("/")[2] for a in server.asked if a.path.startswith(f"{LOCATIONS}/")]


def test_as_many_as_said_are_asked_for_and_the_manifest_names_them_gone_or_not(
    server: SourceServer, puller: Puller
) -> None:
    _answer_locations(server, 10, gone=frozenset())
    first = puller.pull_as_declared(_details(server)).manifest.modules["location_details"]
    assert first.asked is not None
    server.asked.clear()
    gone = first.asked[1]
    _answer_locations(server, 10, gone=frozenset({gone}))
    attempt = puller.pull_as_declared(_details(server), refresh=True)
    landed = attempt.manifest.modules["location_details"]
    assert landed.asked == first.asked == _asked_one_by_one(server)
    assert (len(first.asked), landed.received, landed.complete) == (4, 3, True)
    assert [page.kind for page in landed.pages] == ["detail"] * 3
    assert ids(attempt, "location_details") == [key for key in first.asked if key != gone]
    assert (attempt.hash, attempt.verifies()) != (first, False)


def test_all_locations_come_round_in_the_course_of_some_nights(
    server: SourceServer, puller: Puller
) -> None:
    _answer_locations(server, 12, gone=frozenset())
    asked: set[str] = set()
    for night in range(6):
        attempt = puller.pull_as_declared(
            _details(server), day=DAY + timedelta(days=night), now=NIGHT + timedelta(days=night)
        )
        asked.update(attempt.manifest.modules["location_details"].asked or [])
    assert asked == {f"L{n}" for n in range(12)}


def test_bulk_answers_that_carry_the_details_are_read_twice_and_landed_once(
    server: SourceServer, puller: Puller
) -> None:
    _answer_locations(server, 10, gone=frozenset())
    attempt = puller.pull_as_declared(_details(server, details="bulk"))
    bulk, details = (attempt.manifest.modules[name] for name in ("locations", "location_details"))
    assert details.pages == bulk.pages
    assert (details.complete, details.asked, details.received) == (True, None, 10)
    assert ids(attempt, "location_details") == ids(attempt)
    assert list(attempt.files) == ["locations-00001.json"]
    assert _asked_one_by_one(server) == []


@pytest.mark.parametrize(
    "trouble",
    [Reply(b"<html>"), Reply(status=401), ocpi(None, code=3001), Reply(b"{}", status=500)],
    ids=["html", "401", "body 3001", "500"],
)
def test_details_that_fail_cost_the_details_and_nothing_else(
    server: SourceServer, puller: Puller, trouble: Reply
) -> None:
    _answer_locations(server, 10, gone=frozenset())
    for n in range(10):
        server.answer(f"{LOCATIONS}/L{n}", trouble)
    attempt = puller.pull_as_declared(_details(server))
    assert attempt.modules == ("locations",)
    assert attempt.manifest.complete
    assert "location_details" in attempt.failed_modules


@pytest.mark.parametrize("refusal", [Reply(b"{}", status=404), ocpi(None, code=2000)])
def test_where_not_one_is_answered_nobody_is_believed_gone(
    server: SourceServer, puller: Puller, refusal: Reply
) -> None:
    _answer_locations(server, 10, gone=frozenset())
    for n in range(10):
        server.answer(f"{LOCATIONS}/L{n}", refusal)
    attempt = puller.pull_as_declared(_details(server))
    said = attempt.failed_modules["location_details"]
    assert "of 4 locations asked for by themselves not one was answered" in said


@pytest.mark.parametrize(
    ("refusal", "said"),
    [(Reply(b"{}", status=405), "HTTP 405"), (ocpi(None, code=2001), "OCPI status 2001")],
)
def test_of_a_location_that_is_refused_by_itself_nothing_is_said(
    server: SourceServer, puller: Puller, refusal: Reply, said: str
) -> None:
    _answer_locations(server, 10, gone=frozenset())
    asked = puller.pull_as_declared(_details(server)).manifest.modules["location_details"].asked
    assert asked is not None
    server.answer(f"{LOCATIONS}/{asked[1]}", refusal)
    attempt = puller.pull_as_declared(_details(server), refresh=True)
    landed = attempt.manifest.modules["location_details"]
    assert (landed.complete, landed.received) == (True, 3)
    assert landed.asked == [asked[0], *asked[2:]]
    assert landed.notes == [f"1 of 4 were refused ({said}): nothing is said of them"]


def test_without_a_whole_list_there_is_nothing_to_ask_for(
    server: SourceServer, puller: Puller
) -> None:
    server.answer(LOCATIONS, ocpi(locations(3), X_Total_Count="9"))
    server.answer("/ocpi/tariffs", ocpi(locations(1), X_Total_Count="1"))
    attempt = puller.pull_as_declared(
        _details(server, modules=["locations", "tariffs"], required=["tariffs"])
    )
    assert attempt.modules == ("tariffs",)
    assert "no whole list of locations" in attempt.failed_modules["location_details"]
    assert _asked_one_by_one(server) == []


def test_details_keep_the_pace_and_the_token_of_their_source(
    server: SourceServer, puller: Puller, token: str
) -> None:
    _answer_locations(server, 10, gone=frozenset())
    puller.pull_as_declared(_details(server, token_env=TOKEN_VARIABLE, min_request_interval=30.0))
    assert {asked.token for asked in server.asked} == {f"Token {TOKEN}"}
    # Nobody sleeps in this test, so every wait is asked for in full, and they add up.
    assert len(puller.slept) == 4
    assert all(seconds > 20 for seconds in puller.slept)


def test_an_id_with_a_slash_is_one_id(server: SourceServer, puller: Puller) -> None:
    server.answer(LOCATIONS, ocpi([{"id": "a/b c"}], X_Total_Count="1"))
    server.answer(f"{LOCATIONS}/a%2Fb%20c", ocpi({"id": "a/b c"}))
    attempt = puller.pull_as_declared(_details(server))
    assert ids(attempt, "location_details") == ["a/b c"]


def test_a_manifest_from_before_details_is_read_as_it_was(
    server: SourceServer, puller: Puller
) -> None:
    _answer_locations(server, 3, gone=frozenset())
    attempt = puller.pull_as_declared(_details(server, details="none"))
    path = attempt.path / MANIFEST
    document = json.loads(path.read_text())
    for module in document["modules"].values():
        del module["asked"], module["list_keys"]
    path.write_text(json.dumps(document))
    (older,) = puller.landing.attempts("cpo", DAY)
    assert older.manifest == attempt.manifest
    assert older.hash == attempt.hash
    assert ids(older) == ids(attempt)


def test_deprecated_prices_and_prices_of_the_hosts_root_are_two_lists(
    server: SourceServer, puller: Puller
) -> None:
    """Both are called prices; what the version details list is the deprecated one."""

    def whole(prefix: str) -> Reply:
        return ocpi([{"id": f"{prefix}1"}], X_Total_Count="1", X_Last_Record="")

    server.answer("/versions", ocpi([{"version": "2.1.1", "url": f"{server.url}/ocpi/cpo/2.1.1"}]))
    endpoints = [
        {"identifier": name, "url": f"{server.url}/ocpi/cpo/2.1.1/{name}"}
        for name in ("locations", "prices")
    ]
    server.answer("/ocpi/cpo/2.1.1", ocpi({"version": "2.1.1", "endpoints": endpoints}))
    server.answer("/ocpi/cpo/2.1.1/locations", whole("L"))
    server.answer("/ocpi/cpo/2.1.1/prices", whole("deprecated-"))
    server.answer("/prices", whole("P"))
    server.answer("/prices/connector_prices", whole("C"))
    modules = ["locations", "prices", "connector_prices", "deprecated_prices"]
    for where in (
        {"base_url": f"{server.url}/ocpi/cpo/2.1.1"},
        {"versions_url": f"{server.url}/ocpi/cpo/2.1.1"},
    ):
        source = api(server, dialect="eco_movement", modules=modules, **where)
        attempt = puller.pull_as_declared(source, refresh=True)
        assert {name: ids(attempt, name) for name in modules} == {
            "locations": ["L1"],
            "prices": ["P1"],
            "connector_prices": ["C1"],
            "deprecated_prices": ["deprecated-1"],
        }


def test_a_detail_page_of_a_list_that_moved_is_no_asked_location(
    server: SourceServer, puller: Puller
) -> None:
    """Ids asked for because the total moved belong to the list, which speaks about everything."""

    def moving(asked: Asked) -> Reply:
        if asked.query:
            return ocpi(locations(1, first=2), X_Total_Count="3")
        return ocpi(locations(2), X_Total_Count="4", Link=f"<{LOCATIONS}?offset=2>; rel=next")

    server.answer(LOCATIONS, moving)
    server.answer(f"{LOCATIONS}/L9", ocpi({"id": "L9"}))
    attempt = puller.pull_as_declared(
        _details(server, details="none"), previous_ids=lambda: {"L0", "L9"}
    )
    landed = attempt.manifest.modules["locations"]
    assert (landed.asked, landed.asked_one_by_one) == (None, 1)
    assert ids(attempt) == ["L0", "L1", "L2", "L9"]
