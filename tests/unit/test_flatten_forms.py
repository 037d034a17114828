"""Feeds that send another form at a place of every record: read fast, and as the careful path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.dialects import DIALECTS
from pipelines.dialects.shape import raw_type, shape_of
from pipelines.flatten.counting import sent_in_arrays
from pipelines.flatten.exploding import explode, root_objects, suspects
from pipelines.flatten.mending import Mender
from pipelines.flatten.reading import Reader
from pipelines.flatten.tally import Tally
from tests import factories
from tests.unit.flatten_outcome import Outcome, location
from tests.unit.test_flatten_laws import LAWS, with_unique_ids

Change = Callable[[Any], Any]


def one(held: Any) -> Any:
    return held[0] if isinstance(held, list) and held else None


def bare(name: str) -> Change:
    return lambda held: held.get(name) if isinstance(held, dict) else None


def one_bare(name: str) -> Change:
    return lambda held: bare(name)(one(held))


def each_bare(name: str) -> Change:
    return lambda held: [bare(name)(item) for item in held] if isinstance(held, list) else None


def listed(held: Any) -> Any:
    return None if held is None else [held]


FORMS: dict[str, list[tuple[str, Change]]] = {
    "locations": [
        ("operator.logo", bare("url")),
        ("owner.logo", listed),
        ("operator", bare("name")),
        ("owner", listed),
        ("directions", one),
        ("directions", one_bare("text")),
        ("directions", each_bare("text")),
        ("evses.directions", one_bare("text")),
        ("related_locations.name", bare("text")),
        ("coordinates", listed),
        ("evses.coordinates", listed),
        ("opening_times.regular_hours", one),
        ("opening_times", listed),
        ("energy_mix.energy_sources", one),
        ("energy_mix.energy_sources", each_bare("source")),
        ("evses.status_schedule", one),
        ("evses", one),
        ("evses.connectors", one),
        ("evses.connectors.tariff_ids", one),
        ("evses.capabilities", one),
        ("facilities", one),
    ],
    "tariffs": [
        ("min_price", bare("excl_vat")),
        ("tariff_alt_text", one_bare("text")),
        ("elements", one),
        ("elements.restrictions", listed),
        ("elements.restrictions.day_of_week", one),
        ("elements.price_components", one),
    ],
}
OF_FORM = {"value_as_object", "value_as_list", "list_as_object", "empty_object"}


def reformed(value: Any, path: str, change: Change) -> None:
    """Changes what stands at a path, in every element of the lists on the way."""
    name, _, rest = path.partition(".")
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict) and name in item:
            if rest:
                reformed(item[name], rest, change)
            else:
                item[name] = change(item[name])


@pytest.mark.parametrize("module", ["locations", "tariffs"])
@given(data=st.data())
@LAWS
def test_another_form_throughout_a_feed_is_read_fast_and_as_the_careful_path_reads_it(
    module: str, data: st.DataObject
) -> None:
    strategy = getattr(factories, module)
    objects = with_unique_ids(data.draw(st.lists(strategy, min_size=1, max_size=4)))
    for path, change in sorted(
        data.draw(st.lists(st.sampled_from(FORMS[module]), max_size=6, unique_by=lambda x: x[0])),
        key=lambda form: -form[0].count("."),  # inner ones first
    ):
        for value in objects:
            reformed(value, path, change)
    records = factories.records_of(objects)
    declared = DIALECTS["ocpi_2_2_1"].module(module)
    assert declared is not None
    shape = shape_of(declared)

    read = Reader(shape).read([record.raw for record in records])
    if read.values is None:
        return  # both forms in one group
    fast = root_objects(read.values, np.array(read.taken))
    if len(suspects(declared.root, fast)):
        return
    fast_tally = Tally()
    fast_tally.sent(sent_in_arrays(declared.root, fast.values))
    for made in read.repairs:
        fast_tally.repair(made.table, made.column, repair=made.repair, count=len(made.positions))
    parts = explode(declared.root, fast, tally=fast_tally, may_hold_nul=read.may_hold_nul)

    tally = Tally()
    mender = Mender(declared, shape, tally)
    trees = [mender.mend(records[position]) for position in read.taken]
    mended = root_objects(pa.array(trees, raw_type(shape)), np.array(read.taken))
    careful = explode(declared.root, mended, tally=tally, may_hold_nul=True)

    assert {name: part.rows.to_pylist() for name, part in parts.items()} == {
        name: part.rows.to_pylist() for name, part in careful.items()
    }
    assert form_repairs(fast_tally) == form_repairs(tally)
    fast_fates = {t: (f.sent, f.empty) for t, f in fast_tally.fates.items() if f.sent}
    assert fast_fates == {t: (f.sent, f.empty) for t, f in tally.fates.items() if f.sent}


def form_repairs(tally: Tally) -> dict[tuple[str, str], int]:
    found: Counter[tuple[str, str]] = Counter()
    for (table, _, repair), mended in tally.repairs.items():
        if repair in OF_FORM:
            found[table, repair] += mended.repaired
    return dict(found)


@pytest.mark.parametrize("module", ["locations", "tariffs"])
@pytest.mark.parametrize("index", range(21))
def test_a_form_that_every_record_has_costs_none_of_them_the_fast_path(
    module: str, index: int
) -> None:
    if index >= len(FORMS[module]):
        return
    path, change = FORMS[module][index]
    value = FULL[module]
    records = []
    for number in range(3):
        copy = factories.copy.deepcopy({**value, "id": f"ID{number}"})
        reformed(copy, path, change)
        records.append(copy)
    declared = DIALECTS["ocpi_2_2_1"].module(module)
    assert declared is not None
    reader = Reader(shape_of(declared))
    raws = [record.raw for record in factories.records_of(records)]
    assert reader.read(raws).refused == []


DIRECTIONS = [{"language": "en", "text": "left"}]
FULL: dict[str, dict[str, Any]] = {
    "locations": location(
        operator={"name": "Op", "logo": {"url": "u"}},
        owner={"name": "Owner", "logo": {"url": "u"}},
        directions=DIRECTIONS,
        related_locations=[{"latitude": 1.5, "name": DIRECTIONS[0]}],
        opening_times={"regular_hours": [{"weekday": 1, "period_begin": "08:00"}]},
        energy_mix={"energy_sources": [{"source": "WIND"}]},
        facilities=["HOTEL"],
        evses=[
            {
                "uid": "E1",
                "directions": DIRECTIONS,
                "coordinates": {"latitude": "1", "longitude": "2"},
                "status_schedule": [{"period_begin": "2026-06-07T10:00:00Z", "status": "PLANNED"}],
                "capabilities": ["RFID"],
                "connectors": [{"id": "1", "tariff_ids": ["T1"]}],
            }
        ],
    ),
    "tariffs": {
        "id": "T1",
        "min_price": {"excl_vat": 1.5},
        "tariff_alt_text": DIRECTIONS,
        "elements": [
            {
                "price_components": [{"type": "ENERGY", "price": 1}],
                "restrictions": {"start_time": "08:00", "day_of_week": ["MONDAY"]},
            }
        ],
    },
}


def test_both_forms_in_one_feed_are_read_one_record_at_a_time() -> None:
    logos: list[Any] = ["https://a", {"url": "https://b"}, None, " ", ["https://c"]]
    found = Outcome(
        *(
            location(id=f"L{index}", operator={"name": "Op", "logo": logo})
            for index, logo in enumerate(logos)
        )
    )
    links = [row["logo_url"] for row in found.tables["location_party"]]
    assert links == ["https://a", "https://b", None, None, "https://c"]


def test_a_repair_of_form_shows_what_was_sent() -> None:
    found = Outcome(location(operator={"name": "Op", "logo": "https://a"}))
    (line,) = [x for x in found.report.repair.to_pylist() if x["repair"] == "value_as_object"]
    assert (line["table_name"], line["sample_before"]) == ("location_party", "https://a")
