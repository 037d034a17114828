"""The words in which a dialect says where the columns of the canonical model come from.

Belongs here: `read`, `joined`, `Rows`, `Module`, `Dialect` and the checks that a declaration can
be true at all. Does not belong here: any dialect (one file each, beside this one), the shape of
the raw records that follows from a declaration (`shape.py`), the values (`flatten/`).

A path is relative to the object it is read from: `operator.name`, `''` for the thing itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipelines.dialects.endpoints import Protocol
from pipelines.model import TABLES, Table


@dataclass(frozen=True, slots=True)
class Field:
    """A column and the paths it is read from: the first that holds something wins.

    `is_bare`: where the object that should hold the value is a bare scalar, the scalar is the
    value (`"directions": "behind the house"`). `is_joined`: the paths are written one behind the
    other, and mean nothing ('') unless all are there. `is_zero_null`: the source writes 0 where
    it has no figure.
    """

    column: str
    paths: tuple[str, ...]
    is_bare: bool = False
    is_joined: bool = False
    is_zero_null: bool = False


def read(column: str, *paths: str, is_bare: bool = False, is_zero_null: bool = False) -> Field:
    """A column read from the first of `paths` that holds something (default: its own name)."""
    return Field(column, paths or (column,), is_bare=is_bare, is_zero_null=is_zero_null)


def joined(column: str, *paths: str) -> Field:
    """A column made of all of `paths` in upper case, '' where one of them is missing."""
    return Field(column, paths, is_joined=True)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table, one for each object found `at` a place.

    `at` is '' (the parent's own object: a narrow table), a path to one object (`operator`) or to
    a list (`evses[]`); of several the first that holds something is read. `constants` fill
    columns that the source does not spell out.
    """

    table: str
    at: tuple[str, ...] | str
    fields: tuple[Field, ...]
    children: tuple[Rows, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    # What follows from the above, worked out once: the careful path asks for it per object.
    # Key columns beyond the parent's; empty for a narrow table.
    own_key: tuple[str, ...] = field(init=False, repr=False, compare=False)
    # The fields that an object's own key is read from (none for constants and content).
    key_fields: tuple[Field, ...] = field(init=False, repr=False, compare=False)
    # Whether its objects carry an id that must be there and be unique within the parent.
    has_id: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        columns = {column.name for column in self.model.columns}
        for name in (*(f.column for f in self.fields), *self.constants):
            if name not in columns:
                raise ValueError(f"{self.table} has no column {name!r}; declare it in the model")
        parent = self.model.parent
        own_key = self.model.key if parent is None else self.model.key[len(TABLES[parent].key) :]
        key_fields = tuple(f for f in self.fields if f.column in own_key)
        object.__setattr__(self, "own_key", own_key)
        object.__setattr__(self, "key_fields", key_fields)
        object.__setattr__(self, "has_id", any(path for f in key_fields for path in f.paths))

    @property
    def model(self) -> Table:
        return TABLES[self.table]

    @property
    def places(self) -> tuple[str, ...]:
        return (self.at,) if isinstance(self.at, str) else self.at

    @property
    def is_narrow(self) -> bool:
        return not self.own_key

    def field_of(self, column: str) -> Field | None:
        return next((f for f in self.fields if f.column == column), None)

    def walk(self) -> Iterator[Rows]:
        """Itself and everything below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class ContentKey:
    """An attribute made of a record's content: 128 bits in hex, of all but `without`."""

    attribute: str
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """Ids of another module's records that hold inside one snapshot only, made keys of content.

    The list of ids `ids` becomes the list of objects `into`, each with the `key` of the record
    of `module` that has the id in `id_attribute`, or 'dangling'; each key once, in order of key.
    `set_key` is a hash of them all.
    """

    ids: str
    module: str
    id_attribute: str
    into: str
    key: str
    set_key: str


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What is done to the records of a module before they are read (`flatten/rewriting.py`).

    For what no path can say. Everything that comes after, quarantine and samples included, sees
    the rewritten record alone. In this order:

    `unwrap`: a record that holds an object under this name is that object.
    `wraps_evses`: a record with `connectors` and without `evses` is an EVSE without a location,
    and gets one: `{"uid": its own, "is_placeholder": true, "evses": [the record]}`.
    `hashed`: texts under these names become keyed hashes; a record that is no object, and so may
    be such a text itself, becomes null.
    `lowered`: texts under these names in lower case.
    `documents`: the JSON text of `location` is put beside it under the name it maps to, that of
    each object of `tariffs[]` into the object.
    """

    unwrap: str | None = None
    wraps_evses: bool = False
    hashed: tuple[str, ...] = ()
    lowered: tuple[str, ...] = ()
    documents: Mapping[str, str] = field(default_factory=dict)
    content_key: ContentKey | None = None
    resolved: Resolved | None = None


@dataclass(frozen=True, slots=True)
class Module:
    """One list of a source; its records are the objects of `root` (whose `at` is '')."""

    name: str
    root: Rows
    rewrite: Rewrite | None = None

    def tables(self) -> tuple[str, ...]:
        """Names of the tables it fills, parents first, each once."""
        return tuple(dict.fromkeys(rows.table for rows in self.root.walk()))


@dataclass(frozen=True, slots=True)
class Dialect:
    """A dialect: how it is asked, what its records mean, and what is left out on purpose.

    `ignored` maps a path (`evses[].connectors[].x`, by module: `locations:path`) to the reason
    why the attribute is not loaded; such an attribute is not reported as unknown.
    """

    name: str
    protocol: Protocol
    modules: tuple[Module, ...]
    ignored: Mapping[str, str] = field(default_factory=dict)

    @property
    def tables(self) -> frozenset[str]:
        """Names of the tables that its modules can fill."""
        return frozenset(table for module in self.modules for table in module.tables())

    def module(self, name: str) -> Module | None:
        """The module of that name, None where the dialect has no such module."""
        return next((module for module in self.modules if module.name == name), None)

    def ignored_in(self, module: str) -> frozenset[str]:
        prefix = f"{module}:"
        return frozenset(p.removeprefix(prefix) for p in self.ignored if p.startswith(prefix))
