"""Tables of Eco-Movement's prices: payment products, and the connectors they hold at.

Belongs here: declarations of `price*`, `connector_pricing`, `connector_price`, `deprecated_price*`.
The source's price ids are new whenever a price or product changes, so no history is kept by
them: a price is its content, and `price_key` is a hash of it.
"""

from __future__ import annotations

from pipelines.model.declare import (
    UNREADABLE,
    Column,
    Table,
    Type,
    code,
    codes,
    day,
    key,
    money,
    number,
    text,
    whole,
)
from pipelines.model.evses import CONNECTOR_ID, CONNECTOR_KEY, EVSE_UID
from pipelines.model.locations import LOCATION_ID, PARTY

PRICE_KEY = key("price_key", "Hash of the price's content without its id.")
PRICE_ELEMENT_KEY = ("price_key", "element_index")
ELEMENT_INDEX = key("element_index", "Position of the element, from 0; order decides.", of=Type.INT)
CURRENCY = "currency of the price"


def product_columns() -> tuple[Column, ...]:
    return (
        text("partner", "Owner of the payment product."),
        text("product_id", "Id of the product; may be missing."),
        text("product_name", "Name of the product."),
        text("product_description", "Its description."),
        text("product_type", "msp, adhoc, cpo_subscription, ..."),
        text("subscription_type", "month, yearly, one-off, n/a."),
        money("subscription_fee_excl_vat", "Fee of the subscription, without VAT.", unit=CURRENCY),
        text("currency", "ISO 4217."),
    )


PRICE = Table(
    name="price",
    module="prices",
    doc="A price list of a payment product; alike ones of several ids are one row [EM].",
    key=("price_key",),
    columns=(PRICE_KEY, *product_columns()),
)

PRICE_ELEMENT = Table(
    name="price_element",
    module="prices",
    parent="price",
    doc="An element of a price and its restrictions; NULL restricts nothing, if readable [EM].",
    key=PRICE_ELEMENT_KEY,
    keyed_by="position",
    columns=(
        PRICE_KEY,
        ELEMENT_INDEX,
        text("start_time", "From this local time of day.", unit="HH:MM", form="restricting_time"),
        text("end_time", "To this local time of day.", unit="HH:MM", form="restricting_time"),
        day("start_date", "From this local date, inclusive.", form="restriction"),
        day("end_date", "To this local date, exclusive.", form="restriction"),
        number("min_power_kw", "From this power on.", unit="kW", form="restriction"),
        number("max_power_kw", "Up to this power.", unit="kW", form="restriction"),
        whole("min_duration_s", "From this duration on.", unit="s", form="restriction"),
        whole("max_duration_s", "Up to this duration.", unit="s", form="restriction"),
        codes("days_of_week", "weekday", "On these days, MONDAY to SUNDAY."),
        UNREADABLE,
    ),
)

PRICE_ELEMENT_COMPONENT = Table(
    name="price_element_component",
    module="prices",
    parent="price_element",
    doc="A price within an element: per kWh (ENERGY), hour (TIME, PARKING_TIME) or session [EM].",
    key=(*PRICE_ELEMENT_KEY, "component_index"),
    keyed_by="position",
    columns=(
        PRICE_KEY,
        ELEMENT_INDEX,
        key("component_index", "Position of the component, from 0.", of=Type.INT),
        code("dimension", "tariff_dimension", "ENERGY, FLAT, PARKING_TIME or TIME."),
        money("price_excl_vat", "Price per unit of the dimension, without VAT.", unit=CURRENCY),
        number("vat_percent", "VAT; NULL is not stated, never 0.", unit="%"),
        whole("step_size", "Smallest amount billed: Wh (ENERGY) or s (times).", unit="Wh or s"),
    ),
)

PRICE_SET_KEY = key(
    "price_set_key", "Hash of the prices in the row; a connector may come in several rows."
)

CONNECTOR_PRICING = Table(
    name="connector_pricing",
    module="connector_prices",
    doc="The source has said which prices hold at a connector; without connector_price: none [EM].",
    key=(*CONNECTOR_KEY, "price_set_key"),
    columns=(PARTY, LOCATION_ID, EVSE_UID, CONNECTOR_ID, PRICE_SET_KEY),
)

CONNECTOR_PRICE = Table(
    name="connector_price",
    module="connector_prices",
    parent="connector_pricing",
    doc="A price that holds at a connector [EM].",
    key=(*CONNECTOR_KEY, "price_set_key", "price_key"),
    columns=(
        PARTY,
        LOCATION_ID,
        EVSE_UID,
        CONNECTOR_ID,
        PRICE_SET_KEY,
        key("price_key", "The price; 'dangling' where the snapshot holds none of the id named."),
    ),
)

DEPRECATED_PRICE = Table(
    name="deprecated_price",
    module="deprecated_prices",
    doc="A price of the source's deprecated list, by the id that connectors refer to [EM].",
    key=("pricing_id",),
    columns=(key("pricing_id", "Id, new at every change of price."), *product_columns()),
)

DEPRECATED_PRICE_ELEMENT = Table(
    name="deprecated_price_element",
    module="deprecated_prices",
    parent="deprecated_price",
    doc="An element of a deprecated price [EM].",
    key=("pricing_id", "element_index"),
    keyed_by="position",
    columns=(
        key("pricing_id", "Id, new at every change of price."),
        ELEMENT_INDEX,
        code("dimension", "tariff_dimension", "ENERGY, FLAT, PARKING_TIME or TIME."),
        money("price_excl_vat", "Price per unit of the dimension, without VAT.", unit=CURRENCY),
        number("vat_percent", "VAT; NULL is not stated, never 0.", unit="%"),
    ),
)

PRICE_TABLES = (
    PRICE,
    PRICE_ELEMENT,
    PRICE_ELEMENT_COMPONENT,
    CONNECTOR_PRICING,
    CONNECTOR_PRICE,
    DEPRECATED_PRICE,
    DEPRECATED_PRICE_ELEMENT,
)
