"""Connections to the warehouse, wherever it is: the embedded server or a Postgres given by URL.

Belongs here: turning settings into connections, taking on a role, saying clearly why a
connection failed, locks between runs. Does not belong here: the embedded server's life
(`embedded.py`), what a role may do (`roles.py`), SQL on tables.

    with Warehouse.from_settings(settings).connection("analyst") as connection:
        connection.execute("select ...")

No message and no log line from here ever holds a password.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal, Protocol

import psycopg
import sqlalchemy
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow
from pydantic import SecretStr
from sqlalchemy.pool import NullPool

from pipelines.errors import ConfigurationError, TransientError, WarehouseError
from pipelines.settings import Settings
from pipelines.warehouse import roles
from pipelines.warehouse.embedded import EmbeddedServer
from pipelines.warehouse.embedded_config import ADMIN_DATABASE, ANALYST, LOADER

logger = logging.getLogger(__name__)

Role = Literal["loader", "analyst"]
Connection = psycopg.Connection[TupleRow]

OLDEST_SUPPORTED = 150000
CONNECT_TIMEOUT_S = 15
# libpq reports why a connection failed in words alone. These are the ones that time can heal.
TRANSIENT_WORDS = (
    "connection refused",
    "timeout expired",
    "timed out",
    "starting up",
    "shutting down",
    "too many clients",
    "remaining connection slots",
    "server closed the connection",
    "temporary failure in name resolution",
    "network is unreachable",
    "no route to host",
    "recovery mode",
)
DBT_VARIABLES = {
    "host": "OCPI_WAREHOUSE_PG_HOST",
    "port": "OCPI_WAREHOUSE_PG_PORT",
    "user": "OCPI_WAREHOUSE_PG_USER",
    "dbname": "OCPI_WAREHOUSE_PG_DATABASE",
    "password": "OCPI_WAREHOUSE_PG_PASSWORD",
}


class Target(Protocol):
    """Where the warehouse is: libpq parameters for a role, and a name that can be shown."""

    retry_waits_s: ClassVar[tuple[float, ...]]

    @property
    def owner(self) -> str | None:
        """Whom a new database of the server has to be given to; None: who makes it keeps it."""

    def beside(self, database: str) -> Target:
        """Another database of the same server."""

    def admin_parameters(self) -> dict[str, str]:
        """Who makes databases on the server, connected to one that is there already."""

    def parameters(self, role: Role) -> dict[str, str]: ...

    def logs_in_as(self, role: Role) -> bool:
        """Whether `role` is a login of its own, so that nothing is left to take on."""

    def describe(self) -> str: ...


@dataclass
class EmbeddedTarget:
    """The embedded server; started, and its roles made, when first connected to."""

    # A server that was just killed accepts connections until the kernel has taken it apart; the
    # next attempt finds it gone and starts it.
    retry_waits_s: ClassVar[tuple[float, ...]] = (0.1, 0.5, 1.0)

    server: EmbeddedServer
    database: str = roles.DATABASE
    _is_prepared: bool = field(default=False, init=False)

    @property
    def owner(self) -> str | None:
        return LOADER

    def beside(self, database: str) -> EmbeddedTarget:
        return EmbeddedTarget(self.server, database)

    def parameters(self, role: Role) -> dict[str, str]:
        # Asked before each connection: it takes under a millisecond, and brings back a server
        # that was killed since.
        parameters = self.admin_parameters()
        if not self._is_prepared:
            with _open(parameters, self.describe()) as admin:
                roles.prepare_server(admin)
            self._is_prepared = True
        user = ANALYST if role == "analyst" else LOADER
        return parameters | {"user": user, "dbname": self.database}

    def logs_in_as(self, role: Role) -> bool:
        return True

    def describe(self) -> str:
        beside = "" if self.database == roles.DATABASE else f", database {self.database}"
        return f"the embedded Postgres in {self.server.postgres_dir}{beside}"

    def admin_parameters(self) -> dict[str, str]:
        address = self.server.ensure_running()
        return {
            "host": str(address.socket_dir),
            "port": str(address.port),
            "user": address.admin,
            "dbname": ADMIN_DATABASE,
            # The server must run as whom we started: nobody can put another one in its place.
            "requirepeer": address.server_user,
        }


@dataclass
class UrlTarget:
    """A Postgres given by URL: one login, which is the loader and becomes the analyst."""

    # A server of somebody else: when to come back is for the caller to decide.
    retry_waits_s: ClassVar[tuple[float, ...]] = ()

    url: SecretStr
    database: str | None = None
    """In place of the one that the URL names."""

    @property
    def owner(self) -> str | None:
        return None

    def beside(self, database: str) -> UrlTarget:
        return UrlTarget(self.url, database)

    def admin_parameters(self) -> dict[str, str]:
        return UrlTarget(self.url).parameters("loader")

    def parameters(self, role: Role) -> dict[str, str]:
        text = self.url.get_secret_value().strip()
        scheme, separator, rest = text.partition("://")
        if not separator or scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
            raise ConfigurationError(
                "reading OCPI_WAREHOUSE_URL: it has to begin with postgresql://, as in "
                "postgresql://user:password@host:5432/database"
            )
        try:
            found = conninfo_to_dict(f"postgresql://{rest}")
        except psycopg.Error:
            # What libpq says quotes the URL, with the password in it.
            raise ConfigurationError(
                "reading OCPI_WAREHOUSE_URL: it is no URL that Postgres understands; write it as "
                "postgresql://user:password@host:5432/database and percent-encode special "
                "characters in the password"
            ) from None
        given = {name: str(value) for name, value in found.items() if value is not None}
        defaults = _libpq_defaults()
        parameters = {name: defaults[name] for name in DBT_VARIABLES if name in defaults} | given
        parameters.setdefault("dbname", parameters.get("user", ""))
        return parameters if self.database is None else parameters | {"dbname": self.database}

    def logs_in_as(self, role: Role) -> bool:
        return role == "loader"

    def describe(self) -> str:
        parameters = self.parameters("loader")
        return (
            f"Postgres at {parameters.get('host', 'localhost')}:{parameters.get('port', '5432')}, "
            f"database {parameters['dbname']}, user {parameters.get('user', '')}"
        )


class Warehouse:
    """One Postgres database, embedded or not; makes no connection before it is asked for one."""

    def __init__(self, target: Target) -> None:
        self._target = target

    @classmethod
    def from_settings(cls, settings: Settings) -> Warehouse:
        """The warehouse of these settings: `settings.url`, or else the embedded server."""
        if settings.url is not None:
            return cls(UrlTarget(settings.url))
        return cls(EmbeddedTarget(EmbeddedServer(Path(settings.postgres_dir))))

    @property
    def database(self) -> str:
        return self._target.parameters("loader")["dbname"]

    @property
    def owner(self) -> str | None:
        """Whom a new database of this server has to be given to; None: who makes it keeps it."""
        return self._target.owner

    def beside(self, database: str) -> Warehouse:
        """Another database of the same server."""
        return Warehouse(self._target.beside(database))

    @contextmanager
    def admin_connection(self) -> Iterator[Connection]:
        """A connection that makes databases, if anybody may; in autocommit, as that needs."""
        # Once as the loader: an embedded server that is new has its roles made by that.
        with self.connection():
            pass
        with _open(self._target.admin_parameters(), self.describe()) as connection:
            yield connection

    @contextmanager
    def connection(
        self, role: Role = "loader", *, autocommit: bool = False
    ) -> Iterator[Connection]:
        """A connection in UTC; commits at the end, or rolls back on an error, and closes.

        Raises TransientError or WarehouseError when there is no getting in.
        """
        with self._connect(role) as connection:
            connection.autocommit = autocommit
            yield connection

    def engine(self, role: Role = "loader") -> sqlalchemy.Engine:
        """A SQLAlchemy engine without a pool.

        A connection costs some 3 ms here; one kept idle would hold on to a server that is to stop.
        """
        return sqlalchemy.create_engine(
            "postgresql+psycopg://", creator=lambda: self._connect(role), poolclass=NullPool
        )

    def prepare(self) -> list[str]:
        """Make schemas and grants; returns (and logs) what the login was not allowed to do."""
        with self.connection() as connection:
            limits = roles.prepare_database(connection)
        for limit in limits:
            logger.warning("%s: %s", self.describe(), limit)
        return limits

    def dbt_environment(self) -> dict[str, str]:
        """Variables for the dbt profile, as the loader.

        Holds the password of a URL: for the environment of a child process, never for a log.
        What the profile has no word for (sslmode, requirepeer) goes into libpq's own variables.
        """
        parameters = self._target.parameters("loader")
        named = {variable: parameters.get(name, "") for name, variable in DBT_VARIABLES.items()}
        variables = _libpq_variables()
        others = {
            variables[name]: value
            for name, value in parameters.items()
            if name not in DBT_VARIABLES and name in variables
        }
        return others | {"PGTZ": "UTC"} | named

    def describe(self) -> str:
        """A name for messages, without a password."""
        return self._target.describe()

    def _connect(self, role: Role) -> Connection:
        connection = self._open(role)
        try:
            # Set here and not as start-up options, which connection poolers refuse.
            connection.execute("set timezone to 'UTC'")
            connection.execute("set datestyle to 'ISO, YMD'")
            if not self._target.logs_in_as(role):
                self._become_analyst(connection)
            connection.autocommit = False
        except BaseException:
            connection.close()
            raise
        return connection

    def _open(self, role: Role) -> Connection:
        for wait_s in self._target.retry_waits_s:
            try:
                return _open(self._target.parameters(role), self.describe())
            except TransientError as error:
                logger.info("%s; trying again", error)
                time.sleep(wait_s)
        return _open(self._target.parameters(role), self.describe())

    def _become_analyst(self, connection: Connection) -> None:
        try:
            connection.execute(f"set role {ANALYST}")
        except psycopg.errors.Error as error:
            logger.warning(
                "%s: cannot take on the role %s (%s), so that only a setting keeps this session "
                "from writing; `ocpi-warehouse migrate` says what to do",
                self.describe(),
                ANALYST,
                error.diag.message_primary,
            )
        # `set role` does not bring the settings of the role along.
        for name, value in roles.ANALYST_SETTINGS.items():
            connection.execute("select set_config(%s, %s, false)", (name, value))


@contextmanager
def advisory_lock(warehouse: Warehouse, name: str, *, wait: bool) -> Iterator[None]:
    """Hold the lock `name` of this database, on a connection of its own that dies with us.

    Raises TransientError naming the holder when somebody else has it and `wait` is False.
    """
    with warehouse.connection(autocommit=True) as connection:
        _stay_connected(connection, name)
        key = "hashtextextended(%s, 0)"
        if wait:
            connection.execute(f"select pg_advisory_lock({key})", (name,))
        else:
            got = connection.execute(f"select pg_try_advisory_lock({key})", (name,)).fetchone()
            if not (got and got[0]):
                raise TransientError(
                    f"locking {name} in {warehouse.describe()}: {_holder(connection, name)} holds "
                    "it; wait until that is done, then try again"
                )
        try:
            yield
        finally:
            try:
                # Closing alone would release it too, but some time after we have gone on.
                connection.execute(f"select pg_advisory_unlock({key})", (name,))
            except psycopg.Error as error:
                logger.warning("the lock %s was lost with its connection: %s", name, error)


def _stay_connected(connection: Connection, name: str) -> None:
    """A lock is held for hours and idles all the while: no time-out may end its session."""
    for setting in ("statement_timeout", "lock_timeout", "idle_session_timeout"):
        connection.execute("select set_config(%s, '0', false)", (setting,))
    who = f"{name}: process {os.getpid()} on {socket.gethostname()}"
    connection.execute("select set_config('application_name', %s, false)", (who[:63],))


def _holder(connection: Connection, name: str) -> str:
    row = connection.execute(
        "select activity.application_name, activity.pid, activity.backend_start"
        " from pg_locks as held join pg_stat_activity as activity on activity.pid = held.pid"
        " where held.locktype = 'advisory' and held.granted and held.objsubid = 1"
        " and held.database = (select oid from pg_database where datname = current_database())"
        " and (held.classid::bigint << 32 | held.objid::bigint) = hashtextextended(%s, 0)",
        (name,),
    ).fetchone()
    if row is None:
        return "a session that has just ended"
    application, pid, since = row
    started = f" since {since:%Y-%m-%d %H:%M:%S} UTC" if since else ""
    return f"{application or 'a session'} (Postgres session {pid}{started})"


def _open(parameters: dict[str, str], described: str) -> Connection:
    """Connect in autocommit, or say why not."""
    extra = {
        "connect_timeout": str(CONNECT_TIMEOUT_S),
        "application_name": "ocpi-warehouse",
        "client_encoding": "UTF8",
    }
    try:
        connection = psycopg.connect(**(extra | parameters), autocommit=True)  # type: ignore[arg-type]
    except psycopg.OperationalError as error:
        # Without a chain: nothing of what libpq says goes on unseen.
        raise _connection_error(str(error), described, parameters.get("password")) from None
    if connection.info.server_version < OLDEST_SUPPORTED:
        version = connection.info.server_version // 10000
        connection.close()
        raise WarehouseError(
            f"connecting to {described}: it is Postgres {version}, and ocpi-warehouse needs 15 or "
            "newer; upgrade it, or unset OCPI_WAREHOUSE_URL to use the embedded server"
        )
    return connection


def _connection_error(
    said: str, described: str, password: str | None
) -> TransientError | WarehouseError:
    reason = " / ".join(line.strip() for line in said.splitlines() if line.strip())
    if password:
        reason = reason.replace(password, "***")
    lowered = reason.lower()
    tried = f"connecting to {described}: {reason}"
    if any(words in lowered for words in TRANSIENT_WORDS):
        return TransientError(f"{tried}; see that the server is up and reachable, then try again")
    if "password" in lowered or "authentication" in lowered:
        return WarehouseError(f"{tried}; correct user and password in OCPI_WAREHOUSE_URL")
    if "does not exist" in lowered:
        return WarehouseError(f"{tried}; create it, or correct OCPI_WAREHOUSE_URL")
    return WarehouseError(f"{tried}; correct OCPI_WAREHOUSE_URL or the server's settings")


def _libpq_defaults() -> dict[str, str]:
    """What libpq takes from PGHOST and its like."""
    return {
        option.keyword.decode(): option.val.decode()
        for option in psycopg.pq.Conninfo.get_defaults()
        if option.val
    }


def _libpq_variables() -> dict[str, str]:
    return {
        option.keyword.decode(): option.envvar.decode()
        for option in psycopg.pq.Conninfo.get_defaults()
        if option.envvar
    }
