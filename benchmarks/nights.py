"""What a night's marts cost beside a short history and a long one: `make -C benchmarks nights`.

Belongs here: loading simulated nights by the command line, and dbt's own time of the nights after.
Does not belong here: the load against others (`run.py`).

The fleet is the same size throughout, so that a night that reads its own days and look-backs takes
as long at the end as at the beginning. 3,000 locations, 20 and 200 nights: half an hour on 2 cores,
and 3 GB of disk in `benchmarks/.work`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from benchmarks.machine import machine
from pipelines.simulator import RunningSimulator

WORK = Path(__file__).resolve().parent / ".work" / "nights"
COMMAND = Path(sys.executable).parent / "ocpi-warehouse"
FIRST = date(2026, 1, 1)
SOURCE = "sim"


class Warehouse:
    """A warehouse of its own, which ends with the benchmark."""

    def __init__(self, folder: Path, versions_url: str) -> None:
        self._home = folder / "home"
        sources = folder / "sources.yml"
        self._environment = os.environ | {
            "OCPI_WAREHOUSE_HOME": str(self._home),
            "OCPI_WAREHOUSE_SOURCES": str(sources),
        }
        if folder.exists():
            # The server of a benchmark that was killed may still run in it.
            self.stop()
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        source = {
            "name": SOURCE,
            "dialect": "ocpi_2_2_1",
            "transport": "http",
            "versions_url": versions_url,
            "answers_past_days": True,
        }
        sources.write_text(json.dumps({"sources": [source]}), encoding="utf-8")

    def load(self, first: date, last: date) -> float:
        """Seconds in dbt, of the one build that follows the last of these nights."""
        self._run("materialize", "--source", SOURCE, "--date", f"{first}", "--to", f"{last}")
        results = (self._home / "dbt" / "run_results.json").read_text(encoding="utf-8")
        return float(json.loads(results)["elapsed_time"])

    def stop(self) -> None:
        self._run("stop")

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            [str(COMMAND), *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(arguments)} ended with an error:\n{done.stderr[-3000:]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--locations", type=int, default=3000)
    parser.add_argument("--histories", type=int, nargs="+", default=[20, 200], metavar="NIGHTS")
    parser.add_argument("--nights", type=int, default=3, help="measured beside each history")
    asked = parser.parse_args()
    histories = sorted(asked.histories)
    steps = pairwise(histories)
    if asked.nights < 1 or histories[0] < 1 or any(b - a <= asked.nights for a, b in steps):
        parser.error("each history has to be longer than the one before and its measured nights")

    with RunningSimulator(locations=asked.locations, start=FIRST, day=FIRST) as simulator:
        warehouse = Warehouse(WORK, simulator.versions_url)
        found: list[tuple[int, float, list[float]]] = []
        loaded = 0
        try:
            for history in histories:
                print(f"loading up to night {history}", flush=True)
                before = warehouse.load(_night(loaded), _night(history - 1))
                loaded = history + asked.nights
                after = [
                    warehouse.load(_night(number), _night(number))
                    for number in range(history, loaded)
                ]
                found.append((history, before, after))
        finally:
            warehouse.stop()

    print(f"\n{machine()['cpu']}, {os.cpu_count()} cores; {asked.locations} locations\n")
    print("| nights of history | build that took them in, in dbt [s] | nights after [s] | median |")
    print("|---|---|---|---|")
    for history, before, after in found:
        each = ", ".join(f"{seconds:.1f}" for seconds in after)
        print(f"| {history} | {before:.1f} | {each} | {statistics.median(after):.1f} |")
    first, last = (statistics.median(after) for _, _, after in (found[0], found[-1]))
    print(f"\nThe longest history costs a night {last / first:.2f} times what the shortest does.")


def _night(number: int) -> date:
    return FIRST + timedelta(days=number)


if __name__ == "__main__":
    main()
