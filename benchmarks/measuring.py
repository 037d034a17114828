"""Running a contender: how long the whole process takes, and how much memory its processes.

Belongs here: processes, /proc and rusage. Does not belong here: what is run, in which order
(`run.py`).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contract import Task

_POLL_S = 0.05
_TIME_OUT_S = 1800.0
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Measured:
    """One step of one contender.

    `seconds` is the contender's own time from bytes on disk to rows committed, `process_seconds`
    that of the whole process, `cpu_seconds` the processor time of it and its workers.
    `peak_process_bytes` is the kernel's high-water mark of the largest process; `peak_tree_bytes`
    the largest sum of resident memory over all its processes, polled 20 times a second (memory
    shared by two of them counts twice). Postgres is in none of them.
    """

    seconds: float
    process_seconds: float
    cpu_seconds: float
    peak_process_bytes: int
    peak_tree_bytes: int
    phases: dict[str, float]

    @property
    def peak_bytes(self) -> int:
        return max(self.peak_process_bytes, self.peak_tree_bytes)


class ContenderFailed(Exception):
    """A contender ended with an error; the message holds the end of what it said."""


def measured(command: Sequence[str], task: Task, *, log: Path) -> Measured:
    """Run one step as a process of its own; it ends with us, and after 30 minutes."""
    task.result.unlink(missing_ok=True)
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*command, *task.arguments()],
            stdout=output,
            stderr=subprocess.STDOUT,
            # A group of its own, so that its workers can be ended with it.
            start_new_session=True,
        )
        poll = _TreePoll(process.pid)
        poll.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        seconds = time.perf_counter() - began
        poll.end()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = log.read_text(encoding="utf-8", errors="replace")[-3000:]
        raise ContenderFailed(f"{command[-1]}, {task.step}: exit {process.returncode}\n{said}")
    result = json.loads(task.result.read_text(encoding="utf-8"))
    return Measured(
        seconds=result["seconds"],
        process_seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_process_bytes=usage.ru_maxrss * 1024,
        peak_tree_bytes=poll.peak_bytes,
        phases=result["phases"],
    )


class _TreePoll(threading.Thread):
    """Adds up the resident memory of a process and its descendants, again and again."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.peak_bytes = 0
        self._root = root
        self._ended = threading.Event()

    def run(self) -> None:
        deadline = time.monotonic() + _TIME_OUT_S
        while not self._ended.wait(_POLL_S):
            if time.monotonic() > deadline:
                os.killpg(self._root, signal.SIGKILL)
                return
            self.peak_bytes = max(self.peak_bytes, _tree_bytes(self._root))

    def end(self) -> None:
        self._ended.set()
        self.join()


def _tree_bytes(root: int) -> int:
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        try:
            fields = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
            total += int(fields[1]) * _PAGE_BYTES
            for task in Path(f"/proc/{pid}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total
