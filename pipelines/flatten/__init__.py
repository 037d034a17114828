"""Flatten: raw records of a snapshot to canonical rows in the lake, nothing dropped silently.

Belongs here: the way from one landing attempt to one lake snapshot. Does not belong here: how a
module is flattened (`flattening.py`), landing and lake themselves - what is needed of them is
said below, so that neither is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

import pyarrow as pa

from pipelines.dialects.declare import Dialect
from pipelines.errors import ConfigurationError
from pipelines.flatten.flattening import Sink, flatten_module
from pipelines.flatten.records import Record, Records
from pipelines.flatten.rewriting import no_hash_key
from pipelines.flatten.tally import FlattenReport

__all__ = [
    "FlattenReport",
    "Flattened",
    "Record",
    "Records",
    "Sink",
    "flatten_module",
    "flatten_modules",
    "flatten_snapshot",
]

# Raw bytes of a group of records: what bounds the memory of flatten.
GROUP_BYTES = 32 << 20

# stage of work, records so far, records in all (None while unknown)
Progress = Callable[[str, int, int | None], None]


class Named(Protocol):
    """A manifest, as far as flatten reads it."""

    @property
    def attempt(self) -> str: ...


class Attempt(Protocol):
    """What flatten needs of a landing attempt."""

    @property
    def manifest(self) -> Named: ...

    @property
    def modules(self) -> tuple[str, ...]: ...
    @property
    def hash(self) -> str: ...
    def record_batches(self, module: str, max_bytes: int = ...) -> Iterable[list[Any]]: ...


class Published(Protocol):
    """What flatten needs of a lake snapshot."""

    def metadata(self, table: str) -> dict[str, Any]: ...


P = TypeVar("P", bound=Published, covariant=True)


class Writer(Protocol[P]):
    """What flatten needs of a lake writer."""

    @property
    def published(self) -> P | None: ...
    def write(self, table: str, rows: pa.Table) -> None: ...
    def __enter__(self) -> Writer[P]: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Lake(Protocol[P]):
    """What flatten needs of a lake."""

    def replace(
        self,
        source: str,
        day: date,
        *,
        attempt: str = ...,
        attempt_hash: str = ...,
        modules: Sequence[str] = ...,
    ) -> Writer[P]: ...


@dataclass(frozen=True)
class Flattened(Generic[P]):
    """A snapshot in the lake, and what flatten has to tell about each of its modules."""

    snapshot: P
    reports: Mapping[str, FlattenReport]

    def metadata(self, table: str) -> dict[str, Any]:
        """Rows, bytes, place of a table, and its line of the ledger."""
        found = dict(self.snapshot.metadata(table))
        for report in self.reports.values():
            for line in report.ledger.to_pylist():
                if line["level"] == table:
                    found.update(
                        {n: line[n] for n in ("received", "loaded", "quarantined", "duplicates")}
                    )
            repaired = [r for r in report.repair.to_pylist() if r["table_name"] == table]
            if repaired:
                found["repairs"] = sum(line["repaired"] for line in repaired)
        return found


def flatten_snapshot(
    attempt: Attempt,
    *,
    dialect: Dialect,
    source: str,
    day: date,
    lake: Lake[P],
    hash_key: Callable[[], bytes] = no_hash_key,
    progress: Progress | None = None,
) -> Flattened[P]:
    """Flattens the believable modules of an attempt into the lake, all or nothing.

    The day's snapshot in the lake is replaced when everything is written. Modules that could not
    be pulled are left out of it: the lake says nothing about them, which the load understands.
    `hash_key` is asked for where a module holds what names a person.
    """
    unknown = [name for name in attempt.modules if dialect.module(name) is None]
    if unknown:
        raise ConfigurationError(
            f"{source} has a module {unknown[0]!r}, which the dialect {dialect.name} does not "
            f"know; it has {', '.join(module.name for module in dialect.modules)}"
        )
    modules = {name: partial(attempt.record_batches, name, GROUP_BYTES) for name in attempt.modules}
    writer = lake.replace(
        source,
        day,
        attempt=attempt.manifest.attempt,
        attempt_hash=attempt.hash,
        modules=attempt.modules,
    )
    with writer:
        reports = flatten_modules(
            modules,
            dialect=dialect,
            day=day,
            sink=writer.write,
            hash_key=hash_key,
            progress=progress,
        )
    assert writer.published is not None  # a block that ends well has published
    return Flattened(writer.published, reports)


def flatten_modules(
    modules: Mapping[str, Records],
    *,
    dialect: Dialect,
    day: date,
    sink: Sink,
    hash_key: Callable[[], bytes] = no_hash_key,
    progress: Progress | None = None,
) -> dict[str, FlattenReport]:
    """Flattens modules one after the other; rows and report tables go to `sink`."""
    reports: dict[str, FlattenReport] = {}
    declared = {name: dialect.module(name) for name in modules}
    beside = {name: (found, modules[name]) for name, found in declared.items() if found}
    for name, (module, records) in beside.items():
        reports[name] = flatten_module(
            records,
            module=module,
            day=day,
            sink=sink,
            ignored=dialect.ignored_in(name),
            hash_key=hash_key,
            beside=beside,
            progress=None if progress is None else _stage(progress, f"flatten {name}"),
        )
        for table, rows in reports[name].tables().items():
            sink(table, rows)
    return reports


def _stage(progress: Progress, stage: str) -> Callable[[int], None]:
    def report(done: int) -> None:
        progress(stage, done, None)

    return report
