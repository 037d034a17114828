"""`ocpi-warehouse rebuild`: tables and marts as they were known at a time, in a database beside.

Belongs here: the order of a rebuild - what is wanted, is it all there, replay, marts - and what is
said of it. Does not belong here: the steps themselves (`warehouse/replay.py`), the database
(`warehouse/scratch.py`).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import typer

from pipelines.assets.marts import DBT, dbt_arguments
from pipelines.cli.console import TerminalProgress, err, out, print_rows
from pipelines.cli.export import read_export, result_of
from pipelines.cli.runs import complaints
from pipelines.dialects import DIALECTS
from pipelines.errors import ConfigurationError, PermanentError, WarehouseError
from pipelines.flatten import flatten_snapshot
from pipelines.lake import Lake, LakeSnapshot
from pipelines.landing import Attempt
from pipelines.resources import DBT_PROJECT_DIR, Project, utc_now
from pipelines.settings import Settings
from pipelines.sources import Source
from pipelines.version import code_version
from pipelines.warehouse.builds import dbt_fingerprint, pending_build, seeds_hash
from pipelines.warehouse.connect import Warehouse, advisory_lock
from pipelines.warehouse.load import settings_hash
from pipelines.warehouse.migrations import migrate
from pipelines.warehouse.provenance import (
    Build,
    Export,
    build_known_at,
    ledger_hash,
    ranges,
)
from pipelines.warehouse.replay import (
    REFUSALS,
    Given,
    Line,
    Step,
    among,
    copy_ledger,
    known_at,
    read_ledger,
    replay,
    steps_of,
)
from pipelines.warehouse.scratch import (
    checked_name,
    create_scratch,
    drop_scratch,
    scratch_databases,
    scratch_name,
)


def parse_moment(text: str, *, now: datetime) -> datetime:
    """A time that a person wrote, UTC where it names no zone; ConfigurationError for no time."""
    try:
        date.fromisoformat(text)
    except ValueError:
        pass
    else:
        raise ConfigurationError(
            f"{text} is a whole day; say at what time of it, as in {text}T06:00Z"
        )
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"{text!r} is no time; write it as 2026-06-08T06:00Z, or with another zone, as "
            "2026-06-08T08:00+02:00"
        ) from None
    moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    if moment > now:
        raise ConfigurationError(
            f"{_said(moment)} lies in the future (now is {_said(now)}): what will be known then "
            "nobody knows; name a time up to now"
        )
    return moment


@dataclass(frozen=True)
class Wanted:
    """What is to be rebuilt: the steps, and the build of the marts whose variables they take."""

    moment: datetime
    steps: Sequence[Step]
    build: Build | None
    export: Export | None = None

    @property
    def load_ids(self) -> list[int]:
        return [load_id for step in self.steps for load_id in step.load_ids]

    @property
    def lines(self) -> list[Line]:
        return [line for step in self.steps for line in step.lines]


def wanted_at(warehouse: Warehouse, moment: datetime) -> Wanted:
    """What was known at a time; ConfigurationError where that was nothing."""
    with warehouse.connection() as connection:
        steps = steps_of(read_ledger(connection))
        build = build_known_at(connection, moment)
    known = known_at(steps, moment)
    if not any(step.action == "load" for step in known):
        first = next((step for step in steps if step.action == "load"), None)
        since = f"the first load ended at {_said(first.at)}" if first else "nothing was ever loaded"
        raise ConfigurationError(f"at {_said(moment)} nothing was known: {since}")
    return Wanted(moment, known, build)


def wanted_from(warehouse: Warehouse, path: Path) -> Wanted:
    """What a published figure is made of; ConfigurationError where this ledger is another one."""
    export = read_export(path)
    with warehouse.connection() as connection:
        steps = steps_of(read_ledger(connection))
    steps = among(steps, export.provenance.load_ids)
    found = Wanted(export.known_at, steps, export.provenance.build, export)
    lines = sorted(found.lines, key=lambda line: line.load_id)
    if ledger_hash(lines) != export.ledger_hash:
        raise ConfigurationError(
            f"{path} was not made from {warehouse.describe()}: loads "
            f"{ranges(export.provenance.load_ids)} are others here, or missing; set "
            "OCPI_WAREHOUSE_HOME and OCPI_WAREHOUSE_URL to the warehouse it came from"
        )
    return found


@dataclass
class Rebuild:
    """One rebuild while it is being made."""

    project: Project
    wanted: Wanted
    folder: Path
    """For what is flattened again, and for dbt; gone at the end."""
    warnings: list[str] = field(default_factory=list)

    def attempts(self) -> dict[Step, Attempt]:
        """The landing attempts of all steps; PermanentError naming a load's that is not there."""
        found: dict[Step, Attempt] = {}
        for done, step in enumerate(self.wanted.steps):
            self.project.progress("looking for landing attempts", done, len(self.wanted.steps))
            if step.attempt is None:
                continue
            attempt = self._attempt(step)
            if attempt is not None:
                found[step] = attempt
            elif step.action == "load":
                raise PermanentError(
                    f"the landing attempt {step.attempt} of {step.describe()} is not in "
                    f"{self.project.landing.root}, or not as it was loaded; put that folder back "
                    f"from a backup: without it nobody can say what was known"
                )
            else:
                self.warnings.append(
                    f"{step.action} of {step.describe()} is left out of ops.snapshot: its landing "
                    f"attempt is gone"
                )
        return found

    def _attempt(self, step: Step) -> Attempt | None:
        for attempt in self.project.landing.attempts(step.source, step.day):
            if attempt.manifest.attempt != step.attempt:
                continue
            expected = step.lines[0].attempt_hash
            if step.action != "load":
                return attempt
            is_same = attempt.hash == expected
            return attempt if is_same and (self._lake(step) or attempt.verifies()) else None
        return None

    def _lake(self, step: Step) -> LakeSnapshot | None:
        """The lake's snapshot of the day, where it was made of that very attempt and is whole."""
        found = self.project.lake.snapshot(step.source, step.day)
        if found is None or found.manifest.attempt_hash != step.lines[0].attempt_hash:
            return None
        return found.of_day(step.day) if found.manifest.attempt == step.attempt else None

    def replay(self, scratch: Warehouse, attempts: Mapping[Step, Attempt]) -> None:
        """Do every step again, in order, and give the loads the numbers of then."""
        other: list[int] = []
        steps = self.wanted.steps
        for done, step in enumerate(steps):
            if step.attempt is not None and step not in attempts:
                # A refusal whose pages are gone, and what was done about it.
                continue
            label = f"replaying {step.source} {step.day}"
            self.project.progress(label, done, len(steps))
            is_made_of = step.action == "load" or step.action in REFUSALS
            given = self._given(step, attempts[step]) if is_made_of else None
            rows = replay(step, scratch, given, progress=lambda *_: None)
            if rows != step.rows_changed:
                other += step.load_ids
        if other:
            self.warnings.append(
                f"loads {ranges(other)} wrote another number of versions than then: what is in "
                "this database is not what was known"
            )
        copy_ledger(self.project.warehouse, scratch, self.wanted.load_ids)

    def _given(self, step: Step, attempt: Attempt) -> Given:
        # The dialect of then stands in the landing; a source may be gone from sources.yml by now.
        source = self.project.sources.get(step.source) or Source.model_construct(name=step.source)
        source = source.model_copy(update={"dialect": attempt.manifest.dialect})
        if step.action in REFUSALS:
            return Given(source, attempt, None)
        snapshot = self._lake(step)
        if snapshot is None:
            snapshot = flatten_snapshot(
                attempt,
                dialect=DIALECTS[attempt.manifest.dialect],
                source=step.source,
                day=step.day,
                lake=Lake(str(self.folder / "lake")),
                hash_key=self.project.settings.key_of_hashes,
            ).snapshot
        return Given(source, attempt, snapshot)

    def variables(self) -> Mapping[str, Any]:
        """What the marts are told: what they were told then, as far as anybody knows."""
        build = self.wanted.build
        return build.variables if build and build.variables else self.project.dbt_variables()

    def build_marts(self, scratch: Warehouse) -> None:
        """All marts, by dbt, as a full build of the night would make them."""
        variables = self.variables()
        pending = pending_build(scratch, dbt_fingerprint(DBT_PROJECT_DIR, variables))
        assert pending is not None
        with pending.noted(scratch, variables=variables, clock=self.project.clock):
            self._run_dbt(scratch, dbt_arguments(pending, variables=variables))

    def _run_dbt(self, scratch: Warehouse, arguments: Sequence[str]) -> None:
        project_dir, target = str(DBT_PROJECT_DIR), str(self.folder / "dbt")
        command = [
            *(DBT, *arguments),
            *("--project-dir", project_dir, "--profiles-dir", project_dir),
            *("--target-path", target, "--log-path", target),
        ]
        said: list[str] = []
        with subprocess.Popen(
            command,
            env={**os.environ, **scratch.dbt_environment()},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                said.append(line)
                counted = re.search(r"\b(\d+) of (\d+) (?!START)", line)
                if counted:
                    self.project.progress("building marts", int(counted[1]), int(counted[2]))
        if process.returncode:
            reasons = complaints("".join(said)) or ["".join(said[-3:]).strip()]
            raise WarehouseError(
                f"building the marts in {scratch.database} failed: {'; '.join(reasons)}; its "
                "tables are as they were known, its marts are not to be used"
            )

    def warn_of_changes(self, *, has_marts: bool) -> None:
        """Say what decides a row, or a figure, and is not what it was then."""
        version = code_version()
        lines, build = self.wanted.lines, self.wanted.build
        for other in sorted({line.code_version or "?" for line in lines} - {version}):
            loads = ranges(line.load_id for line in lines if line.code_version == other)
            self.warnings.append(
                f"loads {loads} were made by version {other}, this is {version}: rows may differ; "
                "run this command with that version to be sure"
            )
        if not has_marts:
            return
        if build is None:
            self._warn_of_sources(lines)
        self._warn_of_marts(build, lines)

    def _warn_of_sources(self, lines: Sequence[Line]) -> None:
        """How records are read the landing knows, and a build its ranks; else they are today's."""
        entries = {name: settings_hash(source) for name, source in self.project.sources.items()}
        for name in sorted({line.source for line in lines}):
            loads = ranges(
                line.load_id
                for line in lines
                if line.source == name and line.settings_hash not in (None, entries.get(name))
            )
            if loads:
                self.warnings.append(
                    f"the entry of {name} in sources.yml is not what it was at loads {loads}: "
                    "marts may differ, as they take its rank and dialect of today"
                )

    def _warn_of_marts(self, build: Build | None, lines: Sequence[Line]) -> None:
        seeds = build.seeds_hash if build else lines[-1].seeds_hash
        if seeds not in (None, seeds_hash()):
            self.warnings.append(
                "the seeds of the marts are not what they were then: marts may differ; to be sure "
                "check out dbt_project/seeds as of then"
            )
        elif build and dbt_fingerprint(DBT_PROJECT_DIR, self.variables()) != build.fingerprint:
            self.warnings.append(
                f"the models of the marts are not those of build {build.build_id} "
                f"({_said(build.built_at)}): marts may differ; to be sure check out the code of "
                "then"
            )


def run_rebuild(
    settings: Settings,
    sources: dict[str, Source],
    *,
    moment: str | None,
    export: Path | None,
    database: str | None,
    dbt: bool,
    replace: bool,
) -> None:
    """Rebuild what was known, say what came of it; exit code 1 where an export is not met."""
    progress = TerminalProgress()
    project = Project(settings, sources, progress=progress)
    warehouse = project.warehouse
    if export is not None:
        wanted = wanted_from(warehouse, export)
    elif moment is not None:
        wanted = wanted_at(warehouse, parse_moment(moment, now=utc_now()))
    else:
        known = ", ".join(sorted(scratch_databases(warehouse))) or "none"
        raise ConfigurationError(
            "say what to rebuild, by --known-at TIME or --from FILE (a file of `ocpi-warehouse "
            f"export`); rebuilds on this server: {known}"
        )
    name = checked_name(warehouse, database or scratch_name(warehouse, wanted.moment))
    # No figure of an export can be met without the marts it was made from.
    dbt = dbt and (export is None or wanted.build is not None)
    began = time.monotonic()
    with advisory_lock(warehouse, f"ocpi-warehouse: rebuild {name}", wait=False), progress.shown():
        folder = settings.home_dir / "rebuild" / name
        rebuild = Rebuild(project, wanted, folder)
        try:
            scratch = _replayed(rebuild, name, replace=replace)
            if dbt:
                rebuild.build_marts(scratch)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    rebuild.warn_of_changes(has_marts=dbt)
    _print_summary(rebuild, name, seconds=time.monotonic() - began, has_marts=dbt)
    if wanted.export is not None and (dbt or wanted.build is None):
        _compare(scratch, wanted.export)


def _replayed(rebuild: Rebuild, name: str, *, replace: bool) -> Warehouse:
    """The database with every step done again; none is left where one failed."""
    attempts = rebuild.attempts()
    warehouse = rebuild.project.warehouse
    holds = f"known at {_said(rebuild.wanted.moment)}, made {_said(utc_now())}"
    scratch = create_scratch(warehouse, name, holds=holds, replace=replace)
    try:
        migrate(scratch)
        rebuild.replay(scratch, attempts)
    except BaseException:
        drop_scratch(warehouse, name)
        raise
    return scratch


def run_drop(settings: Settings, *, moment: str | None, database: str | None) -> None:
    """Drop a rebuild, named by its database or by its time."""
    warehouse = Warehouse.from_settings(settings)
    if database is None and moment is None:
        raise ConfigurationError("say what to drop, by --database NAME or --known-at TIME")
    if database is None:
        assert moment is not None
        database = scratch_name(warehouse, parse_moment(moment, now=utc_now()))
    drop_scratch(warehouse, database)
    typer.echo(f"dropped {database}")


def _print_summary(rebuild: Rebuild, name: str, *, seconds: float, has_marts: bool) -> None:
    wanted = rebuild.wanted
    for warning in rebuild.warnings:
        err.print(f"warning: {warning}", markup=False)
    loads = [step for step in wanted.steps if step.action == "load"]
    rows = [
        (source, len(own), str(min(s.day for s in own)), str(max(s.day for s in own)))
        for source in sorted({step.source for step in loads})
        for own in [[step for step in loads if step.source == source]]
    ]
    print_rows(
        f"known at {_said(wanted.moment)}: loads {ranges(wanted.load_ids)}",
        ("source", "loads", "first snapshot", "last snapshot"),
        rows,
    )
    what = "tables and marts" if has_marts else "tables"
    table = "marts.operator_power_daily" if has_marts else "ops.snapshot"
    out.print(
        f"\n{what} as they were known then, in {seconds:.0f} s, in the database {name}\n"
        f'  ocpi-warehouse sql --database {name} "select * from {table} limit 10"\n'
        f"  ocpi-warehouse rebuild --database {name} --drop",
        markup=False,
    )


def _compare(scratch: Warehouse, export: Export) -> None:
    """Whether the query of an export gives what it gave; WarehouseError if not."""
    found = result_of(scratch, export.query)
    if (found.rows, found.rows_hash) != (export.rows, export.rows_hash):
        raise WarehouseError(
            f"not reproduced: the query gave {export.rows} rows then; now it gives {found.rows}, "
            "and not the same; the warnings above say what may be the reason"
        )
    out.print(f"reproduced: the {export.rows:,} rows of the export, value by value")


def _said(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
