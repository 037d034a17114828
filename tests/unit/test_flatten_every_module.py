"""The laws of flatten for every module of every dialect, on records made of its own shape."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.dialects import DIALECTS
from pipelines.dialects.shape import Leaf, Many, Node, raw_type, shape_of
from pipelines.flatten.counting import sent_in_arrays
from pipelines.flatten.exploding import explode, root_objects, suspects
from pipelines.flatten.mending import Mender
from pipelines.flatten.reading import Reader
from pipelines.flatten.rewriting import Rewriter
from pipelines.flatten.tally import Tally
from pipelines.model import TABLES
from tests import factories
from tests.unit.flatten_outcome import HASH_KEY, Outcome
from tests.unit.test_flatten_laws import LAWS

MODULES = [(name, module.name) for name, found in DIALECTS.items() for module in found.modules]
EVERY_MODULE = pytest.mark.parametrize(("dialect", "module"), MODULES)
FEW = settings(LAWS, max_examples=12)
TEXTS = ("a", "B", " c ", "12", "NL", "2026-06-07T10:00:00Z", "08:30", "2026-01-01", "ENERGY", "")
# What a source sends and only the rewriting reads.
MORE: dict[str, dict[str, Any]] = {
    "prices": {"id": "p"},
    "connector_prices": {"pricing_ids": ["a", "b", 3]},
}


def made(node: Node, dice: random.Random) -> Any:
    """A record of a shape: good types, any values, some attributes missing."""
    if isinstance(node, Leaf):
        match node.kind:
            case "text":
                return dice.choice(TEXTS)
            case "number":
                return dice.choice([0, 1, 2.5, 60])
            case "flag":
                return dice.random() < 0.5
            case "texts":
                return [dice.choice(TEXTS) for _ in range(dice.randint(0, 2))]
    if isinstance(node, Many):
        return [made(node.item, dice) for _ in range(dice.randint(0, 2))]
    return {name: made(inner, dice) for name, inner in node.nodes.items() if dice.random() < 0.85}


def records_made(dialect: str, module: str, seed: int) -> list[Any]:
    declared = DIALECTS[dialect].module(module)
    assert declared is not None
    dice = random.Random(seed)
    shape = shape_of(declared)
    made_ones = [made(shape, dice) | MORE.get(module, {}) for _ in range(dice.randint(1, 5))]
    if dialect == "voltality" and module == "locations":
        wrapped = {"location": made(shape, dice), "distance_meters": 3}
        made_ones += [wrapped, *(made_ones[0].get("evses") or [])]
    return made_ones


@EVERY_MODULE
@given(seed=st.integers(0, 2**32), data=st.data())
@FEW
def test_nothing_is_lost_whatever_is_sent(
    dialect: str, module: str, seed: int, data: st.DataObject
) -> None:
    made_ones = records_made(dialect, module, seed)
    sent = data.draw(st.tuples(*(factories.spoilt(st.just(value)) for value in made_ones)))
    found = Outcome(*sent, module=module, dialect=dialect)
    lines = found.report.ledger.to_pylist()
    assert lines[0]["received"] == len(sent)
    for line in lines:
        assert line["received"] == line["loaded"] + line["quarantined"] + line["duplicates"]
        assert line["loaded"] == len(found.tables.get(line["level"], []))
    for name, rows in found.tables.items():
        table = TABLES[name]
        keys = [tuple(row[k] for k in table.key) for row in rows]
        assert len(set(keys)) == len(keys), f"{name} has a key twice"
        if table.parent:
            width = len(TABLES[table.parent].key)
            above = {
                tuple(row[k] for k in TABLES[table.parent].key)
                for row in found.tables[table.parent]
            }
            assert {key[:width] for key in keys} <= above


@EVERY_MODULE
@given(seed=st.integers(0, 2**32))
@FEW
def test_both_paths_give_the_same_rows_for_the_same_good_input(
    dialect: str, module: str, seed: int
) -> None:
    declared = DIALECTS[dialect].module(module)
    assert declared is not None
    shape = shape_of(declared)
    records = factories.records_of(records_made(dialect, module, seed))
    rewriter = Rewriter(declared, shape, hash_key=lambda: HASH_KEY)
    (rewritten,) = rewriter.records(lambda: [records], Tally())()

    read = Reader(shape).read([record.raw for record in rewritten])
    assert read.values is not None
    assert not read.refused
    fast_tally, tally = Tally(), Tally()
    fast = root_objects(read.values, np.array(read.taken))
    odd = suspects(declared.root, fast)
    if len(odd):
        fast = fast.kept(~np.isin(fast.records, odd))
        fast.parents = np.arange(len(fast), dtype=np.int64)
    fast_tally.sent(sent_in_arrays(declared.root, fast.values))
    good = fast.records.tolist()
    parts = explode(declared.root, fast, tally=fast_tally, may_hold_nul=True)

    mender = Mender(declared, shape, tally)
    trees = [mender.mend(rewritten[position]) for position in good]
    mended = root_objects(pa.array(trees, raw_type(shape)), np.array(good, np.int64))
    careful = explode(declared.root, mended, tally=tally, may_hold_nul=True)
    assert {name: part.rows.to_pylist() for name, part in parts.items()} == {
        name: part.rows.to_pylist() for name, part in careful.items()
    }
    assert {t: f.sent for t, f in fast_tally.fates.items() if f.sent} == {
        t: f.sent for t, f in tally.fates.items() if f.sent
    }
