"""Prices written as Eco-Movement writes them: of payment products and of connectors.

Belongs here: `Offer` -> price, `ConnectorPricing` -> row, a tariff's price -> deprecated price, as
JSON. Does not belong here: which prices there are (`products.py`).
"""

from __future__ import annotations

import msgspec

from pipelines.simulator.entities import SimRestrictions
from pipelines.simulator.products import ConnectorPricing, Offer, Product
from pipelines.simulator.render_ocpi_2_2_1 import Json, given, restrictions_object

_encode = msgspec.json.Encoder(decimal_format="number").encode
_RESTRICTIONS = (
    "start_time", "end_time", "start_date", "end_date", "min_duration", "max_duration",
    "day_of_week", "min_power", "max_power",
)  # fmt: skip


def price_json(offer: Offer) -> bytes:
    """A price of `/prices`; restrictions come as an object, null, or a list of one."""
    shape = offer.product.key % 3
    return _encode(
        {
            "id": offer.price_id,
            "partner": offer.product.partner,
            "product": _product(offer),
            "elements": [
                {
                    "price_components": [
                        given(
                            type=component.type,
                            price_excl_vat=component.price,
                            vat=round(component.vat) if component.vat is not None else None,
                            step_size=component.step_size,
                        )
                        for component in element.components
                    ],
                    "restrictions": _restrictions(element.restrictions, shape=shape),
                }
                for element in offer.elements
            ],
        }
    )


def connector_pricing_json(row: ConnectorPricing) -> bytes:
    """A row of `/prices/connector_prices`."""
    record: Json = {
        "location_id": row.location_id,
        "evse_uid": row.evse_uid,
        "connector_id": row.connector_id,
    }
    if row.price_ids is not None:
        record["pricing_ids"] = row.price_ids
    return _encode(record)


def deprecated_price_json(offer: Offer, *, pricing_id: str) -> bytes:
    """A price as connectors name it by `pricing_id`."""
    elements = [
        given(
            type=component.type,
            price_excl_vat=component.price,
            vat=round(component.vat) if component.vat is not None else None,
        )
        for element in offer.elements
        for component in element.components
    ]
    return _encode(
        {
            "id": pricing_id,
            "price_list": {
                "partner": offer.product.partner,
                "product": _product(offer),
                "elements": elements,
            },
        }
    )


def _product(offer: Offer) -> Json:
    product: Product = offer.product
    return given(
        id=product.id,
        name=product.name,
        description=product.description,
        type=product.type,
        subscription_type=product.subscription_type,
        subscription_fee_excl_vat=f"{offer.fee:.2f}",
        currency=offer.currency,
    )


def _restrictions(restrictions: SimRestrictions | None, *, shape: int) -> Json | list[Json] | None:
    if restrictions is None:
        return None
    held = {
        name: value
        for name, value in restrictions_object(restrictions).items()
        if name in _RESTRICTIONS
    }
    return [held] if shape == 0 else held
