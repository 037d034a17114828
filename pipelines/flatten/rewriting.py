"""Records rewritten before anything reads them, as a module's `Rewrite` declares.

Belongs here: what no path of a declaration can say - an object taken out of its wrapping, a
placeholder around an EVSE, keyed hashes for what names a person, documents, keys of content.
Does not belong here: what an attribute means (`dialects/`), reading (`reading.py`, `mending.py`).

A record is opened one level deep and its attributes stay raw bytes, so what is not rewritten
comes out as it was sent, numbers to the last digit. Both passes and the quarantine see the
rewritten record alone. The ledger counts records: a bare EVSE is received as one location, its
placeholder, and as one EVSE.

What people are known by: a hash is made of the cleaned text, so blanks around it make no second
person. An attribute counts as hashed in whatever way its name is written (`authId`, `AUTH-ID`).
Repairs of such attributes are counted without a sample. An attribute that nobody declares may
name a person too (`cdr_token` in a 2.1.1 feed): it is reported as unknown, its value as `hidden`.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

import msgspec

from pipelines.dialects.declare import ContentKey, Module, Resolved, Rewrite
from pipelines.dialects.shape import Leaf, Many, Node, Object, shape_of
from pipelines.errors import ConfigurationError
from pipelines.flatten.hiding import HIDDEN, folded, without_people
from pipelines.flatten.objects import json_of, meanings, parsed, spellings
from pipelines.flatten.records import Record, Records
from pipelines.flatten.scalars import mended_leaf
from pipelines.flatten.tally import Tally
from pipelines.flatten.values import cleaned

logger = logging.getLogger(__name__)

DANGLING = "dangling"
KEY_BYTES = 16

# The modules of a snapshot, for records that name records of another one.
Beside = Mapping[str, tuple[Module, Records]]
# One level of a record: attributes by name, each as it was sent.
Opened = dict[str, msgspec.Raw]

_open = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_open_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_closed = msgspec.json.Encoder().encode
_NULL = msgspec.Raw(b"null")
_HIDDEN = msgspec.Raw(b'"%s"' % HIDDEN.encode())
_ESCAPE = re.compile(r"\\(u0000|.)", re.DOTALL)
# Postgres' numeric ends at 131,072 digits before the point and 16,383 behind it.
_HUGE_NUMBER = re.compile(r"[eE][+-]?\d{4}|\d{4000}")
_LARGEST_EXPONENT = 9_999


class Rewritten(msgspec.Struct, frozen=True, gc=False):
    """A record as it is read, in the place of the one that was sent."""

    page: str
    index: int
    raw: bytes


def no_hash_key() -> bytes:
    """Stands where no key was given; only modules about people ask for one."""
    raise ConfigurationError(
        "flattening sessions, CDRs or tokens hashes what names a person, and no key for the "
        "hashes was given; pass hash_key"
    )


class Rewriter:
    """Rewrites the records of one module."""

    def __init__(
        self,
        module: Module,
        shape: Object,
        *,
        hash_key: Callable[[], bytes] = no_hash_key,
        beside: Beside | None = None,
        ignored: frozenset[str] = frozenset(),
    ) -> None:
        self._module = module
        self._rewrite = rewrite = module.rewrite or Rewrite()
        self._shape = shape
        self._ask_hash_key = hash_key
        self._beside = beside or {}
        self._ignored = ignored
        self._hashed = {folded(name): _leaf_at(shape, name) for name in rewrite.hashed}
        self._declared = {*shape.nodes, *meanings(shape), *ignored}
        # Other modules keep the very bytes of a record that needs neither.
        self._always = bool(
            rewrite.hashed
            or rewrite.lowered
            or rewrite.documents
            or rewrite.content_key
            or rewrite.resolved
        )

    def records(self, records: Records, tally: Tally) -> Records:
        """The same groups rewritten; repairs are counted each time the records are run through."""
        if self._module.rewrite is None:
            return records

        def groups() -> Iterator[list[Any]]:
            for group in records():
                yield [self._rewritten(record, tally) for record in group]

        return groups

    def _rewritten(self, record: Record, tally: Tally) -> Record:
        rewrite = self._rewrite
        opened = self._opened(record.raw, tally)
        if opened is None:
            hides = bool(rewrite.hashed)
            return Rewritten(record.page, record.index, b"null") if hides else record
        held = self._unwrapped(opened, rewrite.unwrap, tally) if rewrite.unwrap else opened
        if rewrite.wraps_evses:
            held = _wrapped(held)
        if held is opened and not self._always:
            return record
        if self._hashed:
            self._hash(held, tally)
        for name in rewrite.lowered:
            _lower(held, name)
        for path, into in rewrite.documents.items():
            self._add_document(held, path, into, tally)
        if rewrite.content_key:
            _add_content_key(held, rewrite.content_key)
        if rewrite.resolved:
            self._resolve(held, rewrite.resolved)
        return Rewritten(record.page, record.index, _closed(held))

    def _opened(self, raw: bytes | memoryview, tally: Tally) -> Opened | None:
        """A record's attributes; None where it is no object, or cannot be read at all."""
        try:
            return _open(raw)
        except msgspec.ValidationError:
            return None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        try:
            value = parsed(bytes(raw), tally, self._module.root.table)
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, dict):
            return None
        return {_whole(name): msgspec.Raw(json_of(held).encode()) for name, held in value.items()}

    def _unwrapped(self, held: Opened, name: str, tally: Tally) -> Opened:
        inner = held.get(name, _NULL)
        opened = self._opened(inner, tally) if _begins(inner, b"{") else None
        if opened is None:
            return held
        for other, value in held.items():
            if other != name and other not in self._ignored and bytes(value) != b"null":
                shown = bytes(value).decode("utf-8", "replace").strip('"')
                tally.unknown_thing(other, "", count=1, sample=shown)
        return opened

    # -- people ----------------------------------------------------------------------------------

    @cached_property
    def _hash_key(self) -> bytes:
        return self._ask_hash_key()

    def _hash(self, held: Opened, tally: Tally) -> None:
        for name, raw in held.items():
            leaf = self._hashed.get(folded(name))
            if leaf is None:
                if name not in self._declared and bytes(raw) != b"null":
                    held[name] = _HIDDEN
                continue
            text = _person_text(raw, leaf, tally)
            digest = text and hmac.digest(self._hash_key, text.encode(), hashlib.sha256).hex()
            held[name] = msgspec.Raw(_closed(digest))

    # -- documents -------------------------------------------------------------------------------

    def _add_document(self, held: Opened, path: str, into: str, tally: Tally) -> None:
        name = path.removesuffix("[]")
        spelling = _spelling_in(held, name)
        if name == path:
            leaf = _leaf_at(self._shape, into)
            _put(held, into, None if spelling is None else _document(held[spelling], leaf, tally))
            return
        if spelling is None:
            return
        node = self._shape.nodes[name]
        leaf = _leaf_at(node.item if isinstance(node, Many) else node, into)
        raw = held[spelling]
        is_list = _begins(raw, b"[")
        elements = _open_list(raw) if is_list else [raw]
        rewritten = []
        for element in elements:
            opened = self._opened(element, tally)
            if opened is not None:
                _put(opened, into, _document(element, leaf, tally))
                element = msgspec.Raw(_closed(opened))
            rewritten.append(element)
        held[spelling] = msgspec.Raw(_closed(rewritten)) if is_list else rewritten[0]

    # -- ids that hold inside one snapshot -------------------------------------------------------

    def _resolve(self, held: Opened, resolved: Resolved) -> None:
        spelling = _spelling_in(held, resolved.ids)
        ids = _ids_in(held[spelling]) if spelling else []
        keys = sorted({self._keys_of_ids.get(one, DANGLING) for one in ids})
        _put(held, resolved.into, msgspec.Raw(_closed([{resolved.key: key} for key in keys])))
        _put(held, resolved.set_key, msgspec.Raw(_closed(_digest("\n".join(keys)))))

    @cached_property
    def _keys_of_ids(self) -> dict[str, str]:
        """The content key of each id of the other module; some 200 bytes an id while it runs.

        Of an id that comes twice the last record counts: it was asked for last. Modules whose
        ids need each other stand in one group, and are pulled together or not at all; where the
        other one is missing all the same, every id dangles, and the log says so.
        """
        resolved = self._rewrite.resolved
        assert resolved is not None
        if resolved.module not in self._beside:
            logger.warning(
                "%s names records of %s, which this snapshot does not have: all of them dangle",
                self._module.name,
                resolved.module,
            )
            return {}
        module, records = self._beside[resolved.module]
        rewriter = Rewriter(module, shape_of(module), hash_key=self._ask_hash_key)
        keys: dict[str, str] = {}
        found: dict[str, str] = {}
        for group in rewriter.records(records, Tally())():
            for record in group:
                held = self._opened(record.raw, Tally()) or {}
                name = _spelling_in(held, resolved.id_attribute)
                for one in _ids_in(held[name]) if name else ():
                    key = msgspec.json.decode(held.get(resolved.key, _NULL))
                    if key is not None:
                        found[one] = keys.setdefault(key, key)
        return found


