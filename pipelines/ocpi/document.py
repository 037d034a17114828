"""A stored document read back as batches of raw records, in bounded memory.

Belongs here: decompression with a clear sentence for a broken file, and the choice between JSON
lines (streamed) and one JSON value (held as bytes, never parsed). Does not belong here: where
documents are kept (`landing.py`), envelopes (`envelope.py`).
"""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec
import zstandard

from pipelines.errors import SourceError
from pipelines.ocpi.envelope import Envelope, RawRecord, as_utf8, first_character, line_records
from pipelines.ocpi.envelope import split as split_body

CHUNK_BYTES: Final = 1 << 20
BATCH_BYTES: Final = 32 << 20
GZIP_MAGIC: Final = b"\x1f\x8b"
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
# A document that is one JSON value is held in memory whole; no feed known comes near.
_LARGEST_VALUE: Final = 4 << 30


def record_batches(
    path: Path, *, what: str, max_bytes: int = BATCH_BYTES, list_keys: Sequence[str] = ()
) -> Iterator[list[RawRecord]]:
    """Raw records of a document in their order; otherwise as `enveloped_batches`."""
    for envelope in enveloped_batches(path, what=what, max_bytes=max_bytes, list_keys=list_keys):
        if envelope.records:
            yield envelope.records


def enveloped_batches(
    path: Path, *, what: str, max_bytes: int = BATCH_BYTES, list_keys: Sequence[str] = ()
) -> Iterator[Envelope]:
    """A document in envelopes of about `max_bytes` of JSON each.

    JSON lines take the memory of a batch; one JSON value takes that of its text, and what is
    written around its records stands around each batch of them. `what` names the document in
    errors, `list_keys` is as in `envelope.split`. Raises SourceError for broken compression,
    broken JSON, HTML, emptiness.
    """
    chunks = _chunks(path, what=what)
    head = bytearray()
    for chunk in chunks:
        head += chunk
        if b"\n" in head.lstrip() or len(head) >= max_bytes:
            break
    if _is_lines(head):
        for records in _line_batches(head, chunks, what=what, max_bytes=max_bytes):
            yield Envelope(records)
        return
    for chunk in chunks:
        head += chunk
        if len(head) > _LARGEST_VALUE:
            raise SourceError(f"{what} is one JSON value of over 4 GiB; ask for JSON lines")
    envelope = read_envelope(head, what=what, list_keys=list_keys)
    for records in _sized(envelope.records, max_bytes=max_bytes):
        yield replace(envelope, records=records)


def read_envelope(body: bytes | bytearray, *, what: str, list_keys: Sequence[str] = ()) -> Envelope:
    """One JSON value split into its records, body codes judged."""
    envelope = split_body(body, what=what, list_keys=list_keys)
    envelope.raise_for_status(what=what)
    return envelope


def compression_suffix(head: bytes) -> str:
    """ ".gz", ".zst" or "", by what the first bytes say rather than by a name."""
    if head.startswith(GZIP_MAGIC):
        return ".gz"
    return ".zst" if head.startswith(ZSTD_MAGIC) else ""


def _is_lines(head: bytearray) -> bool:
    """Whether the first line is an object of its own and more follows it."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return False
    text = bytes(as_utf8(head))
    if first_character(text) != b"{":
        return False
    first, _, rest = text.lstrip().partition(b"\n")
    if not rest.strip():
        return False
    try:
        msgspec.json.decode(first, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        # A lone surrogate in the first line of JSON lines: what follows begins like a record.
        return first.rstrip().endswith(b"}") and rest.lstrip()[:1] == b"{"
    return True


def _line_batches(
    head: bytearray, chunks: Iterator[bytes], *, what: str, max_bytes: int
) -> Iterator[list[RawRecord]]:
    pending = bytearray(as_utf8(head))
    line = 1
    for chunk in chunks:
        pending += chunk
        if len(pending) < max_bytes:
            continue
        end = pending.rfind(b"\n") + 1
        if end == 0:
            continue
        block, pending = bytes(memoryview(pending)[:end]), pending[end:]
        yield line_records(block, what=what, first_line=line)
        line += block.count(b"\n")
    if pending:
        yield line_records(bytes(pending), what=what, first_line=line)


def _sized(records: list[RawRecord], *, max_bytes: int) -> Iterator[list[RawRecord]]:
    """Batches of records; one without any where there are none."""
    batch: list[RawRecord] = []
    size = 0
    for record in records:
        if batch and size + len(record) > max_bytes:
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += len(record)
    yield batch


def _chunks(path: Path, *, what: str) -> Iterator[bytes]:
    """The document's text, decompressed, about a megabyte at a time."""
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(0)
        raw = iter(lambda: file.read(CHUNK_BYTES), b"")
        match compression_suffix(head):
            case ".gz":
                yield from gunzipped(raw, what=what)
            case ".zst":
                yield from _unzstd(raw, what=what)
            case _:
                yield from raw


def gunzipped(raw: Iterator[bytes], *, what: str) -> Iterator[bytes]:
    """Gzip members decompressed as they arrive; SourceError where one is broken or breaks off."""
    member = zlib.decompressobj(31)
    read = written = 0
    for chunk in raw:
        read += len(chunk)
        while chunk:
            try:
                # Bounded, so that a small chunk cannot blow up into gigabytes at once.
                text = member.decompress(chunk, 8 * CHUNK_BYTES)
            except zlib.error:
                raise SourceError(
                    f"{what} is a broken gzip file (near byte {read}, after {written} bytes of "
                    f"text); fetch it again"
                ) from None
            written += len(text)
            if text:
                yield text
            if member.eof:
                chunk = member.unused_data.lstrip(b"\0")
                if chunk:
                    member = zlib.decompressobj(31)
            else:
                chunk = member.unconsumed_tail
    if not member.eof:
        raise SourceError(
            f"{what} is a truncated gzip file: it breaks off after {read} bytes "
            f"({written} bytes of text); fetch it again"
        )


def _unzstd(raw: Iterator[bytes], *, what: str) -> Iterator[bytes]:
    frame = zstandard.ZstdDecompressor().decompressobj()
    read = 0
    for chunk in raw:
        read += len(chunk)
        while chunk:
            try:
                text = frame.decompress(chunk)
            except zstandard.ZstdError:
                raise SourceError(f"{what} is a broken zstd file; fetch it again") from None
            if text:
                yield text
            if not frame.eof:
                break
            chunk = frame.unused_data
            if chunk:
                frame = zstandard.ZstdDecompressor().decompressobj()
    if not frame.eof:
        raise SourceError(
            f"{what} is a truncated zstd file: it breaks off after {read} bytes; fetch it again"
        )
