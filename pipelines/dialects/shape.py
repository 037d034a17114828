"""The shape that the records of a module should have, as it follows from its declaration.

Belongs here: the tree of objects, lists and leaves, and the raw Arrow schema derived from it.
Does not belong here: reading by it (`flatten/reading.py`), mending by it (`flatten/mending.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from pipelines.dialects.declare import Field, Module, Rows
from pipelines.model import TABLES, Type

Kind = Literal["text", "number", "flag", "texts"]
KINDS: dict[Type, Kind] = {
    Type.TEXT: "text",
    Type.DOCUMENT: "text",
    Type.TEXT_LIST: "texts",
    Type.BOOL: "flag",
    Type.INT: "number",
    Type.BIGINT: "number",
    Type.FLOAT: "number",
    # As float64: asked for a decimal, pyarrow.json would take text for one without a word.
    Type.DECIMAL: "number",
    # As text: fraction digits and a missing zone are repaired by kernels, and counted.
    Type.DATE: "text",
    Type.TIMESTAMP: "text",
}
RAW_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "texts": pa.list_(pa.string()),
}


@dataclass(slots=True)
class Leaf:
    """A scalar (or a list of scalars: `texts`), and the first column that is read from it."""

    kind: Kind
    table: str
    column: str

    @property
    def is_restriction(self) -> bool:
        """Whether its column is a restriction, which has to be known where it cannot be read."""
        return TABLES[self.table].column(self.column).form == "restriction"


@dataclass(slots=True, eq=False)
class Object:
    """An object; `bare` is the attribute that a scalar in its place stands for."""

    nodes: dict[str, Node] = field(default_factory=dict)
    bare: str | None = None
    rows: Rows | None = None


@dataclass(slots=True)
class Many:
    """A list of objects (or, for rows of one scalar each, of leaves)."""

    item: Object | Leaf
    rows: Rows


Node = Leaf | Object | Many


def shape_of(module: Module) -> Object:
    """The tree of a module's records."""
    root = Object(rows=module.root)
    _add_rows(root, module.root)
    return root


def _add_rows(target: Object, rows: Rows) -> None:
    for column_field in rows.fields:
        for path in column_field.paths:
            _add_leaf(target, rows, column_field, path)
    for child in rows.children:
        for place in child.places:
            _add_child(target, child, place)


def _add_child(parent: Object, rows: Rows, place: str) -> None:
    if not place:
        _add_rows(parent, rows)
        return
    *outer, last = place.split(".")
    holder = _descend(parent, outer)
    name = last.removesuffix("[]")
    is_list = last.endswith("[]")
    if rows.fields and rows.fields[0].paths == ("",):
        leaf = Leaf("text", rows.table, rows.fields[0].column)
        holder.nodes[name] = Many(leaf, rows) if is_list else leaf
        return
    if is_list:
        node = holder.nodes.setdefault(name, Many(Object(rows=rows), rows))
        target = node.item if isinstance(node, Many) else None
    else:
        node = holder.nodes.setdefault(name, Object())
        target = node if isinstance(node, Object) else None
    if not isinstance(target, Object):
        raise ValueError(f"{rows.table}: {place!r} is declared once as a list, once otherwise")
    if target.rows is None and not rows.is_narrow:
        target.rows = rows
    _add_rows(target, rows)


def _add_leaf(target: Object, rows: Rows, column_field: Field, path: str) -> None:
    *outer, name = path.split(".")
    holder = _descend(target, outer)
    if column_field.is_bare:
        holder.bare = name
    kind = KINDS[rows.model.column(column_field.column).type]
    existing = holder.nodes.setdefault(name, Leaf(kind, rows.table, column_field.column))
    if not isinstance(existing, Leaf) or existing.kind != kind:
        raise ValueError(f"{rows.table}.{column_field.column}: {path!r} is declared in two shapes")


def _descend(target: Object, names: list[str]) -> Object:
    for name in names:
        inner = target.nodes.setdefault(name, Object())
        if not isinstance(inner, Object):
            raise ValueError(f"{name!r} is declared once as an object, once otherwise")
        target = inner
    return target


def raw_type(node: Node) -> pa.DataType:
    """The Arrow type of a node in its declared form."""
    if isinstance(node, Leaf):
        return RAW_TYPES[node.kind]
    if isinstance(node, Many):
        return pa.list_(raw_type(node.item))
    return pa.struct([pa.field(name, raw_type(inner)) for name, inner in node.nodes.items()])


def leaves(node: Node, at: str = "") -> Iterator[tuple[str, Leaf]]:
    """Every leaf with its place, written as pyarrow.json's messages do."""
    if isinstance(node, Leaf):
        yield at, node
    elif isinstance(node, Many):
        yield from leaves(node.item, f"{at}/[]")
    else:
        for name, inner in node.nodes.items():
            yield from leaves(inner, f"{at}/{name}")
