"""Jobs, schedules and the sensor: what runs when.

Belongs here: one job and schedule per source, the marts job, what follows a source's night. Does
not belong here: what a job does (`assets/`). One run per source and night, so that one dead
source stops nobody; the marts are another run, over whatever has landed.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import dagster as dg

from pipelines.assets.marts import MARTS_GROUP
from pipelines.errors import ConfigurationError
from pipelines.partitions import FIRST_DAY
from pipelines.sources import Source

MARTS_JOB = "marts"
# After the night's sources; each source's success asks for a build of its own before that.
MARTS_CRON = "0 6 * * *"
# Not this year alone: a zone that gave up its summer time would lose a night at New Year.
_FIRST_YEAR: Final = date.fromisoformat(FIRST_DAY).year


def night_job_name(source: str) -> str:
    return f"{source}_night"


def night_job(source: Source) -> Any:
    """One snapshot of one source: landing, lake, warehouse, checks."""
    return dg.define_asset_job(
        night_job_name(source.name),
        selection=dg.AssetSelection.groups(source.name),
        description=f"Pull, flatten and load one day of {source.name}.",
        tags={"ocpi_warehouse/source": source.name},
    )


def night_schedule(source: Source, job: Any) -> dg.ScheduleDefinition | None:
    """The source's nightly schedule, None for a source loaded by hand.

    Asks for the partition of the day on which it ticks (`day_of_tick`).
    """
    if source.schedule is None:
        return None

    def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        ticked_at = context.scheduled_execution_time.astimezone(ZoneInfo(source.timezone))
        day = day_of_tick(ticked_at).isoformat()
        return dg.RunRequest(run_key=day, partition_key=day)

    try:
        return dg.ScheduleDefinition(
            name=f"{source.name}_nightly",
            job=job,
            cron_schedule=source.schedule,
            execution_timezone=source.timezone,
            execution_fn=nightly,
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description=f"The nightly snapshot of {source.name}.",
        )
    except dg.DagsterInvalidDefinitionError:
        raise ConfigurationError(
            f"source {source.name!r}: schedule {source.schedule!r} with timezone "
            f"{source.timezone!r} cannot be followed; write five cron fields, as in "
            f'"30 1 * * *", and an IANA time zone, as in Europe/Amsterdam'
        ) from None


def day_of_tick(ticked_at: datetime) -> date:
    """The UTC day of a tick, `ticked_at` in its schedule's zone, as if it were always summer.

    By the clock of the day 01:30 in Amsterdam is 23:30 UTC in summer and 00:30 in winter: one day
    would have no night in autumn, and another two in spring. The largest offset of the zone, since
    that is a day that has begun; where it has ended, it did so by less than the hours that a
    night may begin late.
    """
    zone = ticked_at.tzinfo
    months = itertools.product(range(_FIRST_YEAR, ticked_at.year + 1), range(1, 13))
    offsets = (datetime(year, month, 1, tzinfo=zone).utcoffset() for year, month in months)
    largest = max(offset for offset in offsets if offset is not None)
    return (ticked_at.replace(tzinfo=None) - largest).date()


def marts_job() -> Any:
    """Build and test the marts over what has been loaded."""
    return dg.define_asset_job(
        MARTS_JOB,
        selection=dg.AssetSelection.groups(MARTS_GROUP),
        description="Build and test the marts for the days that loads have moved.",
    )


def marts_schedule(job: Any) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name="marts_daily",
        job=job,
        cron_schedule=MARTS_CRON,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Marts at a fixed hour, so that a night without news shows its age.",
    )


def marts_sensor(sources: Collection[Source], job: Any) -> dg.SensorDefinition:
    """Ask for the marts after each run that loaded something, a night's or a backfill's."""
    loads = {dg.AssetKey([source.name, "warehouse"]) for source in sources}
    nights = {night_job_name(source.name) for source in sources}

    # No monitored_jobs: a backfill from the UI runs under a job of Dagster's own.
    @dg.run_status_sensor(
        name="marts_after_source",
        run_status=dg.DagsterRunStatus.SUCCESS,
        request_job=job,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Builds the marts after a source has loaded.",
    )
    def after_source(
        context: dg.RunStatusSensorContext,
    ) -> dg.RunRequest | dg.SkipReason:
        run = context.dagster_run
        if run.job_name not in nights and not loads & (run.asset_selection or set()):
            return dg.SkipReason("this run loaded nothing")
        # A build that has not begun yet will see this load too: a backfill of a hundred days
        # needs a build now and one at its end, not a hundred.
        waiting = context.instance.get_runs_count(
            dg.RunsFilter(
                job_name=MARTS_JOB,
                statuses=[dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED],
            )
        )
        if waiting:
            return dg.SkipReason("a build of the marts is already waiting; it will see this load")
        return dg.RunRequest(run_key=run.run_id)

    return after_source
