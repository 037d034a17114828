"""What goes in can be read back: records that fill every attribute, from a feed to Postgres.

The records are built from the contract and not from the dialects' declarations, and the rows they
must become are worked out apart from flatten, so what is forgotten on the way shows. Each feed
goes through both paths of flatten: a lone surrogate in an attribute that nobody knows sends a
group down the careful one.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.rows import dict_row

from pipelines.dialects import DIALECTS
from pipelines.dialects.contract import Fact, facts, vendor_facts
from pipelines.dialects.shape import shape_of
from pipelines.flatten import flatten_snapshot
from pipelines.flatten.reading import Reader
from pipelines.lake import Lake
from pipelines.landing import Landing
from pipelines.model import TABLES
from pipelines.sources import Source
from pipelines.warehouse.load import load_snapshot
from pipelines.warehouse.migrations import migrate
from tests.conftest import FreshDatabase
from tests.contract.expecting import CONTENT_KEYS, DOCUMENTS, Module, Row
from tests.contract.filling import moved, records, tree_of

DAY = date(2026, 6, 7)
NOW = datetime(2026, 6, 7, 3, tzinfo=UTC)
HASH_KEY = b"a key for tests, and for nothing else"
FEW = settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate, Phase.reuse),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
numbers = itertools.count(1)


def contract(seed: str, *objects: str) -> list[Fact]:
    return [f for f in (*facts(), *vendor_facts()) if f.seed == seed and f.object in objects]


def within(at: str, inner: Iterable[Fact], *, of: str) -> list[Fact]:
    """Facts as attributes of an object that holds theirs."""
    return [
        Fact(fact.seed, of, f"{at}.{fact.path}", fact.kind, fact.type, fact.enum) for fact in inner
    ]


OCPI_LOCATION = contract("002", "Location", "EVSE", "Connector")
OPENING_TIMES = [f for f in OCPI_LOCATION if f.path.startswith("opening_times.")]
# The contract does not say what the opening times of Eco-Movement hold: those of OCPI.
ECO_LOCATION = [
    *contract("000", "Location", "EVSE", "Connector"),
    *moved(OPENING_TIMES, to="000"),
]
BARE_EVSE = contract("001", "EVSE", "Connector")
VOLTALITY_LOCATION = [
    *contract("001", "Location"),
    Fact("001", "Location", "evses[]", "array", "object", ""),
    *within("evses[]", BARE_EVSE, of="Location"),
]
TARIFF = contract("002", "Tariff")


@dataclass(frozen=True)
class Feed:
    """A document of a source: the module that reads it, and the attributes it is filled with."""

    module: Module
    facts: list[Fact]


def feed(dialect: str, module: str, filled: list[Fact], *, has_bare_evses: bool = False) -> Feed:
    return Feed(Module(dialect, module, HASH_KEY, has_bare_evses=has_bare_evses), filled)


SOURCES: Mapping[str, tuple[Feed, ...]] = {
    "OCPI 2.1.1": (
        feed("ocpi_2_1_1", "locations", OCPI_LOCATION),
        feed("ocpi_2_1_1", "tariffs", TARIFF),
        feed("ocpi_2_1_1", "sessions", contract("002", "Session")),
        feed("ocpi_2_1_1", "cdrs", contract("002", "CDR")),
        feed("ocpi_2_1_1", "tokens", contract("002", "Token")),
    ),
    "Eco-Movement": (
        feed("eco_movement", "locations", ECO_LOCATION),
        feed("eco_movement", "location_details", ECO_LOCATION),
        feed("eco_movement", "tariffs", moved(TARIFF, to="000")),
        feed("eco_movement", "prices", contract("000", "Price")),
        feed("eco_movement", "deprecated_prices", contract("000", "DeprecatedPrice")),
    ),
    "Voltality": (
        feed("voltality", "locations", VOLTALITY_LOCATION),
        feed("voltality", "tariffs", contract("001", "Tariff")),
    ),
    "Voltality EVSEs": (feed("voltality", "locations", BARE_EVSE, has_bare_evses=True),),
}


@pytest.fixture(scope="module")
def database(make_database: Callable[[], FreshDatabase]) -> FreshDatabase:
    made = make_database()
    migrate(made.warehouse)
    return made


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("form", ["as the contract has it", "other shapes", "careful path"])
@given(data=st.data())
@FEW
def test_every_attribute_that_goes_in_can_be_read_back(
    database: FreshDatabase, tmp_path: Path, name: str, form: str, data: st.DataObject
) -> None:
    feeds = SOURCES[name]
    documents, expected = filled(feeds, form, data)
    source = loaded(database, tmp_path, feeds[0].module.dialect, documents)
    for table, rows in expected.items():
        assert {told(row) for row in stored(database, table, source)} == rows, table


def filled(
    feeds: Iterable[Feed], form: str, data: st.DataObject
) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Documents by module, and the rows that must come of them by table."""
    documents: dict[str, str] = {}
    expected: dict[str, set[str]] = {}
    for feed in feeds:
        sent = data.draw(records(feed.facts), label=feed.module.name)
        tree = tree_of(feed.facts)
        expected |= {table: set() for table in feed.module.tables}
        for record in sent:
            for table, row in feed.module.rows(record, tree):
                if form == "other shapes":  # documents are kept as sent
                    row |= {name: _inside(row[name], "") for name in DOCUMENTS.keys() & row.keys()}
                expected[table].add(told(row))
        document = json.dumps(reshaped(sent) if form == "other shapes" else sent)
        documents[feed.module.name] = spoilt(document) if form == "careful path" else document
    return documents, expected


