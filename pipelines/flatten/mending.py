"""The careful path: one record at a time, from whatever JSON it is to what the schema takes.

Belongs here: objects for lists and lists for objects, bare scalars, other spellings of
attributes, missing and repeated ids, and what is put aside at the smallest level. Does not
belong here: scalars (`scalars.py`), values and rows (`columns.py`, `exploding.py`, which the
mended records go through like any other).

A scalar that cannot be read becomes NULL, counted as a repair `unreadable_<type>`; an object is
put aside where it is no object, or has no id, or the same id as a newer, different one.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pipelines.dialects.declare import Module, Rows
from pipelines.dialects.shape import Leaf, Many, Node, Object
from pipelines.flatten.counting import sent_in_record
from pipelines.flatten.duplicates import Copies, newest
from pipelines.flatten.objects import (
    Tree,
    as_json,
    attributes,
    own_keys,
    parsed,
    table_of,
    unknown_in,
)
from pipelines.flatten.records import Record
from pipelines.flatten.scalars import mended_leaf, unreadable_number
from pipelines.flatten.tally import Quarantined, Tally, printable
from pipelines.flatten.values import cleaned


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object stands: its record, its path in it, and the keys of those around it."""

    record: Record
    path: str
    keys: tuple[str, ...]

    def below(self, name: str) -> Place:
        return Place(self.record, f"{self.path}.{name}" if self.path else name, self.keys)

    def item(self, index: int) -> Place:
        return Place(self.record, f"{self.path}[{index}]", self.keys)

    def within(self, *keys: str) -> Place:
        return Place(self.record, self.path, (*self.keys, *keys))


@dataclass(slots=True)
class Aside:
    """Objects that get no row, by declaration, for counting what stands below them."""

    quarantined: dict[str, list[Tree]] = field(default_factory=dict)
    duplicates: dict[str, list[Tree]] = field(default_factory=dict)
    rows: dict[str, Rows] = field(default_factory=dict)


