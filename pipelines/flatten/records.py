"""Records as flatten takes them, and the light first pass over their keys.

Belongs here: what a record must offer (`landing.RecordRef` does), the ids and times of all
records, who wins where a key comes twice. Does not belong here: anything else in a record.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import msgspec

from pipelines.dialects.declare import Field, Module, Rows
from pipelines.dialects.shape import Object
from pipelines.flatten.objects import attributes, own_keys, parsed, spellings
from pipelines.flatten.tally import Tally
from pipelines.flatten.values import cleaned, moment_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Record(Protocol):
    """The raw bytes of one record, and where it stands."""

    @property
    def page(self) -> str: ...
    @property
    def index(self) -> int: ...
    @property
    def raw(self) -> bytes | memoryview: ...


# A fresh run over the same records in the same order each time it is called.
Records = Callable[[], Iterable[list[Any]]]
Key = tuple[str, ...]


@dataclass(slots=True)
class KeysSeen:
    """What the first pass found: the losers of each key that comes twice, and their winners.

    Records are named by their ordinal in the module, from 0.
    """

    records: int = 0
    losers: dict[int, int] = field(default_factory=dict)

    @property
    def winners(self) -> set[int]:
        return set(self.losers.values())


class KeyReader:
    """Reads the key and the time of a record without reading the rest of it."""

    def __init__(self, module: Module, shape: Object) -> None:
        self._root = module.root
        self._shape = shape
        self._keys = [module.root.field_of(name) for name in module.root.own_key]
        self._constants = [module.root.constants.get(name, "") for name in module.root.own_key]
        self._time = time_field(module.root)
        names = [path for key in (*self._keys, self._time) if key for path in key.paths]
        # The other spellings too: a camelCase feed has its duplicates like any other.
        written = list(dict.fromkeys(s for name in names for s in spellings(name)))
        self._slots = {
            name: tuple(written.index(spelling) for spelling in spellings(name)) for name in names
        }
        self._head = msgspec.json.Decoder(
            msgspec.defstruct(
                "Head",
                [(f"f{i}", Any, None) for i in range(len(written))],
                rename={f"f{i}": name for i, name in enumerate(written)},
                gc=False,
            )
        )

    def __call__(self, raw: bytes | memoryview) -> tuple[Key | None, int]:
        """The key (None where no id can be read) and last_updated in microseconds."""
        try:
            head = msgspec.structs.astuple(self._head.decode(raw))
            key = self._key(head)
            time = self._text(head, self._time.paths[0]) if self._time else None
        except (msgspec.MsgspecError, ValueError, RecursionError):
            key = None
        if key is None:
            return self._carefully(bytes(raw))
        return key, _micros(time) if time else 0

    def _key(self, head: tuple[Any, ...]) -> Key | None:
        key: list[str] = []
        for key_field, constant in zip(self._keys, self._constants, strict=True):
            if key_field is None:
                key.append(constant)
                continue
            parts = [self._text(head, path) for path in key_field.paths]
            if key_field.is_joined:
                whole = all(parts)
                key.append("".join(part.upper() for part in parts if part) if whole else "")
                continue
            found = next((part for part in parts if part), None)
            if found is None:
                return None
            key.append(found)
        return tuple(key)

    def _carefully(self, raw: bytes) -> tuple[Key | None, int]:
        """As the careful path reads it: the two must agree on which records are the same."""
        try:
            value = parsed(raw, Tally(), self._root.table)
        except (ValueError, RecursionError):
            return None, 0
        if not isinstance(value, dict):
            return None, 0
        named, _ = attributes(self._shape, value)
        time = named.get(self._time.paths[0]) if self._time else None
        micros = _micros(time.strip()) if isinstance(time, str) else 0
        return own_keys(self._shape, self._root, named), micros

    def _text(self, head: tuple[Any, ...], name: str) -> str | None:
        for slot in self._slots[name]:
            value = head[slot]
            if type(value) is str:
                return cleaned(value)
            if type(value) is int:
                return str(value)
            if value is not None:
                raise ValueError("no plain text")
        return None


def _micros(time: str) -> int:
    """When a record says it was touched; fromisoformat first, ten times as fast for most."""
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        return moment_of(time)[0] or 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // MICROSECOND


def time_field(root: Rows) -> Field | None:
    """Where an object says when it was touched: itself, or in a table of its own beside it."""
    for rows in (root, *(child for child in root.children if child.is_narrow)):
        found = rows.field_of("last_updated")
        if found:
            return found
    return None


def look_for_duplicates(module: Module, shape: Object, records: Records) -> KeysSeen:
    """The first pass: which records lose against another of the same key.

    The newest `last_updated` wins; between equals the one that came first.
    """
    read = KeyReader(module, shape)
    seen = KeysSeen()
    holders: dict[str, int] = {}
    times = array("q")
    losers: dict[int, str] = {}
    for record in _all(records):
        ordinal = seen.records
        seen.records += 1
        parts, time = read(record.raw)
        times.append(time)
        if parts is None:
            continue
        key = "\x1f".join(parts)
        holder = holders.setdefault(key, ordinal)
        if holder == ordinal:
            continue
        if time > times[holder]:
            losers[holder] = key
            holders[key] = ordinal
        else:
            losers[ordinal] = key
    seen.losers = {ordinal: holders[key] for ordinal, key in losers.items()}
    return seen


def _all(records: Records) -> Iterator[Record]:
    for group in records():
        yield from group
