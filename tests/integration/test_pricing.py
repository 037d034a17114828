"""The tariff engine in SQL and the one in Python, written apart, agree to the cent."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.assets.marts import DBT
from pipelines.resources import DBT_PROJECT_DIR
from pipelines.warehouse.migrations import migrate
from tests.conftest import FreshDatabase
from tests.integration.nights import project_of, rows
from tests.pricing.random_tariffs import random_tariff
from tests.pricing.session_cost import (
    Component,
    Cost,
    Element,
    Restrictions,
    Session,
    Tariff,
    cost,
)
from tests.pricing.standard_examples import EXAMPLES

MONDAY = date(2026, 6, 1)
# basket: Wh, s charging, s parking, weekday, start, A. Beside those of the marts: one over two
# midnights, one whose thresholds of energy fall between seconds, one that parks and has amperes.
BASKETS = {
    "ac_20kwh_2h": (20000, 7200, 0, 3, "18:00", None),
    "dc_30kwh_30min": (30000, 1800, 0, 6, "12:00", None),
    "two_midnights": (41000, 90060, 600, 4, "23:59", None),
    "between_seconds": (12345, 3601, 0, 5, "23:30", None),
    "parks": (10000, 3600, 5400, 7, "18:30", Decimal("16")),
}
TARIFFS: dict[str, Tariff] = {
    **{f"random_{seed:04}": random_tariff(seed) for seed in range(600)},
    **{example.name: example.tariff for example in EXAMPLES},
    # Paid by the hour but for the minutes around midnight: rounded where it ends, and again.
    "ends_and_begins_again": Tariff(
        (
            Element(
                (Component("TIME", Decimal("1.90"), None, 1000),),
                Restrictions(start_time="00:15", end_time="23:45"),
            ),
            Element((Component("PARKING_TIME", Decimal("1.10"), None, 700),)),
        )
    ),
    # Each limit takes effect on its side of VAT alone.
    "limits": Tariff(
        (Element((Component("ENERGY", Decimal("0.25"), Decimal(10)),)),),
        min_price_excl_vat=Decimal(90),
        max_price_incl_vat=Decimal(1),
    ),
    # With VAT the session costs 10 at most, and less without: how much less nobody says.
    "limit_beyond_unknown_vat": Tariff(
        (Element((Component("ENERGY", Decimal("0.75")),)),), max_price_incl_vat=Decimal(10)
    ),
    "least_price_beyond_unknown_vat": Tariff(
        (Element((Component("ENERGY", Decimal("0.75")),)),), min_price_incl_vat=Decimal(20)
    ),
}


@pytest.fixture(scope="module")
def costs_in_sql(
    make_database: Callable[[], FreshDatabase], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], Cost]:
    """By tariff and basket; all in one load and one build."""
    database = make_database()
    migrate(database.warehouse)
    with database.warehouse.connection() as connection:
        cursor = connection.cursor()
        cursor.execute(
            "insert into ops.snapshot (source, snapshot_date, module, is_required, status)"
            " values ('s', %s, 'locations', true, 'loaded')",
            (MONDAY + timedelta(days=6),),
        )
        for table, written in _rows_of_tariffs().items():
            columns = list(written[0])
            with cursor.copy(
                f"copy ocpi.{table} ({', '.join(columns)}) from stdin".encode()
            ) as copy:
                for row in written:
                    copy.write_row([row[column] for column in columns])
    project = project_of(database)
    project.export_dbt_environment()
    folder = str(_engine_alone(tmp_path_factory.mktemp("dbt")))
    done = subprocess.run(
        [
            *(DBT, "build", "-s", "+price_content_basket", "--project-dir", folder),
            *("--profiles-dir", folder, "--no-write-json"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return {
        (tariff_id, basket): Cost(excl_vat, incl_vat, reason)
        for tariff_id, basket, excl_vat, incl_vat, reason in rows(
            database.warehouse,
            "select version.price_list_id, costs.basket, costs.cost_excl_vat, costs.cost_incl_vat,"
            " costs.unpriceable_reason from intermediate.price_list_version as version"
            " inner join intermediate.price_content_basket as costs using (content_key)"
            " where costs.basket_date is null or costs.basket_date >= '2026-06-01'",
        )
    }


def _engine_alone(folder: Path) -> Path:
    """dbt's project with nothing but the engine and these baskets: parsing all of it takes 3 s."""
    models = DBT_PROJECT_DIR / "models" / "intermediate"
    needed = [DBT_PROJECT_DIR / "dbt_project.yml", DBT_PROJECT_DIR / "profiles.yml"]
    needed += [models / f"{name}.sql" for name in ("built_day", "snapshot_day", "unit_price")]
    needed += (models / "prices").glob("price_*.sql")
    needed += (DBT_PROJECT_DIR / "models" / "staging").iterdir()
    needed += (DBT_PROJECT_DIR / "macros").rglob("*.sql")
    for path in needed:
        copied = folder / path.relative_to(DBT_PROJECT_DIR)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
    lines = ["basket,current_type,energy_wh,charging_s,parking_s,weekday,start_time,current_a"]
    for name, basket in BASKETS.items():
        values = ("" if value is None else str(value) for value in basket)
        lines.append(",".join((name, "AC", *values)))
    (folder / "seeds").mkdir()
    (folder / "seeds" / "price_basket.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _rows_of_tariffs() -> dict[str, list[dict[str, Any]]]:
    tariffs, elements, components = [], [], []
    for tariff_id, tariff in TARIFFS.items():
        key = {"source": "s", "party": "NLABC", "tariff_id": tariff_id, "valid_from": MONDAY}
        tariffs.append(
            {
                **key,
                "currency": "EUR",
                "min_price_excl_vat": tariff.min_price_excl_vat,
                "min_price_incl_vat": tariff.min_price_incl_vat,
                "max_price_excl_vat": tariff.max_price_excl_vat,
                "max_price_incl_vat": tariff.max_price_incl_vat,
            }
        )
        for element_index, element in enumerate(tariff.elements):
            r = element.restrictions
            elements.append(
                {
                    **key,
                    "element_index": element_index,
                    "start_time": r.start_time,
                    "end_time": r.end_time,
                    "start_date": r.start_date,
                    "end_date": r.end_date,
                    "min_kwh": r.min_kwh,
                    "max_kwh": r.max_kwh,
                    "min_current_a": r.min_current,
                    "max_current_a": r.max_current,
                    "min_power_kw": r.min_power,
                    "max_power_kw": r.max_power,
                    "min_duration_s": r.min_duration,
                    "max_duration_s": r.max_duration,
                    "days_of_week": list(r.day_of_week),
                    "reservation": r.reservation,
                    "unreadable_restrictions": list(r.unreadable) or None,
                }
            )
            for component_index, component in enumerate(element.components):
                components.append(
                    {
                        **key,
                        "element_index": element_index,
                        "component_index": component_index,
                        "dimension": component.dimension,
                        "price": component.price,
                        "vat_percent": component.vat,
                        "step_size": component.step_size,
                        "time_unit": "hour",
                    }
                )
    return {"tariff": tariffs, "tariff_element": elements, "price_component": components}


def _session(basket: str) -> Session:
    energy, charging, parking, weekday, start, current = BASKETS[basket]
    day = MONDAY + timedelta(days=weekday - 1)
    return Session(
        energy, charging, datetime.combine(day, time.fromisoformat(start)), parking, current
    )


def test_every_tariff_and_basket_costs_the_same_in_sql_and_in_python(
    costs_in_sql: dict[tuple[str, str], Cost],
) -> None:
    assert len(costs_in_sql) == len(TARIFFS) * len(BASKETS)
    different = {
        key: (found, expected)
        for key, found in costs_in_sql.items()
        if found != (expected := cost(TARIFFS[key[0]], _session(key[1])))
    }
    assert different == {}


def test_the_random_tariffs_reach_every_rule(costs_in_sql: dict[tuple[str, str], Cost]) -> None:
    """Else the law would say little."""
    reasons = [found.reason for found in costs_in_sql.values()]
    assert set(reasons) == {
        *(None, "not_valid_on_day", "no_element_applies", "restricted_by_current"),
        *(
            "unreadable_restriction",
            "unknown_dimension",
            "price_missing",
            "negative_price",
            "mixed_vat_basis",
        ),
    }
    assert reasons.count(None) > len(reasons) / 2
    assert sum(found.incl_vat is not None for found in costs_in_sql.values()) > len(reasons) / 4
