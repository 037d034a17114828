"""Raw records to canonical rows: one array of objects in, one table for each declared one out.

Belongs here: following a dialect's declaration through structs and lists with Arrow kernels,
keys, content keys and identical siblings. Does not belong here: reading JSON (`reading.py`), what
a value means (`columns.py`), which record wins (`flattening.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.dialects.declare import Field, Rows
from pipelines.flatten.columns import Columns
from pipelines.flatten.hashing import content_keys
from pipelines.flatten.tally import Tally
from pipelines.flatten.values import BLANKS
from pipelines.model import TABLES, UNREADABLE, Column

Ordinals = npt.NDArray[np.int64]


@dataclass(slots=True)
class Part:
    """Rows of one table, and for each the ordinal of the record it came from."""

    rows: pa.Table
    records: Ordinals
    # One ordinal for each sibling that was left out because an identical one stands here.
    duplicates: Ordinals


@dataclass(slots=True)
class Objects:
    """Objects of one level: their values, records, ordinals among siblings, parents, keys."""

    values: pa.Array
    records: Ordinals
    positions: Ordinals
    parents: Ordinals
    keys: dict[str, pa.Array] = field(default_factory=dict)
    path: str = ""
    # Records of the nulls that stood among them in a list, one ordinal for each.
    nulls: Ordinals = field(default_factory=lambda: np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.values)

    def kept(self, mask: npt.NDArray[np.bool_]) -> Objects:
        chosen = pa.array(mask)
        return Objects(
            values=self.values.filter(chosen),
            records=self.records[mask],
            positions=self.positions[mask],
            parents=self.parents[mask],
            keys={name: values.filter(chosen) for name, values in self.keys.items()},
            path=self.path,
        )


def root_objects(values: pa.StructArray, records: Ordinals) -> Objects:
    """Records as objects of the top level."""
    count = np.arange(len(values), dtype=np.int64)
    return Objects(values=values, records=records, positions=count, parents=count)


def explode(root: Rows, objects: Objects, *, tally: Tally, may_hold_nul: bool) -> dict[str, Part]:
    """Canonical rows of every table below `root`, in the order of the records.

    The objects' ids must be there and be unique within their parents (`suspects` finds those of
    which that is not true). Repairs are written to `tally`, and how many objects say nothing.
    """
    found: dict[str, list[Part]] = defaultdict(list)
    _Explosion(Columns(tally, may_hold_nul=may_hold_nul), found).rows_of(root, objects)
    return {table: _in_order(parts) for table, parts in found.items()}


def _in_order(parts: list[Part]) -> Part:
    """Parts of one table as one; by record, or the order would depend on the group's size."""
    if len(parts) == 1:
        return parts[0]
    records = np.concatenate([part.records for part in parts])
    order = np.argsort(records, kind="stable")
    rows = pa.concat_tables([part.rows for part in parts]).combine_chunks()
    return Part(
        rows=rows.take(pa.array(order)),
        records=records[order],
        duplicates=np.concatenate([part.duplicates for part in parts]),
    )


def suspects(root: Rows, objects: Objects) -> Ordinals:
    """Ordinals of records in which an id is missing, or comes twice within its parent.

    And of those with a null in a list where an id or a position makes an object of an element.
    """
    columns = Columns(Tally(), may_hold_nul=True)
    found: list[Ordinals] = []

    def look(rows: Rows, level: Objects) -> None:
        if _is_always_an_object(rows):
            found.append(level.nulls)
        if rows.has_id:
            bad = np.zeros(len(level), np.bool_)
            codes = level.parents.copy()
            for key_field in rows.key_fields:
                if key_field.is_joined:
                    continue
                ids = _field_values(columns, rows, key_field, level)
                bad |= ids.is_null().to_numpy(zero_copy_only=False)
                if rows.model.parent is not None:
                    encoded = ids.dictionary_encode()
                    codes = codes * (len(encoded.dictionary) + 1) + encoded.indices.fill_null(
                        len(encoded.dictionary)
                    ).to_numpy().astype(np.int64)
            bad |= pd.Series(codes).duplicated(keep=False).to_numpy()
            found.append(level.records[bad])
        for child in rows.children:
            if any(_is_always_an_object(below) for below in child.walk()):
                look(child, children_of(child, level))

    look(root, objects)
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)


