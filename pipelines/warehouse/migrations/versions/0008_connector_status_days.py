"""Statuses of connectors by day, for sources that have no others; comments that say all.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

from alembic import op

from pipelines.warehouse.migrations import run_frozen_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_frozen_sql(op.get_bind(), revision)
