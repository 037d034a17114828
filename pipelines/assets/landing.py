"""`<source>/landing`: the raw pages of one day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import dagster as dg

from pipelines.dialects import DIALECTS
from pipelines.failures import explained
from pipelines.partitions import DAILY
from pipelines.resources import Project
from pipelines.sources import Source
from pipelines.warehouse.load import current_location_ids, record_failed_pull


class PullConfig(dg.Config):  # type: ignore[misc]
    """What the launchpad offers for a pull."""

    refresh: bool = False
    """Pull again although the day has been landed; the old attempt is kept."""


def landing_asset(source: Source, *, retry: dg.RetryPolicy | None) -> dg.AssetsDefinition:
    """The landing of one source; its pool keeps two runs off the same API."""
    dialect = DIALECTS[source.dialect]

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
            except Exception as error:
                record_failed_pull(project.warehouse, source, day=day, error=error)
                raise
        return dg.MaterializeResult(metadata=attempt.metadata())

    return landing
