"""Bad input at the terminal: one sentence on stderr, exit code 1, and nothing changed."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FreshDatabase
from tests.integration.nights import fingerprints, rows
from tests.integration.terminal import Terminal, quiet_logging, terminal

__all__ = ["quiet_logging", "terminal"]

ENTRY = {"name": "feed", "dialect": "ocpi_2_2_1", "transport": "file"}
LOCATION = {
    "country_code": "NL",
    "party_id": "TNM",
    "id": "L1",
    "publish": True,
    "address": "Street 1",
    "city": "Utrecht",
    "country": "NLD",
    "coordinates": {"latitude": "52.1", "longitude": "5.1"},
    "last_updated": "2026-06-01T00:00:00Z",
}
GOOD = json.dumps({"data": [LOCATION], "status_code": 1000}).encode()


@pytest.fixture(scope="module")
def database(make_database: Callable[[], FreshDatabase]) -> FreshDatabase:
    return make_database()


@pytest.fixture(autouse=True)
def _sources(terminal: Terminal) -> None:
    terminal.write_sources(feed_of(terminal.folder / "locations.json"))


def feed_of(path: Path | str, **settings: Any) -> dict[str, Any]:
    return {**ENTRY, "modules": {"locations": str(path)}, **settings}


@pytest.fixture(scope="module")
def loaded(
    database: FreshDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Terminal], None]:
    """Load one good day once, so that there is something a bad one could damage."""
    done: list[bool] = []

    def load(terminal: Terminal) -> None:
        if done:
            return
        path = tmp_path_factory.mktemp("good") / "locations.json"
        path.write_bytes(GOOD)
        terminal.write_sources(feed_of(path, name="good"))
        ended = terminal.run("materialize", "--source", "good", "--no-dbt")
        assert ended.code == 0, ended
        done.append(True)

    return load


DOCUMENTS = {
    "malformed JSON": b'{"data": [{"id": "L1", ',
    "an HTML page": b"<!DOCTYPE html><html><body>Sorry</body></html>",
    "truncated gzip": gzip.compress(GOOD * 50)[:200],
    "nothing": b"",
    "another thing": b'"hello"',
}


@pytest.mark.parametrize("what", DOCUMENTS)
def test_a_document_that_is_no_feed_is_refused_and_changes_nothing(
    what: str, terminal: Terminal, loaded: Callable[[Terminal], None]
) -> None:
    loaded(terminal)
    before = fingerprints(terminal.database.warehouse)
    suffix = ".json.gz" if "gzip" in what else ".json"
    path = terminal.folder / f"locations{suffix}"
    path.write_bytes(DOCUMENTS[what])
    terminal.write_sources(feed_of(path))
    sentence = terminal.run("materialize", "--source", "feed", "--no-dbt").sentence
    assert "locations" in sentence
    assert fingerprints(terminal.database.warehouse) == before
    [(status,)] = set(
        rows(
            terminal.database.warehouse,
            "select status from ops.snapshot where source = 'feed' and module = 'locations'",
        )
    )
    assert status == "failed"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"dialect": "ocpi_3_0"}, "source 'feed', dialect: Input should be 'ocpi_2_2_1'"),
        ({"name": "Feed!"}, "name: String should match pattern"),
        ({"modules": {}}, "transport file needs modules"),
        ({"surprise": 1}, "surprise: Extra inputs are not permitted"),
        ({"schedule": "every night"}, "schedule 'every night'"),
        ({"schedule": "30 1 * * *", "timezone": "Mars/Olympus"}, "Mars/Olympus"),
    ],
)
def test_a_wrong_entry_is_named(entry: dict[str, Any], said: str, terminal: Terminal) -> None:
    terminal.write_sources({**feed_of("x.json"), **entry})
    assert said in terminal.run("materialize", "--source", "feed").sentence


def test_a_module_that_the_dialect_does_not_have_is_named(terminal: Terminal) -> None:
    terminal.write_sources(feed_of("x.json", modules={"locations": "x.json", "prices": "y.json"}))
    sentence = terminal.run("materialize", "--source", "feed").sentence
    assert "ocpi_2_2_1 has no module 'prices'; it has: locations, tariffs" in sentence


def test_an_unset_token_is_named_by_its_variable(terminal: Terminal) -> None:
    terminal.write_sources(
        {
            "name": "api",
            "dialect": "ocpi_2_2_1",
            "transport": "http",
            "versions_url": "http://127.0.0.1:9/versions",
            "token_env": "A_TOKEN_THAT_IS_NOT_SET",
        }
    )
    sentence = terminal.run("materialize", "--source", "api").sentence
    assert "A_TOKEN_THAT_IS_NOT_SET is not set" in sentence


def test_a_path_that_is_not_there_is_named(terminal: Terminal) -> None:
    sentence = terminal.run("materialize", "--source", "feed").sentence
    assert str(terminal.folder / "locations.json") in sentence


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--source", "nobody"], "there is no source 'nobody' in sources.yml; it names: feed"),
        (["--source", "feed", "--date", "yesterday"], "'yesterday' is no day"),
        (["--source", "feed", "--date", "2026-02-30"], "'2026-02-30' is no day"),
        (["--source", "feed", "--date", "2999-01-01"], "2999-01-01 lies in the future"),
        (["--source", "feed", "--date", "1999-01-01"], "1999-01-01 lies before 2020-01-01"),
        (["--source", "feed", "--to", "2026-01-02"], "--to ends a range that begins with --date"),
        (
            ["--source", "feed", "--date", "2026-01-03", "--to", "2026-01-02"],
            "the range ends on 2026-01-02, before it begins on 2026-01-03",
        ),
    ],
)
def test_a_wrong_argument_is_explained(arguments: list[str], said: str, terminal: Terminal) -> None:
    assert said in terminal.run("materialize", *arguments).sentence


def test_a_range_stops_at_the_first_day_that_fails_and_keeps_what_it_has(
    terminal: Terminal,
) -> None:
    for day in ("2026-06-01", "2026-06-02", "2026-06-04"):
        (terminal.folder / f"range_{day}.json").write_bytes(GOOD)
    terminal.write_sources(feed_of(terminal.folder / "range_{date}.json", name="range"))
    ended = terminal.run(
        *("materialize", "--source", "range", "--date", "2026-06-01", "--to", "2026-06-04"),
        "--no-dbt",
    )
    assert ended.code == 1
    assert ended.out == "range 2026-06-01 loaded\nrange 2026-06-02 loaded\n"
    assert "range_2026-06-03.json" in ended.err.splitlines()[-1]
    assert rows(
        terminal.database.warehouse,
        "select count(*) from ops.snapshot where source = 'range' and status = 'loaded'",
    ) == [(2,)]


def test_a_missing_list_of_sources_is_explained(terminal: Terminal) -> None:
    terminal.sources_file.unlink()
    sentence = terminal.run("materialize", "--source", "feed").sentence
    assert sentence.startswith(f"no list of sources at {terminal.sources_file}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sources: [}\n", "line 1 is not valid YAML"),
        ("hello\n", "must begin with 'sources:'"),
        ("sources:\n", "sources"),
        ("", "must begin with 'sources:'"),
    ],
)
def test_a_broken_list_of_sources_is_explained(text: str, said: str, terminal: Terminal) -> None:
    terminal.sources_file.write_text(text, encoding="utf-8")
    assert said in terminal.run("materialize", "--source", "feed").sentence


def test_a_server_that_does_not_answer_is_named_without_its_password(terminal: Terminal) -> None:
    environment = {
        "OCPI_WAREHOUSE_HOME": str(terminal.folder / "home"),
        "OCPI_WAREHOUSE_SOURCES": str(terminal.sources_file),
        "OCPI_WAREHOUSE_URL": "postgresql://someone:s3cret-word@127.0.0.1:9/nowhere",
    }
    (terminal.folder / "locations.json").write_bytes(GOOD)
    ended = subprocess.run(
        [
            str(Path(sys.executable).with_name("ocpi-warehouse")),
            *("materialize", "--source", "feed", "--no-dbt"),
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    # On a slow machine the progress of what came before stands above it.
    *_, sentence = ended.stderr.splitlines()
    assert sentence.startswith("ocpi-warehouse: connecting to Postgres at 127.0.0.1:9")
    assert "Traceback" not in ended.stderr
    assert "s3cret-word" not in ended.stdout + ended.stderr


def test_releasing_what_is_not_held_is_explained(terminal: Terminal) -> None:
    sentence = terminal.run(
        "release", "--source", "feed", "--date", "2026-06-07", "--reason", "why not"
    ).sentence
    assert "nothing of that day" in sentence


def test_releasing_in_a_database_that_is_not_as_it_should_be_is_explained(
    terminal: Terminal, fresh_database: FreshDatabase
) -> None:
    fresh = replace(terminal, database=fresh_database)
    release = ("release", "--source", "feed", "--date", "2026-06-07", "--reason", "why not")
    assert "nothing of that day" in fresh.run(*release).sentence
    with fresh_database.warehouse.connection() as connection:
        connection.execute("alter table ops.snapshot rename to elsewhere")
    sentence = fresh.run(*release).sentence
    assert 'relation "ops.snapshot" does not exist; nothing was released' in sentence


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say what to rebuild, by --known-at TIME or --from FILE"),
        (("--known-at", "2026-06-08"), "a whole day; say at what time of it"),
        (("--known-at", "last week"), "'last week' is no time; write it as 2026-06-08T06:00Z"),
        (("--known-at", "2999-01-01T00:00Z"), "lies in the future"),
        (("--known-at", "2020-01-01T00:00Z"), "nothing was known: the first load ended at 20"),
        (("--known-at", "2020-01-01T00:00Z", "--from", "x.csv"), "either --known-at or --from"),
        (("--from", "nothing.csv"), "nothing.csv.provenance.json cannot be read"),
        (("--from", "nothing.parquet"), "nothing.parquet cannot be read"),
        (("--drop",), "say what to drop"),
        (("--drop", "--database", "postgres"), "was not made by a rebuild, so it is left alone"),
        (("--drop", "--database", "nowhere"), "there is no database nowhere; rebuilds on this"),
    ],
)
def test_a_rebuild_that_cannot_be_is_explained(
    arguments: tuple[str, ...], said: str, terminal: Terminal, loaded: Callable[[Terminal], None]
) -> None:
    loaded(terminal)
    assert said in terminal.run("rebuild", *arguments).sentence


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("postgres", "was not made by a rebuild, so it is left alone"),
        ("No Name", "is no name for a database"),
        ('x"; drop table ocpi.location; --', "is no name for a database"),
        ("too_far", 'have an administrator run: alter role "ocpi_loader" createdb'),
    ],
)
def test_a_database_that_cannot_be_made_is_explained(
    name: str, said: str, terminal: Terminal, loaded: Callable[[Terminal], None]
) -> None:
    loaded(terminal)
    now = datetime.now(UTC).isoformat()
    arguments = ("rebuild", "--known-at", now, "--database", name, "--no-dbt")
    assert said in terminal.run(*arguments).sentence
    own = terminal.database.name
    assert "is the warehouse itself" in terminal.run(*arguments[:-2], own).sentence


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--to", "x.csv"), "name a mart, or else a query by --query"),
        (("m", "--query", "select 1", "--to", "x.csv"), "name a mart, or else a query"),
        (("m", "--to", "x.xlsx"), "x.xlsx has no ending that says its format; use .csv"),
        (("m", "--to", "no/where/x.csv"), "there is no folder no/where to write x.csv into"),
        (("nothing", "--to", "x.csv"), "there is no mart 'nothing'; there is: none yet"),
        (("--query", "selct 1", "--to", "x.csv"), 'the query failed: syntax error at or near "s'),
        (("--query", "delete from ocpi.evse", "--to", "x.csv"), "the query failed: syntax error"),
    ],
)
def test_an_export_that_cannot_be_is_explained(
    arguments: tuple[str, ...], said: str, terminal: Terminal, loaded: Callable[[Terminal], None]
) -> None:
    loaded(terminal)
    assert said in terminal.run("export", *arguments).sentence
    assert not Path("x.csv").exists()


def test_a_rebuild_that_is_not_there_cannot_be_queried(terminal: Terminal) -> None:
    sentence = terminal.run("sql", "select 1", "--database", "nowhere").sentence
    assert "there is no rebuild 'nowhere'; rebuilds on this server: none" in sentence
