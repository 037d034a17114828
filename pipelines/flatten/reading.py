"""The fast path's reader: a group of records through pyarrow.json with the dialect's schema.

Belongs here: JSON lines, finding the records that the reader refuses, and the attributes nobody
declares. Does not belong here: the forms a source sends instead of the declared ones
(`forms.py`), what happens to refused records (`mending.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pa_json

from pipelines.dialects.shape import Leaf, Many, Node, Object
from pipelines.flatten.forms import Forms, Reformed, placed
from pipelines.flatten.objects import meanings

# Blocks are parsed in parallel; a record must fit into one.
BLOCK_BYTES = 4 << 20
REFUSED_SHARE = 0.05


@dataclass(slots=True)
class Unknown:
    """An attribute that the dialect does not declare, in one group."""

    path: str
    # Positions in the group of the records that have it, as often as they have it.
    positions: list[int]


@dataclass(slots=True)
class Read:
    """What the reader made of a group."""

    values: pa.StructArray | None
    # Positions in the group of the records in `values`, and of those refused.
    taken: list[int]
    refused: list[int] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    # The reader could not say what is unknown; the records must be asked one by one.
    unknown_unseen: bool = False
    may_hold_nul: bool = False
    repairs: list[Reformed] = field(default_factory=list)


class Reader:
    """Reads groups of one module; remembers what this source sends in another form."""

    def __init__(self, shape: Object) -> None:
        self.shape = shape
        self._forms = Forms(shape)
        names = sorted({name for node in _objects_in(shape) for name in meanings(node)})
        self._misspelt = re.compile(rb'"(%s)"\s*:' % b"|".join(name.encode() for name in names))
        self._holds_nul = False

    def read(self, lines: Sequence[bytes | memoryview]) -> Read:
        """A group as raw arrays; records that the reader refuses are named, not lost."""
        everything = list(range(len(lines)))
        strange = [i for i in everything if bytes(lines[i][:64]).lstrip()[:1] != b"{"]
        if strange:
            # Not an object; one `null` alone makes pyarrow.json (26.0) crash the process.
            return self._without(lines, strange)
        try:
            table = self._table(lines, unexpected="infer")
        except pa.ArrowInvalid:
            pass
        else:
            return self._split(table, lines)
        try:
            table = self._table(lines, unexpected="ignore")
        except pa.ArrowInvalid:
            return self._without_refused(lines)
        misspelt = [i for i in everything if self._misspelt.search(lines[i])]
        if misspelt:  # the reader has left them out as if nobody declared them
            return self._without(lines, misspelt)
        return self._split(table, lines, unknown_unseen=True)

    def _split(
        self,
        table: pa.Table,
        lines: Sequence[bytes | memoryview],
        *,
        unknown_unseen: bool = False,
    ) -> Read:
        """The declared part of a table in its declared form, and the unknown one counted."""
        found = self._forms.declared({n: _whole(table.column(n)) for n in table.column_names})
        if found.doubtful:
            return self._without(lines, sorted(found.doubtful))
        unknown: list[Unknown] = []
        misspelt: set[int] = set()
        for path, owner, name, held, records in _undeclared(found.columns, self.shape, len(lines)):
            if held.null_count == len(held):
                continue
            present = records.filter(held.is_valid())
            if name in meanings(owner):
                misspelt.update(present.to_pylist())
            else:
                unknown.append(Unknown(path, present.to_pylist()))
        if misspelt:
            # lastUpdated: the careful path reads such records by the declared spelling.
            return self._without(lines, sorted(misspelt))
        return Read(
            _objects(found.columns, self.shape, len(lines)),
            list(range(len(lines))),
            unknown=unknown,
            unknown_unseen=unknown_unseen,
            may_hold_nul=self._holds_nul,
            repairs=found.repairs,
        )

    def _without_refused(self, lines: Sequence[bytes | memoryview]) -> Read:
        limit = max(1, int(len(lines) * REFUSED_SHARE))
        refused: list[int] = []
        if not self._find_refused(lines, list(range(len(lines))), refused, limit):
            return Read(None, [], refused=list(range(len(lines))))
        if not refused:  # each is fine alone, only together they are not
            return Read(None, [], refused=list(range(len(lines))))
        return self._without(lines, refused)

    def _without(self, lines: Sequence[bytes | memoryview], refused: Sequence[int]) -> Read:
        """What can be read of a group when some of its records are left out."""
        out = set(refused)
        good = [position for position in range(len(lines)) if position not in out]
        found = self.read([lines[position] for position in good]) if good else Read(None, [])
        return _placed(found, good, refused)

    def _find_refused(
        self,
        lines: Sequence[bytes | memoryview],
        positions: list[int],
        refused: list[int],
        limit: int,
    ) -> bool:
        """Halves until the refused records stand alone; False where they are too many."""
        try:
            self._table([lines[position] for position in positions], unexpected="ignore")
        except pa.ArrowInvalid:
            if len(positions) == 1:
                refused.extend(positions)
                return len(refused) <= limit
            middle = len(positions) // 2
            return self._find_refused(
                lines, positions[:middle], refused, limit
            ) and self._find_refused(lines, positions[middle:], refused, limit)
        return True

    def _table(self, lines: Sequence[bytes | memoryview], *, unexpected: str) -> pa.Table:
        """Lines as a table, places in the form that the whole feed sends instead."""
        longest = max(map(len, lines), default=0)
        blob = b"\n".join(lines)
        if blob.count(b"\n") != len(lines) - 1 or b"\r" in blob:
            # A pretty-printed record has line ends, which JSON allows between its parts only.
            blob = b"\n".join(
                bytes(line).replace(b"\n", b" ").replace(b"\r", b" ") for line in lines
            )
        _check_utf8(blob)
        self._holds_nul = b"\\u0000" in blob
        while True:
            try:
                table = pa_json.read_json(
                    pa.BufferReader(blob),
                    read_options=pa_json.ReadOptions(block_size=max(BLOCK_BYTES, 2 * longest)),
                    parse_options=pa_json.ParseOptions(
                        explicit_schema=self._forms.schema(), unexpected_field_behavior=unexpected
                    ),
                )
            except pa.ArrowInvalid as error:
                if not self._forms.learn(str(error)):
                    raise
                continue
            if table.num_rows != len(lines):
                raise pa.ArrowInvalid(f"{len(lines)} records gave {table.num_rows} rows")
            return table


def _placed(found: Read, good: list[int], refused: Iterable[int]) -> Read:
    """What was read of a part of a group, by the positions in the group."""
    found.taken = [good[i] for i in found.taken]
    found.refused = sorted([*refused, *(good[i] for i in found.refused)])
    for thing in found.unknown:
        thing.positions = [good[i] for i in thing.positions]
    placed(found.repairs, good)
    return found


def _check_utf8(blob: bytes) -> None:
    """Raises ArrowInvalid for broken UTF-8, which pyarrow.json passes on."""
    offsets = pa.array([0, len(blob)], pa.int64())
    pa.Array.from_buffers(
        pa.large_string(), 1, [None, offsets.buffers()[1], pa.py_buffer(blob)]
    ).validate(full=True)


def _objects(columns: Mapping[str, pa.Array], shape: Object, records: int) -> pa.StructArray:
    """The declared columns as one array of objects."""
    names = list(shape.nodes)
    arrays = [columns[name] for name in names]
    if not arrays:
        return pa.array([{}] * records, pa.struct([]))
    return pa.StructArray.from_arrays(arrays, names)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.nulls(0, column.type)


def _objects_in(node: Node) -> Iterator[Object]:
    if isinstance(node, Many):
        yield from _objects_in(node.item)
    elif isinstance(node, Object):
        yield node
        for inner in node.nodes.values():
            yield from _objects_in(inner)


def _undeclared(
    columns: Mapping[str, pa.Array], shape: Object, count: int
) -> Iterator[tuple[str, Object, str, pa.Array, pa.Array]]:
    """Undeclared attributes: path, the object they stand in, name, values, record positions."""
    records = pa.array(range(count), pa.int64())
    for name, values in columns.items():
        if name in shape.nodes:
            if _has_undeclared(values.type, shape.nodes[name]):
                yield from _undeclared_below(values, records, shape.nodes[name], name)
        else:
            yield name, shape, name, values, records


def _has_undeclared(found: pa.DataType, node: Node) -> bool:
    if isinstance(node, Leaf):
        return False
    if isinstance(node, Many):
        return _has_undeclared(found.value_type, node.item)
    return any(
        inner.name not in node.nodes or _has_undeclared(inner.type, node.nodes[inner.name])
        for inner in found
    )


def _undeclared_below(
    values: pa.Array, records: pa.Array, node: Node, path: str
) -> Iterator[tuple[str, Object, str, pa.Array, pa.Array]]:
    if isinstance(node, Many):
        below = records.take(pc.list_parent_indices(values))
        yield from _undeclared_below(pc.list_flatten(values), below, node.item, f"{path}[]")
    elif isinstance(node, Object):
        for inner in values.type:
            held = pc.struct_field(values, inner.name)
            at = f"{path}.{inner.name}"
            if inner.name not in node.nodes:
                yield at, node, inner.name, held, records
            elif _has_undeclared(inner.type, node.nodes[inner.name]):
                yield from _undeclared_below(held, records, node.nodes[inner.name], at)
