"""The lake: the canonical rows of a snapshot as Parquet, written whole or not at all.

Belongs here: partitions, their manifest, writing aside and publishing, reading back. Does not
belong here: what the rows mean (`model/`), where they come from (`flatten/`).

    <lake>/<table>/source=<s>/snapshot_date=<d>/part-00000.parquet
    <lake>/_snapshots/source=<s>/snapshot_date=<d>.json     written last: it makes the day exist
    <lake>/_staging/source=<s>/snapshot_date=<d>/           what a killed run leaves; swept later
    <lake>/_staging/source=<s>/snapshot_date=<d>.lock       while somebody writes that day

A day in a folder has one writer at a time; object stores have no locks, so there whoever starts
runs sees to it. Readers trust the manifest alone. The same rows give the same bytes, however they
were cut into batches: row groups have a fixed number of rows, and no file names a time or a
version.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import filelock
import pyarrow as pa
import pyarrow.fs as pa_fs
import pyarrow.parquet as pq

from pipelines.errors import ConfigurationError, NoSnapshotError, PermanentError, TransientError
from pipelines.model import REPORT_TABLES, TABLES, module_tables
from pipelines.ocpi.addresses import redacted

ROWS_PER_GROUP: Final = 65_536
PART: Final = "part-00000.parquet"
SNAPSHOTS: Final = "_snapshots"
STAGING: Final = "_staging"
WAITING_WRITES: Final = 32


def model_fingerprint(modules: Iterable[str]) -> str:
    """SHA-256 over the columns that the model declares for snapshots of these modules.

    Not over the docs: a better sentence is no other table.
    """
    tables = [*REPORT_TABLES, *(table for name in modules for table in module_tables(name))]
    declared = {
        table.name: [(column.name, column.type.name) for column in table.columns]
        for table in tables
    }
    return hashlib.sha256(json.dumps(declared, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class LakeFile:
    """One table's part of a snapshot."""

    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class LakeManifest:
    """What a snapshot in the lake is made of; tables without rows have no file."""

    source: str
    day: date
    attempt: str
    attempt_hash: str
    modules: tuple[str, ...]
    model: str
    tables: Mapping[str, LakeFile]

    def to_json(self) -> bytes:
        document = {
            "source": self.source,
            "snapshot_date": self.day.isoformat(),
            "attempt": self.attempt,
            "attempt_hash": self.attempt_hash,
            "modules": list(self.modules),
            "model": self.model,
            "tables": {
                name: {"rows": file.rows, "bytes": file.bytes, "sha256": file.sha256}
                for name, file in sorted(self.tables.items())
            },
        }
        return json.dumps(document, indent=2).encode() + b"\n"

    @classmethod
    def from_json(cls, text: bytes) -> LakeManifest:
        document = json.loads(text)
        return cls(
            source=document["source"],
            day=date.fromisoformat(document["snapshot_date"]),
            attempt=document["attempt"],
            attempt_hash=document["attempt_hash"],
            modules=tuple(document["modules"]),
            # Early manifests do not say, and so are of no model that is known.
            model=document.get("model", ""),
            tables={name: LakeFile(**file) for name, file in document["tables"].items()},
        )


