"""Which version of this product runs.

Belongs here: its number, and a hash of the code that decides what stands in the tables. Does not
belong here: what decides a figure of the marts (`warehouse/builds.py`).
"""

import hashlib
import importlib.metadata
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent
# Everything between the pages of a landing and rows in Postgres.
DECIDES_ROWS = ("model", "dialects", "landing", "flatten", "lake.py", "warehouse")


@cache
def code_version() -> str:
    """As in `0.1.0+5d41402abc4b`: the package's number and SHA-256 of the code that decides rows.

    Two builds of one number may differ in that code: by the hash they are told apart.
    """
    return f"{importlib.metadata.version('ocpi-warehouse')}+{rows_hash(PACKAGE)[:12]}"


def rows_hash(package: Path) -> str:
    """SHA-256 over the code below `package` that decides rows; caches of Python are none of it."""
    digest = hashlib.sha256()
    for part in DECIDES_ROWS:
        found = package / part
        for file in [found] if found.is_file() else sorted(found.rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                digest.update(f"{file.relative_to(package).as_posix()}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
