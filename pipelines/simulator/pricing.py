"""What charging costs in the simulated world.

Belongs here: the tariffs of each party, their price epochs, and which tariffs a connector names.
Does not belong here: which connectors there are (`sites.py`).

A party has tariffs 0..n-1. Prices are redrawn at events some weeks apart. 3 % of the references
name a tariff that does not exist, as in real feeds (12 % there).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from pipelines.simulator.draws import Draws, draw, entity_key, last_event, unit
from pipelines.simulator.dressing import energy_mix
from pipelines.simulator.entities import (
    SimPrice,
    SimPriceComponent,
    SimRestrictions,
    SimTariff,
    SimTariffElement,
    SimText,
)
from pipelines.simulator.operators import LANGUAGES, OPERATORS, Operator
from pipelines.simulator.sites import Site

_PRICE, _SECOND, _REFERENCE, _AWAY = 201, 210, 220, 230
_LOCATIONS_PER_TARIFF = 15
_VAT = {"NL": Decimal("21.0"), "BE": Decimal("21.0"), "DE": Decimal("19.0")}
_TYPES = ("REGULAR", "AD_HOC_PAYMENT", "PROFILE_CHEAP", "PROFILE_FAST", "PROFILE_GREEN")
_WORKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY")
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class TariffPlan:
    """A tariff as set up; `price_period` is the mean number of days between two prices."""

    key: int
    operator: Operator
    country_code: str
    party_id: str
    id: str
    price_period: int


def tariffs_of_party(operator: Operator, *, locations: int) -> int:
    """How many tariffs each party of an operator publishes."""
    total_weight = sum(other.weight for other in OPERATORS)
    share = operator.weight / total_weight / len(operator.parties)
    return max(3, round(locations * share / _LOCATIONS_PER_TARIFF))


def tariff_plans(seed: int, *, locations: int) -> Iterator[TariffPlan]:
    """Every tariff there ever is, by operator, party and number."""
    for operator in OPERATORS:
        for country_code, party_id in operator.parties:
            for number in range(tariffs_of_party(operator, locations=locations)):
                key = entity_key(seed, f"tariff:{country_code}{party_id}", number)
                yield TariffPlan(
                    key=key,
                    operator=operator,
                    country_code=country_code,
                    party_id=party_id,
                    id=_tariff_id(country_code, party_id, number),
                    price_period=15 + draw(key, _PRICE) % 75,
                )


def tariff_ids_on(site: Site, connector_key: int, *, day: int, locations: int) -> tuple[str, ...]:
    """The tariffs that a connector names on a day."""
    if unit(connector_key, _REFERENCE) >= site.operator.tariff_share:
        return ()
    epoch, _ = last_event(site.key, _REFERENCE + 1, period=200, day=day)
    number = draw(site.key, _REFERENCE + 3, epoch)
    count = tariffs_of_party(site.operator, locations=locations)
    dangling = unit(connector_key, _REFERENCE + 4) < 0.03
    first = count + number % 50 if dangling else number % count
    first_id = _tariff_id(site.country_code, site.party_id, first)
    if unit(connector_key, _REFERENCE + 5) < 0.2:
        second = (first + 1) % count
        return (first_id, _tariff_id(site.country_code, site.party_id, second))
    return (first_id,)


def references_changed_on(site: Site, *, day: int) -> int:
    """The last day on which the connectors of a site began to name other tariffs."""
    return last_event(site.key, _REFERENCE + 1, period=200, day=day)[1]


def _tariff_id(country_code: str, party_id: str, number: int) -> str:
    # Numbers alone on purpose: the same id is used by several parties.
    return f"T{number:05d}" if country_code == "NL" else f"{party_id}-{number:05d}"


def is_published(plan: TariffPlan, *, day: int) -> bool:
    """One tariff in twenty comes and goes."""
    if unit(plan.key, _AWAY) >= 0.05:
        return True
    epoch, _ = last_event(plan.key, _AWAY + 1, period=30, day=day)
    return epoch % 2 == 0


def price_epoch(plan: TariffPlan, *, day: int) -> int:
    """Number of the price change that holds on a day."""
    return last_event(plan.key, _PRICE + 1, period=plan.price_period, day=day)[0]


def tariff_on(plan: TariffPlan, *, day: int, midnight: datetime, fill_all: bool) -> SimTariff:
    """A tariff with the prices of a day; `midnight` is the beginning of that day in UTC."""
    epoch, priced_on = last_event(plan.key, _PRICE + 1, period=plan.price_period, day=day)
    draws = Draws(plan.key)  # how it is set up: the same in every epoch
    prices = Draws(draw(plan.key, _PRICE + 4, epoch))
    language = LANGUAGES[plan.country_code]

    def has(share: float) -> bool:
        return draws.chance(share) or fill_all

    elements = _elements(draws, prices, plan, fill_all=fill_all)
    energy_price = elements[0].components[0].price
    alt_text = SimText(language, f"{energy_price} EUR (excl.)")
    start = midnight - timedelta(days=day) - timedelta(days=draws.between(100, 900))
    # 5 % have already expired, as in the Dutch feed.
    lasting = timedelta(days=draws.between(30, 90) if draws.chance(0.05) else 4000)
    return SimTariff(
        country_code=plan.country_code,
        party_id=plan.party_id,
        id=plan.id,
        currency="EUR",
        type=draws.pick(_TYPES) if has(0.6) else None,
        alt_texts=(alt_text, SimText("en", f"{energy_price} EUR excl. VAT")) if has(0.2) else (),
        alt_url=f"{plan.operator.website}tariffs/{plan.id}" if has(0.15) else None,
        min_price=_amount(Decimal("0.50"), plan) if has(0.05) else None,
        max_price=_amount(Decimal("65.00"), plan) if has(0.05) else None,
        elements=elements,
        start_date_time=start if has(0.2) else None,
        end_date_time=start + lasting if has(0.12) else None,
        energy_mix=energy_mix(draws, fill_all=fill_all) if has(0.1) else None,
        last_updated=_last_updated(plan, epoch, midnight - timedelta(days=day - priced_on)),
    )


def _last_updated(plan: TariffPlan, epoch: int, midnight: datetime) -> datetime:
    """The time of the price change; every twentieth change forgets to move it."""
    if unit(plan.key, _SECOND + 1, epoch) < 0.05:
        midnight -= timedelta(days=plan.price_period)
    return midnight - timedelta(seconds=draw(plan.key, _SECOND, epoch) % 86_400)


def _amount(excluding: Decimal, plan: TariffPlan) -> SimPrice:
    including = excluding * (1 + _VAT[plan.country_code] / 100)
    return SimPrice(excluding, including.quantize(_CENT))


def _elements(
    draws: Draws, prices: Draws, plan: TariffPlan, *, fill_all: bool
) -> tuple[SimTariffElement, ...]:
    vat = _VAT[plan.country_code] if draws.chance(0.3) or fill_all else None
    cents = prices.between(24, 48) + round(30 * plan.operator.dc_share)

    def component(kind: str, price: Decimal, step_size: int = 1) -> SimPriceComponent:
        return SimPriceComponent(kind, price, vat, step_size)

    energy = component("ENERGY", Decimal(cents) * _CENT, 1 if draws.chance(0.7) else 1000)
    elements = [SimTariffElement((energy,), None)]
    if draws.chance(0.15):
        cheap = component("ENERGY", Decimal(cents - 9) * _CENT)
        night = SimRestrictions(start_time="23:00", end_time="07:00")
        elements = [SimTariffElement((cheap,), night), *elements]
    if draws.chance(0.2):
        flat = component("FLAT", Decimal(prices.between(10, 75)) * _CENT)
        elements.append(SimTariffElement((flat,), None))
    if draws.chance(0.25) or fill_all:
        parking = component("PARKING_TIME", Decimal(prices.between(100, 600)) * _CENT, 900)
        elements.append(SimTariffElement((parking,), _parking_restrictions(draws)))
    if draws.chance(0.03) or fill_all:
        time = component("TIME", Decimal(prices.between(60, 240)) * _CENT, 60)
        elements.append(SimTariffElement((time, _parking_free(vat)), _all_restrictions(draws)))
    return tuple(elements)


def _parking_free(vat: Decimal | None) -> SimPriceComponent:
    """A component that costs nothing, as some operators write down."""
    return SimPriceComponent("PARKING_TIME", Decimal("0.00"), vat, 60)


def _parking_restrictions(draws: Draws) -> SimRestrictions:
    return SimRestrictions(
        start_time="08:00",
        end_time=draws.pick(("18:00", "20:00", "00:00")),
        min_duration=draws.pick((3600, 7200, 14_400)),
        day_of_week=_WORKDAYS if draws.chance(0.6) else (),
    )


def _all_restrictions(draws: Draws) -> SimRestrictions:
    year = 2025 + draws.between(0, 1)
    return SimRestrictions(
        start_time="06:30",
        end_time="22:00",
        start_date=date(year, 6, 1),
        end_date=date(year + 1, 6, 1),
        min_kwh=1.5,
        max_kwh=80.0,
        min_current=6.0,
        max_current=500.0,
        min_power=3.7,
        max_power=350.0,
        min_duration=60,
        max_duration=86_400,
        day_of_week=(*_WORKDAYS, "SATURDAY"),
        reservation="RESERVATION_EXPIRES" if draws.chance(0.5) else None,
    )
