"""The simulated world as the API of Eco-Movement.

Belongs here: addresses and what each answers. Does not belong here: how it is written
(`render_eco_*.py`), tokens, days and refusals (`service.py`).

    GET /eco/ocpi/cpo/2.1.1/locations                  limit, offset, date_from, date_to
    GET /eco/ocpi/cpo/2.1.1/locations/{id}             with cards, occupancy and derived hours
    GET /eco/ocpi/cpo/2.1.1/evse?evse_id=
    GET /eco/ocpi/cpo/2.1.1/tariffs, .../prices        (these are the deprecated prices)
    GET /prices, /prices/connector_prices              limit, last_record

The price lists are paged by the `X-Last-Record` of each answer, which is empty on the last page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipelines.simulator.aggregator import Aggregator, Gathered
from pipelines.simulator.eco_attributes import details, enriched
from pipelines.simulator.entities import SimLocation
from pipelines.simulator.paging import (
    DayFeed,
    Feed,
    Listing,
    TimelessFeed,
    cursor_at,
    place_of,
)
from pipelines.simulator.products import Product, Products
from pipelines.simulator.refusals import INVALID, UNKNOWN_LOCATION, Refused
from pipelines.simulator.render_eco_movement import (
    eco_location_object,
    eco_tariff_json,
)
from pipelines.simulator.render_eco_prices import (
    connector_pricing_json,
    deprecated_price_json,
    price_json,
)
from pipelines.simulator.render_ocpi_2_2_1 import Json
from pipelines.simulator.service import Service, origin, page_request, page_response

BASE: Final = "/eco/ocpi/cpo/2.1.1"
PAGE_LIMIT: Final = 1000
PAGE_LIMIT_WITH_DETAILS: Final = 500
PRICES_PAGE_LIMIT: Final = 10_000

_encode = msgspec.json.Encoder(decimal_format="number").encode


def zone_less_envelope(
    data: bytes | None, *, status_code: int, status_message: str, day: date
) -> bytes:
    """The OCPI envelope with a time without zone."""
    head = b"{" if data is None else b'{"data":' + data + b","
    rest = {
        "status_code": status_code,
        "status_message": status_message,
        "timestamp": f"{day.isoformat()}T00:00:00",
    }
    return head + msgspec.json.encode(rest)[1:]


class EcoMovement:
    """The handlers; one instance per application.

    With `has_details_in_bulk` the list has the attributes of the single locations too, and half
    as many locations a page.
    """

    def __init__(
        self,
        service: Service,
        *,
        page_limit: int | None,
        prices_page_limit: int = PRICES_PAGE_LIMIT,
        has_details_in_bulk: bool = False,
    ) -> None:
        self._service, self._world = service, service.world
        self._aggregator = Aggregator(service.world)
        self._products = Products(self._aggregator)
        self._has_details_in_bulk = has_details_in_bulk
        most = PAGE_LIMIT_WITH_DETAILS if has_details_in_bulk else PAGE_LIMIT
        self._page_limit = min(most, page_limit or most)
        self._prices_page_limit = prices_page_limit
        world, products = service.world, self._products
        self._listing = Listing(
            world,
            {
                "locations": DayFeed(
                    self._aggregator.roster,
                    lambda gathered, day: _encode(
                        self._location(gathered, day, with_details=has_details_in_bulk)
                    ),
                    lambda gathered, day: (
                        self._aggregator.location(gathered, day).location.last_updated
                    ),
                ),
                "tariffs": DayFeed(
                    world.tariff_roster,
                    lambda plan, day: eco_tariff_json(world.tariff(plan, day)),
                    lambda plan, day: world.tariff(plan, day).last_updated,
                ),
                "deprecated_prices": TimelessFeed(self._deprecated, self._deprecated_json),
                "prices": TimelessFeed(
                    products.roster,
                    lambda product, day: price_json(products.offer(product, day)),
                ),
                "connector_prices": TimelessFeed(
                    products.connector_rows, lambda row, day: connector_pricing_json(row)
                ),
            },
        )

    @property
    def feeds(self) -> Mapping[str, Feed]:
        """The modules by name."""
        return self._listing.feeds

    def routes(self) -> list[Route]:
        answering = self._service.answering
        listed = {"locations": "locations", "tariffs": "tariffs", "prices": "deprecated_prices"}
        return [
            *(
                Route(f"{BASE}/{path}", answering(partial(self._listed, path, module)))
                for path, module in listed.items()
            ),
            Route(f"{BASE}/locations/{{location}}", answering(self._one_location)),
            Route(f"{BASE}/evse", answering(self._evse)),
            Route("/prices", answering(partial(self._by_cursor, "prices"))),
            Route(
                "/prices/connector_prices",
                answering(partial(self._by_cursor, "connector_prices")),
            ),
        ]

    def _listed(self, path: str, module: str, request: Request, day: date) -> Response:
        page = page_request(request, module, day=day, page_limit=self._page_limit)
        return self._service.page(self._listing, page, module_url=f"{origin(request)}{BASE}/{path}")

    def _by_cursor(self, module: str, request: Request, day: date) -> Response:
        page = page_request(request, module, day=day, page_limit=self._prices_page_limit)
        cursor = request.query_params.get("last_record")
        if cursor:
            page = replace(page, offset=_place(cursor))
        answer = self._listing.answer(
            page, module_url=str(request.url), enclosing=self._service.enclosing
        )
        # Empty on the last page, whose records count too.
        answer.last_record = cursor_at(page.offset + page.limit) if answer.next_link else ""
        self._service.faults.strike(answer)
        return page_response(answer)

    def _one_location(self, request: Request, day: date) -> Response:
        gathered = self._aggregator.found(request.path_params["location"], day)
        if gathered is None:
            raise Refused(404, UNKNOWN_LOCATION, "Unknown Location")
        return self._one(gathered, day, with_details=True)

    def _evse(self, request: Request, day: date) -> Response:
        evse_id = request.query_params.get("evse_id", "")
        gathered = self._aggregator.with_evse(evse_id, day) if evse_id else None
        if gathered is None:
            raise Refused(200, INVALID, f"evse_id {evse_id} is not valid")
        return self._one(gathered, day, with_details=False)

    def _one(self, gathered: Gathered, day: date, *, with_details: bool) -> Response:
        body = self._service.enclosing(
            _encode(self._location(gathered, day, with_details=with_details)),
            status_code=1000,
            status_message="Success",
            day=day,
        )
        return Response(body, media_type="application/json")

    def _location(self, gathered: Gathered, day: date, *, with_details: bool) -> Json:
        shown = self._aggregator.location(gathered, day)
        number, location = self._world.day_number(day), shown.location
        fill_all = self._world.fill == "all"
        found = eco_location_object(
            shown,
            enriched=enriched(shown.key, location, day=number, fill_all=fill_all),
            pricing_id=partial(self._pricing_id, location, day),
        )
        return {**found, **details(shown.key, day=number)} if with_details else found

    def _pricing_id(self, location: SimLocation, day: date, tariff_id: str) -> str | None:
        plan = self._world.tariff_plan(location.country_code, location.party_id, tariff_id)
        return self._products.pricing_id(plan, day) if plan else None

    def _deprecated(self, day: date) -> tuple[Product, ...]:
        return tuple(one for one in self._products.roster(day) if one.tariff is not None)

    def _deprecated_json(self, product: Product, day: date) -> bytes:
        if product.tariff is None:
            raise LookupError(f"the product {product.name} is no tariff's")
        pricing_id = self._products.pricing_id(product.tariff, day)
        return deprecated_price_json(self._products.offer(product, day), pricing_id=pricing_id)


def _place(cursor: str) -> int:
    place = place_of(cursor)
    if place is None:
        raise Refused(400, INVALID, f"last_record {cursor} is not valid")
    return place
