"""Locations of the OCPI family: the attributes that versions 2.1.1, 2.2 and 2.2.1 share.

Belongs here: declarations used by several dialects, tolerant of each other's spellings, because
real feeds mix them (`voltage` in a 2.2 feed). Does not belong here: how a party scopes ids and
how a source is asked (the dialect's own file).
"""

from __future__ import annotations

from pipelines.dialects.declare import Field, Rows, read

IMAGE = (
    read("url", is_bare=True),
    read("thumbnail_url", "thumbnail", "thumbnail_url"),
    read("category"),
    read("image_type", "type"),
    read("width_px", "width"),
    read("height_px", "height"),
)
DISPLAY_TEXT = (read("language"), read("text", is_bare=True))
COORDINATES = (
    read("latitude", "coordinates.latitude"),
    read("longitude", "coordinates.longitude"),
)
ROLES = ("operator", "suboperator", "owner")
ENERGY_SOURCE = (read("energy_source", "source", is_bare=True), read("percentage"))
ENVIRONMENTAL_IMPACT = (
    read("category", "category", "source"),
    read("amount_g_per_kwh", "amount"),
)


def party(role: str, *more: Field) -> Rows:
    """The operator, suboperator or owner of a location; `more` is what one dialect adds."""
    return Rows(
        "location_party",
        at=role,
        constants={"role": role},
        fields=(
            read("name", is_bare=True),
            read("website"),
            read("logo_url", "logo.url", is_bare=True),
            read("logo_thumbnail_url", "logo.thumbnail"),
            read("logo_category", "logo.category"),
            read("logo_type", "logo.type"),
            read("logo_width_px", "logo.width"),
            read("logo_height_px", "logo.height"),
            *more,
        ),
    )


def _exceptions(kind: str) -> Rows:
    return Rows(
        "location_exceptional_period",
        at=f"opening_times.exceptional_{kind}s[]",
        constants={"period_kind": kind},
        fields=(read("period_begin"), read("period_end")),
    )


CONNECTOR = Rows(
    "connector",
    at="connectors[]",
    fields=(
        read("connector_id", "id"),
        read("standard"),
        read("format"),
        read("power_type"),
        read("voltage_v", "max_voltage", "voltage"),
        read("amperage_a", "max_amperage", "amperage"),
        read("max_power_w", "max_electric_power"),
        read("terms_and_conditions"),
    ),
    children=(
        Rows("connector_freshness", at="", fields=(read("last_updated"),)),
        Rows(
            "connector_tariff",
            at=("tariff_ids[]", "tariff_id"),
            fields=(read("tariff_id", ""),),
        ),
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
    ),
    children=(
        Rows("evse_status", at="", fields=(read("status"), read("last_updated"))),
        Rows(
            "evse_status_schedule",
            at="status_schedule[]",
            fields=(read("period_begin"), read("period_end"), read("status")),
        ),
        Rows("evse_direction", at="directions[]", fields=DISPLAY_TEXT),
        Rows("evse_image", at="images[]", fields=IMAGE),
        CONNECTOR,
    ),
)


LOCATION_FIELDS = (
    read("location_id", "id"),
    read("is_published", "publish"),
    read("name"),
    read("address"),
    read("city"),
    read("postal_code"),
    read("state"),
    read("country_iso3", "country"),
    read("country_source", "country"),
    *COORDINATES,
    read("parking_type", "parking_type", "type"),
    read("facilities"),
    read("time_zone"),
    read("is_open_twentyfourseven", "opening_times.twentyfourseven"),
    read("is_charging_when_closed", "charging_when_closed"),
    read("is_green_energy", "energy_mix.is_green_energy"),
    read("energy_supplier_name", "energy_mix.supplier_name"),
    read("energy_product_name", "energy_mix.energy_product_name"),
)
LOCATION_LISTS = (
    Rows("location_freshness", at="", fields=(read("last_updated"),)),
    Rows(
        "location_opening_hours",
        at="opening_times.regular_hours[]",
        constants={"hours_kind": "declared"},
        fields=(read("weekday"), read("period_begin"), read("period_end")),
    ),
    _exceptions("opening"),
    _exceptions("closing"),
    Rows("location_energy_source", at="energy_mix.energy_sources[]", fields=ENERGY_SOURCE),
    Rows(
        "location_environmental_impact",
        at="energy_mix.environ_impact[]",
        fields=ENVIRONMENTAL_IMPACT,
    ),
    Rows("location_direction", at="directions[]", fields=DISPLAY_TEXT),
    Rows("location_image", at="images[]", fields=IMAGE),
)


def related_locations(basis: str) -> Rows:
    """`basis` says what the points are: parts of the location, or what is near it."""
    return Rows(
        "related_location",
        at="related_locations[]",
        constants={"relation_basis": basis},
        fields=(
            read("latitude"),
            read("longitude"),
            read("language", "name.language"),
            read("name", "name.text", is_bare=True),
        ),
    )


def locations(
    *, party_fields: tuple[Field, ...] = (), constants: dict[str, str] | None = None
) -> Rows:
    """Rows of a location with everything below it; `party_fields` scope its ids, if any do."""
    return Rows(
        "location",
        at="",
        constants=constants or {},
        fields=(*party_fields, *LOCATION_FIELDS),
        children=(
            *LOCATION_LISTS,
            *(party(role) for role in ROLES),
            related_locations("related_point"),
            EVSE,
        ),
    )
