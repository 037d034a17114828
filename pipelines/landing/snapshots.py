"""The snapshots of all sources: which attempt is in use, and when a new one may be made.

Belongs here: the folder tree, the lock, reuse, and the rules for past days. Does not belong here:
how an attempt is made (`pulling.py`) or read (`stored.py`).
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import filelock
import msgspec
from pydantic import SecretStr

from pipelines.dialects.endpoints import Protocol
from pipelines.errors import ConfigurationError, NoSnapshotError, TransientError
from pipelines.landing.pulling import AttemptInMaking, Order, Progress
from pipelines.landing.stored import MANIFEST, Attempt, Manifest
from pipelines.ocpi.client import Limits
from pipelines.ocpi.pull import modules_of
from pipelines.settings import secret
from pipelines.sources import Source

logger = logging.getLogger(__name__)

_ATTEMPT_FORMAT: Final = "%Y%m%dT%H%M%S%fZ"
_ATTEMPT_NAME: Final = re.compile(r"\d{8}T\d{12}Z")
# Queues, retries and a feed that allows a request every 125 s: a night may begin late.
_GRACE: Final = timedelta(hours=12)
# A source that was dead for longer has its days pulled one by one.
_FURTHEST_BACK_DAYS: Final = 14


@dataclass(frozen=True)
class Landing:
    """The landing of all sources, rooted at a folder."""

    root: Path
    # Called with a source's name, token_env and origins.
    token_of: Callable[[str, str | None, Collection[str]], SecretStr | None] = field(
        default_factory=lambda: _token_in_the_environment
    )
    limits: Limits = field(default_factory=Limits)
    sleep: Callable[[float], None] = time.sleep
    lock_time_out_s: float = 3600.0

    def attempts(self, source: str, day: date) -> list[Attempt]:
        """Attempts that have a manifest, complete or not, oldest first."""
        found = []
        for path in sorted(self._folder(source, day).glob(f"*/{MANIFEST}")):
            if not _ATTEMPT_NAME.fullmatch(path.parent.name):
                continue
            try:
                manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
            except (msgspec.DecodeError, OSError) as error:
                logger.warning("%s cannot be read and is passed over: %s", path, error)
                continue
            found.append(Attempt(path.parent, manifest))
        return found

    def usable(self, source: str, day: date) -> Attempt | None:
        """The attempt in use: the newest complete one whose files verify."""
        for attempt in reversed(self.attempts(source, day)):
            if attempt.manifest.complete and attempt.verifies():
                return attempt
        return None

    def pull(
        self,
        source: Source,
        protocol: Protocol,
        *,
        day: date,
        now: Callable[[], datetime],
        refresh: bool = False,
        previous_ids: Callable[[], set[str]] | None = None,
        progress: Progress | None = None,
    ) -> Attempt:
        """The snapshot of a source and day: landed already, or pulled now.

        Of a past day of a source that serves only the current state, the modules with a window of
        time are pulled alone; a refresh keeps what has landed of the others. `previous_ids` gives
        the location ids last known, asked for only where the total moved while paging. Raises
        NoSnapshotError for a past day that nobody can be asked for, and the error of a required
        module after its incomplete attempt was written.
        """
        if day > now().astimezone(UTC).date():
            raise ConfigurationError(
                f"no snapshot of {source.name} can be taken on {day} yet: that day lies in the "
                f"future; choose today (UTC) or a day before"
            )
        with self._locked(source.name, day):
            landed = self.usable(source.name, day)
            if landed is not None and not refresh:
                return landed
            order = self._ordered(source, protocol, day=day, now=now(), landed=landed)
            attempt = AttemptInMaking(self._new_folder(source.name, day, now=now()), order)
            return attempt.run(
                now=now,
                previous_ids=previous_ids,
                progress=progress or (lambda module, received, declared: None),
                limits=self.limits,
                sleep=self.sleep,
            )

    def _ordered(
        self,
        source: Source,
        protocol: Protocol,
        *,
        day: date,
        now: datetime,
        landed: Attempt | None,
    ) -> Order:
        """What can be asked for now; NoSnapshotError where that is nothing."""
        modules = modules_of(source, protocol)
        windowed = tuple(
            name
            for name in modules
            if source.transport == "http" and (e := protocol.endpoint(name)) and e.window
        )
        is_live = can_be_asked_for(source, day, now=now)
        if is_live:
            for missing in set(source.required) - set(modules):
                raise ConfigurationError(
                    f"{source.name} has no module {missing!r}, which is required; correct the "
                    f"source in sources.yml"
                )
        elif not windowed:
            raise _no_snapshot(source, day, landed=landed is not None)
        # What would be today's prices in a past day. They are asked for all the same where nothing
        # landed, and refused, so that the snapshot says why it has none.
        undated = () if _is_recent(day, now=now) else source.undated_documents
        kept = {name for name in undated if landed and name in landed.modules}
        # Nor are details, which would be looked for in the list of that day.
        passed_over = kept | {n for n in undated if (e := protocol.endpoint(n)) and e.details_of}
        return Order(
            source.without_undated_documents() if undated else source,
            protocol,
            day,
            modules=tuple(n for n in modules if n not in passed_over) if is_live else windowed,
            token=None
            if source.auth == "none"
            else self.token_of(source.name, source.token_env, source.origins),
            landed=landed if kept or not is_live else None,
            left_at=self._left_at(source.name, day, windowed),
        )

    def _left_at(self, source: str, day: date, modules: tuple[str, ...]) -> dict[str, datetime]:
        """Up to when each module has been seen on the last day before that has it."""
        left_at: dict[str, datetime] = {}
        for back in range(1, _FURTHEST_BACK_DAYS + 1):
            missing = set(modules) - left_at.keys()
            if not missing:
                break
            before = day - timedelta(days=back)
            # Only now, since verifying reads every page of a day.
            if not any(missing.intersection(a.modules) for a in self.attempts(source, before)):
                continue
            attempt = self.usable(source, before)
            if attempt is not None:
                seen_to = min(attempt.manifest.started_at, _end_of(before))
                left_at |= dict.fromkeys(missing.intersection(attempt.modules), seen_to)
        return left_at

    def _folder(self, source: str, day: date) -> Path:
        return self.root / source / day.isoformat()

    def _new_folder(self, source: str, day: date, *, now: datetime) -> Path:
        """A folder named after the start; a microsecond later where that name is taken."""
        started = now.astimezone(UTC)
        while True:
            folder = self._folder(source, day) / started.strftime(_ATTEMPT_FORMAT)
            try:
                folder.mkdir(mode=0o700)
            except FileExistsError:
                started += timedelta(microseconds=1)
            else:
                return folder

    @contextmanager
    def _locked(self, source: str, day: date) -> Iterator[None]:
        """Alone with a snapshot; the lock is the kernel's and dies with its holder."""
        folder = self._folder(source, day)
        self.root.parent.mkdir(parents=True, exist_ok=True)
        # Sessions and tokens lie here as they came: no business of any other user.
        for closed in (self.root, folder.parent, folder):
            closed.mkdir(mode=0o700, exist_ok=True)
        lock = filelock.FileLock(folder / ".lock", timeout=self.lock_time_out_s)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise TransientError(
                f"another process has been pulling {source} for {day} for "
                f"{self.lock_time_out_s:.0f} s; try again when it is done"
            ) from None
        try:
            yield
        finally:
            lock.release()


def can_be_asked_for(source: Source, day: date, *, now: datetime) -> bool:
    """Whether a source can still say how things stood on a day, or stand now."""
    return source.is_replayable or _is_recent(day, now=now)


def _is_recent(day: date, *, now: datetime) -> bool:
    """Whether what a source says now still counts as that day's."""
    return now < _end_of(day) + _GRACE


def _end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def _no_snapshot(source: Source, day: date, *, landed: bool) -> NoSnapshotError:
    if landed:
        return NoSnapshotError(
            f"the snapshot of {source.name} taken on {day} cannot be taken again; the API serves "
            f"only the current state, so leave out the refresh and use what has landed"
        )
    return NoSnapshotError(
        f"no snapshot of {source.name} was taken on {day}; the API serves only the current state"
    )


def _token_in_the_environment(
    source: str, variable: str | None, _origins: Collection[str]
) -> SecretStr | None:
    return None if variable is None else secret(variable, needed_by=f"source {source}")
