"""Making one attempt: every module's pages into its folder, the manifest last.

Belongs here: what happens between the lock and the manifest. Does not belong here: whether an
attempt may be made (`snapshots.py`), HTTP and paging (`ocpi/`).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import msgspec

from pipelines.dialects.endpoints import Protocol
from pipelines.errors import IncompleteSnapshotError, OcpiWarehouseError, SourceError
from pipelines.landing.stored import MANIFEST, Attempt, LandedModule, LandedPage, Manifest
from pipelines.ocpi.client import Limits
from pipelines.ocpi.document import compression_suffix
from pipelines.ocpi.pull import Connection, Page
from pipelines.settings import secret
from pipelines.sources import Source

logger = logging.getLogger(__name__)

# More vanished ids than this are no slip of an offset; the mass change check looks at them.
_MOST_ASKED_ONE_BY_ONE: Final = 2000

Progress = Callable[[str, int, int | None], None]
"""Called with module, records received, records declared (or None)."""


class AttemptInMaking:
    """One attempt while it is being made."""

    def __init__(self, folder: Path, source: Source, day: date) -> None:
        self._folder = folder
        self._source = source
        self._day = day
        self._modules: dict[str, LandedModule] = {}

    def run(
        self,
        protocol: Protocol,
        *,
        now: Callable[[], datetime],
        previous_ids: Callable[[], set[str]] | None,
        progress: Progress,
        limits: Limits,
        sleep: Callable[[float], None],
    ) -> Attempt:
        source, started_at = self._source, now().astimezone(UTC)
        token = (
            secret(source.token_env, needed_by=f"source {source.name}")
            if source.token_env and source.auth != "none"
            else None
        )
        failure: OcpiWarehouseError | None = None
        with Connection(
            source,
            protocol,
            day=self._day,
            token=token,
            spool=self._folder,
            limits=limits,
            sleep=sleep,
        ) as connection:
            for name in connection.modules:
                failure = self._module(connection, name, previous_ids, progress)
                if failure is not None and name in source.required:
                    break
                failure = None
        for missing in set(source.required) - self._modules.keys() if failure is None else ():
            failure = SourceError(f"{source.name} has no module {missing!r}, which is required")
        self._let_groups_fall_together(protocol)
        attempt = self._write_manifest(
            started_at=started_at, ended_at=now().astimezone(UTC), complete=failure is None
        )
        if failure is not None:
            raise failure
        return attempt

    def _module(
        self,
        connection: Connection,
        name: str,
        previous_ids: Callable[[], set[str]] | None,
        progress: Progress,
    ) -> OcpiWarehouseError | None:
        """Pull one module into the folder; the error that kept it from being complete."""
        endpoint = connection.protocol.endpoint(name)
        landed = LandedModule(
            complete=False,
            required=name in self._source.required,
            group=endpoint.group if endpoint else None,
        )
        pages: list[LandedPage] = []
        seen: set[str] = set()
        pull = connection.module(name)
        error: OcpiWarehouseError | None = None
        asked = 0
        try:
            for page in pull:
                pages.append(self._keep(page, name, len(pages) + 1))
                seen.update(key for key in page.ids if key is not None)
                progress(name, sum(p.records for p in pages), pull.declared_total)
            outcome = pull.outcome
            landed = msgspec.structs.replace(
                landed,
                complete=outcome.complete,
                reason=outcome.reason,
                declared_total=outcome.declared_total,
                total_moved=outcome.total_moved,
                notes=list(outcome.notes),
            )
            if not outcome.complete:
                error = IncompleteSnapshotError(
                    f"{name} of {self._source.name} for {self._day} is not complete: "
                    f"{outcome.reason}; nothing of it is used, pull it again later"
                )
            elif outcome.total_moved and previous_ids and connection.can_ask_one_by_one(name):
                asked = self._ask_for_vanished(connection, name, previous_ids() - seen, pages)
        except OcpiWarehouseError as raised:
            error = raised
        if error is not None:
            landed = msgspec.structs.replace(
                landed, complete=False, reason=landed.reason or str(error)
            )
            logger.warning("%s of %s: %s", name, self._source.name, error)
        self._modules[name] = msgspec.structs.replace(
            landed,
            received=sum(page.records for page in pages),
            asked_one_by_one=asked,
            pages=pages,
        )
        return error

    def _ask_for_vanished(
        self, connection: Connection, name: str, vanished: set[str], pages: list[LandedPage]
    ) -> int:
        """The total moved while paging: what is missing is asked for before it is believed gone."""
        if len(vanished) > _MOST_ASKED_ONE_BY_ONE:
            raise IncompleteSnapshotError(
                f"{name} of {self._source.name}: the total moved while paging and "
                f"{len(vanished)} known ids are missing, too many to ask for one by one; "
                f"pull it again at a quieter hour"
            )
        details = 0
        for _, page in connection.details(name, sorted(vanished)):
            if page is not None:
                details += 1
                pages.append(self._keep(page, f"{name}-detail", details))
        return len(vanished)

    def _keep(self, page: Page, stem: str, number: int) -> LandedPage:
        if page.spooled is not None:
            with page.spooled.open("rb") as file:
                name = f"{stem}-{number:05}.json{compression_suffix(file.read(4))}"
            page.spooled.rename(self._folder / name)
            _synced(self._folder / name)
        else:
            name = f"{stem}-{number:05}.json{compression_suffix(page.body[:4])}"
            _written(self._folder / name, page.body)
        return LandedPage(
            file=name,
            sha256=page.sha256,
            bytes=page.size,
            records=page.records,
            url=page.url_redacted,
            requested_at=page.requested_at,
            kind=page.kind,
            headers=dict(page.headers),
        )

    def _let_groups_fall_together(self, protocol: Protocol) -> None:
        """Price modules stand or fall together: one that failed takes its group along."""
        fallen = {
            module.group: name for name, module in self._modules.items() if not module.complete
        }
        for name, module in self._modules.items():
            if module.complete and module.group is not None and module.group in fallen:
                self._modules[name] = msgspec.structs.replace(
                    module,
                    complete=False,
                    reason=f"believed only together with {fallen[module.group]}, which failed",
                )

    def _write_manifest(
        self, *, started_at: datetime, ended_at: datetime, complete: bool
    ) -> Attempt:
        manifest = Manifest(
            source=self._source.name,
            dialect=self._source.dialect,
            day=self._day,
            attempt=self._folder.name,
            started_at=started_at,
            ended_at=ended_at,
            complete=complete,
            modules=self._modules,
        )
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        temporary = self._folder / f"{MANIFEST}.part"
        _written(temporary, text)
        _synced(self._folder)
        temporary.rename(self._folder / MANIFEST)
        _synced(self._folder)
        return Attempt(self._folder, manifest)


def _written(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _synced(path: Path) -> None:
    """What is in a file or folder survives a power cut from here on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
