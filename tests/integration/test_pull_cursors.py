"""Price modules of Eco-Movement: X-Last-Record, to a proven end or not at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipelines.sources import Source
from tests.integration.pulling import Puller, api, ids
from tests.integration.pulling import puller as puller
from tests.integration.pulling import server as server
from tests.integration.source_server import Asked, Reply, Route, SourceServer, locations, ocpi

PRICES = "/prices"


def _by_cursor(
    count: int, *, most: int, last: Callable[[int], str | None], total: int | None = None
) -> Route:
    """`count` records, `most` a page; `last` writes X-Last-Record for what has been given out."""

    def route(asked: Asked) -> Reply:
        begin = int(asked.query.get("last_record", "c0")[1:])
        page = locations(min(most, count - begin), first=begin)
        headers = {} if total is None else {"X_Total_Count": str(total)}
        cursor = last(begin + len(page))
        if cursor is not None:
            headers["X_Last_Record"] = cursor
        return ocpi(page, **headers)

    return route


@pytest.fixture
def source(server: SourceServer) -> Source:
    """Locations, and prices in pages of whatever the server pleases."""
    server.answer("/ocpi/locations", ocpi(locations(1), X_Total_Count="1"))
    server.answer("/prices/connector_prices", ocpi(locations(1), X_Last_Record=""))
    server.answer("/ocpi/tariffs", ocpi(locations(1), X_Total_Count="1"))
    return api(server, dialect="eco_movement", page_size=10_000)


def test_the_page_that_has_the_cursor_empty_counts_and_the_size_asked_for_does_not(
    server: SourceServer, puller: Puller, source: Source
) -> None:
    server.answer(PRICES, _by_cursor(1100, most=500, last=lambda n: "" if n == 1100 else f"c{n}"))
    attempt = puller.pull_as_declared(source)
    assert ids(attempt, "prices") == [f"L{n}" for n in range(1100)]
    assert [asked.query for asked in server.asked_for(PRICES)] == [
        {"limit": "10000"},
        {"limit": "10000", "last_record": "c500"},
        {"limit": "10000", "last_record": "c1000"},
    ]


def test_an_empty_page_in_the_middle_is_gone_over(
    server: SourceServer, puller: Puller, source: Source
) -> None:
    server.answer(
        PRICES,
        ocpi(locations(5), X_Last_Record="a"),
        ocpi([], X_Last_Record="b"),
        ocpi(locations(5, first=5), X_Last_Record=""),
    )
    assert len(ids(puller.pull_as_declared(source), "prices")) == 10


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ([ocpi(locations(5), X_Last_Record="a")] * 2, "came twice"),
        (
            [
                ocpi(locations(5), X_Last_Record="a"),
                ocpi(locations(5, first=5), X_Last_Record="b"),
                ocpi(locations(5, first=9), X_Last_Record="a"),
            ],
            "came twice",
        ),
        (
            [ocpi(locations(5), X_Last_Record="a"), ocpi(locations(5), X_Last_Record="b")],
            "two cursors with the same page",
        ),
        ([ocpi(locations(5))], "without X-Last-Record and without a total"),
        ([ocpi(locations(5), X_Last_Record="", X_Total_Count="9")], "but 9 were declared"),
        ([ocpi(locations(5), X_Last_Record="a"), ocpi(None, code=2001)], "status 2001"),
    ],
    ids=["stands still", "goes round", "is ignored", "is missing", "ends early", "is refused"],
)
def test_a_cursor_without_a_proven_end_costs_the_prices_together_and_no_location(
    server: SourceServer, puller: Puller, source: Source, replies: list[Reply], reason: str
) -> None:
    server.answer(PRICES, *replies)
    attempt = puller.pull_as_declared(source)
    assert attempt.modules == ("locations",)
    assert reason in attempt.failed_modules["prices"]
    for other in ("tariffs", "connector_prices"):
        assert "only together with prices" in attempt.failed_modules[other]


def test_a_cursor_that_is_missing_after_others_is_an_empty_one(
    server: SourceServer, puller: Puller, source: Source
) -> None:
    """Proxies drop empty headers; that the server knows the cursor was seen before."""
    server.answer(PRICES, _by_cursor(7, most=5, last=lambda n: None if n == 7 else f"c{n}"))
    assert len(ids(puller.pull_as_declared(source), "prices")) == 7


def test_a_missing_cursor_is_no_matter_where_the_total_is_reached(
    server: SourceServer, puller: Puller, source: Source
) -> None:
    server.answer(PRICES, _by_cursor(5, most=5, last=lambda n: None, total=5))
    assert len(ids(puller.pull_as_declared(source), "prices")) == 5
