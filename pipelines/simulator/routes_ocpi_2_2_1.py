"""The simulated world as an OCPI 2.2.1 sender.

Belongs here: addresses and what each answers. Does not belong here: how it is written
(`render_ocpi_2_2_1.py`), tokens, days and refusals (`service.py`).

    GET /ocpi/2.2.1
    GET /ocpi/2.2.1/locations, /ocpi/2.2.1/tariffs      offset, limit, date_from, date_to
    GET /ocpi/2.2.1/locations/{location}[/{evse}[/{connector}]]

A location id that several parties use is answered with the first of them, as the address has no
party in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipelines.simulator.entities import SimEvse, SimLocation
from pipelines.simulator.paging import Listing
from pipelines.simulator.refusals import UNKNOWN_LOCATION, Refused
from pipelines.simulator.render_ocpi_2_2_1 import (
    Json,
    connector_object,
    evse_object,
    location_object,
)
from pipelines.simulator.service import Service, origin, page_request

BASE: Final = "/ocpi/2.2.1"


@dataclass(frozen=True)
class Ocpi221:
    """The handlers; one instance per application."""

    service: Service
    page_limit: int
    listing: Listing

    def routes(self) -> list[Route]:
        answering = self.service.answering
        one = answering(self.one_location)
        return [
            Route(BASE, answering(self.details)),
            Route(f"{BASE}/locations/{{location}}", one),
            Route(f"{BASE}/locations/{{location}}/{{evse}}", one),
            Route(f"{BASE}/locations/{{location}}/{{evse}}/{{connector}}", one),
            *(Route(f"{BASE}/{name}", answering(self.listed)) for name in self.listing.feeds),
        ]

    def details(self, request: Request, day: date) -> Response:
        endpoints = [
            {"identifier": module, "role": "SENDER", "url": f"{origin(request)}{BASE}/{module}"}
            for module in self.listing.feeds
        ]
        return self.service.answer({"version": "2.2.1", "endpoints": endpoints}, day=day)

    def listed(self, request: Request, day: date) -> Response:
        module = request.url.path.rsplit("/", 1)[-1]
        page = page_request(request, module, day=day, page_limit=self.page_limit)
        return self.service.page(self.listing, page, module_url=f"{origin(request)}{BASE}/{module}")

    def one_location(self, request: Request, day: date) -> Response:
        wanted = request.path_params
        location = self._found(wanted["location"], day)
        found: Json = location_object(location)
        if "evse" in wanted:
            evse = evse_of(location, wanted["evse"])
            found = evse_object(evse)
            if "connector" in wanted:
                found = _connector_of(evse, wanted["connector"])
        return self.service.answer(found, day=day)

    def _found(self, identifier: str, day: date) -> SimLocation:
        world = self.service.world
        for ref in world.roster(day):
            if world.location_id(ref, day) == identifier:
                return world.location(ref, day)
        raise Refused(404, UNKNOWN_LOCATION, "Unknown Location")


def evse_of(location: SimLocation, uid: str) -> SimEvse:
    """The EVSE with a uid; refused where there is none."""
    for evse in location.evses:
        if evse.uid == uid:
            return evse
    raise Refused(404, UNKNOWN_LOCATION, "Unknown EVSE")


def _connector_of(evse: SimEvse, identifier: str) -> Json:
    for connector in evse.connectors:
        if connector.id == identifier:
            return connector_object(connector)
    raise Refused(404, UNKNOWN_LOCATION, "Unknown Connector")
