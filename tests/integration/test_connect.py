"""Connections, roles and locks, on the embedded server and on a Postgres given by URL."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from pipelines.errors import ConfigurationError, TransientError, WarehouseError
from pipelines.settings import Settings
from pipelines.warehouse import roles
from pipelines.warehouse.connect import Warehouse, advisory_lock
from pipelines.warehouse.embedded import EmbeddedServer
from tests.conftest import FreshDatabase
from tests.integration.system_postgres import SystemPostgres


def by_url(url: str) -> Warehouse:
    return Warehouse.from_settings(Settings(url=SecretStr(url)))


@pytest.fixture
def embedded(postgres_home: Path) -> Warehouse:
    warehouse = Warehouse.from_settings(Settings(home=postgres_home))
    assert warehouse.prepare() == []
    return warehouse


@pytest.fixture(scope="module")
def guarded_database(make_database: Callable[[], FreshDatabase]) -> FreshDatabase:
    return make_database()


@pytest.fixture(params=["embedded", "url of the embedded server", "system server"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    """Every way to a warehouse; on the system's server as a plain login that may make roles."""
    if request.param == "embedded":
        return request.getfixturevalue("embedded")
    if request.param == "url of the embedded server":
        return request.getfixturevalue("fresh_database").warehouse
    server: SystemPostgres = request.getfixturevalue("system_postgres")
    found = by_url(server.make_login(f"maker_{time.monotonic_ns()}", options="createrole"))
    limits = found.prepare()
    # The role belongs to the first login that made it; later ones have to be told.
    if limits:
        with server.admin() as admin, found.connection() as connection:
            login = connection.info.user
            admin.execute(f"grant {roles.ANALYST} to {login}")
        assert found.prepare() == []
    return found


def test_the_analyst_reads_what_the_loader_makes_later(warehouse: Warehouse) -> None:
    with warehouse.connection() as loader:
        loader.execute("drop table if exists marts.later")
        loader.execute("create table marts.later (id int)")
        loader.execute("insert into marts.later values (1)")
    with warehouse.connection("analyst") as analyst:
        assert analyst.execute("select id from marts.later").fetchall() == [(1,)]


def test_a_table_that_was_made_elsewhere_becomes_readable(warehouse: Warehouse) -> None:
    """As from a dump, which may be restored without privileges."""
    with warehouse.connection() as loader:
        loader.execute("drop table if exists marts.restored")
        loader.execute("create table marts.restored (id int)")
        loader.execute(f"revoke all on marts.restored from {roles.ANALYST}".encode())
    assert warehouse.prepare() == []
    with warehouse.connection("analyst") as analyst:
        assert analyst.execute("select id from marts.restored").fetchall() == []


def test_a_run_begins_while_marts_are_replaced(warehouse: Warehouse) -> None:
    """Neither waits for the other, nor fails with "tuple concurrently updated"."""
    with warehouse.connection() as loader:
        loader.execute("drop table if exists marts.replaced, marts.replaced_before")
        loader.execute("create table marts.replaced (id int)")
    with ThreadPoolExecutor(1) as other:
        with warehouse.connection() as build:
            build.execute("alter table marts.replaced rename to replaced_before")
            begun = other.submit(warehouse.prepare)
            assert begun.result(timeout=10) == []
        with warehouse.connection("analyst") as analyst:
            assert analyst.execute("select id from marts.replaced_before").fetchall() == []


