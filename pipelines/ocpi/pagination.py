"""Where the next page is, and whether all of them were seen.

Belongs here: small state machines over bare headers and counts, without any request. Does not
belong here: asking for a page (`pull.py`), splitting it (`envelope.py`).

A paginator says `first()`, then `advance(page)` until that is None, and `leads_nowhere(...)` where
a request for a page that it named was refused. `failure()` is None if the end is proven.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol
from urllib.parse import urljoin

from pipelines.dialects.endpoints import Pagination
from pipelines.ocpi.addresses import Origin, parameter, redacted, with_parameters, within_origins

# Eco-Movement filters private locations out of its pages, so an empty one may stand in the middle;
# other servers write a next link for ever.
_EMPTY_PAGES_TO_THE_END: Final = 3
_MOST_PAGES: Final = 200_000
_QUOTES: Final = "\"'\u201c\u201d\u201e\u2033\u00ab\u00bb"
_LINK = re.compile(r"<([^>]*)>((?:[^<,]|,(?!\s*<))*)")
_BARE_LINK = re.compile(r"^\s*([^<>;,\s]+)\s*(;.*)$")
_REL = re.compile(rf"\brel\s*=\s*[{_QUOTES}]?\s*([^{_QUOTES};,]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PageSeen:
    """What a paginator needs to know of a page; header names in lower case."""

    url: str
    headers: Mapping[str, str]
    records: int
    fingerprint: bytes = b""
    next_in_body: str | None = None
    total_in_body: int | None = None
    has_page_token: bool = False

    @property
    def names_another(self) -> bool:
        """Whether the answer says itself that there is another page."""
        return bool(
            next_link(self.headers) or self.next_in_body or self.has_page_token or self.cursor
        )

    @property
    def cursor(self) -> str | None:
        """X-Last-Record, '' for an empty one, None where there is none."""
        cursor = self.headers.get("x-last-record")
        if cursor is None:
            return None
        cursor = cursor.strip().strip(_QUOTES)
        return "" if cursor.lower() in {"null", "none"} else cursor


class Paginator(Protocol):
    """The way through the pages of one module."""

    tally: Tally

    @property
    def is_by_link(self) -> bool: ...
    def first(self) -> str: ...
    def advance(self, seen: PageSeen) -> str | None: ...
    def leads_nowhere(self, url: str, answer: str) -> str | None: ...
    def failure(self) -> str | None: ...


@dataclass
class Tally:
    """What was received against what was declared.

    Declared are seen: the whole; the size of each page; what has come so far; what remains, its
    page included; and 0 with an empty page that a hiccup puts before the end.
    """

    received: int = 0
    pages: int = 0
    notes: list[str] = field(default_factory=list)
    _totals: list[int] = field(default_factory=list)
    _has_zero: bool = False
    # Of each total: what it comes to if it is what remains.
    _wholes: set[int] = field(default_factory=set)
    _filled_pages: int = 0
    _are_sizes: bool = True
    _are_sums: bool = True

    def add(self, seen: PageSeen) -> None:
        before = self.received
        self.received += seen.records
        self.pages += 1
        total = _whole_number(seen.headers.get("x-total-count"), seen.total_in_body)
        if total is None:
            return
        if total == 0:
            self._has_zero = True
            return
        self._totals.append(total)
        self._wholes.add(before + total)
        if seen.records:
            self._filled_pages += 1
            self._are_sizes &= total == seen.records
            self._are_sums &= total == self.received

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    @property
    def declared(self) -> int | None:
        """The total last declared; None where there is none that can be one."""
        believed = self._believed
        if not believed:
            return 0 if self._has_zero and not self.received else None
        return believed[-1]

    @property
    def most_declared(self) -> int:
        """The highest total declared, 0 where there is none that can be one."""
        return max(self._believed, default=0)

    @property
    def moved(self) -> bool:
        """Whether the declared total changed while paging: rows may have slipped through."""
        return len(set(self._believed)) > 1

    def failure(self) -> str | None:
        """Why the count does not prove completeness, None if it does."""
        believed = self._believed
        if not believed:
            if self._totals or (self._has_zero and self.received):
                self.note("the declared totals count no whole and were ignored")
            return None
        if min(believed) <= self.received <= max(believed):
            return None
        return f"received {self.received} records, but {believed[-1]} were declared"

    @property
    def _believed(self) -> list[int]:
        """The declared totals as totals of the whole, in their order."""
        if self._filled_pages > 1 and (self._are_sizes or self._are_sums):
            return []
        if len(self._totals) > 1 and len(self._wholes) == 1:
            return list(self._wholes)
        return self._totals


class SinglePage:
    """A list that comes in one answer."""

    is_by_link = False

    def __init__(self, start: str) -> None:
        self.tally = Tally()
        self._start = start
        self._failure: str | None = None

    def first(self) -> str:
        return self._start

    def advance(self, seen: PageSeen) -> str | None:
        self.tally.add(seen)
        if seen.names_another:
            self._failure = (
                "it is one page of several by its own word, and asked for as one: set pagination "
                "in sources.yml"
            )
        return None

    def leads_nowhere(self, url: str, answer: str) -> str | None:
        return None

    def failure(self) -> str | None:
        return self._failure or self.tally.failure()


class LinkPaginator:
    """Follows `Link: rel=next` (or `next` in the body); goes on by offset where none is sent.

    With `follows_links` off it goes by offset alone, until a page is empty or the total is there.
    """

    def __init__(
        self,
        start: str,
        *,
        own: frozenset[Origin],
        page_size: int | None = None,
        follows_links: bool = True,
    ) -> None:
        self.tally = Tally()
        self._follows_links = follows_links
        self._start = start
        self._own = own
        self._page_size = page_size
        self._asked_by: Literal["start", "link", "own", "probe"] = "start"
        self._asked: set[str] = set()
        self._links_lead_nowhere = False
        self._links_seen = False
        self._empty_in_a_row = 0
        self._last_fingerprint = b""
        self._failure: str | None = None

    @property
    def is_by_link(self) -> bool:
        """Whether the page asked for last was named by the source, not made up here."""
        return self._asked_by == "link"

    def first(self) -> str:
        url = self._start
        if self._page_size is not None:
            url = with_parameters(url, {"offset": "0", "limit": str(self._page_size)})
        self._asked.add(url)
        return url

    def advance(self, seen: PageSeen) -> str | None:
        if seen.records and seen.fingerprint and seen.fingerprint == self._last_fingerprint:
            return self._repeated()
        self._last_fingerprint = seen.fingerprint
        self.tally.add(seen)
        self._empty_in_a_row = self._empty_in_a_row + 1 if seen.records == 0 else 0
        if self._page_size is None or self.tally.pages == 1:
            self._page_size = seen.records or self._page_size
        if self.tally.pages >= _MOST_PAGES:
            return self._fail(f"there was no end after {_MOST_PAGES} pages")
        link = next_link(seen.headers) or seen.next_in_body
        if link and self._follows_links:
            return self._by_link(link, seen)
        return self._by_offset(seen)

    def leads_nowhere(self, url: str, answer: str) -> str | None:
        """Another address for a page whose address was refused (404, 422, body code 2xxx)."""
        if self._asked_by == "probe":
            self.tally.note(f"asking beyond the last record was answered with {answer}")
            return None
        if self._asked_by == "link":
            self._links_lead_nowhere = True
            instead = self._on_own_url(url)
            if instead is not None and instead not in self._asked:
                return self._go(instead, by="own")
        return self._fail(f"the next page {redacted(url)} leads nowhere ({answer})")

    def failure(self) -> str | None:
        return self._failure or self.tally.failure()

    def _by_link(self, link: str, seen: PageSeen) -> str | None:
        self._links_seen = True
        url = within_origins(link, current=seen.url, own=self._own)
        if url is None:
            there = redacted(urljoin(seen.url, link))
            return self._fail(f"the next link leads to another host ({there}), never followed")
        if self._links_lead_nowhere:
            url = self._on_own_url(url) or url
        if self._empty_in_a_row and self._has_all_that_is_declared():
            return None
        if self._empty_in_a_row >= _EMPTY_PAGES_TO_THE_END:
            self.tally.note(f"{self._empty_in_a_row} empty pages in a row were taken for the end")
            return None
        return self._go(url, by="own" if self._links_lead_nowhere else "link")

    def _by_offset(self, seen: PageSeen) -> str | None:
        declared = self.tally.declared
        if seen.records == 0 or (declared is None and self._links_seen):
            return None
        is_reached = self._has_all_that_is_declared()
        if is_reached and not self._may_be_capped(seen):
            return None
        offset = (_whole_number(parameter(seen.url, "offset")) or 0) + seen.records
        url = with_parameters(
            self._start, {"offset": str(offset), "limit": str(self._page_size or seen.records)}
        )
        if declared is not None and not is_reached:
            self.tally.note("no next link, though the total says more: went on by offset")
            return self._go(url, by="own")
        # Without link and total a capped page looks like the whole; one more request tells.
        return self._go(url, by="probe")

    def _may_be_capped(self, seen: PageSeen) -> bool:
        """Whether there may be more although the total last declared is reached.

        Seen as totals: the size of the page, which one page alone cannot tell from a whole; and
        one that was higher before. The end of links says as much as a total does.
        """
        if self._links_seen:
            return False
        if self.tally.pages == 1:
            return not _had_room(seen)
        return self.tally.received < self.tally.most_declared

    def _has_all_that_is_declared(self) -> bool:
        declared = self.tally.declared
        return declared is not None and self.tally.received >= declared

    def _repeated(self) -> str | None:
        if self._asked_by == "probe" and (self._follows_links or self._has_all_that_is_declared()):
            self.tally.note("the server does not page: another offset gave the same records")
            return None
        return self._fail("the server answered two addresses with the same page")

    def _on_own_url(self, link: str) -> str | None:
        """The offset and limit of a link on the module's own URL."""
        offset, limit = parameter(link, "offset"), parameter(link, "limit")
        if _whole_number(offset) is None:
            return None
        self.tally.note("next links led nowhere, offsets were put on the module's own URL")
        wanted = {"offset": str(offset)}
        if _whole_number(limit):
            wanted["limit"] = str(limit)
        return with_parameters(self._start, wanted)

    def _go(self, url: str, *, by: Literal["link", "own", "probe"]) -> str | None:
        if url in self._asked:
            return self._fail(f"the pages go round in a circle: {redacted(url)} came again")
        self._asked.add(url)
        self._asked_by = by
        return url

    def _fail(self, reason: str) -> str | None:
        self._failure = reason
        return None


