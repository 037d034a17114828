"""Answers without an OCPI envelope, and body codes under any HTTP status."""

from __future__ import annotations

import json

import pytest

from pipelines.errors import IncompleteSnapshotError, SourceError, TransientError
from pipelines.sources import Source
from tests.integration.pulling import TOKEN, TOKEN_VARIABLE, Puller, api, ids
from tests.integration.pulling import puller as puller
from tests.integration.pulling import server as server
from tests.integration.pulling import token as token
from tests.integration.source_server import Asked, Reply, SourceServer, locations, ocpi, paged

LOCATIONS = "/ocpi/locations"


def _plain(document: object) -> Reply:
    return Reply(json.dumps(document).encode())


def _voltality(server: SourceServer, **settings: object) -> Source:
    return api(server, dialect="voltality", **settings)


@pytest.mark.parametrize(
    ("document", "records"),
    [
        (
            {"locations": [{"location": {"uid": "1"}, "distance_meters": 5}]},
            [{"location": {"uid": "1"}, "distance_meters": 5}],
        ),
        (
            {"locations": [{"location": {"uid": "1"}}, {"location": {"uid": "2"}}]},
            [
                {"uid": "1"},
                {"uid": "2"},
            ],
        ),
        ({"location": {"uid": "1"}}, [{"uid": "1"}]),
        ([{"uid": "E1", "connectors": []}], [{"uid": "E1", "connectors": []}]),
        ({"evses": [{"uid": "E1", "connectors": []}]}, [{"uid": "E1", "connectors": []}]),
        ({"data": [{"uid": "1"}]}, [{"uid": "1"}]),
        ({}, []),
    ],
    ids=[
        *("list of wrapped and more", "list of wrapped", "one", "bare evses", "evses"),
        *("data", "protobuf's nothing"),
    ],
)
def test_a_list_without_envelope_is_read_wherever_it_stands(
    server: SourceServer, puller: Puller, token: str, document: object, records: list[object]
) -> None:
    server.answer(LOCATIONS, _plain(document))
    server.answer("/ocpi/tariffs", _plain({"tariffs": [{"uid": "T1"}]}))
    attempt = puller.pull_as_declared(_voltality(server, token_env=TOKEN_VARIABLE))
    assert attempt.modules == ("locations", "tariffs")
    landed = [
        json.loads(bytes(ref.raw)) for batch in attempt.record_batches("locations") for ref in batch
    ]
    assert landed == records
    # One page, asked for once, by Bearer and without a version discovery.
    assert [asked.path for asked in server.asked] == [LOCATIONS, "/ocpi/tariffs"]
    assert {asked.token for asked in server.asked} == {f"Bearer {TOKEN}"}


def test_a_list_under_another_modules_name_is_not_taken_for_this_ones(
    server: SourceServer, puller: Puller
) -> None:
    server.answer(LOCATIONS, _plain({"locations": [{"uid": "1"}]}))
    server.answer("/ocpi/tariffs", _plain({"locations": [{"uid": "1"}]}))
    attempt = puller.pull_as_declared(_voltality(server))
    assert "without records (its keys: locations)" in attempt.failed_modules["tariffs"]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b'{"locations": [{"uid": "1"}], "nextPageToken": "abc"}'),
        Reply(b'{"locations": [{"uid": "1"}], "next": "/ocpi/locations?page=2"}'),
        Reply(b'{"locations": [{"uid": "1"}]}', headers={"Link": "<?page=2>; rel=next"}),
        Reply(b'{"locations": [{"uid": "1"}], "total": 2}'),
    ],
    ids=["token", "next", "link", "total"],
)
def test_one_page_that_says_itself_that_there_are_more_is_not_the_whole(
    server: SourceServer, puller: Puller, reply: Reply
) -> None:
    server.answer(LOCATIONS, reply)
    with pytest.raises(IncompleteSnapshotError, match=r"set pagination|but 2 were declared"):
        puller.pull_as_declared(_voltality(server))


