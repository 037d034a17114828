"""Version discovery, the forms of a token, and that it goes nowhere it does not belong."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from pipelines.errors import ConfigurationError, SourceError
from tests.integration.pulling import (
    TOKEN,
    TOKEN_BASE64,
    TOKEN_VARIABLE,
    Puller,
    api,
    documents,
    ids,
)
from tests.integration.pulling import puller as puller
from tests.integration.pulling import server as server
from tests.integration.pulling import token as token
from tests.integration.source_server import (
    Asked,
    Reply,
    Route,
    SourceServer,
    locations,
    ocpi,
    running_source_server,
)

GOOD = ocpi(locations(3), X_Total_Count="3", X_Limit="50")
RAW, ENCODED = f"Token {TOKEN}", f"Token {TOKEN_BASE64}"


@pytest.fixture
def stranger() -> Iterator[SourceServer]:
    """A host that must never see the token."""
    with running_source_server() as running:
        yield running


def _only(header: str, good: Reply, refusal: Reply) -> Route:
    return lambda asked: good if asked.token == header else refusal


def _discoverable(server: SourceServer) -> None:
    """2.1.1 and 2.2.1 on offer; the receiver's interface of locations leads astray."""
    server.answer(
        "/versions",
        ocpi(
            [
                {"version": "2.1.1", "url": f"{server.url}/2.1.1"},
                {"version": "2.2.1", "url": f"{server.url}/2.2.1"},
            ]
        ),
    )
    server.answer(
        "/2.2.1",
        ocpi(
            {
                "version": "2.2.1",
                "endpoints": [
                    {"identifier": "credentials", "role": "SENDER", "url": "https://other.test/c"},
                    {"identifier": "locations", "role": "RECEIVER", "url": f"{server.url}/wrong"},
                    {"identifier": "locations", "role": "SENDER", "url": f"{server.url}/locs"},
                ],
            }
        ),
    )
    server.answer("/locs", GOOD)


def test_modules_are_found_through_versions_and_the_senders_role(
    server: SourceServer, puller: Puller
) -> None:
    _discoverable(server)
    attempt = puller.pull(api(server, versions_url=f"{server.url}/versions"))
    assert ids(attempt) == ["L0", "L1", "L2"]
    assert "does not offer the module 'tariffs'" in attempt.failed_modules["tariffs"]


def test_a_source_without_a_mutual_version_says_what_it_offers(
    server: SourceServer, puller: Puller
) -> None:
    server.answer("/versions", ocpi([{"version": "2.0", "url": f"{server.url}/2.0"}]))
    with pytest.raises(SourceError, match=r"offers OCPI 2\.0, not 2\.2\.1 or 2\.2"):
        puller.pull(api(server, versions_url=f"{server.url}/versions"))


def test_an_endpoint_on_another_host_is_not_asked(
    server: SourceServer, stranger: SourceServer, puller: Puller, token: str
) -> None:
    server.answer("/versions", ocpi([{"version": "2.2.1", "url": f"{server.url}/2.2.1"}]))
    endpoint = {"identifier": "locations", "role": "SENDER", "url": f"{stranger.url}/locs"}
    server.answer("/2.2.1", ocpi({"version": "2.2.1", "endpoints": [endpoint]}))
    with pytest.raises(SourceError, match="another host"):
        puller.pull(api(server, versions_url=f"{server.url}/versions", token_env=TOKEN_VARIABLE))
    assert stranger.asked == []


@pytest.mark.parametrize(
    "refusal",
    [Reply(status=401), Reply(status=403), ocpi(None, code=3000), ocpi(None, code=2001)],
    ids=["401", "403", "body 3000", "body 2001"],
)
@pytest.mark.parametrize("wanted", [RAW, ENCODED], ids=["raw", "base64"])
def test_a_refused_token_is_tried_once_in_its_other_form(
    server: SourceServer, puller: Puller, token: str, refusal: Reply, wanted: str
) -> None:
    server.answer("/ocpi/locations", _only(wanted, GOOD, refusal))
    server.answer("/ocpi/tariffs", _only(wanted, GOOD, refusal))
    attempt = puller.pull(api(server, token_env=TOKEN_VARIABLE))
    assert attempt.modules == ("locations", "tariffs")
    # What locations accepted is the first thing tried at tariffs.
    assert [asked.token for asked in server.asked_for("/ocpi/tariffs")] == [wanted]


