"""An attempt as it lies on disk: its manifest, its pages, its records.

Belongs here: the manifest's shape, verifying files, reading pages back as raw records. Does not
belong here: making an attempt (`pulling.py`), choosing one (`snapshots.py`).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

import msgspec

from pipelines.ocpi.document import BATCH_BYTES, record_batches
from pipelines.ocpi.envelope import RawRecord
from pipelines.ocpi.pull import PageKind

logger = logging.getLogger(__name__)

MANIFEST: Final = "manifest.json"


class LandedPage(msgspec.Struct, frozen=True, kw_only=True):
    """One stored answer."""

    file: str
    sha256: str
    bytes: int
    records: int
    url: str
    requested_at: datetime
    kind: PageKind = "bulk"
    headers: dict[str, str] = {}


class LandedModule(msgspec.Struct, frozen=True, kw_only=True):
    """What a pull of one module came to, and its pages in the order they came.

    `asked` are the ids it was asked for one by one, those that the source has no more included;
    None where it speaks about all of them. `is_absence_open`: ids are missing that may have slipped
    through between its pages, and the source does not say which of them it still has. `list_keys`
    is what the pages were read with.
    """

    complete: bool
    required: bool
    reason: str | None = None
    declared_total: int | None = None
    received: int = 0
    total_moved: bool = False
    asked_one_by_one: int = 0
    is_absence_open: bool = False
    group: str | None = None
    notes: list[str] = []
    asked: list[str] | None = None
    list_keys: tuple[str, ...] = ()
    pages: list[LandedPage] = []


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt is. Addresses are redacted; nothing in here is a secret."""

    source: str
    dialect: str
    day: date
    attempt: str
    started_at: datetime
    ended_at: datetime
    complete: bool
    modules: dict[str, LandedModule]


class RecordRef(msgspec.Struct, frozen=True, gc=False):
    """The raw bytes of one record, and where it stands: page file and index in that page."""

    page: str
    index: int
    raw: RawRecord


@dataclass(frozen=True)
class Attempt:
    """One pull of a snapshot as it lies on disk."""

    path: Path
    manifest: Manifest

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that may be believed: complete, with the others of their group."""
        return tuple(name for name, module in self.manifest.modules.items() if module.complete)

    @property
    def failed_modules(self) -> dict[str, str]:
        """Module -> why it is not complete."""
        return {
            name: module.reason or "not complete"
            for name, module in self.manifest.modules.items()
            if not module.complete
        }

    @cached_property
    def hash(self) -> str:
        """What the pages say, in one value: equal for equal pages of equal modules."""
        digest = hashlib.sha256()
        for name, module in sorted(self.manifest.modules.items()):
            digest.update(f"{name} {module.complete}\n".encode())
            if module.is_absence_open:
                digest.update(b"absence is open\n")
            for key in module.asked or ():
                digest.update(f"asked {key}\n".encode())
            for page in module.pages:
                digest.update(f"{page.kind} {page.sha256}\n".encode())
        return digest.hexdigest()

    def pages(self, module: str) -> Iterator[LandedPage]:
        """The pages of a module in the order they came."""
        yield from self.manifest.modules[module].pages

    def records(self, module: str) -> Iterator[tuple[LandedPage, int, msgspec.Raw]]:
        """Every record of a module with its page and its index in it."""
        for page in self.pages(module):
            index = 0
            for batch in self._page_batches(module, page, max_bytes=BATCH_BYTES):
                for raw in batch:
                    yield page, index, msgspec.Raw(raw)
                    index += 1

    def record_batches(
        self, module: str, max_bytes: int = BATCH_BYTES
    ) -> Iterator[list[RecordRef]]:
        """The records of a module in landing order, about `max_bytes` of JSON a list.

        Batches go across pages. JSON lines and paged answers take the memory of a batch; one
        JSON value takes that of its text.
        """
        batch: list[RecordRef] = []
        size = 0
        for page in self.pages(module):
            index = 0
            for records in self._page_batches(module, page, max_bytes=max_bytes):
                for raw in records:
                    if batch and size + len(raw) > max_bytes:
                        yield batch
                        batch, size = [], 0
                    batch.append(RecordRef(page.file, index, raw))
                    size += len(raw)
                    index += 1
        if batch:
            yield batch

    @property
    def files(self) -> dict[str, LandedPage]:
        """File name -> page, each once: details may be read from the pages of another module."""
        return {p.file: p for module in self.manifest.modules.values() for p in module.pages}

    def verifies(self) -> bool:
        """Whether every page is there with the bytes the manifest names."""
        for page in self.files.values():
            try:
                with (self.path / page.file).open("rb") as file:
                    found = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError:
                found = ""
            if found != page.sha256:
                logger.warning("%s does not verify: %s differs", self.path, page.file)
                return False
        return True

    def _page_batches(
        self, module: str, page: LandedPage, *, max_bytes: int
    ) -> Iterator[list[RawRecord]]:
        what = f"page {page.file} of {self.manifest.source} {self.manifest.day}"
        return record_batches(
            self.path / page.file,
            what=what,
            max_bytes=max_bytes,
            list_keys=self.manifest.modules[module].list_keys,
        )
