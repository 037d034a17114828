"""Whose turn it is: which of many records are asked for one by one on a day.

Belongs here: the rotation, pure. Does not belong here: asking (`ocpi/`).
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable
from datetime import date
from typing import Final

# Ids stand on a circle by their hash; each day begins at another point of it. Steps of the golden
# ratio leave no gap for long, and unlike a position in the list they do not depend on how many ids
# there are: with one location more, a turn by position would begin anywhere.
_CIRCLE: Final = 1 << 64
_STEP: Final = 0x9E3779B97F4A7C15


def whose_turn(ids: Iterable[str], *, most: int, day: date) -> list[str]:
    """At most `most` of the ids; all come round within about twice the nights that it takes."""
    circle = sorted((_place(key), key) for key in set(ids))
    begin = bisect_left(circle, (day.toordinal() * _STEP % _CIRCLE, ""))
    return [key for _, key in (circle[begin:] + circle[:begin])[:most]]


def _place(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big")
