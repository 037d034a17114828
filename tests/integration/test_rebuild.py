"""What was known at a time, rebuilt beside the warehouse: row by row, from a time or a figure."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from pipelines.cli.export import run_export
from pipelines.dialects import dialect_of
from pipelines.errors import HeldSnapshotError, OcpiWarehouseError, SourceError, WarehouseError
from pipelines.flatten import flatten_snapshot
from pipelines.model import CANONICAL_TABLES, OPS_TABLES, TABLES
from pipelines.resources import Project
from pipelines.simulator import RunningSimulator
from pipelines.sources import load_sources
from pipelines.version import code_version
from pipelines.warehouse.builds import pending_build
from pipelines.warehouse.connect import Warehouse
from pipelines.warehouse.load import load_snapshot, record_failed_pull, release, retract
from pipelines.warehouse.migrations import migrate
from tests.conftest import FreshDatabase
from tests.integration.nights import differences, fingerprints, rows
from tests.integration.terminal import Ended, Terminal, quiet_logging

__all__ = ["quiet_logging"]

DAYS = [date(2026, 1, 8) + timedelta(days=number) for number in range(3)]
BEGIN = datetime(2026, 1, 11, 1, tzinfo=UTC)
LEDGER = tuple(
    f"ops.{table.name}" for table in OPS_TABLES if table.name not in ("change", "mart_build")
)
# Numbers of changes and builds are those of the database; all else is what was known.
CHANGES = """
select source, module, from_day, to_day, changed_at from ops.change order by 1, 2, 3, 4, 5
"""
QUERY = (
    "select source, valid_from, count(*) as connectors, sum(max_power_w) as power_w"
    " from ocpi.connector group by source, valid_from order by source, valid_from"
)


def tables_of(warehouse: Warehouse) -> dict[str, Any]:
    """Everything that loads write."""
    names = (*(f"ocpi.{table.name}" for table in CANONICAL_TABLES), *LEDGER)
    found = fingerprints(warehouse, tuple(name for name in names if "mart_build" not in name))
    return {**found, "ops.change": rows(warehouse, CHANGES)}


def feed(path: Path, *, locations: int, power_w: int = 11_000) -> None:
    """A document of as many locations, each with one EVSE."""
    data = [
        {
            "country_code": "NL",
            "party_id": "TNM",
            "id": f"L{number}",
            "publish": True,
            "address": "Street 1",
            "city": "Utrecht",
            "country": "NLD",
            "coordinates": {"latitude": f"52.{number + 10}", "longitude": "5.1"},
            "operator": {"name": "Feed & Sons"},
            "last_updated": "2026-01-05T00:00:00Z",
            "evses": [
                {
                    "uid": f"E{number}",
                    "evse_id": f"NL*TNM*E{number}",
                    "status": "AVAILABLE",
                    "last_updated": "2026-01-05T00:00:00Z",
                    "connectors": [
                        {
                            "id": "1",
                            "standard": "IEC_62196_T2",
                            "format": "SOCKET",
                            "power_type": "AC_3_PHASE",
                            "max_voltage": 230,
                            "max_amperage": 16,
                            "max_electric_power": power_w,
                            "last_updated": "2026-01-05T00:00:00Z",
                        }
                    ],
                }
            ],
        }
        for number in range(locations)
    ]
    path.write_text(json.dumps({"data": data, "status_code": 1000}), encoding="utf-8")


@dataclass
class Nights:
    """Nights without Dagster, on a clock that goes on by a second whenever it is asked."""

    database: FreshDatabase
    sources_file: Path
    seconds: int = 0

    def clock(self) -> datetime:
        self.seconds += 1
        return self.now

    @property
    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.seconds)

    def load(self, name: str, day: date, *, refresh: bool = False) -> None:
        sources = load_sources(self.sources_file)
        project = Project(self.database.settings, sources, clock=self.clock)
        source = sources[name]
        dialect = dialect_of(source)
        try:
            project.landing.pull(source, dialect.protocol, day=day, now=self.clock, refresh=refresh)
        except OcpiWarehouseError as error:
            record_failed_pull(project.warehouse, source, day=day, error=error, clock=self.clock)
            raise
        attempt = project.attempt(name, day)
        flatten_snapshot(attempt, dialect=dialect, source=name, day=day, lake=project.lake)
        load_snapshot(
            project.warehouse,
            project.lake.trusted(name, day),
            source=source,
            attempt=attempt,
            clock=self.clock,
        )

    def build(self) -> None:
        """A mart by hand, and the record that it was built: dbt takes seconds."""
        pending = pending_build(self.database.warehouse, "f")
        assert pending is not None
        warehouse = self.database.warehouse
        with (
            pending.noted(warehouse, variables={}, clock=self.clock),
            warehouse.connection() as connection,
        ):
            connection.execute(
                "create table marts.operator_power_daily as"
                " select valid_from as snapshot_date, party as operator_id, connector_id,"
                " max_power_w / 1000 as power_kw, 12.50::numeric(6, 2) as price,"
                " array['a', null] as codes from ocpi.connector"
            )


@dataclass(frozen=True)
class Story:
    """A warehouse, what it held at two times, and figures published at the first."""

    folder: Path
    database: FreshDatabase
    then: str
    tables_then: dict[str, Any]
    now: str
    tables_now: dict[str, Any]

    @property
    def warehouse(self) -> Warehouse:
        return self.database.warehouse

    def first_attempt(self) -> Path:
        """The landing of a day that was refreshed since, as it was before."""
        folder = self.database.settings.landing_dir / "feed" / str(DAYS[0])
        return min(path for path in folder.iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def database(make_database: Callable[[], FreshDatabase], makes_databases: None) -> FreshDatabase:
    return make_database()


@pytest.fixture(scope="module")
def story(database: FreshDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("story")
    with RunningSimulator(locations=40) as simulator:
        common = {"dialect": "ocpi_2_2_1"}
        api = {"versions_url": simulator.versions_url, "answers_past_days": True}
        entries = [
            {"name": "sim", **common, "transport": "http", **api},
            {
                **{"name": "feed", **common, "transport": "file"},
                "modules": {"locations": "feed_{date}.json"},
            },
        ]
        nights = Nights(database, folder / "sources.yml")
        nights.sources_file.write_text(yaml.safe_dump({"sources": entries}), encoding="utf-8")
        migrate(database.warehouse)

        feed(folder / f"feed_{DAYS[0]}.json", locations=10)
        feed(folder / f"feed_{DAYS[1]}.json", locations=5)
        nights.load("sim", DAYS[0])
        nights.load("feed", DAYS[0])
        nights.load("sim", DAYS[2])
        with pytest.raises(HeldSnapshotError):
            nights.load("feed", DAYS[1])
        with pytest.raises(SourceError):
            nights.load("feed", DAYS[2])
        then, tables_then = nights.now, tables_of(database.warehouse)
        export(database, folder / "query.csv", query=QUERY)
        nights.build()
        for name in ("power.csv", "power.json", "power.parquet"):
            export(database, folder / name, mart="operator_power_daily")

        release(database.warehouse, "feed", DAYS[1], "five sites closed", clock=nights.clock)
        nights.load("feed", DAYS[1])
        nights.load("sim", DAYS[1])
        feed(folder / f"feed_{DAYS[0]}.json", locations=9, power_w=22_000)
        nights.load("feed", DAYS[0], refresh=True)
        retract(database.warehouse, "sim", DAYS[2], "tariffs", reason="odd", clock=nights.clock)
        yield Story(
            folder,
            database,
            then.isoformat(),
            tables_then,
            nights.now.isoformat(),
            tables_of(database.warehouse),
        )


def export(
    database: FreshDatabase, to: Path, *, mart: str | None = None, query: str | None = None
) -> None:
    run_export(database.settings, mart=mart, query=query, to=to)


@pytest.fixture
def terminal(
    story: Story,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    quiet_logging: None,
) -> Terminal:
    return Terminal(story.folder, story.database, monkeypatch, capsys)


def test_a_published_figure_is_made_again_with_all_that_was_known_then(
    story: Story, terminal: Terminal
) -> None:
    ended = terminal.run("rebuild", "--from", str(story.folder / "query.csv"))
    assert ended.code == 0, ended
    assert "warning" not in ended.err
    assert "reproduced: the " in ended.out
    prefix = f"{story.database.name}_known_at_20260111t"
    name = next(word for word in ended.out.split() if word.startswith(prefix))
    scratch = story.warehouse.beside(name)
    assert differences(tables_of(scratch), story.tables_then) == {}
    # The warehouse has gone on since, and was only read.
    assert differences(tables_of(story.warehouse), story.tables_now) == {}
    moved = differences(story.tables_now, story.tables_then)
    assert {"ocpi.location", "ocpi.connector", "ops.snapshot", "ops.ledger"} <= set(moved)
    states = "select snapshot_date, status from ops.snapshot where source = 'feed' order by 1"
    assert rows(scratch, states) == list(zip(DAYS, ("loaded", "held", "failed"), strict=True))

    ended = terminal.run("sql", QUERY, "--database", name, "--format", "csv")
    assert ended.out == (story.folder / "query.csv").read_text()
    report = story.folder / "report.md"
    report.write_text(f"# Then\n\n```sql\n{QUERY}\n```\n", encoding="utf-8")
    assert terminal.run("answer", str(report), "--database", name).code == 0
    assert terminal.run("answer", str(report), "--check", "--database", name).code == 0
    assert "other answers by now" in terminal.run("answer", str(report), "--check").sentence
    assert terminal.run("rebuild", "--database", name, "--drop").code == 0
    assert "there is no rebuild" in terminal.run("sql", QUERY, "--database", name).sentence


def test_a_figure_that_does_not_come_out_again_is_said(story: Story, terminal: Terminal) -> None:
    path = story.folder / "query.csv.provenance.json"
    text = path.read_text()
    other = story.folder / "other.csv.provenance.json"
    other.write_text(text.replace("count(*)", "count(*) + 1"))
    ended = rebuilt(terminal, "--from", str(other))
    assert ended.code == 1
    assert "not reproduced: the query gave" in ended.err
    other.write_text(text.replace('"ledger_hash": "', '"ledger_hash": "0'))
    assert "was not made from" in rebuilt(terminal, "--from", str(other)).sentence
    assert rebuilt(terminal, "--drop").code == 0


def test_a_late_day_a_refresh_a_release_and_a_retraction_are_replayed_too(
    story: Story, terminal: Terminal
) -> None:
    ended = terminal.run("rebuild", "--known-at", story.now, "--database", "all_of_it", "--no-dbt")
    assert ended.code == 0, ended
    assert "warning" not in ended.err
    scratch = story.warehouse.beside("all_of_it")
    assert differences(tables_of(scratch), story.tables_now) == {}
    # Nothing of what was flattened again stays.
    assert not (story.database.settings.home_dir / "rebuild" / "all_of_it").exists()

    again = ("rebuild", "--known-at", story.then, "--database", "all_of_it", "--no-dbt")
    assert "is there already (known at 2026-01-11T" in terminal.run(*again).sentence
    assert terminal.run(*again, "--replace").code == 0
    assert differences(tables_of(scratch), story.tables_then) == {}
    assert terminal.run("rebuild", "--database", "all_of_it", "--drop").code == 0


def test_every_format_says_what_it_is_made_of(story: Story) -> None:
    said = json.loads((story.folder / "power.csv.provenance.json").read_text())["ocpi_warehouse"]
    whole = json.loads((story.folder / "power.json").read_text())
    assert whole["ocpi_warehouse"]["made_of"] == said["made_of"]
    parquet = pq.read_table(story.folder / "power.parquet")
    carried = pq.read_metadata(story.folder / "power.parquet").metadata[b"ocpi_warehouse"]
    assert json.loads(carried)["ocpi_warehouse"]["made_of"] == said["made_of"]
    header, *lines = (story.folder / "power.csv").read_text().splitlines()
    assert len(lines) == said["rows"] == len(whole["rows"]) == parquet.num_rows
    assert header.split(",") == list(whole["rows"][0]) == parquet.column_names
    assert parquet.column("power_kw").to_pylist() == [row["power_kw"] for row in whole["rows"]]

    [(load_ids, known_at)] = rows(
        story.warehouse,
        "select array_agg(load_id order by load_id), max(known_at) from ops.mart_provenance"
        " join ops.load on load_id <@ load_ids",
    )
    assert said["made_of"]["load_ids"] == f"1-{load_ids[-1]}"
    assert datetime.fromisoformat(said["made_of"]["known_at"]) == known_at


def test_a_query_is_not_exported_while_the_marts_lag_behind(
    story: Story, terminal: Terminal
) -> None:
    ended = terminal.run("export", "--query", "select 1", "--to", str(story.folder / "one.csv"))
    assert "the marts have not taken in what was loaded last" in ended.sentence
    assert not list(story.folder.glob("*one.csv*"))
    # A mart is of one state all the same: that of its build.
    ended = terminal.run(
        "export", "marts.operator_power_daily", "--to", str(story.folder / "p.csv")
    )
    assert ended.code == 0, ended
    assert (story.folder / "p.csv").read_bytes() == (story.folder / "power.csv").read_bytes()


def test_marts_of_two_states_are_not_exported(story: Story) -> None:
    to = story.folder / "mixed.csv"
    with story.warehouse.connection() as connection:
        connection.execute(
            "insert into ops.mart_build (fingerprint, is_full, days_rebuilt, started_at)"
            " values ('f', false, 0, '2026-01-12')"
        )
    try:
        with pytest.raises(WarehouseError, match="did not end well"):
            export(story.database, to, mart="operator_power_daily")
    finally:
        with story.warehouse.connection() as connection:
            connection.execute("delete from ops.mart_build where built_at is null")
    with story.warehouse.connection() as connection:
        connection.execute("update ops.change set changed_at = changed_at - interval '1 hour'")
    try:
        with pytest.raises(WarehouseError, match="while the marts were built"):
            export(story.database, to, mart="operator_power_daily")
    finally:
        with story.warehouse.connection() as connection:
            connection.execute("update ops.change set changed_at = changed_at + interval '1 hour'")


def rebuilt(terminal: Terminal, *arguments: str) -> Ended:
    return terminal.run("rebuild", "--database", "other", "--no-dbt", *arguments)


def test_a_landing_attempt_that_is_gone_is_named_and_nothing_is_made(
    story: Story, terminal: Terminal
) -> None:
    first = story.first_attempt()
    kept = story.folder / "kept"
    shutil.move(first, kept)
    try:
        sentence = rebuilt(terminal, "--known-at", story.now).sentence
    finally:
        shutil.move(kept, first)
    assert f"the landing attempt {first.name} of feed of {DAYS[0]} (load " in sentence
    assert "put that folder back" in sentence
    assert "there is no database other" in rebuilt(terminal, "--drop").sentence


def test_pages_that_were_changed_are_not_what_was_loaded(story: Story, terminal: Terminal) -> None:
    first = story.first_attempt()
    [page] = [path for path in first.iterdir() if path.name != "manifest.json"]
    before = page.read_bytes()
    page.write_bytes(before.replace(b"Utrecht", b"Urtecht"))
    try:
        assert "not as it was loaded" in rebuilt(terminal, "--known-at", story.now).sentence
    finally:
        page.write_bytes(before)


def test_what_is_not_what_it_was_then_is_said(story: Story, terminal: Terminal) -> None:
    with story.warehouse.connection() as connection:
        connection.execute("update ops.load set code_version = '0.0.9' where load_id in (1, 2)")
        connection.execute("update ops.load set rows_changed = -rows_changed where load_id = 3")
    try:
        ended = rebuilt(terminal, "--known-at", story.then)
    finally:
        with story.warehouse.connection() as connection:
            connection.execute("update ops.load set code_version = %s", (code_version(),))
            connection.execute("update ops.load set rows_changed = abs(rows_changed)")
    assert ended.code == 0, ended
    said = f"loads 1-2 were made by version 0.0.9, this is {code_version()}: rows may differ"
    assert said in ended.err
    assert terminal.run("--version").out == f"{code_version()}\n"
    assert "loads 3 wrote another number of versions than then" in ended.err
    assert rebuilt(terminal, "--drop").code == 0


def test_a_source_that_left_the_list_is_replayed_from_its_landing(
    story: Story, terminal: Terminal
) -> None:
    before = terminal.sources_file.read_text()
    terminal.write_sources(*yaml.safe_load(before)["sources"][:1])
    try:
        assert rebuilt(terminal, "--known-at", story.now).code == 0
    finally:
        terminal.sources_file.write_text(before)
    found = tables_of(story.warehouse.beside("other"))
    assert differences(found, story.tables_now) == {}
    assert rebuilt(terminal, "--drop").code == 0


def test_what_a_release_before_the_ledger_kept_them_let_in_gets_in(
    story: Story, terminal: Terminal
) -> None:
    decisions = "from ops.load where action in ('hold', 'release', 'fail')"
    with story.warehouse.connection() as connection:
        connection.execute(f"create table ops.kept as select * {decisions}".encode())
        connection.execute(f"delete {decisions}".encode())
    try:
        assert rebuilt(terminal, "--known-at", story.now).code == 0
    finally:
        with story.warehouse.connection() as connection:
            names = ", ".join(column.name for column in TABLES["load"].columns)
            connection.execute(
                f"insert into ops.load (source, {names}) overriding system value"
                f" select source, {names} from ops.kept".encode()
            )
            connection.execute("drop table ops.kept")
    found = tables_of(story.warehouse.beside("other"))
    assert set(differences(found, story.tables_now)) == {"ops.snapshot", "ops.load"}
    assert rebuilt(terminal, "--drop").code == 0
