"""Indexes of the versions that are REMOVED, which each build of the marts asks for.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from alembic import op

from pipelines.warehouse.migrations import run_frozen_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_frozen_sql(op.get_bind(), revision)
