"""A server of other people's making, `extrawest-ocpi`, registered with and pulled into Postgres.

Belongs here: that what such a server holds arrives, whole, whatever its habits are. How it behaves
is written down in `extrawest/peer.py`, registering from the terminal in `test_cli_credentials.py`.
"""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pydantic import SecretStr

from pipelines.cli.credentials import run_credentials
from pipelines.cli.runs import Runner
from pipelines.dialects import dialect_of
from pipelines.errors import TransientError
from pipelines.landing import Landing
from pipelines.ocpi.client import Limits
from pipelines.ocpi.registration import Ours, Registration
from pipelines.sources import Source
from tests.conftest import FreshDatabase
from tests.integration.extrawest import records
from tests.integration.extrawest.peer import Peer, running_peer
from tests.integration.nights import project_of, rows
from tests.integration.pulling import ids
from tests.integration.source_server import SourceServer, ocpi, running_source_server

DAY = date(2026, 6, 7)
NOW = datetime(2026, 6, 8, 1, tzinfo=UTC)
VARIABLE = "THE_PEERS_FIRST_TOKEN"
TOKEN_A = "first-91aa-must-stay-here"

# Two full pages of 50 and a part of a third.
MANY = 120
BEFORE = datetime(2026, 6, 6, 12, tzinfo=UTC)
OVERLAP = datetime(2026, 6, 6, 23, 30, tzinfo=UTC)
AFTER = datetime(2026, 6, 8, tzinfo=UTC)
# Those of the day, and that of the hour before it by which windows overlap.
IN_THE_WINDOW = range(1, MANY + 2)


def served() -> dict[str, list[records.Record]]:
    moments = [BEFORE, OVERLAP, *records.moments(MANY), AFTER]
    return {
        "locations": [records.location(n) for n in range(MANY)],
        "tariffs": [records.tariff(n) for n in range(MANY)],
        "sessions": [records.session(n, moment) for n, moment in enumerate(moments)],
        "cdrs": [records.cdr(n, moment) for n, moment in enumerate(moments)],
        "tokens": [records.token(n) for n in range(MANY)],
    }


def source_of(name: str, peer: Peer, us: SourceServer, *modules: str) -> Source:
    return Source.model_validate(
        {
            "name": name,
            "dialect": "ocpi_2_1_1",
            "transport": "http",
            "versions_url": peer.versions_url,
            "token_env": VARIABLE,
            "modules": list(modules),
            "required": modules[:1],
            "credentials": {
                "country_code": "NL",
                "party_id": "WEE",
                "name": "We",
                "url": f"{us.url}/versions",
            },
        }
    )


@pytest.fixture(scope="module")
def us() -> Iterator[SourceServer]:
    """Our own OCPI server, which a peer calls back while it registers us."""
    with running_source_server() as running:
        running.answer("/versions", ocpi([{"version": "2.1.1", "url": f"{running.url}/2.1.1"}]))
        running.answer("/2.1.1", ocpi({"version": "2.1.1", "endpoints": []}))
        yield running


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Peer]]:
    """Start the server in one role or in two, with everything it may be asked for."""
    with ExitStack() as stack:

        def start(*roles: str) -> Peer:
            folder = tmp_path_factory.mktemp("peer")
            return stack.enter_context(
                running_peer(folder, roles=roles, tokens_a=[TOKEN_A], records=served())
            )

        yield start


@dataclass(frozen=True)
class Night:
    """One night of a CPO and an eMSP that we have registered with, and all that was logged."""

    database: FreshDatabase
    failures: tuple[str, ...]
    log: str

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return rows(self.database.warehouse, query)

    @property
    def secrets(self) -> list[str]:
        """Every token, in every form in which it is sent."""
        kept = self.database.settings.credentials_dir.iterdir()
        tokens = [TOKEN_A, *(path.read_text().splitlines()[0] for path in kept)]
        return [*tokens, *(base64.b64encode(token.encode()).decode() for token in tokens)]


@pytest.fixture(scope="module")
def night(
    make_database: Callable[[], FreshDatabase], peer: Callable[..., Peer], us: SourceServer
) -> Iterator[Night]:
    database = make_database()
    cpo = source_of("cpo", peer("CPO"), us, "locations", "tariffs", "sessions", "cdrs")
    emsp = source_of("emsp", peer("EMSP"), us, "tokens")
    written = io.StringIO()
    listening = logging.StreamHandler(written)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, TOKEN_A)
        patch.setattr(logging.root, "level", logging.DEBUG)
        logging.root.addHandler(listening)
        for source in (cpo, emsp):
            run_credentials(
                database.settings, source, action="register", update=False, only_print=False
            )
        with Runner(project_of(database, cpo, emsp, now=NOW)) as runner:
            ended = [runner.night(source.name, day=DAY) for source in (cpo, emsp)]
        logging.root.removeHandler(listening)
        failures = tuple(sentence for outcome in ended for sentence in outcome.failures)
        yield Night(database, failures, written.getvalue())


