"""The simulated world as an OCPI 2.1.1 platform, CPO and eMSP in one.

Belongs here: addresses and what each answers, registering included. Does not belong here: how it
is written (`render_ocpi_2_1_1.py`), which tokens hold (`admission.py`).

    GET /ocpi/2.1.1                                                   the endpoints of both sides
    GET /ocpi/cpo/2.1.1/{locations,tariffs,sessions,cdrs}   offset, limit, date_from, date_to
    GET /ocpi/cpo/2.1.1/locations/{location}[/{evse}[/{connector}]]
    GET /ocpi/emsp/2.1.1/tokens                             offset, limit, date_from, date_to
    GET, POST, PUT, DELETE /ocpi/{cpo,emsp}/2.1.1/credentials

Both sides list an endpoint of the same name without saying whose it is, as the version has no
roles: the tokens of the CPO side are only received there. A client's own address is not called
back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Final, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipelines.simulator.admission import Door
from pipelines.simulator.charging import Charge, ChargeFeed, Charging
from pipelines.simulator.paging import DayFeed, Listing
from pipelines.simulator.refusals import GENERIC_CLIENT_ERROR, INVALID, UNKNOWN_LOCATION, Refused
from pipelines.simulator.render_ocpi_2_1_1 import (
    cdr_object,
    connector_object,
    encode,
    evse_object,
    location_id,
    location_object,
    session_object,
    tariff_object,
    token_object,
)
from pipelines.simulator.render_ocpi_2_2_1 import Json
from pipelines.simulator.service import Service, origin, page_request
from pipelines.simulator.world import World

T = TypeVar("T")

DETAILS: Final = "/ocpi/2.1.1"
CPO: Final = "/ocpi/cpo/2.1.1"
EMSP: Final = "/ocpi/emsp/2.1.1"
MODULES_DOOR: Final = Door(by_registration=True)
REGISTRATION_DOOR: Final = Door(by_registration=True, to_register=True)
_DEMANDED = {"token": str, "url": str, "party_id": str, "country_code": str}
_OURS: Final = {
    "business_details": {"name": "Simulated platform", "website": "https://platform.example/"},
    "party_id": "SIM",
    "country_code": "NL",
}


@dataclass(frozen=True)
class Ocpi211:
    """The handlers; one instance per application."""

    service: Service
    page_limit: int
    listing: Listing

    @classmethod
    def of(cls, service: Service, *, page_limit: int) -> Ocpi211:
        """The platform of a world."""
        return cls(service, page_limit, Listing(service.world, feeds_of(service.world)))

    def routes(self) -> list[Route]:
        answering = partial(self.service.answering, door=MODULES_DOOR)
        one = answering(self._one_location)
        credentials = self.service.answering_to_body(self._credentials, door=REGISTRATION_DOOR)
        return [
            Route(DETAILS, self.service.answering(self._details, door=REGISTRATION_DOOR)),
            *(
                Route(f"{CPO}/{name}", answering(partial(self._listed, CPO, name)))
                for name in self.listing.feeds
                if name != "tokens"
            ),
            Route(f"{CPO}/locations/{{location}}", one),
            Route(f"{CPO}/locations/{{location}}/{{evse}}", one),
            Route(f"{CPO}/locations/{{location}}/{{evse}}/{{connector}}", one),
            Route(f"{CPO}/tokens", answering(self._only_received)),
            Route(f"{EMSP}/tokens", answering(partial(self._listed, EMSP, "tokens"))),
            *(
                Route(f"{side}/credentials", credentials, methods=["GET", "POST", "PUT", "DELETE"])
                for side in (CPO, EMSP)
            ),
        ]

    def _details(self, request: Request, day: date) -> Response:
        paths = [f"{CPO}/{name}" for name in (*self.listing.feeds, "credentials")]
        paths += [f"{EMSP}/{name}" for name in ("tokens", "credentials")]
        endpoints = [
            {"identifier": path.rsplit("/", 1)[1], "url": f"{origin(request)}{path}"}
            for path in paths
        ]
        return self.service.answer({"version": "2.1.1", "endpoints": endpoints}, day=day)

    def _listed(self, side: str, module: str, request: Request, day: date) -> Response:
        page = page_request(request, module, day=day, page_limit=self.page_limit)
        return self.service.page(self.listing, page, module_url=f"{origin(request)}{side}/{module}")

    def _only_received(self, request: Request, day: date) -> Response:
        raise Refused(405, GENERIC_CLIENT_ERROR, "tokens are received here; ask the eMSP side")

    def _one_location(self, request: Request, day: date) -> Response:
        wanted, world = request.path_params, self.service.world
        # A bare id ends the one with its party in front.
        refs = [
            ref
            for ref in world.roster(day)
            if wanted["location"].endswith(world.location_id(ref, day))
        ]
        locations = (world.location(ref, day) for ref in refs)
        location = _first(locations, lambda found: location_id(found) == wanted["location"])
        found: Json = location_object(location)
        if "evse" in wanted:
            evse = _first(location.evses, lambda found: found.uid == wanted["evse"])
            found = evse_object(evse, location)
            if "connector" in wanted:
                connector = _first(evse.connectors, lambda found: found.id == wanted["connector"])
                found = connector_object(connector, location)
        return self.service.answer(found, day=day)

    def _credentials(self, request: Request, day: date, body: bytes) -> Response:
        admission = self.service.admission
        token = admission.sent_token(request.headers.get("Authorization"))
        is_registered = admission.is_registered(token)
        if request.method == "POST":
            if is_registered:
                raise Refused(405, GENERIC_CLIENT_ERROR, "you are registered; use PUT")
            return self._welcome(request, day, _read_credentials(body))
        if not is_registered or token is None:
            raise Refused(405, GENERIC_CLIENT_ERROR, "you are not registered; use POST")
        if request.method == "GET":
            return self.service.answer(self._ours(request, token), day=day)
        if request.method == "DELETE":
            admission.forget(token)
            return self.service.answer(None, day=day)
        theirs = _read_credentials(body)
        admission.forget(token)
        return self._welcome(request, day, theirs)

    def _welcome(self, request: Request, day: date, theirs: dict[str, Any]) -> Response:
        token = self.service.admission.register(theirs)
        return self.service.answer(self._ours(request, token), day=day)

    def _ours(self, request: Request, token: str) -> Json:
        return {"token": token, "url": f"{origin(request)}/ocpi/versions", **_OURS}


def feeds_of(world: World) -> dict[str, Any]:
    charging = Charging(world)

    def session(charge: Charge, now: datetime) -> bytes:
        return encode(
            session_object(
                charge,
                now=now,
                location=world.location(charge.place, charge.day),
                tariff=charging.tariff_of(charge),
                token=charging.token(charge.token, charge.day),
            )
        )

    def cdr(charge: Charge, now: datetime) -> bytes:
        return encode(
            cdr_object(
                charge,
                location=world.location(charge.place, charge.day),
                tariff=charging.tariff_of(charge),
                token=charging.token(charge.token, charge.day),
            )
        )

    return {
        "locations": DayFeed(
            world.roster,
            lambda ref, day: encode(location_object(world.location(ref, day))),
            lambda ref, day: world.location(ref, day).last_updated,
        ),
        "tariffs": DayFeed(
            world.tariff_roster,
            lambda plan, day: encode(tariff_object(world.tariff(plan, day))),
            lambda plan, day: world.tariff(plan, day).last_updated,
        ),
        "sessions": ChargeFeed(charging, are_bills=False, written=session),
        "cdrs": ChargeFeed(charging, are_bills=True, written=cdr),
        "tokens": DayFeed(
            lambda day: range(charging.tokens),
            lambda number, day: encode(token_object(charging.token(number, day))),
            lambda number, day: charging.token(number, day).last_updated,
        ),
    }


def _first(found: Iterable[T], is_wanted: Callable[[T], bool]) -> T:
    for one in found:
        if is_wanted(one):
            return one
    raise Refused(404, UNKNOWN_LOCATION, "Unknown Location, EVSE or connector")


def _read_credentials(body: bytes) -> dict[str, Any]:
    try:
        theirs = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        theirs = {}
    for name, kind in _DEMANDED.items():
        if not isinstance(theirs.get(name), kind):
            raise Refused(400, INVALID, f"credentials need {name}")
    return theirs
