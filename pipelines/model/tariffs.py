"""Tables of OCPI tariffs.

Belongs here: declarations of `tariff`, its elements (restrictions as columns) and components.
Prices exclude VAT up to OCPI 2.2.1; a VAT that is not stated is NULL, never 0.
"""

from __future__ import annotations

from pipelines.model.declare import (
    UNREADABLE,
    Table,
    Type,
    code,
    codes,
    day,
    flag,
    key,
    moment,
    money,
    number,
    text,
    whole,
)
from pipelines.model.locations import CONTENT_KEY, PARTY

TARIFF_ID = key("tariff_id", "Id of the tariff in the source, within its party.")
TARIFF_KEY = ("party", "tariff_id")
ELEMENT_INDEX = key("element_index", "Position of the element, from 0; order decides.", of=Type.INT)
ELEMENT_KEY = (*TARIFF_KEY, "element_index")

CURRENCY_PER_UNIT = "currency of the tariff"

TARIFF = Table(
    name="tariff",
    module="tariffs",
    doc="A tariff as the source publishes it.",
    key=TARIFF_KEY,
    columns=(
        PARTY,
        TARIFF_ID,
        text("currency", "ISO 4217."),
        code("tariff_type", "tariff_type", "REGULAR, AD_HOC_PAYMENT, ...; NULL: applies to all."),
        text("tariff_alt_url", "A page that describes the tariff."),
        money(
            "min_price_excl_vat", "Least price of a session, without VAT.", unit=CURRENCY_PER_UNIT
        ),
        money("min_price_incl_vat", "Least price of a session, with VAT.", unit=CURRENCY_PER_UNIT),
        money(
            "max_price_excl_vat", "Largest price of a session, without VAT.", unit=CURRENCY_PER_UNIT
        ),
        money(
            "max_price_incl_vat", "Largest price of a session, with VAT.", unit=CURRENCY_PER_UNIT
        ),
        moment("start_date_time", "Valid from."),
        moment("end_date_time", "Valid until, exclusive."),
        text("energy_supplier_name", "Energy supplier of the tariff's mix."),
        text("energy_product_name", "The supplier's product."),
        flag("is_green_energy", "All energy of the mix from regenerative sources."),
        money(
            "max_price_per_min_parked_excl_vat",
            "Cap of the price per minute parked, without VAT [Voltality].",
            unit=CURRENCY_PER_UNIT,
        ),
        money(
            "max_price_per_min_parked_incl_vat",
            "Cap of the price per minute parked, with VAT [Voltality].",
            unit=CURRENCY_PER_UNIT,
        ),
        whole("grace_period_s", "Free parking after charging [Voltality].", unit="s"),
    ),
)

TARIFF_FRESHNESS = Table(
    name="tariff_freshness",
    module="tariffs",
    parent="tariff",
    doc="When the source last touched the tariff; apart, because it moves without meaning.",
    key=TARIFF_KEY,
    columns=(PARTY, TARIFF_ID, moment("last_updated", "last_updated as the source says.")),
)

TARIFF_ALT_TEXT = Table(
    name="tariff_alt_text",
    module="tariffs",
    parent="tariff",
    doc="Description of the tariff, per language.",
    key=(*TARIFF_KEY, "content_key"),
    keyed_by="content",
    columns=(
        PARTY,
        TARIFF_ID,
        CONTENT_KEY,
        text("language", "ISO 639-1."),
        text("text", "The description."),
    ),
)

TARIFF_ENERGY_SOURCE = Table(
    name="tariff_energy_source",
    module="tariffs",
    parent="tariff",
    doc="Share of an energy source in the mix of the tariff.",
    key=(*TARIFF_KEY, "content_key"),
    keyed_by="content",
    columns=(
        PARTY,
        TARIFF_ID,
        CONTENT_KEY,
        code("energy_source", "energy_source", "Kind of source."),
        number("percentage", "Share in the mix.", unit="%"),
    ),
)