@dataclass(frozen=True)
class LakeSnapshot:
    """A published snapshot: its manifest, and its rows in landing order."""

    lake: Lake
    manifest: LakeManifest

    @property
    def source(self) -> str:
        return self.manifest.source

    @property
    def day(self) -> date:
        return self.manifest.day

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables that have rows, canonical ones and reports."""
        return tuple(self.manifest.tables)

    @property
    def modules(self) -> tuple[str, ...]:
        """Modules that were flattened; tables of the others say nothing about this day."""
        return self.manifest.modules

    @property
    def is_of_this_model(self) -> bool:
        """Whether it has the tables and columns of today: another cannot be read as if it had."""
        return self.manifest.model == model_fingerprint(self.modules)

    def of_day(self, day: date) -> LakeSnapshot | None:
        """The source's snapshot of another day; None without one that is whole, of this model."""
        found = self.lake.snapshot(self.source, day)
        if found is None or not found.is_of_this_model:
            return None
        files = found.manifest.tables
        paths = [self.lake.part_path(table, self.source, day) for table in files]
        sizes = [info.size for info in self.lake.files.get_file_info(paths)]
        return found if sizes == [file.bytes for file in files.values()] else None

    def digest(self, tables: Iterable[str]) -> str:
        """SHA-256 over those of the tables' files: the same digest, the same rows."""
        digest = hashlib.sha256()
        for name in sorted(tables):
            if name in self.manifest.tables:
                digest.update(f"{name} {self.manifest.tables[name].sha256}\n".encode())
        return digest.hexdigest()

    def rows(self, table: str) -> int:
        file = self.manifest.tables.get(table)
        return file.rows if file else 0

    def batches(self, table: str) -> Iterator[pa.RecordBatch]:
        """Rows of a table in the model's schema, in landing order; nothing where it has none."""
        file = self.manifest.tables.get(table)
        if file is None:
            return
        if not self.is_of_this_model:
            raise PermanentError(
                f"the lake's {self.source} of {self.day} has the columns of another version of "
                f"this product; materialize its lake assets of that day again"
            )
        path = self.lake.part_path(table, self.manifest.source, self.manifest.day)
        with self.lake.files.open_input_file(path) as opened:
            if opened.size() != file.bytes:
                raise PermanentError(
                    f"{path} has {opened.size()} bytes where its manifest says {file.bytes}; "
                    f"materialize {self.manifest.source} {self.manifest.day} again"
                )
            parquet = pq.ParquetFile(opened)
            for group in range(parquet.num_row_groups):
                yield from (
                    parquet.read_row_group(group).cast(TABLES[table].arrow_schema).to_batches()
                )

    def read(self, table: str) -> pa.Table:
        """All rows of a table at once."""
        return pa.Table.from_batches(self.batches(table), TABLES[table].arrow_schema)

    def metadata(self, table: str) -> dict[str, Any]:
        """Rows, bytes and place of a table, for a materialization."""
        file = self.manifest.tables.get(table)
        return {
            "rows": file.rows if file else 0,
            "bytes": file.bytes if file else 0,
            "path": self.lake.part_path(table, self.manifest.source, self.manifest.day),
            "attempt": self.manifest.attempt,
        }


