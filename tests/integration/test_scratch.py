"""Databases beside the warehouse: made, marked, told from those of others, dropped."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from pipelines.errors import ConfigurationError, WarehouseError
from pipelines.settings import Settings
from pipelines.warehouse.connect import Warehouse
from pipelines.warehouse.scratch import create_scratch, drop_scratch, rebuilt, scratch_databases
from tests.integration.system_postgres import SystemPostgres


@pytest.fixture(params=["embedded", "system server"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    """The embedded server as its own user has it, and a login that may make databases."""
    if request.param == "embedded":
        home: Path = request.getfixturevalue("postgres_home")
        return Warehouse.from_settings(Settings(home=home))
    server: SystemPostgres = request.getfixturevalue("system_postgres")
    url = server.make_login(f"beside_{time.monotonic_ns()}", options="createdb")
    return Warehouse.from_settings(Settings(url=SecretStr(url)))


ORDER = (
    "select pg_encoding_to_char(encoding), datcollate, datctype from pg_database where datname = "
)


def test_a_database_beside_is_the_loaders_until_it_is_dropped(warehouse: Warehouse) -> None:
    scratch = create_scratch(warehouse, "beside", holds="known then", replace=False)
    assert scratch_databases(warehouse)["beside"] == "known then"
    assert "beside" in scratch.describe()
    scratch.prepare()
    with scratch.connection() as connection:
        connection.execute("create table marts.one (n int)")
        spelled = [
            connection.execute(ORDER + "%s", (name,)).fetchone()
            for name in ("beside", warehouse.database)
        ]
        assert spelled[0] == spelled[1]
    with rebuilt(warehouse, "beside").connection("analyst") as connection:
        assert connection.execute("select count(*) from marts.one").fetchone() == (0,)
    with warehouse.connection() as connection:
        assert connection.execute("select to_regclass('marts.one')").fetchone() == (None,)

    with pytest.raises(ConfigurationError, match=r"there already \(known then\)"):
        create_scratch(warehouse, "beside", holds="another", replace=False)
    # Somebody who looks at it is no reason to keep it.
    with scratch.connection(autocommit=True) as looking:
        create_scratch(warehouse, "beside", holds="another", replace=True)
        with pytest.raises(psycopg.OperationalError):
            looking.execute("select 1")
    assert scratch_databases(warehouse)["beside"] == "another"
    drop_scratch(warehouse, "beside")
    assert "beside" not in scratch_databases(warehouse)
    with pytest.raises(ConfigurationError, match="there is no database beside"):
        drop_scratch(warehouse, "beside")


def test_a_database_of_somebody_else_is_never_touched(warehouse: Warehouse) -> None:
    for replace in (True, False):
        with pytest.raises(ConfigurationError, match="was not made by a rebuild"):
            create_scratch(warehouse, "postgres", holds="x", replace=replace)
    with pytest.raises(ConfigurationError, match="is the warehouse itself"):
        drop_scratch(warehouse, warehouse.database)
    with pytest.raises(ConfigurationError, match="there is no rebuild 'postgres'"):
        rebuilt(warehouse, "postgres")


def test_a_login_that_may_not_make_databases_is_told_who_can(
    system_postgres: SystemPostgres,
) -> None:
    name = f"plain_{time.monotonic_ns()}"
    url = system_postgres.make_login(name)
    warehouse = Warehouse.from_settings(Settings(url=SecretStr(url)))
    with pytest.raises(WarehouseError, match=f'alter role "{name}" createdb'):
        create_scratch(warehouse, "beside_plain", holds="x", replace=False)
