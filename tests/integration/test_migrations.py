"""Migrations end where the model is, once, whoever runs them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from pipelines.errors import WarehouseError
from pipelines.warehouse.migrations import VERSION_SCHEMA, migrate
from pipelines.warehouse.schema import VIEWS, build_metadata, schema_statements

REVISIONS = ["0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009"]
# Everything a table, index, constraint or view is, in Postgres' own words; but for the order of
# its columns, as those that came later stand last.
CATALOG = """
select 'column', attrelid::regclass::text, attname, format_type(atttypid, atttypmod),
  attnotnull::text, attidentity::text, '', col_description(attrelid, attnum)
from pg_attribute inner join pg_class on pg_class.oid = attrelid
where relnamespace::regnamespace::text in ('ocpi', 'ops') and attnum > 0
  and relkind in ('r', 'v') and relname <> 'alembic_version'
union all
select 'relation', oid::regclass::text, relkind::text, obj_description(oid), '', '', '',
  case when relkind = 'v' then pg_get_viewdef(oid) end
from pg_class where relnamespace::regnamespace::text in ('ocpi', 'ops')
  and relkind in ('r', 'v') and relname <> 'alembic_version'
union all
select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', '', '', ''
from pg_constraint where connamespace::regnamespace::text in ('ocpi', 'ops')
  and conrelid <> 0 and conname not like 'alembic%'
union all
select 'index', indrelid::regclass::text, pg_get_indexdef(indexrelid), '', '', '', '', ''
from pg_index where indrelid::regclass::text ~ '^(ocpi|ops)[.]'
  and indrelid::regclass::text !~ 'alembic'
order by 1, 2, 3, 4
"""


def catalog(warehouse):
    with warehouse.connection() as connection:
        return connection.execute(CATALOG).fetchall()


def test_a_migrated_database_is_what_the_model_says(fresh_database_on_each):
    migrate(fresh_database_on_each.warehouse)
    with fresh_database_on_each.warehouse.engine().connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table_schema": VERSION_SCHEMA,
                "include_schemas": True,
                "include_name": lambda name, kind, _: kind != "schema" or name in ("ocpi", "ops"),
            },
        )
        assert compare_metadata(context, build_metadata()) == []


def test_a_migrated_database_is_the_same_to_the_last_constraint_and_comment(make_database_on_each):
    migrated, made = make_database_on_each().warehouse, make_database_on_each().warehouse
    migrate(migrated)
    with made.connection() as connection:
        for statement in schema_statements():
            connection.execute(statement)
    assert catalog(migrated) == catalog(made)


def test_migrating_twice_changes_nothing(fresh_database_on_each):
    assert migrate(fresh_database_on_each.warehouse) == REVISIONS
    before = catalog(fresh_database_on_each.warehouse)
    assert migrate(fresh_database_on_each.warehouse) == []
    assert catalog(fresh_database_on_each.warehouse) == before


def test_runs_that_begin_at_once_migrate_once(fresh_database_on_each):
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(migrate, [fresh_database_on_each.warehouse] * 4))
    assert sorted(applied) == [[], [], [], REVISIONS]


def test_a_database_of_a_newer_version_is_left_alone(fresh_database_on_each):
    migrate(fresh_database_on_each.warehouse)
    with fresh_database_on_each.warehouse.connection() as connection:
        connection.execute("update ops.alembic_version set version_num = '9999'")
    with pytest.raises(WarehouseError, match="older than the one that migrated"):
        migrate(fresh_database_on_each.warehouse)


def test_the_analyst_reads_what_migrations_made_and_writes_nothing(fresh_database_on_each):
    migrate(fresh_database_on_each.warehouse)
    with fresh_database_on_each.warehouse.connection("analyst") as connection:
        for name in [*build_metadata().tables, *(f"{view.schema}.{view.name}" for view in VIEWS)]:
            assert connection.execute(f"select count(*) from {name}").fetchone() == (0,)
    with (
        fresh_database_on_each.warehouse.connection("analyst") as connection,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        connection.execute("delete from ocpi.location")


def test_a_version_must_end_after_it_begins(fresh_database_on_each):
    migrate(fresh_database_on_each.warehouse)
    insert = sa.text(
        "insert into ocpi.location (source, party, location_id, valid_from, valid_to)"
        " values ('a', '', 'L', '2026-06-02', '2026-06-02')"
    )
    with (
        fresh_database_on_each.warehouse.engine().begin() as connection,
        pytest.raises(sa.exc.IntegrityError, match="validity"),
    ):
        connection.execute(insert)
