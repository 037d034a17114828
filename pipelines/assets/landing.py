"""`<source>/landing`: the raw pages of one day."""

from datetime import date, timedelta
from typing import Any

import dagster as dg

from pipelines.dialects import dialect_of
from pipelines.errors import NoSnapshotError, OcpiWarehouseError
from pipelines.failures import explained
from pipelines.landing import Attempt, can_be_asked_for
from pipelines.partitions import DAILY
from pipelines.resources import Project
from pipelines.sources import Source
from pipelines.warehouse.load import current_location_ids, record_failed_pull


def _metadata(attempt: Attempt) -> dict[str, Any]:
    modules = attempt.manifest.modules
    pages = attempt.files.values()
    took = attempt.manifest.ended_at - attempt.manifest.started_at
    return {
        "records": sum(module.received for module in modules.values()),
        **{f"records_{name}": module.received for name, module in modules.items()},
        **{f"asked_{name}": len(m.asked) for name, m in modules.items() if m.asked is not None},
        "pages": len(pages),
        "bytes": sum(page.bytes for page in pages),
        "seconds": took.total_seconds(),
        "attempt": attempt.manifest.attempt,
        "landing": dg.MetadataValue.path(attempt.path),
        **{f"failed_{name}": reason for name, reason in attempt.failed_modules.items()},
    }


class PullConfig(dg.Config):
    """What the launchpad offers for a pull."""

    refresh: bool = False
    """Pull again although the day has been landed; the old attempt is kept."""


def landing_asset(source: Source, *, retry: dg.RetryPolicy | None) -> dg.AssetsDefinition:
    """The landing of one source; its pool keeps two runs off the same API."""
    dialect = dialect_of(source)

    @dg.asset(
        key=[source.name, "landing"],
        description=f"Raw pages of {source.name}, untouched, one attempt per pull.",
        partitions_def=DAILY,
        group_name=source.name,
        pool=f"{source.name}_api",
        retry_policy=retry,
        owners=[source.owner] if source.owner else [],
        kinds={"json"},
        # A night missed by half a day is late; by a day and a half, somebody should look.
        freshness_policy=dg.FreshnessPolicy.time_window(
            fail_window=timedelta(hours=36), warn_window=timedelta(hours=26)
        )
        if source.schedule
        else None,
    )
    def landing(
        context: dg.AssetExecutionContext,
        config: PullConfig,
        project: dg.ResourceParam[Project],
    ) -> dg.MaterializeResult[Any]:
        day = date.fromisoformat(context.partition_key)
        with explained():
            try:
                attempt = project.landing.pull(
                    source,
                    dialect.protocol,
                    day=day,
                    now=project.clock,
                    refresh=config.refresh,
                    previous_ids=lambda: current_location_ids(project.warehouse, source.name),
                    progress=project.progress,
                )
            except NoSnapshotError:
                raise
            except OcpiWarehouseError as error:
                # One outcome per source and day, also where there is nothing to load. Of a past
                # day only windows were asked for: nothing is said of what was required then.
                if can_be_asked_for(source, day, now=project.clock()):
                    record_failed_pull(
                        project.warehouse, source, day=day, error=error, clock=project.clock
                    )
                raise
        return dg.MaterializeResult(metadata=_metadata(attempt))

    return landing
