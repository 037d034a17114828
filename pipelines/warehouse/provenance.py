"""What a published figure is made of: the loads, and the build of the marts that knew them.

Belongs here: reading it from the ledger, and its form in a file. Does not belong here: the figure
(`cli/export.py`), doing those loads again (`replay.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.errors import ConfigurationError, WarehouseError
from pipelines.warehouse.connect import Connection
from pipelines.warehouse.replay import Line

FORMAT = 1
BUILD_AGAIN = "build them again (ocpi-warehouse materialize), then export"


@dataclass(frozen=True)
class Build:
    """A build of the marts that ended well."""

    build_id: int
    built_at: datetime
    fingerprint: str
    seeds_hash: str | None
    code_version: str | None
    variables: Mapping[str, Any] | None


@dataclass(frozen=True)
class Provenance:
    """Which loads a figure is made of; no build where no mart had been built."""

    load_ids: tuple[int, ...]
    build: Build | None


def provenance_of_marts(connection: Connection) -> Provenance:
    """What the marts are made of now; WarehouseError where they are not of one state."""
    build = _last_build(connection)
    if build is None:
        raise WarehouseError(
            "no mart has been built yet; ocpi-warehouse materialize builds them, without --no-dbt"
        )
    overtaken = connection.execute(
        "select count(*) from ops.change where build_id is null and changed_at <= %s",
        (build.built_at,),
    ).fetchone()
    if overtaken and overtaken[0]:
        raise WarehouseError(
            f"while the marts were built ({_said(build.built_at)}) something was loaded, which may "
            f"be in one mart and not in another; {BUILD_AGAIN}"
        )
    load_ids = connection.execute(
        "select load_id from ops.mart_build_load where build_id <= %s order by load_id",
        (build.build_id,),
    ).fetchall()
    if not load_ids:
        raise WarehouseError(
            "the marts were built by a version that did not note the loads they are made of; "
            f"{BUILD_AGAIN}"
        )
    return Provenance(tuple(load_id for (load_id,) in load_ids), build)


def provenance_of_everything(connection: Connection) -> Provenance:
    """What any query is made of now; WarehouseError where the marts lag behind the tables."""
    pending = connection.execute(
        "select count(*) from ops.change where build_id is null"
    ).fetchone()
    build = _last_build(connection)
    if build is not None and pending and pending[0]:
        raise WarehouseError(
            "the marts have not taken in what was loaded last, so a query may mix two states; "
            f"{BUILD_AGAIN}"
        )
    load_ids = connection.execute("select load_id from ops.load order by load_id").fetchall()
    if not load_ids:
        raise WarehouseError("nothing has been loaded yet; ocpi-warehouse materialize does that")
    return Provenance(tuple(load_id for (load_id,) in load_ids), build)


def build_known_at(connection: Connection, moment: datetime) -> Build | None:
    """The build of the marts that was in force then."""
    return _build(
        connection,
        "where built_at <= %s and variables is not null order by build_id desc limit 1",
        moment,
    )


def _last_build(connection: Connection) -> Build | None:
    unfinished = connection.execute(
        "select started_at from ops.mart_build where built_at is null"
        " and build_id = (select max(build_id) from ops.mart_build)"
    ).fetchone()
    if unfinished:
        raise WarehouseError(
            f"the last build of the marts (begun {_said(unfinished[0])}) did not end well, so they "
            f"may be of two states; {BUILD_AGAIN}"
        )
    return _build(connection, "order by build_id desc limit 1")


def _build(connection: Connection, which: str, *values: datetime) -> Build | None:
    row = connection.execute(
        "select build_id, built_at, fingerprint, seeds_hash, code_version, variables"
        f" from ops.mart_build {which}".encode(),
        values,
    ).fetchone()
    return None if row is None else Build(*row)


def ledger_hash(lines: Iterable[Line]) -> str:
    """SHA-256 over what was loaded: another warehouse's loads of the same numbers differ in it."""
    digest = hashlib.sha256()
    for line in lines:
        said = (line.load_id, line.source, line.day, line.module, line.action, line.attempt_hash)
        digest.update(f"{' '.join(map(str, said))}\n".encode())
    return digest.hexdigest()


def as_document(provenance: Provenance, lines: Iterable[Line]) -> dict[str, Any]:
    """The provenance as it stands in a file, for people as well as for `rebuild --from`."""
    wanted = set(provenance.load_ids)
    known = [line for line in lines if line.load_id in wanted]
    sources: dict[str, list[Line]] = {}
    for line in known:
        if line.action == "load":
            sources.setdefault(line.source, []).append(line)
    build = provenance.build
    return {
        "known_at": _said(max(line.at for line in known)),
        "load_ids": ranges(provenance.load_ids),
        "ledger_hash": ledger_hash(known),
        "sources": {
            name: {
                "load_ids": ranges(line.load_id for line in own),
                "first_snapshot": min(line.day for line in own).isoformat(),
                "last_snapshot": max(line.day for line in own).isoformat(),
            }
            for name, own in sorted(sources.items())
        },
        "marts": build
        and {
            "build_id": build.build_id,
            "built_at": _said(build.built_at),
            "fingerprint": build.fingerprint,
            "seeds_hash": build.seeds_hash,
            "code_version": build.code_version,
            "variables": build.variables,
        },
    }


@dataclass(frozen=True)
class Export:
    """What a file says of itself: the query, what came of it, and from what."""

    query: str
    rows: int
    rows_hash: str
    known_at: datetime
    ledger_hash: str
    provenance: Provenance


def parse_export(text: str | bytes, *, place: str) -> Export:
    """The provenance in a file; ConfigurationError where there is none to be read."""
    try:
        document = json.loads(text)["ocpi_warehouse"]
        made_of, marts = document["made_of"], document["made_of"]["marts"]
        if document["format"] != FORMAT:
            raise ConfigurationError(
                f"{place} was written by a newer version of ocpi-warehouse; use that one"
            )
        build = marts and Build(**{**marts, "built_at": datetime.fromisoformat(marts["built_at"])})
        return Export(
            query=document["query"],
            rows=document["rows"],
            rows_hash=document["rows_hash"],
            known_at=datetime.fromisoformat(made_of["known_at"]),
            ledger_hash=made_of["ledger_hash"],
            provenance=Provenance(numbers(made_of["load_ids"]), build),
        )
    except (ValueError, KeyError, TypeError):
        raise ConfigurationError(
            f"{place} does not say what it is made of; name a file that ocpi-warehouse export "
            "wrote (of a CSV, FILE.provenance.json has to lie beside it)"
        ) from None


def ranges(load_ids: Iterable[int]) -> str:
    """Numbers in short: 1-57, 59."""
    found: list[list[int]] = []
    for number in sorted(load_ids):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def numbers(text: str) -> tuple[int, ...]:
    """What `ranges` made short, in full."""
    found: list[int] = []
    for part in filter(None, text.replace(" ", "").split(",")):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return tuple(found)


def _said(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
