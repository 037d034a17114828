"""What a load, a retraction or a refusal writes about itself: `ops.load` and `ops.change`.

Belongs here: the line of each, and which days a change may have moved. Does not belong here:
reading them for the marts (`builds.py`) or to replay them (`replay.py`), the verdicts of a
snapshot (`snapshots.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from psycopg.types.json import Jsonb

from pipelines.version import code_version
from pipelines.warehouse.builds import seeds_hash
from pipelines.warehouse.history import Change, Day
from pipelines.warehouse.staging import AnyConnection

Decision = Literal["hold", "reject", "fail", "release"]


@dataclass(frozen=True)
class Origin:
    """Where what is noted came from; nothing, for what came from no attempt."""

    attempt: str | None = None
    attempt_hash: str | None = None
    settings_hash: str | None = None


def note_change(
    connection: AnyConnection,
    at: Day,
    changes: Mapping[str, Change],
    *,
    action: Literal["load", "retract"],
    noted_at: datetime,
    origin: Origin,
    reason: str | None = None,
) -> None:
    """One line in `ops.load`; one in `ops.change` where a figure may have moved."""
    _note(
        connection,
        about=at.about,
        action=action,
        origin=origin,
        rows=sum(change.rows for change in changes.values()),
        noted_at=noted_at,
        reason=reason,
    )
    moved = [change for change in changes.values() if change.rows]
    if at.is_loaded == (action == "load"):
        if not moved:
            return
    else:
        # A day more or less is a change of its own: figures carried forward are of another age.
        moved.append(Change(is_open_ended=at.next_day is None, until=at.next_day))
    until = max((change.until for change in moved if change.until), default=None)
    is_open_ended = any(change.is_open_ended for change in moved) or until is None
    connection.execute(
        "insert into ops.change (source, module, from_day, to_day, changed_at)"
        " values (%s, %s, %s, %s, %s)",
        (
            at.source,
            at.module,
            at.day,
            None if is_open_ended or until is None else until - timedelta(days=1),
            noted_at,
        ),
    )


def note_decision(
    connection: AnyConnection,
    *,
    source: str,
    day: date,
    module: str,
    action: Decision,
    noted_at: datetime,
    reason: str,
    origin: Origin,
    checks: Jsonb | None = None,
) -> None:
    """One line in `ops.load` for what changed no table: without it nobody could say later what
    was known of that day, and since when."""
    _note(
        connection,
        about={"source": source, "day": day, "module": module},
        action=action,
        origin=origin,
        rows=0,
        noted_at=noted_at,
        reason=reason,
        checks=checks,
    )


def _note(
    connection: AnyConnection,
    *,
    about: Mapping[str, Any],
    action: str,
    origin: Origin,
    rows: int,
    noted_at: datetime,
    reason: str | None,
    checks: Jsonb | None = None,
) -> None:
    connection.execute(
        "insert into ops.load (source, snapshot_date, module, action, attempt, attempt_hash,"
        " code_version, settings_hash, seeds_hash, rows_changed, loaded_at, reason, checks)"
        " values (%(source)s, %(day)s, %(module)s, %(action)s, %(attempt)s, %(attempt_hash)s,"
        " %(code_version)s, %(settings_hash)s, %(seeds_hash)s, %(rows)s, %(at)s, %(reason)s,"
        " %(checks)s)",
        {
            **about,
            "attempt": origin.attempt,
            "attempt_hash": origin.attempt_hash,
            "settings_hash": origin.settings_hash,
            "action": action,
            "code_version": code_version(),
            "seeds_hash": seeds_hash(),
            "rows": rows,
            "at": noted_at,
            "reason": reason,
            "checks": checks,
        },
    )
