"""Tables of the location and of its children other than EVSEs.

Belongs here: declarations of `location` and `location_*`. Sources in brackets: EM Eco-Movement,
2.1.1 and 2.2.1 OCPI; no bracket: all that have the notion.
"""

from __future__ import annotations

from pipelines.model.declare import (
    Column,
    Table,
    Type,
    code,
    codes,
    flag,
    key,
    moment,
    number,
    text,
    whole,
)

PARTY = key(
    "party",
    "Country code and party id (NLTNM) where the source scopes its ids by party; '' elsewhere.",
)
LOCATION_ID = key("location_id", "Id of the location in the source, within its party.")
LOCATION_KEY = ("party", "location_id")
CONTENT_KEY = key(
    "content_key",
    "Hash of the row's content: the same content in another order is the same row.",
    of=Type.BIGINT,
)


def image_columns() -> tuple[Column, ...]:
    return (
        text("url", "Where the image can be fetched."),
        text("thumbnail_url", "Where a thumbnail of it can be fetched."),
        code("category", "image_category", "What the image shows."),
        text("image_type", "File type, e.g. jpeg."),
        whole("width_px", "Width of the full image.", unit="pixel"),
        whole("height_px", "Height of the full image.", unit="pixel"),
    )


LOCATION = Table(
    name="location",
    module="locations",
    doc="A group of EVSEs at one place, operated by one CPO.",
    key=LOCATION_KEY,
    columns=(
        PARTY,
        LOCATION_ID,
        flag("is_published", "May be shown to drivers (2.2.1 publish)."),
        text("name", "Display name."),
        text("address", "Street and house number."),
        text("city", "City or town."),
        text("postal_code", "Postal code, kept as text."),
        text("state", "State or province."),
        text(
            "country_iso3",
            "ISO 3166-1 alpha-3; a name or alpha-2 code is mapped.",
            form="country",
        ),
        text("country_source", "The country as the source wrote it."),
        number("latitude", "WGS84.", unit="degree", form="latitude"),
        number("longitude", "WGS84.", unit="degree", form="longitude"),
        code("parking_type", "parking_type", "Kind of parking (2.1.1 type, 2.2.1 parking_type)."),
        codes("facilities", "facility", "What is near."),
        text("time_zone", "IANA time zone."),
        flag("is_open_twentyfourseven", "Declared as open all day, every day."),
        flag("is_charging_when_closed", "EVSEs can be used outside the opening hours."),
        flag("is_green_energy", "All energy from regenerative sources."),
        text("energy_supplier_name", "Energy supplier."),
        text("energy_product_name", "The supplier's product."),
        # Eco-Movement's own
        code(
            "access_type",
            "location_access",
            "Public or Restricted; Private ones are left out by the source [EM].",
        ),
        text("location_type_code", "Researched type of the place [EM]."),
        text("location_type_description", "Its description [EM]."),
        text("location_category", "Category of the place, e.g. shop [EM]."),
        text("brand_name", "Main brand [EM]."),
        text("support_phone_number", "Phone number for drivers [EM]."),
        codes("restrictions", "charging_restriction", "Who may charge, e.g. ONLY_CUSTOMERS [EM]."),
        codes("adhoc_payment_methods", None, "Ways to pay ad hoc [EM]."),
        codes("adhoc_authorisation_methods", None, "Ways to authorise ad hoc [EM]."),
        number("heavy_vehicle_height_m", "Largest height of a heavy vehicle [EM].", unit="m"),
        number("heavy_vehicle_width_m", "Largest width of a heavy vehicle [EM].", unit="m"),
        number("heavy_vehicle_length_m", "Largest length of a heavy vehicle [EM].", unit="m"),
        number("heavy_vehicle_mass_kg", "Largest mass of a heavy vehicle [EM].", unit="kg"),
        code(
            "heavy_vehicle_classes",
            "heavy_vehicle_classes",
            "Composite class code, comma and all [EM].",
        ),
        flag("is_heavy_vehicle_dedicated", "Built mainly for heavy vehicles [EM]."),
        flag("has_trailer_access", "Suitable for trucks with a trailer [EM]."),
        flag("is_drive_through", "Drive-through [EM]."),
        flag("is_dangerous_goods_allowed", "Charging with dangerous goods allowed [EM]."),
        flag("is_rigid_vehicle_suitable", "Suitable for rigid vehicles [EM]."),
        flag("is_overnight_parking_allowed", "Overnight charging allowed [EM]."),
        codes("heavy_vehicle_amenities", None, "Amenities for drivers of heavy vehicles [EM]."),
        flag("is_nose_parking_allowed", "Nose parking allowed [EM]."),
        number("vehicle_mass_kg", "Largest mass of any vehicle [EM].", unit="kg"),
        number("vehicle_width_m", "Largest width of any vehicle [EM].", unit="m"),
        number("vehicle_height_m", "Largest height of any vehicle [EM].", unit="m"),
        number("vehicle_length_m", "Largest length of any vehicle [EM].", unit="m"),
        text("state_province", "State or province as researched [EM]."),
        text("municipality", "Municipality [EM]."),
        whole("reliability_score", "Source's own score, 1 to 5; its 0 is NULL here [EM]."),
        whole("charging_behaviour_code", "Deprecated by the source [EM]."),
        text("charging_behaviour_description", "Deprecated by the source [EM]."),
        whole("physical_units_dc", "Number of DC units [EM].", unit="units"),
        whole("rating_count", "Drivers that rated [EM].", unit="drivers"),
        number("rating_score", "Mean rating, 1 to 5 [EM]."),
        # Voltality's own
        text("country_code", "ISO 3166-1 alpha-2 of the operator's party [Voltality]."),
        text("entity_code", "The operator's party in that country [Voltality]."),
        flag(
            "is_placeholder",
            "The source sent an EVSE without a location; this row stands for it [Voltality].",
        ),
    ),
)

