"""Paginators over bare headers: the next address, the proven end, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ocpi.addresses import Origin, origin, parameter
from pipelines.ocpi.pagination import (
    LastRecordPaginator,
    LinkPaginator,
    PageSeen,
    SinglePage,
    next_link,
)

START = "https://cpo.test/ocpi/locations"


def _own(url: str = START) -> frozenset[Origin]:
    there = origin(url)
    assert there is not None
    return frozenset({there})


def _seen(url: str, records: int, *, page: int = 0, **headers: str) -> PageSeen:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return PageSeen(url, named, records, fingerprint=f"{page}".encode())


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('<https://a/b?x=1>; rel="next"', "https://a/b?x=1"),
        ("<https://a/b>; rel=next", "https://a/b"),
        ("<https://a/b>; rel=\u201dnext\u201d", "https://a/b"),
        ("<https://a/b>; rel=\u201dnext\u201d".encode().decode("latin-1"), "https://a/b"),
        ("<https://a/b>; rel='next'", "https://a/b"),
        ("<https://a/b>;REL=Next;title=more", "https://a/b"),
        ('<https://a/b>; title="x"; rel="prefetch next"', "https://a/b"),
        ('<https://a/1>; rel="prev", <https://a/2>; rel="next"', "https://a/2"),
        ('<https://a/1,2?ids=3,4>; rel="next"', "https://a/1,2?ids=3,4"),
        ("https://a/b; rel=next", "https://a/b"),
        ('<?offset=50>; rel="next"', "?offset=50"),
        ('<https://a/b>; rel="prev"', None),
        ('<https://a/b>; rel="nextish"', None),
        ("<>; rel=next", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_the_next_link_is_read_however_it_is_quoted(header: str, target: str | None) -> None:
    assert next_link({"link": header}) == target


@pytest.mark.parametrize(
    ("link", "followed"),
    [
        ("https://cpo.test/ocpi/locations?offset=5", "https://cpo.test/ocpi/locations?offset=5"),
        ("http://cpo.test/ocpi/locations?offset=5", "https://cpo.test/ocpi/locations?offset=5"),
        ("http://cpo.test:80/x?offset=5", "https://cpo.test/x?offset=5"),
        ("//cpo.test/x?offset=5", "https://cpo.test/x?offset=5"),
        ("?offset=5", "https://cpo.test/ocpi/locations?offset=5"),
        ("/other?offset=5", "https://cpo.test/other?offset=5"),
        ("https://evil.test/ocpi/locations?offset=5", None),
        ("https://cpo.test:8443/ocpi/locations?offset=5", None),
        ("http://cpo.test:8080/ocpi/locations?offset=5", None),
        ("//evil.test/x", None),
        ("https://cpo.test@evil.test/x", None),
        ("https://evil.test\\@cpo.test/x", None),
        ("ftp://cpo.test/x", None),
        ("https://cpo.test.evil.test/x", None),
    ],
)
def test_a_next_link_never_leaves_the_origin_nor_https(link: str, followed: str | None) -> None:
    pages = LinkPaginator(START, own=_own())
    assert pages.advance(_seen(pages.first(), 5, link=f"<{link}>; rel=next")) == followed
    assert (pages.failure() is None) == (followed is not None)


def test_the_page_size_asked_for_is_a_wish() -> None:
    pages = LinkPaginator(START, own=_own(), page_size=1000)
    assert pages.first() == f"{START}?offset=0&limit=1000"
    after = pages.advance(_seen(pages.first(), 500, x_total_count="1200", x_limit="0"))
    assert after == f"{START}?offset=500&limit=500"


def test_a_link_is_followed_verbatim_even_when_its_limit_is_another() -> None:
    pages = LinkPaginator(START, own=_own())
    link = f"{START}/?offset=1000&limit=2000"
    assert pages.advance(_seen(pages.first(), 1000, link=f"<{link}>; rel=next")) == link


def test_a_dead_link_without_an_offset_is_a_failure() -> None:
    pages = LinkPaginator(START, own=_own())
    url = pages.advance(_seen(pages.first(), 5, link="<?cursor=abc>; rel=next"))
    assert url is not None
    assert pages.leads_nowhere(url, "HTTP 404") is None
    assert "HTTP 404" in str(pages.failure())


def test_a_moved_total_is_told_and_bounds_what_may_have_come() -> None:
    pages = LinkPaginator(START, own=_own())
    pages.advance(_seen(START, 50, x_total_count="100", link="<?offset=50>; rel=next"))
    assert pages.advance(_seen(f"{START}?offset=50", 49, page=1, x_total_count="99")) is None
    assert pages.tally.moved
    assert pages.failure() is None


def test_a_total_that_shrank_is_believed_once_a_page_beyond_it_is_empty() -> None:
    pages = LinkPaginator(START, own=_own())
    second = pages.advance(_seen(pages.first(), 50, x_total_count="100"))
    assert second == f"{START}?offset=50&limit=50"
    beyond = pages.advance(_seen(second, 49, page=1, x_total_count="99"))
    assert beyond == f"{START}?offset=99&limit=50"
    assert pages.advance(_seen(beyond, 0, page=2, x_total_count="99")) is None
    assert (pages.failure(), pages.tally.moved) == (None, True)


def test_a_total_that_was_too_low_once_ends_nothing() -> None:
    pages = LinkPaginator(START, own=_own())
    url: str | None = pages.first()
    for page, (size, total) in enumerate([(50, "120"), (50, "100"), (20, "120")]):
        assert url is not None
        url = pages.advance(_seen(url, size, page=page, x_total_count=total))
    assert (url, pages.failure(), pages.tally.received) == (None, None, 120)


def test_a_page_that_is_its_own_total_is_the_whole_where_the_server_says_it_had_room() -> None:
    for said, wanted, may_be_capped in [
        ("100", None, False),
        ("50", None, True),
        ("100", 100, True),
    ]:
        pages = LinkPaginator(START, own=_own(), page_size=wanted)
        after = pages.advance(_seen(pages.first(), 50, x_total_count="50", x_limit=said))
        assert (after is not None) == may_be_capped


def test_one_page_is_enough_of_a_server_that_does_not_page_and_says_so_by_its_total() -> None:
    for follows_links in (True, False):
        pages = LinkPaginator(START, own=_own(), follows_links=follows_links)
        probe = pages.advance(_seen(pages.first(), 50, x_total_count="50"))
        assert probe is not None
        assert pages.advance(_seen(probe, 50, x_total_count="50")) is None
        assert (pages.failure(), pages.tally.received) == (None, 50)


def test_cursors_end_with_an_empty_one_and_only_then() -> None:
    pages = LastRecordPaginator(START, page_size=10)
    assert pages.first() == f"{START}?limit=10"
    second = pages.advance(_seen(START, 10, x_last_record="a b"))
    assert second == f"{START}?limit=10&last_record=a+b"
    assert pages.advance(_seen(second, 3, page=1, x_last_record="")) is None
    assert (pages.failure(), pages.tally.received) == (None, 13)


def test_a_first_page_without_cursor_proves_nothing() -> None:
    pages = LastRecordPaginator(START)
    assert pages.advance(_seen(START, 10)) is None
    assert "X-Last-Record" in str(pages.failure())
    counted = LastRecordPaginator(START)
    assert counted.advance(_seen(START, 10, x_total_count="10")) is None
    assert counted.failure() is None


def test_a_single_answer_still_has_to_reach_its_total() -> None:
    pages = SinglePage(START)
    assert pages.advance(_seen(START, 10, x_total_count="11")) is None
    assert pages.failure() == "received 10 records, but 11 were declared"


@given(
    count=st.integers(0, 60),
    most=st.integers(1, 20),
    wanted=st.none() | st.integers(1, 40),
    links=st.booleans(),
    total=st.sampled_from(["none", "whole", "the page's", "so far", "what remains", "0"]),
    dead=st.booleans(),
)
def test_every_record_is_received_once_whatever_the_server_caps_and_declares(
    *, count: int, most: int, wanted: int | None, links: bool, total: str, dead: bool
) -> None:
    """The law of paging: of any server that honours offsets, all records, in order, once."""
    pages = LinkPaginator(START, own=_own(), page_size=wanted)
    received: list[int] = []
    url: str | None = pages.first()
    while url is not None:
        if "/gone" in url:
            url = pages.leads_nowhere(url, "HTTP 404")
            continue
        offset = int(parameter(url, "offset") or 0)
        size = min(int(parameter(url, "limit") or most), most)
        records = list(range(count))[offset : offset + size]
        totals = {
            "whole": count,
            "the page's": len(records),
            "so far": len(received) + len(records),
            "what remains": count - len(received),
            "0": 0,
        }
        headers = {"x-total-count": str(totals[total])} if total in totals else {}
        if links and offset + size < count:
            path = "/gone" if dead else "/ocpi/locations"
            headers["link"] = f"<{path}?offset={offset + size}&limit={size}>; rel=next"
        received += records
        seen = PageSeen(url, headers, len(records), fingerprint=str(records).encode())
        url = pages.advance(seen)
    assert received == list(range(count))
    assert pages.failure() is None