class _Explosion:
    def __init__(self, columns: Columns, found: dict[str, list[Part]]) -> None:
        self.columns = columns
        self.found = found

    def rows_of(self, rows: Rows, objects: Objects) -> None:
        table = rows.model
        values = {name: objects.keys[name] for name in table.key if name in objects.keys}
        for name, constant in rows.constants.items():
            values[name] = pa.repeat(pa.scalar(constant), len(objects))
        for column_field in rows.fields:
            values[column_field.column] = _field_values(self.columns, rows, column_field, objects)
        if "latitude" in values:
            self.columns.without_null_island(table.name, values)
        if UNREADABLE in table.columns:
            values[UNREADABLE.name] = _unreadable(rows, objects, values)

        if not rows.is_narrow and not _is_always_an_object(rows):
            said = [f.column for f in rows.fields if f.column not in table.key]
            sent = len(objects) + len(objects.nulls)
            objects, values = _without_the_empty(rows, objects, values, said)
            self.columns.tally.level(table.name).empty += sent - len(objects)
        duplicates = np.zeros(0, np.int64)
        if table.keyed_by == "position":
            values[rows.own_key[-1]] = pa.array(objects.positions, pa.int32())
        if table.keyed_by == "content":
            payload = [(c.name, values[c.name]) for c in table.payload if c.name in values]
            values["content_key"] = content_keys(payload, len(objects))
        if table.keyed_by == "content" or (rows.has_id is False and rows.key_fields):
            objects, values, duplicates = _without_twins(rows, objects, values)

        self._keep(rows, objects, values, duplicates)
        objects.keys = {name: values[name] for name in table.key}
        for child in rows.children:
            self.rows_of(child, children_of(child, objects))

    def _keep(
        self, rows: Rows, objects: Objects, values: dict[str, pa.Array], duplicates: Ordinals
    ) -> None:
        schema = rows.model.arrow_schema
        arrays = [
            values[name] if name in values else pa.nulls(len(objects), schema.field(name).type)
            for name in schema.names
        ]
        self.found[rows.table].append(
            Part(pa.table(arrays, schema=schema), objects.records, duplicates)
        )


def _is_always_an_object(rows: Rows) -> bool:
    """Whether an id or a position makes an object of an element, even of one that says nothing."""
    return rows.has_id or rows.model.keyed_by == "position"


def _without_the_empty(
    rows: Rows, objects: Objects, values: dict[str, pa.Array], said: Sequence[str]
) -> tuple[Objects, dict[str, pa.Array]]:
    """Leaves out objects that say nothing ({}, or nulls and blanks only), as if they were null."""
    if not said:  # a scalar's row is empty with its id
        said = [f.column for f in rows.key_fields]
    empty = np.ones(len(objects), np.bool_)
    for name in said:
        empty &= values[name].is_null().to_numpy(zero_copy_only=False)
    if not empty.any():
        return objects, values
    chosen = pa.array(~empty)
    return objects.kept(~empty), {name: array.filter(chosen) for name, array in values.items()}


def _without_twins(
    rows: Rows, objects: Objects, values: dict[str, pa.Array]
) -> tuple[Objects, dict[str, pa.Array], Ordinals]:
    """Leaves out siblings with the same own key, which is all of their content."""
    own = values[rows.own_key[-1]].dictionary_encode().indices.to_numpy().astype(np.int64)
    twin = pd.Series(objects.parents * (len(own) + 1) + own).duplicated().to_numpy()
    if not twin.any():
        return objects, values, np.zeros(0, np.int64)
    chosen = pa.array(~twin)
    kept = {name: array.filter(chosen) for name, array in values.items()}
    return objects.kept(~twin), kept, objects.records[twin]


def _field_values(columns: Columns, rows: Rows, column_field: Field, objects: Objects) -> pa.Array:
    """A column's canonical values: the first path that holds something, or all of them joined."""
    column: Column = rows.model.column(column_field.column)
    read = [
        columns.convert(
            _at(objects.values, path), rows.table, column, path=_joined(objects.path, path)
        )
        for path in column_field.paths
    ]
    if column_field.is_zero_null:  # the source's own word for none, so no repair
        read = [
            pc.if_else(pc.equal(part, 0).fill_null(False), pa.scalar(None, part.type), part)
            for part in read
        ]
    if column_field.is_joined:
        whole = pc.binary_join_element_wise(*[pc.utf8_upper(part) for part in read], "")
        return pc.fill_null(whole, "")
    return read[0] if len(read) == 1 else pc.coalesce(*read)


