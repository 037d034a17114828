"""All wiring: settings and sources in, Dagster definitions out.

Belongs here: `build_definitions`, and the lazy entry point that the workspace names. Does not
belong here: a read of the environment at import (nothing is read until Dagster asks).
"""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from pipelines.assets.lake import lake_asset
from pipelines.assets.landing import landing_asset
from pipelines.assets.marts import loaded_tables, marts_assets
from pipelines.assets.warehouse import warehouse_asset
from pipelines.failures import RETRY_PULL
from pipelines.jobs import marts_job, marts_schedule, marts_sensor, night_job, night_schedule
from pipelines.resources import Project
from pipelines.settings import Settings
from pipelines.sources import Source, load_sources


def build_definitions(
    settings: Settings,
    sources: Mapping[str, Source],
    *,
    project: Project | None = None,
    retry_pull: dg.RetryPolicy | None = RETRY_PULL,
) -> dg.Definitions:
    """Fresh definitions for these settings and sources.

    `project` replaces what runs work with (tests, the command line with its progress bar);
    `retry_pull=None` leaves retrying a pull to the person who waits for it.
    """
    nights = {source.name: night_job(source) for source in sources.values()}
    marts = marts_job()
    schedules = [night_schedule(source, nights[source.name]) for source in sources.values()]
    return dg.Definitions(
        assets=[
            *(landing_asset(source, retry=retry_pull) for source in sources.values()),
            *(lake_asset(source) for source in sources.values()),
            *(warehouse_asset(source) for source in sources.values()),
            *loaded_tables(sources.values()),
            *marts_assets(),
        ],
        jobs=[*nights.values(), marts],
        schedules=[*(one for one in schedules if one is not None), marts_schedule(marts)],
        sensors=[marts_sensor(list(sources.values()), marts)] if sources else [],
        resources={"project": project or Project(settings, dict(sources))},
    )


@dg.definitions
def definitions() -> dg.Definitions:
    settings = Settings()
    return build_definitions(settings, load_sources(settings.sources_path))
