"""Mistakes that real servers make, to be switched on by name.

Belongs here: each fault as one function over the answer to one page, and the plan that says
which of them strike where and how often. Does not belong here: the correct answer
(`paging.py`), the way to the wire (`server.py`).

A fault is asked for as `NAME[:MODULE[:PAGE[:TIMES]]]`: `html_page:tariffs:2:1` strikes the third
page of tariffs, once. Without a page it strikes every page, without times always (the faults
that a retry is meant to get over strike once, unless told otherwise).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec

from pipelines.errors import ConfigurationError
from pipelines.simulator.paging import MODULES, PageAnswer

# Content faults strike every tenth record of a page, beginning with its first.
_EVERY = 10
_CAP = 50
_HTML = b"<!DOCTYPE html><html><body><h1>We'll be right back</h1></body></html>"
_OTHER_HOST = "other-host.example"

Strike = Callable[[PageAnswer], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, where it strikes and how often; None means every page, or always."""

    name: str
    module: str = "locations"
    page: int | None = None
    times: int | None = None

    @classmethod
    def parsed(cls, text: str) -> Fault:
        """A fault from NAME[:MODULE[:PAGE[:TIMES]]]; ConfigurationError says what is possible."""
        name, *rest = text.split(":")
        if name not in FAULTS:
            raise ConfigurationError(
                f"the simulator knows no fault {name!r}; choose from {', '.join(sorted(FAULTS))}"
            )
        module = (rest[0] if rest else "") or "locations"
        numbers = rest[1:]
        if (
            module not in MODULES
            or len(numbers) > 2
            or not all(number.isdigit() for number in numbers if number)
        ):
            raise ConfigurationError(
                f"cannot read the fault {text!r}; write NAME[:MODULE[:PAGE[:TIMES]]] with a module "
                f"of {', '.join(MODULES)} and whole numbers, for example {name}:locations:0:1"
            )
        page, times = [int(number) if number else None for number in (*numbers, "", "")[:2]]
        if times is None and name in STRIKES_ONCE:
            times = 1
        if page is None and name in STRIKES_FIRST_PAGE:
            page = 0
        return cls(name, module, page, times)


