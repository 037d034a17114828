"""Registering with a real OCPI 2.1.1 server, from the terminal; looking one object up."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FreshDatabase
from tests.integration.extrawest import records
from tests.integration.extrawest.peer import Peer, running_peer
from tests.integration.source_server import Reply, SourceServer, ocpi, running_source_server
from tests.integration.terminal import Ended, Terminal, quiet_logging

__all__ = ["quiet_logging"]

VARIABLE = "THE_FIRST_TOKEN"
TOKENS_A = [f"first-{number}-7b1e-must-stay-here" for number in range(30)]
# The peer decodes what it gets on `versions`: this one is text then, and plainly refused.
WRONG = base64.b64encode(b"wrong-2c4d-must-stay").decode()


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    folder, served = tmp_path_factory.mktemp("peer"), {"locations": [records.location(1)]}
    with running_peer(folder, roles=["CPO", "EMSP"], tokens_a=TOKENS_A, records=served) as running:
        yield running


@pytest.fixture(scope="module")
def unused_tokens() -> Iterator[str]:
    """One token for each test: the peer takes each for one registration."""
    return iter(TOKENS_A)


@pytest.fixture
def us() -> Iterator[SourceServer]:
    """Our own OCPI server, which a peer calls back while it registers us."""
    with running_source_server() as running:
        running.answer("/versions", ocpi([{"version": "2.1.1", "url": f"{running.url}/2.1.1"}]))
        running.answer("/2.1.1", ocpi({"version": "2.1.1", "endpoints": []}))
        yield running


@pytest.fixture(scope="module")
def database(make_database: Callable[[], FreshDatabase]) -> FreshDatabase:
    return make_database()


@pytest.fixture
def terminal(
    tmp_path: Path,
    database: FreshDatabase,
    unused_tokens: Iterator[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    quiet_logging: None,
) -> Terminal:
    monkeypatch.setenv(VARIABLE, next(unused_tokens))
    home = database.settings.model_copy(update={"home": tmp_path / "home"})
    own = FreshDatabase(database.name, home, database.warehouse)
    return Terminal(tmp_path, own, monkeypatch, capsys)


def write_source(terminal: Terminal, peer: Peer, *, url: str, **settings: Any) -> None:
    entry = {
        "name": "west",
        "dialect": "ocpi_2_1_1",
        "transport": "http",
        "versions_url": peer.versions_url,
        "token_env": VARIABLE,
        "credentials": {"country_code": "NL", "party_id": "WEE", "name": "We", "url": url},
    }
    terminal.write_sources(entry | settings)


def kept(terminal: Terminal, suffix: str) -> Path:
    return terminal.database.settings.credentials_dir / f"west.{suffix}"


def tokens_shown(terminal: Terminal, *ended: Ended) -> list[str]:
    """The tokens, in any form in which they are sent, that the terminal has seen."""
    paths = (kept(terminal, "token"), kept(terminal, "ours"))
    files = [path.read_text().splitlines()[0] for path in paths]
    return [found for one in ended for found in tokens_in(one, *TOKENS_A, *files)]


def tokens_in(ended: Ended, *tokens: str) -> list[str]:
    forms = [*tokens, *(base64.b64encode(token.encode()).decode() for token in tokens)]
    return [form for form in forms if form in ended.out + ended.err]


def test_a_registration_keeps_the_token_it_receives_and_pulls_use_it(
    terminal: Terminal, peer: Peer, us: SourceServer
) -> None:
    write_source(terminal, peer, url=f"{us.url}/versions")
    registered = terminal.run("credentials", "west", "register")
    assert (registered.code, registered.err) == (0, "")
    ours = kept(terminal, "ours").read_text().strip()
    assert [asked.path for asked in us.asked] == ["/versions", "/2.1.1"]
    assert {asked.token for asked in us.asked} == {f"Token {ours}"}
    for path in (kept(terminal, "token"), kept(terminal, "ours")):
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
    found = terminal.run("look-up", "--source", "west", "--location", "LOC-0001")
    assert json.loads(found.out)["name"] == "Place 1"
    assert tokens_shown(terminal, registered, found) == []


def test_what_the_peer_answers_is_shown_without_its_token(
    terminal: Terminal, peer: Peer, us: SourceServer
) -> None:
    write_source(terminal, peer, url=f"{us.url}/versions")
    terminal.run("credentials", "west", "register")
    shown = terminal.run("credentials", "west", "show")
    assert json.loads(shown.out)["token"] == "***"
    assert json.loads(shown.out)["party_id"] == "EXW"
    assert tokens_shown(terminal, shown) == []


def test_a_token_received_is_sent_to_nobody_but_who_gave_it(
    terminal: Terminal, peer: Peer, us: SourceServer
) -> None:
    write_source(terminal, peer, url=f"{us.url}/versions")
    terminal.run("credentials", "west", "register")
    us.asked.clear()
    write_source(terminal, peer, url=f"{us.url}/versions", versions_url=f"{us.url}/versions")
    for command in (
        ("look-up", "--source", "west", "--location", "LOC-0001"),
        ("credentials", "west", "register"),
        ("credentials", "west", "show"),
    ):
        ended = terminal.run(*command)
        assert f"is not sent to {us.url}; delete the file" in ended.sentence
        assert tokens_shown(terminal, ended) == []
    assert us.asked == []
    kept(terminal, "token").unlink()
    terminal.run("look-up", "--source", "west", "--location", "LOC-0001")
    assert us.asked


def test_registering_again_updates_and_replaces_the_token(
    terminal: Terminal, peer: Peer, us: SourceServer
) -> None:
    write_source(terminal, peer, url=f"{us.url}/versions")
    terminal.run("credentials", "west", "register")
    before, ours = kept(terminal, "token").read_text(), kept(terminal, "ours").read_text()
    again = terminal.run("credentials", "west", "register")
    assert again.code == 0, again
    assert kept(terminal, "token").read_text() != before
    assert kept(terminal, "ours").read_text() == ours
    assert terminal.run("credentials", "west", "show").code == 0


def test_a_removed_registration_leaves_no_token_and_can_be_made_again(
    terminal: Terminal, peer: Peer, us: SourceServer
) -> None:
    write_source(terminal, peer, url=f"{us.url}/versions")
    terminal.run("credentials", "west", "register")
    removed = terminal.run("credentials", "west", "remove")
    assert removed.code == 0, removed
    assert list(kept(terminal, "token").parent.iterdir()) == []
    assert "knows no registration" in terminal.run("credentials", "west", "remove").sentence
    assert terminal.run("credentials", "west", "register").code == 0


def test_a_token_that_is_printed_is_kept_nowhere(
    terminal: Terminal, peer: Peer, us: SourceServer
) -> None:
    write_source(terminal, peer, url=f"{us.url}/versions")
    printed = terminal.run("credentials", "west", "register", "--print")
    assert (printed.code, printed.err, len(printed.out.split())) == (0, "", 1)
    assert not kept(terminal, "token").parent.exists()
    terminal.patch.setenv(VARIABLE, printed.out.strip())
    assert "register --update" in terminal.run("credentials", "west", "register").sentence
    assert not kept(terminal, "token").exists()
    assert terminal.run("credentials", "west", "register", "--update").code == 0


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Reply(b"closed", status=503), "could not use our own API"),
        (ocpi([{"version": "2.2.1", "url": "http://127.0.0.1/"}]), "did not find OCPI 2.1.1"),
    ],
)
def test_a_peer_that_cannot_use_our_own_api_is_one_sentence_and_no_token(
    terminal: Terminal, peer: Peer, us: SourceServer, answer: Reply, expected: str
) -> None:
    us.answer("/versions", answer)
    write_source(terminal, peer, url=f"{us.url}/versions")
    ended = terminal.run("credentials", "west", "register")
    assert expected in ended.sentence
    assert f"{us.url}/versions" in ended.sentence
    assert not kept(terminal, "token").exists()


def test_a_url_of_ours_that_nobody_answers_is_one_sentence(terminal: Terminal, peer: Peer) -> None:
    write_source(terminal, peer, url="http://127.0.0.1:1/versions")
    assert "could not use our own API" in terminal.run("credentials", "west", "register").sentence


def test_a_wrong_token_is_one_sentence_that_does_not_repeat_it(
    terminal: Terminal, peer: Peer, us: SourceServer
) -> None:
    write_source(terminal, peer, url=f"{us.url}/versions")
    terminal.patch.setenv(VARIABLE, WRONG)
    ended = terminal.run("credentials", "west", "register")
    assert "refused access (HTTP 401)" in ended.sentence
    assert tokens_in(ended, WRONG) == []
    terminal.patch.delenv(VARIABLE)
    assert VARIABLE in terminal.run("credentials", "west", "register").sentence


def test_a_source_that_says_nothing_of_us_cannot_be_registered_with(
    terminal: Terminal, peer: Peer
) -> None:
    write_source(terminal, peer, url="", credentials=None)
    assert "credentials:" in terminal.run("credentials", "west", "register").sentence


def test_a_folder_that_cannot_be_written_costs_no_token(
    terminal: Terminal, peer: Peer, us: SourceServer
) -> None:
    write_source(terminal, peer, url=f"{us.url}/versions")
    folder = kept(terminal, "token").parent
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")
    assert "--print" in terminal.run("credentials", "west", "register").sentence
    assert us.asked == []
    folder.unlink()
    assert terminal.run("credentials", "west", "register").code == 0


def test_what_cannot_be_looked_up_is_one_sentence(
    terminal: Terminal, peer: Peer, us: SourceServer
) -> None:
    write_source(terminal, peer, url=f"{us.url}/versions")
    terminal.run("credentials", "west", "register")
    gone = terminal.run("look-up", "--source", "west", "--location", "LOC-9999")
    assert "no location 'LOC-9999'" in gone.sentence
    evse = terminal.run("look-up", "--source", "west", "--evse", "NL*EXW*E0001*1")
    assert "--location" in evse.sentence
    assert "--location" in terminal.run("look-up", "--source", "west").sentence


def test_an_evse_is_looked_up_where_the_dialect_says_so(
    terminal: Terminal, us: SourceServer
) -> None:
    us.answer("/eco/evse", ocpi([{"uid": "1", "evse_id": "NL*EXW*E1"}]), ocpi([], code=2001))
    terminal.write_sources(
        {
            "name": "eco",
            "dialect": "eco_movement",
            "transport": "http",
            "base_url": f"{us.url}/eco/",
            "token_env": VARIABLE,
        }
    )
    found = terminal.run("look-up", "--source", "eco", "--evse", "NL*EXW*E1")
    assert json.loads(found.out) == {"uid": "1", "evse_id": "NL*EXW*E1"}
    assert us.asked[-1].query == {"evse_id": "NL*EXW*E1"}
    assert "2001" in terminal.run("look-up", "--source", "eco", "--evse", "NL*EXW*E2").sentence


def test_what_a_source_cannot_be_asked_like_that_is_not_said_to_be_gone(
    terminal: Terminal, us: SourceServer
) -> None:
    terminal.write_sources(
        {
            "name": "eco",
            "dialect": "eco_movement",
            "transport": "http",
            "base_url": f"{us.url}/eco/",
            "token_env": VARIABLE,
        }
    )
    us.answer("/eco/locations/L1", Reply(b"{}", status=405))
    us.answer("/eco/evse", ocpi(None, code=2000))
    for asked, said in (("--location", "HTTP 405"), ("--evse", "OCPI status 2000")):
        sentence = terminal.run("look-up", "--source", "eco", asked, "L1").sentence
        assert "does not say whether it has" in sentence
        assert said in sentence
    us.answer("/eco/locations/L1", ocpi(None, code=2003))
    gone = terminal.run("look-up", "--source", "eco", "--location", "L1")
    assert "has no location 'L1' now" in gone.sentence
