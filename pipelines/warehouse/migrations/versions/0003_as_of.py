"""What a replay needs: every decision in `ops.load`, and which loads a build of the marts knew.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from alembic import op

from pipelines.warehouse.migrations import run_frozen_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_frozen_sql(op.get_bind(), revision)
