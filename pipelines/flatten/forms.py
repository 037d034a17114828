"""What stands at a place of this source's records where the dialect declares another form.

Belongs here: learning from pyarrow.json's refusals that a whole feed sends text for numbers, a
link for a logo, one object for a list of them, and bringing what was read so into the declared
form, every repair counted as on the careful path. Does not belong here: reading (`reading.py`);
feeds that send both forms, whose records go the careful path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.dialects.shape import RAW_TYPES, Kind, Leaf, Many, Node, Object, raw_type
from pipelines.flatten.objects import table_of
from pipelines.flatten.values import BLANKS

Ordinals = npt.NDArray[np.int64]
# other: the other scalar; bare: a scalar for an object; one: one object or text for a list;
# one_bare: a scalar for a list of objects; listed: a list of one for an object.
Form = Literal["other", "bare", "one", "one_bare", "listed"]
# Coordinates as numbers or as text, voltage as text, ids as whole numbers.
OTHER_TYPES: dict[Kind, pa.DataType] = {"text": pa.int64(), "number": pa.string()}
SCALARS: dict[str, Kind] = {"string": "text", "number": "number"}
_CHANGED = re.compile(r"Column\((/\S*)\) changed from \w+ to (\w+)")


@dataclass(slots=True)
class Reformed:
    """A repair that was made in a group by reading a place in its other form."""

    table: str
    column: str
    repair: str
    # Where the value stands, as `objects.sample_at` takes it.
    path: str
    # Positions in the group of the records it was made in, as often as it was.
    positions: list[int]


@dataclass(slots=True)
class Declared:
    """A group's records in the declared form; those in `doubtful` are for the careful path."""

    columns: dict[str, pa.Array] = field(default_factory=dict)
    repairs: list[Reformed] = field(default_factory=list)
    doubtful: set[int] = field(default_factory=set)


class Forms:
    """The forms of one module's records that this source is known to send instead."""

    def __init__(self, shape: Object) -> None:
        self._shape = shape
        self._forms: dict[str, Form] = {}
        self._given_up: set[str] = set()

    def learn(self, message: str) -> bool:
        """Takes the form that a refusal names, once for each place; False where that is no help."""
        found = _CHANGED.search(message)
        if found is None or found[1] in self._given_up:
            return False
        at, sent = found[1], found[2]
        if at in self._forms:  # both forms in one group: back to the declared one for good
            del self._forms[at]
            self._given_up.add(at)
            return True
        form = _form_of(self._node_at(at), sent, is_item=at.endswith("/[]"))
        if form is None:
            return False
        self._forms[at] = form
        return True

    def schema(self) -> pa.Schema:
        """The schema to read records with."""
        return pa.schema(list(self._fields(self._shape, "")))

    def declared(self, columns: dict[str, pa.Array]) -> Declared:
        """Columns of a group as declared; undeclared attributes stay as they are."""
        found = Declared(columns)
        if any(form != "other" for form in self._forms.values()):
            records = np.arange(len(next(iter(columns.values()), ())), dtype=np.int64)
            for name, node in self._shape.nodes.items():
                columns[name] = self._as_declared(columns[name], node, f"/{name}", records, found)
        return found

    # -- types -----------------------------------------------------------------------------------

    def _fields(self, node: Object, at: str) -> pa.StructType:
        return pa.struct(
            [
                pa.field(name, self._type(inner, f"{at}/{name}"))
                for name, inner in node.nodes.items()
            ]
        )

    def _type(self, node: Node, at: str) -> pa.DataType:
        form = self._forms.get(at)
        if isinstance(node, Leaf):
            return RAW_TYPES[node.kind] if form is None else OTHER_TYPES.get(node.kind, pa.string())
        if isinstance(node, Many):
            if form is None:
                return pa.list_(self._type(node.item, f"{at}/[]"))
            node = node.item
        elif form == "listed":
            return pa.list_(self._fields(node, f"{at}/[]"))
        if form in ("bare", "one_bare") or isinstance(node, Leaf):
            return RAW_TYPES[_bare_leaf(node).kind]
        return self._fields(node, at)

    def _node_at(self, path: str) -> Node | None:
        """The node that a message means, which is written in the forms known so far."""
        node: Node | None = self._shape
        at = ""
        for segment in path.split("/")[1:]:
            form = self._forms.get(at)
            at = f"{at}/{segment}"
            if segment == "[]":
                if isinstance(node, Many):
                    node = node.item
                elif form != "listed" or at == path:
                    return None
            else:
                if isinstance(node, Many):
                    node = node.item
                node = node.nodes.get(segment) if isinstance(node, Object) else None
        return node

    # -- values ----------------------------------------------------------------------------------

    def _as_declared(
        self, values: pa.Array, node: Node, at: str, records: Ordinals, found: Declared
    ) -> pa.Array:
        form = self._forms.get(at)
        if form is None and not self._knows_below(at):
            return values
        if isinstance(node, Leaf):
            if node.kind != "texts" or form is None:
                return values
            is_empty = _blank(values)
            said = _valid(values) & ~is_empty
            _count(found, node.table, node.column, "empty_text", at, records, is_empty)
            _count(found, node.table, node.column, "value_as_list", at, records, said)
            return _lists_of_one(values, said)
        if isinstance(node, Many):
            return self._list(values, node, at, records, found)
        if form == "bare":
            said = _valid(values)
            if not at.endswith("/[]"):  # as an element a blank is an object that says nothing
                said &= ~_blank(values)
            table = table_of(node)
            _count(found, table, "", "value_as_object", at, records, said)
            return _from_bare(values, node, said)
        if form == "listed":
            lengths = pc.fill_null(pc.list_value_length(values), 0).to_numpy()
            found.doubtful.update(records[lengths > 1].tolist())
            _count(found, table_of(node), "", "list_as_object", at, records, lengths == 1)
            firsts = np.cumsum(lengths) - lengths
            index = pa.array(firsts, mask=lengths != 1)
            values, at = pc.list_flatten(values).take(index), f"{at}/[]"
        return self._inside(values, node, at, records, found)

    def _list(
        self, values: pa.Array, node: Many, at: str, records: Ordinals, found: Declared
    ) -> pa.Array:
        form = self._forms.get(at)
        if form is None:
            below = records[pc.list_parent_indices(values).to_numpy()]
            items = pc.list_flatten(values)
            items = self._as_declared(items, node.item, f"{at}/[]", below, found)
            lengths = pc.fill_null(pc.list_value_length(values), 0).to_numpy()
            return _lists(items, lengths, ~_valid(values))
        said = _valid(values)
        if isinstance(node.item, Object) and form == "one":
            # {} says nothing, and {"undeclared": 1} does: the careful path knows which it is.
            says_nothing = said.copy()
            for inner in node.item.nodes:
                says_nothing &= ~_valid(pc.struct_field(values, inner))
            found.doubtful.update(records[says_nothing].tolist())
            values = self._inside(values, node.item, at, records, found)
        else:
            said &= ~_blank(values)
        _count(found, node.rows.table, "", "value_as_list", at, records, said)
        if isinstance(node.item, Object) and form == "one_bare":
            _count(found, node.rows.table, "", "value_as_object", at, records, said)
            values = _from_bare(values, node.item, said)
        return _lists_of_one(values, said)

    def _inside(
        self, values: pa.Array, node: Object, at: str, records: Ordinals, found: Declared
    ) -> pa.Array:
        if not self._knows_below(at):
            return values
        arrays = []
        for inner in values.type:
            held = pc.struct_field(values, inner.name)
            if inner.name in node.nodes:
                held = self._as_declared(
                    held, node.nodes[inner.name], f"{at}/{inner.name}", records, found
                )
            arrays.append(held)
        names = [inner.name for inner in values.type]
        return pa.StructArray.from_arrays(arrays, names, mask=pa.array(~_valid(values)))

    def _knows_below(self, at: str) -> bool:
        return any(
            place.startswith(f"{at}/") for place, form in self._forms.items() if form != "other"
        )


