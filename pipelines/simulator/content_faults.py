"""Mistakes in what a record says: nulls, unknown values, numbers as text, texts of other shapes.

Belongs here: each fault as one function over one decoded record of any module and dialect. Does
not belong here: mistakes of pages and answers, and which faults strike when (`faults.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from pipelines.simulator.paging import PageAnswer

Record = dict[str, Any]
Strike = Callable[[PageAnswer], None]

# Content faults strike every tenth record of a page, beginning with its first.
_EVERY = 10
_LISTS = ("images", "charging_periods", "pricing_ids", "tariff_alt_text")
_CODES = ("status", "auth_method", "whitelist")
_TEXTS = ("address", "issuer", "partner", "evse_uid", "physical_reference")
_CONTENT = ("city", "currency", "issuer", "partner", "evse_id")
_NUMBERS = ("kwh", "total_cost", "total_energy")
_NO_SUCH_PRICE = "bm8tc3VjaC1wcmlj"


def in_records(change: Callable[[Record], None], *, every: int = _EVERY) -> Strike:
    """A fault of the content: strikes some of a page's records, one by one."""

    def strike(answer: PageAnswer) -> None:
        for index in range(0, len(answer.records), every):
            record = msgspec.json.decode(answer.records[index])
            change(_inner(record))
            answer.records[index] = msgspec.json.encode(record)

    strike.__doc__ = change.__doc__
    return strike


def _inner(record: Record) -> Record:
    """The record itself where a list puts something beside it."""
    return record["location"] if "distance_meters" in record else record


def _evses(record: Record) -> list[Record]:
    """The EVSEs of a location, of a session's or CDR's location, or the record that is one."""
    if "connectors" in record:
        return [record]
    evses: list[Record] = _place(record).get("evses", [])
    return evses


def _place(record: Record) -> Record:
    place: Record = record.get("location", record)
    return place


def _elements(record: Record) -> list[Record]:
    elements: list[Record] = record.get("price_list", record).get("elements", [])
    return elements


def _components(record: Record) -> list[Record]:
    """The prices of a record; those of deprecated prices are its elements."""
    return [
        component
        for element in _elements(record)
        for component in element.get("price_components", [element])
    ]


def null_for_list(record: Record) -> None:
    """null where a list belongs."""
    names = [name for name in _LISTS if name in record]
    record[names[0] if names else "images" if "evses" in record else "tariff_alt_text"] = None
    for evse in _evses(record):
        evse["capabilities"] = None


def unknown_enum(record: Record) -> None:
    """Values that no specification has, one of them a known one with a blank."""
    for name in _CODES:
        if name in record:
            record[name] = "HIBERNATING"
    if "product" in record:
        record["product"]["type"] = "HIBERNATING"
    for evse in _evses(record):
        connector = evse["connectors"][0]
        (evse if "status" in evse else connector)["status"] = "HIBERNATING"
        connector["standard"] = "GALACTIC_PLUG"
        connector["format"] = f"{connector['format']} "
    for component in _components(record)[:1]:
        component["type"] = "SUNSHINE"


def unknown_attribute(record: Record) -> None:
    """Attributes that no specification has, on every level."""
    record["x_vendor_note"] = {"colour": "green", "ids": [1, "2", None]}
    for evse in _evses(record):
        evse["x_vendor_slot"] = 7
        evse["connectors"][0]["x_vendor_flag"] = True


def number_as_string(record: Record) -> None:
    """Numbers as text, and one amperage with a fraction."""
    for name in _NUMBERS:
        if name in record:
            record[name] = str(record[name])
    for evse in _evses(record):
        for connector in evse["connectors"]:
            for name in ("max_voltage", "voltage"):
                if name in connector:
                    connector[name] = str(connector[name])
            for name in ("max_amperage", "amperage"):
                if name in connector:
                    connector[name] = f"{connector[name]}.0"
    for component in _components(record):
        for name in ("price", "price_excl_vat"):
            if name in component:
                component[name] = str(component[name])


def int64_as_string(record: Record) -> None:
    """Every whole number as text, as protobuf writes those of 64 bits."""
    for name, value in record.items():
        record[name] = _with_text_for_integers(value)


def _with_text_for_integers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_text_for_integers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_text_for_integers(inner) for inner in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def u0000_text(record: Record) -> None:
    """U+0000 in a text, which Postgres cannot hold."""
    place = _place(record)
    for name in _TEXTS:
        if name in place:
            place[name] = f"{place[name]}\u0000"
            return
    record["tariff_alt_text"] = [{"language": "en", "text": "Cheap\u0000 power"}]


def zone_less_times(record: Record) -> None:
    """Times without a zone, with 0 to 9 fraction digits."""
    fractions = ("", ".1", ".123", ".123456789")
    if "last_updated" in record:
        record["last_updated"] = record["last_updated"].rstrip("Z") + ".25"
    for index, evse in enumerate(_evses(record)):
        evse["last_updated"] = evse["last_updated"].rstrip("Z") + fractions[index % 4]


def bad_connector(record: Record) -> None:
    """A connector, or a price, that cannot be read, beside others that can."""
    for evse in _evses(record)[:1]:
        name = "uid" if "uid" in evse["connectors"][0] else "id"
        evse["connectors"][0] = {**evse["connectors"][0], name: None, "standard": {"plug": []}}
    for element in _elements(record)[:1]:
        if "price_components" in element:
            element["price_components"][0] = "0.35 EUR per kWh"
        else:
            element["price_excl_vat"] = {"about": "0.35"}
    if "connector_id" in record and "connectors" not in record:
        record["connector_id"] = None


def restrictions_as_list(record: Record) -> None:
    """The restrictions of a price as a list of one object; none as an empty list."""
    for element in _elements(record):
        held = _held(element)
        element["restrictions"] = [held] if held else []


def restrictions_as_object(record: Record) -> None:
    """The restrictions of a price as an object; none as an empty one."""
    for element in _elements(record):
        element["restrictions"] = _held(element) or {}


def restrictions_null(record: Record) -> None:
    """null for the restrictions of a price, whether it has some or not."""
    for element in _elements(record):
        element["restrictions"] = None


def _held(element: Record) -> Record | None:
    held = element.get("restrictions")
    if isinstance(held, list):
        held = held[0] if held else None
    return {name: value for name, value in held.items() if value is not None} if held else None


def dangling_price(record: Record) -> None:
    """A reference to a price that does not exist, the only one of its connector."""
    if "connector_id" in record:
        record["pricing_ids"] = [_NO_SUCH_PRICE]


def duplicate_changed(answer: PageAnswer) -> None:
    """The first record of the page again, with the same times and another content."""
    if answer.records:
        record = msgspec.json.decode(answer.records[0])
        inner = _inner(record)
        name = next((name for name in _CONTENT if name in inner), None)
        inner[name or "x_vendor_note"] = "XXX"
        answer.records.append(msgspec.json.encode(record))


def unreferenced_price(answer: PageAnswer) -> None:
    """Prices that no connector names, as many as there are others."""
    for record in map(msgspec.json.decode, list(answer.records)):
        record["id"] = f"nobody-{record.get('id', '')}"
        if "product" in record:
            record["product"]["name"] = "Taken by nobody"
        answer.records.append(msgspec.json.encode(record))
    answer.total += len(answer.records) // 2
