"""A parsed JSON object: its attributes and its key, whatever the spelling.

Belongs here: tolerant parsing, other spellings of declared attributes, own keys, attributes that
nobody declares. Does not belong here: mending values (`scalars.py`) and shapes (`mending.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from pipelines.dialects.declare import Module, Rows
from pipelines.dialects.shape import Leaf, Many, Node, Object
from pipelines.flatten.scalars import mended_leaf
from pipelines.flatten.tally import Tally
from pipelines.flatten.values import cleaned

Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Paths whose attributes nobody reports as unknown: ignored, or kept whole in a document."""

    ignored: frozenset[str]
    below: tuple[str, ...] = ()

    @classmethod
    def of(cls, module: Module, ignored: frozenset[str]) -> LeftOut:
        documents = module.rewrite.documents if module.rewrite else ()
        return cls(ignored, tuple(f"{path}." for path in documents))

    def __contains__(self, path: object) -> bool:
        return path in self.ignored or str(path).startswith(self.below)


@lru_cache(maxsize=1024)
def spellings(name: str) -> tuple[str, ...]:
    """How feeds write an attribute: last_updated, lastUpdated, LastUpdated, in this order."""
    first, *rest = name.split("_")
    camel = first + "".join(word.capitalize() for word in rest)
    return tuple(dict.fromkeys((name, camel, camel[:1].upper() + camel[1:])))


@lru_cache(maxsize=1024)
def meanings(node: Object) -> dict[str, str]:
    """The other spellings of an object's attributes, with what they mean."""
    return {
        spelling: name
        for name in node.nodes
        for spelling in spellings(name)[1:]
        if spelling not in node.nodes
    }


def table_of(node: Node) -> str:
    """The table an object's repairs are counted for: its own, else that of its first leaf."""
    if isinstance(node, Leaf):
        return node.table
    if node.rows is not None:
        return node.rows.table
    return table_of(next(iter(node.nodes.values())))


def attributes(node: Object, value: Tree) -> tuple[Tree, list[tuple[str, str]]]:
    """Declared attributes by their declared names, and the pairs of names that were changed."""
    named = {name: held for name, held in value.items() if name in node.nodes}
    changed: list[tuple[str, str]] = []
    if len(named) < len(value):
        for spelling, name in meanings(node).items():
            if value.get(spelling) is not None and named.get(name) is None:
                named[name] = value[spelling]
                changed.append((spelling, name))
    return named, changed


def own_keys(node: Object, rows: Rows, named: Tree) -> tuple[str, ...] | None:
    """Own key values as far as they are read from the object; None where an id is missing."""
    if not rows.has_id:
        return ()
    keys = []
    for column in rows.own_key:
        key_field = rows.field_of(column)
        if key_field is None:
            keys.append(rows.constants.get(column, ""))
            continue
        parts = [_key_part(node, named, path) for path in key_field.paths]
        if key_field.is_joined:
            keys.append("".join(part.upper() for part in parts if part) if all(parts) else "")
            continue
        found = next((part for part in parts if part), None)
        if found is None:
            return None
        keys.append(found)
    return tuple(keys)


def _key_part(node: Object, named: Tree, path: str) -> str | None:
    leaf = node.nodes.get(path)
    if not isinstance(leaf, Leaf) or named.get(path) is None:
        return None
    text = mended_leaf(leaf, named[path], Tally())
    return cleaned(text) if text else None


def parsed(raw: bytes, tally: Tally, table: str) -> Any:
    """A record as Python sees it: numbers exact, of a repeated attribute the last.

    Raises ValueError or RecursionError where it is no JSON at all.
    """

    def object_from(pairs: list[tuple[str, Any]]) -> Tree:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            tally.repair(table, "", repair="repeated_attribute", before=twice, after=twice)
        return found

    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "replace")
        tally.repair(table, "", repair="broken_utf8")
    return json.loads(text, strict=False, parse_float=_exact, object_pairs_hook=object_from)


def _exact(number: str) -> Decimal | float:
    try:
        return Decimal(number)
    except InvalidOperation:  # an exponent of twenty digits
        return float(number)


def json_of(value: Any) -> str:
    """A parsed value as JSON text again, numbers exact, half surrogates escaped."""
    if isinstance(value, dict):
        members = (f"{json.dumps(name)}:{json_of(held)}" for name, held in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_of, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


def as_json(value: Any) -> str:
    """A parsed value as JSON text again, for a report."""
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    return text.encode("utf-8", "replace").decode()


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else str(value)


def unknown_in(value: Any, node: Node, path: str = "") -> Iterator[tuple[str, str]]:
    """Undeclared attributes of a parsed record: path and value, nulls left out."""
    if isinstance(value, list):
        inner = node.item if isinstance(node, Many) else node
        at = f"{path}[]" if isinstance(node, Many) else path
        for item in value:
            yield from unknown_in(item, inner, at)
    elif isinstance(value, dict) and not isinstance(node, Leaf):
        if isinstance(node, Many):
            yield from unknown_in([value], node, path)
            return
        meant = meanings(node)
        found: Tree = value
        for name, held in found.items():
            at = f"{path}.{name}" if path else name
            inner_node = node.nodes.get(meant.get(name, name))
            if inner_node is not None:
                yield from unknown_in(held, inner_node, at)
            elif held is not None:
                yield at, held if isinstance(held, str) else as_json(held)


def sample_at(record: object, path: str) -> str | None:
    """The first value at a path (`evses[].cp_id`) of a parsed record, as text."""
    found = [record]
    for segment in path.split("."):
        name = segment.removesuffix("[]")
        found = [
            held[name] for held in found if isinstance(held, dict) and held.get(name) is not None
        ]
        if segment.endswith("[]"):
            found = [item for held in found for item in (held if isinstance(held, list) else [])]
    if not found:
        return None
    return found[0] if isinstance(found[0], str) else as_json(found[0])