class Lake:
    """A lake in a folder or an object store (s3://..., gs://...)."""

    def __init__(self, uri: str, *, lock_time_out_s: float = 3600.0) -> None:
        self.uri = uri
        self.lock_time_out_s = lock_time_out_s
        try:
            if re.match(r"[a-z][a-z0-9+.-]+://", uri):
                self.files, self.root = pa_fs.FileSystem.from_uri(uri)
            else:
                self.files = pa_fs.LocalFileSystem()
                self.root = str(Path(uri).expanduser().absolute())
        except (pa.ArrowInvalid, OSError) as error:
            # A key with a / in it makes a host of its half: whatever stands before the last @ goes.
            shown = redacted(re.sub("://.*@", "://", uri)) if "://" in uri else uri
            said = str(error).replace(uri, shown)
            raise ConfigurationError(
                f"the lake {shown!r} cannot be opened ({said}); set OCPI_WAREHOUSE_LAKE to a "
                f"folder or to a URL such as s3://bucket/folder"
            ) from None

    def part_path(self, table: str, source: str, day: date) -> str:
        return f"{self.partition_path(table, source, day)}/{PART}"

    def partition_path(self, table: str, source: str, day: date) -> str:
        return f"{self.root}/{table}/source={source}/snapshot_date={day.isoformat()}"

    def manifest_path(self, source: str, day: date) -> str:
        return f"{self.root}/{SNAPSHOTS}/source={source}/snapshot_date={day.isoformat()}.json"

    def staging_path(self, source: str, day: date) -> str:
        return f"{self.root}/{STAGING}/source={source}/snapshot_date={day.isoformat()}"

    def snapshot(self, source: str, day: date) -> LakeSnapshot | None:
        """The published snapshot of a day, None where there is none."""
        text = self._read(self.manifest_path(source, day))
        return None if text is None else LakeSnapshot(self, LakeManifest.from_json(text))

    def trusted(self, source: str, day: date) -> LakeSnapshot:
        """The published snapshot of a day; raises NoSnapshotError where there is none."""
        found = self.snapshot(source, day)
        if found is None:
            raise NoSnapshotError(
                f"the lake holds no snapshot of {source} of {day}; materialize its lake assets "
                f"for that day first"
            )
        return found

    def snapshots(self, source: str) -> list[LakeSnapshot]:
        """All published snapshots of a source, by day."""
        folder = pa_fs.FileSelector(
            f"{self.root}/{SNAPSHOTS}/source={source}", allow_not_found=True
        )
        days = sorted(
            date.fromisoformat(info.base_name.removeprefix("snapshot_date=").removesuffix(".json"))
            for info in self.files.get_file_info(folder)
            if info.base_name.endswith(".json")
        )
        return [found for day in days if (found := self.snapshot(source, day)) is not None]

    def replace(
        self,
        source: str,
        day: date,
        *,
        attempt: str = "",
        attempt_hash: str = "",
        modules: Sequence[str] = (),
    ) -> LakeWriter:
        """A writer whose snapshot takes the place of the day's when its block ends well."""
        return LakeWriter(
            lake=self,
            source=source,
            day=day,
            attempt=attempt,
            attempt_hash=attempt_hash,
            modules=tuple(modules),
        )

    def _read(self, path: str) -> bytes | None:
        try:
            with self.files.open_input_stream(path) as stream:
                content: bytes = stream.read()
        except FileNotFoundError:
            return None
        return content

    def write_whole(self, path: str, content: bytes, *, aside: str) -> None:
        """Writes a file that is there completely or not at all."""
        self.files.create_dir(path.rpartition("/")[0], recursive=True)
        with self.files.open_output_stream(aside) as stream:
            stream.write(content)
        self.files.move(aside, path)

    def delete_file(self, path: str) -> None:
        try:
            self.files.delete_file(path)
        except FileNotFoundError:
            return

    def delete_folder(self, path: str) -> None:
        try:
            self.files.delete_dir(path)
        except FileNotFoundError:
            return

    def digest(self, path: str) -> str:
        digest = hashlib.sha256()
        with self.files.open_input_stream(path) as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
        return digest.hexdigest()


@dataclass(slots=True)
class _TableWriter:
    """One Parquet file in staging; holds back rows until a row group is full."""

    name: str
    parquet: pq.ParquetWriter
    waiting: list[pa.Table] = field(default_factory=list)
    waiting_rows: int = 0
    rows: int = 0

    def add(self, rows: pa.Table) -> None:
        self.waiting.append(rows)
        self.waiting_rows += rows.num_rows
        self.rows += rows.num_rows
        while self.waiting_rows >= ROWS_PER_GROUP:
            self._write(ROWS_PER_GROUP)

    def close(self) -> None:
        if self.waiting_rows:
            self._write(self.waiting_rows)
        self.parquet.close()

    def _write(self, rows: int) -> None:
        held = pa.concat_tables(self.waiting)
        # One chunk: chunk borders would move page borders, and with them the bytes.
        self.parquet.write_table(held.slice(0, rows).combine_chunks(), row_group_size=rows)
        rest = held.slice(rows)
        self.waiting = [rest] if rest.num_rows else []
        self.waiting_rows = rest.num_rows


