"""`ops.snapshot`: what became of each source, day and module, in one place.

Belongs here: reading and writing those rows, `release`, failed pulls, stored verdicts. Does not
belong here: deciding (`verdicts.py`), loading (`load.py`).

`status` speaks of what is in force. A day that is loaded stays so when a later attempt of it is
held, rejected or failed; what happened to that one stands in the `refused_*` columns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal, Protocol

from psycopg.types.json import Jsonb

from pipelines.errors import WarehouseError
from pipelines.sources import Source
from pipelines.warehouse.connect import Warehouse
from pipelines.warehouse.journal import Origin, note_decision
from pipelines.warehouse.staging import AnyConnection
from pipelines.warehouse.verdicts import Verdict

Status = Literal["loaded", "held", "rejected", "failed"]
Clock = Callable[[], datetime]


class Page(Protocol):
    @property
    def bytes(self) -> int: ...


class PulledModule(Protocol):
    """What the landing knows of one module."""

    @property
    def complete(self) -> bool: ...
    @property
    def required(self) -> bool: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def declared_total(self) -> int | None: ...
    @property
    def received(self) -> int: ...
    @property
    def notes(self) -> Sequence[str]: ...
    @property
    def asked(self) -> Sequence[str] | None: ...
    @property
    def is_absence_open(self) -> bool: ...
    @property
    def pages(self) -> Sequence[Page]: ...


class PullManifest(Protocol):
    @property
    def attempt(self) -> str: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def ended_at(self) -> datetime: ...
    @property
    def modules(self) -> Mapping[str, PulledModule]: ...


class PulledAttempt(Protocol):
    """A landing attempt, as far as the warehouse cares."""

    @property
    def manifest(self) -> PullManifest: ...
    @property
    def hash(self) -> str: ...


def utc_now() -> datetime:
    return datetime.now(UTC)


def loaded_days(connection: AnyConnection, *, source: str, module: str) -> list[date]:
    """The days on which the module counts as observed, ascending."""
    return [
        day
        for (day,) in connection.execute(
            "select snapshot_date from ops.snapshot"
            " where source = %s and module = %s and status = 'loaded' order by snapshot_date",
            (source, module),
        )
    ]


def released_attempt(connection: AnyConnection, *, source: str, day: date) -> str | None:
    """The attempt of the day that a person let through."""
    row = connection.execute(
        "select released_attempt from ops.snapshot where source = %s and snapshot_date = %s"
        " and released_attempt is not null limit 1",
        (source, day),
    ).fetchone()
    return row[0] if row else None


def note_loaded(
    connection: AnyConnection,
    *,
    source: str,
    day: date,
    attempt: PulledAttempt,
    modules: Collection[str],
    moved: Collection[str],
    checks: Mapping[str, Mapping[str, Verdict]],
    at: datetime,
) -> None:
    """These modules of the attempt are in force from now on.

    Of a day that was loaded before, those that no row `moved` in keep the times of their pull: what
    it shows was so then, and the marts have measured ages against it.
    """
    for module in modules:
        connection.execute(
            _UPSERT_LOADED,
            {
                **_facts(source, day, attempt.manifest, module),
                "status": "loaded",
                "verdict": "loaded",
                "checks": stored(checks[module]),
                "at": at,
                "moved": module in moved,
            },
        )


def note_refused(
    connection: AnyConnection,
    *,
    source: str,
    day: date,
    attempt: PulledAttempt,
    modules: Collection[str],
    status: Status,
    verdict: str,
    checks: Mapping[str, Mapping[str, Verdict]],
    at: datetime,
) -> None:
    """These modules of the attempt did not get in; what is loaded stays in force."""
    for module in modules:
        connection.execute(
            _UPSERT_REFUSED,
            {
                **_facts(source, day, attempt.manifest, module),
                "status": status,
                "verdict": verdict,
                "checks": stored(checks.get(module, {})),
                "at": at,
            },
        )


def stored(checks: Mapping[str, Verdict]) -> Jsonb:
    """Verdicts as `ops.snapshot` and `ops.load` keep them."""
    return Jsonb({name: verdict.as_json() for name, verdict in checks.items()})


def _facts(source: str, day: date, manifest: PullManifest, module: str) -> dict[str, Any]:
    pulled = manifest.modules[module]
    return {
        "source": source,
        "day": day,
        "module": module,
        "is_required": pulled.required,
        "attempt": manifest.attempt,
        "notes": "; ".join(pulled.notes) or None,
        "pages": len(pulled.pages),
        "bytes": sum(page.bytes for page in pulled.pages),
        "declared_total": pulled.declared_total,
        "received": pulled.received,
        "pull_started_at": manifest.started_at,
        "pull_ended_at": manifest.ended_at,
    }


_FACTS = (
    "is_required, status, verdict, checks, attempt, notes, pages, bytes, declared_total, received,"
    " pull_started_at, pull_ended_at"
)
_FACT_VALUES = ", ".join(f"%({name.strip()})s" for name in _FACTS.split(","))
_INSERT = (
    f"insert into ops.snapshot (source, snapshot_date, module, {_FACTS}, loaded_at)"
    f" values (%(source)s, %(day)s, %(module)s, {_FACT_VALUES}, "
)
_TAKE_OVER = ", ".join(f"{name.strip()} = excluded.{name.strip()}" for name in _FACTS.split(","))
_NOTHING_REFUSED = (
    "refused_status = null, refused_verdict = null, refused_checks = null, refused_attempt = null,"
    " refused_at = null"
)
_KEPT_UNMOVED = frozenset({"pull_started_at", "pull_ended_at"})
_TAKE_OVER_MOVED = ", ".join(
    f"{name} = case when snapshot.status = 'loaded' and not %(moved)s then snapshot.{name}"
    f" else excluded.{name} end"
    if name in _KEPT_UNMOVED
    else f"{name} = excluded.{name}"
    for name in _FACTS.split(", ")
)
_UPSERT_LOADED = (
    f"{_INSERT} %(at)s) on conflict (source, snapshot_date, module) do update"
    f" set {_TAKE_OVER_MOVED}, loaded_at = excluded.loaded_at, {_NOTHING_REFUSED}"
)
# Two upserts in one: beside what is loaded, or in place of what never was.
_UPSERT_REFUSED = f"""
with kept as (
  update ops.snapshot
  set refused_status = %(status)s, refused_verdict = %(verdict)s, refused_checks = %(checks)s,
    refused_attempt = %(attempt)s, refused_at = %(at)s
  where source = %(source)s and snapshot_date = %(day)s and module = %(module)s
    and status = 'loaded'
  returning 1
)
insert into ops.snapshot (source, snapshot_date, module, {_FACTS})
select %(source)s, %(day)s, %(module)s, {_FACT_VALUES}
where not exists (select from kept)
on conflict (source, snapshot_date, module) do update set {_TAKE_OVER}
"""


def stored_checks(warehouse: Warehouse, source: str, day: date) -> dict[str, Verdict]:
    """The latest decision on a day, check by check; what any module failed has failed."""
    with warehouse.connection() as connection:
        rows = connection.execute(
            "select module, is_required, coalesce(refused_status, status),"
            " coalesce(refused_verdict, verdict),"
            " case when refused_status is null then checks else refused_checks end"
            " from ops.snapshot where source = %s and snapshot_date = %s"
            " order by is_required desc, module",
            (source, day),
        ).fetchall()
    if not rows:
        return {}
    found: dict[str, Verdict] = {
        "completeness": _completeness(rows, "required", [row for row in rows if row[1]]),
        "optional_modules": _completeness(rows, "optional", [row for row in rows if not row[1]]),
    }
    for module, _, _, _, checks in rows:
        for name, stored in (checks or {}).items():
            verdict = Verdict.from_json(stored)
            said = Verdict(verdict.passed, f"{module}: {verdict.sentence}", verdict.figures)
            found[name] = said if name not in found else _both(found[name], said)
    return found


def _completeness(rows: Sequence[Any], kind: str, concerned: Sequence[Any]) -> Verdict:
    failed = [
        f"{module}: {verdict}" for module, _, status, verdict, _ in concerned if status == "failed"
    ]
    if failed:
        return Verdict(False, "; ".join(failed), {"failed": len(failed)})
    names = ", ".join(row[0] for row in concerned) or "none"
    return Verdict(True, f"complete: {names} ({kind})", {"modules": len(concerned)})


def _both(one: Verdict, other: Verdict) -> Verdict:
    return Verdict(
        one.passed and other.passed,
        f"{one.sentence}; {other.sentence}",
        {**one.figures, **other.figures},
    )


def release(
    warehouse: Warehouse, source: str, day: date, reason: str, *, clock: Clock = utc_now
) -> None:
    """Let the held attempt of a day through: its next load passes the mass-change check.

    Only that attempt: a newer one is decided anew. Raises WarehouseError if none is held.
    """
    with warehouse.connection() as connection:
        at = clock()
        released = connection.execute(
            "update ops.snapshot set released_at = %(at)s, release_reason = %(reason)s,"
            " released_attempt = case when status = 'held' then attempt else refused_attempt end"
            " where source = %(source)s and snapshot_date = %(day)s"
            " and (status = 'held' or refused_status = 'held')"
            " returning module, released_attempt",
            {"at": at, "reason": reason, "source": source, "day": day},
        ).fetchall()
        for module, attempt in sorted(released):
            note_decision(
                connection,
                source=source,
                day=day,
                module=module,
                action="release",
                noted_at=at,
                reason=reason,
                origin=Origin(attempt),
            )
        if released:
            return
        known = connection.execute(
            "select module || ' is ' || coalesce(refused_status, status) from ops.snapshot"
            " where source = %s and snapshot_date = %s order by module",
            (source, day),
        ).fetchall()
    state = ", ".join(row[0] for row in known) or "nothing of that day was ever loaded or held"
    raise WarehouseError(
        f"releasing {source} of {day}: it is not held ({state}); see ops.snapshot for what is"
    )


def record_failed_pull(
    warehouse: Warehouse, source: Source, *, day: date, error: Exception, clock: Clock = utc_now
) -> None:
    """Note for every required module that the pull failed, and why.

    A module that is loaded for the day stays loaded, and a held one held; the sentence stands
    beside it.
    """
    at = clock()
    with warehouse.connection() as connection:
        for module in source.required:
            note_failed_pull(
                connection, source=source.name, day=day, module=module, reason=str(error), at=at
            )


def note_failed_pull(
    connection: AnyConnection, *, source: str, day: date, module: str, reason: str, at: datetime
) -> None:
    """Nothing came of this module that day."""
    connection.execute(
        _FAILED_PULL,
        {"source": source, "day": day, "module": module, "verdict": reason, "at": at},
    )
    note_decision(
        connection,
        source=source,
        day=day,
        module=module,
        action="fail",
        noted_at=at,
        reason=reason,
        origin=Origin(),
    )


_FAILED_PULL = """
with kept as (
  update ops.snapshot
  set refused_status = 'failed', refused_verdict = %(verdict)s, refused_checks = null,
    refused_attempt = null, refused_at = %(at)s
  where source = %(source)s and snapshot_date = %(day)s and module = %(module)s
    and status in ('loaded', 'held')
  returning 1
)
insert into ops.snapshot (source, snapshot_date, module, is_required, status, verdict)
select %(source)s, %(day)s, %(module)s, true, 'failed', %(verdict)s
where not exists (select from kept)
on conflict (source, snapshot_date, module) do update
  set status = excluded.status, verdict = excluded.verdict, checks = null
"""