def test_how_a_source_pages_and_is_authorised_is_its_own_setting(
    server: SourceServer, puller: Puller, token: str
) -> None:
    records = [{"uid": f"L{n}"} for n in range(120)]

    def page(asked: Asked) -> Reply:
        offset = int(asked.query.get("offset", "0"))
        return _plain({"locations": records[offset : offset + 50]})

    server.answer("/ocpi/v2/sites", page)
    server.answer("/ocpi/tariffs", _plain({"tariffs": []}))
    attempt = puller.pull_as_declared(
        _voltality(
            server,
            token_env=TOKEN_VARIABLE,
            auth="token",
            pagination="offset",
            paths={"locations": "v2/sites"},
        )
    )
    assert attempt.manifest.modules["locations"].received == 120
    assert [asked.query for asked in server.asked_for("/ocpi/v2/sites")] == [
        {},
        {"offset": "50", "limit": "50"},
        {"offset": "100", "limit": "50"},
        {"offset": "120", "limit": "50"},
    ]
    assert {asked.token for asked in server.asked} == {f"Token {TOKEN}"}


def test_by_offset_links_are_not_followed_and_the_total_ends_it(
    server: SourceServer, puller: Puller
) -> None:
    server.answer(
        LOCATIONS, paged(locations(120), link=lambda n: "<https://elsewhere.test/>; rel=next")
    )
    attempt = puller.pull(api(server, pagination="offset", page_size=1000))
    assert ids(attempt) == [f"L{n}" for n in range(120)]
    assert [asked.query["offset"] for asked in server.asked_for(LOCATIONS)] == ["0", "50", "100"]


def test_an_offset_that_a_server_ignores_is_an_error_where_it_was_promised(
    server: SourceServer, puller: Puller
) -> None:
    server.answer(LOCATIONS, ocpi(locations(50)))
    with pytest.raises(IncompleteSnapshotError, match="same page"):
        puller.pull(api(server, pagination="offset"))


@pytest.mark.parametrize("status", [200, 400, 404, 422, 500, 503])
def test_a_body_code_of_2xxx_is_permanent_whatever_the_http_status(
    server: SourceServer, puller: Puller, status: int
) -> None:
    server.answer(LOCATIONS, ocpi(None, status=status, code=2001))
    with pytest.raises(SourceError, match="OCPI status 2001") as raised:
        puller.pull(api(server))
    assert raised.value.permanent
    assert len(server.asked_for(LOCATIONS)) == 1


@pytest.mark.parametrize("status", [200, 400, 404, 500])
def test_a_body_code_of_3xxx_is_transient_whatever_the_http_status(
    server: SourceServer, puller: Puller, status: int
) -> None:
    server.answer(LOCATIONS, ocpi(None, status=status, code=3001))
    with pytest.raises(TransientError) as raised:
        puller.pull(api(server))
    assert not raised.value.permanent
    assert len(server.asked_for(LOCATIONS)) == puller.limits.attempts
    server.answer(LOCATIONS, ocpi(None, status=status, code=3001), ocpi(locations(2)))
    assert len(ids(puller.pull(api(server)))) == 2


def test_a_good_body_code_does_not_make_a_good_answer_of_a_bad_http_status(
    server: SourceServer, puller: Puller
) -> None:
    server.answer(LOCATIONS, ocpi(locations(3), status=404))
    with pytest.raises(SourceError, match="HTTP 404"):
        puller.pull(api(server))


def test_a_page_that_fails_in_the_middle_is_no_end_of_the_list(
    server: SourceServer, puller: Puller
) -> None:
    def failing(asked: Asked) -> Reply:
        return (
            ocpi(None, code=3000)
            if asked.query
            else ocpi(locations(50), Link=f"<{LOCATIONS}?offset=50>; rel=next")
        )

    server.answer(LOCATIONS, failing)
    with pytest.raises(TransientError, match="OCPI status 3000"):
        puller.pull(api(server))
