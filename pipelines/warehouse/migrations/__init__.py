"""Bringing a database up to date: Alembic, driven from here, without an alembic.ini.

Belongs here: `migrate` and the revisions in `versions/`, each with its DDL frozen as it was when
it was written (`frozen/`, SQL text). Does not belong here: what the tables should look like now
(`schema.py`; a test says whether the last revision ends there).
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError

from pipelines.errors import WarehouseError
from pipelines.warehouse.connect import Warehouse

VERSION_SCHEMA = "ops"
# Two runs that begin at once would both make the tables.
MIGRATE_LOCK = "ocpi-warehouse: migrate"
_FOLDER = Path(__file__).resolve().parent


def migrate(warehouse: Warehouse) -> list[str]:
    """Bring the database up to date; returns the revisions applied, oldest first.

    All of them in one transaction: a database is at the revision it was at, or at the newest.
    Raises WarehouseError when it was migrated by a newer version of this product.
    """
    warehouse.prepare()
    applied: list[str] = []
    with warehouse.engine().begin() as connection:
        connection.execute(
            sa.text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"),
            {"name": MIGRATE_LOCK},
        )
        config = Config(attributes={"connection": connection, "applied": applied})
        # Percent signs are interpolation to a Config, and a folder may have one in its name.
        config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise WarehouseError(
                f"migrating {warehouse.describe()}: {error}; this version of ocpi-warehouse is "
                "older than the one that migrated the database, upgrade it"
            ) from None
        if applied:
            _analyze_new_tables(connection)
    return applied


def _analyze_new_tables(connection: sa.Connection) -> None:
    """Tell Postgres what is empty: many tables stay so, and a new one is taken for ten pages."""
    tables = connection.scalars(
        sa.text(
            "select oid::regclass::text from pg_class where relkind = 'r' and reltuples < 0"
            " and relnamespace in ('ocpi'::regnamespace, 'ops'::regnamespace) order by 1"
        )
    ).all()
    if tables:
        connection.execute(sa.text(f"analyze {', '.join(tables)}"))


def run_frozen_sql(connection: sa.Connection, revision: str) -> None:
    """Run the SQL texts of a revision, in order."""
    for path in sorted((_FOLDER / "frozen" / revision).glob("*.sql")):
        # Comments hold percent signs and colons, which are no parameters.
        connection.exec_driver_sql(
            path.read_text(encoding="utf-8"), execution_options={"no_parameters": True}
        )
