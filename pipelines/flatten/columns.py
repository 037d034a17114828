"""Whole columns at a time: raw Arrow arrays to canonical ones, every repair counted.

Belongs here: one kernel per type and form of the model. A kernel handles what is regular with
Arrow compute and hands the rest, each distinct value once, to `values.py`. Does not belong here:
where a column comes from (`exploding.py`), what one value means (`values.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.flatten.tally import Tally
from pipelines.flatten.values import (
    BLANKS,
    FIRST_YEAR,
    TIMESTAMP,
    cleaned,
    country_of,
    day_of,
    moment_of,
    number_of,
    restricting_time_of,
    time_of,
)
from pipelines.model import Column, Type
from pipelines.model.vocabularies import VOCABULARIES

PLAIN_NUMBER = r"^[+-]?\d+(\.\d+)?$"
PLAIN_MOMENT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$"
ZONE = r"(Z|[+-]\d\d:\d\d)$"
LIMITS = {"latitude": 90.0, "longitude": 180.0}
INT32 = 2**31
# numeric(18,6) holds twelve digits before the point; float64 cannot tell more apart anyway.
LARGEST_MONEY = 1e11
FIRST_MOMENT = pa.scalar(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), TIMESTAMP)

Reader = Callable[[str], tuple[Any, str | None]]


@cache
def _spellings(vocabulary: str) -> dict[str, str]:
    return {_folded(value): value for value in VOCABULARIES[vocabulary]}


def _folded(value: str) -> str:
    return "_".join(value.upper().replace("-", " ").replace("_", " ").split())


class Columns:
    """Converts raw arrays to canonical columns, writing every repair to a tally."""

    def __init__(self, tally: Tally, *, may_hold_nul: bool) -> None:
        self.tally = tally
        self.may_hold_nul = may_hold_nul

    def convert(self, raw: pa.Array, table: str, column: Column, *, path: str = "") -> pa.Array:
        """A raw array as the canonical column (its type, its spelling, its form)."""
        if raw.null_count == len(raw):
            return pa.nulls(len(raw), column.type.arrow)
        where = (table, column.name)
        match column.type:
            case Type.TEXT:
                return self._text_like(raw, where, column, path)
            case Type.TEXT_LIST:
                return self._texts(raw, where, column, path)
            case Type.BOOL | Type.DOCUMENT:  # a document is text that rewriting.py wrote
                return raw
            case Type.FLOAT:
                return self._number(raw, where, column)
            case Type.INT | Type.BIGINT:
                return self._whole(self._number(raw, where, column), where, column.type.arrow)
            case Type.DECIMAL:
                return self._money(self._number(raw, where, column), where)
            case Type.DATE:
                return self._by_value(self.text(raw, where), where, day_of, pa.date32())
            case Type.TIMESTAMP:
                return self._moment(self.text(raw, where), where)
        raise TypeError(f"{table}.{column.name} cannot be flattened: {column.type}")

    def text(self, raw: pa.Array, where: tuple[str, str]) -> pa.Array:
        """Without U+0000 and without blanks around; nothing left is NULL."""
        if pa.types.is_integer(raw.type):
            texts = pc.cast(raw, pa.string())
            self._count(where, "text_from_number", before=raw, after=texts, mask=raw.is_valid())
            return texts
        if self.may_hold_nul:
            without = pc.replace_substring(raw, pattern="\x00", replacement="")
            self._count_if_changed(where, "nul_removed", raw, without)
            raw = without
        trimmed = pc.utf8_trim(raw, characters=BLANKS)
        lengths = pc.binary_length(trimmed)
        if pc.sum(lengths) != pc.sum(pc.binary_length(raw)):
            self._count_if_changed(where, "blanks", raw, trimmed)
        if pc.min(lengths).as_py() == 0:
            is_empty = pc.equal(lengths, 0)
            self._count(where, "empty_text", before=raw, after=None, mask=pc.equal(raw, ""))
            trimmed = pc.if_else(is_empty, pa.scalar(None, pa.string()), trimmed)
        return trimmed

    def _text_like(
        self, raw: pa.Array, where: tuple[str, str], column: Column, path: str
    ) -> pa.Array:
        if column.vocabulary:
            return self._code(raw, where, column.vocabulary, path)
        texts = self.text(raw, where)
        if column.form == "time":
            return self._by_value(texts, where, time_of, pa.string())
        if column.form == "restricting_time":
            return self._by_value(texts, where, restricting_time_of, pa.string())
        if column.form == "country":
            return self._by_value(texts, where, country_of, pa.string())
        return texts

    def _texts(self, raw: pa.Array, where: tuple[str, str], column: Column, path: str) -> pa.Array:
        """A list of scalars; an empty list and a list of nothings are NULL, like a missing one."""
        values = pc.list_flatten(raw)
        parents = pc.list_parent_indices(raw).to_numpy()
        if column.vocabulary:
            values = self._code(values, where, column.vocabulary, f"{path}[]")
        else:
            values = self.text(values, where)
        if values.null_count:
            parents = parents[values.is_valid().to_numpy(zero_copy_only=False)]
            values = values.drop_null()
        lengths = np.bincount(parents, minlength=len(raw))
        offsets = np.zeros(len(raw) + 1, np.int32)
        np.cumsum(lengths, out=offsets[1:])
        return pa.ListArray.from_arrays(pa.array(offsets), values, mask=pa.array(lengths == 0))

    def _code(self, raw: pa.Array, where: tuple[str, str], vocabulary: str, path: str) -> pa.Array:
        spellings = _spellings(vocabulary)
        if pa.types.is_integer(raw.type):
            raw = self.text(raw, where)
        encoded = _encoded(raw)
        occurrences = _occurrences(encoded)
        mended: list[str | None] = []
        for value, count in zip(encoded.dictionary.to_pylist(), occurrences, strict=True):
            clean = cleaned(value)
            known = spellings.get(_folded(clean)) if clean else None
            after = known or clean
            mended.append(after)
            if not count:
                continue
            if clean and known is None:
                self.tally.unknown_thing(path, clean, count=count, sample=value)
            if after != value:
                repair = "empty_text" if not value else "blanks" if after == clean else "spelling"
                self.tally.repair(*where, repair=repair, count=count, before=value, after=after)
        return pc.take(pa.array(mended, pa.string()), encoded.indices)

    def _number(self, raw: pa.Array, where: tuple[str, str], column: Column) -> pa.Array:
        numbers = raw if pa.types.is_floating(raw.type) else self._number_text(raw, where, column)
        # pyarrow.json reads a bare NaN or Infinity, which JSON does not have.
        odd = pc.invert(pc.is_finite(numbers))
        numbers = self._without(numbers, odd, where, "unreadable_number")
        limit = LIMITS.get(column.form or "")
        if limit is not None:
            outside = pc.greater(pc.abs(numbers), limit)
            numbers = self._without(numbers, outside, where, "out_of_range")
        return numbers

    def _number_text(self, raw: pa.Array, where: tuple[str, str], column: Column) -> pa.Array:
        texts = self.text(raw, where)
        plain = pc.match_substring_regex(texts, PLAIN_NUMBER)
        if pc.all(plain).as_py() is not False:
            numbers = pc.cast(texts, pa.float64())
        else:
            numbers = self._by_value(
                texts,
                where,
                lambda text: _or_unreadable(number_of(text), "unreadable_number"),
                pa.float64(),
            )
        if column.form not in LIMITS:  # OCPI writes coordinates as text, and nothing else
            self._count(
                where, "number_from_text", before=texts, after=numbers, mask=numbers.is_valid()
            )
        return numbers

    def _whole(self, numbers: pa.Array, where: tuple[str, str], to: pa.DataType) -> pa.Array:
        numbers = self._without(
            numbers, pc.greater_equal(pc.abs(numbers), INT32 - 1), where, "out_of_range"
        )
        rounded = pc.round(numbers, round_mode="half_to_even")
        self._count_if_changed(where, "rounded_to_whole", numbers, rounded)
        return pc.cast(rounded, to)

    def _money(self, numbers: pa.Array, where: tuple[str, str]) -> pa.Array:
        numbers = self._without(
            numbers, pc.greater_equal(pc.abs(numbers), LARGEST_MONEY), where, "out_of_range"
        )
        micro = np.rint(numbers.fill_null(0).to_numpy() * 1e6) / 1e6
        rounded = pa.array(micro, mask=numbers.is_null().to_numpy(zero_copy_only=False))
        self._count_if_changed(where, "rounded_to_six_digits", numbers, rounded)
        return pc.cast(rounded, Type.DECIMAL.arrow)

    def _moment(self, texts: pa.Array, where: tuple[str, str]) -> pa.Array:
        try:
            # Whatever this takes, moment_of reads the same way (a test says so).
            moments = pc.cast(texts, TIMESTAMP)
        except pa.ArrowInvalid:
            if pc.all(pc.match_substring_regex(texts, PLAIN_MOMENT)).as_py() is False:
                moments = self._by_value(texts, where, moment_of, pa.int64()).cast(TIMESTAMP)
            else:
                moments = self._regular_moment(texts, where)
        early = pc.less(moments, FIRST_MOMENT)
        return self._without(moments, early, where, "no_real_time")

    def _regular_moment(self, texts: pa.Array, where: tuple[str, str]) -> pa.Array:
        zoned = pc.match_substring_regex(texts, ZONE)
        full = texts
        if pc.all(zoned).as_py() is False:
            full = pc.if_else(zoned, texts, pc.binary_join_element_wise(texts, "Z", ""))
        if pc.max(pc.binary_length(full)).as_py() > len("2026-06-07T18:40:07.123456Z"):
            full = pc.replace_substring_regex(full, pattern=r"(\.\d{6})\d{1,3}", replacement=r"\1")
        try:
            moments = pc.cast(full, TIMESTAMP)
        except pa.ArrowInvalid:  # a 31 June or a 24:00:00 among them
            return self._by_value(texts, where, moment_of, pa.int64()).cast(TIMESTAMP)
        self._count(where, "zone_assumed_utc", before=texts, after=moments, mask=pc.invert(zoned))
        return moments

    def _by_value(
        self, raw: pa.Array, where: tuple[str, str], reader: Reader, to: pa.DataType
    ) -> pa.Array:
        """Each distinct text read once by `reader`, which names the repair it made."""
        encoded = _encoded(raw)
        occurrences = _occurrences(encoded)
        results = []
        for value, count in zip(encoded.dictionary.to_pylist(), occurrences, strict=True):
            result, repair = reader(value)
            results.append(result)
            if repair and count:
                self.tally.repair(*where, repair=repair, count=count, before=value, after=result)
        return pc.take(pa.array(results, to), encoded.indices)

    def _without(
        self, values: pa.Array, mask: pa.Array, where: tuple[str, str], repair: str
    ) -> pa.Array:
        """NULL where the mask holds, counted as `repair`."""
        if not pc.any(mask).as_py():
            return values
        self._count(where, repair, before=values, after=None, mask=mask)
        return pc.if_else(pc.fill_null(mask, False), pa.scalar(None, values.type), values)

    def _count_if_changed(
        self, where: tuple[str, str], repair: str, before: pa.Array, after: pa.Array
    ) -> None:
        self._count(where, repair, before=before, after=after, mask=pc.not_equal(before, after))

    def _count(
        self,
        where: tuple[str, str],
        repair: str,
        *,
        before: pa.Array,
        after: pa.Array | None,
        mask: pa.Array,
    ) -> None:
        count = pc.sum(mask).as_py()
        if count:
            first = pc.index(mask, pa.scalar(True)).as_py()
            self.tally.repair(
                *where,
                repair=repair,
                count=count,
                before=before[first].as_py(),
                after=None if after is None else after[first].as_py(),
            )

    def without_null_island(self, table: str, columns: dict[str, pa.Array]) -> None:
        """0,0 lies in the sea off Ghana and means that nobody knows: both become NULL."""
        latitude, longitude = columns["latitude"], columns["longitude"]
        if latitude.null_count == len(latitude):
            return
        nowhere = pc.and_(pc.equal(latitude, 0.0), pc.equal(longitude, 0.0))
        for name in ("latitude", "longitude"):
            columns[name] = self._without(columns[name], nowhere, (table, name), "null_island")


def _or_unreadable(value: float | None, repair: str) -> tuple[float | None, str | None]:
    return value, None if value is not None else repair


def _encoded(raw: pa.Array) -> pa.DictionaryArray:
    return raw.dictionary_encode()


def _occurrences(encoded: pa.DictionaryArray) -> list[int]:
    indices = encoded.indices.drop_null().to_numpy()
    return np.bincount(indices, minlength=len(encoded.dictionary)).tolist()  # type: ignore[no-any-return]
