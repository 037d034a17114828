"""Which records of a day belong on a page, and the answer that carries them.

Belongs here: listings by day, offset, limit and time window, the envelope of OCPI, and
`PageAnswer`, the answer before it is written to the wire (faults change it there). Does not
belong here: what a dialect lists (`routes_*.py`), the mistakes themselves (`faults.py`).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import urlencode

import msgspec

from pipelines.simulator.render_ocpi_2_2_1 import location_json, tariff_json
from pipelines.simulator.world import World

# A page of 1,000 locations is some 3 MB; the cache serves repeated requests, not whole days.
_PAGES_KEPT = 8
MODULES = (
    "locations",
    "tariffs",
    "sessions",
    "cdrs",
    "tokens",
    "evses",
    "prices",
    "connector_prices",
    "deprecated_prices",
)


class Enclosing(Protocol):
    """What a dialect puts around JSON bytes; around None where there is nothing to give."""

    def __call__(
        self, data: bytes | None, *, status_code: int, status_message: str, day: date
    ) -> bytes: ...


def envelope(data: bytes | None, *, status_code: int, status_message: str, day: date) -> bytes:
    """The OCPI envelope around JSON bytes; its time is the simulated midnight."""
    head = b"{" if data is None else b'{"data":' + data + b","
    rest = {
        "status_code": status_code,
        "status_message": status_message,
        "timestamp": f"{day.isoformat()}T00:00:00Z",
    }
    return head + msgspec.json.encode(rest)[1:]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What was asked: `limit` is already capped by the server's page limit."""

    module: str
    day: date
    offset: int
    limit: int
    date_from: datetime | None
    date_to: datetime | None

    @property
    def page(self) -> int:
        """Number of the page, from 0, at this limit."""
        return self.offset // self.limit


@dataclass
class PageAnswer:
    """An answer before it is written: a fault replaces what it wants to get wrong.

    `records` are JSON objects as bytes. `body`, when set, is sent in place of the envelope;
    `declared_length` in place of its length. `last_record` is the cursor where there are cursors:
    empty on the last page, None where the dialect has none.
    """

    request: PageRequest
    module_url: str
    records: list[bytes]
    total: int
    next_link: str | None
    http_status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    status_code: int = 1000
    status_message: str = "Success"
    content_type: str = "application/json"
    body: bytes | None = None
    declared_length: int | None = None
    last_record: str | None = None
    enclosing: Enclosing = envelope

    def link_to(self, offset: int, *, limit: int) -> str:
        """The URL of a page of the same listing."""
        query: dict[str, str | int] = {"offset": offset, "limit": limit}
        if self.request.date_from:
            query["date_from"] = ocpi_time(self.request.date_from)
        if self.request.date_to:
            query["date_to"] = ocpi_time(self.request.date_to)
        return f"{self.module_url}?{urlencode(query)}"

    def enclosed(self) -> bytes:
        """The records in what the dialect puts around them."""
        data = b"[" + b",".join(self.records) + b"]" if self.status_code < 2000 else None
        return self.enclosing(
            data,
            status_code=self.status_code,
            status_message=self.status_message,
            day=self.request.day,
        )


class Feed(Protocol):
    """The records of one module: what there is on a day, and each of them as JSON."""

    def chosen(
        self, day: date, *, date_from: datetime | None, date_to: datetime | None
    ) -> Sequence[Any]:
        """The records of a day updated in [date_from, date_to), as references."""

    def rendered(self, item: Any, day: date) -> bytes:
        """One of them as JSON."""


class DayFeed:
    """A module that is listed whole every day.

    `items` are the references of a day, `written` one of them as JSON; `updated_at` is asked for
    each of them where a time window is.
    """

    def __init__(
        self,
        items: Callable[[date], Sequence[Any]],
        written: Callable[[Any, date], bytes],
        updated_at: Callable[[Any, date], datetime],
    ) -> None:
        self._items, self._written, self._updated_at = items, written, updated_at
        self._window = lru_cache(maxsize=2)(self._selected)

    def chosen(
        self, day: date, *, date_from: datetime | None, date_to: datetime | None
    ) -> Sequence[Any]:
        if date_from or date_to:
            return self._window(day, date_from, date_to)
        return self._items(day)

    def rendered(self, item: Any, day: date) -> bytes:
        return self._written(item, day)

    def _selected(
        self, day: date, date_from: datetime | None, date_to: datetime | None
    ) -> tuple[Any, ...]:
        """Builds the whole day once."""
        return tuple(
            item
            for item in self._items(day)
            if is_within(self._updated_at(item, day), date_from, date_to)
        )


class TimelessFeed:
    """A module whose records bear no time: listed whole, whatever the window."""

    def __init__(
        self, items: Callable[[date], Sequence[Any]], written: Callable[[Any, date], bytes]
    ) -> None:
        self._items, self._written = items, written

    def chosen(
        self, day: date, *, date_from: datetime | None, date_to: datetime | None
    ) -> Sequence[Any]:
        return self._items(day)

    def rendered(self, item: Any, day: date) -> bytes:
        return self._written(item, day)


def is_within(moment: datetime, date_from: datetime | None, date_to: datetime | None) -> bool:
    """Whether a time is in [date_from, date_to)."""
    return (date_from is None or moment >= date_from) and (date_to is None or moment < date_to)


def ocpi_2_2_1_feeds(world: World) -> dict[str, Feed]:
    """The modules of OCPI 2.2.1."""
    return {
        "locations": DayFeed(
            world.roster,
            lambda ref, day: location_json(world.location(ref, day)),
            lambda ref, day: world.location(ref, day).last_updated,
        ),
        "tariffs": DayFeed(
            world.tariff_roster,
            lambda plan, day: tariff_json(world.tariff(plan, day)),
            lambda plan, day: world.tariff(plan, day).last_updated,
        ),
    }


class Listing:
    """The records of every module of a dialect on every day, rendered page by page."""

    def __init__(self, world: World, feeds: Mapping[str, Feed] | None = None) -> None:
        self.feeds = ocpi_2_2_1_feeds(world) if feeds is None else feeds
        self._page = lru_cache(maxsize=_PAGES_KEPT)(self._rendered_page)

    def answer(
        self, request: PageRequest, *, module_url: str, enclosing: Enclosing = envelope
    ) -> PageAnswer:
        """The faultless answer to a request."""
        total, records = self._page(request)
        answer = PageAnswer(request, module_url, list(records), total, None, enclosing=enclosing)
        end = request.offset + request.limit
        if end < total:
            answer.next_link = answer.link_to(end, limit=request.limit)
        return answer

    def _rendered_page(self, request: PageRequest) -> tuple[int, tuple[bytes, ...]]:
        feed, day = self.feeds[request.module], request.day
        items = feed.chosen(day, date_from=request.date_from, date_to=request.date_to)
        chosen = items[request.offset : request.offset + request.limit]
        return len(items), tuple(feed.rendered(item, day) for item in chosen)


def cursor_at(place: int) -> str:
    """The opaque cursor that continues at a place of a list."""
    return base64.urlsafe_b64encode(f"r{place}".encode()).decode()


def place_of(cursor: str) -> int | None:
    """Where a cursor continues; None where it is none of ours."""
    try:
        text = base64.urlsafe_b64decode(cursor.encode()).decode()
    except (binascii.Error, ValueError):
        return None
    return int(text[1:]) if text.startswith("r") and text[1:].isdigit() else None


def ocpi_time(moment: datetime) -> str:
    """A UTC time as OCPI writes it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
