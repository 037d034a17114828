"""pandas: `json_normalize` for every list of the pages, `DataFrame.to_sql` for every frame.

Belongs here: what a script in a notebook does, a frame a table, done carefully: in groups of pages,
so that memory stays within bounds, and with the quickest way of inserting that `to_sql` has. Does
not belong here: COPY, which would be another contender (`floor_copy.py`).

It keeps no history, no keys and no duplicates apart; a second load replaces the tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
import sqlalchemy

from benchmarks.contract import stopwatch, task_from_arguments

Json = dict[str, Any]

PAGES_AT_A_TIME = 20
# 2,000 locations took 2.7 s so (psycopg sends executemany as a pipeline), 3.0 s by psycopg2, and
# by method="multi" 10.3 s (psycopg2) and 17.3 s (psycopg).
DRIVER, METHOD, ROWS_AT_A_TIME = "psycopg", None, 20_000
KEY = ["country_code", "party_id", "id"]
EVSE = ["evses", "uid"]
CONNECTOR = ["evses", "connectors", "id"]
# table -> path of the list, the ids above it
LOCATION_LISTS: dict[str, tuple[list[str], list[Any]]] = {
    "location_publish_token": (["publish_allowed_to"], KEY),
    "related_location": (["related_locations"], KEY),
    "location_direction": (["directions"], KEY),
    "location_image": (["images"], KEY),
    "location_opening_hours": (["opening_times", "regular_hours"], KEY),
    "location_exceptional_opening": (["opening_times", "exceptional_openings"], KEY),
    "location_exceptional_closing": (["opening_times", "exceptional_closings"], KEY),
    "location_energy_source": (["energy_mix", "energy_sources"], KEY),
    "location_environmental_impact": (["energy_mix", "environ_impact"], KEY),
    "evse": (["evses"], KEY),
    "evse_status_schedule": (["evses", "status_schedule"], [*KEY, EVSE]),
    "evse_direction": (["evses", "directions"], [*KEY, EVSE]),
    "evse_image": (["evses", "images"], [*KEY, EVSE]),
    "connector": (["evses", "connectors"], [*KEY, EVSE]),
    "connector_tariff": (["evses", "connectors", "tariff_ids"], [*KEY, EVSE, CONNECTOR]),
}
TARIFF_LISTS: dict[str, tuple[list[str], list[Any]]] = {
    "tariff_alt_text": (["tariff_alt_text"], KEY),
    "tariff_energy_source": (["energy_mix", "energy_sources"], KEY),
    "tariff_environmental_impact": (["energy_mix", "environ_impact"], KEY),
    "tariff_element": (["elements"], KEY),
    "price_component": (["elements", "price_components"], KEY),
}
# Lists of objects that stand in a table of their own; lists of text stay, as JSON.
_OWN_TABLES = frozenset({
    "evses", "connectors", "publish_allowed_to", "related_locations", "directions", "images",
    "opening_times.regular_hours", "opening_times.exceptional_openings",
    "opening_times.exceptional_closings", "energy_mix.energy_sources", "energy_mix.environ_impact",
    "status_schedule", "tariff_ids", "tariff_alt_text", "elements", "price_components",
})  # fmt: skip


def main() -> None:
    task = task_from_arguments()
    server = task.server
    url = sqlalchemy.URL.create(
        f"postgresql+{DRIVER}",
        username=server.user,
        database=server.database,
        query={"host": server.host, "port": str(server.port)},
    )
    engine = sqlalchemy.create_engine(url)
    with stopwatch(task) as watch, engine.begin() as connection:
        writer = _Writer(connection)
        for module, lists in (("locations", LOCATION_LISTS), ("tariffs", TARIFF_LISTS)):
            for paths in _groups(task.pages(module)):
                with watch.phase("parse"):
                    records = [
                        record
                        for path in paths
                        for record in orjson.loads(path.read_bytes())["data"]
                    ]
                for table, frame in _frames(module.removesuffix("s"), records, lists, watch):
                    with watch.phase("to_sql"):
                        writer.write(table, frame)


class _Writer:
    """Writes frames; the first of a table replaces what was there."""

    def __init__(self, connection: sqlalchemy.Connection) -> None:
        self._connection = connection
        self._written: set[str] = set()

    def write(self, table: str, frame: pd.DataFrame) -> None:
        frame.to_sql(
            table,
            self._connection,
            if_exists="append" if table in self._written else "replace",
            index=False,
            method=METHOD,
            chunksize=ROWS_AT_A_TIME,
        )
        self._written.add(table)


def _groups(paths: list[Path]) -> Iterator[list[Path]]:
    rest = iter(paths)
    while group := list(islice(rest, PAGES_AT_A_TIME)):
        yield group


def _frames(
    module: str, records: list[Json], lists: dict[str, tuple[list[str], list[Any]]], watch: Any
) -> Iterator[tuple[str, pd.DataFrame]]:
    with watch.phase("json_normalize"):
        frame = _ready(pd.json_normalize(records))
    yield module, frame
    for table, (path, above) in lists.items():
        with watch.phase("json_normalize"):
            _complete(records, path)
            frame = _ready(
                pd.json_normalize(
                    records, record_path=path, meta=above, meta_prefix="of.", errors="ignore"
                )
            )
        yield table, frame


def _complete(value: Any, path: list[str]) -> None:
    """Give every object on the way the list; json_normalize raises where one is missing."""
    if isinstance(value, list):
        for item in value:
            _complete(item, path)
    elif len(path) == 1:
        value.setdefault(path[0], [])
    else:
        _complete(value.setdefault(path[0], {}), path[1:])


def _ready(frame: pd.DataFrame) -> pd.DataFrame:
    """What to_sql can write: tables of their own left out, lists of text as JSON text."""
    frame = frame.drop(columns=[name for name in frame.columns if name in _OWN_TABLES])
    for name in frame.columns:
        values = frame[name]
        if values.dtype == object and values.map(lambda value: isinstance(value, list)).any():
            frame[name] = values.map(
                lambda value: orjson.dumps(value).decode() if isinstance(value, list) else None
            )
    return frame.rename(columns=lambda name: str(name).replace(".", "_"))


if __name__ == "__main__":
    main()
