"""Location aliases by grouping: what they say is the same, in a second.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

from alembic import op

from pipelines.warehouse.migrations import frozen_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    connection = op.get_bind()
    for text in frozen_sql(revision):
        # Comments hold percent signs and colons, which are no parameters.
        connection.exec_driver_sql(text, execution_options={"no_parameters": True})