def reshaped(value: Any, name: str = "") -> Any:
    """Records with the other shape of what has two: a link, a text, one object for a list."""
    if isinstance(value, list):
        return [_inside(item, name) for item in value]
    if name == "logo" and isinstance(value, str):
        return {"url": value}
    if name == "directions" and isinstance(value, str):
        return [{"text": value}]
    is_listed = name in {"status_schedule", "environ_impact", "restrictions"}
    return [_inside(value, name)] if is_listed else _inside(value, name)


def _inside(value: Any, name: str) -> Any:
    if not isinstance(value, dict):
        return value
    held = {key: reshaped(inner, key) for key, inner in value.items()}
    if name == "related_locations" and isinstance(held["name"], str):
        held["name"] = {"text": held["name"]}
    return held


@given(
    prices=records(contract("000", "Price")), connectors=records(contract("000", "ConnectorPrice"))
)
@FEW
def test_a_connector_leads_to_the_prices_whose_ids_it_names(
    database: FreshDatabase,
    tmp_path: Path,
    prices: list[dict[str, Any]],
    connectors: list[dict[str, Any]],
) -> None:
    for connector in connectors:
        connector["pricing_ids"] = [price["id"] for price in prices] + ["of yesterday"]
    source = loaded(
        database,
        tmp_path,
        "eco_movement",
        {"prices": json.dumps(prices), "connector_prices": json.dumps(connectors)},
    )
    query = """
        select c.location_id, c.evse_uid, c.connector_id, p.product_name
        from ocpi.connector_price as c
        left join ocpi.price as p on p.source = c.source and p.price_key = c.price_key
        where c.source = %s and (p.price_key is not null or c.price_key = 'dangling')
    """
    with database.warehouse.connection("analyst") as connection:
        found = connection.execute(query, [source]).fetchall()
    names = [*(price["product"]["name"] for price in prices), None]
    assert sorted(found, key=str) == sorted(
        (
            (one["location_id"], one["evse_uid"], one["connector_id"], name)
            for one in connectors
            for name in names
        ),
        key=str,
    )


@given(sent=records(TARIFF, most=1))
@FEW
def test_the_careful_document_is_one_that_the_fast_path_refuses(
    sent: list[dict[str, Any]],
) -> None:
    module = DIALECTS["ocpi_2_1_1"].module("tariffs")
    assert module is not None
    for document, is_read in ((json.dumps(sent), True), (spoilt(json.dumps(sent)), False)):
        read = Reader(shape_of(module)).read([document[1:-1].encode()])
        assert (read.values is not None and not read.refused) == is_read


def spoilt(document: str) -> str:
    """A list of records, the first with a lone surrogate in an attribute that nobody knows."""
    return document.replace("[{", '[{"nobody_knows": "\\ud800", ', 1)


def loaded(
    database: FreshDatabase, folder: Path, dialect: str, documents: Mapping[str, str]
) -> str:
    """Documents pulled as the files of a new source, flattened, and loaded; its name."""
    name = f"round_trip_{next(numbers)}"
    for module, document in documents.items():
        (folder / f"{name}_{module}.json").write_text(document, encoding="utf-8")
    source = Source(
        name=name,
        dialect=dialect,
        transport="file",
        modules={module: str(folder / f"{name}_{module}.json") for module in documents},
        required=tuple(documents),
    )
    spoken = DIALECTS[dialect]
    attempt = Landing(folder / "landing").pull(source, spoken.protocol, day=DAY, now=lambda: NOW)
    lake = Lake(str(folder / "lake"))
    flatten_snapshot(
        attempt, dialect=spoken, source=name, day=DAY, lake=lake, hash_key=lambda: HASH_KEY
    )
    load_snapshot(
        database.warehouse,
        lake.trusted(name, DAY),
        source=source,
        attempt=attempt,
        clock=lambda: NOW,
    )
    return name


def stored(database: FreshDatabase, table: str, source: str) -> Iterator[Row]:
    """The rows of a source, without what the warehouse adds and without keys of content."""
    columns = [c.name for c in TABLES[table].columns if c.name not in CONTENT_KEYS]
    query = sql.SQL("select {} from ocpi.{} where source = %s").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table)
    )
    with database.warehouse.connection("analyst") as connection:
        yield from connection.cursor(row_factory=dict_row).execute(query, [source]).fetchall()


def told(row: Mapping[str, Any]) -> str:
    """A row as text: the same for the same values, in whatever order they stand."""
    return json.dumps(row, sort_keys=True, ensure_ascii=False, default=_text_of)


def _text_of(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
