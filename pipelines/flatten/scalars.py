"""The careful path's scalars: any JSON value to what a leaf of the raw schema takes.

Belongs here: numbers as strings, ids as numbers, 0/1 flags, texts in lists or objects. The result
goes through the same kernels as the fast path's values, so only what pyarrow.json would refuse
is mended here. Does not belong here: objects and lists of objects (`mending.py`).
"""

from __future__ import annotations

from decimal import Decimal
from math import nan
from typing import Any

from pipelines.dialects.shape import Leaf
from pipelines.flatten.tally import Tally
from pipelines.flatten.values import cleaned, flag_of, number_of

# Where a text is expected and an object came: the attribute that holds the text.
TEXT_OF_OBJECT = ("text", "url", "name", "value")


def mended_leaf(leaf: Leaf, value: Any, tally: Tally) -> Any:
    """A value as the raw type of its leaf, or None; every repair counted."""
    if leaf.kind == "text" and type(value) is str and value.isascii():
        return value  # most values of most records
    if value is None or value == {} or value == []:
        return None
    if leaf.kind == "texts":
        return _texts(leaf, value, tally)
    if isinstance(value, list) and len(value) == 1:
        _count(leaf, tally, "list_as_value", value, value[0])
        value = value[0]
    match leaf.kind:
        case "text":
            return _text(leaf, value, tally)
        case "number":
            return _number(leaf, value, tally)
        case "flag":
            flag, repair = flag_of(float(value) if isinstance(value, Decimal) else value)
            if repair:
                _count(leaf, tally, repair, value, flag)
            return flag


def _text(leaf: Leaf, value: Any, tally: Tally) -> str | None:
    if isinstance(value, str):
        return _without_surrogates(leaf, value, tally)
    if isinstance(value, bool):
        text = "true" if value else "false"
        _count(leaf, tally, "text_from_flag", value, text)
        return text
    if isinstance(value, int | Decimal):
        text = str(value)
        _count(leaf, tally, "text_from_number", value, text)
        return text
    if isinstance(value, dict):
        for name in TEXT_OF_OBJECT:
            if isinstance(value.get(name), str):
                _count(leaf, tally, "text_from_object", value, value[name])
                return _without_surrogates(leaf, value[name], tally)
    _count(leaf, tally, "unreadable_text", value, None)
    return None


def _without_surrogates(leaf: Leaf, value: str, tally: Tally) -> str:
    """Half a surrogate pair is no character; it becomes U+FFFD, as readers show it."""
    try:
        value.encode()
    except UnicodeEncodeError:
        mended = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in value)
        _count(leaf, tally, "broken_character", mended, mended)
        return mended
    return value


def _number(leaf: Leaf, value: Any, tally: Tally) -> float | None:
    number: float | None = None
    if isinstance(value, str):
        if cleaned(value) is None:
            _count(leaf, tally, "empty_text", value, None)
            return None
        number = number_of(cleaned(value) or "")
        if number is not None:
            if leaf.column not in {"latitude", "longitude"}:
                _count(leaf, tally, "number_from_text", value, number)
            return number
    elif isinstance(value, int | Decimal | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = None
        if number is not None and abs(number) != float("inf"):
            return number
    return unreadable_number(leaf, value, tally)


def unreadable_number(leaf: Leaf, value: Any, tally: Tally) -> float | None:
    """None, counted; but NaN for a restriction, which the kernels count and name in its row."""
    if leaf.is_restriction:
        tally.repair(leaf.table, leaf.column, repair="unreadable_number", count=0, before=value)
        return nan
    _count(leaf, tally, "unreadable_number", value, None)
    return None


def _texts(leaf: Leaf, value: Any, tally: Tally) -> list[str | None] | None:
    if not isinstance(value, list):
        if isinstance(value, str) and cleaned(value) is None:
            _count(leaf, tally, "empty_text", value, None)
            return None
        _count(leaf, tally, "value_as_list", value, None)
        value = [value]
    return [None if item is None else _text(leaf, item, tally) for item in value]


def _count(leaf: Leaf, tally: Tally, repair: str, before: object, after: object) -> None:
    tally.repair(leaf.table, leaf.column, repair=repair, before=before, after=after)
