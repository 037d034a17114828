"""The processes of an embedded server, told apart from everybody else's.

Belongs here: whether its postmaster lives, ending what outlived it, the file postmaster.pid. Does
not belong here: when to start and stop (`embedded.py`).

A process id alone proves nothing: after a reboot, or in a container, the id in postmaster.pid
belongs to a stranger. So a postmaster is known by its command line and its user. /proc/<pid>/cwd
would say more, but root in a container may not read it for another user.
"""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

PROC = Path("/proc")
ORPHANS_TIMEOUT_S = 10.0
# exec takes a millisecond; a process that hides its arguments for good is no server.
EXEC_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class PidFile:
    """What postmaster.pid says; `status` is starting, stopping, ready or standby."""

    pid: int
    socket_dir: Path | None
    status: str | None


def read_pid_file(data_dir: Path) -> PidFile | None:
    """postmaster.pid as it is now, perhaps half written; None without one."""
    try:
        lines = (data_dir / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        pid = int(lines[0])
    except (OSError, IndexError, ValueError):
        return None
    # Lines: pid, data folder, start time, port, socket folder, address, memory key, status.
    socket_dir = Path(lines[4]) if len(lines) > 4 and lines[4] else None
    return PidFile(pid, socket_dir, lines[7].strip() if len(lines) > 7 else None)


@dataclass(frozen=True)
class ServerProcesses:
    """The processes of the server whose data are in `data_dir`, run by the user `uid`."""

    data_dir: Path
    uid: int

    @property
    def title(self) -> str:
        """The cluster name, which Postgres puts into the title of every process but the first."""
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:12]
        return f"ocpi-warehouse-{digest}"

    def postmaster(self) -> int | None:
        """The id of the living postmaster, if there is one."""
        pid_file = read_pid_file(self.data_dir)
        if pid_file and self.is_postmaster(pid_file.pid):
            return pid_file.pid
        return None

    def is_postmaster(self, pid: int) -> bool:
        """Whether this process is the postmaster of these data (a zombie is not)."""
        if not PROC.is_dir():
            return _is_alive(pid)
        deadline = time.monotonic() + EXEC_TIMEOUT_S
        while self._is_of_server(pid) and time.monotonic() < deadline:
            arguments = _command_line(pid)
            if arguments:
                return os.fsencode(self.data_dir) in arguments.split(b"\0")
            # A zombie has no arguments, and for a moment neither has a process in exec, as one
            # that was just launched is.
            if _has_ended(pid):
                return False
            time.sleep(0.001)
        return False

    def end_orphans(self) -> None:
        """End processes that outlived a killed postmaster, without a second look at their work.

        Idle ones notice by themselves; one that is busy (an index, a big CREATE TABLE AS) would
        hold on to the shared memory and keep the next server from starting until it is done. What
        it does is lost already: nobody is left to write its commit.
        """
        deadline = time.monotonic() + ORPHANS_TIMEOUT_S
        signal_number = signal.SIGQUIT
        while orphans := self._orphans():
            for pid in orphans:
                logger.warning("ending process %d of a Postgres that was killed", pid)
                try:
                    os.kill(pid, signal_number)
                except ProcessLookupError:
                    continue
            if time.monotonic() > deadline - ORPHANS_TIMEOUT_S / 2:
                signal_number = signal.SIGKILL
            if time.monotonic() > deadline:
                return
            time.sleep(0.1)

    def remove_stale_pid_file(self) -> None:
        """Remove postmaster.pid where its id now belongs to a stranger.

        Postgres removes a stale one itself, but takes any living process of its user for a server.
        """
        pid_file = read_pid_file(self.data_dir)
        if pid_file and _is_alive(pid_file.pid) and not self.is_postmaster(pid_file.pid):
            (self.data_dir / "postmaster.pid").unlink(missing_ok=True)

    def _orphans(self) -> list[int]:
        if not PROC.is_dir():
            return []
        title = f"postgres: {self.title}:".encode()
        return [
            int(entry.name)
            for entry in os.scandir(PROC)
            if entry.name.isdigit()
            and _command_line(int(entry.name)).startswith(title)
            and self._is_of_server(int(entry.name))
        ]

    def _is_of_server(self, pid: int) -> bool:
        try:
            return (PROC / str(pid)).stat().st_uid == self.uid
        except OSError:
            return False


def _command_line(pid: int) -> bytes:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return b""


def _has_ended(pid: int) -> bool:
    try:
        state = (PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()[0]
    except OSError:
        return True
    return state in {b"Z", b"X"}


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