def test_a_registered_cpo_and_emsp_are_pulled_to_the_last_record(night: Night) -> None:
    assert night.failures == ()
    assert night.rows(
        "select source, level, received, loaded, quarantined, duplicates from ops.ledger"
        " where level in ('location', 'tariff', 'session', 'cdr', 'token') and received > 0"
        " order by source, level"
    ) == [
        ("cpo", "cdr", len(IN_THE_WINDOW), len(IN_THE_WINDOW), 0, 0),
        ("cpo", "location", MANY, MANY, 0, 0),
        ("cpo", "session", len(IN_THE_WINDOW), len(IN_THE_WINDOW), 0, 0),
        ("cpo", "tariff", MANY, MANY, 0, 0),
        ("emsp", "token", MANY, MANY, 0, 0),
    ]


def test_every_record_reaches_the_lake(night: Night) -> None:
    lake = night.database.settings.home_dir / "lake"
    counted = {
        table: sum(pq.read_metadata(path).num_rows for path in (lake / table).rglob("*.parquet"))
        for table in ("location", "evse", "tariff", "session", "cdr", "cdr_tariff", "token")
    }
    assert counted == {
        "location": MANY,
        "evse": 2 * MANY,
        "tariff": MANY,
        "session": len(IN_THE_WINDOW),
        "cdr": len(IN_THE_WINDOW),
        "cdr_tariff": len(IN_THE_WINDOW),
        "token": MANY,
    }


def test_its_ids_are_those_it_was_given(night: Night) -> None:
    def found(query: str) -> list[str]:
        return [str(key) for (key,) in night.rows(query)]

    assert found("select location_id from ocpi.location order by 1") == [
        f"LOC-{n:04}" for n in range(MANY)
    ]
    assert found("select session_id from ocpi.session order by 1") == [
        f"SES-{n:04}" for n in IN_THE_WINDOW
    ]
    assert found("select cdr_id from ocpi.cdr order by 1") == [f"cdr-{n:04}" for n in IN_THE_WINDOW]


def test_its_next_links_lead_nowhere_and_the_snapshot_says_so(night: Night) -> None:
    noted = night.rows("select source, module, notes::text from ops.snapshot order by 1, 2")
    assert [(source, module) for source, module, _ in noted] == [
        *(("cpo", module) for module in ("cdrs", "locations", "sessions", "tariffs")),
        ("emsp", "tokens"),
    ]
    assert all("nowhere" in notes for *_, notes in noted), noted


def test_a_card_is_known_by_its_hash_alone(night: Night) -> None:
    home = night.database.settings.home_dir
    lake = {path: pq.read_table(path).to_pylist() for path in (home / "lake").rglob("*.parquet")}
    assert {path.parts[-4] for path in lake} >= {"token", "session", "cdr"}
    places = {str(path): str(rows) for path, rows in lake.items()}
    for table in ("ocpi.token", "ocpi.session", "ocpi.cdr"):
        found = night.rows(f"select t::text from {table} as t")
        assert len(found) >= MANY
        places[table] = str(found)
    people = (records.TOKEN_UID.format(7), "NL-EXW-C000007", "NL-EXW-00000007")
    assert [place for place, held in places.items() if any(one in held for one in people)] == []


def test_no_token_of_a_registration_is_written_anywhere_but_in_its_file(night: Night) -> None:
    home = night.database.settings.home_dir
    places = {
        str(path): path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and path.parent != night.database.settings.credentials_dir
    }
    assert len(places) > 20
    places["log"] = night.log.encode()
    for (table,) in night.rows("select tablename from pg_tables where schemaname = 'ops'"):
        written = night.rows(f"select t::text from ops.{table} as t")
        places[table] = "".join(line for (line,) in written).encode()
    assert [
        place for place, held in places.items() for form in night.secrets if form.encode() in held
    ] == []


def test_one_server_in_both_roles_is_asked_on_the_side_that_has_the_records(
    peer: Callable[..., Peer], us: SourceServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = source_of("both", peer("EMSP", "CPO"), us, "locations", "tokens")
    protocol = dialect_of(both).protocol
    monkeypatch.setenv(VARIABLE, TOKEN_A)
    ours = Ours(SecretStr("b"), f"{us.url}/versions", "We", "NL", "WEE")
    with Registration(both, protocol, token=SecretStr(TOKEN_A)) as registration:
        monkeypatch.setenv(VARIABLE, registration.create(ours).get_secret_value())
    attempt = Landing(tmp_path).pull(both, protocol, day=DAY, now=lambda: NOW)
    assert len(ids(attempt, "locations")) == MANY
    assert attempt.manifest.modules["tokens"].received == MANY


def test_a_wrong_token_that_it_calls_an_error_of_its_own_is_doubted(
    peer: Callable[..., Peer], us: SourceServer
) -> None:
    source = source_of("cpo", peer("CPO"), us, "locations")
    slept: list[float] = []
    wrong = Registration(
        source,
        dialect_of(source).protocol,
        token=SecretStr("wrong-token"),
        limits=Limits(attempts=3),
        sleep=slept.append,
    )
    with wrong as registration, pytest.raises(TransientError, match="check it") as raised:
        registration.shown()
    assert "3000" in str(raised.value)
    assert len(slept) == 2
