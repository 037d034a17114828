"""The simulated world over HTTP: one server, one world, every dialect.

Belongs here: the application put together, and the addresses that belong to no dialect. Does not
belong here: what exists (`world.py`), the addresses of a dialect (`routes_*.py`), mistakes
(`faults.py`), threads and sockets (`running.py`).

    GET      /ocpi/versions
    GET, PUT /clock                                          {"day": "2026-01-05"} or null

The header `X-Simulated-Day: YYYY-MM-DD` asks for a day other than the one the clock stands at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipelines.simulator import routes_ocpi_2_1_1, routes_ocpi_2_2_1
from pipelines.simulator.admission import Admission, Door
from pipelines.simulator.clock import SimClock
from pipelines.simulator.faults import FaultPlan
from pipelines.simulator.paging import Listing, ocpi_time
from pipelines.simulator.refusals import GENERIC_CLIENT_ERROR
from pipelines.simulator.routes_eco_movement import (
    PRICES_PAGE_LIMIT,
    EcoMovement,
    zone_less_envelope,
)
from pipelines.simulator.routes_ocpi_2_1_1 import REGISTRATION_DOOR, Ocpi211
from pipelines.simulator.routes_ocpi_2_2_1 import Ocpi221
from pipelines.simulator.routes_voltality import Voltality
from pipelines.simulator.service import DAY_HEADER, Service, origin
from pipelines.simulator.world import World

DEFAULT_PAGE_LIMIT = 500


def create_app(
    world: World,
    *,
    clock: SimClock,
    token: str | None = None,
    page_limit: int | None = None,
    faults: FaultPlan | None = None,
    prices_page_limit: int = PRICES_PAGE_LIMIT,
    has_details_in_bulk: bool = False,
    registration_token: str | None = None,
) -> Starlette:
    """The simulator as an ASGI application; without a token everybody is let in.

    `page_limit` caps and defaults the pages of every dialect; without it each has its own.
    `has_details_in_bulk`: Eco-Movement's list has the attributes of its single locations.
    `registration_token` opens a registration by OCPI 2.1.1 and nothing else.
    """
    service = Service(
        world=world,
        clock=clock,
        faults=faults or FaultPlan(()),
        admission=Admission(token, registration_token),
    )
    either = Door(("Token", "Bearer"), takes_base64=False)
    eco = replace(service, door=either, enclosing=zone_less_envelope)
    ocpi_limit = page_limit or DEFAULT_PAGE_LIMIT
    common = _Common(service)
    routes = [
        *common.routes(),
        *Ocpi221(service, ocpi_limit, Listing(world)).routes(),
        *Ocpi211.of(service, page_limit=ocpi_limit).routes(),
        *EcoMovement(
            eco,
            page_limit=page_limit,
            prices_page_limit=prices_page_limit,
            has_details_in_bulk=has_details_in_bulk,
        ).routes(),
        *Voltality(service).routes(),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: common.not_found})


@dataclass(frozen=True)
class _Common:
    """The versions, the clock, and what is answered where nothing is."""

    service: Service

    def routes(self) -> list[Route]:
        return [
            Route("/ocpi/versions", self.service.answering(self.versions, door=REGISTRATION_DOOR)),
            Route("/clock", self.clock_read, methods=["GET"]),
            Route("/clock", self.clock_set, methods=["PUT"]),
        ]

    def versions(self, request: Request, day: date) -> Response:
        bases = {"2.2.1": routes_ocpi_2_2_1.BASE, "2.1.1": routes_ocpi_2_1_1.DETAILS}
        versions = [
            {"version": version, "url": f"{origin(request)}{base}"}
            for version, base in bases.items()
        ]
        return self.service.answer(versions, day=day)

    async def clock_read(self, request: Request) -> Response:
        clock = self.service.clock
        state = {"day": clock.day.isoformat(), "stands": clock.stands}
        return Response(msgspec.json.encode(state), media_type="application/json")

    async def clock_set(self, request: Request) -> Response:
        try:
            wanted = msgspec.json.decode(await request.body(), type=dict[str, date | None])["day"]
        except (msgspec.DecodeError, KeyError):
            message = b'{"error":"send {\\"day\\": \\"YYYY-MM-DD\\"}, or null for the real date"}'
            return Response(message, status_code=400, media_type="application/json")
        self.service.clock.set(wanted)
        return await self.clock_read(request)

    async def not_found(self, request: Request, error: Exception) -> Response:
        return self.service.answer(
            None,
            day=self.service.clock.day,
            status_code=GENERIC_CLIENT_ERROR,
            message=f"nothing at {request.method} {request.url.path}",
            http_status=error.status_code if isinstance(error, HTTPException) else 500,
        )


__all__ = ["DAY_HEADER", "DEFAULT_PAGE_LIMIT", "create_app", "ocpi_time"]