class LastRecordPaginator:
    """Follows the X-Last-Record cursor; an empty one ends it, after that page.

    A missing one ends it too where an earlier page had one: proxies drop empty headers. On the
    first page it proves nothing, since a server that knows no cursor looks the same; then the
    total has to. What is asked for goes along as `limit`, and counts for nothing.
    """

    is_by_link = False

    def __init__(self, start: str, *, page_size: int | None = None) -> None:
        self.tally = Tally()
        self._start = start
        self._size = {} if page_size is None else {"limit": str(page_size)}
        self._cursors: set[str] = set()
        self._last_fingerprint = b""
        self._failure: str | None = None

    def first(self) -> str:
        return with_parameters(self._start, self._size) if self._size else self._start

    def advance(self, seen: PageSeen) -> str | None:
        cursor = seen.cursor
        if cursor in self._cursors:
            return self._fail("the cursor X-Last-Record came twice: the pages go round in a circle")
        if seen.records and seen.fingerprint and seen.fingerprint == self._last_fingerprint:
            return self._fail("the server answered two cursors with the same page")
        self._last_fingerprint = seen.fingerprint
        self.tally.add(seen)
        if cursor is None:
            if not self._cursors and seen.records and self.tally.declared is None:
                return self._fail(
                    "the first page came without X-Last-Record and without a total, so nothing "
                    "says that there are no more"
                )
            return None
        if not cursor:
            return None
        if self.tally.pages >= _MOST_PAGES:
            return self._fail(f"there was no end after {_MOST_PAGES} pages")
        self._cursors.add(cursor)
        return with_parameters(self._start, {**self._size, "last_record": cursor})

    def leads_nowhere(self, url: str, answer: str) -> str | None:
        return self._fail(f"the next page {redacted(url)} leads nowhere ({answer})")

    def failure(self) -> str | None:
        return self._failure or self.tally.failure()

    def _fail(self, reason: str) -> str | None:
        self._failure = reason
        return None


