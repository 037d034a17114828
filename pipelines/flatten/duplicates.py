"""Copies of an object: which of them stays, and whether two say the same.

Belongs here: comparing on canonical rows with everything below, unknown attributes left out.
Does not belong here: finding copies (`records.py` among records, `mending.py` within one).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.dialects.declare import Rows
from pipelines.dialects.shape import Object, raw_type
from pipelines.flatten.exploding import Objects, Ordinals, Part, explode
from pipelines.flatten.hashing import Hashes, row_hashes
from pipelines.flatten.records import time_field
from pipelines.flatten.tally import Tally
from pipelines.flatten.values import cleaned, moment_of
from pipelines.model import TABLES, Column, Type

Tree = dict[str, Any]


def newest(rows: Rows, copies: Sequence[tuple[int, Tree]]) -> int:
    """The index of the copy with the newest last_updated; between equals the first."""
    time = time_field(rows)

    def moment(tree: Tree) -> int:
        text = tree.get(time.paths[0]) if time else None
        clean = cleaned(text) if isinstance(text, str) else None
        return (moment_of(clean)[0] or 0) if clean else 0

    return max(copies, key=lambda copy: (moment(copy[1]), -copy[0]))[0]


class Copies:
    """Compares mended objects of one module."""

    def __init__(self, shape: Object) -> None:
        self.shape = shape

    def are_equal(self, rows: Rows, node: Object, one: Tree, other: Tree) -> bool:
        """Whether two objects of one level give the same rows."""
        if one == other:
            return True
        parts = exploded_trees(rows, node, [one, other], tally=Tally())
        digests = record_digests(parts, np.arange(2))
        return bool(digests[0] == digests[1])


def exploded_trees(
    rows: Rows, node: Object, trees: Sequence[Tree], *, tally: Tally
) -> dict[str, Part]:
    """Rows of mended objects of one level; the keys of what is above them are left blank."""
    above = TABLES[rows.model.parent] if rows.model.parent else None
    ordinals = np.arange(len(trees), dtype=np.int64)
    objects = Objects(
        values=pa.array(trees, raw_type(node)),
        records=ordinals,
        positions=np.zeros(len(trees), np.int64),
        parents=ordinals,
        keys={
            column.name: pa.repeat(_blank(column), len(trees))
            for column in (above.columns if above else ())
            if above and column.name in above.key
        },
    )
    return explode(rows, objects, tally=tally, may_hold_nul=True)


def _blank(column: Column) -> pa.Scalar:
    return pa.scalar("" if column.type is Type.TEXT else 0, column.type.arrow)


def record_digests(parts: Mapping[str, Part], records: Ordinals) -> Hashes:
    """For each of `records` a hash of all its rows in all tables, whatever their order."""
    digests = np.zeros(len(records), np.uint64)
    index = {int(record): i for i, record in enumerate(records)}
    wanted = np.asarray(records, np.int64)
    for table, part in parts.items():
        mask = np.isin(part.records, wanted)
        if not mask.any():
            continue
        rows = part.rows.filter(pa.array(mask)).combine_chunks()
        columns = [
            (f"{table}.{name}", rows.column(name).combine_chunks()) for name in rows.column_names
        ]
        hashes = row_hashes(columns, rows.num_rows)
        places = np.array([index[int(record)] for record in part.records[mask]])
        np.add.at(digests, places, hashes)
    return digests


def record_counts(parts: Mapping[str, Part], records: int) -> dict[str, Ordinals]:
    """Objects of each table by record (ordinals from 0), twins included."""
    return {
        table: np.bincount(np.concatenate([part.records, part.duplicates]), minlength=records)
        for table, part in parts.items()
    }
