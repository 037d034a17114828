"""Tables of the EVSE, of its children, and of the connector.

Belongs here: declarations of `evse`, `evse_*`, `connector`, `connector_*`. Only one connector of
an EVSE can be used at a time; what that means for power is decided in dbt.
"""

from __future__ import annotations

from pipelines.model.declare import (
    Table,
    code,
    codes,
    flag,
    key,
    moment,
    number,
    text,
    whole,
)
from pipelines.model.locations import (
    CONTENT_KEY,
    LOCATION_ID,
    LOCATION_KEY,
    PARTY,
    image_columns,
)

EVSE_UID = key("evse_uid", "uid of the EVSE in the source, within its location.")
EVSE_KEY = (*LOCATION_KEY, "evse_uid")
CONNECTOR_ID = key("connector_id", "Id of the connector within its EVSE.")
CONNECTOR_KEY = (*EVSE_KEY, "connector_id")

EVSE = Table(
    name="evse",
    module="locations",
    parent="location",
    doc="A spot where one vehicle can charge.",
    key=EVSE_KEY,
    columns=(
        PARTY,
        LOCATION_ID,
        EVSE_UID,
        text("evse_id", "Public EVSE id (eMI3) as published; often repeated, sometimes reused."),
        codes("capabilities", "capability", "What the EVSE can do."),
        text("floor_level", "Level in a garage."),
        number(
            "latitude", "WGS84; NULL where it is the location's.", unit="degree", form="latitude"
        ),
        number(
            "longitude", "WGS84; NULL where it is the location's.", unit="degree", form="longitude"
        ),
        text("physical_reference", "Printed on the outside of the EVSE."),
        codes("parking_restrictions", "parking_restriction", "Restrictions of the parking spot."),
        text("cpo_external_id", "Location id in the system of the CPO [EM]."),
        text("protocol", "Protocol of the EVSE [Voltality]."),
        whole("max_vehicle_wheels", "Largest vehicle: 2, 4, 6 wheels [Voltality].", unit="wheels"),
    ),
)

EVSE_STATUS = Table(
    name="evse_status",
    module="locations",
    parent="evse",
    doc="Status of an EVSE as last published, and when; apart, because it moves every night.",
    key=EVSE_KEY,
    columns=(
        PARTY,
        LOCATION_ID,
        EVSE_UID,
        code("status", "evse_status", "Status as published (spelling repaired, meaning not)."),
        moment("last_updated", "last_updated of the EVSE as the source says."),
        moment("last_successful_charge", "Last successful charge [EM]."),
    ),
)

EVSE_STATUS_SCHEDULE = Table(
    name="evse_status_schedule",
    module="locations",
    parent="evse",
    doc="Planned status of an EVSE.",
    key=(*EVSE_KEY, "content_key"),
    keyed_by="content",
    columns=(
        PARTY,
        LOCATION_ID,
        EVSE_UID,
        CONTENT_KEY,
        moment("period_begin", "Begin."),
        moment("period_end", "End; NULL while unknown."),
        code("status", "evse_status", "Status during the period."),
    ),
)

EVSE_DIRECTION = Table(
    name="evse_direction",
    module="locations",
    parent="evse",
    doc="How to reach the EVSE from the location, per language.",
    key=(*EVSE_KEY, "content_key"),
    keyed_by="content",
    columns=(
        PARTY,
        LOCATION_ID,
        EVSE_UID,
        CONTENT_KEY,
        text("language", "ISO 639-1; NULL where the source gives bare text."),
        text("text", "The directions."),
    ),
)

EVSE_IMAGE = Table(
    name="evse_image",
    module="locations",
    parent="evse",
    doc="Images of the EVSE.",
    key=(*EVSE_KEY, "content_key"),
    keyed_by="content",
    columns=(PARTY, LOCATION_ID, EVSE_UID, CONTENT_KEY, *image_columns()),
)

