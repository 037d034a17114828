"""What an aggregator does from one night to the next: new price ids, merged locations, details."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.resources import Project
from pipelines.sources import Source
from tests.conftest import FreshDatabase
from tests.integration.nights import load_day, project_of, rows

DAYS = (date(2026, 6, 5), date(2026, 6, 6), date(2026, 6, 7))
Record = dict[str, Any]


def evse(uid: str, evse_id: str | None = None) -> Record:
    return {
        "uid": uid,
        "evse_id": evse_id,
        "status": "AVAILABLE",
        "connectors": [{"id": "1", "standard": "IEC_62196_T2", "power_type": "AC_3_PHASE"}],
    }


def location(name: str, *evses: Record, partner: str = "P1") -> Record:
    return {
        "id": name,
        "country": "NLD",
        "coordinates": {"latitude": "52.1", "longitude": "5.1"},
        "operator": {"name": "Stroom", "partner_id": partner},
        "evses": list(evses),
    }


def price(name: str, partner: str, amount: float, restrictions: object = None) -> Record:
    component = {"type": "ENERGY", "price_excl_vat": amount, "vat": 21, "step_size": 1}
    return {
        "id": name,
        "partner": partner,
        "product": {"id": "p", "type": "msp", "currency": "EUR"},
        "elements": [{"price_components": [component], "restrictions": restrictions}],
    }


def holds_at(connector: str, *ids: str) -> Record:
    return {
        "location_id": "L1",
        "evse_uid": "E1",
        "connector_id": connector,
        "pricing_ids": list(ids),
    }


class Feed:
    """Documents of a source, day by day, and its nights."""

    def __init__(self, database: FreshDatabase, folder: Path) -> None:
        self._folder = folder
        modules = ("locations", "prices", "connector_prices")
        self.source = Source.model_validate(
            {
                "name": "eco",
                "dialect": "eco_movement",
                "transport": "file",
                "modules": {name: str(folder / f"{name}_{{date}}.json") for name in modules},
                "mass_change_share": 1.0,
            }
        )
        now = datetime(2026, 6, 7, 12, tzinfo=UTC)
        self.project: Project = project_of(database, self.source, now=now)

    def night(self, day: date, **modules: list[Record]) -> None:
        documents = {
            "locations": [location("L1", evse("E1"))],
            "prices": [],
            "connector_prices": [],
        }
        for name, records in (documents | modules).items():
            path = self._folder / f"{name}_{day}.json"
            path.write_text(json.dumps({"data": records, "status_code": 1000}), encoding="utf-8")
        load_day(self.project, "eco", day)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return rows(self.project.warehouse, query, *values)


@pytest.fixture
def feed(fresh_database: FreshDatabase, tmp_path: Path) -> Feed:
    return Feed(fresh_database, tmp_path)


def test_prices_under_new_ids_write_nothing(feed: Feed) -> None:
    for day, (a, b) in zip(DAYS, (("x1", "x2"), ("y1", "y2"), ("z1", "z2")), strict=True):
        feed.night(
            day,
            prices=[price(a, "cheap", 0.3, {"start_time": "08:00"}), price(b, "dear", 0.6, [None])],
            connector_prices=[holds_at("1", a, b), holds_at("2", b)],
        )
    written = feed.rows(
        "select snapshot_date, sum(rows_changed)::int from ops.load"
        " where module in ('prices', 'connector_prices') group by 1 order by 1"
    )
    assert [count for _, count in written] == [written[0][1], 0, 0]
    assert written[0][1] > 0
    assert feed.rows(
        "select connector_id, partner from ocpi.connector_price"
        " join ocpi.price using (source, price_key) order by 1, 2"
    ) == [("1", "cheap"), ("1", "dear"), ("2", "dear")]


def test_a_price_that_changed_is_another_price_and_the_connector_follows(feed: Feed) -> None:
    feed.night(DAYS[0], prices=[price("a", "p", 0.3)], connector_prices=[holds_at("1", "a")])
    feed.night(DAYS[1], prices=[price("b", "p", 0.4)], connector_prices=[holds_at("1", "b")])
    assert feed.rows(
        "select component.price_excl_vat::float8, held.valid_from, held.valid_to"
        " from ocpi.connector_price as held"
        " join ocpi.price_element_component as component using (source, price_key)"
        " order by held.valid_from"
    ) == [(0.3, DAYS[0], DAYS[1]), (0.4, DAYS[1], None)]


def test_rows_that_repeat_and_prices_that_dangle_or_serve_nobody_are_kept_as_what_they_are(
    feed: Feed,
) -> None:
    feed.night(
        DAYS[0],
        prices=[price("a", "p", 0.3), price("b", "q", 0.4)],
        connector_prices=[
            holds_at("1", "a"),
            holds_at("1", "a"),
            holds_at("1", "gone", "lost", "a"),
            holds_at("2"),
            {"location_id": "L1", "evse_uid": "E1", "connector_id": "3"},
        ],
    )
    assert feed.rows(
        "select received, loaded, quarantined, duplicates from ops.ledger"
        " where level = 'connector_pricing'"
    ) == [(5, 4, 0, 1)]
    assert feed.rows(
        "select connector_id, count(*), count(*) filter (where price_key = 'dangling')"
        " from ocpi.connector_price group by 1"
    ) == [("1", 3, 1)]
    assert feed.rows("select connector_id from ocpi.connector_pricing order by 1") == [
        ("1",),
        ("1",),
        ("2",),
        ("3",),
    ]
    assert feed.rows(
        "select partner from ocpi.price where price_key not in"
        " (select price_key from ocpi.connector_price)"
    ) == [("q",)]


def test_a_location_that_was_merged_into_another_has_an_alias(feed: Feed) -> None:
    feed.night(
        DAYS[0],
        locations=[
            location("OLD", evse("E1", "NL*ABC*E1"), evse("E2")),
            location("NEW", evse("E3", "NL*ABC*E3")),
            location("GONE", evse("E4", "NL*ABC*E4")),
            location("STAYS", evse("E5", "NL*ABC*E5"), evse("E6", "NL*ABC*E6")),
        ],
    )
    feed.night(
        DAYS[1],
        locations=[
            location(
                "NEW", evse("E3", "NL*ABC*E3"), evse("E1", "NL*ABC*E1"), evse("E2"), evse("E6")
            ),
            location("STAYS", evse("E5", "NL*ABC*E5")),
        ],
    )
    # E6 left a location that lives on, GONE went without a trace: neither is another's alias.
    assert feed.rows(
        "select old_location_id, new_location_id, since, basis, evses::int from ops.location_alias"
    ) == [("OLD", "NEW", DAYS[1], "evse_id", 2)]


def test_without_a_public_id_uid_and_operator_tell_where_an_evse_went(feed: Feed) -> None:
    feed.night(
        DAYS[0],
        locations=[location("A", evse("1")), location("B", evse("1"), partner="P2")],
    )
    feed.night(DAYS[1], locations=[location("C", evse("1"), evse("2"), partner="P2")])
    assert feed.rows(
        "select old_location_id, new_location_id, basis, evses::int from ops.location_alias"
    ) == [("B", "C", "operator_uid", 1)]


def test_details_that_nobody_asked_for_are_neither_loaded_nor_strange(feed: Feed) -> None:
    cards = [{"emsp": "Rit", "card": "blue", "ema_id": ["NL-RIT"]}]
    detailed = {**location("L1", evse("E1")), "roaming": cards}
    feed.night(DAYS[0], locations=[detailed])
    assert feed.rows("select count(*) from ocpi.location_roaming_card") == [(0,)]
    assert feed.rows("select count(*) from ops.unknown_attribute where path like 'roaming%%'") == [
        (0,)
    ]
