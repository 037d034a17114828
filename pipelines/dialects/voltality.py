"""Voltality OMNI: protobuf-style JSON without an envelope; status and scores per connector.

A bare list of EVSEs is read too: each gets a location that stands for the unknown one. Prices of
time are per minute here, per hour in OCPI: both say so beside the price. How lists are paged and
authorised is not public: one page and Bearer, unless sources.yml says otherwise.
"""

from __future__ import annotations

from pipelines.dialects.declare import Dialect, Module, Rewrite, Rows, read
from pipelines.dialects.endpoints import Endpoint, Protocol
from pipelines.dialects.ocpi_locations import (
    COORDINATES,
    DISPLAY_TEXT,
    IMAGE,
    LOCATION_FIELDS,
    LOCATION_LISTS,
    ROLES,
    party,
    related_locations,
)
from pipelines.dialects.ocpi_tariffs import TARIFF_FIELDS, TARIFF_LISTS, elements

_NO_PARTY = {"party": ""}

CONNECTOR = Rows(
    "connector",
    at="connectors[]",
    fields=(
        read("connector_id", "uid"),
        read("connector_label", "connector_id"),
        read("standard"),
        read("format"),
        read("power_type"),
        read("voltage_v", "max_voltage"),
        read("amperage_a", "max_amperage"),
        read("max_power_w", "max_electric_power"),
        read("terms_and_conditions"),
        read("physical_reference"),
        read("qr_identifier"),
        read("access_type", "privilege_status"),
        read("is_enabled"),
        read("is_published"),
        read("is_transient_web_enabled"),
    ),
    children=(
        Rows(
            "connector_status",
            at="",
            fields=(
                read("status"),
                read("reliability_score", "reliability"),
                read("uptime_ratio", "uptime"),
                read("is_online", "online"),
            ),
        ),
        Rows("connector_freshness", at="", fields=(read("last_updated"),)),
        Rows("connector_tariff", at="tariff_uids[]", fields=(read("tariff_id", ""),)),
    ),
)

EVSE = Rows(
    "evse",
    at="evses[]",
    fields=(
        read("evse_uid", "uid"),
        read("evse_id"),
        read("capabilities"),
        read("floor_level"),
        *COORDINATES,
        read("physical_reference"),
        read("parking_restrictions"),
        read("protocol"),
        read("max_vehicle_wheels", "max_vehicle_wheels_supported"),
    ),
    children=(
        # The status of an EVSE is that of its connectors: told by the marts.
        Rows("evse_status", at="", fields=(read("last_updated"),)),
        Rows("evse_direction", at="localised_directions[]", fields=DISPLAY_TEXT),
        Rows("evse_image", at="images[]", fields=IMAGE),
        CONNECTOR,
    ),
)

LOCATIONS = Module(
    "locations",
    Rows(
        "location",
        at="",
        constants=_NO_PARTY,
        fields=(
            read("location_id", "uid"),
            *(field for field in LOCATION_FIELDS if field.column != "location_id"),
            read("country_code"),
            read("entity_code"),
            read("is_placeholder"),
        ),
        children=(
            *LOCATION_LISTS,
            *(party(role) for role in ROLES),
            related_locations("related_point"),
            EVSE,
        ),
    ),
    rewrite=Rewrite(unwrap="location", wraps_evses=True),
)


def _stated(dimension: str, unit: str, at: str) -> Rows:
    return Rows(
        "tariff_price",
        at=at,
        constants={"dimension": dimension, "unit": unit},
        fields=(read("price_excl_vat", "excl_vat"), read("price_incl_vat", "incl_vat")),
    )


TARIFFS = Module(
    "tariffs",
    Rows(
        "tariff",
        at="",
        constants=_NO_PARTY,
        fields=(
            read("tariff_id", "uid"),
            *TARIFF_FIELDS,
            read("max_price_per_min_parked_excl_vat", "max_price_per_min_parked.excl_vat"),
            read("max_price_per_min_parked_incl_vat", "max_price_per_min_parked.incl_vat"),
            read("grace_period_s", "grace_period_seconds"),
        ),
        children=(
            *TARIFF_LISTS,
            _stated("ENERGY", "kWh", "price_per_kwh"),
            _stated("TIME", "minute", "price_per_min"),
            _stated("FLAT", "session", "price_flat"),
            _stated("PARKING_TIME", "minute", "price_per_min_parked"),
            elements("minute"),
        ),
    ),
)

DIALECT = Dialect(
    name="voltality",
    protocol=Protocol(
        auth="bearer",
        endpoints=(
            Endpoint(
                module="locations",
                identifier="locations",
                path="locations",
                pagination="none",
                list_keys=("locations", "evses"),
            ),
            Endpoint(
                module="tariffs",
                identifier="tariffs",
                path="tariffs",
                pagination="none",
                list_keys=("tariffs",),
                group="prices",
            ),
        ),
    ),
    modules=(LOCATIONS, TARIFFS),
    ignored={
        "locations:distance_meters": "distance from the point asked about, not of the location",
        "tariffs:country_code": "the party's country; ids do not depend on it",
        "tariffs:elements[].uid": "elements are told apart by their position, which decides",
    },
)
