"""The folder of the embedded server's Unix socket: private, and with a short enough path.

Belongs here: making the folder, checking that it is still ours, asking whether somebody listens.
Does not belong here: who may log in (`embedded_config.py`).
"""

from __future__ import annotations

import os
import shutil
import socket
import stat
import tempfile
from pathlib import Path

from pipelines.errors import WarehouseError
from pipelines.warehouse.embedded_account import ServerAccount
from pipelines.warehouse.embedded_config import PORT
from pipelines.warehouse.embedded_process import read_pid_file

# Not TMPDIR, which may be long, nor XDG_RUNTIME_DIR, which is gone when its user logs out.
TEMPORARY_DIR = Path("/tmp")
# sun_path holds 108 bytes with its closing zero; Postgres refuses a longer socket path.
SOCKET_PATH_MAX_BYTES = 107
# Characters that neither libpq's host list nor a URL nor YAML reads as their own.
PLAIN_PATH = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")


def make_socket_dir(data_dir: Path, account: ServerAccount) -> Path:
    """A folder of mode 0700 for the socket, owned by the server's user, its path short enough."""
    folder = _short_socket_dir(data_dir, account) or data_dir.parent / "socket"
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not is_private(folder, account):
            raise WarehouseError(
                f"starting the embedded Postgres: {folder} is not a folder of "
                f"{account.name} with mode 0700; remove it and try again"
            ) from None
    else:
        account.give(folder)
    # What a killed server left. Postgres asks only whether the process named in the lock lives:
    # one that is just being taken apart does, and so does a stranger who got its number.
    for leftover in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (folder / leftover).unlink(missing_ok=True)
    return folder


def _short_socket_dir(data_dir: Path, account: ServerAccount) -> Path | None:
    """A folder under /tmp, where the path beside the data is too long or has odd characters."""
    beside = data_dir.parent / "socket"
    fits = len(os.fsencode(beside / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_MAX_BYTES
    if fits and PLAIN_PATH.issuperset(str(beside)):
        return None
    pid_file = read_pid_file(data_dir)
    earlier = pid_file.socket_dir if pid_file else None
    if earlier and earlier.parent == TEMPORARY_DIR and is_private(earlier, account):
        return earlier
    # A random name, which nobody can have taken before; postmaster.pid remembers it.
    made = Path(tempfile.mkdtemp(prefix="ocpi-warehouse-", dir=TEMPORARY_DIR))
    account.give(made)
    return made


def is_private(folder: Path, account: ServerAccount) -> bool:
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    return (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid == account.uid
        and stat.S_IMODE(found.st_mode) == 0o700
    )


def accepts(socket_dir: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(5)
        try:
            client.connect(str(socket_dir / f".s.PGSQL.{PORT}"))
        except OSError:
            return False
    return True


def remove_short_socket_dir(folder: Path) -> None:
    """Remove a folder made under /tmp; one beside the data stays for the next start."""
    if folder.parent == TEMPORARY_DIR:
        shutil.rmtree(folder, ignore_errors=True)
