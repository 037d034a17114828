"""Indexes by the last day of a version have those that are true now, too.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

from alembic import op

from pipelines.warehouse.migrations import run_frozen_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_frozen_sql(op.get_bind(), revision)