# -- attributes ----------------------------------------------------------------------------------


def _whole(text: str) -> str:
    """A text without half surrogates."""
    return text.encode("utf-8", "replace").decode()


def _begins(raw: msgspec.Raw, sign: bytes) -> bool:
    return bytes(memoryview(raw)[:1]) == sign


def _spelling_in(held: Opened, name: str) -> str | None:
    """The name under which an attribute holds something."""
    for spelling in spellings(name):
        raw = held.get(spelling)
        if raw is not None and bytes(raw) != b"null":
            return spelling
    return None


def _put(held: Opened, name: str, raw: msgspec.Raw | None) -> None:
    """Sets what only this module writes; what the source sent under the name is left out."""
    for spelling in spellings(name):
        held.pop(spelling, None)
    if raw is not None:
        held[name] = raw


def _leaf_at(node: Node, name: str) -> Leaf:
    leaf = node.nodes[name] if isinstance(node, Object) else None
    if not isinstance(leaf, Leaf):
        raise TypeError(f"{name} is rewritten, but no column is read from it")
    return leaf


def _wrapped(held: Opened) -> Opened:
    """A location that stands for the unknown one around a bare EVSE."""
    is_evse = any(name in held for name in spellings("connectors"))
    if not is_evse or _spelling_in(held, "evses"):
        return held
    uid = _spelling_in(held, "uid")
    return {
        "uid": held[uid] if uid else _NULL,
        "is_placeholder": msgspec.Raw(b"true"),
        "evses": msgspec.Raw(b"[" + _closed(held) + b"]"),
    }


