"""The Postgres server of the benchmark, and a fresh database for each measured run.

Belongs here: the embedded server in the benchmark's own folder, making and dropping databases,
counting what arrived. Does not belong here: what a contender does with its database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks.contract import Server
from pipelines.warehouse import roles
from pipelines.warehouse.embedded import EmbeddedServer
from pipelines.warehouse.embedded_config import ADMIN_DATABASE, LOADER

DATABASE = "bench"
# Of the server's settings, those that decide how fast it writes.
SETTINGS = (
    "server_version", "shared_buffers", "work_mem", "maintenance_work_mem", "max_wal_size",
    "synchronous_commit", "fsync", "wal_level",
)  # fmt: skip


class Databases:
    """The embedded server, as it is set up for the product; every contender uses it."""

    def __init__(self, folder: Path) -> None:
        self._embedded = EmbeddedServer(folder)
        self._address = self._embedded.ensure_running()
        with self._admin() as admin:
            roles.prepare_server(admin)

    def stop(self) -> None:
        self._embedded.stop()

    @contextmanager
    def fresh(self) -> Iterator[Server]:
        """An empty database that the loader owns; dropped afterwards."""
        drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(DATABASE))
        with self._admin() as admin:
            admin.execute(drop)
            roles.create_database(admin, DATABASE)
        try:
            yield Server(str(self._address.socket_dir), self._address.port, LOADER, DATABASE)
        finally:
            with self._admin() as admin:
                admin.execute(drop)

    def settle(self) -> None:
        """Write out what earlier runs left behind, so that nobody pays for another."""
        with self._admin() as admin:
            admin.execute("checkpoint")

    def settings(self) -> dict[str, str]:
        with self._admin() as admin:
            found = admin.execute(
                "select name, current_setting(name) from pg_settings where name = any(%s)",
                (list(SETTINGS),),
            ).fetchall()
        return {str(name): str(value) for name, value in sorted(found)}

    def row_counts(self, server: Server) -> dict[str, int]:
        """Rows by table, without the ledger's and dlt's own tables."""
        counts = {}
        with psycopg.connect(server.conninfo) as connection:
            tables = connection.execute(
                "select schemaname, tablename from pg_tables"
                " where schemaname in ('public', 'ocpi') and tablename !~ '^_dlt|alembic'"
                " order by schemaname, tablename"
            ).fetchall()
            for schema, table in tables:
                counted = connection.execute(
                    sql.SQL("select count(*) from {}.{}").format(
                        sql.Identifier(schema), sql.Identifier(table)
                    )
                ).fetchone()
                counts[table] = int(counted[0]) if counted else 0
        return counts

    def _admin(self) -> psycopg.Connection[tuple[object, ...]]:
        address = self._address
        return psycopg.connect(
            host=str(address.socket_dir),
            port=address.port,
            user=address.admin,
            dbname=ADMIN_DATABASE,
            autocommit=True,
        )


if __name__ == "__main__":
    EmbeddedServer(Path(__file__).resolve().parent / ".work" / "postgres").stop()
