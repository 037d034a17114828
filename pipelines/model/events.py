"""Tables of what happened once: sessions, CDRs, and the tokens they were made with.

Belongs here: declarations of `session*`, `cdr*`, `token`. They have no history: the newest version
of a record is the record, and a record that a snapshot does not name is still there. Location and
tariffs of a CDR are kept as they were at the time, apart from those of the state tables.
Whatever names a person (token uid, auth id, visual number) is a keyed hash from flatten on.
"""

from __future__ import annotations

from pipelines.model.declare import (
    Column,
    Table,
    Type,
    code,
    document,
    flag,
    key,
    moment,
    money,
    number,
    text,
)
from pipelines.model.locations import PARTY

SESSION_ID = key("session_id", "Id of the session in the source.")
SESSION_KEY = ("party", "session_id")
CDR_ID = key("cdr_id", "Id of the CDR in lower case: the standard compares it without case.")
CDR_KEY = ("party", "cdr_id")
PERIOD_INDEX = key("period_index", "Position of the period, from 0.", of=Type.INT)
AMOUNT = "kWh, h, A, ... by dimension"


def place_columns() -> tuple[Column, ...]:
    """Where it happened, as the record itself says."""
    return (
        text("location_id", "Id of the location."),
        text("location_name", "Its name at the time."),
        text("address", "Its street and house number at the time."),
        text("city", "Its city at the time."),
        text("postal_code", "Its postal code at the time."),
        text("country_iso3", "ISO 3166-1 alpha-3; mapped.", form="country"),
        text("country_source", "The country as the source wrote it."),
        number("latitude", "WGS84.", unit="degree", form="latitude"),
        number("longitude", "WGS84.", unit="degree", form="longitude"),
        document("location_document", "The location as sent: all of it, as it was at the time."),
    )


def evse_table(of: str, parent_key: tuple[str, ...], keys: tuple[Column, ...]) -> Table:
    return Table(
        name=f"{of}_evse",
        kind="event",
        module=f"{of}s",
        parent=of,
        doc=f"The EVSE that a {of} names, as it was at the time.",
        key=(*parent_key, "evse_uid"),
        columns=(
            *keys,
            key("evse_uid", "uid of the EVSE within its location."),
            text("evse_id", "Public EVSE id."),
            code("status", "evse_status", "Status in the record."),
        ),
    )


def connector_table(of: str, parent_key: tuple[str, ...], keys: tuple[Column, ...]) -> Table:
    return Table(
        name=f"{of}_connector",
        kind="event",
        module=f"{of}s",
        parent=f"{of}_evse",
        doc=f"The connector that a {of} names, as it was at the time.",
        key=(*parent_key, "evse_uid", "connector_id"),
        columns=(
            *keys,
            key("evse_uid", "uid of the EVSE within its location."),
            key("connector_id", "Id of the connector within its EVSE."),
            code("standard", "connector_standard", "Socket or plug standard."),
            code("format", "connector_format", "SOCKET or CABLE."),
            code("power_type", "power_type", "AC phases or DC."),
            number("voltage_v", "Voltage as published.", unit="V"),
            number("amperage_a", "Amperage as published.", unit="A"),
            text("tariff_id", "Tariff it referred to."),
        ),
    )


def period_table(of: str, parent_key: tuple[str, ...], keys: tuple[Column, ...]) -> Table:
    return Table(
        name=f"{of}_charging_period",
        kind="event",
        module=f"{of}s",
        parent=of,
        doc=f"A period of a {of} during which everything that is priced stayed as it was.",
        key=(*parent_key, "period_index"),
        keyed_by="position",
        columns=(
            *keys,
            PERIOD_INDEX,
            moment("started_at", "Begin; the next begins at its end."),
        ),
    )


def dimension_table(of: str, parent_key: tuple[str, ...], keys: tuple[Column, ...]) -> Table:
    return Table(
        name=f"{of}_dimension",
        kind="event",
        module=f"{of}s",
        parent=f"{of}_charging_period",
        doc=f"What was used in a period of a {of}.",
        key=(*parent_key, "period_index", "dimension_index"),
        keyed_by="position",
        columns=(
            *keys,
            PERIOD_INDEX,
            key("dimension_index", "Position of the dimension, from 0.", of=Type.INT),
            code("dimension", "cdr_dimension", "ENERGY, TIME, PARKING_TIME, FLAT, ..."),
            money("volume", "How much of it.", unit=AMOUNT),
        ),
    )


