"""Fixtures every test may use: a private Postgres for the suite, an empty database for a test.

Belongs here: what needs starting, stopping or cleaning. Does not belong here: records and rows
for tests (`factories.py`), assertions.
"""

from __future__ import annotations

import gc
import itertools
import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
import sqlalchemy
from pydantic import SecretStr

from pipelines.settings import Settings
from pipelines.warehouse import roles
from pipelines.warehouse.connect import Warehouse
from pipelines.warehouse.embedded import EmbeddedServer, ServerAddress
from tests.integration.ordinary_user import OrdinaryUser, find_ordinary_user
from tests.integration.places import open_place, prefer_memory
from tests.integration.system_postgres import SystemPostgres, running_system_postgres

# A law is about what comes out, and a busy machine takes 0.3 s for what takes 0.1 s otherwise.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")


def pytest_configure() -> None:
    prefer_memory()


def pytest_collection_finish() -> None:
    """What is imported and collected by now stays: no collection of garbage looks at it again."""
    gc.collect()
    gc.freeze()


@sqlalchemy.event.listens_for(sqlalchemy.Engine, "connect")
def _leave_writing_to_the_system(connection: Any, _: Any) -> None:
    """Dagster keeps a night in some 300 commits: synced, they took half of its time."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("pragma synchronous = off")


@dataclass(frozen=True)
class FreshDatabase:
    """An empty database with schemas and roles, and the settings that lead to it."""

    name: str
    settings: Settings
    warehouse: Warehouse


@pytest.fixture(scope="session", autouse=True)
def _no_surroundings() -> Iterator[None]:
    """Keep the caller's own warehouse, and libpq's defaults, out of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("OCPI_WAREHOUSE_", "PG")):
                patch.delenv(name)
        # What dbt has to say it says to its caller; nobody reads 40,000 lines beside that.
        patch.setenv("DBT_LOG_LEVEL_FILE", "none")
        yield


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Callable[[], Path]]:
    """Make folders that other users may pass through: pytest's own are closed to root's server."""
    made: list[Path] = []

    def make() -> Path:
        folder = Path(tempfile.mkdtemp(prefix="ocpi-test-", dir=open_place()))
        folder.chmod(0o755)
        made.append(folder)
        return folder

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_home(open_folder: Callable[[], Path]) -> Iterator[Path]:
    """OCPI_WAREHOUSE_HOME of this worker's embedded server, stopped at the end."""
    home = open_folder()
    server = EmbeddedServer(home / "postgres")
    address = server.ensure_running()
    with _admin(address) as admin:
        # Nobody will miss these data after a power cut, and a new database is 300 files to sync;
        # nor do they last until a vacuum would pay.
        admin.execute("alter system set fsync to off")
        admin.execute("alter system set autovacuum to off")
        admin.execute("select pg_reload_conf()")
    yield home
    server.stop()


def _admin(address: ServerAddress) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=str(address.socket_dir),
        port=address.port,
        user=address.admin,
        dbname="postgres",
        autocommit=True,
    )


@pytest.fixture(scope="session")
def make_database(
    postgres_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], FreshDatabase]:
    """Make any number of databases on the embedded server, each with a home of its own."""
    Warehouse.from_settings(Settings(home=postgres_home)).prepare()
    address = EmbeddedServer(postgres_home / "postgres").ensure_running()
    numbers = itertools.count(1)

    def make() -> FreshDatabase:
        name = f"test_{next(numbers)}"
        with _admin(address) as admin:
            roles.create_database(admin, name)
        settings = Settings(
            home=tmp_path_factory.mktemp("home"),
            url=SecretStr(
                f"postgresql://ocpi_loader@/{name}?host={address.socket_dir}&port={address.port}"
            ),
        )
        warehouse = Warehouse.from_settings(settings)
        warehouse.prepare()
        return FreshDatabase(name, settings, warehouse)

    return make


@pytest.fixture(scope="module")
def makes_databases(postgres_home: Path) -> Iterator[None]:
    """The login of the databases may make others beside them, until the module's tests end."""
    server = Warehouse.from_settings(Settings(home=postgres_home))
    with server.admin_connection() as admin:
        admin.execute("alter role ocpi_loader createdb")
    yield
    with server.admin_connection() as admin:
        admin.execute("alter role ocpi_loader nocreatedb")


@pytest.fixture
def fresh_database(make_database: Callable[[], FreshDatabase]) -> FreshDatabase:
    """An empty database, for one test."""
    return make_database()


@pytest.fixture(scope="session")
def system_postgres() -> Iterator[SystemPostgres]:
    """A Postgres of the operating system, reached by TCP and password."""
    with running_system_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def make_database_on_system(
    system_postgres: SystemPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], FreshDatabase]:
    """As `make_database`, on the operating system's server, which knows no ocpi_loader."""

    def make() -> FreshDatabase:
        name = f"each_{secrets.token_hex(6)}"
        url = SecretStr(system_postgres.make_login(name, options="createrole"))
        settings = Settings(home=tmp_path_factory.mktemp("home"), url=url)
        warehouse = Warehouse.from_settings(settings)
        warehouse.prepare()
        return FreshDatabase(name, settings, warehouse)

    return make


@pytest.fixture(scope="session", params=["embedded", "system"])
def make_database_on_each(request: pytest.FixtureRequest) -> Callable[[], FreshDatabase]:
    """As `make_database`, once on the embedded server and once on the operating system's."""
    name = "make_database" if request.param == "embedded" else "make_database_on_system"
    make: Callable[[], FreshDatabase] = request.getfixturevalue(name)
    return make


@pytest.fixture
def fresh_database_on_each(make_database_on_each: Callable[[], FreshDatabase]) -> FreshDatabase:
    """An empty database for one test, on either server."""
    return make_database_on_each()


@pytest.fixture(scope="session")
def ordinary_user() -> OrdinaryUser:
    """Runs Python as a user who is neither root nor the owner of anything."""
    return find_ordinary_user()
