"""`<source>/lake/<table>`: the canonical tables of one day as Parquet."""

from collections.abc import Iterator
from datetime import date
from time import perf_counter
from typing import Any

import dagster as dg

from pipelines.dialects import dialect_of
from pipelines.failures import explained
from pipelines.flatten import flatten_snapshot
from pipelines.model import CANONICAL_TABLES, Table
from pipelines.partitions import DAILY
from pipelines.resources import Project
from pipelines.sources import Source


def lake_tables(source: Source) -> list[Table]:
    """The tables a source's dialect can fill."""
    dialect = dialect_of(source)
    return [table for table in CANONICAL_TABLES if table.name in dialect.tables]


def lake_asset(source: Source) -> dg.AssetsDefinition:
    """All tables of one source's day, written together or not at all."""
    dialect = dialect_of(source)
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
            snapshot = flatten_snapshot(
                project.attempt(source.name, day),
                dialect=dialect,
                source=source.name,
                day=day,
                lake=project.lake,
                hash_key=project.settings.key_of_hashes,
                progress=project.progress,
            )
        seconds = perf_counter() - began
        for table in tables:
            yield dg.MaterializeResult(
                asset_key=dg.AssetKey([source.name, "lake", table.name]),
                metadata={**snapshot.metadata(table.name), "seconds_all_tables": seconds},
            )

    return lake
