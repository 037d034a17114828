"""A Postgres installed by the operating system, started for the tests on a port of its own."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.integration.places import open_place

OLDEST = 15


@dataclass(frozen=True)
class SystemPostgres:
    """Where it listens, and its administrator's password."""

    port: int
    password: str
    major: int

    def url(self, database: str, *, user: str = "postgres", password: str | None = None) -> str:
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def admin(self, database: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(self.url(database), autocommit=True)

    def make_login(self, name: str, *, options: str = "") -> str:
        """Make a login and a database of the same name that it owns; returns the URL."""
        password = secrets.token_hex(8)
        with self.admin() as admin:
            admin.execute(
                sql.SQL("create role {} login password {} " + options).format(
                    sql.Identifier(name), sql.Literal(password)
                )
            )
            admin.execute(
                sql.SQL("create database {} owner {}").format(
                    sql.Identifier(name), sql.Identifier(name)
                )
            )
        return self.url(name, user=name, password=password)


@contextmanager
def running_system_postgres() -> Iterator[SystemPostgres]:
    bin_dir = _newest_bin_dir()
    options = _as_unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="ocpi-system-", dir=open_place()))
    if "user" in options:
        os.chown(folder, options["user"], options["group"])
    password = secrets.token_hex(8)
    try:
        (folder / "password").write_text(password)
        (folder / "password").chmod(0o644)
        _run(
            [bin_dir / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "scram-sha-256",
             "--pwfile", folder / "password", "--no-sync", "-E", "UTF8", "--locale", "C"],
            options,
        )  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off"
        server += " -c autovacuum=off"
        control = [bin_dir / "pg_ctl", "-D", folder / "data", "-w"]
        _run([*control, "-l", folder / "log", "-o", server, "start"], options)
        try:
            yield SystemPostgres(port, password, major=int(bin_dir.parent.name))
        finally:
            _run([*control, "-m", "immediate", "stop"], options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _newest_bin_dir() -> Path:
    found = [
        path.parent
        for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")
        if path.parent.parent.name.isdigit() and int(path.parent.parent.name) >= OLDEST
    ]
    if not found:
        pytest.skip(f"no Postgres >= {OLDEST} of the operating system in /usr/lib/postgresql")
    return max(found, key=lambda path: int(path.parent.name))


def _as_unprivileged() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("there is no user postgres to run the system's Postgres for root")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _run(command: list[str | Path], options: dict[str, Any]) -> None:
    # Into files, not pipes: the server inherits them and would keep a pipe open for ever.
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd="/",
            check=False,
            **options,
        )
        said.seek(0)
        assert done.returncode == 0, said.read()
