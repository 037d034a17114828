"""What a load or a retraction writes about itself: `ops.load` and `ops.change`.

Belongs here: which days a change may have moved. Does not belong here: reading them for the
marts (`builds.py`), the verdicts of a snapshot (`snapshots.py`).
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from pipelines.warehouse.history import Change, Day
from pipelines.warehouse.staging import AnyConnection


def note_change(
    connection: AnyConnection,
    at: Day,
    changes: Mapping[str, Change],
    *,
    action: Literal["load", "retract"],
    noted_at: datetime,
    origin: Mapping[str, str | None],
) -> None:
    """One line in `ops.load`; one in `ops.change` where a figure may have moved."""
    connection.execute(
        "insert into ops.load (source, snapshot_date, module, action, attempt, attempt_hash,"
        " code_version, settings_hash, rows_changed, loaded_at)"
        " values (%(source)s, %(day)s, %(module)s, %(action)s, %(attempt)s, %(attempt_hash)s,"
        " %(code_version)s, %(settings_hash)s, %(rows)s, %(at)s)",
        {
            **at.about,
            **origin,
            "action": action,
            "code_version": importlib.metadata.version("ocpi-warehouse"),
            "rows": sum(change.rows for change in changes.values()),
            "at": noted_at,
        },
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
