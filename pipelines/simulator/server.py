"""The simulated world over HTTP, as an OCPI 2.2.1 sender.

Belongs here: routes, authentication, parameters, headers and envelopes. Does not belong here:
what exists (`world.py`), how it is written (`render_ocpi_2_2_1.py`), mistakes (`faults.py`),
threads and sockets (`running.py`).

    GET      /ocpi/versions, /ocpi/2.2.1
    GET      /ocpi/2.2.1/locations, /ocpi/2.2.1/tariffs      offset, limit, date_from, date_to
    GET      /ocpi/2.2.1/locations/{location}[/{evse}[/{connector}]]
    GET, PUT /clock                                          {"day": "2026-01-05"} or null

The header `X-Simulated-Day: YYYY-MM-DD` asks for a day other than the one the clock stands at.
A location id that several parties use is answered with the first of them, as the address has no
party in it.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipelines.simulator.clock import SimClock
from pipelines.simulator.entities import SimEvse, SimLocation
from pipelines.simulator.faults import FaultPlan
from pipelines.simulator.paging import (
    MODULES,
    Listing,
    PageAnswer,
    PageRequest,
    envelope,
    ocpi_time,
)
from pipelines.simulator.render_ocpi_2_2_1 import (
    Json,
    connector_object,
    evse_object,
    location_object,
)
from pipelines.simulator.world import World

DAY_HEADER = "X-Simulated-Day"
DEFAULT_PAGE_LIMIT = 500
_SUCCESS, _INVALID, _UNKNOWN_LOCATION = 1000, 2001, 2003


class _Refused(Exception):
    """A request that gets an envelope with a 2xxx code."""

    def __init__(self, http_status: int, status_code: int, message: str) -> None:
        super().__init__(message)
        self.http_status, self.status_code, self.message = http_status, status_code, message


def create_app(
    world: World,
    *,
    clock: SimClock,
    token: str | None = None,
    page_limit: int = DEFAULT_PAGE_LIMIT,
    faults: FaultPlan | None = None,
) -> Starlette:
    """The simulator as an ASGI application; without a token everybody is let in."""
    service = _Service(world, clock, token, page_limit, faults or FaultPlan(()), Listing(world))
    base = "/ocpi/2.2.1"
    routes = [
        Route("/ocpi/versions", service.answering(service.versions)),
        Route(base, service.answering(service.details)),
        Route(f"{base}/locations/{{location}}", service.answering(service.one_location)),
        Route(f"{base}/locations/{{location}}/{{evse}}", service.answering(service.one_location)),
        Route(
            f"{base}/locations/{{location}}/{{evse}}/{{connector}}",
            service.answering(service.one_location),
        ),
        Route("/clock", service.clock_read, methods=["GET"]),
        Route("/clock", service.clock_set, methods=["PUT"]),
    ]
    routes += [
        Route(f"{base}/{module}", service.answering(service.listed), name=module)
        for module in MODULES
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: service.not_found})


@dataclass(frozen=True)
class _Service:
    """The handlers; one instance per application."""

    world: World
    clock: SimClock
    token: str | None
    page_limit: int
    faults: FaultPlan
    listing: Listing

    def answering(
        self, handler: Callable[[Request, date], Response]
    ) -> Callable[[Request], Response]:
        """A route: checks the token and the day, and turns refusals into envelopes."""

        # Not async: rendering takes up to half a second, so it belongs into a worker thread.
        def endpoint(request: Request) -> Response:
            day = self.clock.day
            try:
                self._check_token(request.headers.get("Authorization"))
                day = self._day(request)
                return handler(request, day)
            except _Refused as refused:
                return _answer(
                    None,
                    day=day,
                    status_code=refused.status_code,
                    message=refused.message,
                    http_status=refused.http_status,
                )

        return endpoint

    def versions(self, request: Request, day: date) -> Response:
        return _answer([{"version": "2.2.1", "url": f"{_origin(request)}/ocpi/2.2.1"}], day=day)

    def details(self, request: Request, day: date) -> Response:
        base = f"{_origin(request)}/ocpi/2.2.1"
        endpoints = [
            {"identifier": module, "role": "SENDER", "url": f"{base}/{module}"}
            for module in MODULES
        ]
        return _answer({"version": "2.2.1", "endpoints": endpoints}, day=day)

    def listed(self, request: Request, day: date) -> Response:
        module = request.url.path.rsplit("/", 1)[-1]
        query = request.query_params
        page = PageRequest(
            module=module,
            day=day,
            offset=_whole_number(query.get("offset"), "offset", least=0, default=0),
            limit=min(
                self.page_limit,
                _whole_number(query.get("limit"), "limit", least=1, default=self.page_limit),
            ),
            date_from=_moment(query.get("date_from"), "date_from"),
            date_to=_moment(query.get("date_to"), "date_to"),
        )
        answer = self.listing.answer(page, module_url=f"{_origin(request)}/ocpi/2.2.1/{module}")
        self.faults.strike(answer)
        return _page_response(answer)

    def one_location(self, request: Request, day: date) -> Response:
        wanted = request.path_params
        location = self._found(wanted["location"], day)
        found: Json = location_object(location)
        if "evse" in wanted:
            evse = _evse_of(location, wanted["evse"])
            found = evse_object(evse)
            if "connector" in wanted:
                found = _connector_of(evse, wanted["connector"])
        return _answer(found, day=day)

    async def clock_read(self, request: Request) -> Response:
        state = {"day": self.clock.day.isoformat(), "stands": self.clock.stands}
        return Response(msgspec.json.encode(state), media_type="application/json")

    async def clock_set(self, request: Request) -> Response:
        try:
            wanted = msgspec.json.decode(await request.body(), type=dict[str, date | None])["day"]
        except (msgspec.DecodeError, KeyError):
            message = b'{"error":"send {\\"day\\": \\"YYYY-MM-DD\\"}, or null for the real date"}'
            return Response(message, status_code=400, media_type="application/json")
        self.clock.set(wanted)
        return await self.clock_read(request)

    async def not_found(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return _answer(
            None,
            day=self.clock.day,
            status_code=2000,
            message=f"nothing at {request.method} {request.url.path}",
            http_status=status,
        )

    def _check_token(self, header: str | None) -> None:
        if self.token is None:
            return
        scheme, _, sent = (header or "").partition(" ")
        raw = self.token.encode()
        accepted = (raw, base64.b64encode(raw))
        offered = sent.strip().encode()
        # Both are compared whatever the first gives, so that the time tells nothing.
        matches = [hmac.compare_digest(offered, form) for form in accepted]
        if scheme != "Token" or not any(matches):
            raise _Refused(401, _INVALID, "send Authorization: Token <base64 of the token>")

    def _day(self, request: Request) -> date:
        asked = request.headers.get(DAY_HEADER)
        if asked is None:
            return self.clock.day
        try:
            return date.fromisoformat(asked)
        except ValueError:
            raise _Refused(400, _INVALID, f"{DAY_HEADER} must be YYYY-MM-DD") from None

    def _found(self, identifier: str, day: date) -> SimLocation:
        for ref in self.world.roster(day):
            if self.world.location_id(ref, day) == identifier:
                return self.world.location(ref, day)
        raise _Refused(404, _UNKNOWN_LOCATION, "Unknown Location")


def _evse_of(location: SimLocation, uid: str) -> SimEvse:
    for evse in location.evses:
        if evse.uid == uid:
            return evse
    raise _Refused(404, _UNKNOWN_LOCATION, "Unknown EVSE")


def _connector_of(evse: SimEvse, identifier: str) -> Json:
    for connector in evse.connectors:
        if connector.id == identifier:
            return connector_object(connector)
    raise _Refused(404, _UNKNOWN_LOCATION, "Unknown Connector")


def _whole_number(text: str | None, name: str, *, least: int, default: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise _Refused(400, _INVALID, f"{name} must be a whole number from {least}")
    return int(text)


def _moment(text: str | None, name: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _Refused(
            400, _INVALID, f"{name} must be a time such as 2026-01-05T00:00:00Z"
        ) from None
    # OCPI times are UTC, also where they do not say so.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _origin(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _answer(
    data: object | None,
    *,
    day: date,
    status_code: int = _SUCCESS,
    message: str = "Success",
    http_status: int = 200,
) -> Response:
    encoded = None if data is None else msgspec.json.encode(data)
    body = envelope(encoded, status_code=status_code, status_message=message, day=day)
    return Response(body, status_code=http_status, media_type="application/json")


def _page_response(answer: PageAnswer) -> Response:
    headers = {"X-Limit": str(answer.request.limit), "X-Total-Count": str(answer.total)}
    if answer.next_link:
        headers["Link"] = f'<{answer.next_link}>; rel="next"'
    headers.update(answer.headers)
    if answer.declared_length is not None:
        headers["Content-Length"] = str(answer.declared_length)
    body = answer.body
    if body is None:
        data = b"[" + b",".join(answer.records) + b"]" if answer.status_code < 2000 else None
        body = envelope(
            data,
            status_code=answer.status_code,
            status_message=answer.status_message,
            day=answer.request.day,
        )
    # An empty value stands for a header that a fault has taken away.
    sent = {name: value for name, value in headers.items() if value}
    return Response(body, answer.http_status, sent, media_type=answer.content_type)


__all__ = ["DAY_HEADER", "DEFAULT_PAGE_LIMIT", "create_app", "ocpi_time"]