CONNECTOR = Table(
    name="connector",
    module="locations",
    parent="evse",
    doc="A socket or cable of an EVSE.",
    key=CONNECTOR_KEY,
    columns=(
        PARTY,
        LOCATION_ID,
        EVSE_UID,
        CONNECTOR_ID,
        code("standard", "connector_standard", "Socket or plug standard."),
        code("format", "connector_format", "SOCKET or CABLE."),
        code("power_type", "power_type", "AC phases or DC."),
        number("voltage_v", "Voltage as published (2.2.1 max_voltage, 2.1.1 voltage).", unit="V"),
        number(
            "amperage_a", "Amperage as published (2.2.1 max_amperage, 2.1.1 amperage).", unit="A"
        ),
        number(
            "max_power_w",
            "Declared maximum power as published, W by the standard; feeds in kW are told apart "
            "by the marts (power_method).",
            unit="W",
        ),
        number("peak_voltage_v", "Largest voltage under peak conditions [EM].", unit="V"),
        number("peak_amperage_a", "Largest amperage under peak conditions [EM].", unit="A"),
        text("terms_and_conditions", "Terms, as URL or text."),
        text("connector_label", "The CPO's id for people; it may be repeated [Voltality]."),
        text("physical_reference", "Name on the plug, e.g. Gun A [Voltality]."),
        text("qr_identifier", "What the QR code or short label says [Voltality]."),
        code("access_type", "connector_access", "PUBLIC, PRIVATE or RESTRICTED [Voltality]."),
        flag("is_enabled", "A session can be started [Voltality]."),
        flag("is_published", "Shown to drivers [Voltality]."),
        flag("is_transient_web_enabled", "Can be paid on the web without an account [Voltality]."),
    ),
)

CONNECTOR_STATUS = Table(
    name="connector_status",
    module="locations",
    parent="connector",
    doc="Status and figures of a connector as last published, where the source has them at that "
    "level; apart, because they move every night [Voltality].",
    key=CONNECTOR_KEY,
    columns=(
        PARTY,
        LOCATION_ID,
        EVSE_UID,
        CONNECTOR_ID,
        code("status", "evse_status", "Status as published (spelling repaired, meaning not)."),
        number("reliability_score", "Source's own score: 0 worst, 10 best; 0 is a value."),
        number("uptime_ratio", "Share of time in operation by the source, 0 to 1.", unit="ratio"),
        flag("is_online", "Connected; NULL where the operator does not say, which is not false."),
    ),
)

CONNECTOR_PRICING_REFERENCE = Table(
    name="connector_pricing_reference",
    module="locations",
    parent="connector",
    doc="The deprecated price a connector refers to; its id is new at every change of price [EM].",
    key=CONNECTOR_KEY,
    columns=(
        PARTY,
        LOCATION_ID,
        EVSE_UID,
        CONNECTOR_ID,
        text("pricing_id", "Id in deprecated_price of the same day."),
    ),
)

CONNECTOR_FRESHNESS = Table(
    name="connector_freshness",
    module="locations",
    parent="connector",
    doc="When the source last touched the connector; apart, because it moves without meaning.",
    key=CONNECTOR_KEY,
    columns=(
        PARTY,
        LOCATION_ID,
        EVSE_UID,
        CONNECTOR_ID,
        moment("last_updated", "last_updated as the source says."),
    ),
)

CONNECTOR_TARIFF = Table(
    name="connector_tariff",
    module="locations",
    parent="connector",
    doc="Tariffs a connector refers to; whether one exists is resolved in dbt.",
    key=(*CONNECTOR_KEY, "tariff_id"),
    columns=(
        PARTY,
        LOCATION_ID,
        EVSE_UID,
        CONNECTOR_ID,
        key("tariff_id", "Id of the tariff as the connector names it."),
    ),
)

EVSE_TABLES = (
    EVSE,
    EVSE_STATUS,
    EVSE_STATUS_SCHEDULE,
    EVSE_DIRECTION,
    EVSE_IMAGE,
    CONNECTOR,
    CONNECTOR_STATUS,
    CONNECTOR_FRESHNESS,
    CONNECTOR_PRICING_REFERENCE,
    CONNECTOR_TARIFF,
)
