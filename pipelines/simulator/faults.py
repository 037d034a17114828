"""Mistakes that real servers make, to be switched on by name.

Belongs here: the faults of pages and answers, each as one function over the answer to one page,
all names, and the plan that says which of them strike where and how often. Does not belong here:
mistakes inside a record (`content_faults.py`), the correct answer (`paging.py`), the way to the
wire (`service.py`).

A fault is asked for as `NAME[:MODULE[:PAGE[:TIMES]]]`: `html_page:tariffs:2:1` strikes the third
page of tariffs, once. Without a page it strikes every page, without times always (the faults
that a retry is meant to get over strike once, unless told otherwise). A module is struck in every
dialect that has it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipelines.errors import ConfigurationError
from pipelines.simulator import content_faults
from pipelines.simulator.content_faults import Strike, in_records
from pipelines.simulator.paging import MODULES, PageAnswer, cursor_at

_CAP = 50
_HTML = b"<!DOCTYPE html><html><body><h1>We'll be right back</h1></body></html>"
_OTHER_HOST = "other-host.example"


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
        end = answer.request.offset + _CAP
        answer.next_link = answer.link_to(end, limit=answer.request.limit)
        if answer.last_record is not None:
            answer.last_record = cursor_at(end)


def _missing_total(answer: PageAnswer) -> None:
    """No X-Total-Count, and an X-Limit of 0."""
    answer.headers["X-Total-Count"] = ""
    answer.headers["X-Limit"] = "0"


def _wrong_total(answer: PageAnswer) -> None:
    """An X-Total-Count that is 7 too high."""
    answer.total += 7


def _cursor_stands_still(answer: PageAnswer) -> None:
    """A Link, or a cursor, to the page just served."""
    if answer.next_link:
        answer.next_link = answer.link_to(answer.request.offset, limit=answer.request.limit)
    if answer.last_record:
        answer.last_record = cursor_at(answer.request.offset)


def _cursor_empties_early(answer: PageAnswer) -> None:
    """An empty X-Last-Record although there is more: the rest is never told of."""
    if answer.last_record:
        answer.last_record = ""


def _cursor_past_the_end(answer: PageAnswer) -> None:
    """A cursor on the last page too, to a page without records that ends it."""
    if answer.last_record == "" and answer.records:
        answer.last_record = cursor_at(answer.total)


def _cursor_missing(answer: PageAnswer) -> None:
    """No X-Last-Record at all, on any page."""
    if answer.last_record is not None:
        answer.last_record, answer.next_link = None, None
        answer.headers |= {"X-Total-Count": "", "X-Limit": ""}


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
    "cursor_empties_early": _cursor_empties_early,
    "cursor_past_the_end": _cursor_past_the_end,
    "cursor_missing": _cursor_missing,
    "null_for_list": in_records(content_faults.null_for_list),
    "unknown_enum": in_records(content_faults.unknown_enum),
    "unknown_attribute": in_records(content_faults.unknown_attribute),
    "number_as_string": in_records(content_faults.number_as_string),
    "int64_as_string": in_records(content_faults.int64_as_string, every=1),
    "u0000_text": in_records(content_faults.u0000_text),
    "zone_less_times": in_records(content_faults.zone_less_times, every=1),
    "bad_connector": in_records(content_faults.bad_connector),
    "restrictions_as_list": in_records(content_faults.restrictions_as_list, every=1),
    "restrictions_as_object": in_records(content_faults.restrictions_as_object, every=1),
    "restrictions_null": in_records(content_faults.restrictions_null, every=1),
    "dangling_price": in_records(content_faults.dangling_price),
    "unreferenced_price": content_faults.unreferenced_price,
    "duplicate_location_changed": content_faults.duplicate_changed,
}
STRIKES_ONCE = frozenset({"http_500_once", "http_429_with_retry_after", "http_429_without"})
STRIKES_FIRST_PAGE = frozenset(
    {"duplicate_location_changed", "unreferenced_price", "cursor_empties_early"}
)
