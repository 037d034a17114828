"""Databases beside the warehouse, each with what was known at a time; made and dropped freely.

Belongs here: making, listing and dropping them, and the mark that tells them from databases of
somebody else. Does not belong here: what goes into them (`replay.py`).

The mark is the database's comment. What does not carry it was not made here and is never touched.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import psycopg
from psycopg import sql

from pipelines.errors import ConfigurationError, WarehouseError
from pipelines.warehouse import roles
from pipelines.warehouse.connect import Connection, Warehouse

MARK = "ocpi-warehouse rebuild: "
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_OWN_NAME_MAX = 35


def scratch_name(warehouse: Warehouse, known_at: datetime) -> str:
    """The name a rebuild has where nobody names another."""
    own = re.sub(r"[^a-z0-9_]", "_", warehouse.database.lower())[:_OWN_NAME_MAX]
    return f"{own}_known_at_{known_at.astimezone(UTC):%Y%m%dt%H%M%Sz}"


def checked_name(warehouse: Warehouse, name: str) -> str:
    """The name, if a rebuild may have it; ConfigurationError otherwise."""
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} is no name for a database: use up to 63 small letters, digits and "
            "underscores, not beginning with a digit"
        )
    if name == warehouse.database:
        raise ConfigurationError(
            f"{name} is the warehouse itself; name another database for what was known then"
        )
    return name


def scratch_databases(warehouse: Warehouse) -> dict[str, str]:
    """The rebuilds of this server: name -> what is in it."""
    with warehouse.connection() as connection:
        return {
            name: mark.removeprefix(MARK)
            for name, mark in _databases(connection).items()
            if mark.startswith(MARK)
        }


def create_scratch(warehouse: Warehouse, name: str, *, holds: str, replace: bool) -> Warehouse:
    """An empty database beside the warehouse, marked as a rebuild that `holds` something.

    Raises ConfigurationError where there is one of that name (a rebuild is replaced if asked),
    WarehouseError where the login may not make databases.
    """
    checked_name(warehouse, name)
    with warehouse.connection() as connection:
        present = _databases(connection)
    if name in present:
        if not replace and present[name].startswith(MARK):
            raise ConfigurationError(
                f"the database {name} is there already ({present[name].removeprefix(MARK)}); "
                "replace it with --replace, drop it with --drop, or name another by --database"
            )
        drop_scratch(warehouse, name)
    with warehouse.admin_connection() as admin:
        try:
            roles.create_database(admin, name, owner=warehouse.owner, like=warehouse.database)
            admin.execute(
                sql.SQL("comment on database {} is {}").format(
                    sql.Identifier(name), sql.Literal(MARK + holds)
                )
            )
        except psycopg.errors.InsufficientPrivilege:
            login = admin.info.user
            raise WarehouseError(
                f"making the database {name}: user {login} may not make databases; have an "
                f'administrator run: alter role "{login}" createdb'
            ) from None
        except psycopg.Error as error:
            raise WarehouseError(
                f"making the database {name} beside {warehouse.describe()}: "
                f"{error.diag.message_primary or error}"
            ) from None
    return warehouse.beside(name)


def drop_scratch(warehouse: Warehouse, name: str) -> None:
    """Drop a rebuild, whoever looks at it; ConfigurationError for anything else."""
    checked_name(warehouse, name)
    with warehouse.connection() as connection:
        present = _databases(connection)
    if name not in present:
        raise ConfigurationError(f"there is no database {name}; {_known(present)}")
    if not present[name].startswith(MARK):
        raise ConfigurationError(
            f"the database {name} was not made by a rebuild, so it is left alone; name another "
            "by --database"
        )
    with warehouse.admin_connection() as admin:
        try:
            # Not `with (force)`: it asks for the right to end the server's own vacuum too, which a
            # role that is no superuser does not have; without it the server ends that itself.
            admin.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                " where datname = %s and backend_type = 'client backend'"
                " and pg_has_role(usesysid, 'usage')",
                (name,),
            )
            admin.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(name)))
        except psycopg.Error as error:
            raise WarehouseError(
                f"dropping the database {name}: {error.diag.message_primary or error}; close the "
                "sessions that are connected to it, then try again"
            ) from None


def rebuilt(warehouse: Warehouse, name: str) -> Warehouse:
    """The rebuild of that name; ConfigurationError naming those there are, if it is none."""
    if name == warehouse.database:
        return warehouse
    with warehouse.connection() as connection:
        present = _databases(connection)
    if not present.get(name, "").startswith(MARK):
        raise ConfigurationError(f"there is no rebuild {name!r}; {_known(present)}")
    return warehouse.beside(name)


def _known(present: dict[str, str]) -> str:
    names = ", ".join(sorted(name for name, mark in present.items() if mark.startswith(MARK)))
    return f"rebuilds on this server: {names or 'none'}"


def _databases(connection: Connection) -> dict[str, str]:
    return {
        name: mark or ""
        for name, mark in connection.execute(
            "select datname, shobj_description(oid, 'pg_database') from pg_database"
        )
    }
