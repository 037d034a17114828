"""What the ledger says was received: counted on what came, and held against what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.dialects import DIALECTS
from pipelines.dialects.shape import shape_of
from pipelines.errors import PermanentError
from pipelines.flatten.counting import sent_in_arrays, sent_in_record
from pipelines.flatten.reading import Reader
from pipelines.flatten.tally import Tally, build_report
from tests import factories
from tests.unit.flatten_outcome import CONNECTOR, EVSE, TARIFF, Outcome, location, with_connector

LAWS = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate, Phase.reuse),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def sent(*records: Any, module: str = "locations") -> dict[str, int]:
    """What both counts say of records in the declared shape, which must be the same."""
    declared = DIALECTS["ocpi_2_2_1"].module(module)
    assert declared is not None
    shape = shape_of(declared)
    by_record: Counter[str] = Counter()
    for record in records:
        by_record.update(sent_in_record(declared.root, shape, record))
    read = Reader(shape).read([record.raw for record in factories.records_of(list(records))])
    assert read.values is not None
    assert not read.refused
    by_array = sent_in_arrays(declared.root, read.values)
    assert +by_array == +by_record
    return dict(+by_array)


def test_every_element_of_a_list_is_counted_whatever_it_is() -> None:
    evses = [{**EVSE, "connectors": [CONNECTOR, None, {}], "images": [{}, None]}, None, {}]
    assert sent(location(evses=evses), location(evses=[]), location(evses=None)) == {
        "evse": 3,
        "connector": 3,
        "evse_image": 2,
    }


def test_an_optional_object_is_counted_where_it_is_there() -> None:
    there = location(operator={"name": "Op"}, owner={}, opening_times={"regular_hours": [{}, {}]})
    assert sent(there, location(operator=None, opening_times=None)) == {
        "location_party": 2,
        "location_opening_hours": 2,
    }


@pytest.mark.parametrize(
    ("references", "expected"),
    [
        ({"tariff_ids": ["7", "8"], "tariff_id": "9"}, 2),
        ({"tariff_ids": [], "tariff_id": "9"}, 1),
        ({"tariff_ids": None, "tariff_id": "9"}, 1),
        ({"tariff_ids": ["", None], "tariff_id": "9"}, 3),
        ({"tariff_ids": ["", "7"], "tariff_id": None}, 2),
    ],
)
def test_of_two_places_for_a_reference_the_first_that_holds_something_is_counted(
    references: dict[str, Any], expected: int
) -> None:
    assert sent(with_connector(**references))["connector_tariff"] == expected


def test_elements_of_tariffs_are_counted_with_their_components() -> None:
    elements = [{"price_components": [{}, None]}, None, {}]
    assert sent({**TARIFF, "elements": elements}, module="tariffs") == {
        "tariff_element": 3,
        "price_component": 2,
    }


def test_what_is_no_object_holds_nothing() -> None:
    declared = DIALECTS["ocpi_2_2_1"].module("locations")
    assert declared is not None
    for value in (None, 5, "L1", [location(evses=[EVSE])]):
        assert not +sent_in_record(declared.root, shape_of(declared), value)


@pytest.mark.parametrize("difference", [1, -1])
def test_a_report_that_does_not_account_for_every_object_is_refused(difference: int) -> None:
    tally = Tally()
    tally.sent({"evse": 10 + difference})
    fates = tally.level("evse")
    fates.loaded, fates.quarantined, fates.duplicates, fates.empty = 5, 2, 2, 1
    with pytest.raises(PermanentError, match=r"received \d+ objects of evse but accounts for 9"):
        build_report(tally, module="locations", day=date(2026, 6, 7), levels=["evse"])


# -- the law: a plain walk over the JSON finds what the ledger says ----------------------------


def held(value: Any, name: str) -> Any:
    """An attribute, whichever of its spellings holds something."""
    if not isinstance(value, dict):
        return None
    first, *rest = name.split("_")
    camel = first + "".join(word.title() for word in rest)
    names = (name, camel, camel[:1].upper() + camel[1:])
    return next((value[n] for n in names if value.get(n) is not None), None)


def is_nothing(value: Any) -> bool:
    """No list, or no object: null, [], or a text of blanks."""
    blank = isinstance(value, str) and not value.replace("\x00", "").strip()
    return value is None or value == [] or blank


def listed(value: Any, *names: str) -> list[Any]:
    for name in names[:-1]:
        value = single(value, name)
    value = held(value, names[-1])
    if is_nothing(value) or value == {}:
        return []
    return value if isinstance(value, list) else [value]


def single(value: Any, name: str) -> Any:
    found = held(value, name)
    if is_nothing(found):
        return None
    return found[0] if isinstance(found, list) and len(found) == 1 else found


def as_text(value: Any) -> str | None:
    """The text of a reference; None where there is none."""
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else None
    if isinstance(value, dict):
        texts = [value[n] for n in ("text", "url", "name", "value") if n in value]
        value = next((text for text in texts if isinstance(text, str)), None)
    return None if value is None or isinstance(value, list) else str(value)


def walk_location(record: Any) -> Iterator[str]:
    yield "location"
    parties = [single(record, role) for role in ("operator", "suboperator", "owner")]
    yield from ["location_party" for party in parties if party is not None]
    for table, names in {
        "location_opening_hours": ("opening_times", "regular_hours"),
        "location_energy_source": ("energy_mix", "energy_sources"),
        "location_environmental_impact": ("energy_mix", "environ_impact"),
        "location_direction": ("directions",),
        "location_image": ("images",),
        "related_location": ("related_locations",),
    }.items():
        yield from [table for _ in listed(record, *names)]
    for kind in ("exceptional_openings", "exceptional_closings"):
        yield from ["location_exceptional_period" for _ in listed(record, "opening_times", kind)]
    for evse in listed(record, "evses"):
        yield "evse"
        for name in ("status_schedule", "directions", "images"):
            yield from ["evse_" + name.removesuffix("s") for _ in listed(evse, name)]
        for connector in listed(evse, "connectors"):
            yield "connector"
            references = listed(connector, "tariff_ids")
            yield from ["connector_tariff" for _ in references]
            other = as_text(held(connector, "tariff_id"))
            if other is not None and not any(map(as_text, references)):
                yield "connector_tariff"


def walk_tariff(record: Any) -> Iterator[str]:
    yield "tariff"
    yield from ["tariff_alt_text" for _ in listed(record, "tariff_alt_text")]
    yield from ["tariff_energy_source" for _ in listed(record, "energy_mix", "energy_sources")]
    yield from [
        "tariff_environmental_impact" for _ in listed(record, "energy_mix", "environ_impact")
    ]
    for element in listed(record, "elements"):
        yield "tariff_element"
        yield from ["price_component" for _ in listed(element, "price_components")]


Walk = Callable[[Any], Iterator[str]]
CASES = [
    ("locations", factories.locations, walk_location),
    ("tariffs", factories.tariffs, walk_tariff),
]


def assert_all_is_received(objects: list[Any], module: str, walk: Walk) -> None:
    """Received, and what said nothing, are together what a walk over the JSON finds."""
    counted = Counter(table for record in objects for table in walk(record))
    found = Outcome(*objects, module=module)
    empty = {
        line["table_name"]: line["repaired"]
        for line in found.report.repair.to_pylist()
        if line["repair"] == "empty_object"
    }
    received = {
        line["level"]: line["received"] + empty.pop(line["level"], 0)
        for line in found.report.ledger.to_pylist()
    }
    assert received == {level: counted[level] for level in received}
    assert set(counted) <= set(received)
    assert not empty


@pytest.mark.parametrize(("module", "strategy", "walk"), CASES)
@given(data=st.data())
@LAWS
def test_a_walk_over_clean_json_finds_what_the_ledger_received(
    module: str, strategy: Any, walk: Walk, data: st.DataObject
) -> None:
    objects = data.draw(st.lists(strategy, max_size=4))
    assert_all_is_received(objects, module, walk)


@pytest.mark.parametrize(("module", "strategy", "walk"), CASES)
@given(data=st.data())
@LAWS
def test_a_walk_over_dirty_json_finds_what_the_ledger_received(
    module: str, strategy: Any, walk: Walk, data: st.DataObject
) -> None:
    objects = data.draw(st.lists(factories.spoilt(strategy), max_size=5))
    twice = data.draw(st.booleans())  # a feed that sends everything twice
    feed = objects * 2 if twice else objects
    assert_all_is_received(feed, module, walk)


def test_an_object_in_a_copy_that_lost_is_received_like_any_other() -> None:
    older = location(evses=[{**EVSE, "images": [{"url": "u"}, {}]}, None])
    newer = location(last_updated="2026-06-07T11:00:00Z")
    assert_all_is_received([older, newer], "locations", walk_location)
    found = Outcome(older, newer)
    assert found.ledger("evse") == (2, 0, 2, 0)
    assert found.ledger("evse_image") == (1, 0, 1, 0)