LOCATION_FRESHNESS = Table(
    name="location_freshness",
    module="locations",
    parent="location",
    doc="When the source last touched the location; apart, because it moves without meaning.",
    key=LOCATION_KEY,
    columns=(PARTY, LOCATION_ID, moment("last_updated", "last_updated as the source says.")),
)

LOCATION_PARTY = Table(
    name="location_party",
    module="locations",
    parent="location",
    doc="Operator, suboperator and owner of a location.",
    key=(*LOCATION_KEY, "role"),
    columns=(
        PARTY,
        LOCATION_ID,
        key("role", "operator, suboperator or owner."),
        text("name", "Name."),
        text("website", "Website."),
        text("logo_url", "Where the logo can be fetched."),
        text("logo_thumbnail_url", "Where a thumbnail of it can be fetched."),
        code("logo_category", "image_category", "Category of the logo image."),
        text("logo_type", "File type of the logo."),
        whole("logo_width_px", "Width of the logo.", unit="pixel"),
        whole("logo_height_px", "Height of the logo.", unit="pixel"),
        text("partner_id", "Stable id given by the aggregator [EM]."),
        codes("ema_ids", None, "eMA ids of the party [EM]."),
    ),
)

LOCATION_OPENING_HOURS = Table(
    name="location_opening_hours",
    module="locations",
    parent="location",
    doc="Declared opening hours, local time, one row per weekday and period.",
    key=(*LOCATION_KEY, "content_key"),
    keyed_by="content",
    columns=(
        PARTY,
        LOCATION_ID,
        CONTENT_KEY,
        text("hours_kind", "declared: by the operator."),
        whole("weekday", "1 Monday to 7 Sunday."),
        text("period_begin", "Begin, local time.", unit="HH:MM", form="time"),
        text("period_end", "End, local time.", unit="HH:MM", form="time"),
    ),
)

LOCATION_EXCEPTIONAL_PERIOD = Table(
    name="location_exceptional_period",
    module="locations",
    parent="location",
    doc="Exceptional openings and closings.",
    key=(*LOCATION_KEY, "content_key"),
    keyed_by="content",
    columns=(
        PARTY,
        LOCATION_ID,
        CONTENT_KEY,
        text("period_kind", "opening or closing."),
        moment("period_begin", "Begin."),
        moment("period_end", "End."),
    ),
)

LOCATION_ENERGY_SOURCE = Table(
    name="location_energy_source",
    module="locations",
    parent="location",
    doc="Share of an energy source in the mix.",
    key=(*LOCATION_KEY, "content_key"),
    keyed_by="content",
    columns=(
        PARTY,
        LOCATION_ID,
        CONTENT_KEY,
        code("energy_source", "energy_source", "Kind of source."),
        number("percentage", "Share in the mix.", unit="%"),
    ),
)

LOCATION_ENVIRONMENTAL_IMPACT = Table(
    name="location_environmental_impact",
    module="locations",
    parent="location",
    doc="Waste and emission of the energy supplied.",
    key=(*LOCATION_KEY, "content_key"),
    keyed_by="content",
    columns=(
        PARTY,
        LOCATION_ID,
        CONTENT_KEY,
        code("category", "environmental_impact", "Kind of pollutant."),
        number("amount_g_per_kwh", "Amount.", unit="g/kWh"),
    ),
)

LOCATION_DIRECTION = Table(
    name="location_direction",
    module="locations",
    parent="location",
    doc="How to reach the location, per language.",
    key=(*LOCATION_KEY, "content_key"),
    keyed_by="content",
    columns=(
        PARTY,
        LOCATION_ID,
        CONTENT_KEY,
        text("language", "ISO 639-1; NULL where the source gives bare text."),
        text("text", "The directions."),
    ),
)

