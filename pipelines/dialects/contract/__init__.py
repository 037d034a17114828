"""The contract: every attribute and code that the four APIs define, as facts without prose.

Belongs here: reading the facts. `fields.csv` names attributes (object, path, kind, type, list of
codes), `enums.csv` the codes, both by seed: 000 Eco-Movement, 001 Voltality, 002 OCPI 2.1.1, 003
how Eco-Movement is asked. `vendors.csv` has the attributes of what these mention without
describing it, as the vendors' public documents have them. Does not belong here: which column an
attribute reaches (`coverage.py`), why one reaches none (`reasons.py`), the page (`page.py`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal


@dataclass(frozen=True, slots=True)
class Fact:
    """One attribute; `path` is relative to the object that a list of the source holds."""

    seed: str
    object: str
    path: str
    kind: Literal["scalar", "array", "object"]
    type: str
    enum: str

    @property
    def is_container(self) -> bool:
        """Whether it holds attributes rather than a value."""
        return self.type == "object"


@dataclass(frozen=True, slots=True)
class Code:
    """One value of a list of codes, as printed."""

    seed: str
    enum: str
    value: str


@cache
def facts() -> tuple[Fact, ...]:
    """Every attribute, in the order of the seeds."""
    return tuple(Fact(*row) for row in _rows("fields.csv"))  # type: ignore[arg-type]


@cache
def vendor_facts() -> tuple[Fact, ...]:
    """Attributes of prices and of Voltality's locations and tariffs, beside the contract."""
    return tuple(Fact(*row) for row in _rows("vendors.csv"))  # type: ignore[arg-type]


@cache
def codes() -> tuple[Code, ...]:
    """Every code, in the order of the seeds."""
    return tuple(Code(*row) for row in _rows("enums.csv"))


def _rows(name: str) -> list[list[str]]:
    text = (files(__name__) / name).read_text(encoding="utf-8")
    return list(csv.reader(text.splitlines()))[1:]
