"""The simulated world as the OMNI API of Voltality.

Belongs here: addresses and what each answers. Does not belong here: how it is written
(`render_voltality.py`), tokens, days and refusals (`service.py`).

    GET /omni/v1/locations      {"locations": [{"location": {...}, "distance_meters": n}]}
    GET /omni/v1/locations/{uid}                            {"location": {...}}
    GET /omni/v1/evses          a bare list of all EVSEs, without their locations
    GET /omni/v1/tariffs        {"tariffs": [...]}

Everything comes on one page; `limit` and `offset` are heeded where they are sent. The token is
sent as `Authorization: Bearer`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache, partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipelines.simulator.admission import Door
from pipelines.simulator.entities import SimEvse, SimLocation
from pipelines.simulator.paging import DayFeed, Feed, Listing, TimelessFeed
from pipelines.simulator.refusals import UNKNOWN_LOCATION, Refused
from pipelines.simulator.render_voltality import (
    enclosure,
    encode,
    evse_object,
    listed_location_json,
    location_object,
    tariff_object,
)
from pipelines.simulator.service import Service, origin, page_request, page_response
from pipelines.simulator.world import LocationRef

BASE: Final = "/omni/v1"
_EVERYTHING: Final = 10**9
# The name under which a list stands; EVSEs come bare.
_LIST_NAMES = {"locations": "locations", "tariffs": "tariffs", "evses": None}


class Voltality:
    """The handlers; one instance per application."""

    def __init__(self, service: Service) -> None:
        self._service = replace(
            service,
            door=Door(("Bearer",), takes_base64=False),
            enclosing=partial(enclosure, "locations"),
        )
        world = self._world = service.world
        self._evses = lru_cache(maxsize=1)(self._evses_of)
        self._listing = Listing(
            world,
            {
                "locations": DayFeed(
                    world.roster,
                    self._listed_location,
                    lambda ref, day: world.location(ref, day).last_updated,
                ),
                "evses": TimelessFeed(self._evses, self._evse),
                "tariffs": DayFeed(
                    world.tariff_roster,
                    lambda plan, day: encode(tariff_object(world.tariff(plan, day))),
                    lambda plan, day: world.tariff(plan, day).last_updated,
                ),
            },
        )

    @property
    def feeds(self) -> Mapping[str, Feed]:
        """The modules by name."""
        return self._listing.feeds

    def routes(self) -> list[Route]:
        answering = self._service.answering
        return [
            *(
                Route(f"{BASE}/{module}", answering(partial(self._listed, module)))
                for module in _LIST_NAMES
            ),
            Route(f"{BASE}/locations/{{location}}", answering(self._one_location)),
        ]

    def _listed(self, module: str, request: Request, day: date) -> Response:
        page = page_request(request, module, day=day, page_limit=_EVERYTHING)
        answer = self._listing.answer(
            page,
            module_url=f"{origin(request)}{BASE}/{module}",
            enclosing=partial(enclosure, _LIST_NAMES[module]),
        )
        # Neither a total nor a link: paging is not documented.
        answer.headers |= {"X-Total-Count": "", "X-Limit": ""}
        answer.next_link = None
        self._service.faults.strike(answer)
        return page_response(answer)

    def _one_location(self, request: Request, day: date) -> Response:
        wanted = request.path_params["location"]
        number = self._world.day_number(day)
        for ref in self._world.roster(day):
            found = location_object(self._world.location(ref, day), day=number)
            if found["uid"] == wanted:
                return Response(encode({"location": found}), media_type="application/json")
        raise Refused(404, UNKNOWN_LOCATION, "Unknown location")

    def _listed_location(self, ref: LocationRef, day: date) -> bytes:
        location = self._world.location(ref, day)
        return listed_location_json(location, day=self._world.day_number(day))

    def _evses_of(self, day: date) -> Sequence[tuple[SimEvse, SimLocation]]:
        return [
            (evse, location) for location in self._world.locations(day) for evse in location.evses
        ]

    def _evse(self, item: tuple[SimEvse, SimLocation], day: date) -> bytes:
        evse, location = item
        return encode(evse_object(evse, location, day=self._world.day_number(day)))
