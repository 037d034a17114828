"""Loading one snapshot: stage, decide, merge, note; all of it in one transaction, or nothing.

Belongs here: the order of a load and of a retraction, and what they write to the ledger. Does
not belong here: how a day is merged (`history.py`), what makes a load acceptable (`verdicts.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg import sql

from pipelines.errors import HeldSnapshotError, WarehouseError
from pipelines.model import REPORT_TABLES, TABLES, Table, module_tables
from pipelines.sources import Source
from pipelines.warehouse import asked, events, phrases, snapshots, verdicts
from pipelines.warehouse.connect import Warehouse
from pipelines.warehouse.empty_tables import claim_empty
from pipelines.warehouse.history import (
    Change,
    Day,
    compare,
    merge,
    tables_with_history,
)
from pipelines.warehouse.journal import Origin, note_change, note_decision
from pipelines.warehouse.modules import (
    Progress,
    StagedModule,
    day_of,
    decide,
    stage_events,
    stage_module,
)
from pipelines.warehouse.session import load_session
from pipelines.warehouse.snapshots import (
    Clock,
    PulledAttempt,
    loaded_days,
    record_failed_pull,
    release,
    stored_checks,
    utc_now,
)
from pipelines.warehouse.staging import (
    AnyConnection,
    LakeSnapshot,
    copy_report,
    create_stage,
)
from pipelines.warehouse.unobserved import carry, leave_absence_open
from pipelines.warehouse.verdicts import Verdict

__all__ = [
    "LakeSnapshot",
    "LoadResult",
    "current_location_ids",
    "load_snapshot",
    "record_failed_pull",
    "release",
    "retract",
    "settings_hash",
    "stored_checks",
]

# A smaller change does not turn a plan; all tables of 100,000 locations take 0.4 s.
ANALYZED_ROWS = 10_000


@dataclass(frozen=True)
class LoadResult:
    """What a load came to; `rows_changed` counts versions written, by table."""

    source: str
    day: date
    modules: tuple[str, ...]
    rows_staged: Mapping[str, int] = field(default_factory=dict)
    rows_changed: Mapping[str, int] = field(default_factory=dict)

    @property
    def total_changed(self) -> int:
        return sum(self.rows_changed.values())

    def metadata(self) -> dict[str, Any]:
        return {
            "modules": ", ".join(self.modules),
            "rows_staged": sum(self.rows_staged.values()),
            "rows_changed": self.total_changed,
            **{f"changed/{name}": rows for name, rows in self.rows_changed.items() if rows},
        }


class _RefusedError(Exception):
    """Ends the transaction of a load; the verdicts are stored after it."""

    def __init__(self, checks: Mapping[str, Mapping[str, Verdict]]) -> None:
        super().__init__()
        self.checks = checks


def load_snapshot(
    warehouse: Warehouse,
    snapshot: LakeSnapshot,
    *,
    source: Source,
    attempt: PulledAttempt,
    clock: Clock = utc_now,
    progress: Progress | None = None,
) -> LoadResult:
    """Merge one day of a source into the history; the same day again writes only differences.

    Raises HeldSnapshotError when too many locations vanished, WarehouseError when a promise
    would be broken (both stored in `ops.snapshot`, nothing else written).
    """
    if snapshot.manifest.attempt_hash != attempt.hash:
        raise WarehouseError(
            f"loading {source.name} of {snapshot.day}: the lake holds attempt "
            f"{snapshot.manifest.attempt}, the landing uses {attempt.manifest.attempt}; "
            "run the lake step of this day again"
        )
    with load_session(warehouse, source.name) as connection:
        try:
            with connection.transaction():
                return _load(
                    connection,
                    snapshot,
                    source=source,
                    attempt=attempt,
                    clock=clock,
                    progress=progress or (lambda *_: None),
                )
        except _RefusedError as refused:
            with connection.transaction():
                raise_later = _refuse(
                    connection,
                    refused.checks,
                    source=source,
                    day=snapshot.day,
                    attempt=attempt,
                    at=clock(),
                )
        raise raise_later


def _load(
    connection: AnyConnection,
    snapshot: LakeSnapshot,
    *,
    source: Source,
    attempt: PulledAttempt,
    clock: Clock,
    progress: Progress,
) -> LoadResult:
    day, names = snapshot.day, tuple(sorted(snapshot.manifest.modules))
    # Before anything is touched: a lock that comes late may wait for one that waits for us.
    claimed = claim_empty(
        connection,
        [
            table
            for name in names
            # Versions of a day before a loaded one end, and may have to pass over unobserved days.
            if not any(
                loaded > day for loaded in loaded_days(connection, source=source.name, module=name)
            )
            for table in module_tables(name)
            if table.kind == "state" and snapshot.rows(table.name)
        ],
    )
    withdrawn = {
        name: _withdraw_what_is_not_asked_again(
            connection,
            snapshot,
            source=source.name,
            module=name,
            asked_ids=attempt.manifest.modules[name].asked,
        )
        for name in names
        if asked.is_asked(name)
    }
    _replace_reports(connection, snapshot, source=source.name, modules=names)
    for name in names:
        if attempt.manifest.modules[name].is_absence_open:
            leave_absence_open(connection, source=source.name, day=day, module=name)
    modules = [
        stage_events(connection, snapshot, source=source.name, module=name, progress=progress)
        if events.holds_events(name)
        else stage_module(
            connection,
            snapshot,
            source=source.name,
            module=name,
            asked_ids=attempt.manifest.modules[name].asked,
            claimed=claimed,
            progress=progress,
        )
        for name in names
    ]
    checks = {
        module.at.module: decide(
            connection, module, source=source, attempt=attempt.manifest.attempt
        )
        for module in modules
    }
    if not all(verdict.passed for found in checks.values() for verdict in found.values()):
        raise _RefusedError(checks)
    changed: dict[str, int] = {}
    moved: set[str] = set()
    # One moment for all of it: what is known at a time is known of every module.
    at = clock()
    for module in modules:
        changes = dict(withdrawn.get(module.at.module, {}))
        for name, change in _merge_module(connection, module, checks, progress=progress).items():
            changes[name] = changes.get(name, Change()) + change
        changed |= {name: change.rows for name, change in changes.items()}
        if any(change.rows for change in changes.values()):
            moved.add(module.at.module)
        note_change(
            connection,
            module.at,
            changes,
            action="load",
            noted_at=at,
            origin=_origin(source, attempt),
        )
    snapshots.note_loaded(
        connection,
        source=source.name,
        day=day,
        attempt=attempt,
        modules=names,
        moved=moved,
        checks=checks,
        at=at,
    )
    for name, pulled in attempt.manifest.modules.items():
        if not pulled.complete:
            snapshots.note_refused(
                connection,
                source=source.name,
                day=day,
                attempt=attempt,
                modules=[name],
                status="failed",
                verdict=pulled.reason or "not complete",
                checks={},
                at=at,
            )
    staged = {name: rows for module in modules for name, rows in module.staged.items()}
    return LoadResult(source.name, day, names, staged, changed)


def _replace_reports(
    connection: AnyConnection, snapshot: LakeSnapshot, *, source: str, modules: Sequence[str]
) -> None:
    """The reports of the modules at hand; those of a module that failed this time stay."""
    for table in REPORT_TABLES:
        _delete_report(connection, table, source=source, day=snapshot.day, modules=modules)
        if table.name not in snapshot.tables:
            continue
        try:
            copy_report(connection, table, snapshot.batches(table.name), source=source)
        except psycopg.errors.UniqueViolation as error:
            said = verdicts.key_twice(table, error.diag.message_detail or str(error))
            raise _RefusedError({name: {"conservation": said} for name in modules}) from None


def _delete_report(
    connection: AnyConnection, table: Table, *, source: str, day: date, modules: Sequence[str]
) -> None:
    connection.execute(
        f"delete from ops.{table.name}"
        " where source = %s and snapshot_date = %s and module = any(%s)",
        (source, day, list(modules)),
    )


def _merge_module(
    connection: AnyConnection,
    module: StagedModule,
    checks: Mapping[str, Mapping[str, Verdict]],
    *,
    progress: Progress,
) -> dict[str, Change]:
    if module.holds_events:
        return events.upsert(connection, module.tables, source=module.at.source, day=module.at.day)
    changes: dict[str, Change] = {}
    for done, difference in enumerate(module.differences):
        progress("merging", done, len(module.differences))
        table = difference.table
        try:
            changes[table.name] = merge(connection, difference, module.at)
        except psycopg.errors.UniqueViolation as error:
            # A first load leaves it to the primary key to see that a key comes once.
            said = error.diag.message_detail or str(error)
            twice = {"keys_unique": verdicts.key_twice(table, said)}
            name = module.at.module
            raise _RefusedError({**checks, name: {**checks[name], **twice}}) from None
        if changes[table.name].rows > max(ANALYZED_ROWS, difference.staged // 5):
            # Else dbt, which comes next, would plan on guesses until autovacuum comes round.
            connection.execute(sql.SQL("analyze {}").format(phrases.history(table)))
    return changes


def _refuse(
    connection: AnyConnection,
    checks: Mapping[str, Mapping[str, Verdict]],
    *,
    source: Source,
    day: date,
    attempt: PulledAttempt,
    at: datetime,
) -> HeldSnapshotError | WarehouseError:
    """Store why a load was rolled back; returns the error that says so."""
    failed = {
        (module, name): verdict.sentence
        for module, found in checks.items()
        for name, verdict in found.items()
        if not verdict.passed
    }
    is_held = all(name == "mass_change" for _, name in failed)
    reasons = "; ".join(f"{module}: {sentence}" for (module, _), sentence in failed.items())
    snapshots.note_refused(
        connection,
        source=source.name,
        day=day,
        attempt=attempt,
        modules=tuple(checks),
        status="held" if is_held else "rejected",
        verdict=reasons,
        checks=checks,
        at=at,
    )
    for module, found in checks.items():
        note_decision(
            connection,
            source=source.name,
            day=day,
            module=module,
            action="hold" if is_held else "reject",
            noted_at=at,
            reason=reasons,
            origin=_origin(source, attempt),
            checks=snapshots.stored(found),
        )
    if is_held:
        return HeldSnapshotError(
            f"loading {source.name} of {day}: {reasons}; if that is true, run: ocpi-warehouse "
            f"release --source {source.name} --date {day} --reason TEXT, then load it again"
        )
    broken = ", ".join(sorted({name for _, name in failed}))
    return WarehouseError(
        f"loading {source.name} of {day} would have broken a promise ({broken}): {reasons}; "
        "nothing was loaded; run the lake step of this day again, and if it fails again report it"
    )


def _withdraw(connection: AnyConnection, at: Day) -> dict[str, Change]:
    """Make the module's history what it would be, had its day never been loaded."""
    changes: dict[str, Change] = {}
    known = tables_with_history(connection, module_tables(at.module), source=at.source)
    for name in sorted(known):
        table = TABLES[name]
        create_stage(connection, table)
        carried = carry(
            connection,
            table,
            about=at.about,
            kinds=None,
            among=None if at.asks_everything else asked.was_asked("version"),
        )
        changes[name] = merge(connection, compare(connection, table, at, staged=carried), at)
        # A load that goes on from here makes its own.
        connection.execute(
            sql.SQL("drop table {}, {}").format(phrases.stage(table), phrases.difference(table))
        )
    asked.forget_asked(connection, source=at.source, day=at.day, module=at.module)
    return changes


