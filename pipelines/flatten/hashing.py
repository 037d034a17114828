"""Hashes of rows: content keys, and digests by which copies of an object are compared.

Belongs here: the one hash function of flatten. It is written out here, and not taken from a
library that may change it, because content keys stand in the warehouse for years. Does not
belong here: what is compared with what (`duplicates.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Hashes = npt.NDArray[np.uint64]


def row_hashes(columns: Iterable[tuple[str, pa.Array]], rows: int) -> Hashes:
    """64 bits for each row.

    The sum of a hash for every column that is not NULL, over the column's name and value: NULL
    differs from '', and a column added to the model later moves no hash while it is NULL.
    """
    total = np.zeros(rows, np.uint64)
    for name, values in columns:
        if values.null_count == len(values):
            continue
        encoded = _comparable(values).dictionary_encode()
        prefix = f"{name}\x1f"
        hashes = [_hash64(f"{prefix}{value}") for value in encoded.dictionary.to_pylist()]
        by_code = np.array([*hashes, 0], np.uint64)  # the last stands for NULL
        codes = encoded.indices.fill_null(len(hashes)).to_numpy(zero_copy_only=False)
        total += by_code[codes]
    return _mixed(total)


def content_keys(columns: Iterable[tuple[str, pa.Array]], rows: int) -> pa.Array:
    """The hash as the bigint that Postgres keeps."""
    return pa.array(row_hashes(columns, rows).view(np.int64))


def _comparable(values: pa.Array) -> pa.Array:
    """An array whose distinct values Arrow can enumerate and Python can spell."""
    if pa.types.is_list(values.type):
        return pa.array(
            [None if value is None else "\x1e".join(value) for value in values.to_pylist()],
            pa.string(),
        )
    if pa.types.is_timestamp(values.type):
        return pc.cast(values, pa.int64())
    if pa.types.is_floating(values.type):
        return pc.add(values, 0.0)  # -0.0 is 0.0
    return values


def _hash64(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _mixed(values: Hashes) -> Hashes:
    """splitmix64's finalizer: sums of hashes spread over all 64 bits again."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Hashes = values ^ (values >> np.uint64(31))
    return mixed
