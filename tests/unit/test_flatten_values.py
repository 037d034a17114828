"""What single values mean, and that kernels and single values mean the same."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.flatten.columns import Columns
from pipelines.flatten.hashing import content_keys
from pipelines.flatten.tally import Tally
from pipelines.flatten.values import (
    BLANKS,
    TIMESTAMP,
    cleaned,
    country_of,
    day_of,
    flag_of,
    moment_of,
    number_of,
    restricting_time_of,
    time_of,
)
from pipelines.model import TABLES

DIGITS = st.sampled_from("0123456789")
ODD_MOMENTS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["2026-06-07", "2026-02-30", "9999-12-31", "0001-01-01", "1969-12-31"]),
        st.sampled_from(["T", " ", "t", ""]),
        st.sampled_from(["10:00:00", "24:00:00", "10:00", "10", "23:59:60", ""]),
        st.text(DIGITS, max_size=9).map(lambda digits: f".{digits}" if digits else ""),
        st.sampled_from(["Z", "+02:00", "-0130", "+05", "", "z", " UTC"]),
    ),
)


@given(text=ODD_MOMENTS)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_whatever_arrow_reads_as_a_moment_is_read_the_same_one_by_one(text: str) -> None:
    try:
        by_arrow = pc.cast(pa.array([text]), TIMESTAMP)[0].value
    except pa.ArrowInvalid:
        return
    assert moment_of(text)[0] == by_arrow


@given(texts=st.lists(ODD_MOMENTS, min_size=1, max_size=4))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_moment_does_not_depend_on_its_neighbours(texts: list[str]) -> None:
    column = TABLES["location_freshness"].column("last_updated")
    columns = Columns(Tally(), may_hold_nul=False)
    together = columns.convert(pa.array(texts), "location_freshness", column)
    alone = [columns.convert(pa.array([text]), "location_freshness", column)[0] for text in texts]
    assert together.to_pylist() == [value.as_py() for value in alone]


@given(text=st.text(st.sampled_from(BLANKS + "\x00ab"), max_size=6))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_texts_are_cleaned_alike_by_kernel_and_one_by_one(text: str) -> None:
    kernel = Columns(Tally(), may_hold_nul=True).text(pa.array([text]), ("t", "c"))
    assert kernel[0].as_py() == cleaned(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [("230", 230.0), (" 12,5 ", 12.5), ("1e3", 1000.0), (".5", 0.5), ("-1", -1.0), ("1_000", None),
     ("nan", None), ("1e999", None), ("230 V", None), ("", None), ("٣", None)],
)  # fmt: skip
def test_numbers_are_read_from_text(text: str, number: float | None) -> None:
    assert number_of(text) == number


@pytest.mark.parametrize(
    ("text", "time"),
    [("8:00", "08:00"), ("08:00:00", "08:00"), ("08:00:30", "08:00:30"), ("24:00", "24:00"),
     ("13:30Z", "13:30"), ("24:01", None), ("8 am", None), ("25:00", None)],
)  # fmt: skip
def test_times_of_day_take_one_form(text: str, time: str | None) -> None:
    assert time_of(text)[0] == time


@pytest.mark.parametrize(
    ("text", "kept"),
    [("8:00", ("08:00", "time_form")), ("23.00", ("23.00", "unreadable_time")),
     ("2300", ("2300", "unreadable_time")), ("7:00 PM", ("7:00 PM", "unreadable_time")),
     ("25:00", ("25:00", "unreadable_time"))],
)  # fmt: skip
def test_a_time_that_restricts_a_price_stays_where_it_cannot_be_read(
    text: str, kept: tuple[str, str | None]
) -> None:
    assert restricting_time_of(text) == kept


def test_days_are_read_from_timestamps_too() -> None:
    assert day_of("2026-06-07") == (date(2026, 6, 7), None)
    assert day_of("2026-06-07T00:00:00Z") == (date(2026, 6, 7), "day_from_timestamp")
    assert day_of("07-06-2026") == (None, "unreadable_date")
    assert day_of("2026-02-30") == (None, "unreadable_date")


def test_countries_are_known_by_code_and_by_name() -> None:
    assert country_of("DEU") == ("DEU", None)
    assert country_of("Deutschland") == ("DEU", "country_mapped")
    assert country_of("EUR") == (None, "unreadable_country")


@pytest.mark.parametrize(("value", "flag"), [("Yes", True), (0, False), ("", None), (2, None)])
def test_flags_are_read_from_what_stands_for_them(value: object, flag: bool | None) -> None:
    assert flag_of(value)[0] is flag


@pytest.mark.parametrize(
    ("raw", "column", "expected", "repair"),
    [
        (3.5, "step_size", 4, "rounded_to_whole"),
        (2.0**40, "step_size", None, "out_of_range"),
        (1e15, "price", None, "out_of_range"),
        (float("nan"), "vat_percent", None, "unreadable_number"),
    ],
)
def test_numbers_that_do_not_fit_their_column_are_mended_and_counted(
    raw: float, column: str, expected: object, repair: str
) -> None:
    tally = Tally()
    declared = TABLES["price_component"].column(column)
    values = Columns(tally, may_hold_nul=False).convert(
        pa.array([raw, 1.0]), "price_component", declared
    )
    assert values[0].as_py() == expected
    assert ("price_component", column, repair) in tally.repairs


def test_content_keys_stay_what_they_are() -> None:
    """They stand in the warehouse for years: another hash would rewrite all history."""
    columns = [("language", pa.array(["en", None])), ("text", pa.array(["a", "b"]))]
    assert content_keys(columns, 2) == content_keys(list(reversed(columns)), 2)
    assert content_keys([*columns, ("new", pa.nulls(2))], 2) == content_keys(columns, 2)
    assert (
        content_keys([("text", pa.array(["", None]))], 2)[0]
        != content_keys([("text", pa.array(["", None]))], 2)[1]
    )
    assert content_keys(columns, 2).to_pylist() == KNOWN_KEYS


KNOWN_KEYS = [5374113716312232382, -225004362039633175]
