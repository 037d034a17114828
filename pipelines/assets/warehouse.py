"""`<source>/warehouse`: one day merged into the history in Postgres, with its verdicts."""

from collections.abc import Iterator
from datetime import date
from time import perf_counter
from typing import Any

import dagster as dg

from pipelines.assets.lake import lake_tables, snapshot_to_load
from pipelines.checks import check_results, check_specs
from pipelines.errors import OcpiWarehouseError
from pipelines.failures import explained
from pipelines.partitions import DAILY
from pipelines.resources import Project
from pipelines.sources import Source
from pipelines.warehouse.load import load_snapshot, stored_checks


def warehouse_asset(source: Source) -> dg.AssetsDefinition:
    """The load of one source; the verdicts are yielded before a failure ends the step."""

    @dg.multi_asset(
        name=f"{source.name}_warehouse",
        specs=[
            dg.AssetSpec(
                [source.name, "warehouse"],
                deps=[
                    dg.AssetKey([source.name, "lake", table.name]) for table in lake_tables(source)
                ],
                description=f"History of {source.name} in Postgres, schema ocpi.",
                group_name=source.name,
                owners=[source.owner] if source.owner else [],
                kinds={"postgres"},
            )
        ],
        check_specs=check_specs(source),
        partitions_def=DAILY,
    )
    def warehouse(
        context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        day = date.fromisoformat(context.partition_key)
        began = perf_counter()
        with explained():
            try:
                loaded = load_snapshot(
                    project.warehouse,
                    snapshot_to_load(project, source, day),
                    source=source,
                    attempt=project.attempt(source.name, day),
                    clock=project.clock,
                    progress=project.progress,
                )
            except OcpiWarehouseError:
                yield from check_results(source, stored_checks(project.warehouse, source.name, day))
                raise
            verdicts = stored_checks(project.warehouse, source.name, day)
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey([source.name, "warehouse"]),
            metadata={**loaded.metadata(), "seconds": perf_counter() - began},
        )
        yield from check_results(source, verdicts)

    return warehouse