SESSION = Table(
    name="session",
    kind="event",
    module="sessions",
    doc="A charging session in its newest version; it changes until COMPLETED or INVALID [2.1.1].",
    key=SESSION_KEY,
    columns=(
        PARTY,
        SESSION_ID,
        moment("started_at", "Begin."),
        moment("ended_at", "End; NULL while it goes on."),
        money("energy_kwh", "Energy charged.", unit="kWh"),
        text("auth_id_hash", "Keyed hash of the auth id; the same as of the token it belongs to."),
        code("auth_method", "auth_method", "AUTH_REQUEST, WHITELIST, ..."),
        *place_columns(),
        text("meter_id", "Id of the meter."),
        text("currency", "ISO 4217."),
        money("total_cost", "Cost so far; NULL is not stated, 0 is free.", unit="currency"),
        code("status", "session_status", "ACTIVE, COMPLETED, INVALID or PENDING."),
        moment("last_updated", "last_updated as the source says; the newest version wins."),
    ),
)

CDR = Table(
    name="cdr",
    kind="event",
    module="cdrs",
    doc="A charge detail record: what a finished session came to [2.1.1].",
    key=CDR_KEY,
    columns=(
        PARTY,
        CDR_ID,
        moment("started_at", "Begin."),
        moment("ended_at", "End."),
        text("auth_id_hash", "Keyed hash of the auth id; the same as of the token it belongs to."),
        code("auth_method", "auth_method", "AUTH_REQUEST, WHITELIST, ..."),
        *place_columns(),
        text("meter_id", "Id of the meter."),
        text("currency", "ISO 4217."),
        money("total_cost", "Cost; NULL is not stated, 0 is free.", unit="currency"),
        money("total_energy_kwh", "Energy charged.", unit="kWh"),
        money("total_time_h", "Time, charging and parking.", unit="h"),
        money("total_parking_time_h", "Time parked without charging.", unit="h"),
        text("remark", "Remark of the CPO."),
        moment("last_updated", "last_updated as the source says; the newest version wins."),
    ),
)

CDR_TARIFF = Table(
    name="cdr_tariff",
    kind="event",
    module="cdrs",
    parent="cdr",
    doc="A tariff that a CDR was priced by, as it was at the time.",
    key=(*CDR_KEY, "tariff_index"),
    keyed_by="position",
    columns=(
        PARTY,
        CDR_ID,
        key("tariff_index", "Position of the tariff, from 0.", of=Type.INT),
        text("tariff_id", "Id of the tariff."),
        text("currency", "ISO 4217."),
        text("tariff_alt_url", "A page that describes the tariff."),
        moment("last_updated", "last_updated of the tariff at the time."),
        document("tariff_document", "The tariff as sent: elements, prices, restrictions, mix."),
    ),
)

TOKEN = Table(
    name="token",
    kind="event",
    module="tokens",
    doc="A token of an eMSP, without what names its holder [2.1.1].",
    key=("party", "token_uid_hash"),
    columns=(
        PARTY,
        key("token_uid_hash", "Keyed hash of the uid."),
        code("token_type", "token_type", "RFID, OTHER, ..."),
        text("auth_id_hash", "Keyed hash of the auth id: joins to session and cdr."),
        text("visual_number_hash", "Keyed hash of the number printed on it."),
        text("issuer", "Company that issued it."),
        flag("is_valid", "May be used."),
        code("whitelist", "whitelist", "ALWAYS, ALLOWED, ALLOWED_OFFLINE or NEVER."),
        text("language", "ISO 639-1 preferred by the holder."),
        moment("last_updated", "last_updated as the source says; the newest version wins."),
    ),
)

_SESSION_COLUMNS = (PARTY, SESSION_ID)
_CDR_COLUMNS = (PARTY, CDR_ID)

EVENT_TABLES = (
    SESSION,
    evse_table("session", SESSION_KEY, _SESSION_COLUMNS),
    connector_table("session", SESSION_KEY, _SESSION_COLUMNS),
    period_table("session", SESSION_KEY, _SESSION_COLUMNS),
    dimension_table("session", SESSION_KEY, _SESSION_COLUMNS),
    CDR,
    evse_table("cdr", CDR_KEY, _CDR_COLUMNS),
    connector_table("cdr", CDR_KEY, _CDR_COLUMNS),
    CDR_TARIFF,
    period_table("cdr", CDR_KEY, _CDR_COLUMNS),
    dimension_table("cdr", CDR_KEY, _CDR_COLUMNS),
    TOKEN,
)
