"""Days as a source would be observed on them, small enough to draw at random, and the law.

Belongs here: snapshots in memory (what the lake would hand to a load), and `expected_history`,
the law of `warehouse/history.py` written once more, slowly and plainly. Does not belong here:
assertions.
"""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from pipelines.model import TABLES, lineage
from pipelines.sources import Source
from pipelines.warehouse.connect import Connection, Warehouse

Key = tuple[Any, ...]
Row = tuple[Any, ...]
# table -> key -> payload, of the columns named here alone
World = dict[str, dict[Key, Row]]

PAYLOADS: dict[str, tuple[str, ...]] = {
    "location": ("name", "facilities"),
    "location_freshness": ("last_updated",),
    "location_image": ("url",),
    "evse": ("evse_id",),
    "evse_status": ("status",),
    "connector": ("max_power_w",),
    "connector_tariff": (),
    "tariff": ("currency",),
    "tariff_element": ("min_kwh",),
    "location_detail": ("is_derived_open_twentyfourseven",),
    "location_roaming_card": ("card",),
}
EVENT_PAYLOADS: dict[str, tuple[str, ...]] = {
    "session": ("last_updated", "status", "location_document"),
    "session_evse": ("evse_id",),
    "session_charging_period": ("started_at",),
    "token": ("last_updated", "issuer"),
}
# What the lake holds, source by source: the snapshot of a day that was made last.
LAKES: defaultdict[str, dict[date, Snapshot]] = defaultdict(dict)
PULLED_AT = datetime(2026, 6, 1, 1, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Marker:
    """A row of ops.unobserved."""

    level: str
    scope: str
    prefix: Key


@dataclass
class Observation:
    """One module on one day; `asked` are the location ids it asked for, None is all of them."""

    world: World
    markers: list[Marker] = field(default_factory=list)
    asked: frozenset[str] | None = None

    def says_nothing_of(self, table: str, key: Key) -> bool:
        if self.asked is not None and key[1] not in self.asked:
            return True
        return any(
            self._hides(marker, key)
            for level in lineage(TABLES[table])
            for marker in self.markers
            if marker.level == level.name
        )

    def _hides(self, marker: Marker, key: Key) -> bool:
        level = TABLES[marker.level]
        at_level = key[: len(level.key)]
        if at_level in self.world.get(level.name, {}):
            return False
        return at_level[: len(marker.prefix)] == marker.prefix


@dataclass(frozen=True)
class Page:
    bytes: int = 100


@dataclass(frozen=True)
class PulledModule:
    complete: bool = True
    required: bool = True
    reason: str | None = None
    declared_total: int | None = None
    received: int = 0
    notes: Sequence[str] = ()
    asked: Sequence[str] | None = None
    is_absence_open: bool = False
    pages: Sequence[Page] = (Page(),)


@dataclass(frozen=True)
class Manifest:
    attempt: str
    attempt_hash: str
    modules: Mapping[str, PulledModule]
    started_at: datetime = PULLED_AT
    ended_at: datetime = PULLED_AT


@dataclass(frozen=True)
class Attempt:
    manifest: Manifest

    @property
    def hash(self) -> str:
        return self.manifest.attempt_hash


@dataclass(frozen=True)
class LakeManifest:
    attempt: str
    attempt_hash: str
    modules: Sequence[str]


@dataclass
class Snapshot:
    """What the lake hands to a load: batches in the model's schema."""

    source: str
    day: date
    manifest: LakeManifest
    data: dict[str, pa.RecordBatch]
    lake: dict[date, Snapshot]

    @property
    def tables(self) -> Sequence[str]:
        return tuple(self.data)

    def of_day(self, day: date) -> Snapshot | None:
        return self.lake.get(day)

    def digest(self, tables: Iterable[str]) -> str:
        held = {name: self.data[name].to_pylist() for name in sorted(tables) if name in self.data}
        return hashlib.sha256(repr(held).encode()).hexdigest()

    def rows(self, table: str) -> int:
        return self.data[table].num_rows if table in self.data else 0

    def batches(self, table: str) -> Iterator[pa.RecordBatch]:
        # In two pieces, as a large table comes in many.
        batch = self.data[table]
        half = batch.num_rows // 2
        yield batch.slice(0, half)
        yield batch.slice(half)


def make_source(name: str, *, mass_change_share: float = 1.0) -> Source:
    return Source(
        name=name,
        dialect="ocpi_2_2_1",
        transport="file",
        modules={"locations": "locations_{date}.jsonl", "tariffs": "tariffs_{date}.jsonl"},
        mass_change_share=mass_change_share,
    )


def make_snapshot(
    source: str,
    day: date,
    observed: Mapping[str, Observation],
    *,
    attempt: str = "a1",
    failed: Mapping[str, str] | None = None,
    ledger: Mapping[str, tuple[int, int, int, int]] | None = None,
) -> tuple[Snapshot, Attempt]:
    """A snapshot and its attempt; `failed` modules were pulled and are not complete."""
    data = {
        table: _batch(table, rows)
        for observation in observed.values()
        for table, rows in observation.world.items()
    }
    counted = dict.fromkeys(
        TABLES[name].name
        for name in (
            "location",
            "evse",
            "connector",
            "tariff",
            "location_detail",
            "session",
            "token",
        )
        if TABLES[name].module in observed
    )
    counts = {
        level: (data[level].num_rows if level in data else 0,) * 2 + (0, 0) for level in counted
    } | dict(ledger or {})
    data["ledger"] = _report(
        "ledger",
        [
            {"snapshot_date": day, "module": TABLES[level].module, "level": level}
            | dict(zip(("received", "loaded", "quarantined", "duplicates"), numbers, strict=True))
            for level, numbers in counts.items()
        ],
    )
    data["unobserved"] = _report(
        "unobserved",
        [
            {
                "snapshot_date": day,
                "module": module,
                "level": marker.level,
                "scope": marker.scope,
                "prefix": [str(part) for part in marker.prefix],
                "present": None,
            }
            for module, observation in observed.items()
            for marker in dict.fromkeys(observation.markers)
        ],
    )
    pulled = {
        name: PulledModule(
            required=name == "locations",
            asked=None if observation.asked is None else sorted(observation.asked),
        )
        for name, observation in observed.items()
    } | {
        name: PulledModule(complete=False, required=False, reason=reason)
        for name, reason in (failed or {}).items()
    }
    manifest = Manifest(attempt, f"hash of {attempt}", pulled)
    lake = LakeManifest(attempt, manifest.attempt_hash, tuple(observed))
    snapshot = Snapshot(source, day, lake, data, LAKES[source])
    LAKES[source][day] = snapshot
    return snapshot, Attempt(manifest)


def _batch(table: str, rows: Mapping[Key, Row]) -> pa.RecordBatch:
    declared = TABLES[table]
    names = (*declared.key, *(PAYLOADS | EVENT_PAYLOADS)[table])
    return pa.RecordBatch.from_pylist(
        [dict(zip(names, (*key, *payload), strict=True)) for key, payload in rows.items()],
        schema=declared.arrow_schema,
    )


def _report(table: str, rows: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=TABLES[table].arrow_schema)


def draw_day(seed: int, *, quarantine: bool = True) -> dict[str, Observation]:
    """Locations and tariffs of a day: few keys and few values, so that equal neighbours abound."""
    rng = random.Random(seed)
    locations = Observation(_draw_locations(rng))
    tariffs = Observation(_draw_tariffs(rng))
    details = _draw_details(rng)
    if quarantine:
        _put_some_aside(locations, rng, ("location", "location_image", "evse", "connector"))
        _put_some_aside(tariffs, rng, ("tariff", "tariff_element"))
        _put_some_aside(details, rng, ("location_detail", "location_roaming_card"))
    return {"locations": locations, "tariffs": tariffs, "location_details": details}


def _draw_locations(rng: random.Random) -> World:
    world: World = {name: {} for name in PAYLOADS if TABLES[name].module == "locations"}
    for number in range(8):
        key: Key = (rng.choice(["", "NLTNM"]) if number == 0 else "", f"L{number}")
        if rng.random() < 0.25:
            continue
        world["location"][key] = (rng.choice(["x", "y", None]), rng.choice([["WIFI"], [], None]))
        world["location_freshness"][key] = (datetime(2026, 1, rng.randint(1, 2), tzinfo=UTC),)
        for content in rng.sample(range(3), rng.randint(0, 2)):
            world["location_image"][*key, content] = (f"https://images.example/{content}",)
        for evse in rng.sample(["E0", "E1"], rng.randint(0, 2)):
            world["evse"][*key, evse] = (rng.choice(["NL*1", None]),)
            world["evse_status"][*key, evse] = (rng.choice(["AVAILABLE", "CHARGING"]),)
            for connector in rng.sample(["1", "2"], rng.randint(0, 2)):
                world["connector"][*key, evse, connector] = (rng.choice([11000.0, 22000.0]),)
                if rng.random() < 0.5:
                    world["connector_tariff"][*key, evse, connector, rng.choice(["t0", "t1"])] = ()
    return world


def _draw_tariffs(rng: random.Random) -> World:
    world: World = {"tariff": {}, "tariff_element": {}}
    for number in range(4):
        if rng.random() < 0.7:
            world["tariff"]["NLTNM", f"t{number}"] = (rng.choice(["EUR", "SEK"]),)
            for element in range(rng.randint(0, 2)):
                world["tariff_element"]["NLTNM", f"t{number}", element] = (rng.choice([None, 1.0]),)
    return world


def _draw_details(rng: random.Random) -> Observation:
    """Some locations are asked for, and of these some are gone; now and then all are."""
    ids = [f"L{number}" for number in range(5)]
    asked = None if rng.random() < 0.2 else frozenset(rng.sample(ids, rng.randint(0, 4)))
    world: World = {"location_detail": {}, "location_roaming_card": {}}
    for location in ids if asked is None else sorted(asked):
        if rng.random() < 0.7:
            world["location_detail"]["", location] = (rng.choice([True, False]),)
            for content in rng.sample(range(3), rng.randint(0, 2)):
                world["location_roaming_card"]["", location, content] = (f"card {content}",)
    return Observation(world, asked=asked)


def _put_some_aside(observation: Observation, rng: random.Random, levels: Sequence[str]) -> None:
    """Quarantine: objects and all inside them leave the snapshot, a marker says so."""
    if rng.random() < 0.4:
        return
    world = observation.world
    for level in levels:
        keys = list(world[level])
        for key in rng.sample(keys, min(len(keys), rng.choice([0, 0, 1, 2]))):
            for table, rows in world.items():
                if TABLES[level] in lineage(TABLES[table]):
                    for child in [child for child in rows if child[: len(key)] == key]:
                        del rows[child]
            parent = TABLES[level].parent
            depth = len(TABLES[parent].key) if parent else 0
            marker = (
                Marker(level, "key", key)
                if rng.random() < 0.5
                else Marker(level, "siblings", key[:depth])
            )
            observation.markers.append(marker)


def expected_history(
    observations: Mapping[date, Observation], table: str
) -> list[tuple[Key, Row, date, date | None]]:
    """The law: versions of a table from all that was observed of its module, days in any order."""
    days = sorted(observations)
    keys = {key for day in days for key in observations[day].world.get(table, {})}
    versions: list[tuple[Key, Row, date, date | None]] = []
    for key in keys:
        current: Row | None = None
        since: date | None = None
        for day in days:
            if observations[day].says_nothing_of(table, key):
                continue
            state = observations[day].world.get(table, {}).get(key)
            if state == current:
                continue
            if current is not None and since is not None:
                versions.append((key, current, since, day))
            current, since = state, day
        if current is not None and since is not None:
            versions.append((key, current, since, None))
    return sorted(versions, key=lambda version: (version[0], version[2]))


def expected_histories(
    days: Mapping[date, Mapping[str, Observation]],
) -> dict[str, list[tuple[Key, Row, date, date | None]]]:
    """The law for every table here, of modules by the days on which they were observed."""
    return {
        table: expected_history(
            {day: seen[module] for day, seen in days.items() if module in seen}, table
        )
        for table in PAYLOADS
        for module in [TABLES[table].module]
    }


def read_history(
    warehouse: Warehouse, source: str, table: str
) -> list[tuple[Key, Row, date, date | None]]:
    """The same from Postgres."""
    return read_histories(warehouse, source, [table])[table]


def read_histories(
    warehouse: Warehouse, source: str, tables: Iterable[str] = PAYLOADS
) -> dict[str, list[tuple[Key, Row, date, date | None]]]:
    """Those of several tables, by one connection."""
    with warehouse.connection() as connection:
        return {table: _read_history(connection, source, table) for table in tables}


def _read_history(
    connection: Connection, source: str, table: str
) -> list[tuple[Key, Row, date, date | None]]:
    key, payload = TABLES[table].key, PAYLOADS[table]
    names = ", ".join(f'"{name}"' for name in (*key, *payload, "valid_from", "valid_to"))
    rows = connection.execute(
        f"select {names} from ocpi.{table} where source = %s", (source,)
    ).fetchall()
    versions = [
        (row[: len(key)], row[len(key) : len(key) + len(payload)], row[-2], row[-1]) for row in rows
    ]
    return sorted(versions, key=lambda version: (version[0], version[2]))