@pytest.mark.parametrize(
    "statement",
    [
        "insert into ocpi.guarded values (2)",
        "update ocpi.guarded set id = 3",
        "delete from ocpi.guarded",
        "truncate ocpi.guarded",
        "drop table ocpi.guarded",
        "create table ocpi.mine (id int)",
        "create table public.mine (id int)",
        "create schema mine",
    ],
)
def test_the_analyst_cannot_write_even_in_a_writing_transaction(
    guarded_database: FreshDatabase, embedded: Warehouse, statement: str
) -> None:
    for warehouse in (guarded_database.warehouse, embedded):
        with warehouse.connection() as loader:
            loader.execute("create table if not exists ocpi.guarded (id int)")
        with (
            warehouse.connection("analyst", autocommit=True) as analyst,
            pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
        ):
            analyst.execute(statement)
        with warehouse.connection("analyst", autocommit=True) as analyst:
            analyst.execute("set default_transaction_read_only to off")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                analyst.execute(statement)


def test_sessions_are_in_utc_and_the_analysts_queries_end(warehouse: Warehouse) -> None:
    with warehouse.connection("analyst") as analyst:
        rows = [analyst.execute(f"show {name}").fetchone() for name in ("timezone", "datestyle",
                "statement_timeout", "default_transaction_read_only")]  # fmt: skip
    assert rows == [("UTC",), ("ISO, YMD",), ("10min",), ("on",)]


def test_a_connection_commits_at_the_end_and_rolls_back_on_an_error(warehouse: Warehouse) -> None:
    with warehouse.connection() as connection:
        connection.execute("drop table if exists ops.kept")
        connection.execute("create table ops.kept (id int)")
    with (
        pytest.raises(psycopg.errors.DivisionByZero),
        warehouse.connection() as connection,
    ):
        connection.execute("insert into ops.kept values (1)").connection.execute("select 1 / 0")
    with warehouse.connection() as connection:
        assert connection.execute("select count(*) from ops.kept").fetchone() == (0,)


def test_the_engine_takes_on_the_role(warehouse: Warehouse) -> None:
    with warehouse.engine("analyst").connect() as connection:
        assert connection.exec_driver_sql("select current_user").scalar_one() == roles.ANALYST


def test_dbt_gets_everything_it_needs_to_connect(warehouse: Warehouse) -> None:
    script = """if True:
        import os, psycopg2
        names = {"host": "HOST", "port": "PORT", "user": "USER", "dbname": "DATABASE",
                 "password": "PASSWORD"}
        given = {k: os.environ["OCPI_WAREHOUSE_PG_" + v] for k, v in names.items()}
        with psycopg2.connect(**given) as connection, connection.cursor() as cursor:
            cursor.execute("select current_database()")
            print(cursor.fetchone()[0], end="")
    """
    environment = warehouse.dbt_environment()
    said = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == environment["OCPI_WAREHOUSE_PG_DATABASE"]


def test_preparing_twice_and_at_once_is_harmless(fresh_database: FreshDatabase) -> None:
    command = (
        "import sys; from pydantic import SecretStr; from pipelines.settings import Settings;"
        "from pipelines.warehouse.connect import Warehouse;"
        "print(Warehouse.from_settings(Settings(url=SecretStr(sys.argv[1]))).prepare())"
    )
    assert fresh_database.settings.url is not None
    url = fresh_database.settings.url.get_secret_value()
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", command, url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for _ in range(2)
    ]
    assert [run.communicate()[0] for run in runs] == [b"[]\n", b"[]\n"]


def test_a_server_killed_a_moment_ago_is_brought_back(open_folder: Callable[[], Path]) -> None:
    settings = Settings(home=open_folder())
    server = EmbeddedServer(settings.postgres_dir)
    warehouse = Warehouse.from_settings(settings)
    warehouse.prepare()
    try:
        for _ in range(3):
            pid = server.status().pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            with warehouse.connection() as connection:
                assert connection.execute("select 1").fetchone() == (1,)
    finally:
        server.stop()


def test_a_wrong_password_is_said_without_the_password(system_postgres: SystemPostgres) -> None:
    url = system_postgres.url("postgres", password="wr0ng-s3cret")
    with pytest.raises(WarehouseError) as failure, by_url(url).connection():
        pass
    assert "password authentication failed" in str(failure.value)
    assert "OCPI_WAREHOUSE_URL" in str(failure.value)
    assert "wr0ng-s3cret" not in str(failure.value)
    assert "wr0ng-s3cret" not in by_url(url).describe()


