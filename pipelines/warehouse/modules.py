"""One module of a snapshot on its way into the warehouse: staged, compared, decided about.

Belongs here: which way a module takes - events, details asked one by one, state as a whole - up
to its verdicts. Does not belong here: the transaction and the ledger (`load.py`), how any of the
ways is gone (`events.py`, `asked.py`, `unchanged.py`, `history.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from pipelines.model import Table, module_tables
from pipelines.sources import Source
from pipelines.warehouse import asked, events, snapshots, verdicts
from pipelines.warehouse.empty_tables import BareTable, strip
from pipelines.warehouse.history import Day, Difference, compare, tables_with_history
from pipelines.warehouse.snapshots import loaded_days
from pipelines.warehouse.staging import (
    AnyConnection,
    LakeSnapshot,
    create_stage,
    fill_history,
    fill_stage,
)
from pipelines.warehouse.unchanged import fingerprint, snapshot_in_force, stage_changes
from pipelines.warehouse.unobserved import carry, read_markers, settle_markers
from pipelines.warehouse.verdicts import Verdict

# stage of work, rows so far, rows in all
Progress = Callable[[str, int, int | None], None]


@dataclass
class StagedModule:
    """One module while it is being loaded."""

    at: Day
    tables: Sequence[Table]
    lake: str
    """Fingerprint of what is loaded."""
    staged: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    @property
    def holds_events(self) -> bool:
        return events.holds_events(self.at.module)


def stage_events(
    connection: AnyConnection,
    snapshot: LakeSnapshot,
    *,
    source: str,
    module: str,
    progress: Progress,
) -> StagedModule:
    """Fill the stages of a module of events; there is nothing to compare them with."""
    staged: dict[str, int] = {}
    for table, rows in events.stage_events(connection, snapshot, module=module):
        progress(f"staging {table.name}", rows, snapshot.rows(table.name))
        staged[table.name] = rows
    at = day_of(connection, source=source, day=snapshot.day, module=module)
    return StagedModule(
        at, module_tables(module), lake=fingerprint(snapshot, module), staged=staged
    )


def stage_module(
    connection: AnyConnection,
    snapshot: LakeSnapshot,
    *,
    source: str,
    module: str,
    asked_ids: Sequence[str] | None,
    claimed: frozenset[str],
    progress: Progress,
) -> StagedModule:
    """Fill the stages of a module, settle what is unobserved, and compare."""
    tables = module_tables(module)
    staged: dict[str, int] = {}
    known = tables_with_history(connection, tables, source=source)
    # A table that neither has nor gets a row costs nothing: most dialects fill half of them.
    present = [
        table
        for table in tables
        if table.name in known or (table.name in snapshot.tables and snapshot.rows(table.name) > 0)
    ]
    bare: dict[str, BareTable] = {}
    narrowed: set[str] = set()
    is_partial = asked.is_asked(module)
    # Of a module that is asked for in parts, yesterday's snapshot is not the history.
    earlier = (
        None
        if is_partial
        else snapshot_in_force(connection, snapshot, source=source, module=module)
    )
    for table in present:
        batches = snapshot.batches(table.name) if table.name in snapshot.tables else iter(())
        if table.name in claimed:
            bare[table.name] = strip(connection, table)
            filled = fill_history(connection, table, batches, source=source, day=snapshot.day)
        elif earlier and table.name in snapshot.tables and table.name in earlier.tables:
            narrowed.add(table.name)
            filled = stage_changes(connection, table, snapshot, earlier=earlier, source=source)
        else:
            create_stage(connection, table)
            filled = fill_stage(connection, table, batches)
        staged[table.name] = 0
        for rows in filled:
            progress(f"staging {table.name}", rows, snapshot.rows(table.name))
            staged[table.name] = rows
    settle_markers(connection, source=source, day=snapshot.day, module=module, staged=staged)
    if is_partial:
        asked.note_asked(
            connection,
            source=source,
            day=snapshot.day,
            module=module,
            ids=asked_ids,
            has_answers=tables[0].name in staged,
        )
    at = day_of(connection, source=source, day=snapshot.day, module=module)
    differences = [
        Difference(table, staged=rows, keys=rows, is_first=True, bare=bare[table.name])
        if table.name in bare
        else compare(connection, table, at, staged=rows, is_narrowed=True)
        if table.name in narrowed
        else _compare(connection, table, at, staged=rows, has_history=table.name in known)
        for table in present
        for rows in [staged[table.name]]
    ]
    return StagedModule(
        at,
        tables,
        lake=fingerprint(snapshot, module),
        staged=staged,
        differences=differences,
    )


def day_of(connection: AnyConnection, *, source: str, day: date, module: str) -> Day:
    days = loaded_days(connection, source=source, module=module)
    return Day(
        source=source,
        module=module,
        day=day,
        is_loaded=day in days,
        later=[loaded for loaded in days if loaded > day],
        earlier=max((loaded for loaded in days if loaded < day), default=None),
        markers=read_markers(connection, source=source, day=day, module=module),
        is_partial=asked.is_asked(module),
        asks_everything=not asked.is_asked(module)
        or asked.asks_everything(connection, source=source, day=day, module=module),
    )


def _compare(
    connection: AnyConnection, table: Table, at: Day, *, staged: int, has_history: bool
) -> Difference:
    if at.is_partial:
        is_first = not at.later
    else:
        is_first = not (at.later and at.markers.of(table, at.later[0]))
    if is_first and not has_history:
        return Difference(table, staged=staged, keys=staged, is_first=True)
    carried = carry(connection, table, about=at.about, kinds=at.markers.of(table, at.day))
    return compare(connection, table, at, staged=staged + carried)


def decide(
    connection: AnyConnection, module: StagedModule, *, source: Source, attempt: str
) -> dict[str, Verdict]:
    """Every check of a module, each decided whatever the others say."""
    at = module.at
    decided = {
        "conservation": verdicts.conservation(
            connection, at, module.tables, staged=module.staged, lake=module.lake
        ),
        "keys_unique": events.keys_unique(connection, module.tables)
        if module.holds_events
        else verdicts.keys_unique(connection, at, module.differences),
        "parents_exist": events.parents_exist(connection, module.tables)
        if module.holds_events
        else verdicts.parents_exist(connection, at, module.differences),
    }
    released = snapshots.released_attempt(connection, source=source.name, day=at.day)
    has_locations = any(found.table is verdicts.LOCATION for found in module.differences)
    decided["mass_change"] = (
        verdicts.mass_change(
            connection, at, limit=source.mass_change_share, is_released=released == attempt
        )
        if has_locations
        else Verdict(True, "no locations in this module")
    )
    return decided
