"""Tables with history of locations and tariffs, and the ledger.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

from alembic import op

from pipelines.warehouse.migrations import frozen_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    connection = op.get_bind()
    for text in frozen_sql(revision):
        # Comments hold percent signs and colons, which are no parameters.
        connection.exec_driver_sql(text, execution_options={"no_parameters": True})