def test_each_endpoint_keeps_the_form_it_accepted(
    server: SourceServer, puller: Puller, token: str
) -> None:
    refusal = Reply(status=401)
    server.answer("/versions", _only(ENCODED, Reply(b""), refusal))
    _discoverable(server)
    versions, details, locs = (server.routes[path] for path in ("/versions", "/2.2.1", "/locs"))
    for path, wanted, route in (
        ("/versions", ENCODED, versions),
        ("/2.2.1", RAW, details),
        ("/locs", ENCODED, locs),
    ):
        good = route(Asked(path, {}, {}))
        server.answer(path, _only(wanted, good, refusal))
    source = api(server, versions_url=f"{server.url}/versions", token_env=TOKEN_VARIABLE)
    assert len(ids(puller.pull(source))) == 3


def test_a_form_that_is_set_is_never_varied(
    server: SourceServer, puller: Puller, token: str
) -> None:
    server.answer("/ocpi/locations", Reply(status=401))
    with pytest.raises(SourceError, match="refused access"):
        puller.pull(api(server, token_env=TOKEN_VARIABLE, auth="bearer"))
    assert [asked.token for asked in server.asked] == [f"Bearer {TOKEN}"]


def test_a_hiccup_that_looks_like_a_refusal_goes_back_to_the_usual_form(
    server: SourceServer, puller: Puller, token: str
) -> None:
    server.answer("/ocpi/locations", ocpi(None, code=3000), Reply(status=401), GOOD)
    assert len(ids(puller.pull(api(server, token_env=TOKEN_VARIABLE)))) == 3
    assert [asked.token for asked in server.asked_for("/ocpi/locations")] == [RAW, ENCODED, RAW]


def test_an_unset_token_names_its_variable_and_nothing_is_asked(
    server: SourceServer, puller: Puller
) -> None:
    with pytest.raises(ConfigurationError, match=TOKEN_VARIABLE):
        puller.pull(api(server, token_env=TOKEN_VARIABLE))
    assert server.asked == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_paged_source_is_not_followed_to_another_host(
    server: SourceServer, stranger: SourceServer, puller: Puller, token: str, status: int
) -> None:
    location = {"Location": f"{stranger.url}/ocpi/locations"}
    server.answer("/ocpi/locations", Reply(status=status, headers=location))
    with pytest.raises(SourceError, match=r"redirects to .* another host"):
        puller.pull(api(server, token_env=TOKEN_VARIABLE))
    assert stranger.asked == []


def test_a_redirect_within_the_source_is_followed_with_the_token(
    server: SourceServer, puller: Puller, token: str
) -> None:
    server.answer("/ocpi/locations", Reply(status=308, headers={"Location": "/ocpi/locations/"}))
    server.answer("/ocpi/locations/", _only(RAW, GOOD, Reply(status=401)))
    assert len(ids(puller.pull(api(server, token_env=TOKEN_VARIABLE)))) == 3


def test_a_document_in_another_store_is_fetched_without_the_token(
    server: SourceServer, stranger: SourceServer, puller: Puller, token: str
) -> None:
    server.answer("/bulk", Reply(status=302, headers={"Location": f"{stranger.url}/stored"}))
    stranger.answer("/stored", GOOD)
    source = documents({"locations": f"{server.url}/bulk"}, token_env=TOKEN_VARIABLE)
    assert len(ids(puller.pull(source))) == 3
    assert [asked.token for asked in server.asked] == [RAW]
    assert [asked.token for asked in stranger.asked] == [None]


@pytest.mark.parametrize("form", ["token", "token_base64", "bearer"])
def test_the_token_is_in_no_log_no_error_and_no_manifest(
    server: SourceServer,
    puller: Puller,
    token: str,
    form: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Even where the server repeats it in its messages, and a URL carries a key."""
    caplog.set_level(logging.DEBUG)
    body = f'{{"data": [], "status_code": 2001, "status_message": "no: {TOKEN} {TOKEN_BASE64}"}}'
    server.answer("/ocpi/locations", Reply(status=503), GOOD)
    server.answer("/ocpi/tariffs", Reply(body.encode()))
    attempt = puller.pull(api(server, token_env=TOKEN_VARIABLE, auth=form))
    server.answer("/ocpi/locations", Reply(body.encode()))
    with pytest.raises(SourceError) as raised:
        puller.pull(api(server, token_env=TOKEN_VARIABLE, auth=form), refresh=True)
    texts = [caplog.text, str(raised.value), repr(raised.value.__context__)]
    texts += [path.read_text() for path in puller.root.rglob("manifest.json")]
    assert len(texts) == 5
    assert "2001" in attempt.failed_modules["tariffs"]
    for text in texts:
        assert TOKEN not in text
        assert TOKEN_BASE64 not in text