def _form_of(node: Node | None, sent: str, *, is_item: bool) -> Form | None:
    """The form in which a node can be read where `sent` comes, if there is one."""
    scalar = SCALARS.get(sent)
    match node:
        case Leaf(kind="texts"):
            return "one" if scalar == "text" else None
        case Leaf():
            is_other = node.kind in OTHER_TYPES and scalar not in (None, node.kind)
            return "other" if is_other else None
        case Object() if sent == "array":
            return None if is_item else "listed"
        case Object():
            return "bare" if scalar and _is_bare(node, scalar) else None
        case Many(item=Object() as item):
            if sent == "object":
                return "one"
            return "one_bare" if scalar and _is_bare(item, scalar) else None
        case Many():
            return "one" if scalar == "text" else None
    return None


def _is_bare(node: Object, kind: Kind) -> bool:
    return node.bare is not None and _bare_leaf(node).kind == kind


def _bare_leaf(node: Object | Leaf) -> Leaf:
    leaf = node if isinstance(node, Leaf) else node.nodes[node.bare or ""]
    assert isinstance(leaf, Leaf)
    return leaf


def _from_bare(values: pa.Array, node: Object, said: npt.NDArray[np.bool_]) -> pa.Array:
    """Objects that hold a scalar, and nothing else."""
    arrays = [
        values if name == node.bare else pa.nulls(len(values), raw_type(inner))
        for name, inner in node.nodes.items()
    ]
    return pa.StructArray.from_arrays(arrays, list(node.nodes), mask=pa.array(~said))


def _lists_of_one(values: pa.Array, said: npt.NDArray[np.bool_]) -> pa.Array:
    return _lists(values.filter(pa.array(said)), said.astype(np.int32), ~said)


def _lists(items: pa.Array, lengths: Ordinals, missing: npt.NDArray[np.bool_]) -> pa.Array:
    offsets = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), items, mask=pa.array(missing))


def _valid(values: pa.Array) -> npt.NDArray[np.bool_]:
    valid: npt.NDArray[np.bool_] = values.is_valid().to_numpy(zero_copy_only=False)
    return valid


def _blank(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Texts of which cleaning leaves nothing."""
    if not pa.types.is_string(values.type):
        return np.zeros(len(values), np.bool_)
    trimmed = pc.utf8_trim(values, characters=f"{BLANKS}\x00")
    blank: npt.NDArray[np.bool_] = (
        pc.equal(pc.binary_length(trimmed), 0).fill_null(False).to_numpy(zero_copy_only=False)
    )
    return blank


def _count(
    found: Declared,
    table: str,
    column: str,
    repair: str,
    at: str,
    records: Ordinals,
    mask: npt.NDArray[np.bool_],
) -> None:
    if mask.any():
        path = at.removeprefix("/").replace("/[]", "[]").replace("/", ".")
        found.repairs.append(Reformed(table, column, repair, path, records[mask].tolist()))


def placed(repairs: Iterable[Reformed], good: list[int]) -> None:
    """Repairs of a part of a group, by the positions in the group."""
    for made in repairs:
        made.positions = [good[i] for i in made.positions]