def _unreadable(rows: Rows, objects: Objects, values: dict[str, pa.Array]) -> pa.Array:
    """Names of restrictions that hold something and came out as NULL, for each object."""
    found: dict[int, list[str]] = defaultdict(list)
    for column_field in rows.fields:
        if rows.model.column(column_field.column).form != "restriction":
            continue
        (path,) = column_field.paths
        sent = _at(objects.values, path)
        if pa.types.is_string(sent.type):
            sent = pc.if_else(pc.equal(pc.utf8_trim(sent, characters=BLANKS), ""), None, sent)
        lost = pc.and_(sent.is_valid(), values[column_field.column].is_null())
        for index in pc.indices_nonzero(lost).to_pylist():
            found[index].append(column_field.column)
    if not found:
        return pa.nulls(len(objects), UNREADABLE.type.arrow)
    return pa.array([found.get(i) for i in range(len(objects))], UNREADABLE.type.arrow)


def _joined(base: str, path: str) -> str:
    return f"{base}.{path}" if base and path else base or path


def _at(values: pa.Array, path: str) -> pa.Array:
    for name in path.split(".") if path else ():
        values = pc.struct_field(values, name)
    return values


def children_of(rows: Rows, objects: Objects) -> Objects:
    """The objects a declaration finds below others: at its first place that holds any."""
    found: list[Objects] = []
    waiting = np.ones(len(objects), np.bool_)
    for place in rows.places:
        level = _children_at(place, objects)
        if found:
            level = level.kept(waiting[level.parents])
        if len(rows.places) > 1 and len(level):
            said = level.values.is_valid().to_numpy(zero_copy_only=False)
            if pa.types.is_string(level.values.type):
                said &= pc.fill_null(pc.not_equal(level.values, ""), False).to_numpy(
                    zero_copy_only=False
                )
            waiting[level.parents[said]] = False
        found.append(level)
    level = found[0] if len(found) == 1 else _merged(found)
    if level.values.null_count:
        valid = level.values.is_valid().to_numpy(zero_copy_only=False)
        nulls = level.records[~valid]
        level = level.kept(valid)
        level.nulls = nulls
    level.keys = {
        name: values.take(pa.array(level.parents)) for name, values in objects.keys.items()
    }
    return level


def _merged(found: Sequence[Objects]) -> Objects:
    filled = [level for level in found if len(level)] or [found[0]]
    if len(filled) == 1:
        return filled[0]
    parents = np.concatenate([level.parents for level in filled])
    order = np.argsort(parents, kind="stable")
    texts = [level.values for level in filled]
    if len({values.type for values in texts}) > 1:
        texts = [pc.cast(values, pa.string()) for values in texts]
    return Objects(
        values=pa.concat_arrays(texts).take(pa.array(order)),
        records=np.concatenate([level.records for level in filled])[order],
        positions=np.concatenate([level.positions for level in filled])[order],
        parents=parents[order],
        path=filled[0].path,
    )


def _children_at(place: str, objects: Objects) -> Objects:
    path = _joined(objects.path, place)
    if not place:
        count = np.arange(len(objects), dtype=np.int64)
        return Objects(objects.values, objects.records, objects.positions, count, path=path)
    held = _at(objects.values, place.removesuffix("[]"))
    if place.endswith("[]"):
        values = pc.list_flatten(held)
        parents = pc.list_parent_indices(held).to_numpy().astype(np.int64)
        first = np.ones(len(parents), np.bool_)
        first[1:] = parents[1:] != parents[:-1]
        index = np.arange(len(parents), dtype=np.int64)
        positions = index - np.maximum.accumulate(np.where(first, index, 0))
    else:
        values, parents = held, np.arange(len(held), dtype=np.int64)
        positions = np.zeros(len(held), np.int64)
    level = Objects(values, objects.records[parents], positions, parents, path=path)
    if values.null_count and not place.endswith("[]"):
        level = level.kept(values.is_valid().to_numpy(zero_copy_only=False))
    return level


def empty_part(table: str) -> Part:
    nothing = np.zeros(0, np.int64)
    return Part(TABLES[table].arrow_schema.empty_table(), nothing, nothing)
