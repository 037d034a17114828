"""The configuration files of the embedded server.

Belongs here: the text of postgresql.conf, pg_hba.conf and pg_ident.conf. Does not belong here:
roles inside the database (`roles.py`).

They are written anew before every start, outside the data folder, which belongs to the server's
user: root writes nothing where a lesser user could have put a link.
"""

from __future__ import annotations

import os
from pathlib import Path

ADMIN_DATABASE = "postgres"
LOADER = "ocpi_loader"
ANALYST = "ocpi_analyst"
PORT = 5432

# Parallel hash joins keep their tables in dynamic shared memory, up to work_mem x 2 for each
# process. Docker gives /dev/shm 64 MB, which one such join fills ("could not resize shared memory
# segment"); System V segments are not bounded by it.
POSIX_SHARED_MEMORY_MIN_BYTES = 1 << 30

SETTINGS = {
    # Sized for one warehouse on a machine of 2 cores and 4 GB.
    # A quarter of it: EVSEs by spans are read again and again, and reading 20,000 of them from the
    # system's cache took twice as long (60 nights of 20,000 locations: marts 156 s, not 169 s).
    "shared_buffers": "1GB",
    # What is not there is in the system's cache as a rule. Handing such reads to worker processes
    # cost 6 % of the largest model.
    "io_method": "sync",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    # A query whose client is gone would go on, and hold up the build that replaces its tables
    # (seen: for ten minutes).
    "client_connection_check_interval": "10s",
    # Loads come in bursts: checkpoints by time rather than by volume.
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    # Pages that are read for the first time since they were written are logged whole (checksums).
    # Compressed, that read of half a gigabyte took 6.1 to 8.1 s, as they are 1.5 to 1.9 s.
    "wal_compression": "off",
    "synchronous_commit": "on",
    # Nothing replicates from this server, and a table made and filled in one transaction (every
    # dbt model, every stage table) is then written once instead of twice. The price: no
    # point-in-time recovery; the way back is pg_dump, or loading again from landing.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
    "lc_messages": "C",
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # A week of logs, one file a weekday.
    "logging_collector": "on",
    "log_filename": "server-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}


def write_config(
    conf_dir: Path,
    *,
    log_dir: Path,
    socket_dir: Path,
    cluster_name: str,
    client: str,
    admin: str,
) -> Path:
    """Write the three files, readable by the server's user, and return postgresql.conf."""
    if not conf_dir.is_dir():
        conf_dir.mkdir()
        conf_dir.chmod(0o755)
    hba, ident = conf_dir / "pg_hba.conf", conf_dir / "pg_ident.conf"
    settings = SETTINGS | {
        "port": str(PORT),
        "cluster_name": cluster_name,
        # A list: a folder's name goes in double quotes, in case it holds a comma.
        "unix_socket_directories": '"' + str(socket_dir).replace('"', '""') + '"',
        "log_directory": str(log_dir),
        "hba_file": str(hba),
        "ident_file": str(ident),
        "dynamic_shared_memory_type": _dynamic_shared_memory_type(),
    }
    _write(hba, "# TYPE  DATABASE  USER  METHOD\nlocal  all  all  peer map=warehouse\n")
    _write(ident, identity_map(client, roles=(admin, LOADER, ANALYST)))
    return _write(
        conf_dir / "postgresql.conf",
        "# Written by ocpi-warehouse before every start. To change a setting: ALTER SYSTEM.\n"
        + "".join(f"{name} = {_quoted(value)}\n" for name, value in settings.items()),
    )


def identity_map(client: str, *, roles: tuple[str, ...]) -> str:
    """pg_ident.conf: the one system user who may connect, and as whom."""
    quoted = '"' + client.replace('"', '""') + '"'
    return "# MAP  SYSTEM-USER  ROLE\n" + "".join(
        f'warehouse  {quoted}  "{role}"\n' for role in dict.fromkeys(roles)
    )


def _dynamic_shared_memory_type() -> str:
    try:
        room = os.statvfs("/dev/shm")
    except OSError:
        return "sysv"
    return "posix" if room.f_frsize * room.f_blocks >= POSIX_SHARED_MEMORY_MIN_BYTES else "sysv"


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _write(path: Path, text: str) -> Path:
    partial = path.with_name(path.name + ".new")
    partial.write_text(text, encoding="utf-8")
    partial.chmod(0o644)
    partial.replace(path)
    return path
