"""A body split into the raw bytes of its records, whatever it is wrapped in.

Belongs here: the envelopes seen in the field, body status codes, and clear sentences for bodies
that are none of them. Does not belong here: reading what is inside a record; paging.

Seen: `{"data": [...]}`, a bare list, `{"items": [...]}`, `{"locations": [{"location": {...}}]}`,
JSON lines, `data` of null or of one object, a byte order mark, a status_code of "Success".
Records are never parsed: msgspec.Raw finds their ends (0.1 s for one array of 158 MB).
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import pyarrow as pa

from pipelines.errors import SourceError, TransientError

RawRecord = bytes | memoryview

_GENERAL_KEYS: Final = ("data", "items", "records", "results")
ENVELOPE_KEYS: Final = (
    *_GENERAL_KEYS,
    *("locations", "tariffs", "prices", "connector_prices", "evses", "sessions", "cdrs", "tokens"),
    "versions",
)
_PAGE_TOKENS: Final = ("nextPageToken", "next_page_token")
_RECORD_KEYS: Final = frozenset({"id", "uid", "evse_id", "evseid", "evse_uid", "evseuid"})
_WRAPPERS: Final = frozenset({"location", "tariff", "price", "evse", "session", "cdr", "token"})
_SUCCESS: Final = frozenset({"success", "ok", ""})
# JSON allows any \uD800-\uDFFF escape, msgspec only pairs. One such name must not cost the
# document: the ends of records are looked for in a copy in which these are plain characters.
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_PLAIN_ESCAPE: Final = rb"\ufffd"
_BYTE_PLACE = re.compile(r"\(byte (\d+)\)")

_value = msgspec.json.Decoder(msgspec.Raw)
_list = msgspec.json.Decoder(list[msgspec.Raw])
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text = msgspec.json.Decoder(str)
_number = msgspec.json.Decoder(int, strict=False)


@dataclass(frozen=True, slots=True)
class Envelope:
    """The records of one body and what was written around them."""

    records: list[RawRecord]
    status_code: int | None = None
    status_text: str = ""
    next_link: str | None = None
    total: int | None = None
    has_page_token: bool = False

    def raise_for_status(self, *, what: str) -> None:
        """SourceError for a body code of 2xxx, TransientError for 3xxx; HTTP said 200."""
        if self.status_code is None or 1000 <= self.status_code < 2000:
            return
        said = f" ({self.status_text})" if self.status_text else ""
        sentence = f"{what} was answered with OCPI status {self.status_code}{said}"
        if 3000 <= self.status_code < 4000:
            raise TransientError(f"{sentence}, an error of the server; try again later")
        raise SourceError(f"{sentence}; check the token and the address with the source's owner")


def split(body: bytes | bytearray, *, what: str, list_keys: Sequence[str] = ()) -> Envelope:
    """Records of one body; `what` opens the sentence of an error.

    `list_keys` names where the records are where there is no general key ("data"): a list under
    any other name is then not taken for them. Protobuf's JSON leaves an empty list out, so that
    an empty object holds none. Raises SourceError for what is no JSON or no known envelope. Body
    codes are kept, not judged.
    """
    text = as_utf8(body)
    match first_character(text):
        case b"":
            raise SourceError(f"{what} is empty; ask the source's owner, or pull again later")
        case b"<":
            raise SourceError(
                f"{what} is an HTML or XML page, not JSON; open the address in a browser: "
                f"it is often a login or maintenance page"
            )
        case b"[":
            return Envelope(_unwrapped(_elements(text, what=what)))
        case b"{":
            return _from_object(text, what=what, list_keys=tuple(list_keys))
        case other:
            shown = other.decode("ascii", "backslashreplace")
            raise SourceError(f"{what} is not JSON: it begins with {shown!r}")


def may_be_whole_later(body: bytes) -> bool:
    """Whether a body that cannot be used is cut short, or a page such as "We'll be right back"."""
    text = as_utf8(body)
    if first_character(text) in {b"", b"<"}:
        return True
    try:
        _value.decode(text)
    except msgspec.DecodeError as error:
        return _BYTE_PLACE.search(str(error)) is None
    except RecursionError:
        return False
    return False


def as_utf8(body: bytes | bytearray) -> bytes | bytearray | memoryview:
    """A body without its byte order mark; UTF-16 announced by one is recoded."""
    if body.startswith(codecs.BOM_UTF8):
        return memoryview(body)[len(codecs.BOM_UTF8) :]
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return bytes(body).decode("utf-16", "replace").encode()
    return body


def first_character(text: bytes | bytearray | memoryview) -> bytes:
    """The first byte that is no blank, b"" where there is none (in the first 64 KiB)."""
    return bytes(text[:65536]).lstrip()[:1]


def line_records(block: bytes | bytearray, *, what: str, first_line: int) -> list[RawRecord]:
    """The records of some whole JSON lines, the first of which is line `first_line`."""
    try:
        return [memoryview(raw) for raw in msgspec.json.Decoder(msgspec.Raw).decode_lines(block)]
    except (msgspec.DecodeError, RecursionError):
        return list(_lines_one_by_one(bytes(block), what=what, first_line=first_line))


def fingerprint(records: list[RawRecord]) -> bytes:
    """What tells one page from another: its ids, since some servers rewrite times per request."""
    digest = hashlib.sha256()
    for record, key in zip(records, record_ids(records), strict=True):
        digest.update(bytes(record) if key is None else key.encode())
        digest.update(b"\n")
    return digest.digest()


def record_ids(records: list[RawRecord]) -> list[str | None]:
    """The id of each record as text, None where it has none."""
    return [_record_id(record) for record in records]


class _Identified(msgspec.Struct):
    id: str | int | float | None = None
    uid: str | int | float | None = None


_identified = msgspec.json.Decoder(_Identified)


def _record_id(record: RawRecord) -> str | None:
    try:
        found = _identified.decode(record)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    key = found.id if found.id is not None else found.uid
    return None if key is None else str(key)


def _from_object(
    text: bytes | bytearray | memoryview, *, what: str, list_keys: tuple[str, ...]
) -> Envelope:
    try:
        outer = _members(text)
    except msgspec.DecodeError as error:
        if "trailing characters" in str(error):
            return Envelope(line_records(bytes(text), what=what, first_line=1))
        raise _malformed(error, text, what=what) from None
    except RecursionError:
        raise _too_deep(what) from None
    code, said = _status(outer)
    if "data" not in outer and not _RECORD_KEYS.isdisjoint(key.lower() for key in outer):
        return Envelope([memoryview(text)])
    names = (*list_keys, *_GENERAL_KEYS) if list_keys else ENVELOPE_KEYS
    holder = next((key for key in names if key in outer), None)
    if holder is None:
        if "status_code" in outer or (list_keys and not outer):
            return Envelope([], code, said)
        if any(first_character(memoryview(outer[key])) == b"{" for key in _WRAPPERS & outer.keys()):
            return Envelope(_unwrapped([memoryview(text)]))
        raise SourceError(
            f"{what} is a JSON object without records (its keys: {', '.join(sorted(outer)[:8])}); "
            f"expected a list, or an object with data, items or locations"
        )
    return Envelope(
        _unwrapped(_held(outer[holder], what=what)),
        code,
        said,
        next_link=_next_link(outer),
        total=_total(outer),
        has_page_token=any(_text_of(outer.get(key)) for key in _PAGE_TOKENS),
    )


def _held(raw: msgspec.Raw, *, what: str) -> list[RawRecord]:
    """What stands under an envelope's key: a list, nothing, or one object."""
    held = memoryview(raw)
    match first_character(held):
        case b"[":
            return _elements(held, what=what)
        case b"n":
            return []
        case b"{":
            inner = _members(held)
            nested = next((key for key in ENVELOPE_KEYS[1:] if key in inner), None)
            if nested and _RECORD_KEYS.isdisjoint(key.lower() for key in inner):
                return _held(inner[nested], what=what)
            return [held]
        case _:
            raise SourceError(f"{what} holds neither a list nor an object where records belong")


