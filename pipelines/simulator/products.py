"""What charging costs by way of payment, as an aggregator collects it, and for which connector.

Belongs here: payment products, their prices by day, and the prices of each connector. Does not
belong here: how they are written (`render_eco_prices.py`), the operators' tariffs (`pricing.py`).

Every night all prices get new ids, whether their content changed or not. About one reference in
two hundred is an id of the night before; some prices are referenced by nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b

from pipelines.simulator.aggregator import Aggregator, Gathered
from pipelines.simulator.draws import Draws, draw, entity_key, last_event, unit
from pipelines.simulator.eco_attributes import PROVIDERS
from pipelines.simulator.entities import (
    SimPriceComponent,
    SimRestrictions,
    SimTariffElement,
)
from pipelines.simulator.operators import OPERATORS, Operator
from pipelines.simulator.pricing import TariffPlan, price_epoch
from pipelines.simulator.sites import Site
from pipelines.simulator.world import LocationRef

_OFFER, _ACCEPTED, _STALE, _TWICE, _RETIRED = 601, 610, 620, 630, 640
_MSP_PERIOD = 40
_CENT = Decimal("0.01")
_CARDS = tuple((emsp, card) for emsp, names, _ in PROVIDERS for card in names)


@dataclass(frozen=True, slots=True)
class Product:
    """A way to pay at the chargers of one party; `tariff` where it is the operator's own."""

    key: int
    type: str
    partner: str
    id: str | None
    name: str
    description: str | None
    subscription_type: str
    operator: Operator
    tariff: TariffPlan | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A product with its prices of a day."""

    price_id: str
    product: Product
    fee: Decimal
    currency: str
    elements: tuple[SimTariffElement, ...]


@dataclass(frozen=True, slots=True)
class ConnectorPricing:
    """The prices of a connector; `price_ids` None where the attribute is left out."""

    location_id: str
    evse_uid: str
    connector_id: str
    price_ids: tuple[str, ...] | None


class Products:
    """The price lists of an aggregator."""

    def __init__(self, aggregator: Aggregator) -> None:
        self.aggregator = aggregator
        self.world = aggregator.world
        self._by_card: dict[tuple[str, str, str], Product] = {}
        self._subscriptions: dict[str, Product] = {}
        self._others = self._built()
        self._ad_hoc = lru_cache(maxsize=None)(self._ad_hoc_product)
        self._rows = lru_cache(maxsize=1)(self._built_rows)
        self._ids: dict[tuple[int, date], str] = {}

    def roster(self, day: date) -> tuple[Product, ...]:
        """The products of a day: the operators' own tariffs, then cards and subscriptions."""
        published = dict.fromkeys(self.world.tariff_roster(day))
        return (*(self._ad_hoc(plan) for plan in published), *self._others)

    def offer(self, product: Product, day: date) -> Offer:
        """A product with its prices of a day."""
        plan, number = product.tariff, self.world.day_number(day)
        if plan is not None:
            tariff = self.world.tariff(plan, day)
            return Offer(
                self.price_id(product, day), product, Decimal(0), tariff.currency, tariff.elements
            )
        epoch, _ = last_event(product.key, _OFFER, period=_MSP_PERIOD, day=number)
        draws = Draws(draw(product.key, _OFFER + 4, epoch))
        fee = Decimal(draws.between(299, 1299)) * _CENT
        is_free = product.subscription_type == "n/a"
        return Offer(
            self.price_id(product, day),
            product,
            Decimal(0) if is_free else fee,
            "EUR",
            _elements(draws, product),
        )

    def price_id(self, product: Product, day: date) -> str:
        """The id that a price has for one day."""
        found = self._ids.get((product.key, day))
        if found is None:
            if len(self._ids) > 100_000:
                self._ids.clear()
            digest = blake2b(f"{self.world.seed}:{product.key}:{day}".encode(), digest_size=12)
            found = base64.urlsafe_b64encode(digest.digest()).decode()
            self._ids[product.key, day] = found
        return found

    def pricing_id(self, plan: TariffPlan, day: date) -> str:
        """The deprecated id of a tariff's price: another one after each change of the price."""
        epoch = price_epoch(plan, day=self.world.day_number(day))
        return f"{draw(plan.key, _OFFER + 9, epoch):016x}"

    def connector_rows(self, day: date) -> tuple[ConnectorPricing, ...]:
        """The prices of every connector of a day; some rows come twice."""
        return self._rows(day)

    def _built_rows(self, day: date) -> tuple[ConnectorPricing, ...]:
        return tuple(
            row
            for gathered in dict.fromkeys(self.aggregator.roster(day))
            for place in gathered.places
            for row in self._rows_of(gathered, place, day)
        )

    def _rows_of(
        self, gathered: Gathered, place: LocationRef, day: date
    ) -> Iterator[ConnectorPricing]:
        site = self.world.site(place, day)
        shared = self._shared_ids(site, day)
        for uid, connector, tariff_ids in self.world.published_connectors(place, day):
            plans = (
                self.world.tariff_plan(site.country_code, site.party_id, identifier)
                for identifier in tariff_ids
            )
            own = tuple(self.price_id(self._ad_hoc(plan), day) for plan in plans if plan)
            key = entity_key(self.world.seed, f"priced:{uid}", int(connector))
            found: tuple[str, ...] | None = (*own, *shared)
            if unit(key, _STALE) < 0.01 and found:
                stale = self._by_card[(*_CARDS[0], site.country_code + site.party_id)]
                found = (*found, self.price_id(stale, day - timedelta(days=1)))
            if not tariff_ids and unit(key, _STALE + 1) < 0.3:
                found = None if key % 2 else ()
            row = ConnectorPricing(gathered.id, uid, connector, found)
            yield row
            if unit(key, _TWICE) < 0.004:
                yield row

    def _shared_ids(self, site: Site, day: date) -> tuple[str, ...]:
        """Cards and the subscription that all connectors of a site take."""
        party = site.country_code + site.party_id
        cards = [
            self._by_card[emsp, card, party]
            for number, (emsp, card) in enumerate(_CARDS)
            if unit(site.key, _ACCEPTED + number) < 0.6
        ]
        if site.key % 3 == 0:
            cards.append(self._subscriptions[party])
        return tuple(self.price_id(product, day) for product in cards)

    def _ad_hoc_product(self, plan: TariffPlan) -> Product:
        return Product(
            key=entity_key(self.world.seed, "adhoc", plan.key),
            type="adhoc",
            partner=plan.operator.name,
            id=f"{plan.country_code}{plan.party_id}-{plan.id}" if plan.key % 10 else None,
            name=f"{plan.operator.name} ad hoc",
            description=f"Tariff {plan.id}" if plan.key % 2 else None,
            subscription_type="n/a",
            operator=plan.operator,
            tariff=plan,
        )

    def _built(self) -> tuple[Product, ...]:
        products: list[Product] = []
        seed = self.world.seed
        for operator in OPERATORS:
            for country, party in operator.parties:
                for emsp, card in _CARDS:
                    key = entity_key(seed, f"card:{country}{party}:{card}")
                    product = Product(
                        key,
                        "msp",
                        emsp,
                        f"{card}-{country}{party}".replace(" ", "").lower(),
                        card,
                        f"{card} at {operator.name}",
                        "month" if "Plus" in card or "Zakelijk" in card else "n/a",
                        operator,
                    )
                    self._by_card[emsp, card, country + party] = product
                    products.append(product)
                key = entity_key(seed, f"subscription:{country}{party}")
                subscription = Product(
                    key,
                    "cpo_subscription",
                    operator.name,
                    f"{operator.key}-plus-{country}".lower(),
                    f"{operator.name} Plus",
                    None,
                    ("month", "yearly", "one-off")[key % 3],
                    operator,
                )
                self._subscriptions[country + party] = subscription
                products.append(subscription)
        # Still listed, although no charger takes it any more.
        retired = entity_key(seed, "retired")
        products.append(
            Product(
                retired, "msp", "Oude Kaart", "oude-kaart", "Oude Kaart", None, "n/a", OPERATORS[0]
            )
        )
        return tuple(products)


def _elements(draws: Draws, product: Product) -> tuple[SimTariffElement, ...]:
    vat = Decimal(19 if product.operator.parties[0][0] == "DE" else 21)
    cents = draws.between(30, 55) + round(25 * product.operator.dc_share)

    def component(kind: str, price: int, step_size: int = 1) -> SimPriceComponent:
        return SimPriceComponent(kind, Decimal(price) * _CENT, vat, step_size)

    elements = [SimTariffElement((component("ENERGY", cents),), None)]
    if draws.chance(0.4):
        elements.append(SimTariffElement((component("FLAT", draws.between(25, 69)),), None))
    if draws.chance(0.3):
        day_time = SimRestrictions(start_time="07:00", end_time="23:00", min_duration=14_400)
        parking = component("PARKING_TIME", draws.between(120, 600), 60)
        elements.append(SimTariffElement((parking,), day_time))
    return tuple(elements)
