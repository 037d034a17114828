"""`ops.load` read back: what was done, in order, and doing it again in another database.

Belongs here: the steps of then, which of them were known at a time, each step done again by the
code that did it first. Does not belong here: the database they are done in (`scratch.py`), the
rows that a load brings (the caller gets them from landing), the marts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from pipelines.errors import HeldSnapshotError, WarehouseError
from pipelines.sources import Source
from pipelines.warehouse import snapshots
from pipelines.warehouse.connect import Connection, Warehouse
from pipelines.warehouse.load import load_snapshot, retract
from pipelines.warehouse.modules import Progress
from pipelines.warehouse.snapshots import PulledAttempt, Status
from pipelines.warehouse.staging import LakeSnapshot
from pipelines.warehouse.verdicts import Verdict

Action = Literal["load", "retract", "hold", "reject", "fail", "release"]
REFUSALS: Mapping[str, Status] = {"hold": "held", "reject": "rejected"}
# Of all modules at once; of the rest each line of the ledger is a step of its own.
_WHOLE_ATTEMPTS = ("load", *REFUSALS)


@dataclass(frozen=True)
class Line:
    """A row of `ops.load`."""

    load_id: int
    source: str
    day: date
    module: str
    action: Action
    attempt: str | None
    attempt_hash: str | None
    code_version: str | None
    settings_hash: str | None
    seeds_hash: str | None
    rows_changed: int
    at: datetime
    reason: str | None = None
    checks: Mapping[str, Any] | None = field(default=None, hash=False)


@dataclass(frozen=True)
class Step:
    """Lines that were written together: one load, refusal, retraction, release or failure."""

    lines: tuple[Line, ...]

    @property
    def source(self) -> str:
        return self.lines[0].source

    @property
    def day(self) -> date:
        return self.lines[0].day

    @property
    def action(self) -> Action:
        return self.lines[0].action

    @property
    def attempt(self) -> str | None:
        return self.lines[0].attempt

    @property
    def modules(self) -> tuple[str, ...]:
        return tuple(line.module for line in self.lines)

    @property
    def load_ids(self) -> tuple[int, ...]:
        return tuple(line.load_id for line in self.lines)

    @property
    def rows_changed(self) -> int:
        return sum(line.rows_changed for line in self.lines)

    @property
    def at(self) -> datetime:
        """When the last of its lines was written: not before was any of it in force."""
        return max(line.at for line in self.lines)

    def describe(self) -> str:
        return f"{self.source} of {self.day} (load {self.load_ids[0]})"


@dataclass(frozen=True)
class Given:
    """What a load or a refusal was made of, as the landing has it."""

    source: Source
    attempt: PulledAttempt
    snapshot: LakeSnapshot | None


def read_ledger(connection: Connection) -> list[Line]:
    """Every line of `ops.load`, in order."""
    found = connection.execute(
        "select load_id, source, snapshot_date, module, action, attempt, attempt_hash,"
        " code_version, settings_hash, seeds_hash, rows_changed, loaded_at, reason, checks"
        " from ops.load order by load_id"
    ).fetchall()
    return [Line(*row) for row in found]


def steps_of(lines: Iterable[Line]) -> list[Step]:
    """The lines as steps, in the order in which these began.

    Sources load side by side, so the lines of one load need not stand together; but those of a
    source do: one load at a time.
    """
    open_steps: dict[str, list[Line]] = {}
    steps: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.load_id):
        step = open_steps.get(line.source)
        if step is not None and _goes_on(step, line):
            step.append(line)
        else:
            open_steps[line.source] = [line]
            steps.append(open_steps[line.source])
    return [Step(tuple(step)) for step in steps]


def _goes_on(step: Sequence[Line], line: Line) -> bool:
    first = step[0]
    return (
        line.action in _WHOLE_ATTEMPTS
        and (line.action, line.day, line.attempt) == (first.action, first.day, first.attempt)
        and all(line.module != before.module for before in step)
    )


def known_at(steps: Iterable[Step], moment: datetime) -> list[Step]:
    """The steps that were done by then."""
    return [step for step in steps if step.at <= moment]


def among(steps: Iterable[Step], load_ids: Collection[int]) -> list[Step]:
    """The steps that these lines make up."""
    wanted = set(load_ids)
    return [step for step in steps if wanted.issuperset(step.load_ids)]


def replay(step: Step, scratch: Warehouse, given: Given | None, *, progress: Progress) -> int:
    """Do a step again, at the time of then; the number of versions it wrote.

    `given` is what a load or a refusal was made of; a refusal is left out where that is gone.
    """

    def then() -> datetime:
        return step.at

    if step.action == "load":
        assert given is not None
        return _load_again(step, scratch, given, progress=progress)
    if step.action == "retract":
        [module] = step.modules
        reason = step.lines[0].reason or "retracted"
        return retract(
            scratch, step.source, step.day, module, reason=reason, clock=then
        ).total_changed
    if step.action == "release":
        # What was held before the ledger kept refusals cannot be released; its load gets in.
        with suppress(WarehouseError):
            snapshots.release(
                scratch, step.source, step.day, step.lines[0].reason or "released", clock=then
            )
        return 0
    with scratch.connection() as connection:
        for line in step.lines:
            if step.action == "fail":
                snapshots.note_failed_pull(
                    connection,
                    source=line.source,
                    day=line.day,
                    module=line.module,
                    reason=line.reason or "failed",
                    at=line.at,
                )
            elif given is not None:
                _refuse_again(connection, line, given.attempt)
    return 0


def _load_again(step: Step, scratch: Warehouse, given: Given, *, progress: Progress) -> int:
    assert given.snapshot is not None

    def load(source: Source) -> int:
        assert given.snapshot is not None
        return load_snapshot(
            scratch,
            given.snapshot,
            source=source,
            attempt=given.attempt,
            clock=lambda: step.at,
            progress=progress,
        ).total_changed

    try:
        return load(given.source)
    except HeldSnapshotError:
        # It got in then: released before releases were kept, or under another limit.
        return load(given.source.model_copy(update={"mass_change_share": 1.0}))


def _refuse_again(connection: Connection, line: Line, attempt: PulledAttempt) -> None:
    verdicts = {name: Verdict.from_json(found) for name, found in (line.checks or {}).items()}
    snapshots.note_refused(
        connection,
        source=line.source,
        day=line.day,
        attempt=attempt,
        modules=(line.module,),
        status=REFUSALS[line.action],
        verdict=line.reason or REFUSALS[line.action],
        checks={line.module: verdicts},
        at=line.at,
    )


def copy_ledger(warehouse: Warehouse, scratch: Warehouse, load_ids: Collection[int]) -> None:
    """Give the replayed loads the lines and numbers of then, in place of those of the replay."""
    with (
        warehouse.connection() as origin,
        scratch.connection() as target,
        target.transaction(),
        origin.cursor() as reading,
        target.cursor() as writing,
    ):
        names = (
            "load_id, source, snapshot_date, module, action, attempt, attempt_hash, code_version,"
            " settings_hash, seeds_hash, rows_changed, loaded_at, reason, checks"
        )
        writing.execute("truncate ops.load")
        with (
            reading.copy(
                f"copy (select {names} from ops.load where load_id = any(%s)) to stdout",
                (list(load_ids),),
            ) as lines,
            writing.copy(f"copy ops.load ({names}) from stdin") as kept,
        ):
            for block in lines:
                kept.write(block)
        writing.execute(
            "select setval(pg_get_serial_sequence('ops.load', 'load_id'), max(load_id))"
            " from ops.load"
        )
