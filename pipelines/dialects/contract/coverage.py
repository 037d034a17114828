"""Where each attribute of the contract goes: the columns it reaches, or the reason why none.

Belongs here: working that out from the dialects' own declarations. Does not belong here: the
facts (`__init__.py`), the reasons (`reasons.py`), anything said twice: a path that is declared
nowhere is found nowhere.

Lists and single objects stand in for each other in real feeds, so `[]` does not tell paths apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from pipelines.dialects import DIALECTS
from pipelines.dialects.contract import Fact, codes, facts
from pipelines.dialects.contract.reasons import OPEN_CODES, REASONS, Reason
from pipelines.dialects.declare import Module, Rows
from pipelines.model import TABLES, Column, Type


@dataclass(frozen=True, slots=True)
class Reader:
    """The modules of a dialect that read an object of the contract, `at` a place in a record."""

    dialect: str
    modules: tuple[str, ...]
    at: str = ""


_ECO_MOVEMENT = Reader("eco_movement", ("locations", "location_details"))
_VOLTALITY = Reader("voltality", ("locations",), at="evses[]")
_OCPI_LOCATIONS = Reader("ocpi_2_1_1", ("locations",))

READERS: Mapping[tuple[str, str], Reader] = {
    ("000", "Location"): _ECO_MOVEMENT,
    ("000", "EVSE"): _ECO_MOVEMENT,
    ("000", "Connector"): _ECO_MOVEMENT,
    ("001", "EVSE"): _VOLTALITY,
    ("001", "Connector"): _VOLTALITY,
    ("002", "Location"): _OCPI_LOCATIONS,
    ("002", "EVSE"): _OCPI_LOCATIONS,
    ("002", "Connector"): _OCPI_LOCATIONS,
    ("002", "Tariff"): Reader("ocpi_2_1_1", ("tariffs",)),
    ("002", "Session"): Reader("ocpi_2_1_1", ("sessions",)),
    ("002", "CDR"): Reader("ocpi_2_1_1", ("cdrs",)),
    ("002", "Token"): Reader("ocpi_2_1_1", ("tokens",)),
    # Beside the contract.
    ("000", "Tariff"): Reader("eco_movement", ("tariffs",)),
    ("000", "Price"): Reader("eco_movement", ("prices",)),
    ("000", "ConnectorPrice"): Reader("eco_movement", ("connector_prices",)),
    ("000", "DeprecatedPrice"): Reader("eco_movement", ("deprecated_prices",)),
    ("001", "Location"): Reader("voltality", ("locations",)),
    ("001", "Tariff"): Reader("voltality", ("tariffs",)),
}


@dataclass(frozen=True, slots=True)
class Reached:
    """One way of an attribute: `columns` are `table.column`, in the order they are declared."""

    dialect: str
    module: str
    path: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Covered:
    """An attribute with where it goes. Rightly declared, one of the two is empty."""

    fact: Fact
    reached: tuple[Reached, ...]
    reasons: tuple[Reason, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for way in self.reached for name in way.columns))


def coverage() -> tuple[Covered, ...]:
    """Every attribute of the contract, in its order."""
    return tuple(Covered(fact, ways_of(fact), tuple(_reasons(fact))) for fact in facts())


def column_of(name: str) -> Column:
    """The column that `table.column` names."""
    table, _, column = name.partition(".")
    return TABLES[table].column(column)


def columns_of_codes(seed: str, enum: str) -> tuple[str, ...]:
    """The columns that hold codes of a list by themselves (documents hold them too)."""
    names = (
        name
        for covered in coverage()
        if (covered.fact.seed, covered.fact.enum) == (seed, enum)
        for name in covered.columns
    )
    return tuple(dict.fromkeys(name for name in names if column_of(name).type is not Type.DOCUMENT))


def code_lists() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """The values of every list of codes, by seed and name."""
    found: dict[tuple[str, str], list[str]] = {}
    for code in codes():
        found.setdefault((code.seed, code.enum), []).append(code.value)
    return {key: tuple(values) for key, values in found.items()}


def why_open(seed: str, enum: str) -> str | None:
    """Why no column is held to a list of codes; None where one is."""
    return next((o.text for o in OPEN_CODES if (o.seed, o.enum) == (seed, enum)), None)


def _reasons(fact: Fact) -> Iterator[Reason]:
    for reason in REASONS:
        is_about = (reason.seed, reason.object) == (fact.seed, fact.object)
        if is_about and (not reason.paths or fact.path in reason.paths):
            yield reason


@cache
def ways_of(fact: Fact) -> tuple[Reached, ...]:
    """The columns that an attribute reaches, by the module that reads it."""
    reader = READERS.get((fact.seed, fact.object))
    if reader is None:
        return ()
    path = _joined(reader.at, fact.path)
    found = (
        (name, _columns_at(_reads(reader.dialect, name), path, and_below=fact.is_container))
        for name in reader.modules
    )
    return tuple(Reached(reader.dialect, name, path, columns) for name, columns in found if columns)


def why_left_out(fact: Fact) -> str | None:
    """Why a dialect leaves out an attribute that its source sends (`Dialect.ignored`)."""
    reader = READERS.get((fact.seed, fact.object))
    if reader is None:
        return None
    ignored = DIALECTS[reader.dialect].ignored
    places = (f"{name}:{_joined(reader.at, fact.path)}" for name in reader.modules)
    return next((ignored[place] for place in places if place in ignored), None)


def _columns_at(
    reads: Mapping[str, tuple[str, ...]], path: str, *, and_below: bool
) -> tuple[str, ...]:
    """Columns read from a path, from documents above it, and for a container from what it holds."""
    plain = _plain(path)
    found = list(reads.get(plain, ()))
    for read, columns in reads.items():
        is_within = and_below and read.startswith(f"{plain}.")
        in_document = read.endswith("*") and f"{plain}.".startswith(read[:-1])
        if is_within or in_document:
            found += columns
    return tuple(dict.fromkeys(found))


@cache
def _reads(dialect: str, module: str) -> Mapping[str, tuple[str, ...]]:
    """Columns by the path they are read from; a document is read from `path.*`."""
    declared = DIALECTS[dialect].module(module)
    assert declared is not None, f"{dialect} has no module {module}"
    found: dict[str, list[str]] = {}
    for path, name in _paths(declared.root, ""):
        found.setdefault(path, []).append(name)
    for path, name in _documents(declared, found):
        found.setdefault(f"{path}.*", []).append(name)
    if declared.rewrite and declared.rewrite.resolved:
        resolved = declared.rewrite.resolved
        made = (f"{resolved.into}.{resolved.key}", resolved.set_key)
        found[resolved.ids] = [name for path in made for name in found.get(path, ())]
    return {path: tuple(names) for path, names in found.items()}


def _paths(rows: Rows, at: str) -> Iterator[tuple[str, str]]:
    for field in rows.fields:
        for path in field.paths:
            place = _plain(_joined(at, path))
            yield place, f"{rows.table}.{field.column}"
            if field.is_bare:  # a scalar in the object's place is read as well
                yield place.rpartition(".")[0], f"{rows.table}.{field.column}"
    for child in rows.children:
        for place in child.places:
            yield from _paths(child, _joined(at, place))


def _documents(module: Module, reads: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Where documents are made from, with the column that each is read into."""
    for path, into in (module.rewrite.documents if module.rewrite else {}).items():
        attribute = _joined(path, into) if path.endswith("[]") else into
        for name in reads[_plain(attribute)]:
            yield _plain(path), name


def _joined(at: str, path: str) -> str:
    return ".".join(part for part in (at, path) if part)


def _plain(path: str) -> str:
    return path.replace("[]", "")
