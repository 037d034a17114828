"""Whose turn it is: which of many records are asked for one by one on a day.

Belongs here: the rotation, pure. Does not belong here: asking (`ocpi/`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from typing import Final

# Each day begins at another fraction of the ids, in steps of the golden ratio: they leave no gap
# for long, and do not depend on how many ids there are. Were the step a number of ids, one location
# more would make a turn begin anywhere.
_WHOLE: Final = 1 << 64
_STEP: Final = 0x9E3779B97F4A7C15


def whose_turn(ids: Iterable[str], *, most: int, day: date) -> list[str]:
    """At most `most` of the ids; all come round within twice the nights that it takes at best."""
    order = sorted(set(ids), key=_place)
    begin = (day.toordinal() * _STEP % _WHOLE) * len(order) // _WHOLE
    return [*order[begin:], *order[:begin]][:most]


def _place(key: str) -> bytes:
    """By hash, so that a new id shifts the others by one place at most, wherever it stands."""
    return hashlib.blake2b(key.encode(), digest_size=8).digest()
