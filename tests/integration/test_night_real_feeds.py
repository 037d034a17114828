"""Real feeds from ../shared through the whole chain: the figures that are known of them.

They are not redistributable, so where they are missing these tests are skipped and say so. The
Dutch feed is loaded twice in all, once per order of its days: it is the slowest thing here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipelines.resources import Project
from pipelines.sources import load_sources
from tests.conftest import FreshDatabase
from tests.integration.nights import (
    DATA,
    build_marts,
    differences,
    files,
    fingerprints,
    load_day,
    project_of,
    rows,
)

NDW_DAYS = (date(2026, 6, 2), date(2026, 6, 7))
TODAY = date(2026, 6, 7)
SOURCES = Path(__file__).parents[2] / "sources.yml"


@pytest.fixture(scope="module", autouse=True)
def _data() -> None:
    if not DATA.exists():
        pytest.skip("the real feeds stand in ../shared/data, which is not here")


@dataclass(frozen=True)
class Loaded:
    project: Project

    def load(self, source: str, day: date) -> None:
        load_day(self.project, source, day)

    def ledger(self, source: str, day: date) -> dict[str, tuple[int, int, int, int]]:
        found = rows(
            self.project.warehouse,
            "select level, received, loaded, quarantined, duplicates from ops.ledger"
            " where source = %s and snapshot_date = %s and received > 0",
            source,
            day,
        )
        return {level: tuple(counts) for level, *counts in found}


@pytest.fixture(scope="module")
def make_loaded(make_database: Callable[[], FreshDatabase]) -> Callable[[], Loaded]:
    def make() -> Loaded:
        sources = load_sources(SOURCES)
        now = datetime(TODAY.year, TODAY.month, TODAY.day, 3, tzinfo=UTC)
        return Loaded(project_of(make_database(), *sources.values(), now=now))

    return make


@pytest.fixture(scope="module")
def ndw(make_loaded: Callable[[], Loaded]) -> Loaded:
    """Both days in order."""
    loaded = make_loaded()
    for day in NDW_DAYS:
        loaded.load("ndw", day)
    return loaded


@pytest.mark.parametrize(
    ("day", "locations", "evses"),
    [
        (NDW_DAYS[0], (68_339, 68_239, 0, 100), (163_054, 162_793, 0, 261)),
        (NDW_DAYS[1], (69_287, 69_186, 0, 101), (166_754, 166_477, 0, 277)),
    ],
)
def test_every_record_of_the_dutch_feed_is_accounted_for(
    ndw: Loaded, day: date, locations: tuple[int, ...], evses: tuple[int, ...]
) -> None:
    ledger = ndw.ledger("ndw", day)
    assert (ledger["location"], ledger["evse"]) == (locations, evses)
    for received, loaded, quarantined, duplicates in ledger.values():
        assert received == loaded + quarantined + duplicates
    unknown = rows(
        ndw.project.warehouse,
        "select path from ops.unknown_attribute"
        " where source = 'ndw' and snapshot_date = %s order by path",
        day,
    )
    assert unknown == [("_gemeente",), ("_layer",)]


def test_either_order_of_the_days_gives_the_same_tables_and_the_same_parquet(
    ndw: Loaded, make_loaded: Callable[[], Loaded]
) -> None:
    other = make_loaded()
    for day in reversed(NDW_DAYS):
        other.load("ndw", day)
    found = differences(fingerprints(ndw.project.warehouse), fingerprints(other.project.warehouse))
    assert found == {}
    one, two = (
        {
            name: content
            for name, content in files(Path(loaded.project.lake.uri)).items()
            if name.endswith(".parquet")
        }
        for loaded in (ndw, other)
    )
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


def test_the_power_of_the_netherlands_is_counted_once(ndw: Loaded) -> None:
    build_marts(ndw.project)
    [(power_mw, naive_mw)] = rows(
        ndw.project.warehouse,
        "select sum(power_kw) / 1000, sum(published_power_kw) / 1000"
        " from marts.operator_power_daily where snapshot_date = %s",
        NDW_DAYS[1],
    )
    assert power_mw == pytest.approx(2638, rel=0.005)
    assert naive_mw == pytest.approx(3719, rel=0.005)
    operators = {
        name: (naive, power)
        for name, naive, power in rows(
            ndw.project.warehouse,
            "select operator_name, sum(published_power_kw) / 1000, sum(power_kw) / 1000"
            " from marts.operator_power_daily where snapshot_date = %s group by operator_name",
            NDW_DAYS[1],
        )
    }
    known = {
        "Fastned": (552, 347),
        "Allego": (508, 259),
        "EQUANS": (401, 207),
        "Eneco": (200, 114),
        "Vattenfall InCharge": (379, 379),
    }
    # Known in whole MW.
    for name, figures in known.items():
        assert operators[name] == pytest.approx(figures, abs=1), name


@pytest.fixture(scope="module")
def feeds(make_loaded: Callable[[], Loaded]) -> Loaded:
    return make_loaded()


@pytest.mark.parametrize(
    ("source", "known"),
    [
        ("fastned", {"location": (106, 106, 0, 0), "connector": (655, 655, 0, 0)}),
        ("otopriz", {"location": (500, 500, 0, 0)}),
        ("powergo", {"connector": (1776, 1776, 0, 0)}),
        ("punkt", {"evse": (1227, 1227, 0, 0)}),
        ("sitronics", {"location": (65, 65, 0, 0), "evse": (169, 158, 11, 0)}),
    ],
)
def test_real_feeds_load_with_every_record_accounted_for(
    source: str, known: dict[str, tuple[int, int, int, int]], feeds: Loaded
) -> None:
    feeds.load(source, TODAY)
    ledger = feeds.ledger(source, TODAY)
    assert {level: ledger[level] for level in known} == known
    for received, loaded, quarantined, duplicates in ledger.values():
        assert received == loaded + quarantined + duplicates
    before = fingerprints(feeds.project.warehouse)
    feeds.load(source, TODAY)
    assert fingerprints(feeds.project.warehouse) == before
