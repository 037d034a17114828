"""One value at a time: what a text means as number, moment, day, time of day, country.

Belongs here: pure functions from one text to one value, with the names of the repairs made. The
kernels (`columns.py`) call them for values off the beaten track, and the careful path for every
value, so both paths mean the same. Does not belong here: Arrow arrays, counting.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache

import pyarrow as pa
import pycountry

# What is cut off around a text: ASCII blanks, CR, LF, NBSP and the rarer Unicode blanks, zero
# width ones and the BOM. A named set, because Python and Arrow disagree on what a blank is.
BLANKS = (
    " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
)
# Before this year no charger existed: 0001-01-01 is what .NET writes for "never".
FIRST_YEAR = 1900

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\Z", re.ASCII)
_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+\Z", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d(?::\d\d(?::\d\d)?)?)(?:[.,](\d+))?)?"
    r" ?(Z|z|UTC|[+-]\d\d(?::?\d\d)?)?\Z",
    re.ASCII,
)
# A Z is what Eco-Movement writes behind the hours of predicted occupancy, which are in UTC.
_TIME = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?Z?\Z", re.ASCII)
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ].*)?\Z", re.ASCII)


def cleaned(value: str) -> str | None:
    """A text without U+0000 and without blanks around it; None where nothing is left."""
    return value.replace("\x00", "").strip(BLANKS) or None


def number_of(value: str) -> float | None:
    """The number a text means (decimal point or comma), None where it means none."""
    text = value.strip(BLANKS)
    if _COMMA_NUMBER.match(text):
        text = text.replace(",", ".")
    if not _NUMBER.match(text):
        return None
    number = float(text)
    return number if abs(number) != float("inf") else None


def moment_of(value: str) -> tuple[int | None, str | None]:
    """Microseconds since 1970 UTC, and the repair made: zone_assumed_utc or unreadable_timestamp.

    0 to 9 fraction digits (cut after the sixth), zone as Z or offset or not at all (then UTC), a
    blank or a T between day and time.
    """
    found = _MOMENT.match(value)
    if not found:
        return None, "unreadable_timestamp"
    day, clock, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock or '00:00'}").replace(tzinfo=UTC)
        if zone and zone[0] in "+-":
            offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:].strip(":") or 0))
            moment -= offset if zone[0] == "+" else -offset
    except (ValueError, OverflowError):
        return None, "unreadable_timestamp"
    micros = int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
    micros += int((fraction or "0")[:6].ljust(6, "0"))
    return micros, None if zone else "zone_assumed_utc"


def day_of(value: str) -> tuple[date | None, str | None]:
    """The day a text means, and the repair made: day_from_timestamp or unreadable_date."""
    found = _DAY.match(value)
    try:
        day = date.fromisoformat(found.group(1)) if found else None
    except ValueError:
        day = None
    if day is None:
        return None, "unreadable_date"
    return day, None if len(value) == 10 else "day_from_timestamp"


def time_of(value: str) -> tuple[str | None, str | None]:
    """HH:MM (HH:MM:SS where seconds are not 0), and the repair made: time_form, unreadable_time."""
    found = _TIME.match(value)
    if not found:
        return None, "unreadable_time"
    hours, minutes, seconds = int(found[1]), int(found[2]), int(found[3] or 0)
    if hours > 24 or minutes > 59 or seconds > 59 or (hours == 24 and (minutes or seconds)):
        return None, "unreadable_time"
    time = f"{hours:02d}:{minutes:02d}" + (f":{seconds:02d}" if seconds else "")
    return time, None if time == value else "time_form"


def restricting_time_of(value: str) -> tuple[str, str | None]:
    """As `time_of`, but what cannot be read stays as it is: without it a price holds all day."""
    time, repair = time_of(value)
    return time or value, repair


# Names that feeds use and ISO 3166 does not list.
_COUNTRY_NAMES = {
    "belgie": "BEL", "belgië": "BEL", "belgique": "BEL", "czech republic": "CZE",
    "danmark": "DNK", "deutschland": "DEU", "españa": "ESP", "great britain": "GBR",
    "holland": "NLD", "italia": "ITA", "kosovo": "XKX", "luxemburg": "LUX", "nederland": "NLD",
    "norge": "NOR", "polska": "POL", "russia": "RUS", "schweiz": "CHE", "suisse": "CHE",
    "suomi": "FIN", "sverige": "SWE", "the netherlands": "NLD", "turkey": "TUR", "türkiye": "TUR",
    "uk": "GBR", "united states of america": "USA", "xk": "XKX", "xkx": "XKX", "österreich": "AUT",
    "россия": "RUS",
}  # fmt: skip


@cache
def _country_codes() -> dict[str, str]:
    """ISO 3166-1 codes and names, in lower case, to alpha-3."""
    codes = dict(_COUNTRY_NAMES)
    for country in pycountry.countries:
        for name in ("alpha_2", "alpha_3", "name", "common_name", "official_name"):
            known = getattr(country, name, None)
            if known:
                codes[known.lower()] = country.alpha_3
        # "Netherlands, Kingdom of the", "Korea, Republic of"
        if "," in country.name:
            codes.setdefault(country.name.split(",")[0].lower(), country.alpha_3)
    return codes


@lru_cache(maxsize=4096)
def country_of(value: str) -> tuple[str | None, str | None]:
    """ISO 3166-1 alpha-3, and the repair made: country_mapped or unreadable_country."""
    code = _country_codes().get(value.lower())
    if code is None:
        return None, "unreadable_country"
    return code, None if code == value else "country_mapped"


def flag_of(value: object) -> tuple[bool | None, str | None]:
    """What 0/1, "true", "no" mean as a flag, and the repair made."""
    if isinstance(value, bool):
        return value, None
    if isinstance(value, str):
        text = value.strip(BLANKS).lower()
        if text in {"true", "yes", "y", "1", "t"}:
            return True, "flag_from_text"
        if text in {"false", "no", "n", "0", "f"}:
            return False, "flag_from_text"
        return None, "unreadable_flag" if text else None
    if value == 0 or value == 1:
        return bool(value), "flag_from_number"
    return None, "unreadable_flag"


TIMESTAMP = pa.timestamp("us", tz="UTC")
