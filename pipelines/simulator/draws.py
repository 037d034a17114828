"""Chance that is the same in every process: numbers that follow from keys.

Belongs here: turning (seed, entity, day) into numbers, and the renewal rule that finds the last
event before a day without stepping through the days. Does not belong here: what the numbers
mean (`operators.py`, `sites.py`, `statuses.py`, `pricing.py`).

`hash()` differs between processes and `random.choice` may differ between Python versions; only
blake2b, integer arithmetic and `random.Random(int).random()` are used, which do not.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

_MASK = (1 << 64) - 1
_SALT_STEP = 0x9E3779B97F4A7C15
_NUMBER_STEP = 0xD1B54A32D192ED03


def entity_key(seed: int, kind: str, *numbers: int) -> int:
    """A 64-bit key of one entity of the world; every draw about it starts from here."""
    text = f"{seed}:{kind}:{':'.join(map(str, numbers))}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def draw(key: int, salt: int, number: int = 0) -> int:
    """One 64-bit number for (entity, question, day or epoch): splitmix64 over the three."""
    z = (key ^ (salt * _SALT_STEP) ^ (number * _NUMBER_STEP)) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def unit(key: int, salt: int, number: int = 0) -> float:
    """One number in [0, 1) for (entity, question, day or epoch)."""
    return (draw(key, salt, number) >> 11) / (1 << 53)


def last_event(key: int, salt: int, *, period: int, day: int) -> tuple[int, int]:
    """The newest event on or before `day` of a process with one event in every `period` days.

    Returns (epoch, day of the event). Each block of `period` days holds exactly one event on a
    drawn day, so any day is reached by looking at two blocks.
    """
    phase = draw(key, salt) % period
    epoch = (day - phase) // period
    event = phase + epoch * period + draw(key, salt + 1, epoch) % period
    if event > day:
        epoch -= 1
        event = phase + epoch * period + draw(key, salt + 1, epoch) % period
    return epoch, event


def event_day(key: int, salt: int, *, period: int, epoch: int) -> int:
    """The day of the event of one epoch of `last_event`."""
    return draw(key, salt) % period + epoch * period + draw(key, salt + 1, epoch) % period


class Draws:
    """A stream of draws about one entity, for attributes decided together."""

    __slots__ = ("_next",)

    def __init__(self, key: int) -> None:
        self._next = random.Random(key).random

    def chance(self, probability: float) -> bool:
        return self._next() < probability

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._next() * (high - low + 1))

    def spread(self, width: float) -> float:
        """A number around 0, mostly well within +-width (sum of three, so denser in the middle)."""
        return (self._next() + self._next() + self._next() - 1.5) * width / 1.5

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self._next() * len(options))]

    def some(self, options: Sequence[T], probability: float) -> tuple[T, ...]:
        """Each option on its own with a probability, in the order given."""
        return tuple(option for option in options if self._next() < probability)
