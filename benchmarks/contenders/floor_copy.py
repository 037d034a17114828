"""The floor: parse with orjson, build rows in plain Python, COPY them into ready tables.

Belongs here: the least that any Python program has to do to get every list of the pages into
Postgres. Does not belong here: anything that makes it safe to run at night. It has no keys and no
indexes, keeps no duplicates apart, repairs nothing, writes no lake and no history: a second load
empties the tables and fills them again.

The tables are made before the clock starts; one transaction empties and fills them, so that
Postgres writes no log for them either (`wal_level = minimal`).
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import psycopg

from benchmarks.contract import stopwatch, task_from_arguments

Json = dict[str, Any]
Rows = dict[str, list[tuple[Any, ...]]]

PAGES_AT_A_TIME = 20

_IMAGE = "url text, thumbnail text, category text, type text, width int, height int"
_LOCATION = "party text, location_id text"
_EVSE = f"{_LOCATION}, evse_uid text"
_CONNECTOR = f"{_EVSE}, connector_id text"
_TARIFF = "party text, tariff_id text"
TABLES = {
    "location": f"{_LOCATION}, publish boolean, name text, address text, city text,"
    " postal_code text, state text, country text, latitude float8, longitude float8,"
    " parking_type text, facilities text[], time_zone text, twentyfourseven boolean,"
    " charging_when_closed boolean, is_green_energy boolean, supplier_name text,"
    " energy_product_name text, last_updated timestamptz",
    "location_party": f"{_LOCATION}, role text, name text, website text, logo_url text,"
    " logo_thumbnail text, logo_category text, logo_type text, logo_width int, logo_height int",
    "location_opening_hours": f"{_LOCATION}, weekday int, period_begin text, period_end text",
    "location_exceptional_period": f"{_LOCATION}, kind text, period_begin timestamptz,"
    " period_end timestamptz",
    "location_energy_source": f"{_LOCATION}, source text, percentage float8",
    "location_environmental_impact": f"{_LOCATION}, category text, amount float8",
    "location_direction": f"{_LOCATION}, language text, text text",
    "location_image": f"{_LOCATION}, {_IMAGE}",
    "location_publish_token": f"{_LOCATION}, uid text, type text, visual_number text, issuer text,"
    " group_id text",
    "related_location": f"{_LOCATION}, latitude float8, longitude float8, language text, text text",
    "evse": f"{_EVSE}, evse_id text, status text, capabilities text[], floor_level text,"
    " latitude float8, longitude float8, physical_reference text, parking_restrictions text[],"
    " last_updated timestamptz",
    "evse_status_schedule": f"{_EVSE}, period_begin timestamptz, period_end timestamptz,"
    " status text",
    "evse_direction": f"{_EVSE}, language text, text text",
    "evse_image": f"{_EVSE}, {_IMAGE}",
    "connector": f"{_CONNECTOR}, standard text, format text, power_type text, max_voltage float8,"
    " max_amperage float8, max_electric_power float8, terms_and_conditions text,"
    " last_updated timestamptz",
    "connector_tariff": f"{_CONNECTOR}, tariff_id text",
    "tariff": f"{_TARIFF}, currency text, type text, tariff_alt_url text, min_excl numeric,"
    " min_incl numeric, max_excl numeric, max_incl numeric, start_date_time timestamptz,"
    " end_date_time timestamptz, is_green_energy boolean, supplier_name text,"
    " energy_product_name text, last_updated timestamptz",
    "tariff_alt_text": f"{_TARIFF}, language text, text text",
    "tariff_energy_source": f"{_TARIFF}, source text, percentage float8",
    "tariff_environmental_impact": f"{_TARIFF}, category text, amount float8",
    "tariff_element": f"{_TARIFF}, element int, start_time text, end_time text, start_date date,"
    " end_date date, min_kwh float8, max_kwh float8, min_current float8, max_current float8,"
    " min_power float8, max_power float8, min_duration int, max_duration int, day_of_week text[],"
    " reservation text",
    "price_component": f"{_TARIFF}, element int, component int, type text, price numeric,"
    " vat float8, step_size int",
}
_RESTRICTIONS = (
    "start_time", "end_time", "start_date", "end_date", "min_kwh", "max_kwh", "min_current",
    "max_current", "min_power", "max_power", "min_duration", "max_duration", "day_of_week",
    "reservation",
)  # fmt: skip
_NOTHING: Json = {}


def main() -> None:
    task = task_from_arguments()
    # Nothing here makes cycles; collecting took a third of the time.
    gc.disable()
    with psycopg.connect(task.server.conninfo) as connection:
        for name, columns in TABLES.items():
            connection.execute(f"create table if not exists {name} ({columns})")
        connection.commit()
        with stopwatch(task) as watch:
            connection.execute(f"truncate {', '.join(TABLES)}")
            for module, add in (("locations", _add_location), ("tariffs", _add_tariff)):
                for paths in _groups(task.pages(module)):
                    with watch.phase("parse"):
                        pages = [orjson.loads(path.read_bytes())["data"] for path in paths]
                    with watch.phase("rows"):
                        rows: Rows = {name: [] for name in TABLES}
                        for page in pages:
                            for record in page:
                                add(record, rows)
                    with watch.phase("copy"):
                        _copy(connection, rows)
            connection.commit()


def _groups(paths: list[Path]) -> Iterator[list[Path]]:
    rest = iter(paths)
    while group := list(islice(rest, PAGES_AT_A_TIME)):
        yield group


def _copy(connection: psycopg.Connection[Any], rows: Rows) -> None:
    with connection.cursor() as cursor:
        for name, ready in rows.items():
            if ready:
                with cursor.copy(f"copy {name} from stdin") as copy:
                    for row in ready:
                        copy.write_row(row)


def _add_location(location: Json, rows: Rows) -> None:
    get = location.get
    key = (location["country_code"] + location["party_id"], location["id"])
    place = get("coordinates", _NOTHING)
    times = get("opening_times", _NOTHING)
    mix = get("energy_mix", _NOTHING)
    rows["location"].append((
        *key, get("publish"), get("name"), get("address"), get("city"), get("postal_code"),
        get("state"), get("country"), place.get("latitude"), place.get("longitude"),
        get("parking_type"), get("facilities"), get("time_zone"), times.get("twentyfourseven"),
        get("charging_when_closed"), mix.get("is_green_energy"), mix.get("supplier_name"),
        mix.get("energy_product_name"), get("last_updated"),
    ))  # fmt: skip
    for role in ("operator", "suboperator", "owner"):
        if party := get(role):
            logo = _image(party.get("logo", _NOTHING))
            rows["location_party"].append(
                (*key, role, party.get("name"), party.get("website"), *logo)
            )
    for hours in times.get("regular_hours", ()):
        rows["location_opening_hours"].append(
            (*key, hours["weekday"], hours["period_begin"], hours["period_end"])
        )
    for kind in ("exceptional_openings", "exceptional_closings"):
        for period in times.get(kind, ()):
            rows["location_exceptional_period"].append(
                (*key, kind, period["period_begin"], period["period_end"])
            )
    _add_mix(mix, key, rows, table="location")
    for text in get("directions", ()):
        rows["location_direction"].append((*key, text["language"], text["text"]))
    for image in get("images", ()):
        rows["location_image"].append((*key, *_image(image)))
    for token in get("publish_allowed_to", ()):
        rows["location_publish_token"].append((
            *key, token.get("uid"), token.get("type"), token.get("visual_number"),
            token.get("issuer"), token.get("group_id"),
        ))  # fmt: skip
    for related in get("related_locations", ()):
        text = related.get("name", _NOTHING)
        rows["related_location"].append(
            (
                *key,
                related["latitude"],
                related["longitude"],
                text.get("language"),
                text.get("text"),
            )
        )
    for evse in get("evses", ()):
        _add_evse(evse, key, rows)


def _add_evse(evse: Json, location_key: tuple[str, str], rows: Rows) -> None:
    get = evse.get
    key = (*location_key, evse["uid"])
    place = get("coordinates", _NOTHING)
    rows["evse"].append((
        *key, get("evse_id"), get("status"), get("capabilities"), get("floor_level"),
        place.get("latitude"), place.get("longitude"), get("physical_reference"),
        get("parking_restrictions"), get("last_updated"),
    ))  # fmt: skip
    for period in get("status_schedule", ()):
        rows["evse_status_schedule"].append(
            (*key, period["period_begin"], period.get("period_end"), period["status"])
        )
    for text in get("directions", ()):
        rows["evse_direction"].append((*key, text["language"], text["text"]))
    for image in get("images", ()):
        rows["evse_image"].append((*key, *_image(image)))
    for connector in get("connectors", ()):
        own = connector.get
        connector_key = (*key, connector["id"])
        rows["connector"].append((
            *connector_key, own("standard"), own("format"), own("power_type"), own("max_voltage"),
            own("max_amperage"), own("max_electric_power"), own("terms_and_conditions"),
            own("last_updated"),
        ))  # fmt: skip
        for tariff_id in own("tariff_ids", ()):
            rows["connector_tariff"].append((*connector_key, tariff_id))


def _add_tariff(tariff: Json, rows: Rows) -> None:
    get = tariff.get
    key = (tariff["country_code"] + tariff["party_id"], tariff["id"])
    least, most = get("min_price", _NOTHING), get("max_price", _NOTHING)
    mix = get("energy_mix", _NOTHING)
    rows["tariff"].append((
        *key, get("currency"), get("type"), get("tariff_alt_url"), least.get("excl_vat"),
        least.get("incl_vat"), most.get("excl_vat"), most.get("incl_vat"), get("start_date_time"),
        get("end_date_time"), mix.get("is_green_energy"), mix.get("supplier_name"),
        mix.get("energy_product_name"), get("last_updated"),
    ))  # fmt: skip
    for text in get("tariff_alt_text", ()):
        rows["tariff_alt_text"].append((*key, text["language"], text["text"]))
    _add_mix(mix, key, rows, table="tariff")
    for number, element in enumerate(tariff["elements"]):
        restrictions = element.get("restrictions", _NOTHING)
        rows["tariff_element"].append(
            (*key, number, *(restrictions.get(name) for name in _RESTRICTIONS))
        )
        for position, price in enumerate(element["price_components"]):
            rows["price_component"].append((
                *key, number, position, price["type"], price["price"], price.get("vat"),
                price.get("step_size"),
            ))  # fmt: skip


def _add_mix(mix: Json, key: tuple[str, str], rows: Rows, *, table: str) -> None:
    for share in mix.get("energy_sources", ()):
        rows[f"{table}_energy_source"].append((*key, share["source"], share["percentage"]))
    for impact in mix.get("environ_impact", ()):
        rows[f"{table}_environmental_impact"].append((*key, impact["category"], impact["amount"]))


def _image(image: Json) -> tuple[Any, ...]:
    get = image.get
    return (
        get("url"), get("thumbnail"), get("category"), get("type"), get("width"), get("height")
    )  # fmt: skip


if __name__ == "__main__":
    main()
