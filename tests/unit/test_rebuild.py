"""What a rebuild is asked for, and which steps of the ledger were done by then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cli.rebuild import parse_moment
from pipelines.errors import ConfigurationError
from pipelines.warehouse.provenance import numbers, parse_export, ranges
from pipelines.warehouse.replay import Line, among, known_at, steps_of

NOW = datetime(2026, 7, 1, tzinfo=UTC)
BEGIN = datetime(2026, 6, 8, 1, tzinfo=UTC)
DAY = date(2026, 6, 7)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-06-08T06:00Z", datetime(2026, 6, 8, 6, tzinfo=UTC)),
        ("2026-06-08T06:00:30+00:00", datetime(2026, 6, 8, 6, 0, 30, tzinfo=UTC)),
        ("2026-06-08T08:00+02:00", datetime(2026, 6, 8, 6, tzinfo=UTC)),
        ("2026-06-08 06:00", datetime(2026, 6, 8, 6, tzinfo=UTC)),
        ("2026-07-01T02:00+02:00", NOW),
    ],
)
def test_a_time_is_read_in_its_zone_and_in_utc_without_one(text: str, meant: datetime) -> None:
    found = parse_moment(text, now=NOW)
    assert found == meant
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-06-08", "a whole day; say at what time of it, as in 2026-06-08T06:00Z"),
        ("2026-06-31T06:00Z", "is no time"),
        ("yesterday", "is no time"),
        ("", "is no time"),
        ("2026-07-01T00:00:01Z", "lies in the future"),
    ],
)
def test_what_is_no_time_of_the_past_is_explained(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        parse_moment(text, now=NOW)


def line(load_id: int, **said: object) -> Line:
    given = {
        "source": "a",
        "day": DAY,
        "module": "locations",
        "action": "load",
        "attempt": "a1",
        "attempt_hash": "h",
        "code_version": "0.1.0",
        "settings_hash": None,
        "seeds_hash": None,
        "rows_changed": 1,
        "at": BEGIN + timedelta(minutes=load_id),
        **said,
    }
    return Line(load_id, **given)  # type: ignore[arg-type]


def test_the_modules_of_a_load_are_one_step_though_another_source_loads_meanwhile() -> None:
    steps = steps_of(
        [line(1), line(2, source="b"), line(3, module="tariffs"), line(4, attempt="a2")]
    )
    assert [step.load_ids for step in steps] == [(1, 3), (2,), (4,)]
    assert steps[0].rows_changed == 2


def test_the_same_attempt_loaded_twice_is_two_steps_and_each_retraction_is_one() -> None:
    twice = [line(n, module=["locations", "tariffs"][n % 2]) for n in range(4)]
    assert [step.load_ids for step in steps_of(twice)] == [(0, 1), (2, 3)]
    taken_back = [
        line(n, action="retract", module=module, attempt=None)
        for n, module in enumerate(("locations", "tariffs"))
    ]
    assert [step.load_ids for step in steps_of(taken_back)] == [(0,), (1,)]


def test_a_load_is_known_when_the_last_of_its_modules_is() -> None:
    steps = steps_of([line(1), line(2, module="tariffs"), line(3, attempt="a2")])
    assert known_at(steps, BEGIN + timedelta(seconds=90)) == []
    assert known_at(steps, BEGIN + timedelta(minutes=2)) == steps[:1]
    assert among(steps, [1, 2, 3]) == steps
    assert among(steps, [1, 3]) == steps[1:]


@given(st.sets(st.integers(1, 60)))
def test_numbers_made_short_are_the_same_numbers(load_ids: set[int]) -> None:
    assert numbers(ranges(load_ids)) == tuple(sorted(load_ids))


def test_ranges_are_as_a_person_writes_them() -> None:
    assert ranges([3, 1, 2, 7, 9, 10]) == "1-3, 7, 9-10"


@pytest.mark.parametrize(
    "text",
    [b"", b"{}", b"[]", b"null", b'{"ocpi_warehouse": 1}', b'{"ocpi_warehouse": {"format": 1}}'],
)
def test_a_file_that_does_not_say_what_it_is_made_of_is_named(text: bytes) -> None:
    with pytest.raises(ConfigurationError, match=r"x\.json does not say what it is made of"):
        parse_export(text, place="x.json")
