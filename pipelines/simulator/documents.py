"""The simulated world as files, for whoever needs many records without a server.

Belongs here: writing one day's modules as JSON lines or as enveloped pages. Does not belong
here: the command line (`__main__.py`), HTTP (`server.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

from pipelines.simulator.paging import envelope
from pipelines.simulator.render_ocpi_2_2_1 import location_json, tariff_json
from pipelines.simulator.world import LocationRef, World


@dataclass(frozen=True, slots=True)
class Written:
    """What was written of a module."""

    module: str
    files: int
    records: int
    bytes: int


def write_documents(
    world: World,
    day: date,
    *,
    folder: Path,
    page_size: int | None = None,
    changed_share: float | None = None,
) -> tuple[Written, ...]:
    """Write `locations` and `tariffs` of a day into a folder (made if missing).

    Without `page_size`: one `<module>_<day>.jsonl` each; with it: `<module>_<day>_00001.json`
    and so on, each an OCPI envelope. With `changed_share` (0.02), that share of the locations
    is as of the night after, and differs; everything else stays as it is on `day`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    locations = (
        (location_json(location) for location in world.locations(day))
        if changed_share is None
        else partly_changed(world, day, share=changed_share)
    )
    tariffs = (tariff_json(tariff) for tariff in world.tariffs(day))
    return (
        _written("locations", locations, day, folder=folder, page_size=page_size),
        _written("tariffs", tariffs, day, folder=folder, page_size=page_size),
    )


def partly_changed(world: World, day: date, *, share: float) -> Iterator[bytes]:
    """The locations of a day, a share of them, evenly spread, as of a later night.

    Records that the feed holds twice are left as they are: they would not be equal any more.
    """
    roster = world.roster(day)
    twice = {ref for ref, times in Counter(roster).items() if times > 1}
    due = 0.0
    for ref in roster:
        record = location_json(world.location(ref, day))
        due += share
        if due >= 1 and ref not in twice:
            later = _later_state(world, ref, day, record=record)
            if later is not None:
                due -= 1
                record = later
        yield record


def _later_state(world: World, ref: LocationRef, day: date, *, record: bytes) -> bytes | None:
    """The same location as of the next night, if it is still published and differs."""
    tomorrow = day + timedelta(days=1)
    if not world.publishes(ref, tomorrow):
        return None
    later = world.location(ref, tomorrow)
    if world.location_id(ref, day) != later.id:
        return None
    changed = location_json(later)
    return changed if changed != record else None


def _written(
    module: str, records: Iterable[bytes], day: date, *, folder: Path, page_size: int | None
) -> Written:
    if page_size is None:
        return _written_lines(module, records, folder / f"{module}_{day}.jsonl")
    files = count = size = 0
    remaining = iter(records)
    while page := list(islice(remaining, page_size)):
        files += 1
        data = b"[" + b",".join(page) + b"]"
        body = envelope(data, status_code=1000, status_message="Success", day=day)
        (folder / f"{module}_{day}_{files:05d}.json").write_bytes(body)
        count += len(page)
        size += len(body)
    return Written(module, files, count, size)


def _written_lines(module: str, records: Iterable[bytes], path: Path) -> Written:
    count = size = 0
    with path.open("wb") as file:
        for record in records:
            size += file.write(record + b"\n")
            count += 1
    return Written(module, 1, count, size)
