"""The benchmark from end to end: `make bench`, or `python -m benchmarks.run --help`.

Belongs here: which contender runs when, and on what. Does not belong here: how one is measured
(`measuring.py`), what comes out in words (`report.py`).

Contenders take turns (A B C D, A B C D, ...), so that a slow quarter of an hour of the machine
falls on all of them. Each measured run gets an empty database on the same server, loads day 1 into
it, and day 2 on top, each step in a process of its own.

All of it takes some 50 minutes on 2 quiet cores, and 12 GB of disk in `benchmarks/.work`. For a
quick try: `make bench BENCH_LOCATIONS=5000 BENCH_RUNS=1` (its results stay in that folder).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.contract import STEPS, Task
from benchmarks.databases import Databases
from benchmarks.documents import DAYS, Documents, documents
from benchmarks.machine import machine, versions
from benchmarks.measuring import Measured, measured
from benchmarks.report import markdown

HERE = Path(__file__).resolve().parent
WORK = HERE / ".work"
OPPONENTS_PYTHON = HERE / ".venv" / "bin" / "python"
FULL_LOCATIONS, FULL_RUNS = 100_000, 3
TUNING_LOCATIONS = 10_000
DLT_FORMATS = ("insert_values", "csv", "parquet")
# Memory is measured at this many times the locations, this project's alone.
MEMORY_FACTOR = 3


@dataclass(frozen=True)
class Contender:
    """One way of loading."""

    name: str
    module: str
    python: Path
    options: dict[str, str] = field(default_factory=dict)


OURS = Contender("ocpi-warehouse", "ocpi_warehouse", Path(sys.executable))
DLT = Contender("dlt, tuned", "dlt_merge", OPPONENTS_PYTHON, {"settings": "tuned"})
DLT_AS_SHIPPED = Contender(
    "dlt, as shipped", "dlt_merge", OPPONENTS_PYTHON, {"settings": "default"}
)
PANDAS = Contender("pandas", "pandas_to_sql", OPPONENTS_PYTHON)
FLOOR = Contender("floor", "floor_copy", OPPONENTS_PYTHON)
CONTENDERS = (OURS, DLT, DLT_AS_SHIPPED, PANDAS, FLOOR)


def main() -> None:
    arguments = _arguments()
    WORK.mkdir(exist_ok=True)
    databases = Databases(WORK / "postgres")
    try:
        results = _Bench(databases, arguments).run()
    finally:
        databases.stop()
    is_full = (
        arguments.locations == FULL_LOCATIONS
        and arguments.runs >= FULL_RUNS
        and set(arguments.contenders) == {contender.module for contender in CONTENDERS}
    )
    # A quick try does not replace the figures of the full benchmark.
    folder = HERE if is_full else WORK
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    text = markdown(results)
    (folder / "results.md").write_text(text, encoding="utf-8")
    sys.stdout.write(f"\n{text}\nwritten to {(folder / 'results.md').relative_to(HERE.parent)}\n")


def _arguments() -> argparse.Namespace:
    modules = list(dict.fromkeys(contender.module for contender in CONTENDERS))
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--locations", type=int, default=FULL_LOCATIONS)
    parser.add_argument("--runs", type=int, default=FULL_RUNS)
    parser.add_argument("--contenders", nargs="+", choices=modules, default=modules)
    return parser.parse_args()


class _Bench:
    """One run of the benchmark."""

    def __init__(self, databases: Databases, arguments: argparse.Namespace) -> None:
        self._databases = databases
        self._locations: int = arguments.locations
        self._runs: int = arguments.runs
        self._contenders = [c for c in CONTENDERS if c.module in arguments.contenders]
        self._began = time.monotonic()
        self._rows: dict[str, dict[str, int]] = {}

    def run(self) -> dict[str, object]:
        started_at = datetime.now(UTC)
        load_average = os.getloadavg()[0]
        found = self._documents(self._locations)
        tuning = self._tune()
        measurements = self._rounds(
            found, dlt_format=min(tuning, key=tuning.__getitem__, default="")
        )
        memory = self._memory_at_scale() if OURS in self._contenders else None
        return {
            "started_at": started_at.isoformat(timespec="seconds"),
            "minutes": round((time.monotonic() - self._began) / 60, 1),
            "runs": self._runs,
            "load_average_at_start": load_average,
            "machine": machine(),
            "versions": versions(OPPONENTS_PYTHON),
            "postgres": self._databases.settings(),
            "documents": found.facts,
            "dlt_format_seconds": tuning,
            "rows": self._rows,
            "measurements": measurements,
            "memory_at_scale": memory,
        }

    def _rounds(self, found: Documents, *, dlt_format: str) -> list[dict[str, object]]:
        measurements: list[dict[str, object]] = []
        for number in range(1, self._runs + 1):
            for contender in self._contenders:
                if contender.module == DLT.module:
                    contender = replace(
                        contender, options=contender.options | {"format": dlt_format}
                    )
                steps = self._steps(contender, found, what=f"run {number} of {self._runs}")
                measurements += [
                    {"contender": contender.name, "run": number, "step": step, **asdict(one)}
                    for step, one in steps.items()
                ]
        return measurements

    def _tune(self) -> dict[str, float]:
        """Seconds of dlt, both steps, by file format; the fastest one is what dlt runs with."""
        if DLT not in self._contenders:
            return {}
        small = self._documents(min(TUNING_LOCATIONS, self._locations))
        seconds = {}
        for name in DLT_FORMATS:
            contender = replace(DLT, options=DLT.options | {"format": name})
            steps = self._steps(contender, small, what=f"choosing a format, {name}")
            seconds[name] = sum(one.seconds for one in steps.values())
        return seconds

    def _memory_at_scale(self) -> dict[str, object]:
        locations = self._locations * MEMORY_FACTOR
        found = self._documents(locations)
        steps = self._steps(OURS, found, what=f"memory at {locations:,} locations")
        return {
            "documents": found.facts,
            "steps": {step: asdict(one) for step, one in steps.items()},
        }

    def _steps(self, contender: Contender, found: Documents, *, what: str) -> dict[str, Measured]:
        state = WORK / "state"
        shutil.rmtree(state, ignore_errors=True)
        state.mkdir()
        steps = {}
        with self._databases.fresh() as server:
            for step, day in zip(STEPS, DAYS, strict=True):
                self._databases.settle()
                task = Task(
                    step=step,
                    landing=found.landing,
                    attempt=found.attempt(day),
                    server=server,
                    state=state,
                    result=WORK / "result.json",
                    options=contender.options,
                )
                command = [
                    str(contender.python), "-m", f"benchmarks.contenders.{contender.module}"
                ]  # fmt: skip
                steps[step] = one = measured(command, task, log=WORK / "contender.log")
                self._say(
                    f"{contender.name}, {what}, {step}: {one.seconds:.1f} s "
                    f"(process {one.process_seconds:.1f} s), {one.peak_bytes / 1e6:,.0f} MB"
                )
                if contender.name not in self._rows and found.facts["locations"] >= self._locations:
                    self._rows[contender.name] = self._databases.row_counts(server)
        shutil.rmtree(state)
        return steps

    def _documents(self, locations: int) -> Documents:
        return documents(WORK, locations=locations, progress=self._say)

    def _say(self, text: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        sys.stdout.write(f"[{minutes:3}:{seconds:02}] {text}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
