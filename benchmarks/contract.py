"""What a contender is asked, and what it answers.

Belongs here: the arguments of a contender's process and the file it writes. Standard library
alone, as it is imported in two environments. Does not belong here: what a contender does.

A contender measures from bytes on disk to rows committed by `stopwatch`; whoever started it
measures the whole process, start of the interpreter and imports included.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

FIRST, RELOAD = "first load", "re-load"
STEPS = (FIRST, RELOAD)


@dataclass(frozen=True)
class Server:
    """The Postgres socket, the login that owns the database, and the database."""

    host: str
    port: int
    user: str
    database: str

    @property
    def conninfo(self) -> str:
        """For psycopg."""
        return f"host={self.host} port={self.port} user={self.user} dbname={self.database}"

    @property
    def url(self) -> str:
        """For whoever wants a URL; `peer` looks at no password, some libraries insist on one."""
        host = quote(self.host, safe="")
        return f"postgresql://{self.user}:unused@{host}:{self.port}/{self.database}"


@dataclass(frozen=True)
class Task:
    """One measured step of one contender.

    `attempt` is the landing attempt with the pages of the step's day; `state` a folder that
    outlives the steps of one run (dlt's state, our lake); `options` what the contender is tuned by.
    """

    step: str
    landing: Path
    attempt: Path
    server: Server
    state: Path
    result: Path
    options: dict[str, str] = field(default_factory=dict)

    def arguments(self) -> list[str]:
        """The command line that `task_from_arguments` reads."""
        task = {
            "step": self.step,
            "landing": str(self.landing),
            "attempt": str(self.attempt),
            "server": vars(self.server),
            "state": str(self.state),
            "result": str(self.result),
            "options": self.options,
        }
        return ["--task", json.dumps(task)]

    def pages(self, module: str) -> list[Path]:
        """The pages of a module in the order they came."""
        return sorted(self.attempt.glob(f"{module}-*.json"))


def task_from_arguments() -> Task:
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", required=True, type=json.loads)
    task = parser.parse_args().task
    return Task(
        step=task["step"],
        landing=Path(task["landing"]),
        attempt=Path(task["attempt"]),
        server=Server(**task["server"]),
        state=Path(task["state"]),
        result=Path(task["result"]),
        options=task["options"],
    )


class Stopwatch:
    """Seconds of the work, in phases that follow one another."""

    def __init__(self) -> None:
        self.phases: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.phases[name] = self.phases.get(name, 0.0) + time.perf_counter() - began


@contextmanager
def stopwatch(task: Task) -> Iterator[Stopwatch]:
    """Time the work within; when it is done, its seconds and phases are in `task.result`."""
    watch = Stopwatch()
    began = time.perf_counter()
    yield watch
    seconds = time.perf_counter() - began
    task.result.write_text(
        json.dumps({"seconds": seconds, "phases": watch.phases}), encoding="utf-8"
    )