def _members(text: bytes | bytearray | memoryview) -> dict[str, msgspec.Raw]:
    """The members of an object, each with its original bytes."""
    try:
        return _object.decode(text)
    except msgspec.DecodeError:
        plain = _without_surrogates(text)
        if plain is None:
            raise
        found = _object.decode(plain)
        return {key: msgspec.Raw(_original(raw, plain, text)) for key, raw in found.items()}


def _elements(text: bytes | bytearray | memoryview, *, what: str) -> list[RawRecord]:
    """The elements of an array, each with its original bytes."""
    try:
        return [memoryview(raw) for raw in _list.decode(text)]
    except RecursionError:
        raise _too_deep(what) from None
    except msgspec.DecodeError as error:
        plain = _without_surrogates(text)
        if plain is None:
            raise _malformed(error, text, what=what) from None
    try:
        return [_original(raw, plain, text) for raw in _list.decode(plain)]
    except msgspec.DecodeError as error:
        raise _malformed(error, text, what=what) from None


def _unwrapped(records: list[RawRecord]) -> list[RawRecord]:
    """`{"location": {...}}` as the location itself; looked for in the first record only."""
    if not records or _wrapped(records[0]) is None:
        return records
    return [wrapped if (wrapped := _wrapped(record)) is not None else record for record in records]