class FaultPlan:
    """The faults of one server, and how often each has struck."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        self._struck = [0] * len(self.faults)
        self._lock = threading.Lock()

    @classmethod
    def parsed(cls, texts: Iterable[str]) -> FaultPlan:
        """A plan from the texts of a command line."""
        return cls(Fault.parsed(text) for text in texts)

    def strike(self, answer: PageAnswer) -> None:
        """Put every fault that is due into an answer, in the order of the plan."""
        for index, fault in enumerate(self.faults):
            if fault.module != answer.request.module:
                continue
            if fault.name == "duplicate_location_changed":
                # Counted on every page: the feed holds one record more, and says so.
                answer.total += 1
            if self._is_due(index, answer.request.page):
                FAULTS[fault.name](answer)

    def _is_due(self, index: int, page: int) -> bool:
        fault = self.faults[index]
        if fault.page is not None and fault.page != page:
            return False
        with self._lock:
            if fault.times is not None and self._struck[index] >= fault.times:
                return False
            self._struck[index] += 1
            return True


def _http_500_once(answer: PageAnswer) -> None:
    """A server error that is over when asked again."""
    answer.http_status, answer.content_type, answer.body = 500, "text/html", _HTML


def _http_429_with_retry_after(answer: PageAnswer) -> None:
    """Too many requests, with the seconds to wait."""
    answer.http_status, answer.body = 429, b'{"status_code":2000,"status_message":"Slow down"}'
    answer.headers["Retry-After"] = "1"


def _http_429_without(answer: PageAnswer) -> None:
    """Too many requests, without a Retry-After."""
    answer.http_status, answer.body = 429, b"Too Many Requests"
    answer.content_type = "text/plain"


def _truncated_body(answer: PageAnswer) -> None:
    """Half of the body, with a Content-Length that agrees (cut by a proxy)."""
    answer.body = _half(answer)


def _short_of_content_length(answer: PageAnswer) -> None:
    """Half of the body under the Content-Length of the whole; then the connection closes."""
    answer.body = _half(answer)
    answer.declared_length = len(answer.body) * 2


def _half(answer: PageAnswer) -> bytes:
    whole = answer.enclosed()
    return whole[: len(whole) // 2]


def _html_page(answer: PageAnswer) -> None:
    """An HTML error page with status 200."""
    answer.content_type, answer.body = "text/html; charset=utf-8", _HTML


def _status_2xxx_with_http_200(answer: PageAnswer) -> None:
    """HTTP 200 with a 2xxx body code and no data."""
    answer.status_code, answer.status_message = 2000, "Generic client error"


def _status_3xxx_with_http_200(answer: PageAnswer) -> None:
    """HTTP 200 with a 3xxx body code and no data."""
    answer.status_code, answer.status_message = 3000, "Generic server error"


def _page_cap(answer: PageAnswer) -> None:
    """At most 50 records a page, whatever was asked; the header claims what was asked."""
    if len(answer.records) > _CAP:
        answer.records = answer.records[:_CAP]
        answer.next_link = answer.link_to(answer.request.offset + _CAP, limit=answer.request.limit)


def _missing_total(answer: PageAnswer) -> None:
    """No X-Total-Count, and an X-Limit of 0."""
    answer.headers["X-Total-Count"] = ""
    answer.headers["X-Limit"] = "0"


def _wrong_total(answer: PageAnswer) -> None:
    """An X-Total-Count that is 7 too high."""
    answer.total += 7


def _cursor_stands_still(answer: PageAnswer) -> None:
    """A Link to the page just served."""
    if answer.next_link:
        answer.next_link = answer.link_to(answer.request.offset, limit=answer.request.limit)


def _link_to_other_host(answer: PageAnswer) -> None:
    """A Link to another host, where the token must never go."""
    if answer.next_link:
        host = urlsplit(answer.next_link).netloc
        answer.next_link = answer.next_link.replace(host, _OTHER_HOST, 1)


def _curly_quotes_link(answer: PageAnswer) -> None:
    """Curly quotes around the rel of the Link."""
    if answer.next_link:
        # Header bytes are latin-1 by the standard; real servers send UTF-8.
        link = f"<{answer.next_link}>; rel=\u201dnext\u201d"
        answer.headers["Link"] = link.encode().decode("latin-1")


def _relative_link(answer: PageAnswer) -> None:
    """A Link without scheme and host."""
    if answer.next_link:
        parts = urlsplit(answer.next_link)
        answer.next_link = f"{parts.path}?{parts.query}"


def _null_for_list(record: dict[str, Any]) -> None:
    """null where a list belongs."""
    record["images" if "evses" in record else "tariff_alt_text"] = None
    for evse in record.get("evses", ()):
        evse["capabilities"] = None


def _unknown_enum(record: dict[str, Any]) -> None:
    """Values that no specification has, one of them a known one with a blank."""
    for evse in record.get("evses", ()):
        evse["status"] = "HIBERNATING"
        evse["connectors"][0]["standard"] = "GALACTIC_PLUG"
        evse["connectors"][0]["format"] = f"{evse['connectors'][0]['format']} "
    for element in record.get("elements", ()):
        element["price_components"][0]["type"] = "SUNSHINE"


def _unknown_attribute(record: dict[str, Any]) -> None:
    """Attributes that no specification has, on every level."""
    record["x_vendor_note"] = {"colour": "green", "ids": [1, "2", None]}
    for evse in record.get("evses", ()):
        evse["x_vendor_slot"] = 7
        evse["connectors"][0]["x_vendor_flag"] = True


def _number_as_string(record: dict[str, Any]) -> None:
    """Numbers as text, and one amperage with a fraction."""
    for evse in record.get("evses", ()):
        for connector in evse["connectors"]:
            connector["max_voltage"] = str(connector["max_voltage"])
            connector["max_amperage"] = f"{connector['max_amperage']}.0"
    for element in record.get("elements", ()):
        for component in element["price_components"]:
            component["price"] = str(component["price"])


def _u0000_text(record: dict[str, Any]) -> None:
    """U+0000 in a text, which Postgres cannot hold."""
    if "evses" in record:
        record["address"] = f"{record['address']}\u0000"
    else:
        record["tariff_alt_text"] = [{"language": "en", "text": "Cheap\u0000 power"}]


def _zone_less_times(record: dict[str, Any]) -> None:
    """Times without a zone, with 0 to 9 fraction digits."""
    fractions = ("", ".1", ".123", ".123456789")
    record["last_updated"] = record["last_updated"].rstrip("Z") + ".25"
    for index, evse in enumerate(record.get("evses", ())):
        evse["last_updated"] = evse["last_updated"].rstrip("Z") + fractions[index % 4]


def _bad_connector(record: dict[str, Any]) -> None:
    """A connector that cannot be read, beside others that can."""
    for evse in record.get("evses", ())[:1]:
        evse["connectors"][0] = {**evse["connectors"][0], "id": None, "standard": {"plug": []}}
    for element in record.get("elements", ())[:1]:
        element["price_components"][0] = "0.35 EUR per kWh"


def _duplicate_location_changed(answer: PageAnswer) -> None:
    """The first record of the page again, with the same times and another city."""
    if answer.records:
        record = msgspec.json.decode(answer.records[0])
        record["city" if "city" in record else "currency"] = "XXX"
        answer.records.append(msgspec.json.encode(record))


def _in_records(change: Callable[[dict[str, Any]], None], *, every: int = _EVERY) -> Strike:
    """A fault of the content: strikes some of a page's records, one by one."""

    def strike(answer: PageAnswer) -> None:
        for index in range(0, len(answer.records), every):
            record = msgspec.json.decode(answer.records[index])
            change(record)
            answer.records[index] = msgspec.json.encode(record)

    strike.__doc__ = change.__doc__
    return strike


FAULTS: dict[str, Strike] = {
    "http_500_once": _http_500_once,
    "http_429_with_retry_after": _http_429_with_retry_after,
    "http_429_without": _http_429_without,
    "truncated_body": _truncated_body,
    "short_of_content_length": _short_of_content_length,
    "html_page": _html_page,
    "status_2xxx_with_http_200": _status_2xxx_with_http_200,
    "status_3xxx_with_http_200": _status_3xxx_with_http_200,
    "page_cap": _page_cap,
    "missing_total": _missing_total,
    "wrong_total": _wrong_total,
    "cursor_stands_still": _cursor_stands_still,
    "link_to_other_host": _link_to_other_host,
    "curly_quotes_link": _curly_quotes_link,
    "relative_link": _relative_link,
    "null_for_list": _in_records(_null_for_list),
    "unknown_enum": _in_records(_unknown_enum),
    "unknown_attribute": _in_records(_unknown_attribute),
    "number_as_string": _in_records(_number_as_string),
    "u0000_text": _in_records(_u0000_text),
    "zone_less_times": _in_records(_zone_less_times, every=1),
    "bad_connector": _in_records(_bad_connector),
    "duplicate_location_changed": _duplicate_location_changed,
}
STRIKES_ONCE = frozenset({"http_500_once", "http_429_with_retry_after", "http_429_without"})
STRIKES_FIRST_PAGE = frozenset({"duplicate_location_changed"})