class Mender:
    """Mends the records of one module; what it puts aside is in `aside` and in the tally."""

    def __init__(
        self,
        module: Module,
        shape: Object,
        tally: Tally,
        *,
        ignored: Container[str] = frozenset(),
    ) -> None:
        self.module = module
        self.shape = shape
        self.ignored = ignored
        self.tally = tally
        self.aside = Aside()
        self._copies = Copies(shape)
        self._counting = 0

    def mend(self, record: Record) -> Tree | None:
        """The record in the shape of the raw schema; None where it is put aside whole."""
        root = self.module.root
        place = Place(record, "", ())
        raw = bytes(record.raw)
        try:
            value = parsed(raw, self.tally, root.table)
        except (ValueError, RecursionError) as error:
            detail = f"the record cannot be read as JSON: {error}"
            self._quarantine(root, place, None, "unreadable_json", detail)
            return None
        for path, sample in unknown_in(value, self.shape):
            if path not in self.ignored:
                self.tally.unknown_thing(path, "", count=1, sample=sample)
        self.tally.sent(sent_in_record(root, self.shape, value))
        return self._element(self.shape, root, value, place)

    # -- objects ---------------------------------------------------------------------------

    def _element(self, node: Object, rows: Rows, value: Any, place: Place) -> Tree | None:
        """One object that becomes a row, or is put aside."""
        if not isinstance(value, dict):
            if node.bare is None or not isinstance(value, str | int | Decimal):
                said = "a list" if isinstance(value, list) else f"{as_json(value)[:60]}"
                detail = f"{_noun(rows)} should be an object, but is {said}"
                reason = "null_object" if value is None else "unreadable_object"
                self._quarantine(rows, place, value, reason, detail)
                return None
            value = self._from_bare(node, rows, value)
        named = self._named(node, rows, value)
        keys = own_keys(node, rows, named)
        if keys is None:
            if not self._counting:
                name = rows.key_fields[-1].paths[0]
                said = "null" if name in value else "no"
                detail = f"{_noun(rows)} has {said} {name}, so its row would have no key"
                self._quarantine(rows, place, value, "missing_key", detail)
                return None
            named = {**named, rows.key_fields[-1].paths[0]: f"?{self._counting}"}
            self._counting += 1
            keys = ("",) * len(rows.own_key)
        return self._tree(node, named, place.within(*keys))

    def _tree(self, node: Object, named: Tree, place: Place) -> Tree:
        tree: Tree = {}
        for name, inner in node.nodes.items():
            value = named.get(name)
            if value is None:
                continue
            if isinstance(inner, Leaf):
                tree[name] = mended_leaf(inner, value, self.tally)
            else:
                tree[name] = self._node(inner, value, place.below(name))
        return tree

    def _node(self, node: Object | Many, value: Any, place: Place) -> Any:
        if isinstance(node, Many):
            return self._list(node, value, place)
        return self._inner(node, value, place)

    def _inner(self, node: Object, value: Any, place: Place) -> Tree | None:
        """An object that stands for itself (coordinates) or for a row (operator)."""
        if value == [] or _is_blank(value):
            return None
        table = table_of(node)
        if isinstance(value, list) and len(value) == 1:
            self.tally.repair(table, "", repair="list_as_object")
            value = value[0]
            if value is None:
                return None
        if node.rows is not None and node.rows is not self.module.root:
            constants = tuple(node.rows.constants.get(k, "") for k in node.rows.own_key)
            return self._element(node, node.rows, value, place.within(*constants))
        if not isinstance(value, dict):
            if node.bare is None or isinstance(value, list):
                self.tally.repair(table, "", repair="unreadable_object", before=as_json(value))
                return self._unread(node, value)
            self.tally.repair(table, "", repair="value_as_object", before=as_json(value))
            value = {node.bare: value}
        return self._tree(node, self._named(node, node.rows, value), place)

    def _unread(self, node: Object, value: Any) -> Tree | None:
        """Of an object that cannot be read: that its restrictions hold something nobody knows."""
        tree = {
            name: unreadable_number(inner, as_json(value), self.tally)
            for name, inner in node.nodes.items()
            if isinstance(inner, Leaf) and inner.kind == "number" and inner.is_restriction
        }
        return tree or None

    # -- lists -----------------------------------------------------------------------------

    def _list(self, node: Many, value: Any, place: Place) -> list[Any] | None:
        rows = node.rows
        if value == {} or _is_blank(value):
            return None
        if not isinstance(value, list):
            self.tally.repair(rows.table, "", repair="value_as_list", before=as_json(value))
            value = [value]
        if isinstance(node.item, Leaf):
            return [mended_leaf(node.item, item, self.tally) for item in value]
        is_by_content = not rows.has_id and rows.model.keyed_by != "position"
        trees: list[Tree | None] = []
        for index, item in enumerate(value):
            at = place.item(index)
            if rows.model.keyed_by == "position":
                at = at.within(str(index))
            if item is None and is_by_content:
                trees.append(None)  # says nothing, and is counted so with the rows
                continue
            tree = self._element(node.item, rows, item, at)
            if tree is not None or not is_by_content:
                trees.append(tree)
        if rows.has_id and not self._counting:
            self._settle_twins(node, trees, value, place)
        return trees

    def _settle_twins(
        self, node: Many, trees: list[Tree | None], values: list[Any], place: Place
    ) -> None:
        """Of objects with one id the newest stays; others are duplicates, or put aside."""
        assert isinstance(node.item, Object)
        by_key: dict[tuple[str, ...], list[int]] = {}
        for index, tree in enumerate(trees):
            if tree is not None:
                keys = own_keys(node.item, node.rows, tree)
                by_key.setdefault(keys or (), []).append(index)
        present = [keys[-1] for keys in by_key if keys]
        siblings = self.tally.unobserved.get((node.rows.table, "siblings", place.keys))
        if siblings is not None:
            siblings.update(present)
        for keys, indices in by_key.items():
            if len(indices) == 1:
                continue
            winner = newest(node.rows, [(index, trees[index] or {}) for index in indices])
            for index in indices:
                loser = trees[index]
                if index == winner or loser is None:
                    continue
                trees[index] = None
                if self._copies.are_equal(node.rows, node.item, loser, trees[winner] or {}):
                    self._count_aside(self.aside.duplicates, node.rows, loser)
                    continue
                detail = (
                    f"{_noun(node.rows)} {keys[-1]!r} comes twice here with different content; "
                    f"the one with the newest last_updated was loaded"
                )
                at = place.item(index).within(*keys)
                self._write_aside(node.rows, at, values[index], "duplicate_key", detail)
                self._count_aside(self.aside.quarantined, node.rows, loser)

    # -- what is put aside -------------------------------------------------------------------

    def _quarantine(self, rows: Rows, place: Place, value: Any, reason: str, detail: str) -> None:
        """Puts an object aside with what stands below it, and says what is unobserved now."""
        if self._counting:
            self.tally.level(rows.table).quarantined += 1
            return
        self._write_aside(rows, place, value, reason, detail)
        if rows.model.keyed_by == "position" or rows.constants.keys() & set(rows.own_key):
            if rows.model.parent is not None:
                self.tally.key_unobserved(rows.table, place.keys)
            else:
                self.tally.siblings_unobserved(rows.table, (), ())
        else:
            self.tally.siblings_unobserved(rows.table, place.keys, ())
        if isinstance(value, dict):
            self._count_below(rows, value, place)
        else:
            self.tally.level(rows.table).quarantined += 1

    def _count_below(self, rows: Rows, value: Any, place: Place) -> None:
        """Counts an object and everything in it as quarantined, without reporting each."""
        kept, self.tally = self.tally, Tally()
        self.tally.fates = kept.fates
        self._counting = 1
        try:
            node = object_of(self.shape, rows)
            tree = self._element(node, rows, value, place) if node else None
        finally:
            self.tally, self._counting = kept, 0
        if tree is not None:
            self._count_aside(self.aside.quarantined, rows, tree)

    def _count_aside(self, where: dict[str, list[Tree]], rows: Rows, tree: Tree) -> None:
        self.aside.rows[rows.table] = rows
        where.setdefault(rows.table, []).append(tree)

    def _write_aside(self, rows: Rows, place: Place, value: Any, reason: str, detail: str) -> None:
        whole = bytes(place.record.raw)
        text = as_json(value) if place.path else whole.decode("utf-8", "replace")
        self.tally.quarantine.append(
            Quarantined(
                page=place.record.page,
                record_index=place.record.index,
                path=place.path,
                level=rows.table,
                object_key="/".join(place.keys) or None,
                reason=reason,
                detail=printable(detail),
                record=printable(text),
            )
        )

    # -- names and keys ----------------------------------------------------------------------

    def _named(self, node: Object, rows: Rows | None, value: Tree) -> Tree:
        """Attributes by their declared names, other spellings counted."""
        named, changed = attributes(node, value)
        for before, after in changed:
            table = rows.table if rows else table_of(node)
            self.tally.repair(table, "", repair="attribute_spelling", before=before, after=after)
        return named

    def _from_bare(self, node: Object, rows: Rows, value: Any) -> Tree:
        self.tally.repair(rows.table, "", repair="value_as_object", before=as_json(value))
        return {node.bare or "": value}


def object_of(node: Node, rows: Rows) -> Object | None:
    """The object of the shape that a declaration's rows are read from."""
    if isinstance(node, Leaf):
        return None
    if isinstance(node, Many):
        return object_of(node.item, rows)
    if node.rows is rows:
        return node
    for inner in node.nodes.values():
        found = object_of(inner, rows)
        if found is not None:
            return found
    return None


def _is_blank(value: Any) -> bool:
    return isinstance(value, str) and cleaned(value) is None


def _noun(rows: Rows) -> str:
    names = {"evse": "the EVSE", "location_party": "the party of the location"}
    return names.get(rows.table, f"the {rows.table.replace('_', ' ')}")
