"""Origins, redirects and redaction; how a token is sent."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from pipelines.errors import SourceError
from pipelines.ocpi.addresses import joined, origin, redacted, redirect_target, with_parameters
from pipelines.ocpi.credentials import Credentials

HTTPS = frozenset({("https", "cpo.test", 443)})
HTTP = frozenset({("http", "cpo.test", 80)})


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.test/x?offset=5&limit=9", "https://a.test/x?offset=5&limit=9"),
        ("https://u:secret@a.test:8443/x", "https://a.test:8443/x"),
        ("https://a.test/x?apikey=secret&offset=5", "https://a.test/x?apikey=***&offset=5"),
        ("https://a.test/x#secret", "https://a.test/x"),
        ("https://[::1]:80/x", "https://[::1]:80/x"),
        ("https://a.test:secret/x", "(an unreadable URL)"),
    ],
)
def test_a_shown_url_has_no_credentials(url: str, shown: str) -> None:
    assert redacted(url) == shown


@pytest.mark.parametrize("url", ["http://a\\@b/", "http://u@b/", "http://b /", "file:///x", "x"])
def test_an_ambiguous_address_has_no_origin(url: str) -> None:
    assert origin(url) is None


def test_a_redirect_never_leaves_https_not_even_for_a_document() -> None:
    for may_leave in (True, False):
        with pytest.raises(SourceError, match="https is never left"):
            redirect_target(
                "http://cpo.test/x", current="https://cpo.test/", own=HTTPS, may_leave=may_leave
            )


@pytest.mark.parametrize("location", ["https://evil.test/?key=secret", "//evil.test/", "ftp://a/"])
def test_a_redirect_to_another_host_is_refused_in_a_sentence(location: str) -> None:
    with pytest.raises(SourceError, match="redirects to") as raised:
        redirect_target(location, current="https://cpo.test/", own=HTTPS, may_leave=False)
    assert "secret" not in str(raised.value)


def test_http_may_lead_to_https_of_the_same_host() -> None:
    target = redirect_target(
        "https://cpo.test/x", current="http://cpo.test/x", own=HTTP, may_leave=False
    )
    assert target == "https://cpo.test/x"


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("https://a.test/ocpi/cpo/2.1.1", "locations", "https://a.test/ocpi/cpo/2.1.1/locations"),
        ("https://a.test/ocpi/", "locations/", "https://a.test/ocpi/locations/"),
        ("https://a.test/ocpi/cpo/2.1.1/", "/prices", "https://a.test/prices"),
    ],
)
def test_an_endpoint_is_put_on_a_base_with_or_without_slash(base: str, path: str, url: str) -> None:
    assert joined(base, path) == url


def test_parameters_replace_those_of_the_same_name() -> None:
    assert with_parameters("https://a/x?limit=1&k=v", {"limit": "2"}) == "https://a/x?k=v&limit=2"


def test_a_token_is_tried_in_one_other_form_per_endpoint_and_then_no_more() -> None:
    credentials = Credentials(SecretStr("t"), habit="token", may_try_another=True)
    assert credentials.header("locations") == "Token t"
    assert credentials.try_another("locations")
    assert credentials.header("locations") == "Token dA=="
    assert not credentials.try_another("locations")
    assert credentials.header("locations") == "Token t"


def test_an_accepted_form_is_kept_and_tried_first_elsewhere() -> None:
    credentials = Credentials(SecretStr("t"), habit="token", may_try_another=True)
    credentials.try_another("versions")
    credentials.accepted("versions")
    assert not credentials.try_another("versions")
    assert credentials.header("locations") == "Token dA=="


def test_without_a_token_there_is_no_header_and_nothing_else_to_try() -> None:
    credentials = Credentials(None, habit="token", may_try_another=True)
    assert credentials.header("x") is None
    assert not credentials.try_another("x")
