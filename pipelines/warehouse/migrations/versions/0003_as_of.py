"""What a replay needs: every decision in `ops.load`, and which loads a build of the marts knew.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from alembic import op

from pipelines.warehouse.migrations import frozen_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    connection = op.get_bind()
    for text in frozen_sql(revision):
        # Comments hold percent signs and colons, which are no parameters.
        connection.exec_driver_sql(text, execution_options={"no_parameters": True})
