"""Indexes by the days on which versions begin and end, of what changes night by night.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

from alembic import op

from pipelines.warehouse.migrations import run_frozen_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_frozen_sql(op.get_bind(), revision)