def test_a_missing_database_is_said(system_postgres: SystemPostgres) -> None:
    with (
        pytest.raises(WarehouseError, match='database "nowhere" does not exist'),
        by_url(system_postgres.url("nowhere")).connection(),
    ):
        pass


def test_a_server_that_is_down_may_be_tried_again() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"postgresql://me:s3cret@127.0.0.1:{closed.getsockname()[1]}/warehouse"
        with pytest.raises(TransientError, match="reachable") as failure, by_url(url).connection():
            pass
    assert "s3cret" not in str(failure.value)


@pytest.mark.parametrize(
    "url",
    ["mysql://me:s3cret@host/db", "me:s3cret@host", "postgresql://me:s3cret%zz@host/db",
     "postgresql://me:s3cret@host/db?nonsense=s3cret"],
)  # fmt: skip
def test_a_malformed_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match="OCPI_WAREHOUSE_URL") as failure:
        by_url(url).describe()
    assert "s3cret" not in str(failure.value)


def test_a_login_that_may_not_make_roles_works_and_says_what_is_missing(
    system_postgres: SystemPostgres, caplog: pytest.LogCaptureFixture
) -> None:
    warehouse = by_url(system_postgres.make_login("plain"))
    limits = warehouse.prepare()
    assert len(limits) == 1
    assert f'grant {roles.ANALYST} to "plain"' in limits[0]
    with warehouse.connection() as loader:
        loader.execute("create table ocpi.filled as select 1 as id")
    with caplog.at_level(logging.WARNING), warehouse.connection("analyst") as analyst:
        assert analyst.execute("select id from ocpi.filled").fetchall() == [(1,)]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            analyst.execute("insert into ocpi.filled values (2)")
    assert "only a setting keeps this session from writing" in caplog.text


def test_a_login_that_may_not_make_schemas_is_told_whom_to_ask(
    system_postgres: SystemPostgres,
) -> None:
    system_postgres.make_login("owner_of_it")
    system_postgres.make_login("guest")
    with system_postgres.admin() as admin:
        admin.execute("alter role guest password 'guest'")
    url = system_postgres.url("owner_of_it", user="guest", password="guest")
    with pytest.raises(WarehouseError, match='grant create on database "owner_of_it" to "guest"'):
        by_url(url).prepare()


def test_a_second_holder_of_a_lock_learns_who_has_it(warehouse: Warehouse) -> None:
    with advisory_lock(warehouse, "load ndw", wait=False):
        with (
            pytest.raises(TransientError, match=f"load ndw: process {os.getpid()}"),
            advisory_lock(warehouse, "load ndw", wait=False),
        ):
            pass
        with advisory_lock(warehouse, "load another", wait=False):
            pass
    with advisory_lock(warehouse, "load ndw", wait=False):
        pass


def test_a_lock_dies_with_its_holder(make_database: Callable[[], FreshDatabase]) -> None:
    database = make_database()
    assert database.settings.url is not None
    script = """if True:
        import sys, time
        from pydantic import SecretStr
        from pipelines.settings import Settings
        from pipelines.warehouse.connect import Warehouse, advisory_lock
        warehouse = Warehouse.from_settings(Settings(url=SecretStr(sys.argv[1])))
        with advisory_lock(warehouse, "marts", wait=True):
            print("held", flush=True)
            time.sleep(60)
    """
    url = database.settings.url.get_secret_value()
    with subprocess.Popen([sys.executable, "-c", script, url], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(TransientError), advisory_lock(database.warehouse, "marts", wait=False):
            pass
        holder.send_signal(signal.SIGKILL)
    began = time.monotonic()
    with advisory_lock(database.warehouse, "marts", wait=True):
        assert time.monotonic() - began < 5
