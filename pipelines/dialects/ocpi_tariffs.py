"""Tariffs of the OCPI family: the attributes that versions 2.1.1, 2.2 and 2.2.1 share.

Belongs here: declarations used by several dialects. Does not belong here: how a party scopes
ids (the dialect's own file), what a price means (dbt).
"""

from __future__ import annotations

from pipelines.dialects.declare import Field, Rows, read
from pipelines.dialects.ocpi_locations import ENERGY_SOURCE, ENVIRONMENTAL_IMPACT

RESTRICTIONS = (
    read("start_time", "restrictions.start_time"),
    read("end_time", "restrictions.end_time"),
    read("start_date", "restrictions.start_date"),
    read("end_date", "restrictions.end_date"),
    read("min_kwh", "restrictions.min_kwh"),
    read("max_kwh", "restrictions.max_kwh"),
    read("min_current_a", "restrictions.min_current"),
    read("max_current_a", "restrictions.max_current"),
    read("min_power_kw", "restrictions.min_power"),
    read("max_power_kw", "restrictions.max_power"),
    read("min_duration_s", "restrictions.min_duration"),
    read("max_duration_s", "restrictions.max_duration"),
    read("days_of_week", "restrictions.day_of_week"),
    read("reservation", "restrictions.reservation"),
)


TARIFF_FIELDS = (
    read("currency"),
    read("tariff_type", "type"),
    read("tariff_alt_url"),
    # Some 2.2 feeds send a bare number; OCPI prices exclude VAT unless they say not.
    read("min_price_excl_vat", "min_price.excl_vat", is_bare=True),
    read("min_price_incl_vat", "min_price.incl_vat"),
    read("max_price_excl_vat", "max_price.excl_vat", is_bare=True),
    read("max_price_incl_vat", "max_price.incl_vat"),
    read("start_date_time"),
    read("end_date_time"),
    read("energy_supplier_name", "energy_mix.supplier_name"),
    read("energy_product_name", "energy_mix.energy_product_name"),
    read("is_green_energy", "energy_mix.is_green_energy"),
)
TARIFF_LISTS = (
    Rows("tariff_freshness", at="", fields=(read("last_updated"),)),
    Rows(
        "tariff_alt_text",
        at="tariff_alt_text[]",
        fields=(read("language"), read("text", is_bare=True)),
    ),
    Rows("tariff_energy_source", at="energy_mix.energy_sources[]", fields=ENERGY_SOURCE),
    Rows(
        "tariff_environmental_impact",
        at="energy_mix.environ_impact[]",
        fields=ENVIRONMENTAL_IMPACT,
    ),
)


def elements(time_unit: str) -> Rows:
    """Elements with their price components; `time_unit` is what a price of time is for."""
    return Rows(
        "tariff_element",
        at="elements[]",
        fields=RESTRICTIONS,
        children=(
            Rows(
                "price_component",
                at="price_components[]",
                constants={"time_unit": time_unit},
                fields=(
                    read("dimension", "type"),
                    read("price"),
                    read("vat_percent", "vat"),
                    read("step_size"),
                ),
            ),
        ),
    )


def tariffs(
    *, party_fields: tuple[Field, ...] = (), constants: dict[str, str] | None = None
) -> Rows:
    """Rows of a tariff with everything below it; `party_fields` scope its ids, if any do."""
    return Rows(
        "tariff",
        at="",
        constants=constants or {},
        fields=(*party_fields, read("tariff_id", "id"), *TARIFF_FIELDS),
        children=(*TARIFF_LISTS, elements("hour")),
    )
