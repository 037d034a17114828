"""What the routes of every dialect share: the day, parameters, refusals, answers.

Belongs here: `Service`, which turns a handler into a route, and the way from a `PageAnswer` to
the wire. Does not belong here: addresses (`routes_*.py`), who is let in (`admission.py`), what is
on a page (`paging.py`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from pipelines.simulator.admission import TOKEN_DOOR, Admission, Door
from pipelines.simulator.clock import SimClock
from pipelines.simulator.faults import FaultPlan
from pipelines.simulator.paging import (
    Enclosing,
    Listing,
    PageAnswer,
    PageRequest,
    envelope,
)
from pipelines.simulator.refusals import INVALID, Refused
from pipelines.simulator.world import World

DAY_HEADER: Final = "X-Simulated-Day"
SUCCESS: Final = 1000

Handler = Callable[[Request, date], Response]
BodyHandler = Callable[[Request, date, bytes], Response]


@dataclass(frozen=True)
class Service:
    """The server behind the routes of one dialect.

    `door` says who is let in, `enclosing` what stands around data and around refusals.
    """

    world: World
    clock: SimClock
    faults: FaultPlan
    admission: Admission
    door: Door = TOKEN_DOOR
    enclosing: Enclosing = envelope

    def answering(
        self, handler: Handler, *, door: Door | None = None
    ) -> Callable[[Request], Response]:
        """A route: checks the token and the day, and turns refusals into envelopes."""

        # Not async: rendering takes up to half a second, so it belongs into a worker thread.
        def endpoint(request: Request) -> Response:
            return self._answered(request, door or self.door, lambda day: handler(request, day))

        return endpoint

    def answering_to_body(
        self, handler: BodyHandler, *, door: Door | None = None
    ) -> Callable[[Request], Awaitable[Response]]:
        """A route like `answering`, for requests that bring a document."""

        async def endpoint(request: Request) -> Response:
            body = await request.body()
            return self._answered(
                request, door or self.door, lambda day: handler(request, day, body)
            )

        return endpoint

    def answer(
        self,
        data: object | None,
        *,
        day: date,
        status_code: int = SUCCESS,
        message: str = "Success",
        http_status: int = 200,
    ) -> Response:
        """One document, in what the dialect puts around it."""
        encoded = None if data is None else msgspec.json.encode(data)
        body = self.enclosing(encoded, status_code=status_code, status_message=message, day=day)
        return Response(body, status_code=http_status, media_type="application/json")

    def page(self, listing: Listing, request: PageRequest, *, module_url: str) -> Response:
        """A page of a listing, faults included."""
        answer = listing.answer(request, module_url=module_url, enclosing=self.enclosing)
        self.faults.strike(answer)
        return page_response(answer)

    def _answered(
        self, request: Request, door: Door, handler: Callable[[date], Response]
    ) -> Response:
        day = self.clock.day
        try:
            self.admission.check(request.headers.get("Authorization"), door)
            day = self._day(request)
            return handler(day)
        except Refused as refused:
            return self.answer(
                None,
                day=day,
                status_code=refused.status_code,
                message=refused.message,
                http_status=refused.http_status,
            )

    def _day(self, request: Request) -> date:
        asked = request.headers.get(DAY_HEADER)
        if asked is None:
            return self.clock.day
        try:
            return date.fromisoformat(asked)
        except ValueError:
            raise Refused(400, INVALID, f"{DAY_HEADER} must be YYYY-MM-DD") from None


def page_request(request: Request, module: str, *, day: date, page_limit: int) -> PageRequest:
    """What a request for a page asks; the limit is capped, and the default, at `page_limit`."""
    query = request.query_params
    return PageRequest(
        module=module,
        day=day,
        offset=whole_number(query.get("offset"), "offset", least=0, default=0),
        limit=min(
            page_limit, whole_number(query.get("limit"), "limit", least=1, default=page_limit)
        ),
        date_from=_moment(query.get("date_from"), "date_from"),
        date_to=_moment(query.get("date_to"), "date_to"),
    )


def whole_number(text: str | None, name: str, *, least: int, default: int) -> int:
    """A parameter that is a number; refused where it is something else."""
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise Refused(400, INVALID, f"{name} must be a whole number from {least}")
    return int(text)


def _moment(text: str | None, name: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(400, INVALID, f"{name} must be a time such as 2026-01-05T00:00:00Z") from None
    # OCPI times are UTC, also where they do not say so.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def origin(request: Request) -> str:
    """Scheme and host of this server as the client sees it."""
    return str(request.base_url).rstrip("/")


def page_response(answer: PageAnswer) -> Response:
    """An answer as it goes to the wire."""
    headers = {}
    if answer.last_record is not None:
        headers["X-Last-Record"] = answer.last_record
    elif answer.total >= 0:
        headers |= {"X-Limit": str(answer.request.limit), "X-Total-Count": str(answer.total)}
        if answer.next_link:
            headers["Link"] = f'<{answer.next_link}>; rel="next"'
    headers.update(answer.headers)
    if answer.declared_length is not None:
        headers["Content-Length"] = str(answer.declared_length)
    body = answer.enclosed() if answer.body is None else answer.body
    # An empty value stands for a header that a fault has taken away; the cursor alone is sent
    # empty, on its last page.
    sent = {name: value for name, value in headers.items() if value or name == "X-Last-Record"}
    return Response(body, answer.http_status, sent, media_type=answer.content_type)
