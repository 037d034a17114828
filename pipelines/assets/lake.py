"""`<source>/lake/<table>`: the canonical tables of one day as Parquet."""

import logging
from collections.abc import Iterator
from datetime import date
from time import perf_counter
from typing import Any

import dagster as dg

from pipelines.dialects import dialect_of
from pipelines.errors import NoSnapshotError
from pipelines.failures import explained
from pipelines.flatten import Flattened, flatten_snapshot
from pipelines.lake import LakeSnapshot
from pipelines.model import CANONICAL_TABLES, Table
from pipelines.partitions import DAILY
from pipelines.resources import Project
from pipelines.sources import Source

logger = logging.getLogger(__name__)


def lake_tables(source: Source) -> list[Table]:
    """The tables a source's dialect can fill."""
    dialect = dialect_of(source)
    return [table for table in CANONICAL_TABLES if table.name in dialect.tables]


def flatten_day(project: Project, source: Source, day: date) -> Flattened[LakeSnapshot]:
    """The day's pages in landing as canonical tables in the lake."""
    return flatten_snapshot(
        project.attempt(source.name, day),
        dialect=dialect_of(source),
        source=source.name,
        day=day,
        lake=project.lake,
        hash_key=project.settings.key_of_hashes,
        progress=project.progress,
    )


def snapshot_to_load(project: Project, source: Source, day: date) -> LakeSnapshot:
    """The day in the lake; one with the columns of another version is first flattened again.

    A column that it lacks would otherwise be loaded as if the source had never said it. Raises
    NoSnapshotError where the lake holds no such day, or landing its pages no more.
    """
    found = project.lake.trusted(source.name, day)
    if found.is_of_this_model:
        return found
    logger.info("%s of %s has the columns of another version: flattened again", source.name, day)
    try:
        return flatten_day(project, source, day).snapshot
    except NoSnapshotError:
        raise NoSnapshotError(
            f"the lake's {source.name} of {day} has the columns of another version of this "
            f"product, and its pages are in {project.settings.landing_dir} no more to make it "
            f"anew; put them back, or leave that day as it was loaded"
        ) from None


def lake_asset(source: Source) -> dg.AssetsDefinition:
    """All tables of one source's day, written together or not at all."""
    tables = lake_tables(source)

    @dg.multi_asset(
        name=f"{source.name}_lake",
        specs=[
            dg.AssetSpec(
                [source.name, "lake", table.name],
                deps=[dg.AssetKey([source.name, "landing"])],
                description=table.doc,
                group_name=source.name,
                owners=[source.owner] if source.owner else [],
                kinds={"parquet"},
            )
            for table in tables
        ],
        partitions_def=DAILY,
    )
    def lake(
        context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]
    ) -> Iterator[dg.MaterializeResult[Any]]:
        day = date.fromisoformat(context.partition_key)
        began = perf_counter()
        with explained():
            snapshot = flatten_day(project, source, day)
        seconds = perf_counter() - began
        for table in tables:
            yield dg.MaterializeResult(
                asset_key=dg.AssetKey([source.name, "lake", table.name]),
                metadata={**snapshot.metadata(table.name), "seconds_all_tables": seconds},
            )

    return lake
