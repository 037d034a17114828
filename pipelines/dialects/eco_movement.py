"""Eco-Movement: OCPI 2.1.1 with attributes and price modules of its own.

Ids are the aggregator's own, without a party. Bulk answers leave out what `location_details`
reads: there, what a location does not have is unknown until that location is asked for.
"""

from __future__ import annotations

from pipelines.dialects.declare import (
    ContentKey,
    Dialect,
    Field,
    Module,
    Resolved,
    Rewrite,
    Rows,
    read,
)
from pipelines.dialects.endpoints import Endpoint, Protocol
from pipelines.dialects.ocpi_locations import (
    COORDINATES,
    DISPLAY_TEXT,
    LOCATION_FIELDS,
    LOCATION_LISTS,
    ROLES,
    party,
    related_locations,
)
from pipelines.dialects.ocpi_tariffs import tariffs
from pipelines.dialects.shape import shape_of

_NO_PARTY = {"party": ""}
_HEAVY = "heavy_vehicles.heavy_vehicles_"

CONNECTOR = Rows(
    "connector",
    at="connectors[]",
    fields=(
        read("connector_id", "id"),
        read("standard"),
        read("format"),
        read("power_type"),
        read("voltage_v", "voltage"),
        read("amperage_a", "amperage"),
        # Its unit is not stated; the marts tell kW from W by voltage and amperage.
        read("max_power_w", "max_power"),
        read("peak_voltage_v", "peak_voltage"),
        read("peak_amperage_a", "peak_amperage"),
    ),
    children=(
        Rows("connector_freshness", at="", fields=(read("last_updated"),)),
        Rows("connector_pricing_reference", at="", fields=(read("pricing_id"),)),
        Rows("connector_tariff", at="tariff_id", fields=(read("tariff_id", ""),)),
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
        read("cpo_external_id"),
    ),
    children=(
        Rows(
            "evse_status",
            at="",
            fields=(read("status"), read("last_updated"), read("last_successful_charge")),
        ),
        Rows("evse_direction", at="directions[]", fields=DISPLAY_TEXT),
        CONNECTOR,
    ),
)

LOCATIONS = Rows(
    "location",
    at="",
    constants=_NO_PARTY,
    fields=(
        *LOCATION_FIELDS,
        read("access_type"),
        read("location_type_code", "location_type.code"),
        read("location_type_description", "location_type.description"),
        read("location_category"),
        read("brand_name"),
        read("support_phone_number"),
        read("restrictions"),
        read("adhoc_payment_methods", "adhoc_authorisation_payment_method"),
        read("adhoc_authorisation_methods", "adhoc_authorisation_method"),
        read("heavy_vehicle_height_m", f"{_HEAVY}height"),
        read("heavy_vehicle_width_m", f"{_HEAVY}width"),
        read("heavy_vehicle_length_m", f"{_HEAVY}length"),
        read("heavy_vehicle_mass_kg", f"{_HEAVY}mass"),
        read("heavy_vehicle_classes", f"{_HEAVY}restrictions"),
        read("is_heavy_vehicle_dedicated", f"{_HEAVY}dedicated"),
        read("has_trailer_access", f"{_HEAVY}trailer_accessibility"),
        read("is_drive_through", f"{_HEAVY}drive_through"),
        read("is_dangerous_goods_allowed", f"{_HEAVY}dangerous_goods"),
        read("is_rigid_vehicle_suitable", f"{_HEAVY}rigid_vehicles"),
        read("is_overnight_parking_allowed", f"{_HEAVY}overnight_parking"),
        read("heavy_vehicle_amenities", f"{_HEAVY}amenities"),
        read("is_nose_parking_allowed", f"{_HEAVY}nose_parking"),
        read("vehicle_mass_kg", "vehicle_dimensions.verified_mass_kg"),
        read("vehicle_width_m", "vehicle_dimensions.verified_width_m"),
        read("vehicle_height_m", "vehicle_dimensions.verified_height_m"),
        read("vehicle_length_m", "vehicle_dimensions.verified_length_m"),
        read("state_province", "administrative_areas.state_province"),
        read("municipality", "administrative_areas.municipality"),
        # 0 is "not available" here, where it is the worst of a score elsewhere.
        read("reliability_score", "reliability_score_2", is_zero_null=True),
        read("charging_behaviour_code", "charging_behaviour.code"),
        read("charging_behaviour_description", "charging_behaviour.description"),
        read("physical_units_dc", "number_physical_units"),
        read("rating_count", "rating.count"),
        read("rating_score", "rating.score"),
    ),
    children=(
        *LOCATION_LISTS,
        *(party(role, read("partner_id"), read("ema_ids", "ema_id")) for role in ROLES),
        related_locations("nearest_facility"),
        Rows(
            "location_entrance",
            at="entrance_for_navigation[]",
            fields=(read("name"), read("latitude"), read("longitude")),
        ),
        EVSE,
    ),
)

