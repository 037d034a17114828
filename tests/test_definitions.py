"""Dagster definitions: they load without a secret or a server, and hold what is written down.

The snapshot in `definitions.json` is compared always: whoever changes a key, a dependency, a job,
a cron or a check sees it there. To write it anew after a wanted change:

    .venv/bin/python -m tests.test_definitions
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import time_machine
import yaml

# Private, and the one thing that knows when Dagster will tick.
from dagster._utils.schedules import schedule_execution_time_iterator

from pipelines.cli.app import app
from pipelines.definitions import build_definitions
from pipelines.definitions import definitions as entry_point
from pipelines.errors import NoSnapshotError, TransientError
from pipelines.failures import RETRY_PULL, explained
from pipelines.jobs import day_of_tick
from pipelines.landing import can_be_asked_for
from pipelines.partitions import DAILY, FIRST_DAY
from pipelines.settings import Settings
from pipelines.sources import Source

ROOT = Path(__file__).resolve().parents[1]
SNAPSHOT = Path(__file__).with_name("definitions.json")

API = Source(
    name="some_api",
    dialect="ocpi_2_2_1",
    transport="http",
    # Nothing answers there, and the variable is set nowhere.
    versions_url="http://127.0.0.1:9/ocpi/versions",
    token_env="A_TOKEN_THAT_IS_NOT_SET",
    schedule="30 1 * * *",
    owner="someone@example.com",
)
FILE = Source(
    name="some_file",
    dialect="ocpi_2_1_1",
    transport="file",
    modules={"locations": "/nowhere/locations_{date}.json"},
)
SOURCES = {source.name: source for source in (API, FILE)}


def built(sources: dict[str, Source] = SOURCES) -> dg.Definitions:
    return build_definitions(Settings(home=Path("/nowhere")), sources)


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return built()


def described(definitions: dg.Definitions) -> dict[str, Any]:
    """What a change of the wiring would change, in words that survive an upgrade of Dagster."""
    graph = definitions.resolve_asset_graph()
    repository = definitions.get_repository_def()
    jobs = [job for job in repository.get_all_jobs() if not job.name.startswith("__")]
    return {
        "assets": {
            key.to_user_string(): sorted(
                parent.to_user_string() for parent in graph.get(key).parent_keys
            )
            for key in sorted(graph.get_all_asset_keys())
        },
        "checks": {
            key.to_user_string(): sorted(
                check.name for check in graph.asset_check_keys if check.asset_key == key
            )
            for key in sorted({check.asset_key for check in graph.asset_check_keys})
        },
        "jobs": {
            job.name: sorted(key.to_user_string() for key in job.asset_layer.executable_asset_keys)
            for job in sorted(jobs, key=lambda job: job.name)
        },
        "schedules": {
            schedule.name: [
                schedule.cron_schedule,
                schedule.execution_timezone or "UTC",
                schedule.job_name,
            ]
            for schedule in sorted(repository.schedule_defs, key=lambda schedule: schedule.name)
        },
        "sensors": {
            sensor.name: sorted(job.name for job in sensor.jobs)
            for sensor in repository.sensor_defs
        },
        "pools": {
            node.name: node.pool
            for key in sorted(graph.get_all_asset_keys())
            if graph.get(key).is_executable
            for node in [graph.get(key).assets_def.op]
            if node.pool
        },
    }


def test_definitions_load_with_no_secret_set_and_no_server_running(
    definitions: dg.Definitions,
) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_the_wiring_is_as_written_down(definitions: dg.Definitions) -> None:
    written = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    found = described(definitions)
    for part in written | found:
        assert found.get(part) == written.get(part), f"{part}: {__doc__}"


def test_every_build_is_fresh() -> None:
    assert built() is not built()
    assert described(built({})).keys() == described(built({API.name: API})).keys()


@contextmanager
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.mark.parametrize(
    ("ticks_at", "timezone", "asks_for"),
    [
        (datetime(2026, 6, 7, 1, 30, tzinfo=UTC), "UTC", "2026-06-07"),
        (datetime(2026, 6, 7, 23, 59, tzinfo=UTC), "UTC", "2026-06-07"),
        # Half past one in Amsterdam is still the day before in UTC, and so is the partition.
        (datetime(2026, 6, 6, 23, 30, tzinfo=UTC), "Europe/Amsterdam", "2026-06-06"),
        # In winter that day has ended by half an hour.
        (datetime(2026, 1, 7, 0, 30, tzinfo=UTC), "Europe/Amsterdam", "2026-01-06"),
    ],
)
def test_the_night_asks_for_the_day_on_which_it_ticks(
    ticks_at: datetime, timezone: str, asks_for: str
) -> None:
    source = API.model_copy(update={"timezone": timezone})
    repository = built({source.name: source}).get_repository_def()
    schedule = repository.get_schedule_def("some_api_nightly")
    with instance() as at, time_machine.travel(ticks_at, tick=False):
        context = dg.build_schedule_context(
            instance=at, scheduled_execution_time=ticks_at, repository_def=repository
        )
        [request] = schedule.evaluate_tick(context).run_requests
        assert request.partition_key == asks_for
        assert request.run_key == asks_for
        assert DAILY.has_partition_key(asks_for)


@pytest.mark.parametrize(
    ("cron", "timezone"),
    [
        ("30 1 * * *", "UTC"),
        ("30 1 * * *", "Europe/Amsterdam"),
        ("30 2 * * *", "Europe/Amsterdam"),
        ("30 0 * * *", "Europe/Dublin"),
        ("0 0 * * *", "Atlantic/Azores"),
        ("30 19 * * *", "America/New_York"),
        ("30 10 * * *", "Australia/Lord_Howe"),
        ("30 0 * * *", "Africa/Casablanca"),
        ("30 18 * * *", "America/Mexico_City"),
    ],
)
def test_each_night_asks_for_the_day_after_the_last_one_in_any_zone(
    cron: str, timezone: str
) -> None:
    """Mexico changed its clocks in April 2022, back in October, and never again."""
    start = datetime(2022, 3, 1, tzinfo=UTC)
    ticks = schedule_execution_time_iterator(start.timestamp(), cron, timezone, True)
    asked = [(tick, day_of_tick(tick)) for tick in itertools.islice(ticks, 400)]
    assert {after - before for (_, before), (_, after) in itertools.pairwise(asked)} == {
        timedelta(days=1)
    }
    for tick, day in asked:
        assert day <= tick.astimezone(UTC).date()
        assert can_be_asked_for(API, day, now=tick + timedelta(hours=10))


@pytest.mark.parametrize("first", ["2026-10-24", "2026-03-27"])
def test_the_change_of_the_clocks_gives_each_night_a_day_of_its_own(first: str) -> None:
    source = API.model_copy(update={"timezone": "Europe/Amsterdam"})
    repository = built({source.name: source}).get_repository_def()
    schedule = repository.get_schedule_def("some_api_nightly")
    start = datetime.fromisoformat(f"{first}T12:00Z")
    ticks = schedule_execution_time_iterator(start.timestamp(), API.schedule, source.timezone, True)
    asked = []
    with instance() as at:
        for tick in itertools.islice(ticks, 4):
            context = dg.build_schedule_context(
                instance=at, scheduled_execution_time=tick, repository_def=repository
            )
            asked += [
                request.partition_key for request in schedule.evaluate_tick(context).run_requests
            ]
    begin = date.fromisoformat(first)
    assert asked == [str(begin + timedelta(days=number)) for number in range(4)]


@pytest.mark.parametrize(
    ("run", "asks"),
    [
        # A night; a backfill from the UI; a backfill of the landing alone; the marts themselves.
        ({"job_name": "some_api_night"}, True),
        ({"job_name": "__ASSET_JOB", "asset_selection": ["some_api/warehouse"]}, True),
        ({"job_name": "__ASSET_JOB", "asset_selection": ["some_api/landing"]}, False),
        ({"job_name": "marts"}, False),
    ],
)
def test_the_marts_are_asked_for_after_a_load(
    definitions: dg.Definitions, run: dict[str, Any], asks: bool
) -> None:
    sensor = definitions.get_repository_def().get_sensor_def("marts_after_source")
    assert isinstance(sensor, dg.RunStatusSensorDefinition)
    selected = run.get("asset_selection")
    ran = dg.DagsterRun(
        job_name=run["job_name"],
        asset_selection=selected
        and frozenset(dg.AssetKey.from_user_string(text) for text in selected),
    )
    with instance() as at:
        event = dg.DagsterEvent("PIPELINE_SUCCESS", ran.job_name)
        context = dg.build_run_status_sensor_context(
            sensor.name, dagster_event=event, dagster_instance=at, dagster_run=ran
        )
        asked = sensor(context)
    assert isinstance(asked, dg.RunRequest if asks else dg.SkipReason)


def test_today_is_a_partition_and_tomorrow_is_none() -> None:
    now = datetime(2026, 6, 7, 0, 1, tzinfo=UTC)
    keys = DAILY.get_partition_keys(current_time=now)
    assert keys[0] == FIRST_DAY == "2020-01-01"
    assert keys[-1] == "2026-06-07"


def test_only_the_pull_is_retried(definitions: dg.Definitions) -> None:
    policies = {
        assets.op.name: assets.op.retry_policy
        for assets in definitions.assets or ()
        if isinstance(assets, dg.AssetsDefinition)
    }
    assert {name for name, policy in policies.items() if policy is not None} == {
        "some_api__landing",
        "some_file__landing",
    }
    assert RETRY_PULL.max_retries == 2


def test_what_trying_again_cannot_help_is_not_retried() -> None:
    with pytest.raises(dg.Failure) as permanent, explained():
        raise NoSnapshotError("no snapshot")
    assert not permanent.value.allow_retries
    with pytest.raises(dg.Failure) as transient, explained():
        raise TransientError("try again")
    assert transient.value.allow_retries
    with pytest.raises(ZeroDivisionError), explained():
        _ = 1 / 0


def test_only_a_source_with_a_schedule_can_be_late(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for source in SOURCES.values():
        spec = graph.get(dg.AssetKey([source.name, "landing"]))
        assert (spec.freshness_policy is not None) == (source.schedule is not None)


def test_assets_carry_owner_and_group(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for layer in (["landing"], ["lake", "evse"], ["warehouse"]):
        node = graph.get(dg.AssetKey(["some_api", *layer]))
        assert list(node.owners) == ["someone@example.com"]
        assert node.group_name == "some_api"


def test_every_mart_and_table_says_what_it_is(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    silent = [
        key.to_user_string()
        for key in graph.get_all_asset_keys()
        if not (graph.get(key).description or "").strip()
    ]
    assert silent == []


def test_the_workspace_names_something_that_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = yaml.safe_load((ROOT / "workspace.yaml").read_text(encoding="utf-8"))
    [location] = workspace["load_from"]
    module = location["python_module"]
    assert module["module_name"] == entry_point.load_fn.__module__
    assert getattr(__import__(module["module_name"], fromlist=["_"]), module["attribute"])
    monkeypatch.setenv("OCPI_WAREHOUSE_SOURCES", str(ROOT / "sources.yml"))
    dg.Definitions.validate_loadable(entry_point.load_fn())


def commands() -> list[str]:
    return sorted(
        command.name or command.callback.__name__.replace("_", "-")  # type: ignore[union-attr]
        for command in app.registered_commands
    )


@pytest.mark.parametrize("command", commands())
def test_the_readme_names_every_command(command: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"ocpi-warehouse {command}\b", readme), f"README has no {command}"


def test_the_readme_names_no_command_that_is_not_there() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:.venv/bin/)?ocpi-warehouse ([a-z][a-z-]*)\b", readme))
    assert named == set(commands())


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(described(built()), indent=1) + "\n", encoding="utf-8")
