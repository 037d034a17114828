"""OCPI 2.1.1 as servers really speak it: sides without a role, links that lead nowhere."""

from __future__ import annotations

import pytest

from pipelines.errors import IncompleteSnapshotError, SourceError, TransientError
from pipelines.sources import Source
from tests.integration.pulling import TOKEN_BASE64, TOKEN_VARIABLE, Puller, api, ids
from tests.integration.pulling import puller as puller
from tests.integration.pulling import server as server
from tests.integration.pulling import token as token
from tests.integration.source_server import Asked, Reply, SourceServer, locations, ocpi, paged

LOCATIONS = "/ocpi/cpo/2.1.1/locations/"
TOKENS = "/ocpi/emsp/2.1.1/tokens/"
LOST = "/ocpi/cpo/VersionNumber.v_2_1_1/ModuleID.locations/"


def _source(server: SourceServer, *modules: str, **settings: object) -> Source:
    return api(
        server,
        dialect="ocpi_2_1_1",
        modules=list(modules),
        required=[modules[0]],
        versions_url=f"{server.url}/ocpi/versions",
        **settings,
    )


def _offer(server: SourceServer, *paths: str) -> None:
    """Version details that list these paths, each under the name of its last part."""
    details = f"{server.url}/ocpi/2.1.1/details"
    server.answer("/ocpi/versions", ocpi([{"version": "2.1.1", "url": details}]))
    endpoints = [
        {"identifier": path.strip("/").rpartition("/")[2], "url": f"{server.url}{path}"}
        for path in paths
    ]
    server.answer("/ocpi/2.1.1/details", ocpi({"version": "2.1.1", "endpoints": endpoints}))


@pytest.mark.parametrize("emsp_first", [True, False])
def test_of_two_endpoints_of_one_name_each_module_asks_the_side_that_has_its_records(
    server: SourceServer, puller: Puller, *, emsp_first: bool
) -> None:
    paths = [
        "/ocpi/emsp/2.1.1/locations/",
        TOKENS,
        LOCATIONS,
        "/ocpi/cpo/2.1.1/tokens/",
    ]
    _offer(server, *(paths if emsp_first else reversed(paths)))
    server.answer(LOCATIONS, ocpi(locations(3), X_Total_Count="3"))
    server.answer(TOKENS, ocpi(locations(2), X_Total_Count="2"))
    attempt = puller.pull_as_declared(_source(server, "locations", "tokens"))
    assert (len(ids(attempt)), len(ids(attempt, "tokens"))) == (3, 2)
    assert server.asked_for(paths[0]) == server.asked_for(paths[3]) == []


def test_what_is_listed_once_is_what_there_is(server: SourceServer, puller: Puller) -> None:
    _offer(server, "/hub/locations", "/ocpi/cpo/2.1.1/tokens")
    server.answer("/hub/locations", ocpi(locations(3), X_Total_Count="3"))
    server.answer("/ocpi/cpo/2.1.1/tokens", ocpi(locations(2), X_Total_Count="2"))
    attempt = puller.pull_as_declared(_source(server, "locations", "tokens"))
    assert attempt.modules == ("locations", "tokens")


@pytest.mark.parametrize(
    "astray",
    [
        Reply(b'{"detail": "Not Found"}', status=404),
        Reply(b'{"detail": []}', status=422),
        Reply(b"<html>Welcome</html>"),
        Reply(b'{"welcome": "to this API"}'),
        ocpi(None, code=2002),
    ],
    ids=["404", "422", "a page for people", "another schema", "body 2002"],
)
def test_a_link_is_followed_as_it_stands_first_and_its_offset_put_on_the_modules_url_then(
    server: SourceServer, puller: Puller, astray: Reply
) -> None:
    """The link names https, another path, filters of None and a time with a blank in it."""
    _offer(server, LOCATIONS)
    server.answer(LOST, astray)
    https = server.url.replace("http:", "https:")
    query = "date_from=2026-06-06 23:00:00+00:00&date_to=None"
    server.answer(
        LOCATIONS,
        paged(
            locations(120),
            link=lambda n: f'<{https}{LOST}?{query}&offset={n}&limit=50>; rel="next"',
        ),
    )
    attempt = puller.pull_as_declared(_source(server, "locations"))
    assert ids(attempt) == [f"L{n}" for n in range(120)]
    assert attempt.manifest.modules["locations"].notes == [
        "next links led nowhere, offsets were put on the module's own URL"
    ]
    (lost,) = {tuple(asked.query.items()) for asked in server.asked_for(LOST)}
    assert dict(lost)["date_to"] == "None"
    assert [asked.query for asked in server.asked_for(LOCATIONS)] == [
        {},
        {"offset": "50", "limit": "50"},
        {"offset": "100", "limit": "50"},
    ]


def test_a_link_that_leads_nowhere_without_an_offset_is_no_end(
    server: SourceServer, puller: Puller
) -> None:
    _offer(server, LOCATIONS)
    server.answer(LOST, Reply(b"<html>"))
    server.answer(LOCATIONS, ocpi(locations(50), Link=f"<{LOST}?after=50>; rel=next"))
    with pytest.raises(IncompleteSnapshotError, match=r"leads nowhere .*HTML"):
        puller.pull_as_declared(_source(server, "locations"))


def test_a_probe_that_is_answered_with_a_page_for_people_proves_nothing(
    server: SourceServer, puller: Puller
) -> None:
    """Nobody named that address but us, so what stands there is no end of the list."""

    def probed(asked: Asked) -> Reply:
        return Reply(b"<html>") if asked.query else ocpi(locations(50))

    _offer(server, LOCATIONS)
    server.answer(LOCATIONS, probed)
    with pytest.raises(SourceError, match="HTML"):
        puller.pull_as_declared(_source(server, "locations"))


def test_a_wrong_token_that_the_server_calls_its_own_error_is_doubted(
    server: SourceServer, puller: Puller, token: str
) -> None:
    def refusing(asked: Asked) -> Reply:
        if asked.token == f"Token {TOKEN_BASE64}":
            return Reply(b'{"detail": "no"}', status=401)
        return ocpi([], code=3000)

    server.answer("/ocpi/versions", refusing)
    with pytest.raises(TransientError, match=r"3000.*the token was refused.*check it"):
        puller.pull_as_declared(_source(server, "locations", token_env=TOKEN_VARIABLE))