DETAILS = Rows(
    "location_detail",
    at="",
    constants=_NO_PARTY,
    fields=(
        read("location_id", "id"),
        read("is_derived_open_twentyfourseven", "derived_opening_times.twentyfourseven"),
    ),
    children=(
        Rows(
            "location_derived_hours",
            at="derived_opening_times.regular_hours[]",
            fields=(read("weekday"), read("period_begin"), read("period_end")),
        ),
        Rows(
            "location_roaming_card",
            at="roaming[]",
            fields=(
                read("emsp"),
                read("partner_id"),
                read("ema_ids", "ema_id"),
                read("card"),
                read("android_app_link"),
                read("ios_app_link"),
            ),
        ),
        Rows(
            "location_predicted_occupancy",
            at="predicted_occupancy[]",
            fields=(
                read("weekday"),
                read("period_begin"),
                read("period_end"),
                read("occupancy"),
            ),
        ),
    ),
)

_DETAIL_ATTRIBUTES = ("derived_opening_times", "roaming", "predicted_occupancy")


def _product(prefix: str = "") -> tuple[Field, ...]:
    return (
        read("partner", f"{prefix}partner"),
        read("product_id", f"{prefix}product.id"),
        read("product_name", f"{prefix}product.name"),
        read("product_description", f"{prefix}product.description"),
        read("product_type", f"{prefix}product.type"),
        read("subscription_type", f"{prefix}product.subscription_type"),
        read("subscription_fee_excl_vat", f"{prefix}product.subscription_fee_excl_vat"),
        read("currency", f"{prefix}product.currency"),
    )


PRICES = Module(
    "prices",
    Rows(
        "price",
        at="",
        fields=(read("price_key"), *_product()),
        children=(
            Rows(
                "price_element",
                at="elements[]",
                fields=(
                    read("start_time", "restrictions.start_time"),
                    read("end_time", "restrictions.end_time"),
                    read("start_date", "restrictions.start_date"),
                    read("end_date", "restrictions.end_date"),
                    read("min_power_kw", "restrictions.min_power"),
                    read("max_power_kw", "restrictions.max_power"),
                    read("min_duration_s", "restrictions.min_duration"),
                    read("max_duration_s", "restrictions.max_duration"),
                    read("days_of_week", "restrictions.day_of_week"),
                ),
                children=(
                    Rows(
                        "price_element_component",
                        at="price_components[]",
                        fields=(
                            read("dimension", "type"),
                            read("price_excl_vat"),
                            read("vat_percent", "vat"),
                            read("step_size"),
                        ),
                    ),
                ),
            ),
        ),
    ),
    rewrite=Rewrite(content_key=ContentKey("price_key", without=("id",))),
)

CONNECTOR_PRICES = Module(
    "connector_prices",
    Rows(
        "connector_pricing",
        at="",
        constants=_NO_PARTY,
        fields=(
            read("location_id"),
            read("evse_uid"),
            read("connector_id"),
            read("price_set_key"),
        ),
        children=(
            Rows("connector_price", at="prices[]", fields=(read("price_key", "price_key"),)),
        ),
    ),
    rewrite=Rewrite(
        resolved=Resolved(
            ids="pricing_ids",
            module="prices",
            id_attribute="id",
            into="prices",
            key="price_key",
            set_key="price_set_key",
        )
    ),
)

DEPRECATED_PRICES = Module(
    "deprecated_prices",
    Rows(
        "deprecated_price",
        at="",
        fields=(read("pricing_id", "id"), *_product("price_list.")),
        children=(
            Rows(
                "deprecated_price_element",
                at="price_list.elements[]",
                fields=(
                    read("dimension", "type"),
                    read("price_excl_vat"),
                    read("vat_percent", "vat"),
                ),
            ),
        ),
    ),
)

_PRICE_ID = "holds inside one snapshot only: what it links is linked by price_key"

DIALECT = Dialect(
    name="eco_movement",
    protocol=Protocol(
        evse_path="evse?evse_id={evse_id}",
        endpoints=(
            Endpoint(
                module="locations",
                identifier="locations",
                path="locations",
                detail_path="locations/{id}",
            ),
            Endpoint(module="tariffs", identifier="tariffs", path="tariffs", group="prices"),
            Endpoint(
                module="prices",
                identifier="prices",
                path="/prices",
                pagination="last_record",
                group="prices",
            ),
            Endpoint(
                module="connector_prices",
                identifier="connector_prices",
                path="/prices/connector_prices",
                pagination="last_record",
                group="prices",
            ),
            Endpoint(
                module="location_details",
                identifier="locations",
                path="locations",
                detail_path="locations/{id}",
                is_default=False,
                details_of="locations",
            ),
            Endpoint(
                module="deprecated_prices", identifier="prices", path="prices", is_default=False
            ),
        ),
    ),
    modules=(
        Module("locations", LOCATIONS),
        Module("location_details", DETAILS),
        Module("tariffs", tariffs(constants=_NO_PARTY)),
        PRICES,
        CONNECTOR_PRICES,
        DEPRECATED_PRICES,
    ),
    ignored={
        **{f"locations:{name}": "read by location_details" for name in _DETAIL_ATTRIBUTES},
        **{
            f"location_details:{name}": "read by locations"
            for name in shape_of(Module("locations", LOCATIONS)).nodes
            if name not in {"id", *_DETAIL_ATTRIBUTES}
        },
        "prices:id": _PRICE_ID,
        "connector_prices:pricing_ids": _PRICE_ID,
    },
)
