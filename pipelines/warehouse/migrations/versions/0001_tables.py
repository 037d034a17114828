"""Tables with history of locations and tariffs, and the ledger.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

from alembic import op

from pipelines.warehouse.migrations import run_frozen_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_frozen_sql(op.get_bind(), revision)