def _withdraw_what_is_not_asked_again(
    connection: AnyConnection,
    snapshot: LakeSnapshot,
    *,
    source: str,
    module: str,
    asked_ids: Sequence[str] | None,
) -> dict[str, Change]:
    """Of a location that the day's earlier attempt asked for, and this one does not, the day now
    says nothing: what it said goes, with all of the day, before the day is loaded anew."""
    at = day_of(connection, source=source, day=snapshot.day, module=module)
    if not at.is_loaded or asked_ids is None:
        return {}
    root = module_tables(module)[0].name
    batches = snapshot.batches(root) if root in snapshot.tables else iter(())
    answered = {key for batch in batches for key in batch.column("location_id").to_pylist()}
    if not asked.asked_for_others(connection, at.about, than=answered.union(asked_ids)):
        return {}
    return _withdraw(connection, at)


def retract(
    warehouse: Warehouse,
    source: str,
    day: date,
    module: str,
    *,
    reason: str,
    clock: Clock = utc_now,
) -> LoadResult:
    """Undo the load of a module's day: the history is as if that day had never been loaded.

    Raises WarehouseError if it is not loaded, or of events, whose older versions are not kept.
    """
    if events.holds_events(module):
        raise WarehouseError(
            f"retracting {module} of {source} of {day}: of sessions, CDRs and tokens the newest "
            "version alone is kept, so a day cannot be taken back; load a better one instead"
        )
    with load_session(warehouse, source) as connection, connection.transaction():
        for table in REPORT_TABLES:
            _delete_report(connection, table, source=source, day=day, modules=[module])
        at = day_of(connection, source=source, day=day, module=module)
        if not at.is_loaded:
            raise WarehouseError(
                f"retracting {module} of {source} of {day}: it is not loaded; see ops.snapshot"
            )
        changes = _withdraw(connection, at)
        connection.execute(
            "update ops.snapshot set status = 'retracted', verdict = %s"
            " where source = %s and snapshot_date = %s and module = %s",
            (reason, source, day, module),
        )
        note_change(
            connection,
            at,
            changes,
            action="retract",
            noted_at=clock(),
            origin=Origin(),
            reason=reason,
        )
    changed = {name: change.rows for name, change in changes.items()}
    return LoadResult(source, day, (module,), rows_changed=changed)


def current_location_ids(warehouse: Warehouse, source: str) -> set[str]:
    """Ids of the locations last known, to be asked for before they are believed gone."""
    with warehouse.connection() as connection:
        rows = connection.execute(
            "select location_id from ocpi.location where source = %s and valid_to is null",
            (source,),
        )
        return {location_id for (location_id,) in rows}


def settings_hash(source: Source) -> str:
    """SHA-256 of a source's entry in sources.yml."""
    return hashlib.sha256(source.model_dump_json().encode()).hexdigest()


def _origin(source: Source, attempt: PulledAttempt) -> Origin:
    return Origin(attempt.manifest.attempt, attempt.hash, settings_hash(source))
