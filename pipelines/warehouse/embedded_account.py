"""Which operating system user runs the embedded server, and how to act as that user.

Belongs here: choosing (and, as root, creating) the account, running a command as it, giving it
a folder that we made. Does not belong here: where the data are and how the server is started
(`embedded.py`).

Postgres refuses to run as root, and rightly so: whoever may run SQL as its superuser may run
programs as its operating system user. An ordinary user's server therefore runs as that user. Root's
runs as the system user `ocpi-warehouse`, made for this alone, so that no other service can
touch the data. Where no such user can be made (no useradd, /etc read-only) it is `nobody`: still
unprivileged, but shared with whatever else runs as `nobody` on the machine.
"""

from __future__ import annotations

import logging
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import WarehouseError

logger = logging.getLogger(__name__)

DEDICATED_USER = "ocpi-warehouse"
FALLBACK_USER = "nobody"
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
# useradd fails at once while another one holds the lock on /etc/passwd; it needs some 0.1 s.
USERADD_ATTEMPTS = 10


@dataclass(frozen=True)
class ServerAccount:
    """The user that runs the server, and the user that may connect to it."""

    name: str
    uid: int
    gid: int
    client: str

    @property
    def is_another_user(self) -> bool:
        return self.uid != os.geteuid()

    def process_options(self) -> dict[str, Any]:
        """Arguments that make `subprocess` start a process as this account, knowing nothing.

        The environment is bare: the caller's holds tokens of sources, and a server that any
        analyst's SQL reaches has no business with those.
        """
        options: dict[str, Any] = {
            "env": {"PATH": SYSTEM_PATH, "LC_ALL": "C", "TZ": "UTC", "HOME": "/"},
            # The caller's folder may be closed to the server's user, and initdb insists on one.
            "cwd": "/",
            "umask": 0o077,
            "stdin": subprocess.DEVNULL,
        }
        if self.is_another_user:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def run(
        self, command: Sequence[str | Path], *, timeout_s: float
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as this account and capture what it says."""
        return subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
            **self.process_options(),
        )

    def give(self, folder: Path) -> None:
        """Hand over a folder that we have just made, and close it to everybody else."""
        folder.chmod(0o700)
        if self.is_another_user:
            os.chown(folder, self.uid, self.gid)

    def can_work_in(self, folder: Path) -> bool:
        """Whether this account reaches a folder of its own inside `folder`, by trying.

        Trying is surer than reading modes: access lists, root-squashed mounts and file systems
        without owners all look fine until somebody opens a file.
        """
        probe = folder / f".probe-{os.getpid()}"
        probe.mkdir(mode=0o700)
        try:
            self.give(probe)
            attempt = self.run(["/bin/sh", "-c", 'cd "$1" && : > file', "sh", probe], timeout_s=30)
            return attempt.returncode == 0
        except OSError as error:
            logger.info("%s cannot have a folder in %s: %s", self.name, folder, error)
            return False
        finally:
            shutil.rmtree(probe, ignore_errors=True)


def choose_account(*, data_owner_uid: int | None = None) -> ServerAccount:
    """The account for a server, kept to the owner of its data where there are data already.

    Raises WarehouseError when the data belong to somebody else, or the current user has no name.
    """
    me = _current_user()
    if me.pw_uid != 0:
        account = ServerAccount(me.pw_name, me.pw_uid, os.getegid(), client=me.pw_name)
        candidates = [account]
    else:
        candidates = [
            ServerAccount(entry.pw_name, entry.pw_uid, entry.pw_gid, client=me.pw_name)
            for entry in _unprivileged_users()
        ]
    if data_owner_uid is None:
        return candidates[0]
    for candidate in candidates:
        if candidate.uid == data_owner_uid:
            return candidate
    raise WarehouseError(
        f"starting the embedded Postgres as {me.pw_name}: its data belong to "
        f"{user_name(data_owner_uid)}; run this as the user who made them, or set "
        "OCPI_WAREHOUSE_HOME to another folder"
    )


def user_name(uid: int) -> str:
    """The name of a user, or `uid N` for one without a name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _current_user() -> pwd.struct_passwd:
    uid = os.geteuid()
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise WarehouseError(
            f"starting the embedded Postgres: user id {uid} has no name on this machine, and "
            "Postgres recognises its users by name; add the user to /etc/passwd, or set "
            "OCPI_WAREHOUSE_URL to a Postgres that is already running"
        ) from None


def _unprivileged_users() -> list[pwd.struct_passwd]:
    """The users that may run root's server, the best first."""
    users = [user for user in (_dedicated_user(), _find_user(FALLBACK_USER)) if user]
    if not users:
        raise WarehouseError(
            "starting the embedded Postgres as root: Postgres must not run as root, and there is "
            f"neither a user {DEDICATED_USER} nor {FALLBACK_USER}; make one with `useradd "
            f"--system {DEDICATED_USER}`, or run this as an ordinary user"
        )
    return users


def _find_user(name: str) -> pwd.struct_passwd | None:
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        return None
    return user if user.pw_uid != 0 else None


def _dedicated_user() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path=SYSTEM_PATH)
    for _ in range(USERADD_ATTEMPTS):
        user = _find_user(DEDICATED_USER)
        if user or not useradd:
            return user
        made = subprocess.run(
            [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
             "--shell", "/usr/sbin/nologin", "--comment", "Postgres of ocpi-warehouse",
             DEDICATED_USER],
            capture_output=True,
            text=True,
            env={"PATH": SYSTEM_PATH, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            check=False,
        )  # fmt: skip
        if made.returncode == 0:
            logger.info("made the system user %s to run the embedded Postgres", DEDICATED_USER)
            continue
        logger.info("useradd %s: %s", DEDICATED_USER, made.stderr.strip())
        time.sleep(0.2)
    return _find_user(DEDICATED_USER)
