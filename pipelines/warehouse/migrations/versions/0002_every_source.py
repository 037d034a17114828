"""Prices, details, sessions, CDRs and tokens; what Voltality says of connectors and tariffs.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op

from pipelines.warehouse.migrations import frozen_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    connection = op.get_bind()
    for text in frozen_sql(revision):
        # Comments hold percent signs and colons, which are no parameters.
        connection.exec_driver_sql(text, execution_options={"no_parameters": True})
