"""Python as an ordinary user, also where the suite runs as root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

PROJECT = Path(__file__).parents[2]
SITE_PACKAGES = Path(psycopg.__file__).parents[1]


@dataclass(frozen=True)
class OrdinaryUser:
    """A user name and an interpreter which that user may run."""

    name: str
    interpreter: str

    def run(self, script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        entry = pwd.getpwnam(self.name)
        options: dict[str, Any] = {}
        if os.geteuid() == 0:
            options = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        return subprocess.run(
            [self.interpreter, "-B", "-c", script, *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": os.pathsep.join([str(PROJECT), str(SITE_PACKAGES)]),
            },
            timeout=120,
            **options,
        )


def find_ordinary_user() -> OrdinaryUser:
    if os.geteuid() != 0:
        return OrdinaryUser(pwd.getpwuid(os.geteuid()).pw_name, sys.executable)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for interpreter in (sys.executable, shutil.which(f"python{version}", path="/usr/bin")):
        if not interpreter:
            continue
        user = OrdinaryUser("nobody", interpreter)
        try:
            found = user.run("import psycopg, pipelines.warehouse.connect")
        except OSError:
            continue
        if found.returncode == 0:
            return user
    pytest.skip(
        "the user nobody can run no Python that has this project's packages: they are installed "
        "where only root can go"
    )
