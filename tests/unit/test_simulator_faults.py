"""Faults by name: what can be asked for, and what a wrong request is told."""

from __future__ import annotations

import pytest

from pipelines.errors import ConfigurationError
from pipelines.simulator.faults import FAULTS, Fault


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("html_page", Fault("html_page", "locations", None, None)),
        ("html_page:tariffs", Fault("html_page", "tariffs", None, None)),
        ("html_page::2", Fault("html_page", "locations", 2, None)),
        ("html_page:tariffs:2:1", Fault("html_page", "tariffs", 2, 1)),
        ("html_page:locations::3", Fault("html_page", "locations", None, 3)),
        ("http_500_once", Fault("http_500_once", "locations", None, 1)),
        ("http_429_without:tariffs::5", Fault("http_429_without", "tariffs", None, 5)),
        ("duplicate_location_changed", Fault("duplicate_location_changed", "locations", 0, None)),
    ],
)
def test_a_fault_is_read_from_its_text(text: str, expected: Fault) -> None:
    assert Fault.parsed(text) == expected


@pytest.mark.parametrize("text", ["html_page:chargers", "html_page:locations:x", "html_page:::::"])
def test_a_fault_that_cannot_be_read_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ConfigurationError, match="NAME\\[:MODULE\\[:PAGE\\[:TIMES\\]\\]\\]"):
        Fault.parsed(text)


def test_an_unknown_fault_is_told_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="no fault 'earthquake'; choose from bad_conn"):
        Fault.parsed("earthquake")


def test_every_fault_says_what_it_gets_wrong() -> None:
    assert all((strike.__doc__ or "").strip() for strike in FAULTS.values())
