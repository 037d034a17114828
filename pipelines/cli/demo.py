"""`ocpi-warehouse demo`: some nights of the simulator, the marts, a summary.

Belongs here: the order of the demonstration and what it prints. It is the main job with the
simulator as source, nothing else: what it leaves can be queried, opened in the UI and backfilled.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import date, timedelta
from urllib.parse import urlsplit

import requests
import typer

from pipelines.cli.console import TerminalProgress, err, out, print_rows
from pipelines.cli.runs import Runner
from pipelines.errors import ConfigurationError
from pipelines.resources import Project, utc_now
from pipelines.settings import Settings
from pipelines.simulator import RunningSimulator
from pipelines.sources import Source
from pipelines.warehouse.connect import Warehouse

DEMO = "demo"

NIGHT_SQL = """
select
    sum(received) filter (where level = 'location') as locations,
    sum(received) filter (where level = 'evse') as evses,
    sum(received) filter (where level = 'connector') as connectors,
    sum(quarantined) as quarantined,
    sum(duplicates) filter (where level = 'location') as duplicates
from ops.ledger
where source = %(source)s and snapshot_date = %(day)s
"""
CHANGED_SQL = """
select coalesce(sum(rows_changed), 0) from ops.load
where load_id in (
    select max(load_id) from ops.load
    where source = %(source)s and snapshot_date = %(day)s
    group by module
)
"""
POWER_SQL = """
select
    operator_name as operator, country, evses,
    round((power_kw / 1000)::numeric, 1)::float8 as power_mw,
    round((published_power_kw / 1000)::numeric, 1)::float8 as naive_mw
from marts.operator_power_daily
where snapshot_date = (select max(snapshot_date) from marts.operator_power_daily)
order by power_kw desc nulls last
limit 8
"""
RELIABILITY_SQL = """
select
    operator_name as operator, country, evses,
    round((100 * reliability_low)::numeric, 1)::float8 as low,
    round((100 * reliability_mid)::numeric, 1)::float8 as mid,
    round((100 * reliability_high)::numeric, 1)::float8 as high,
    round((100 * coverage)::numeric, 1)::float8 as coverage
from marts.operator_reliability_daily
where snapshot_date = (select max(snapshot_date) from marts.operator_reliability_daily)
order by evses desc
limit 8
"""


def run_demo(
    settings: Settings, sources: dict[str, Source], *, nights: int, locations: int
) -> None:
    """Pull `nights` nights that end today, build the marts once after the last, print figures."""
    source = sources.get(DEMO)
    if source is None or source.versions_url is None:
        raise ConfigurationError(
            f"the demonstration needs the source {DEMO!r} in {settings.sources_path}; restore it"
        )
    today = utc_now().date()
    days = [today - timedelta(days=nights - 1 - n) for n in range(nights)]
    began = time.monotonic()
    with ExitStack() as stack:
        source = _served(stack, source, locations=locations)
        progress = TerminalProgress()
        project = Project(settings, sources | {DEMO: source}, progress=progress)
        runner = stack.enter_context(Runner(project))
        out.print(f"{nights} nights of {locations:,} simulated locations, {days[0]} to {days[-1]}")
        for day in days:
            _night(runner, project, progress, day)
        progress.label = ""
        with progress.shown():
            marts_began = time.monotonic()
            _stop_on(runner.marts().failures)
        out.print(f"marts built and tested in {time.monotonic() - marts_began:.1f} s\n")
    _print_figures(project.warehouse)
    out.print(
        f"\n{nights} nights in {time.monotonic() - began:.0f} s. Go on with:\n"
        '  .venv/bin/ocpi-warehouse sql "select * from marts.evse_current limit 5"\n'
        "  .venv/bin/ocpi-warehouse dev     the Dagster UI: backfill, lineage, checks\n"
        "  .venv/bin/ocpi-warehouse stop    stops the embedded Postgres; the data stay"
    )


def _served(stack: ExitStack, source: Source, *, locations: int) -> Source:
    """The source with a simulator behind its address; another port where that one is taken."""
    assert source.versions_url is not None
    address = urlsplit(source.versions_url)
    try:
        simulator = stack.enter_context(
            RunningSimulator(locations=locations, port=address.port or 80)
        )
    except ConfigurationError:
        simulator = stack.enter_context(RunningSimulator(locations=locations))
        err.print(f"port {address.port} is taken; the simulator listens at {simulator.base_url}")
    # Asked once, so that a proxy in the way shows here and not as a failed night.
    requests.get(simulator.versions_url, timeout=10).raise_for_status()
    return source.model_copy(update={"versions_url": simulator.versions_url})


def _night(runner: Runner, project: Project, progress: TerminalProgress, day: date) -> None:
    began = time.monotonic()
    progress.label = f"{day}: "
    with progress.shown():
        _stop_on(runner.night(DEMO, day=day).failures)
    values = {"source": DEMO, "day": day}
    with project.warehouse.connection("analyst") as connection:
        counts = connection.execute(NIGHT_SQL, values).fetchone()
        changed = connection.execute(CHANGED_SQL, values).fetchone()
    assert counts is not None
    assert changed is not None
    received = ", ".join(
        f"{int(count or 0):,} {name}"
        for count, name in zip(counts, ("locations", "EVSEs", "connectors"), strict=False)
    )
    out.print(
        f"{day}  {received}; {int(counts[4] or 0)} duplicate, {int(counts[3] or 0)} quarantined; "
        f"{int(changed[0]):,} versions written  ({time.monotonic() - began:.1f} s)"
    )


def _stop_on(failures: tuple[str, ...]) -> None:
    if failures:
        for sentence in failures:
            err.print(f"ocpi-warehouse: {sentence}", markup=False)
        raise typer.Exit(1)


def _print_figures(warehouse: Warehouse) -> None:
    with warehouse.connection("analyst") as connection:
        for title, query in (
            ("power per operator, deduplicated beside the naive sum", POWER_SQL),
            ("share of nightly observations up, % (low to high: unknowns)", RELIABILITY_SQL),
        ):
            cursor = connection.execute(query)
            header = [column.name for column in cursor.description or ()]
            print_rows(title, header, cursor.fetchall())
            out.print()
