"""Which records of a day belong on a page, and the answer that carries them.

Belongs here: the modules of the simulated world by day, offset, limit and time window, and
`PageAnswer`, the answer before it is written to the wire (faults change it there). Does not
belong here: routes and authentication (`server.py`), the mistakes themselves (`faults.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import msgspec

from pipelines.simulator.entities import SimLocation, SimTariff
from pipelines.simulator.render_ocpi_2_2_1 import location_json, tariff_json
from pipelines.simulator.world import World

# A page of 1,000 locations is some 3 MB; the cache serves repeated requests, not whole days.
_PAGES_KEPT = 8
MODULES = ("locations", "tariffs")


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
    `declared_length` in place of its length.
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

    def link_to(self, offset: int, *, limit: int) -> str:
        """The URL of a page of the same listing."""
        query: dict[str, str | int] = {"offset": offset, "limit": limit}
        if self.request.date_from:
            query["date_from"] = ocpi_time(self.request.date_from)
        if self.request.date_to:
            query["date_to"] = ocpi_time(self.request.date_to)
        return f"{self.module_url}?{urlencode(query)}"


class Listing:
    """The records of every module on every day, rendered page by page."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._page = lru_cache(maxsize=_PAGES_KEPT)(self._rendered_page)
        self._window = lru_cache(maxsize=2)(self._selected)

    def answer(self, request: PageRequest, *, module_url: str) -> PageAnswer:
        """The faultless answer to a request."""
        total, records = self._page(request)
        answer = PageAnswer(request, module_url, list(records), total, None)
        end = request.offset + request.limit
        if end < total:
            answer.next_link = answer.link_to(end, limit=request.limit)
        return answer

    def _rendered_page(self, request: PageRequest) -> tuple[int, tuple[bytes, ...]]:
        rendered, items = self._items(request)
        chosen = items[request.offset : request.offset + request.limit]
        return len(items), tuple(rendered(item) for item in chosen)

    def _items(self, request: PageRequest) -> tuple[Callable[[Any], bytes], Sequence[Any]]:
        day, world = request.day, self.world
        is_location = request.module == "locations"
        items: Sequence[Any] = world.roster(day) if is_location else world.tariff_roster(day)
        if request.date_from or request.date_to:
            chosen = self._window(request.module, day, request.date_from, request.date_to)
            items = [items[index] for index in chosen]
        if is_location:
            return lambda ref: location_json(world.location(ref, day)), items
        return lambda plan: tariff_json(world.tariff(plan, day)), items

    def _selected(
        self, module: str, day: date, date_from: datetime | None, date_to: datetime | None
    ) -> tuple[int, ...]:
        """Places of the records changed in [date_from, date_to): builds the whole day once."""
        records: Iterator[SimLocation] | Iterator[SimTariff] = self.world.locations(day)
        if module == "tariffs":
            records = self.world.tariffs(day)
        times = (record.last_updated for record in records)
        return tuple(
            index
            for index, time in enumerate(times)
            if (date_from is None or time >= date_from) and (date_to is None or time < date_to)
        )


def envelope(data: bytes | None, *, status_code: int, status_message: str, day: date) -> bytes:
    """The OCPI envelope around JSON bytes; its time is the simulated midnight."""
    head = b"{" if data is None else b'{"data":' + data + b","
    rest = {
        "status_code": status_code,
        "status_message": status_message,
        "timestamp": f"{day.isoformat()}T00:00:00Z",
    }
    return head + msgspec.json.encode(rest)[1:]


def ocpi_time(moment: datetime) -> str:
    """A UTC time as OCPI writes it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
