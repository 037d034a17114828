"""Making one attempt: every module's pages into its folder, the manifest last.

Belongs here: what happens between the lock and the manifest. Does not belong here: whether an
attempt may be made (`snapshots.py`), HTTP and paging (`ocpi/`).
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import msgspec
from pydantic import SecretStr

from pipelines.dialects.endpoints import Protocol
from pipelines.errors import IncompleteSnapshotError, OcpiWarehouseError, SourceError
from pipelines.landing.stored import MANIFEST, Attempt, LandedModule, LandedPage, Manifest
from pipelines.landing.turns import whose_turn
from pipelines.ocpi.client import Limits
from pipelines.ocpi.document import compression_suffix
from pipelines.ocpi.pull import Connection, Page
from pipelines.sources import Source

logger = logging.getLogger(__name__)

# More vanished ids than this are no slip of an offset; the mass change check looks at them.
_MOST_ASKED_ONE_BY_ONE: Final = 2000

Progress = Callable[[str, int, int | None], None]
"""Called with module, records received, records declared (or None)."""


@dataclass(frozen=True)
class Order:
    """What is to be pulled for a day.

    `modules` are those to ask for; all others are taken over from the attempt `landed`, if there
    is one. `left_at`: module -> up to when it has been seen.
    """

    source: Source
    protocol: Protocol
    day: date
    modules: tuple[str, ...]
    token: SecretStr | None = None
    landed: Attempt | None = None
    left_at: Mapping[str, datetime] = field(default_factory=dict)


class AttemptInMaking:
    """One attempt while it is being made."""

    def __init__(self, folder: Path, order: Order) -> None:
        self._folder = folder
        self._order = order
        self._source = order.source
        self._day = order.day
        self._modules: dict[str, LandedModule] = {}
        # The ids seen of modules that details are asked for.
        self._ids: dict[str, set[str]] = {}

    def run(
        self,
        *,
        now: Callable[[], datetime],
        previous_ids: Callable[[], set[str]] | None,
        progress: Progress,
        limits: Limits,
        sleep: Callable[[float], None],
    ) -> Attempt:
        source, protocol, started_at = self._source, self._order.protocol, now().astimezone(UTC)
        if self._order.landed is not None:
            self._take_over(self._order.landed)
        failure: OcpiWarehouseError | None = None
        failed: dict[str, OcpiWarehouseError] = {}
        with Connection(
            source,
            protocol,
            day=self._day,
            token=self._order.token,
            spool=self._folder,
            limits=limits,
            sleep=sleep,
            left_at=self._order.left_at,
        ) as connection:
            for name in self._order.modules:
                error = self._asked_for(connection, name, previous_ids, progress)
                if error is not None:
                    failed[name] = error
                if error is not None and name in source.required:
                    failure = error
                    break
        if failure is None and failed.keys() >= set(self._order.modules):
            # An attempt in which nothing came would stand before one in which something did.
            failure = next(iter(failed.values()), None)
        self._let_groups_fall_together(protocol)
        attempt = self._write_manifest(
            started_at=started_at, ended_at=now().astimezone(UTC), complete=failure is None
        )
        if failure is not None:
            raise failure
        return attempt

    def _take_over(self, landed: Attempt) -> None:
        """What cannot be asked for again, as it lies in an attempt before this one."""
        for name, module in landed.manifest.modules.items():
            if name in self._order.modules:
                continue
            note = f"taken over from the attempt {landed.manifest.attempt}"
            notes = [said for said in module.notes if not said.startswith("taken over")]
            self._modules[name] = msgspec.structs.replace(module, notes=[*notes, note])
            for page in module.pages:
                if not (self._folder / page.file).exists():
                    _linked(landed.path / page.file, self._folder / page.file)

    def _asked_for(
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
            list_keys=endpoint.list_keys if endpoint else (),
        )
        if endpoint is None or endpoint.details_of is None or name in self._source.documents:
            landed, error = self._listed(connection, name, landed, previous_ids, progress)
        else:
            landed, error = self._detailed(connection, name, landed, endpoint.details_of, progress)
        if error is not None:
            reason = landed.reason or str(error)
            landed = msgspec.structs.replace(landed, complete=False, reason=reason)
            logger.warning("%s of %s: %s", name, self._source.name, error)
        received = sum(page.records for page in landed.pages)
        self._modules[name] = msgspec.structs.replace(landed, received=received)
        return error

    def _listed(
        self,
        connection: Connection,
        name: str,
        landed: LandedModule,
        previous_ids: Callable[[], set[str]] | None,
        progress: Progress,
    ) -> tuple[LandedModule, OcpiWarehouseError | None]:
        """A module that comes as a list, page by page."""
        pages: list[LandedPage] = []
        landed = msgspec.structs.replace(landed, pages=pages)
        seen = self._ids.setdefault(name, set())
        pull = connection.module(name)
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
                return landed, IncompleteSnapshotError(
                    f"{name} of {self._source.name} for {self._day} is not complete: "
                    f"{outcome.reason}; nothing of it is used, pull it again later"
                )
            if outcome.total_moved and previous_ids and connection.can_ask_one_by_one(name):
                vanished = previous_ids() - seen
                landed = self._ask_for_vanished(connection, name, landed, vanished, seen)
        except OcpiWarehouseError as raised:
            return landed, raised
        return landed, None

    def _detailed(
        self,
        connection: Connection,
        name: str,
        landed: LandedModule,
        base: str,
        progress: Progress,
    ) -> tuple[LandedModule, OcpiWarehouseError | None]:
        """A module of what the list `base` leaves out, or has in it after all."""
        listed = self._modules.get(base)
        if listed is None or not listed.complete:
            return landed, IncompleteSnapshotError(
                f"{name} of {self._source.name} is asked for what {base} lists, and there is no "
                f"whole list of {base}"
            )
        details = self._source.details
        if not isinstance(details, int):
            replaced = msgspec.structs.replace(landed, complete=True, pages=listed.pages)
            return replaced, None
        ids = whose_turn(self._ids[base], most=details, day=self._day)
        pages: list[LandedPage] = []
        refused: dict[str, str] = {}
        landed = msgspec.structs.replace(landed, pages=pages, asked=ids)
        try:
            for detail in connection.details(name, ids):
                if detail.refusal is not None:
                    refused[detail.key] = detail.refusal
                if detail.page is not None:
                    pages.append(self._keep(detail.page, name, len(pages) + 1))
                    progress(name, len(pages), len(ids))
        except OcpiWarehouseError as raised:
            return landed, raised
        if ids and not pages:
            # They all stood in the list a moment ago: this is a refusal, not their removal.
            return landed, IncompleteSnapshotError(
                f"{name} of {self._source.name}: of {len(ids)} locations asked for by themselves "
                f"not one was answered; see with its owner whether the token may ask for them"
            )
        if refused:
            said = ", ".join(sorted(set(refused.values())))
            note = f"{len(refused)} of {len(ids)} were refused ({said}): nothing is said of them"
            told = [key for key in ids if key not in refused]
            landed = msgspec.structs.replace(landed, asked=told, notes=[note])
        return msgspec.structs.replace(landed, complete=True), None

    def _ask_for_vanished(
        self,
        connection: Connection,
        name: str,
        landed: LandedModule,
        vanished: set[str],
        listed: set[str],
    ) -> LandedModule:
        """The total moved while paging: what is missing is asked for before it is believed gone.

        Where the source does not say of single ones whether it has them, nobody is believed gone
        until a night on which the total stands still.
        """
        if len(vanished) > _MOST_ASKED_ONE_BY_ONE:
            raise IncompleteSnapshotError(
                f"{name} of {self._source.name}: the total moved while paging and "
                f"{len(vanished)} known ids are missing, too many to ask for one by one; "
                f"pull it again at a quieter hour"
            )
        asked, found, doubt = 0, 0, None
        try:
            for detail in connection.details(name, sorted(vanished)):
                asked += 1
                if detail.refusal is not None:
                    doubt = f"{detail.key!r} was answered with {detail.refusal}"
                    break
                if detail.page is not None:
                    found += 1
                    landed.pages.append(self._keep(detail.page, f"{name}-detail", found))
            if asked and not found and not doubt:
                # A server that knows no single ones answers 404 to all: one just listed tells.
                for detail in connection.details(name, sorted(listed)[:1]):
                    if detail.page is None:
                        doubt = f"{detail.key!r}, which it lists, was not found"
        except SourceError as error:
            doubt = str(error)
        landed = msgspec.structs.replace(landed, asked_one_by_one=asked)
        if doubt is None:
            return landed
        note = (
            f"the total moved while paging, {len(vanished)} known ids are missing, and asking for "
            f"them one by one tells nothing ({doubt}): none is believed gone today; see with the "
            f"source's owner whether one by itself can be asked for"
        )
        logger.warning("%s of %s: %s", name, self._source.name, note)
        notes = [*landed.notes, note]
        return msgspec.structs.replace(landed, is_absence_open=True, notes=notes)

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


def _linked(path: Path, target: Path) -> None:
    """The same bytes under another name; copied where the file system knows no links."""
    try:
        target.hardlink_to(path)
    except OSError:
        shutil.copyfile(path, target)
        _synced(target)


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
