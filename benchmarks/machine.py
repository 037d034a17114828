"""What the figures were measured on: the machine and the versions of everything.

Belongs here: facts for the report. No path of the machine is among them.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
from pathlib import Path

OURS = ("ocpi-warehouse", "pyarrow", "msgspec", "pgpq", "psycopg", "sqlalchemy")
THEIRS = (
    "dlt", "pandas", "sqlalchemy", "psycopg", "psycopg2-binary", "adbc-driver-postgresql",
    "pyarrow", "orjson",
)  # fmt: skip
_ASK = (
    "import importlib.metadata as m, json, sys;"
    "print(json.dumps({name: m.version(name) for name in sys.argv[1:]}))"
)


def machine() -> dict[str, object]:
    """Processor, memory and system."""
    return {
        "cpu": _first_value(Path("/proc/cpuinfo"), "model name") or platform.processor(),
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def versions(opponents_python: Path) -> dict[str, dict[str, str]]:
    """Library versions of both environments."""
    theirs = subprocess.run(
        [str(opponents_python), "-c", _ASK, *THEIRS], check=True, capture_output=True, text=True
    )
    return {
        "ours": {name: importlib.metadata.version(name) for name in OURS},
        "theirs": json.loads(theirs.stdout),
    }


def _first_value(path: Path, name: str) -> str:
    for line in path.read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
