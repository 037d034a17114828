"""What the peer serves: valid OCPI 2.1.1 objects, as many as are wanted.

Belongs here: whole objects of every module, each different. Does not belong here: dirt; the
server refuses it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

Record = dict[str, Any]

DAY_START = datetime(2026, 6, 7, tzinfo=UTC)
TOKEN_UID = "04A2F3B1C2{:04}"


def iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def moments(count: int) -> list[datetime]:
    """Times spread over one day, the first at its first second."""
    return [DAY_START + timedelta(seconds=86_399 * n // max(count, 1)) for n in range(count)]


def location(n: int) -> Record:
    """A location with two EVSEs."""
    return {
        "id": f"LOC-{n:04}",
        "type": "ON_STREET",
        "name": f"Place {n}",
        "address": f"Dorpsstraat {n}",
        "city": "Utrecht",
        "postal_code": "3511 AA",
        "country": "NLD",
        "coordinates": {"latitude": f"52.{n:06}", "longitude": f"5.{n:06}"},
        "operator": {"name": "Extra West", "website": "https://extra-west.example"},
        "facilities": ["WIFI"],
        "time_zone": "Europe/Amsterdam",
        "opening_times": {"twentyfourseven": True},
        "evses": [evse(n, which) for which in (1, 2)],
        "last_updated": iso(DAY_START),
    }


def evse(n: int, which: int) -> Record:
    return {
        "uid": f"EVSE-{n:04}-{which}",
        "evse_id": f"NL*EXW*E{n:04}*{which}",
        "status": "AVAILABLE",
        "capabilities": ["RFID_READER"],
        "connectors": [
            {
                "id": "1",
                "standard": "IEC_62196_T2",
                "format": "SOCKET",
                "power_type": "AC_3_PHASE",
                "voltage": 230,
                "amperage": 16,
                "tariff_id": f"TAR-{n:04}",
                "last_updated": iso(DAY_START),
            }
        ],
        "last_updated": iso(DAY_START),
    }


def tariff(n: int) -> Record:
    return {
        "id": f"TAR-{n:04}",
        "currency": "EUR",
        "elements": [
            {
                "price_components": [
                    {"type": "ENERGY", "price": round(0.2 + n / 1000, 4), "step_size": 1}
                ],
                "restrictions": {"min_duration": 60, "day_of_week": ["MONDAY"]},
            }
        ],
        "last_updated": iso(DAY_START),
    }


def _periods(begin: datetime) -> list[Record]:
    return [
        {
            "start_date_time": iso(begin + timedelta(minutes=minutes)),
            "dimensions": [{"type": "ENERGY", "volume": 1.5}, {"type": "TIME", "volume": 0.5}],
        }
        for minutes in (0, 30)
    ]


def session(n: int, last_updated: datetime) -> Record:
    """A session that ended when it was last updated, an hour after it began."""
    begin = last_updated - timedelta(hours=1)
    return {
        "id": f"SES-{n:04}",
        "start_datetime": iso(begin),
        "end_datetime": iso(last_updated),
        "kwh": 3.0,
        "auth_id": f"NL-EXW-C{n:06}",
        "auth_method": "WHITELIST",
        "location": {**location(n), "evses": [evse(n, 1)]},
        "currency": "EUR",
        "charging_periods": _periods(begin),
        "total_cost": 1.25,
        "status": "COMPLETED",
        "last_updated": iso(last_updated),
    }


def cdr(n: int, last_updated: datetime) -> Record:
    begin = last_updated - timedelta(hours=1)
    return {
        "id": f"CDR-{n:04}",
        "start_date_time": iso(begin),
        "end_date_time": iso(last_updated),
        "auth_id": f"NL-EXW-C{n:06}",
        "auth_method": "AUTH_REQUEST",
        "location": {**location(n), "evses": [evse(n, 1)]},
        "currency": "EUR",
        "tariffs": [tariff(n)],
        "charging_periods": _periods(begin),
        "total_cost": 1.25,
        "total_energy": 3.0,
        "total_time": 1.0,
        "last_updated": iso(last_updated),
    }


def token(n: int) -> Record:
    return {
        "uid": TOKEN_UID.format(n),
        "type": "RFID",
        "auth_id": f"NL-EXW-C{n:06}",
        "visual_number": f"NL-EXW-{n:08}",
        "issuer": "Extra West",
        "valid": n % 7 != 0,
        "whitelist": "ALLOWED",
        "language": "nl",
        "last_updated": iso(DAY_START),
    }
