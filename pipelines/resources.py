"""What a run works with: the landing, the lake, the warehouse, the clock.

Belongs here: the one object that assets are given, built lazily so that definitions load with no
secret set and no server running. Does not belong here: what is done with it (`assets/`).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property

from pipelines.errors import NoSnapshotError
from pipelines.lake import Lake
from pipelines.landing import Attempt, Landing
from pipelines.settings import Settings
from pipelines.sources import Source
from pipelines.warehouse.builds import DBT_PROJECT_DIR
from pipelines.warehouse.connect import Warehouse
from pipelines.warehouse.migrations import migrate

__all__ = ["DBT_PROJECT_DIR", "Progress", "Project", "logged_progress", "utc_now"]

logger = logging.getLogger(__name__)

# stage of work, records so far, records in all (None while unknown)
Progress = Callable[[str, int, int | None], None]


def utc_now() -> datetime:
    return datetime.now(UTC)


def logged_progress(stage: str, done: int, total: int | None) -> None:
    """Progress for a run that nobody watches: a line in the log."""
    logger.info("%s: %d%s", stage, done, "" if total is None else f" of {total}")


@dataclass
class Project:
    """Everything of one installation that a run touches."""

    settings: Settings
    sources: dict[str, Source]
    clock: Callable[[], datetime] = utc_now
    progress: Progress = field(default=logged_progress)

    @cached_property
    def landing(self) -> Landing:
        return Landing(self.settings.landing_dir, token_of=self.settings.source_token)

    @cached_property
    def lake(self) -> Lake:
        return Lake(self.settings.lake_uri)

    @cached_property
    def warehouse(self) -> Warehouse:
        """The warehouse, its server running and its schema up to date."""
        warehouse = Warehouse.from_settings(self.settings)
        for revision in migrate(warehouse):
            logger.info("warehouse migrated to %s", revision)
        return warehouse

    def attempt(self, source: str, day: date) -> Attempt:
        """The landing attempt in use; NoSnapshotError where the day has not been landed."""
        attempt = self.landing.usable(source, day)
        if attempt is None:
            raise NoSnapshotError(
                f"{source} has no complete landing for {day}; materialize {source}/landing of "
                f"that day first"
            )
        return attempt

    def dbt_variables(self) -> dict[str, Mapping[str, int | str]]:
        """What the marts have to know of sources.yml."""
        return {
            "source_ranks": {name: source.rank for name, source in self.sources.items()},
            "source_dialects": {name: source.dialect for name, source in self.sources.items()},
            "replayed_sources": {
                name: True for name, source in self.sources.items() if source.is_replayable
            },
        }

    def export_dbt_environment(self) -> None:
        """Let dbt, a process of its own, find the warehouse: its profile reads these variables.

        A password travels by the environment, which other users cannot read, never by argument.
        """
        os.environ.update(self.warehouse.dbt_environment())