def _lower(held: Opened, name: str) -> None:
    for spelling in spellings(name):
        raw = held.get(spelling)
        if raw is not None and _begins(raw, b'"'):
            held[spelling] = msgspec.Raw(_closed(_whole(parsed(bytes(raw), Tally(), "").lower())))


def _person_text(raw: msgspec.Raw, leaf: Leaf, tally: Tally) -> str | None:
    """The text a hash is made of; a number's is what was sent."""
    try:
        sent = str(msgspec.json.decode(raw, type=str))
        if sent.isascii() and sent.isprintable() and sent.strip() == sent:
            return sent or None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        pass
    seen = Tally()
    try:
        value = parsed(bytes(raw), seen, leaf.table)
    except (ValueError, RecursionError):  # a whole number of more than 4,300 digits
        value = bytes(raw).decode("utf-8", "replace")
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        seen.repair(leaf.table, leaf.column, repair="text_from_number")
        value = bytes(raw).decode()
    text = mended_leaf(leaf, value, seen)
    clean = cleaned(text) if text else None
    if clean != text:
        repair = "empty_text" if clean is None else "blanks"
        seen.repair(leaf.table, leaf.column, repair=repair)
    for (table, column, repair), mended in seen.repairs.items():
        tally.repair(table, column, repair=repair, count=mended.repaired)
    return clean