def paginator(
    pagination: Pagination, start: str, *, own: frozenset[Origin], page_size: int | None
) -> Paginator:
    """The paginator an endpoint declares."""
    match pagination:
        case "link":
            return LinkPaginator(start, own=own, page_size=page_size)
        case "offset":
            return LinkPaginator(start, own=own, page_size=page_size, follows_links=False)
        case "last_record":
            return LastRecordPaginator(start, page_size=page_size)
        case "none":
            return SinglePage(start)


def next_link(headers: Mapping[str, str]) -> str | None:
    """The target of rel=next in a Link header, as written."""
    header = headers.get("link", "")
    # Curly quotes arrive as UTF-8 in a header that is read as Latin-1.
    with suppress(UnicodeEncodeError, UnicodeDecodeError):
        header = header.encode("latin-1").decode("utf-8")
    links: list[tuple[str, str]] = _LINK.findall(header) or _BARE_LINK.findall(header)
    for target, attributes in links:
        rel = _REL.search(attributes)
        if rel and "next" in rel.group(1).lower().split() and target.strip():
            return target.strip()
    return None


def _had_room(seen: PageSeen) -> bool:
    """Whether X-Limit says that the page is not full; an echo of what was asked says nothing."""
    limit = _whole_number(seen.headers.get("x-limit")) or 0
    return limit > seen.records and limit != _whole_number(parameter(seen.url, "limit"))


def _whole_number(*candidates: str | int | None) -> int | None:
    """The first candidate that is a number of 0 or more."""
    for candidate in candidates:
        try:
            number = int(str(candidate).strip())
        except ValueError:
            continue
        if number >= 0:
            return number
    return None
