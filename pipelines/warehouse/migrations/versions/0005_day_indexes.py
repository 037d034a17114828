"""Indexes by the days on which versions begin and end, of what changes night by night.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

from alembic import op

from pipelines.warehouse.migrations import frozen_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    connection = op.get_bind()
    for text in frozen_sql(revision):
        # Comments hold percent signs and colons, which are no parameters.
        connection.exec_driver_sql(text, execution_options={"no_parameters": True})
