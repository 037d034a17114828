"""Where the suite writes.

Belongs here: choosing that place. Does not belong here: what is written (`conftest.py`).
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

# What the suite holds at its peak, three workers at once, is 4.6 GiB.
MEMORY = Path("/dev/shm")
PLENTY = 8 * 2**30


def prefer_memory() -> None:
    """Write into memory where there is plenty, unless TMPDIR is set.

    Hundreds of small loads make and drop tables, each some files: in fresh clones the suite took
    373 s on a disk, and 318 s half an hour later in memory.
    """
    if "TMPDIR" in os.environ or not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return
    found = re.search(r"MemAvailable: +([0-9]+) kB", Path("/proc/meminfo").read_text("ascii"))
    available = int(found[1]) * 1024 if found else 0
    if shutil.disk_usage(MEMORY).free > PLENTY and available > 2 * PLENTY:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None


def open_place() -> Path:
    """A folder that every user may pass through, as TMPDIR need not be."""
    return MEMORY if os.environ.get("TMPDIR") == str(MEMORY) else Path("/tmp")