# -- documents -----------------------------------------------------------------------------------


def _document(raw: msgspec.Raw, leaf: Leaf, tally: Tally) -> msgspec.Raw:
    """An attribute as the text that jsonb takes: as sent, but for what Postgres refuses."""

    def count(repair: str) -> None:
        tally.repair(leaf.table, leaf.column, repair=repair)

    try:
        text = bytes(raw).decode()
    except UnicodeDecodeError:
        text = bytes(raw).decode("utf-8", "replace")
        count("broken_utf8")
    text = without_people(text)
    if "\\u0000" in text:
        without = _ESCAPE.sub(lambda found: "" if found[1] == "u0000" else found[0], text)
        if without != text:
            count("nul_removed")
            text = without
    try:
        msgspec.json.Decoder(msgspec.Raw).decode(text)
        is_storable = _HUGE_NUMBER.search(text) is None
    except msgspec.MsgspecError:
        is_storable = False
    if not is_storable:
        value = parsed(text.encode(), Tally(), leaf.table)
        storable = _storable(value)
        if storable != value:
            count("unstorable_part")
            text = json_of(storable)
    return msgspec.Raw(_closed(text))


def _storable(value: Any) -> Any:
    """A parsed value without half surrogates, NaN, Infinity and numbers beyond all bounds."""
    if isinstance(value, dict):
        return {_whole(name): _storable(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, str):
        return _whole(value).replace("\x00", "")
    if isinstance(value, float):  # the parser makes a float of NaN and Infinity alone
        return None
    if isinstance(value, Decimal) and abs(value.adjusted()) > _LARGEST_EXPONENT:
        return None
    return value


# -- keys of content -----------------------------------------------------------------------------


def _add_content_key(held: Opened, wanted: ContentKey) -> None:
    """The key of what a record says; without anything to say it has none."""
    left_out = {s for name in (wanted.attribute, *wanted.without) for s in spellings(name)}
    said = {name: _parsed_exactly(raw) for name, raw in held.items() if name not in left_out}
    canonical = _canonical(said)
    key = msgspec.Raw(_closed(_digest(_closed_sorted(canonical)))) if canonical else None
    _put(held, wanted.attribute, key)


_closed_sorted = msgspec.json.Encoder(order="sorted").encode
_decode_exactly = msgspec.json.Decoder(float_hook=Decimal).decode


def _parsed_exactly(raw: msgspec.Raw) -> Any:
    try:
        return _decode_exactly(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, ArithmeticError):
        return parsed(bytes(raw), Tally(), "")


def _canonical(value: Any) -> Any:
    """Equal for what says the same: numbers by value, null like nothing, "1" unlike 1.

    The order of a list stays: it decides which price is tried first.
    """
    if isinstance(value, dict):
        held = {_whole(name): _canonical(inner) for name, inner in value.items()}
        return {name: inner for name, inner in held.items() if inner is not None}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, str):
        return _whole(value)
    if isinstance(value, bool) or value is None:
        return value
    return {"": _number_text(value)}


def _number_text(value: int | float | Decimal) -> str:
    if isinstance(value, float):
        return str(value)
    sign, digits, exponent = Decimal(value).as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    short = text.rstrip("0")
    power = int(exponent) + len(text) - len(short)
    return f"{'-' * sign}{short}e{power}" if short else "0"


def _ids_in(raw: msgspec.Raw) -> list[str]:
    """Ids of a list, or the one that stands there alone; what is no id is none of them."""
    value = _parsed_exactly(raw)
    texts = [
        cleaned(_whole(one)) if isinstance(one, str) else str(one)
        for one in (value if isinstance(value, list) else [value])
        if isinstance(one, str | int | Decimal) and not isinstance(one, bool)
    ]
    return [text for text in texts if text]


def _digest(content: str | bytes) -> str:
    whole = content.encode() if isinstance(content, str) else content
    return hashlib.blake2b(whole, digest_size=KEY_BYTES).hexdigest()
