"""Sessions, CDRs and tokens of OCPI 2.1.1.

Belongs here: declarations of records that happen once. Does not belong here: how they are
windowed and asked for (the dialect's own file). A session's times are `start_datetime` in the
servers seen and in the standard, a CDR's end is `end_date_time` or `stop_date_time`.
"""

from __future__ import annotations

from pipelines.dialects.declare import Module, Rewrite, Rows, read

_NO_PARTY = {"party": ""}
_PLACE = (
    read("location_id", "location.id"),
    read("location_name", "location.name"),
    read("address", "location.address"),
    read("city", "location.city"),
    read("postal_code", "location.postal_code"),
    read("country_iso3", "location.country"),
    read("country_source", "location.country"),
    read("latitude", "location.coordinates.latitude"),
    read("longitude", "location.coordinates.longitude"),
    read("location_document"),
)
_STARTED = read("started_at", "start_datetime", "start_date_time")
_ENDED = read("ended_at", "end_datetime", "end_date_time", "stop_date_time")


def _evses(of: str) -> Rows:
    return Rows(
        f"{of}_evse",
        at="location.evses[]",
        fields=(read("evse_uid", "uid"), read("evse_id"), read("status")),
        children=(
            Rows(
                f"{of}_connector",
                at="connectors[]",
                fields=(
                    read("connector_id", "id"),
                    read("standard"),
                    read("format"),
                    read("power_type"),
                    read("voltage_v", "voltage"),
                    read("amperage_a", "amperage"),
                    read("tariff_id"),
                ),
            ),
        ),
    )


def _periods(of: str) -> Rows:
    return Rows(
        f"{of}_charging_period",
        at="charging_periods[]",
        fields=(read("started_at", "start_date_time"),),
        children=(
            Rows(
                f"{of}_dimension",
                at="dimensions[]",
                fields=(read("dimension", "type"), read("volume")),
            ),
        ),
    )


SESSIONS = Module(
    "sessions",
    Rows(
        "session",
        at="",
        constants=_NO_PARTY,
        fields=(
            read("session_id", "id"),
            _STARTED,
            _ENDED,
            read("energy_kwh", "kwh"),
            read("auth_id_hash", "auth_id"),
            read("auth_method"),
            *_PLACE,
            read("meter_id"),
            read("currency"),
            read("total_cost"),
            read("status"),
            read("last_updated"),
        ),
        children=(_evses("session"), _periods("session")),
    ),
    rewrite=Rewrite(hashed=("auth_id",), documents={"location": "location_document"}),
)

CDRS = Module(
    "cdrs",
    Rows(
        "cdr",
        at="",
        constants=_NO_PARTY,
        fields=(
            read("cdr_id", "id"),
            _STARTED,
            _ENDED,
            read("auth_id_hash", "auth_id"),
            read("auth_method"),
            *_PLACE,
            read("meter_id"),
            read("currency"),
            read("total_cost"),
            read("total_energy_kwh", "total_energy"),
            read("total_time_h", "total_time"),
            read("total_parking_time_h", "total_parking_time"),
            read("remark"),
            read("last_updated"),
        ),
        children=(
            _evses("cdr"),
            Rows(
                "cdr_tariff",
                at="tariffs[]",
                fields=(
                    read("tariff_id", "id"),
                    read("currency"),
                    read("tariff_alt_url"),
                    read("last_updated"),
                    read("tariff_document"),
                ),
            ),
            _periods("cdr"),
        ),
    ),
    rewrite=Rewrite(
        hashed=("auth_id",),
        lowered=("id",),
        documents={"location": "location_document", "tariffs[]": "tariff_document"},
    ),
)

TOKENS = Module(
    "tokens",
    Rows(
        "token",
        at="",
        constants=_NO_PARTY,
        fields=(
            read("token_uid_hash", "uid"),
            read("token_type", "type"),
            read("auth_id_hash", "auth_id"),
            read("visual_number_hash", "visual_number"),
            read("issuer"),
            read("is_valid", "valid"),
            read("whitelist"),
            read("language"),
            read("last_updated"),
        ),
    ),
    rewrite=Rewrite(hashed=("uid", "auth_id", "visual_number")),
)
