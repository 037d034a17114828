"""One world told by an operator and by two aggregators, in three dialects, in one warehouse.

Written by hand: eight EVSEs at four places, each in all three sources under an id spelt as the
source likes; only the ages of the copies differ, so that each source speaks for some of them.
Beside them, in the same warehouse, the simulator's world over HTTP (sources `sim_*`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli.docs import run_docs
from pipelines.resources import Project
from pipelines.simulator import RunningSimulator
from pipelines.sources import Source
from pipelines.warehouse.load import retract
from tests.conftest import FreshDatabase
from tests.integration.nights import build_marts, load_day, project_of, rows, simulated

DAY = date(2026, 6, 7)
NOW = datetime(2026, 6, 7, 2, tzinfo=UTC)
PLACES = range(4)
# Hours since the copy of each source was updated, for the two EVSEs of a place; 1,000 is stale.
AGES = {0: (1, 5, 9), 1: (5, 1, 9), 2: (9, 5, 1), 3: (3, 3, 1000)}
SURVIVORS = {0: "cpo", 1: "eco", 2: "omni", 3: "cpo"}

Document = dict[str, Any]


def updated(place: int, source: int) -> str:
    moment = NOW - timedelta(hours=AGES[place][source])
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def coordinates(place: int, source: int) -> Document:
    # The sources disagree by some 20 m.
    return {"latitude": f"{52 + place * 0.1 + source * 0.0002:.6f}", "longitude": "5.000000"}


def shared(place: int, source: int) -> Document:
    """What all three say of a location in the same words."""
    return {
        "name": f"Place {place}",
        "address": f"Laan {place}",
        "city": "Utrecht",
        "country": "NLD",
        "coordinates": coordinates(place, source),
        "operator": {"name": "Stroom BV"},
        "last_updated": updated(place, source),
    }


def as_operator(place: int) -> Document:
    return {
        **shared(place, 0),
        "country_code": "NL",
        "party_id": "STR",
        "id": f"L{place}",
        "publish": True,
        "time_zone": "Europe/Amsterdam",
        "evses": [
            {
                "uid": f"u{place}-{n}",
                "evse_id": f"NL*STR*E{place}{n}",
                "status": "AVAILABLE",
                "last_updated": updated(place, 0),
                "connectors": [
                    {
                        "id": "1",
                        "standard": "IEC_62196_T2",
                        "format": "SOCKET",
                        "power_type": "AC_3_PHASE",
                        "max_voltage": 230,
                        "max_amperage": 32,
                        "max_electric_power": 22000,
                        "tariff_ids": ["T"],
                        "last_updated": updated(place, 0),
                    }
                ],
            }
            for n in (0, 1)
        ],
    }


def as_eco_movement(place: int) -> Document:
    return {
        **shared(place, 1),
        "id": f"eco-{place}",
        "reliability_score_2": place,
        "evses": [
            {
                "uid": f"{place}{n}",
                "evse_id": f"NLSTRE{place}{n}",
                "status": "AVAILABLE",
                "last_updated": updated(place, 1),
                "connectors": [
                    {
                        "id": "1",
                        "standard": "IEC_62196_T2",
                        "format": "SOCKET",
                        "power_type": "AC_3_PHASE",
                        "voltage": 400,
                        "amperage": 32,
                        "max_power": 22,
                        "last_updated": updated(place, 1),
                    }
                ],
            }
            for n in (0, 1)
        ],
    }


def as_voltality(place: int) -> Document:
    return {
        **shared(place, 2),
        "uid": f"omni-{place}",
        "evses": [
            {
                "uid": f"omni-{place}-{n}",
                "evse_id": f"nl-str-e{place}{n}",
                "last_updated": updated(place, 2),
                "connectors": [
                    {
                        "uid": f"omni-{place}-{n}-{side}",
                        "status": status,
                        "standard": "IEC_62196_T2",
                        "format": "SOCKET",
                        "power_type": "AC_3_PHASE",
                        "max_voltage": 230,
                        "max_amperage": 32,
                        "max_electric_power": 22000,
                        "reliability": 10 * n,
                        "uptime": 0.5,
                        "tariff_uids": ["T"],
                        "last_updated": updated(place, 2),
                    }
                    for side, status in enumerate(("OUTOFORDER", "CHARGING"))
                ],
            }
            for n in (0, 1)
        ],
    }


OPERATOR_TARIFF = {
    "country_code": "NL",
    "party_id": "STR",
    "id": "T",
    "currency": "EUR",
    "elements": [{"price_components": [{"type": "TIME", "price": 6.0, "step_size": 60}]}],
    "last_updated": "2026-06-01T00:00:00Z",
}
VOLTALITY_TARIFF = {
    "uid": "T",
    "currency": "EUR",
    "price_per_min": {"excl_vat": 0.10, "incl_vat": 0.121},
    "elements": [{"price_components": [{"type": "TIME", "price": 0.10, "step_size": 60}]}],
    "last_updated": "2026-06-01T00:00:00Z",
}
FEEDS: dict[str, tuple[str, dict[str, list[Document]]]] = {
    "cpo": (
        "ocpi_2_2_1",
        {"locations": [as_operator(place) for place in PLACES], "tariffs": [OPERATOR_TARIFF]},
    ),
    "eco": ("eco_movement", {"locations": [as_eco_movement(place) for place in PLACES]}),
    "omni": (
        "voltality",
        {"locations": [as_voltality(place) for place in PLACES], "tariffs": [VOLTALITY_TARIFF]},
    ),
}


# Path of the simulator's locations in each dialect; they are pulled with all that belongs to them.
SIMULATED = {
    "sim_cpo": "ocpi_2_2_1",
    "sim_eco": "eco_movement",
    "sim_omni": "voltality",
    "sim_peer": "ocpi_2_1_1",
}
BASES = {"eco_movement": "/eco/ocpi/cpo/2.1.1", "voltality": "/omni/v1"}


def asked(simulator: RunningSimulator, name: str, rank: int) -> Source:
    dialect = SIMULATED[name]
    if dialect not in BASES:
        return simulated(simulator, name=name, dialect=dialect, rank=rank)
    base_url = simulator.versions_url.removesuffix("/ocpi/versions") + BASES[dialect]
    return simulated(
        simulator, name=name, dialect=dialect, versions_url=None, base_url=base_url, rank=rank
    )


def written(folder: Path, name: str, rank: int) -> Source:
    dialect, modules = FEEDS[name]
    paths = {}
    for module, records in modules.items():
        path = folder / f"{name}_{module}_{DAY}.json"
        path.write_text(json.dumps(records), encoding="utf-8")
        paths[module] = str(path).replace(str(DAY), "{date}")
    return Source.model_validate(
        {"name": name, "dialect": dialect, "transport": "file", "modules": paths, "rank": rank}
    )


@pytest.fixture(scope="module")
def project(
    make_database: Callable[[], FreshDatabase], tmp_path_factory: pytest.TempPathFactory
) -> Project:
    folder = tmp_path_factory.mktemp("feeds")
    with RunningSimulator(locations=40) as simulator:
        sources = [
            *(written(folder, name, rank) for rank, name in enumerate(FEEDS)),
            *(asked(simulator, name, rank) for rank, name in enumerate(SIMULATED)),
        ]
        return loaded(project_of(make_database(), *sources, now=NOW), sources)


def loaded(made: Project, sources: list[Source]) -> Project:
    for source in sources:
        load_day(made, source.name, DAY)
    build_marts(made)
    return made


def test_each_charger_is_there_once_with_the_copy_that_is_newest(project: Project) -> None:
    found = rows(
        project.warehouse,
        "select physical_evse_key, source, copies, power_kw from marts.evse_current"
        " where source = any(%s)",
        list(FEEDS),
    )
    expected = [
        (f"NLSTRE{place}{n}", SURVIVORS[place], 3, 22.0) for place in PLACES for n in (0, 1)
    ]
    assert sorted(found) == expected


def test_every_copy_that_does_not_speak_says_why(project: Project) -> None:
    found = rows(
        project.warehouse,
        "select substr(physical_evse_key, 7, 1)::int, source, loser_reason"
        " from intermediate.physical_evse"
        " where not is_survivor and source = any(%s) group by 1, 2, 3",
        list(FEEDS),
    )
    assert sorted(found) == [
        (0, "eco", "older_copy"),
        (0, "omni", "older_copy"),
        (1, "cpo", "older_copy"),
        (1, "omni", "older_copy"),
        (2, "cpo", "older_copy"),
        (2, "eco", "older_copy"),
        (3, "eco", "same_age_lower_rank"),
        (3, "omni", "stale_copy"),
    ]


def test_the_power_of_an_operator_is_not_that_of_all_copies(project: Project) -> None:
    found = rows(
        project.warehouse,
        "select operator_id, country, evses, power_kw, published_power_kw"
        " from marts.operator_power_daily where operator_id = 'stroom_bv'",
    )
    assert found == [("stroom_bv", "NLD", 8, 8 * 22.0, 3 * 8 * 22.0)]


def test_each_source_declares_power_in_its_own_unit(project: Project) -> None:
    found = rows(
        project.warehouse,
        "select source, power_method, declared_power, power_kw::float8, voltage_basis"
        " from intermediate.connector_power where source = any(%s) group by 1, 2, 3, 4, 5",
        list(FEEDS),
    )
    assert sorted(found) == [
        ("cpo", "declared", 22000.0, 22.0, "line_to_neutral"),
        ("eco", "declared_kw", 22.0, 22.0, "nominal"),
        ("omni", "declared", 22000.0, 22.0, "line_to_neutral"),
    ]


def test_an_evse_without_a_status_has_that_of_its_connectors(project: Project) -> None:
    found = rows(
        project.warehouse,
        "select distinct source, status, observation_class from marts.evse_current"
        " where source = any(%s)",
        list(FEEDS),
    )
    assert sorted(found) == [
        ("cpo", "AVAILABLE", "U"),
        ("eco", "AVAILABLE", "U"),
        ("omni", "CHARGING", "U"),
    ]


def test_zero_is_no_score_of_one_source_and_the_worst_of_another(project: Project) -> None:
    found = rows(
        project.warehouse,
        "select source, grain, score, reliability_norm, count(*)"
        " from intermediate.source_reliability where source = any(%s) group by 1, 2, 3, 4",
        list(FEEDS),
    )
    assert sorted(found) == [
        ("eco", "location", 1.0, 0.0, 1),
        ("eco", "location", 2.0, 0.25, 1),
        ("eco", "location", 3.0, 0.5, 1),
        ("omni", "connector", 0.0, 0.0, 8),
        ("omni", "connector", 10.0, 1.0, 8),
    ]


def test_a_price_per_minute_stands_beside_one_per_hour_as_what_it_is(project: Project) -> None:
    found = rows(
        project.warehouse,
        "select source, element_index, price_excl_vat::float8, unit,"
        " source_price_excl_vat::float8, source_unit, currency from intermediate.unit_price"
        " where dimension = 'TIME' and source = any(%s) order by source, element_index nulls last",
        list(FEEDS),
    )
    assert found == [
        ("cpo", 0, 6.0, "hour", 6.0, "hour", "EUR"),
        ("omni", 0, 6.0, "hour", 0.1, "minute", "EUR"),
        ("omni", None, 6.0, "hour", 0.1, "minute", "EUR"),
    ]


def test_a_simulated_world_in_several_dialects_is_counted_once(project: Project) -> None:
    published = {
        source: (keys, power)
        for source, keys, power in rows(
            project.warehouse,
            "select source, array_agg(distinct physical_evse_key), sum(power_kw)::float8"
            # An aggregator that merges locations shows some EVSEs over 250 m from their operator's.
            " from intermediate.physical_evse where source = any(%s) and has_emi3_id"
            " and not is_id_at_several_places group by 1",
            list(SIMULATED),
        )
    }
    keys, power = published.pop("sim_cpo")
    assert len(keys) > 50
    for source, (same_keys, same_power) in published.items():
        assert same_keys == keys, source
        # What one rounds to 22 kW is 22.08 by volts and amperes of the other.
        assert same_power == pytest.approx(power, rel=0.01), source
    [(evses, least_copies, counted)] = rows(
        project.warehouse,
        "select count(*), min(copies), sum(power_kw) from marts.evse_current"
        " where physical_evse_key = any(%s)",
        keys,
    )
    assert evses == len(keys)
    assert least_copies >= len(SIMULATED)
    # The operator publishes some EVSEs twice himself.
    assert 0.7 * power < counted <= 1.01 * power


def test_the_documentation_is_one_page_with_every_table_as_it_was_built(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "given" / "docs.html"
    run_docs(project.settings, project.sources, to=page)
    assert str(page) in capsys.readouterr().out
    # The catalog stands in the page, and the SQL as it ran.
    written = page.read_text(encoding="utf-8")
    catalog = json.loads((project.settings.dbt_dir / "catalog.json").read_text(encoding="utf-8"))
    built = rows(
        project.warehouse,
        "select relname from pg_class where relkind in ('r', 'v') and relnamespace"
        " = any(array['marts', 'intermediate', 'staging']::regnamespace[])",
    )
    names = {name for (name,) in built}
    assert names - {table.rpartition(".")[2] for table in catalog["nodes"]} == set()
    assert [table for table in catalog["nodes"] if f'"{table}"' not in written] == []
    assert '"compiled_code": "-- Grain: snapshot_date, operator_id, country.' in written


def test_prices_alone_rebuild_no_day_of_the_evses(project: Project) -> None:
    # Which transactions wrote the rows that stand.
    written = "select min(xmin::text::bigint), max(xmin::text::bigint) from intermediate.evse_span"
    before = rows(project.warehouse, written)
    resolved = "select sum(resolved_tariff_references) from marts.evse_current"
    [(resolved_before,)] = rows(project.warehouse, resolved)
    retract(project.warehouse, "cpo", DAY, "tariffs", reason="a wrong list")
    build_marts(project)
    assert rows(project.warehouse, written) == before
    # What is not made by day has followed.
    [(resolved_after,)] = rows(project.warehouse, resolved)
    assert resolved_after < resolved_before
