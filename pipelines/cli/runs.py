"""Dagster in process: one night of a source, one build of the marts.

Belongs here: the instance under HOME and the execution of jobs by the command line. The runs are
recorded like any other, so the UI shows them. Does not belong here: the jobs (`jobs.py`).
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.definitions import build_definitions
from pipelines.jobs import MARTS_JOB, night_job_name
from pipelines.resources import Project

# Only one process a machine keeps pools busy for: the command line's own runs carry its number.
PROCESS_TAG = "ocpi_warehouse/process"
GONE = "its process is gone"
DBT_FAILED = "DagsterDbtCliRuntimeError"

DAGSTER_YAML = """\
# Written once by ocpi-warehouse; yours to change.
telemetry:
  enabled: false
nux:
  # No invitation to a mailing list over the first look at the graph.
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 2
  pools:
    default_limit: 1
run_monitoring:
  enabled: true
  # Without it a cancelled run holds its pool for ever.
  free_slots_after_run_end_seconds: 60
run_retries:
  enabled: true
  max_retries: 1
  # Pulls have a retry policy of their own; this is for crashed workers.
  retry_on_asset_or_op_failure: false
"""


@dataclass(frozen=True)
class Outcome:
    """How a run ended: the sentences of what failed, empty if nothing did."""

    failures: tuple[str, ...]

    @property
    def is_success(self) -> bool:
        return not self.failures


def prepare_dagster_home(folder: Path) -> None:
    """The folder and its dagster.yaml; an existing file is left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "dagster.yaml"
    if not config.exists():
        config.write_text(DAGSTER_YAML, encoding="utf-8")


class Runner:
    """Runs the jobs of one project in this process."""

    def __init__(self, project: Project) -> None:
        self.project = project
        prepare_dagster_home(project.settings.dagster_dir)
        # Nobody waits minutes at a terminal for a retry of the whole pull.
        self.definitions = build_definitions(
            project.settings, project.sources, project=project, retry_pull=None
        )
        self.instance = dg.DagsterInstance.from_config(str(project.settings.dagster_dir))

    def __enter__(self) -> Runner:
        self._free_slots_of_the_dead()
        return self

    def __exit__(self, *_: object) -> None:
        self.instance.dispose()

    def night(self, source: str, *, day: date, refresh: bool = False) -> Outcome:
        """Landing, lake and warehouse of one source's day."""
        config: dict[str, Any] = {}
        if refresh:
            config = {"ops": {f"{source}__landing": {"config": {"refresh": True}}}}
        return self._run(night_job_name(source), partition=day.isoformat(), config=config)

    def marts(self) -> Outcome:
        """The marts, for what loads have moved since the last build."""
        return self._run(MARTS_JOB, partition=None, config={})

    def _run(self, job: str, *, partition: str | None, config: Mapping[str, Any]) -> Outcome:
        said = io.StringIO()
        # dbt's lines, one per model and test, would drown what is printed here; where it fails,
        # they say why.
        with contextlib.redirect_stdout(said):
            result = self.definitions.resolve_job_def(job).execute_in_process(
                instance=self.instance,
                partition_key=partition,
                # Dagster's own lines repeat what is printed here, with stack traces.
                run_config={
                    **config,
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
                tags={PROCESS_TAG: str(os.getpid())},
                raise_on_error=False,
            )
        return Outcome(tuple(_failures(result, said=said.getvalue())))

    def _free_slots_of_the_dead(self) -> None:
        """Free pool slots of runs whose process is gone, before a run waits for them.

        Seen: after kill -9 the next run span for ten minutes at 99 % CPU on the dead one's slot.
        A run that held none is told dead too, or the UI would show it at work for ever.
        """
        for started in self.instance.get_runs(
            dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])
        ):
            if not _is_alive(started):
                self.instance.report_run_failed(started, GONE)
        storage = self.instance.event_log_storage
        if not storage.supports_global_concurrency_limits:
            return
        for pool in storage.get_concurrency_keys():
            info = storage.get_concurrency_info(pool)
            for run_id in {*info.active_run_ids, *info.pending_run_ids}:
                run = self.instance.get_run_by_id(run_id)
                if run is not None and _is_alive(run):
                    continue
                if run is not None and not run.is_finished:
                    self.instance.report_run_failed(run, GONE)
                storage.free_concurrency_slots_for_run(run_id)


def _is_alive(run: dg.DagsterRun) -> bool:
    """Whether an unfinished run may still be at work; only our own processes can be asked."""
    if run.is_finished:
        return False
    process = run.tags.get(PROCESS_TAG)
    if process is None:
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _failures(result: dg.ExecuteInProcessResult, *, said: str) -> list[str]:
    if result.success:
        return []
    sentences = complaints(said)
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            error = data.error
            while error is not None and error.cause is not None:
                error = error.cause
            if sentences and error is not None and error.cls_name == DBT_FAILED:
                # All of dbt's lines once more, and the command.
                continue
            own = data.user_failure_data.description if data.user_failure_data else None
            sentences.append(own or (error.message.strip() if error else "the step failed"))
    return sentences or ["the run failed; `ocpi-warehouse dev` shows where"]


def complaints(said: str) -> list[str]:
    """What failed in dbt, a sentence each: from its summary, or its lines of error without one."""
    lines = [_plain(line) for line in said.splitlines()]
    found = []
    for number, line in enumerate(lines):
        # Without a summary where it fails before anything is built.
        headed = re.match(r"Failure in (.+?) \(|Encountered an error:$", line)
        if headed:
            told = itertools.takewhile(_is_told, lines[number + 1 :])
            reasons = [line for line in told if not (headed[1] and _is_around(line))]
            found.append(": ".join(filter(None, (headed[1], " ".join(reasons)))))
    return found or [line for line in lines if _is_complaint(line)]


def _plain(line: str) -> str:
    """Without colours, the time of day and blanks around."""
    return re.sub(r"^\d\d:\d\d:\d\d(\s|$)", "", re.sub(r"\x1b\[[0-9;]*m", "", line)).strip()


def _is_told(line: str) -> bool:
    """Whether a line below the head of a failure still belongs to it."""
    return bool(line) and not line.startswith("compiled code at ")


def _is_around(line: str) -> bool:
    """Whether it says where, while the head says so already, or points at a column of SQL."""
    return bool(re.match(r"\w+ Error in |LINE \d+:|\^$", line))


def _is_complaint(line: str) -> bool:
    """Whether a line of dbt says that something failed, and what."""
    return bool(re.search(r"\b(ERROR|FAIL)\b(?!=)|Error in |^Got \d+ result", line))
