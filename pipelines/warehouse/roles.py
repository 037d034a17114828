"""Who may do what: the loader owns, the analyst only reads.

Belongs here: the roles, the database of the embedded server, the schemas and their grants; all of
it can be repeated. Does not belong here: tables (migrations make those) and how a connection
takes on a role (`connect.py`).

On the embedded server both roles log in by themselves (`peer`, see `embedded_config.py`). On a
Postgres given by URL there is one login: it owns what it makes, and becomes the analyst by `set
role`. Where that login may not make roles, everything but the analyst works, and the sentences that
`prepare_database` returns say what an administrator has to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from pipelines.errors import WarehouseError
from pipelines.warehouse.embedded_config import ANALYST, LOADER

DATABASE = "warehouse"
SCHEMAS = ("ocpi", "ops", "staging", "intermediate", "marts")
ANALYST_SETTINGS = {"default_transaction_read_only": "on", "statement_timeout": "10min"}
# Two sessions that grant on the same object at once fail with "tuple concurrently updated".
PREPARE_LOCK = "ocpi-warehouse: prepare"

AnyConnection = psycopg.Connection[Any]


def prepare_server(admin: AnyConnection) -> None:
    """Make the roles and the database of the embedded server, as its administrator.

    `admin` is connected to the administration database, in autocommit: a database cannot be
    made inside a transaction.
    """
    if _server_is_prepared(admin):
        return
    with _alone(admin):
        if _server_is_prepared(admin):
            return
        for role in (LOADER, ANALYST):
            if not _role_exists(admin, role):
                admin.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
        _set_analyst_settings(admin)
        # Lets a session of the loader look at things with the analyst's eyes.
        admin.execute(
            sql.SQL("grant {} to {}").format(sql.Identifier(ANALYST), sql.Identifier(LOADER))
        )
        create_database(admin, DATABASE)


def create_database(
    admin: AnyConnection, name: str, *, owner: str | None = LOADER, like: str | None = None
) -> None:
    """Make a database that `owner` owns and that strangers cannot connect to.

    `like` names one whose spelling and order of texts it is to have. Without an owner it belongs
    to `admin`.
    """
    database = sql.Identifier(name)
    if not _database_exists(admin, name):
        options = [] if owner is None else [sql.SQL(" owner {}").format(sql.Identifier(owner))]
        options += _spelled_like(admin, like) if like else []
        admin.execute(sql.SQL("create database {}").format(database) + sql.Composed(options))
    admin.execute(sql.SQL("revoke all on database {} from public").format(database))
    if _role_exists(admin, ANALYST):
        admin.execute(
            sql.SQL("grant connect on database {} to {}").format(database, sql.Identifier(ANALYST))
        )


def _spelled_like(admin: AnyConnection, database: str) -> list[sql.Composed]:
    found = admin.execute(
        "select pg_encoding_to_char(encoding), datcollate, datctype from pg_database"
        # Of the others (ICU) the server's own choice is the only one every version can be told.
        " where datname = %s and datlocprovider = 'c'",
        (database,),
    ).fetchone()
    if found is None:
        return []
    encoding, collate, ctype = map(sql.Literal, found)
    return [
        sql.SQL(" template template0 encoding {} lc_collate {} lc_ctype {}").format(
            encoding, collate, ctype
        )
    ]


def prepare_database(connection: AnyConnection) -> list[str]:
    """Make the schemas and let the analyst read them; commits.

    Returns a sentence for each thing the login was not allowed to do. Raises WarehouseError when
    the login cannot even make the schemas.
    """
    with connection.transaction(), _alone(connection, in_transaction=True):
        _make_schemas(connection)
        limits = [
            *_make_analyst(connection),
            *_close_public_schema(connection),
        ]
        if _role_exists(connection, ANALYST):
            limits += _let_analyst_read(connection)
    return limits


def _make_schemas(connection: AnyConnection) -> None:
    present = {row[0] for row in connection.execute("select nspname from pg_namespace")}
    for schema in SCHEMAS:
        if schema in present:
            continue
        try:
            # Without "if not exists", which asks for the right to create before it looks.
            connection.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
        except psycopg.errors.InsufficientPrivilege:
            database, login = connection.info.dbname, connection.info.user
            raise WarehouseError(
                f"making the schema {schema}: user {login} may not create in database {database}; "
                f'have its owner run: grant create on database "{database}" to "{login}"'
            ) from None


def _make_analyst(connection: AnyConnection) -> list[str]:
    """The analyst's role, and the login's right to take it on."""
    login = connection.info.user
    by_hand = f'create role {ANALYST}; grant {ANALYST} to "{login}"'
    if not _role_exists(connection, ANALYST):
        made = _attempt(
            connection, sql.SQL("create role {} nologin").format(sql.Identifier(ANALYST))
        )
        if not made:
            return [
                f"The role {ANALYST} is missing and {login} may not make it: queries of analysts "
                f"run as {login}, kept to reading by a setting alone. "
                f"An administrator can run: {by_hand}"
            ]
        _set_analyst_settings(connection)
    if _can_become_analyst(connection):
        return []
    granted = _attempt(
        connection,
        sql.SQL("grant {} to {}").format(sql.Identifier(ANALYST), sql.Identifier(login)),
    )
    if granted:
        return []
    return [
        f"{login} may not take on the role {ANALYST}: queries of analysts run as {login}, kept to "
        f'reading by a setting alone. An administrator can run: grant {ANALYST} to "{login}"'
    ]


def _let_analyst_read(connection: AnyConnection) -> list[str]:
    """What is lacking alone: a grant on a table that a build of the marts replaces meanwhile fails
    with "tuple concurrently updated", here or there."""
    limits = []
    for schema in SCHEMAS:
        for grant in _lacking_grants(connection, schema):
            _attempt(connection, grant)
        if _lacking_grants(connection, schema):
            limits.append(
                f"{connection.info.user} does not own everything in schema {schema}, so that "
                f"{ANALYST} may not read all of it. Its owner can run: grant usage on schema "
                f"{schema} to {ANALYST}; grant select on all tables in schema {schema} to {ANALYST}"
            )
    return limits


def _lacking_grants(connection: AnyConnection, schema: str) -> list[sql.Composed]:
    """Statements by which the analyst can read all of a schema; none where that is so."""
    found = connection.execute(
        """
        select 'usage', null
        where not has_schema_privilege(%(analyst)s, %(schema)s, 'usage')
        union all
        select 'default', null
        where not exists (
            select 1
            from pg_default_acl, aclexplode(defaclacl) as granted
            where
                defaclrole = current_user::regrole
                and defaclnamespace = %(schema)s::regnamespace
                and defaclobjtype = 'r'
                and granted.grantee = %(analyst)s::regrole
                and granted.privilege_type = 'SELECT'
        )
        union all
        select 'select', relname
        from pg_class
        where
            relnamespace = %(schema)s::regnamespace
            and relkind in ('r', 'p', 'v', 'm', 'f')
            and not has_table_privilege(%(analyst)s, oid, 'select')
        """,
        {"analyst": ANALYST, "schema": schema},
    ).fetchall()
    statements = {
        "usage": "grant usage on schema {schema} to {analyst}",
        # What the loader or dbt makes later is readable from its first moment on.
        "default": (
            "alter default privileges in schema {schema} grant select on tables to {analyst}"
        ),
        "select": "grant select on table {schema}.{table} to {analyst}",
    }
    return [
        sql.SQL(statements[lacking]).format(
            schema=sql.Identifier(schema),
            analyst=sql.Identifier(ANALYST),
            table=sql.Identifier(table or ""),
        )
        for lacking, table in found
    ]


def _close_public_schema(connection: AnyConnection) -> list[str]:
    """Nobody makes tables in `public`: the rule since Postgres 15, but not after an upgrade."""
    is_open = connection.execute(
        "select true from pg_namespace, aclexplode(nspacl) as granted"
        " where nspname = 'public' and granted.grantee = 0 and granted.privilege_type = 'CREATE'"
    ).fetchone()
    if not is_open or _attempt(connection, sql.SQL("revoke create on schema public from public")):
        return []
    return [
        "Everybody may make tables in the schema public of this database. "
        "Its owner can run: revoke create on schema public from public"
    ]


def _set_analyst_settings(connection: AnyConnection) -> None:
    for name, value in ANALYST_SETTINGS.items():
        connection.execute(
            sql.SQL("alter role {} set {} = {}").format(
                sql.Identifier(ANALYST), sql.Identifier(name), sql.Literal(value)
            )
        )


def _can_become_analyst(connection: AnyConnection) -> bool:
    # Since Postgres 16 a member may be barred from `set role`; before, membership is enough.
    privilege = "SET" if connection.info.server_version >= 160000 else "MEMBER"
    row = connection.execute("select pg_has_role(%s, %s)", (ANALYST, privilege)).fetchone()
    return bool(row and row[0])


def _server_is_prepared(admin: AnyConnection) -> bool:
    """Whether the last step, the analyst's grant on the database, was reached."""
    found = admin.execute(
        "select true from pg_database, aclexplode(datacl) as granted"
        " join pg_roles on pg_roles.oid = granted.grantee"
        " where datname = %s and rolname = %s",
        (DATABASE, ANALYST),
    )
    return found.fetchone() is not None


def _role_exists(connection: AnyConnection, role: str) -> bool:
    found = connection.execute("select true from pg_roles where rolname = %s", (role,))
    return found.fetchone() is not None


def _database_exists(connection: AnyConnection, name: str) -> bool:
    found = connection.execute("select true from pg_database where datname = %s", (name,))
    return found.fetchone() is not None


def _attempt(connection: AnyConnection, statement: sql.SQL | sql.Composed) -> bool:
    """Run a statement that the login may lack the right to; whether it went through."""
    try:
        with connection.transaction():
            connection.execute(statement)
    # A table may have been replaced since it was seen.
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable):
        return False
    return True


@contextmanager
def _alone(connection: AnyConnection, *, in_transaction: bool = False) -> Iterator[None]:
    scope = sql.SQL("_xact" if in_transaction else "")
    connection.execute(
        sql.SQL("select pg_advisory{}_lock(hashtextextended(%s, 0))").format(scope),
        (PREPARE_LOCK,),
    )
    try:
        yield
    finally:
        if not in_transaction:
            connection.execute(
                "select pg_advisory_unlock(hashtextextended(%s, 0))", (PREPARE_LOCK,)
            )
