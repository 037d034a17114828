"""The contract of the four APIs: each attribute has a column or a reason, each code a list."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.dialects import DIALECTS
from pipelines.dialects.contract import codes, facts, vendor_facts
from pipelines.dialects.contract.coverage import (
    READERS,
    code_lists,
    column_of,
    columns_of_codes,
    coverage,
    ways_of,
    why_left_out,
    why_open,
)
from pipelines.dialects.contract.page import sources_page
from pipelines.dialects.contract.reasons import OPEN_CODES, REASONS
from pipelines.model import TABLES, Type
from pipelines.model.vocabularies import VOCABULARIES

PIPELINES = Path(__file__).parents[2] / "pipelines"
VALUES = {
    "bool": {Type.BOOL},
    "int": {Type.INT, Type.FLOAT},
    "float": {Type.FLOAT},
    "decimal": {Type.FLOAT, Type.DECIMAL},
    "datetime": {Type.TIMESTAMP},
    "url": {Type.TEXT},
    # Coordinates come as text, codes as numbers, dates as plain text.
    "string": {Type.TEXT, Type.FLOAT, Type.DATE},
    "enum": {Type.TEXT, Type.INT},
}


def test_the_contract_is_whole():
    assert len(facts()) == len(set(facts())) == 735
    assert len(codes()) == len(set(codes())) == 300


def test_every_attribute_reaches_a_column_or_has_one_written_reason():
    for one in coverage():
        assert bool(one.columns) != bool(one.reasons), one.fact
        assert len(one.reasons) <= 1, one.fact
    groups = Counter(reason.group for one in coverage() for reason in one.reasons)
    assert sum(bool(one.columns) for one in coverage()) == 647
    assert groups["secret"] == 2


def test_no_reason_is_left_over():
    given = {reason for one in coverage() for reason in one.reasons}
    assert set(REASONS) == given
    paths = {(fact.seed, fact.object, fact.path) for fact in facts()}
    for reason in REASONS:
        assert all((reason.seed, reason.object, path) in paths for path in reason.paths)
        assert reason.text
        for name in re.findall(r"`(ocpi/\w+\.py)`", reason.text):
            assert (PIPELINES / name).is_file(), f"{name} is said to do this, and is not there"


def test_every_reader_reads_something():
    objects = {(fact.seed, fact.object) for fact in (*facts(), *vendor_facts())}
    assert set(READERS) - objects == {("000", "Tariff")}, "which is a tariff of OCPI 2.1.1"
    tariffs = [replace(f, seed="000") for f in facts() if (f.seed, f.object) == ("002", "Tariff")]
    every = (*facts(), *vendor_facts(), *tariffs)
    ways = {(way.dialect, way.module) for fact in every for way in ways_of(fact)}
    left_out = [fact for fact in (*vendor_facts(), *tariffs) if not ways_of(fact)]
    assert all(why_left_out(fact) for fact in left_out), left_out
    assert ways == {(r.dialect, module) for r in READERS.values() for module in r.modules}
    assert all(dialect in DIALECTS for dialect, _ in ways)


def test_what_is_in_a_container_that_reaches_tables_reaches_them_itself():
    covered = {(one.fact.seed, one.fact.object, one.fact.path): one for one in coverage()}
    for (seed, name, path), one in covered.items():
        outer = path.rpartition(".")[0]
        container = covered.get((seed, name, outer))
        if container is not None:
            assert bool(container.columns) == bool(one.columns), one.fact
            assert set(one.columns) <= set(container.columns), one.fact


def test_a_list_of_values_reaches_a_list_or_a_table_of_its_own():
    for one in coverage():
        if one.fact.kind == "array" and not one.fact.is_container:
            for name in one.columns:
                table, _, column = name.partition(".")
                is_row = column in TABLES[table].key
                assert is_row or column_of(name).type in {Type.TEXT_LIST, Type.DOCUMENT}, one.fact


def test_a_value_reaches_a_column_that_can_hold_it():
    for one in coverage():
        if one.fact.kind == "scalar":
            for name in one.columns:
                found = column_of(name).type
                assert found in VALUES[one.fact.type] | {Type.DOCUMENT}, (one.fact, name)


@pytest.mark.parametrize(("seed", "enum"), code_lists(), ids=map("-".join, code_lists()))
def test_every_code_is_in_the_vocabulary_of_the_columns_it_reaches(seed, enum):
    columns = columns_of_codes(seed, enum)
    held = {name: column_of(name).vocabulary for name in columns}
    if why_open(seed, enum) is not None:
        assert not any(held.values()), "a reason why no column is held to it, but one is"
        return
    assert columns
    for name, vocabulary in held.items():
        assert vocabulary, f"{name} holds codes of {enum} and is held to no vocabulary"
        assert set(code_lists()[seed, enum]) <= set(VOCABULARIES[vocabulary]), name


def test_no_list_is_called_open_that_is_not_there():
    assert {(o.seed, o.enum) for o in OPEN_CODES} <= set(code_lists())
    assert {fact.enum for fact in facts() if fact.enum} <= {enum for _, enum in code_lists()}


def test_no_two_spellings_of_a_vocabulary_differ_in_case_and_blanks_alone():
    for name, values in VOCABULARIES.items():
        folded = ["_".join(v.upper().replace("-", " ").replace("_", " ").split()) for v in values]
        assert len(set(folded)) == len(values), name


def test_the_page_names_every_attribute_with_its_columns():
    lines = sources_page().splitlines()
    for one in coverage():
        line = next(
            line
            for line in lines
            if line.startswith(f"| {one.fact.object} | `{one.fact.path}` |")
            and all(way.dialect in line for way in one.reached)
        )
        if not one.fact.is_container:
            assert all(f"`{name}`" in line for name in one.columns)
        assert all(reason.text in line for reason in one.reasons)
