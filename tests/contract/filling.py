"""Records that fill every attribute of the contract, built from its facts alone.

Belongs here: objects by the paths, types and lists of codes of the contract. Does not belong
here: the dialects' declarations, since a path that is forgotten there must show.

An object has up to 400 values, more than Hypothesis draws one by one: it draws the seed of them.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from pipelines.dialects.contract import Fact, codes

COUNTRIES = {"NLD": "NLD", "NL": "NLD", "Nederland": "NLD", "DEU": "DEU", "BE": "BEL"}
CURRENCIES = ("EUR", "SEK", "GBP")
LANGUAGES = ("nl", "en", "de")
DAY = "2026-06-07"


@dataclass
class Node:
    """An attribute and what it holds."""

    fact: Fact | None = None
    nodes: dict[str, Node] = field(default_factory=dict)


@dataclass(frozen=True)
class Value:
    """A value in a record: `place` is where, list positions among the names."""

    place: tuple[str | int, ...]
    fact: Fact
    value: Any

    @property
    def path(self) -> str:
        return ".".join(step for step in self.place if isinstance(step, str))


def tree_of(facts: Iterable[Fact]) -> Node:
    """Facts by the names on their paths; `[]` stays part of a name."""
    root = Node()
    for fact in facts:
        node = root
        for name in fact.path.split("."):
            node = node.nodes.setdefault(name, Node())
        node.fact = fact
    return root


def moved(facts: Iterable[Fact], *, to: str) -> list[Fact]:
    """The same facts under another seed."""
    return [replace(fact, seed=to) for fact in facts]


def records(facts: Iterable[Fact], *, most: int = 3) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Lists of records with every attribute in each."""
    tree = tree_of(facts)
    seeds = st.lists(st.integers(0, 2**32), min_size=1, max_size=most, unique=True)
    return seeds.map(lambda chosen: [Filling(seed).object(tree) for seed in chosen])


def values_in(record: dict[str, Any], tree: Node) -> Iterator[Value]:
    """Every value of a record, containers included, with the fact that it is of."""
    for name, node in tree.nodes.items():
        held = record[name.removesuffix("[]")]
        yield from _values_at((name.removesuffix("[]"),), node, held)


def _values_at(place: tuple[str | int, ...], node: Node, held: Any) -> Iterator[Value]:
    assert node.fact is not None
    if node.nodes and isinstance(held, list):
        for index, item in enumerate(held):
            yield from _values_at((*place, index), node, item)
        return
    yield Value(place, node.fact, held)
    for name, inner in node.nodes.items():
        plain = name.removesuffix("[]")
        yield from _values_at((*place, plain), inner, held[plain])


class Filling:
    """Draws the values of one record; every text in it is another, so a mix-up shows."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._mark = f"{seed:x}"
        self._count = 0

    def object(self, tree: Node) -> dict[str, Any]:
        return {name.removesuffix("[]"): self._held(node) for name, node in tree.nodes.items()}

    def _held(self, node: Node) -> Any:
        fact = node.fact
        assert fact is not None
        if fact.type == "object":
            if fact.kind == "array":
                return [self.object(node) for _ in range(self._random.randint(1, 2))]
            return self.object(node)
        if fact.kind == "array":
            chosen = [self._scalar(fact) for _ in range(self._random.randint(1, 3))]
            return list(dict.fromkeys(chosen))
        return self._scalar(fact)

    def _scalar(self, fact: Fact) -> Any:
        name = fact.path.rpartition(".")[2].removesuffix("[]")
        named = getattr(self, f"_named_{name}", None)
        if named is not None:
            return named(fact)
        return getattr(self, f"_a_{fact.type}")(fact)

    # -- by type ---------------------------------------------------------------------------------

    def _a_string(self, fact: Fact) -> str:
        self._count += 1
        return f"{fact.path.rpartition('.')[2]} é{self._mark} {self._count}"

    def _a_url(self, fact: Fact) -> str:
        self._count += 1
        return f"https://example.org/{self._mark}/{self._count}?a=b&c=%20"

    def _a_int(self, fact: Fact) -> int:
        return self._random.randint(1, 9_999)

    def _a_int64(self, fact: Fact) -> str:
        return str(self._a_int(fact))  # protobuf's JSON has them as text

    def _a_decimal(self, fact: Fact) -> float:
        return self._random.randint(0, 100_000) / 1_000

    def _a_float(self, fact: Fact) -> float:
        return self._random.randint(0, 100) / 100

    def _a_bool(self, fact: Fact) -> bool:
        return self._random.random() < 0.5

    def _a_datetime(self, fact: Fact) -> str:
        zone = timezone(timedelta(hours=self._random.choice((0, 1, 2, -5))))
        seconds = timedelta(seconds=self._random.randint(0, 10**8), microseconds=123_000)
        moment = datetime(2023, 1, 1, tzinfo=UTC) + seconds
        match self._random.randint(0, 2):
            case 0:
                return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
            case 1:
                return f"{moment:%Y-%m-%dT%H:%M:%S}"  # no zone is UTC
            case _:
                return moment.astimezone(zone).isoformat(timespec="milliseconds")

    def _a_enum(self, fact: Fact) -> str | int:
        listed = [c.value for c in codes() if (c.seed, c.enum) == (fact.seed, fact.enum)]
        chosen = self._random.choice(listed or ["NOT_LISTED", "Not listed, either"])
        # The deprecated behaviour codes are numbers.
        return int(chosen) if chosen.isdigit() else chosen

    # -- by name, where the name says what a text looks like ---------------------------------------

    def _named_country(self, fact: Fact) -> str:
        return self._random.choice(list(COUNTRIES))

    def _named_currency(self, fact: Fact) -> str:
        return self._random.choice(CURRENCIES)

    def _named_language(self, fact: Fact) -> str:
        return self._random.choice(LANGUAGES)

    def _named_latitude(self, fact: Fact) -> str | float:
        return self._degrees(fact, 89)

    def _named_longitude(self, fact: Fact) -> str | float:
        return self._degrees(fact, 179)

    def _degrees(self, fact: Fact, most: int) -> str | float:
        degrees = self._random.randint(-most * 10**6, most * 10**6) / 10**6
        return f"{degrees:.6f}" if fact.type == "string" else degrees

    def _named_period_begin(self, fact: Fact) -> str:
        if fact.type == "datetime":
            return self._a_datetime(fact)
        zone = "Z" if fact.path.startswith("predicted_occupancy") else ""
        return f"{self._random.randint(0, 23):02d}:{self._random.randint(0, 59):02d}{zone}"

    _named_period_end = _named_period_begin

    def _named_start_time(self, fact: Fact) -> str:
        return self._named_period_begin(fact)

    _named_end_time = _named_start_time

    def _named_start_date(self, fact: Fact) -> str:
        return f"2026-{self._random.randint(1, 12):02d}-{self._random.randint(1, 28):02d}"

    _named_end_date = _named_start_date

    def _named_weekday(self, fact: Fact) -> int:
        return self._random.randint(1, 7)

    def _named_reliability_score_2(self, fact: Fact) -> int:
        return self._random.randint(0, 5)
