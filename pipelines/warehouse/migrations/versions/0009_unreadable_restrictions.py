"""Restrictions of prices that cannot be read have their names beside those that can.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

from alembic import op

from pipelines.warehouse.migrations import run_frozen_sql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_frozen_sql(op.get_bind(), revision)
