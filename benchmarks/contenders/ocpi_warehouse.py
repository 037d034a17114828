"""This project: a landed attempt -> Parquet in the lake -> history in the warehouse.

Belongs here: the calls that the assets make (`pipelines/assets/`), without Dagster around them.
Does not belong here: anything that a night does not do.

Everything of a night that follows the pull is in the measured time: schema migrations on the
empty database, verifying the pages, repairs, quarantine, duplicates, Parquet, history, ledger
and verdicts.
"""

from __future__ import annotations

from datetime import date

from pydantic import SecretStr

from benchmarks.contract import stopwatch, task_from_arguments
from pipelines.dialects import dialect_of
from pipelines.flatten import flatten_snapshot
from pipelines.resources import Project
from pipelines.settings import Settings
from pipelines.sources import Source
from pipelines.warehouse.load import load_snapshot


def main() -> None:
    task = task_from_arguments()
    day = date.fromisoformat(task.attempt.parent.name)
    source = Source(
        name=task.attempt.parent.parent.name,
        dialect="ocpi_2_2_1",
        transport="http",
        versions_url="http://127.0.0.1:8210/ocpi/versions",
        answers_past_days=True,
    )
    # A home of its own in which the landing is the one that everybody reads.
    landing = task.state / "landing"
    if not landing.exists():
        landing.symlink_to(task.landing.resolve(), target_is_directory=True)
    settings = Settings(home=task.state, url=SecretStr(task.server.url))
    project = Project(settings, {source.name: source}, progress=_silent)
    with stopwatch(task) as watch:
        with watch.phase("migrations"):
            warehouse = project.warehouse
        with watch.phase("flatten and lake"):
            flatten_snapshot(
                project.attempt(source.name, day),
                dialect=dialect_of(source),
                source=source.name,
                day=day,
                lake=project.lake,
                progress=project.progress,
            )
        with watch.phase("load"):
            load_snapshot(
                warehouse,
                project.lake.trusted(source.name, day),
                source=source,
                attempt=project.attempt(source.name, day),
                clock=project.clock,
                progress=project.progress,
            )


def _silent(stage: str, done: int, total: int | None) -> None:
    """Nobody watches."""


if __name__ == "__main__":
    main()
