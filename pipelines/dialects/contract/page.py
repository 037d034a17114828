"""The page about sources: every attribute of the contract, and where it goes or why not.

Belongs here: the text of `docs/sources.md`. Does not belong here: its first part, which is written
by hand (`head.md`), working out where an attribute goes (`coverage.py`), writing files
(`warehouse/generated.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files

from pipelines.dialects.contract import vendor_facts
from pipelines.dialects.contract.coverage import (
    Covered,
    code_lists,
    column_of,
    columns_of_codes,
    coverage,
    ways_of,
    why_left_out,
    why_open,
)
from pipelines.model import Type

_SEEDS = {
    "000": "Eco-Movement: locations",
    "001": "Voltality: EVSEs",
    "002": "OCPI 2.1.1",
    "003": "Eco-Movement: requests and answers",
}


def sources_page() -> str:
    """The whole page; the same declarations give the same text."""
    head = files(__package__).joinpath("head.md").read_text(encoding="utf-8")
    return "\n".join([head, *_attributes(), *_codes()])


def _attributes() -> Iterator[str]:
    covered = coverage()
    with_column = sum(bool(one.columns) for one in covered)
    yield "## Every attribute"
    yield ""
    yield f"{len(covered)} attributes: {with_column} reach a column, the others have a reason."
    yield "Of an object or a list of objects, the tables are named that its attributes go to."
    yield ""
    for seed, title in _SEEDS.items():
        yield f"### {seed} {title}"
        yield ""
        yield from _table(one for one in covered if one.fact.seed == seed)
    yield "### Beside the contract: prices, Voltality's locations and tariffs"
    yield ""
    yield "Named by the contract without their attributes; these are those of the vendors' public"
    yield "documents. Eco-Movement's tariffs are those of OCPI 2.1.1."
    yield ""
    yield from _table(Covered(fact, ways_of(fact), ()) for fact in vendor_facts())


def _table(covered: Iterable[Covered]) -> Iterator[str]:
    yield "| Object | Attribute | Dialect, module | Where it goes, or why not |"
    yield "|---|---|---|---|"
    yield from map(_row, covered)
    yield ""


def _row(one: Covered) -> str:
    readers = ", ".join(f"{way.dialect} {way.module}" for way in one.reached)
    return f"| {one.fact.object} | `{one.fact.path}` | {readers or '-'} | {_destination(one)} |"


def _destination(one: Covered) -> str:
    if one.reasons:
        return "; ".join(f"{reason.group}: {reason.text}" for reason in one.reasons)
    if not one.columns:
        return f"left out: {why_left_out(one.fact)}"
    if one.fact.is_container:
        # A document is one column; of other tables it is many columns that an object fills.
        documents = [name for name in one.columns if column_of(name).type is Type.DOCUMENT]
        others = [name.partition(".")[0] for name in one.columns if name not in documents]
        return f"in {_listed([*dict.fromkeys(others), *documents])}"
    return _listed(one.columns)


def _codes() -> Iterator[str]:
    yield "## Every list of codes"
    yield ""
    yield "Case and blanks of a value are repaired to the spelling printed. A value outside its"
    yield "list is kept as it came, and listed in `ops.unknown_attribute`."
    yield ""
    yield "| Seed | List | Values | Columns held to it, or why none is |"
    yield "|---|---|---|---|"
    for (seed, enum), values in code_lists().items():
        why = why_open(seed, enum)
        held = [name for name in columns_of_codes(seed, enum) if column_of(name).vocabulary]
        yield f"| {seed} | {enum} | {len(values)} | {why or _listed(held)} |"
    yield ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
