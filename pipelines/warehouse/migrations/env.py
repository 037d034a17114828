"""What Alembic runs for every command: the connection comes from `migrate`, nothing from a file."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo

from pipelines.warehouse.migrations import VERSION_SCHEMA


def _note(
    ctx: MigrationContext,
    step: MigrationInfo,
    heads: Collection[object],
    run_args: Mapping[str, object],
) -> None:
    context.config.attributes["applied"].append(step.up_revision_id)


context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema=VERSION_SCHEMA,
    on_version_apply=_note,
)
with context.begin_transaction():
    context.run_migrations()