def _wrapped(record: RawRecord) -> memoryview | None:
    try:
        members = _members(record)
    except msgspec.DecodeError:
        return None
    if len(members) != 1 or not members.keys() <= _WRAPPERS:
        return None
    inner = memoryview(next(iter(members.values())))
    return inner if first_character(inner) == b"{" else None


def _lines_one_by_one(block: bytes, *, what: str, first_line: int) -> Iterator[RawRecord]:
    """The careful way: names the line that is broken, lets lone surrogates pass."""
    for number, line in enumerate(block.split(b"\n"), start=first_line):
        if not line.strip():
            continue
        try:
            _value.decode(line)
        except RecursionError:
            raise _too_deep(f"line {number} of {what}") from None
        except msgspec.DecodeError as error:
            plain = _without_surrogates(line)
            try:
                _value.decode(line if plain is None else plain)
            except msgspec.DecodeError:
                raise _malformed(error, line, what=f"line {number} of {what}") from None
        yield line.strip()


def _without_surrogates(text: bytes | bytearray | memoryview) -> bytes | None:
    """A copy of the same length without surrogate escapes, None where there are none."""
    plain, replaced = _SURROGATE_ESCAPE.subn(_PLAIN_ESCAPE.replace(b"\\", b"\\\\"), text)
    return plain if replaced else None


def _original(raw: msgspec.Raw, plain: bytes, text: bytes | bytearray | memoryview) -> memoryview:
    """The bytes of `text` at the place a Raw has in its same-length copy `plain`."""
    found = memoryview(raw)
    start = _address(found) - _address(memoryview(plain))
    return memoryview(text)[start : start + len(found)]


def _address(view: memoryview) -> int:
    address: int = pa.py_buffer(view).address
    return address


def _status(outer: dict[str, msgspec.Raw]) -> tuple[int | None, str]:
    said = _text_of(outer.get("status_message")) or ""
    raw = outer.get("status_code", outer.get("statusCode"))
    if raw is None:
        return None, said
    try:
        return _number.decode(raw), said
    except msgspec.DecodeError:
        word = _text_of(raw) or ""
        # "Success" is seen. Any other word is taken for a refusal: with `data` left out it would
        # otherwise read as a source that has no records.
        return (None if word.lower() in _SUCCESS else 2000), said or word


def _next_link(outer: dict[str, msgspec.Raw]) -> str | None:
    for key in ("next", "next_page", "nextPage"):
        link = _text_of(outer.get(key))
        if link:
            return link
    links = outer.get("links")
    try:
        return _text_of(_object.decode(links).get("next")) if links is not None else None
    except msgspec.DecodeError:
        return None


def _total(outer: dict[str, msgspec.Raw]) -> int | None:
    for key in ("total", "total_count", "totalCount"):
        raw = outer.get(key)
        if raw is not None:
            try:
                return _number.decode(raw)
            except msgspec.DecodeError:
                return None
    return None


def _text_of(raw: msgspec.Raw | None) -> str | None:
    try:
        return None if raw is None else _text.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _malformed(
    error: msgspec.DecodeError, text: bytes | bytearray | memoryview, *, what: str
) -> SourceError:
    place = _BYTE_PLACE.search(str(error))
    if place is None:
        return SourceError(f"{what} breaks off after byte {len(text)}: the JSON is not complete")
    reason = str(error).removeprefix("JSON is malformed: ").removesuffix(place.group(0)).strip()
    return SourceError(f"{what} is not valid JSON at byte {place.group(1)}: {reason}")


def _too_deep(what: str) -> SourceError:
    return SourceError(f"{what} is nested too deeply to be a list of records")
