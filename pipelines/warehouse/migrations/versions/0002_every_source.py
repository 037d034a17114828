"""Prices, details, sessions, CDRs and tokens; what Voltality says of connectors and tariffs.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op

from pipelines.warehouse.migrations import run_frozen_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_frozen_sql(op.get_bind(), revision)
