"""Records as flatten takes them, and the light first pass over their keys.

Belongs here: what a record must offer (`landing.RecordRef` does), the ids and times of all
records, who wins where a key comes twice. Does not belong here: anything else in a record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from pipelines.dialects.declare import Field, Module, Rows
from pipelines.flatten.values import cleaned, moment_of


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
Place = tuple[str, int]
Key = tuple[str, ...]


@dataclass(slots=True)
class KeysSeen:
    """What the first pass found: the losers of each key that comes twice, and their winners."""

    records: int = 0
    losers: dict[Place, Place] = field(default_factory=dict)

    @property
    def winners(self) -> set[Place]:
        return set(self.losers.values())


def snake(name: str) -> str:
    """An attribute's name as OCPI spells it: lastUpdated and LastUpdated are last_updated."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\s\-]+", "_", name.strip())
    return spaced.lower()


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


class KeyReader:
    """Reads the key and the time of a record without reading the rest of it."""

    def __init__(self, module: Module) -> None:
        root = module.root
        self._keys = [_key_field(root, name) for name in root.own_key]
        self._constants = [root.constants.get(name, "") for name in root.own_key]
        self._time = time_field(root)
        names = [path for key in (*self._keys, self._time) if key for path in key.paths]
        # The other spellings too: a camelCase feed has its duplicates like any other.
        spellings = dict.fromkeys(
            spelling
            for name in names
            for spelling in (name, camel(name), camel(name)[:1].upper() + camel(name)[1:])
        )
        self._spellings = {name: [s for s in spellings if snake(s) == name] for name in names}
        self._head = msgspec.json.Decoder(
            msgspec.defstruct(
                "Head",
                [(f"f{i}", Any, None) for i in range(len(spellings))],
                rename={f"f{i}": name for i, name in enumerate(spellings)},
                gc=False,
            )
        )
        self._slots = {name: f"f{i}" for i, name in enumerate(spellings)}

    def __call__(self, raw: bytes | memoryview) -> tuple[Key | None, int]:
        """The key (None where no id can be read) and last_updated in microseconds."""
        try:
            head = self._head.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None, 0
        key: list[str] = []
        for key_field, constant in zip(self._keys, self._constants, strict=True):
            if key_field is None:
                key.append(constant)
                continue
            parts = [self._text(head, path) for path in key_field.paths]
            if key_field.is_joined:
                whole = "".join(part.upper() for part in parts if part)
                key.append(whole if all(parts) else "")
                continue
            found = next((part for part in parts if part), None)
            if found is None:
                return None, 0
            key.append(found)
        time = self._text(head, self._time.paths[0]) if self._time else None
        return tuple(key), (moment_of(time)[0] or 0) if time else 0

    def _text(self, head: object, name: str) -> str | None:
        for spelling in self._spellings[name]:
            value = getattr(head, self._slots[spelling])
            if value is not None and not isinstance(value, list | dict):
                return cleaned(str(value))
        return None


def _key_field(root: Rows, name: str) -> Field | None:
    return root.field_of(name)


def time_field(root: Rows) -> Field | None:
    for rows in root.children:
        found = rows.field_of("last_updated") if rows.is_narrow else None
        if found:
            return found
    return None


def look_for_duplicates(module: Module, records: Records) -> KeysSeen:
    """The first pass: which records lose against another of the same key.

    The newest `last_updated` wins; between equals the one that came first.
    """
    read = KeyReader(module)
    seen = KeysSeen()
    best: dict[Key, tuple[int, Place]] = {}
    losers: dict[Place, Key] = {}
    for record in _all(records):
        seen.records += 1
        key, time = read(record.raw)
        if key is None:
            continue
        place = (record.page, record.index)
        holder = best.get(key)
        if holder is None:
            best[key] = (time, place)
        elif time > holder[0]:
            losers[holder[1]] = key
            best[key] = (time, place)
        else:
            losers[place] = key
    seen.losers = {place: best[key][1] for place, key in losers.items()}
    return seen


def _all(records: Records) -> Iterator[Record]:
    for group in records():
        yield from group