TARIFF_ENVIRONMENTAL_IMPACT = Table(
    name="tariff_environmental_impact",
    module="tariffs",
    parent="tariff",
    doc="Waste and emission of the tariff's energy mix.",
    key=(*TARIFF_KEY, "content_key"),
    keyed_by="content",
    columns=(
        PARTY,
        TARIFF_ID,
        CONTENT_KEY,
        code("category", "environmental_impact", "Kind of pollutant."),
        number("amount_g_per_kwh", "Amount.", unit="g/kWh"),
    ),
)

TARIFF_ELEMENT = Table(
    name="tariff_element",
    module="tariffs",
    parent="tariff",
    doc="An element of a tariff and its restrictions; NULL restricts nothing, if readable.",
    key=ELEMENT_KEY,
    keyed_by="position",
    columns=(
        PARTY,
        TARIFF_ID,
        ELEMENT_INDEX,
        text("start_time", "From this local time of day.", unit="HH:MM", form="restricting_time"),
        text(
            "end_time",
            "To this local time; 00:00 is the midnight after.",
            unit="HH:MM",
            form="restricting_time",
        ),
        day("start_date", "From this local date, inclusive.", form="restriction"),
        day("end_date", "To this local date, exclusive.", form="restriction"),
        number("min_kwh", "From this energy on.", unit="kWh", form="restriction"),
        number("max_kwh", "Up to this energy.", unit="kWh", form="restriction"),
        number("min_current_a", "From this current on.", unit="A", form="restriction"),
        number("max_current_a", "Up to this current.", unit="A", form="restriction"),
        number("min_power_kw", "From this power on.", unit="kW", form="restriction"),
        number("max_power_kw", "Up to this power.", unit="kW", form="restriction"),
        whole("min_duration_s", "From this duration on.", unit="s", form="restriction"),
        whole("max_duration_s", "Up to this duration.", unit="s", form="restriction"),
        codes("days_of_week", "weekday", "On these days, MONDAY to SUNDAY."),
        code("reservation", "reservation", "The element prices a reservation, not charging."),
        UNREADABLE,
    ),
)

PRICE_COMPONENT = Table(
    name="price_component",
    module="tariffs",
    parent="tariff_element",
    doc="A price within an element: per kWh (ENERGY), `time_unit` (TIME, PARKING_TIME) or session.",
    key=(*ELEMENT_KEY, "component_index"),
    keyed_by="position",
    columns=(
        PARTY,
        TARIFF_ID,
        ELEMENT_INDEX,
        key("component_index", "Position of the component, from 0.", of=Type.INT),
        code("dimension", "tariff_dimension", "ENERGY, FLAT, PARKING_TIME or TIME."),
        money("price", "Price per unit of the dimension, without VAT.", unit=CURRENCY_PER_UNIT),
        number("vat_percent", "VAT; NULL is not stated, never 0.", unit="%"),
        whole("step_size", "Smallest amount billed: Wh (ENERGY) or s (times).", unit="Wh or s"),
        text("time_unit", "What a price of TIME and PARKING_TIME is for: hour (OCPI) or minute."),
    ),
)

TARIFF_PRICE = Table(
    name="tariff_price",
    module="tariffs",
    parent="tariff",
    doc="A price that a tariff states beside its elements, in the unit of the source [Voltality].",
    key=(*TARIFF_KEY, "dimension"),
    columns=(
        PARTY,
        TARIFF_ID,
        key("dimension", "ENERGY, TIME, FLAT or PARKING_TIME."),
        money("price_excl_vat", "Price per `unit`, without VAT.", unit=CURRENCY_PER_UNIT),
        money("price_incl_vat", "Price per `unit`, with VAT.", unit=CURRENCY_PER_UNIT),
        text("unit", "kWh, minute or session; times of OCPI are per hour, these are not."),
    ),
)

TARIFF_TABLES = (
    TARIFF,
    TARIFF_FRESHNESS,
    TARIFF_ALT_TEXT,
    TARIFF_ENERGY_SOURCE,
    TARIFF_ENVIRONMENTAL_IMPACT,
    TARIFF_ELEMENT,
    PRICE_COMPONENT,
    TARIFF_PRICE,
)
