"""The marts job on loaded nights: dbt's own tests, builds of affected days, comments."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from pipelines.assets.marts import DBT
from pipelines.cli.runs import Runner
from pipelines.resources import DBT_PROJECT_DIR, Project
from pipelines.simulator import RunningSimulator
from pipelines.warehouse.load import retract
from tests.conftest import FreshDatabase
from tests.integration.nights import (
    DAYS,
    differences,
    fingerprints,
    mart_tables,
    project_of,
    rows,
    simulated,
)


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with RunningSimulator(locations=80) as running_simulator:
        yield running_simulator


@dataclass(frozen=True)
class Built:
    """A database whose nights are loaded and whose marts are built."""

    project: Project
    runner: Runner

    def load(self, *days: int) -> None:
        for day in days:
            assert self.runner.night("sim", day=DAYS[day]).failures == ()

    def build(self) -> None:
        assert self.runner.marts().failures == ()

    @property
    def marts(self) -> dict[str, tuple[int, str]]:
        warehouse = self.project.warehouse
        return dict(fingerprints(warehouse, mart_tables(warehouse)))

    def builds(self) -> list[tuple[bool, int]]:
        return rows(
            self.project.warehouse,
            "select is_full, days_rebuilt from ops.mart_build order by build_id",
        )


def dbt_build(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    project.export_dbt_environment()
    folder = str(DBT_PROJECT_DIR)
    target = str(project.settings.dbt_dir)
    variables = json.dumps({"source_ranks": project.source_ranks()})
    return subprocess.run(
        [
            *(DBT, "build", "--project-dir", folder, "--profiles-dir", folder),
            *("--target-path", target, "--log-path", target, "--vars", variables),
            *arguments,
        ],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def make_built(
    make_database: Callable[[], FreshDatabase], simulator: RunningSimulator
) -> Iterator[Callable[[], Built]]:
    opened: list[Runner] = []

    def make() -> Built:
        project = project_of(make_database(), simulated(simulator))
        opened.append(Runner(project).__enter__())
        return Built(project, opened[-1])

    yield make
    for runner in opened:
        runner.__exit__()


@pytest.fixture(scope="module")
def in_order(make_built: Callable[[], Built]) -> Built:
    """Three nights in order, marts built once."""
    built = make_built()
    built.load(0, 1, 2)
    built.build()
    return built


def test_the_first_build_is_full_and_the_next_finds_nothing_to_do(in_order: Built) -> None:
    marts = in_order.marts
    assert marts["marts.operator_power_daily"][0] > 0
    assert marts["marts.evse_current"][0] > 50
    in_order.build()
    assert in_order.builds() == [(True, 0)]
    assert in_order.marts == marts


def test_every_mart_and_column_has_a_comment_in_postgres(in_order: Built) -> None:
    silent = rows(
        in_order.project.warehouse,
        """
        select c.relname, coalesce(a.attname, '(table)')
        from pg_class as c
        inner join pg_namespace as n on n.oid = c.relnamespace
        inner join lateral (
            select attnum, attname from pg_attribute
            where attrelid = c.oid and attnum > 0 and not attisdropped
            union all
            select 0, null
        ) as a on true
        where n.nspname in ('marts', 'intermediate') and c.relkind in ('r', 'v')
            and coalesce(
                case a.attnum when 0 then obj_description(c.oid, 'pg_class')
                else col_description(c.oid, a.attnum) end, '') = ''
        """,
    )
    assert silent == []


def test_days_in_another_order_give_the_same_tables_and_marts(
    in_order: Built, make_built: Callable[[], Built]
) -> None:
    built = make_built()
    built.load(2, 0)
    built.build()
    built.load(1)
    built.build()
    assert fingerprints(built.project.warehouse) == fingerprints(in_order.project.warehouse)
    assert differences(built.marts, in_order.marts) == {}
    # The second build touched the days that the middle one can move, not everything.
    (first, _), (second, days) = built.builds()
    assert (first, second) == (True, False)
    assert days > 0

    # A day taken back leaves what a full build over the other days gives; dbt's unit tests run
    # here, as they do not belong into a night.
    retract(built.project.warehouse, "sim", DAYS[1], "locations", reason="a wrong feed")
    built.build()
    after_retraction = built.marts
    done = dbt_build(built.project, "--full-refresh")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "unit test" in done.stdout
    assert differences(after_retraction, built.marts) == {}


def test_a_failed_build_says_what_dbt_said_and_is_not_taken_for_done(
    make_built: Callable[[], Built],
) -> None:
    built = make_built()
    built.load(0)
    with built.project.warehouse.connection() as connection:
        # In the way of a mart, and nothing that dbt would replace.
        connection.execute("create schema if not exists marts")
        connection.execute("create sequence marts.operator_power_daily")
    [sentence, *_] = built.runner.marts().failures
    assert "operator_power_daily" in sentence
    # Not noted as built, so the next call builds it again.
    assert built.builds() == []