LOCATION_IMAGE = Table(
    name="location_image",
    module="locations",
    parent="location",
    doc="Images of the location.",
    key=(*LOCATION_KEY, "content_key"),
    keyed_by="content",
    columns=(PARTY, LOCATION_ID, CONTENT_KEY, *image_columns()),
)

LOCATION_ENTRANCE = Table(
    name="location_entrance",
    module="locations",
    parent="location",
    doc="Entrances for navigation, along motorways [EM].",
    key=(*LOCATION_KEY, "content_key"),
    keyed_by="content",
    columns=(
        PARTY,
        LOCATION_ID,
        CONTENT_KEY,
        text("name", "E.g. a motorway exit."),
        number("latitude", "WGS84.", unit="degree", form="latitude"),
        number("longitude", "WGS84.", unit="degree", form="longitude"),
    ),
)

RELATED_LOCATION = Table(
    name="related_location",
    module="locations",
    parent="location",
    doc="Other points that belong to the location, or facilities near it [EM].",
    key=(*LOCATION_KEY, "content_key"),
    keyed_by="content",
    columns=(
        PARTY,
        LOCATION_ID,
        CONTENT_KEY,
        text("relation_basis", "related_point (OCPI) or nearest_facility [EM]."),
        number("latitude", "WGS84.", unit="degree", form="latitude"),
        number("longitude", "WGS84.", unit="degree", form="longitude"),
        text("language", "Language of the name."),
        text("name", "Name of the point."),
    ),
)

LOCATION_DETAIL = Table(
    name="location_detail",
    module="location_details",
    observed="asked",
    doc="A location that was asked for by itself, as bulk answers leave its details out [EM].",
    key=LOCATION_KEY,
    columns=(
        PARTY,
        LOCATION_ID,
        flag("is_derived_open_twentyfourseven", "Open all day every day, as derived from use."),
    ),
)

LOCATION_DERIVED_HOURS = Table(
    name="location_derived_hours",
    module="location_details",
    observed="asked",
    parent="location_detail",
    doc="Opening hours derived from use by the source; never mixed with declared ones [EM].",
    key=(*LOCATION_KEY, "content_key"),
    keyed_by="content",
    columns=(
        PARTY,
        LOCATION_ID,
        CONTENT_KEY,
        whole("weekday", "1 Monday to 7 Sunday."),
        text("period_begin", "Begin, local time.", unit="HH:MM", form="time"),
        text("period_end", "End, local time.", unit="HH:MM", form="time"),
    ),
)

LOCATION_ROAMING_CARD = Table(
    name="location_roaming_card",
    module="location_details",
    observed="asked",
    parent="location_detail",
    doc="Charging cards accepted at the location [EM].",
    key=(*LOCATION_KEY, "content_key"),
    keyed_by="content",
    columns=(
        PARTY,
        LOCATION_ID,
        CONTENT_KEY,
        text("emsp", "Provider of the card."),
        text("partner_id", "Stable id of the provider."),
        codes("ema_ids", None, "eMA ids of the provider."),
        text("card", "Name of the card."),
        text("android_app_link", "The provider's Android app."),
        text("ios_app_link", "The provider's iOS app."),
    ),
)

LOCATION_PREDICTED_OCCUPANCY = Table(
    name="location_predicted_occupancy",
    module="location_details",
    observed="asked",
    parent="location_detail",
    doc="Predicted occupancy hour by hour for the coming week [EM].",
    key=(*LOCATION_KEY, "content_key"),
    keyed_by="content",
    columns=(
        PARTY,
        LOCATION_ID,
        CONTENT_KEY,
        whole("weekday", "1 Monday to 7 Sunday."),
        text("period_begin", "Begin, UTC.", unit="HH:MM", form="time"),
        text("period_end", "End, UTC.", unit="HH:MM", form="time"),
        whole("occupancy", "1 available to 10 fully occupied."),
    ),
)

LOCATION_TABLES = (
    LOCATION,
    LOCATION_FRESHNESS,
    LOCATION_PARTY,
    LOCATION_OPENING_HOURS,
    LOCATION_EXCEPTIONAL_PERIOD,
    LOCATION_ENERGY_SOURCE,
    LOCATION_ENVIRONMENTAL_IMPACT,
    LOCATION_DIRECTION,
    LOCATION_IMAGE,
    LOCATION_ENTRANCE,
    RELATED_LOCATION,
    LOCATION_DETAIL,
    LOCATION_DERIVED_HOURS,
    LOCATION_ROAMING_CARD,
    LOCATION_PREDICTED_OCCUPANCY,
)
