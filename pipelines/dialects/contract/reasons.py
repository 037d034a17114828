"""Why an attribute of the contract reaches no column, and a list of codes no vocabulary.

Belongs here: the reasons, as data. Does not belong here: what reaches a column (worked out from
the dialects' declarations by `coverage.py`). A reason that matches nothing fails a test, and so
does one for an attribute that has a column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Group = Literal[
    "secret", "registering", "command", "authorisation", "request", "paging", "envelope"
]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why some attributes of an object are in no column; `paths` empty: all of them."""

    seed: str
    object: str
    paths: tuple[str, ...]
    group: Group
    text: str


_COMMAND = "makes a charger do something; the warehouse only reads"
_AUTHORISATION = (
    "the answer to a driver who waits, made for that moment; the tokens themselves are listed"
)
_REGISTERING = "whom we deal with: exchanged by `credentials register`, shown by `credentials show`"
_PUSHED = (
    "addresses an object that a party pushes to another; the warehouse pulls, and ids are scoped "
    "by the source"
)
_PAGING = "how many records from which on: sent and followed by `ocpi/pagination.py`"
_WINDOW = "bounds of a day's sessions and CDRs: made by `ocpi/windows.py`"

REASONS: tuple[Reason, ...] = (
    Reason("000", "Response", ("data[]",), "envelope", "taken off by `ocpi/envelope.py`"),
    Reason(
        "000",
        "PathParameter",
        ("id",),
        "request",
        "asks for one location: details, ids that vanished while paging, `look-up`",
    ),
    Reason("000", "RequestParameter", ("evse_id",), "request", "asks for one EVSE: `look-up`"),
    Reason(
        "002",
        "Credentials",
        ("token",),
        "secret",
        "kept in a file of its own that the owner alone can read, or printed once; never stored, "
        "logged or shown",
    ),
    Reason(
        "002",
        "Credentials",
        (
            "url",
            "party_id",
            "country_code",
            "business_details",
            "business_details.name",
            "business_details.website",
            "business_details.logo",
            "business_details.logo.url",
            "business_details.logo.thumbnail",
            "business_details.logo.category",
            "business_details.logo.type",
            "business_details.logo.width",
            "business_details.logo.height",
        ),
        "registering",
        _REGISTERING,
    ),
    Reason("002", "AuthorizationInfo", (), "authorisation", _AUTHORISATION),
    Reason("002", "LocationReference", (), "authorisation", _AUTHORISATION),
    Reason("002", "Command.CommandResponse", (), "command", _COMMAND),
    Reason("002", "Command.ReserveNow", (), "command", _COMMAND),
    Reason("002", "Command.StartSession", (), "command", _COMMAND),
    Reason("002", "Command.StopSession", (), "command", _COMMAND),
    Reason("002", "Command.UnlockConnector", (), "command", _COMMAND),
    Reason("002", "PathParameter", ("command", "uid"), "command", _COMMAND),
    Reason(
        "002",
        "PathParameter",
        ("location_id",),
        "request",
        "asks for one location: ids that vanished while paging, `look-up`",
    ),
    Reason(
        "002",
        "PathParameter",
        (
            "country_code",
            "party_id",
            "evse_uid",
            "connector_id",
            "cdr_id",
            "session_id",
            "token_uid",
            "tariff_id",
        ),
        "request",
        _PUSHED,
    ),
    Reason("002", "QueryParameter", ("limit", "offset"), "paging", _PAGING),
    Reason("002", "QueryParameter", ("date_from", "date_to"), "request", _WINDOW),
    Reason("002", "QueryParameter", ("token_type",), "authorisation", _AUTHORISATION),
    Reason(
        "003",
        "RequestHeader",
        ("Authorization",),
        "secret",
        "sent by `ocpi/client.py` to the source's own origin; sources.yml knows the name of its "
        "variable alone",
    ),
    Reason("003", "QueryParameter", ("limit", "offset"), "paging", _PAGING),
    Reason(
        "003",
        "QueryParameter",
        ("last_record",),
        "paging",
        "the cursor of prices: sent by `ocpi/pagination.py`",
    ),
    Reason(
        "003",
        "ResponseHeader",
        ("Link",),
        "paging",
        "followed verbatim on the source's own origin by `ocpi/pagination.py`",
    ),
    Reason(
        "003",
        "ResponseHeader",
        ("X-Last-Record",),
        "paging",
        "the next cursor, empty at the end: read by `ocpi/pagination.py`",
    ),
    Reason(
        "003",
        "Response",
        ("status_code",),
        "envelope",
        "decides whether the answer is believed, asked again or given up: `ocpi/envelope.py`",
    ),
    Reason(
        "003",
        "Response",
        ("status_message",),
        "envelope",
        "told in the error of the pull, which `ops.snapshot` keeps",
    ),
    Reason(
        "003",
        "Response",
        ("timestamp",),
        "envelope",
        "the server's clock; the manifest in landing has our own beside the bytes",
    ),
)


@dataclass(frozen=True, slots=True)
class OpenCodes:
    """A list of codes that no column is held to."""

    seed: str
    enum: str
    text: str


OPEN_CODES: tuple[OpenCodes, ...] = (
    OpenCodes(
        "000",
        "LocationTypeCode",
        "one of them is printed, the list is the source's to extend: kept as it comes",
    ),
    OpenCodes("000", "ChargingBehaviourCode", "numbers, deprecated by the source: kept as such"),
    OpenCodes(
        "000",
        "AdhocAuthorisationMethod",
        "examples of an open list: kept as they come",
    ),
    OpenCodes("002", "Allowed", "of authorisation, which is not read"),
    OpenCodes("002", "CommandResponseType", "of commands, which are not sent"),
    OpenCodes("002", "CommandType", "of commands, which are not sent"),
    OpenCodes("003", "HttpMethod", "of requests; the warehouse reads with GET"),
    OpenCodes("003", "StatusCodeRange", "of answers: judged by `ocpi/envelope.py`"),
    OpenCodes("003", "StatusCode", "of answers: judged by `ocpi/envelope.py`"),
)
