"""Location aliases by grouping: what they say is the same, in a second.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

from alembic import op

from pipelines.warehouse.migrations import run_frozen_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_frozen_sql(op.get_bind(), revision)
