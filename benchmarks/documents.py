"""The bytes that every contender reads: simulated OCPI pages of two days, made once.

Belongs here: pages of the simulator with every list filled, their manifest, and the small edit
that makes day 2 from day 1. Does not belong here: who reads them (`contenders/`).

The pages are rendered by the simulator's own code, without the sockets in between, and lie in a
landing attempt as a pull would have left it, so that all contenders read the same files.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from pipelines import simulator
from pipelines.landing import MANIFEST, LandedModule, LandedPage, Manifest
from pipelines.simulator.paging import Listing, PageRequest, envelope
from pipelines.simulator.server import DEFAULT_PAGE_LIMIT
from pipelines.simulator.world import World

SOURCE = "bench"
DIALECT = "ocpi_2_2_1"
DAYS = (date(2026, 2, 2), date(2026, 2, 3))
SEED = 1
# Every 50th location and every 50th tariff differs on day 2: 2 %.
CHANGED_EVERY = 50
CHANGED_AT = "2026-02-02T21:30:00Z"
_TARIFFS_ASKED = 1_000_000

Json = dict[str, Any]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Documents:
    """Where the landing of one size lies, and what is in it."""

    landing: Path
    facts: dict[str, int]

    def attempt(self, day: date) -> Path:
        """The folder of the one attempt of a day."""
        return next(path.parent for path in self.landing.glob(f"{SOURCE}/{day}/*/{MANIFEST}"))


def documents(work: Path, *, locations: int, progress: Progress) -> Documents:
    """The documents of a size: those made earlier by the same code, or new ones."""
    folder = work / f"documents-{locations}"
    facts = folder / f"facts-{_code_hash()}.json"
    if not facts.exists():
        shutil.rmtree(folder, ignore_errors=True)
        made = _made(folder / "landing", locations=locations, progress=progress)
        # Written last: a run cut off in between starts anew.
        facts.write_text(json.dumps(made, indent=1), encoding="utf-8")
    return Documents(folder / "landing", json.loads(facts.read_text(encoding="utf-8")))


def _code_hash() -> str:
    """Of what decides the bytes: the simulator and this file."""
    digest = hashlib.sha256()
    for path in (*sorted(Path(simulator.__file__).parent.glob("*.py")), Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _made(landing: Path, *, locations: int, progress: Progress) -> dict[str, int]:
    world = _world_of(locations)
    listing = Listing(world)
    first, second = (_AttemptFolder(landing, day) for day in DAYS)
    edit = _Edit()
    for module in ("locations", "tariffs"):
        for records in _pages(listing, module):
            first.add(module, records)
            second.add(module, [edit.on_day_two(module, record) for record in records])
            if len(records) < DEFAULT_PAGE_LIMIT or first.count % 20 == 0:
                progress(f"documents: {first.records[module]:,} {module}")
    first.finish()
    second.finish()
    return {
        "locations": first.records["locations"],
        "tariffs": first.records["tariffs"],
        "bytes": first.size,
        "pages": first.count,
        "locations_changed": edit.changed["locations"],
        "tariffs_changed": edit.changed["tariffs"],
    }


def _world_of(locations: int) -> World:
    """The world whose feed has at least that many locations (some slots stand empty)."""
    size = locations
    while True:
        world = World(SEED, size, fill="all")
        missing = locations - len(world.roster(DAYS[0]))
        if missing <= 0:
            return world
        size += missing


def _pages(listing: Listing, module: str) -> Iterator[list[bytes]]:
    offset, limit = 0, DEFAULT_PAGE_LIMIT
    while True:
        request = PageRequest(module, DAYS[0], offset, limit, None, None)
        answer = listing.answer(request, module_url=f"http://127.0.0.1:8210/ocpi/2.2.1/{module}")
        if answer.records:
            yield answer.records
        offset += limit
        if answer.next_link is None:
            return


class _Edit:
    """Day 2 from day 1: every 50th location and tariff is edited, all other bytes are the same."""

    def __init__(self) -> None:
        self.changed = {"locations": 0, "tariffs": 0}
        self._numbers: dict[tuple[str, str], int] = {}

    def on_day_two(self, module: str, record: bytes) -> bytes:
        key = (module, hashlib.sha256(record).hexdigest())
        # A record that the feed repeats is edited alike each time: it stays an exact duplicate.
        is_new = key not in self._numbers
        number = self._numbers.setdefault(key, len(self._numbers))
        if number % CHANGED_EVERY:
            return record
        self.changed[module] += is_new
        value = msgspec.json.decode(record)
        if module == "locations":
            edited_location(value, kind=number // CHANGED_EVERY)
        else:
            edited_tariff(value)
        return msgspec.json.encode(value)


def edited_location(location: Json, *, kind: int) -> None:
    """One of five changes, in turn: a status, a power, a name, a tariff, an EVSE less."""
    location["last_updated"] = CHANGED_AT
    evses = location["evses"]
    evse = evses[0]
    connector = evse["connectors"][0]
    kind %= 5
    if kind == 4 and len(evses) > 1:
        del evses[-1]
    elif kind == 3:
        connector["tariff_ids"] = [*connector.get("tariff_ids", []), "T99999"]
    elif kind == 2:
        location["name"] = f"{location.get('name', 'Laadplein')} (nieuw)"
    elif kind == 1:
        connector["max_electric_power"] = connector.get("max_electric_power", 0) + 50_000
        connector["last_updated"] = CHANGED_AT
    else:
        evse["status"] = "OUTOFORDER" if evse["status"] != "OUTOFORDER" else "AVAILABLE"
        evse["last_updated"] = CHANGED_AT


def edited_tariff(tariff: Json) -> None:
    """Every price a cent higher."""
    for element in tariff["elements"]:
        for component in element["price_components"]:
            component["price"] = round(component["price"] + 0.01, 4)
    tariff["last_updated"] = CHANGED_AT


class _AttemptFolder:
    """A landing attempt while its pages are written."""

    def __init__(self, landing: Path, day: date) -> None:
        self._day = day
        self._began = datetime(day.year, day.month, day.day, 1, 30, tzinfo=UTC)
        self._name = self._began.strftime("%Y%m%dT%H%M%S%fZ")
        self._folder = landing / SOURCE / day.isoformat() / self._name
        self._folder.mkdir(parents=True)
        self._pages: dict[str, list[LandedPage]] = {"locations": [], "tariffs": []}

    @property
    def records(self) -> dict[str, int]:
        return {name: sum(page.records for page in pages) for name, pages in self._pages.items()}

    @property
    def size(self) -> int:
        return sum(page.bytes for pages in self._pages.values() for page in pages)

    @property
    def count(self) -> int:
        return sum(len(pages) for pages in self._pages.values())

    def add(self, module: str, records: list[bytes]) -> None:
        pages = self._pages[module]
        body = envelope(
            b"[" + b",".join(records) + b"]",
            status_code=1000,
            status_message="Success",
            day=self._day,
        )
        name = f"{module}-{len(pages) + 1:05}.json"
        (self._folder / name).write_bytes(body)
        pages.append(
            LandedPage(
                file=name,
                sha256=hashlib.sha256(body).hexdigest(),
                bytes=len(body),
                records=len(records),
                url=f"http://127.0.0.1:8210/ocpi/2.2.1/{module}",
                requested_at=self._began,
            )
        )

    def finish(self) -> None:
        manifest = Manifest(
            source=SOURCE,
            dialect=DIALECT,
            day=self._day,
            attempt=self._name,
            started_at=self._began,
            ended_at=self._began,
            complete=True,
            modules={
                name: LandedModule(
                    complete=True,
                    required=name == "locations",
                    declared_total=self.records[name],
                    received=self.records[name],
                    pages=pages,
                )
                for name, pages in self._pages.items()
            },
        )
        (self._folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))