class LakeWriter:
    """Writes one snapshot aside and publishes it at the end of its `with` block."""

    def __init__(
        self,
        *,
        lake: Lake,
        source: str,
        day: date,
        attempt: str,
        attempt_hash: str,
        modules: tuple[str, ...],
    ) -> None:
        self.lake = lake
        self.source = source
        self.day = day
        self.attempt = attempt
        self.attempt_hash = attempt_hash
        self.modules = modules
        self.published: LakeSnapshot | None = None
        self._staging = lake.staging_path(source, day)
        self._alone = ExitStack()
        self._writers: dict[str, _TableWriter] = {}
        # Compressing takes a sixth of a flatten, outside the interpreter's lock: beside it, on
        # one thread, since the order of rows within a table is part of the promise.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lake")
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> LakeWriter:
        with ExitStack() as held:
            held.enter_context(self._locked())
            self.lake.delete_folder(self._staging)
            self.lake.files.create_dir(self._staging, recursive=True)
            self._alone = held.pop_all()
        return self

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone with the day; the lock is the kernel's and dies with its holder."""
        if not isinstance(self.lake.files, pa_fs.LocalFileSystem):
            yield
            return
        path = Path(f"{self._staging}.lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(path, timeout=self.lake.lock_time_out_s)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise TransientError(
                f"another process has been writing {self.source} of {self.day} to the lake for "
                f"{self.lake.lock_time_out_s:.0f} s; try again when it is done"
            ) from None
        try:
            yield
        finally:
            # Whoever waits for it sees that it is gone, and begins anew.
            path.unlink(missing_ok=True)
            lock.release()

    def write(self, table: str, rows: pa.Table | pa.RecordBatch) -> None:
        """Appends rows of a table; they must have the model's schema."""
        if isinstance(rows, pa.RecordBatch):
            rows = pa.Table.from_batches([rows])
        if not rows.num_rows:
            return
        self._waiting.append(self._thread.submit(self._write, table, rows))
        # What waits is held in memory: some group of records' rows, not the snapshot's.
        while len(self._waiting) > WAITING_WRITES or (self._waiting and self._waiting[0].done()):
            self._waiting.popleft().result()

    def _write(self, table: str, rows: pa.Table) -> None:
        writer = self._writers.get(table)
        if writer is None:
            parquet = pq.ParquetWriter(
                self._aside(table),
                TABLES[table].arrow_schema,
                filesystem=self.lake.files,
                compression="zstd",
            )
            writer = self._writers[table] = _TableWriter(table, parquet)
        writer.add(rows)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._alone:
            try:
                try:
                    if kind is None:
                        while self._waiting:
                            self._waiting.popleft().result()
                finally:
                    self._thread.shutdown(cancel_futures=True)
                    for writer in self._writers.values():
                        writer.close()
                if kind is None:
                    self.published = self._publish()
            finally:
                self.lake.delete_folder(self._staging)

    def _aside(self, table: str) -> str:
        return f"{self._staging}/{table}.parquet"

    def _publish(self) -> LakeSnapshot:
        """Swaps the new files in: without a manifest while it lasts, so nobody reads a mixture."""
        lake = self.lake
        manifest = LakeManifest(
            source=self.source,
            day=self.day,
            attempt=self.attempt,
            attempt_hash=self.attempt_hash,
            modules=self.modules,
            model=model_fingerprint(self.modules),
            tables={name: self._measured(writer) for name, writer in self._writers.items()},
        )
        path = lake.manifest_path(self.source, self.day)
        lake.delete_file(path)
        for table in TABLES:
            if table not in manifest.tables:
                lake.delete_folder(lake.partition_path(table, self.source, self.day))
        for table in manifest.tables:
            part = lake.part_path(table, self.source, self.day)
            lake.files.create_dir(part.rpartition("/")[0], recursive=True)
            lake.files.move(self._aside(table), part)
        lake.write_whole(path, manifest.to_json(), aside=f"{self._staging}/manifest.json")
        return LakeSnapshot(lake, manifest)

    def _measured(self, writer: _TableWriter) -> LakeFile:
        path = self._aside(writer.name)
        size = self.lake.files.get_file_info(path).size
        return LakeFile(rows=writer.rows, bytes=size, sha256=self.lake.digest(path))
