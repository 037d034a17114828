"""The marts job on loaded nights: dbt's own tests, builds of affected days, comments."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
import pytest

from pipelines.cli.export import run_export
from pipelines.cli.rebuild import run_rebuild
from pipelines.resources import Project
from pipelines.simulator import RunningSimulator
from pipelines.sources import Source
from pipelines.warehouse.load import retract
from tests.conftest import FreshDatabase
from tests.integration.nights import (
    DAYS,
    build_due,
    build_marts,
    differences,
    fingerprints,
    load_day,
    mart_tables,
    project_of,
    rows,
    run_dbt,
    running,
    simulated,
)

# An id goes from A to B, and A has another: whether A takes its history along is told by who had
# the id in the meantime, which the middle day alone shows. In later weeks A is down under the one
# key or the other. D, too, had another id on the middle day; it leaves after days without a load.
# The last day ends a week.
MIDDLE = date(2026, 1, 10)
SUNDAY = date(2026, 1, 25)
EVSES: dict[date, dict[str, tuple[str, str]]] = {
    date(2026, 1, 8): {"A": ("NL*MOV*E1", "AVAILABLE"), "C": ("NL*MOV*E3", "AVAILABLE")},
    MIDDLE: {
        **{"B": ("NL*MOV*E1", "AVAILABLE"), "C": ("NL*MOV*E3", "AVAILABLE")},
        "D": ("NL*MOV*E4", "AVAILABLE"),
    },
    **{
        day: {
            **{"A": ("NL*MOV*E2", "AVAILABLE"), "B": ("NL*MOV*E1", "AVAILABLE")},
            "D": ("NL*MOV*E5", "AVAILABLE"),
        }
        for day in (date(2026, 1, 12), date(2026, 1, 14))
    },
    date(2026, 1, 20): {"A": ("NL*MOV*E2", "OUTOFORDER"), "B": ("NL*MOV*E1", "AVAILABLE")},
    date(2026, 1, 21): {"A": ("NL*MOV*E2", "AVAILABLE"), "B": ("NL*MOV*E1", "AVAILABLE")},
    SUNDAY: {"A": ("NL*MOV*E2", "AVAILABLE"), "B": ("NL*MOV*E1", "AVAILABLE")},
}


def written(folder: Path) -> Source:
    for day, evses in EVSES.items():
        updated = f"{day}T00:00:00Z"
        location = {
            **{"country_code": "NL", "party_id": "MOV", "id": "L", "publish": True},
            **{"address": "Laan 1", "city": "Utrecht", "country": "NLD"},
            "coordinates": {"latitude": "52.1", "longitude": "5.1"},
            "operator": {"name": "Moving BV"},
            "last_updated": updated,
            "evses": [
                {"uid": uid, "evse_id": evse_id, "status": status, "last_updated": updated}
                for uid, (evse_id, status) in evses.items()
            ],
        }
        (folder / f"feed_{day}.json").write_text(json.dumps([location]), encoding="utf-8")
    return Source.model_validate(
        {
            **{"name": "feed", "dialect": "ocpi_2_2_1", "transport": "file"},
            "modules": {"locations": str(folder / "feed_{date}.json")},
        }
    )


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with RunningSimulator(locations=80) as running_simulator:
        yield running_simulator


@dataclass(frozen=True)
class Built:
    """A database whose nights are loaded and whose marts are built."""

    project: Project

    def load(self, *days: int) -> None:
        for day in days:
            load_day(self.project, "sim", DAYS[day])

    def load_feed(self, *days: date) -> None:
        for day in days:
            load_day(self.project, "feed", day)

    def build(self) -> None:
        build_marts(self.project)

    @property
    def marts(self) -> dict[str, tuple[int, str]]:
        warehouse = self.project.warehouse
        return dict(fingerprints(warehouse, mart_tables(warehouse)))

    def keys_down(self) -> list[str]:
        """Of the source that is written here, the EVSEs with an outage."""
        query = "select physical_evse_key from marts.evse_outage where operator_id = 'moving_bv'"
        return [key for (key,) in rows(self.project.warehouse, query)]

    def builds(self) -> list[tuple[bool, int]]:
        return rows(
            self.project.warehouse,
            "select is_full, days_rebuilt from ops.mart_build"
            " where built_at is not null order by build_id",
        )


@pytest.fixture(scope="module")
def make_built(
    make_database: Callable[[], FreshDatabase],
    simulator: RunningSimulator,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[], Built]:
    feed = written(tmp_path_factory.mktemp("feed"))

    def make() -> Built:
        return Built(project_of(make_database(), simulated(simulator), feed))

    return make


@pytest.fixture(scope="module")
def built_whole(make_built: Callable[[], Built]) -> Built:
    """All nights but the middle ones and the last, the later ones first, and the marts."""
    built = make_built()
    built.load(2, 0)
    built.load_feed(*(day for day in reversed(EVSES) if day not in (MIDDLE, SUNDAY)))
    built.build()
    return built


def comments(built: Built) -> dict[tuple[str, str], str | None]:
    """Comment by (relation, column or '') of all that dbt makes."""
    found = rows(
        built.project.warehouse,
        """
        select c.relname, coalesce(a.attname, ''),
            case a.attnum when 0 then obj_description(c.oid, 'pg_class')
                else col_description(c.oid, a.attnum) end
        from pg_class as c
        inner join pg_namespace as n on n.oid = c.relnamespace
        inner join lateral (
            select attnum, attname from pg_attribute
            where attrelid = c.oid and attnum > 0 and not attisdropped
            union all
            select 0, null
        ) as a on true
        where n.nspname in ('marts', 'intermediate') and c.relkind in ('r', 'v')
        """,
    )
    return {(relation, column): comment for relation, column, comment in found}


def test_every_mart_and_column_has_a_comment_in_postgres(built_whole: Built) -> None:
    assert [place for place, comment in comments(built_whole).items() if not comment] == []


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("power_method = null", "connector_power_has_method_or_reason"),
        ("power_method = 'guessed'", "connector_power_method_is_known"),
    ],
)
def test_no_power_gets_in_without_a_method_that_is_known(
    built_whole: Built, change: str, constraint: str
) -> None:
    with (
        built_whole.project.warehouse.connection() as connection,
        pytest.raises(psycopg.errors.CheckViolation, match=constraint),
    ):
        connection.execute(
            f"update intermediate.connector_power set {change} where power_kw > 0".encode()
        )


FIGURES_OF_PRICES = (
    "priced_connectors",
    "p25_cost_excl_vat",
    "median_cost_excl_vat",
    "p75_cost_excl_vat",
    "median_cost_incl_vat",
    "median_energy_price_excl_vat",
)


def test_parts_of_a_price_change_add_up_between_published_figures(built_whole: Built) -> None:
    """Of each day, and of any two."""
    warehouse = built_whole.project.warehouse
    published = {
        (day, level, operator, country, basket, currency, figure): value
        for level, mart, operator_id in (
            ("operator", "operator_price_daily", "operator_id"),
            ("country", "country_price_daily", "'all'"),
        )
        for figure in FIGURES_OF_PRICES
        for day, operator, country, basket, currency, value in rows(
            warehouse,
            f"select snapshot_date, {operator_id}, country, basket, currency, {figure}::numeric"
            f" from marts.{mart} where priced_connectors > 0 and {figure} is not null",
        )
    }
    query = """
        select snapshot_date, compared_with, level, operator_id, country, basket, currency, figure,
            from_value, to_value, change,
            source_outage + appeared + vanished + repaired + deduplicated + changed_status
            + changed_operator + changed_price,
            source_outage + appeared_vanished + repaired + deduplicated + changed
        from """
    first, last = DAYS[0], DAYS[2]
    daily = rows(warehouse, query + "marts.price_change_daily")
    far = rows(warehouse, query + f"marts.explain_price_change('{first}', '{last}')")
    assert {row[0] for row in daily} > {DAYS[1], last}
    assert any(row[10] for row in far)
    for day, before, *key, from_value, to_value, change, by_part, by_sum in [*daily, *far]:
        nothing = 0 if key[-1] == "priced_connectors" else None
        assert from_value == published.get((before, *key), nothing)
        assert to_value == published.get((day, *key), nothing)
        if from_value is None or to_value is None:
            assert change is by_part is by_sum is None
        else:
            assert change == to_value - from_value == by_part == by_sum
    explained = {(row[0], *row[2:8]) for row in daily}
    assert {key[-1] for key in explained} == set(FIGURES_OF_PRICES)
    assert explained >= {key for key in published if key[0] > min(day for day, *_ in published)}


# By connectors of EVSEs that count on both days for one operator, not by offers: how many more of
# them have a price.
PRICED_OTHERWISE = """
with priced as (
    select
        evse.state_date, evse.source, evse.party, evse.location_id, evse.evse_uid,
        evse.operator_id, evse.country, price.basket, price.currency
    from intermediate.physical_evse as evse
    inner join intermediate.connector_offer as offer using (source, party, location_id, evse_uid)
    inner join intermediate.offer_price_day as price
        on offer.offer_key = price.offer_key and evse.state_date = price.snapshot_date
    where
        evse.is_survivor and evse.is_counted and price.unpriceable_reason is null
        and daterange(offer.valid_from, offer.valid_to) @> evse.state_date
),

stays as (
    select source, party, location_id, evse_uid
    from intermediate.physical_evse
    where state_date in ('{first}', '{last}') and is_survivor and is_counted
    group by source, party, location_id, evse_uid
    having count(*) = 2 and count(distinct (operator_id, country)) = 1
)

select operator_id, country, basket, currency,
    count(*) filter (where state_date = '{last}') - count(*) filter (where state_date = '{first}')
from priced
inner join stays using (source, party, location_id, evse_uid)
where state_date in ('{first}', '{last}')
group by operator_id, country, basket, currency
"""


def test_price_is_what_changed_where_connectors_that_stay_got_or_lost_one(
    built_whole: Built,
) -> None:
    warehouse = built_whole.project.warehouse
    first, last = DAYS[0], DAYS[2]
    said = rows(
        warehouse,
        "select operator_id, country, basket, currency, changed_price"
        f" from marts.explain_price_change('{first}', '{last}')"
        " where level = 'operator' and figure = 'priced_connectors' and changed_price <> 0",
    )
    counted = rows(warehouse, PRICED_OTHERWISE.format(first=first, last=last))
    assert said
    assert sorted(said) == sorted(row for row in counted if row[-1])


@pytest.mark.parametrize("name", ["explain_change", "explain_evse_change", "explain_price_change"])
def test_days_beyond_the_history_are_compared_with_nothing(built_whole: Built, name: str) -> None:
    """What differs from no data at all is no change of the network."""
    for days in ((date(2020, 1, 1), DAYS[2]), (DAYS[0], date(2030, 1, 1))):
        found = rows(
            built_whole.project.warehouse, f"select * from marts.{name}('{days[0]}', '{days[1]}')"
        )
        assert found == []
    whole = rows(
        built_whole.project.warehouse, f"select * from marts.{name}('{DAYS[0]}', '{DAYS[2]}')"
    )
    assert whole


def test_a_night_leaves_days_alone_of_which_a_model_has_no_rows(
    make_built: Callable[[], Built],
) -> None:
    """One source has no copies in another, and the first day differs from none before it."""
    built = make_built()
    built.load(0, 1)
    built.build()
    warehouse = built.project.warehouse
    first = "select min(state_date) from intermediate.evse_down_change"
    before = rows(warehouse, first)
    with warehouse.connection() as connection:
        assert connection.execute("select from intermediate.source_copy_day").fetchall() == []
        connection.execute(
            "insert into intermediate.source_copy_day (state_date, source)"
            " values (%s, 'was not touched')",
            (DAYS[0],),
        )
        connection.execute("truncate intermediate.evse_down_change")
        # As a warehouse has it whose marts were built before this was noted.
        connection.execute("delete from intermediate.built_day where model = 'evse_down_change'")
    built.load(2)
    built.build()
    [(_, witness)] = rows(warehouse, "select state_date, source from intermediate.source_copy_day")
    assert witness == "was not touched"
    days = "select model, count(*) from intermediate.built_day where model in {} group by model"
    some = ("source_copy_day", "feed_change", "evse_day", "evse_down_change")
    assert dict(rows(warehouse, days.format(some))) == dict.fromkeys(some, 3)
    assert rows(warehouse, first) == before == [(DAYS[0],)]


def fail_to_build(built: Built) -> None:
    """What dbt said is said, in one sentence, and the build is not taken for done."""
    before = built.builds()
    warehouse = built.project.warehouse
    with warehouse.connection() as connection:
        connection.execute(
            "alter table marts.operator_power_daily"
            " add constraint in_the_way check (false) not valid"
        )
    try:
        with running(built.project) as runner:
            failures = runner.marts().failures
    finally:
        with warehouse.connection() as connection:
            connection.execute("alter table marts.operator_power_daily drop constraint in_the_way")
    [sentence] = failures
    assert sentence.startswith("model operator_power_daily: new row for relation")
    assert 'violates check constraint "in_the_way"' in sentence
    assert built.builds() == before
    due = build_due(built.project)
    assert due is not None
    assert {DAYS[1], MIDDLE} <= set(due.days["locations"])


def test_builds_of_affected_days_give_what_a_full_build_gives_though_one_failed(
    built_whole: Built,
    make_built: Callable[[], Built],
    makes_databases: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    built = built_whole
    without_the_middle = built.marts
    assert built.keys_down() == ["NLMOVE1"]
    # A table that is kept has the comments of another version of the product.
    said = comments(built)
    assert said["operator_power_daily", "snapshot_date"]
    with built.project.warehouse.connection() as connection:
        connection.execute("comment on column marts.operator_power_daily.snapshot_date is 'Once.'")
        connection.execute("comment on table marts.operator_power_daily is null")
    built.load(1)
    built.load_feed(SUNDAY, MIDDLE)
    # One that fails in the middle leaves marts of two states: the next one mends them.
    fail_to_build(built)
    built.build()
    assert built.keys_down() == ["NLMOVE2"]
    assert comments(built) == said
    by_days = built.marts
    assert by_days["marts.operator_power_daily"][0] > 0
    assert by_days["marts.evse_current"][0] > 50
    in_order = make_built()
    in_order.load(0, 1, 2)
    in_order.load_feed(*EVSES)
    history = fingerprints(in_order.project.warehouse)
    assert differences(fingerprints(built.project.warehouse), history) == {}
    figure = tmp_path / "power.parquet"
    run_export(built.project.settings, mart="operator_power_daily", query=None, to=figure)

    for module in ("locations", "tariffs"):
        retract(built.project.warehouse, "sim", DAYS[1], module, reason="a wrong feed")
    for day in (MIDDLE, SUNDAY):
        retract(built.project.warehouse, "feed", day, "locations", reason="a wrong feed")
    built.build()
    assert differences(built.marts, without_the_middle) == {}
    # Only the first was full; a call after it with nothing new to take in is no build at all.
    built.build()
    assert [is_full for is_full, _ in built.builds()] == [True, False, False]
    assert all(days > 0 for _, days in built.builds()[1:])

    # Staging and seeds stand since the full build; without one of them everything is due.
    assert build_due(built.project) is None
    found = build_due(built.project, needs=["staging.stg_ocpi__evse", "staging.dropped_by_hand"])
    assert found is not None
    assert found.is_full

    # A figure published in between is made again from its loads, with all marts of then: by a full
    # build, while they came to be by days and have gone on since.
    run_rebuild(
        built.project.settings,
        built.project.sources,
        moment=None,
        export=figure,
        database="as_published",
        dbt=True,
        replace=False,
    )
    printed = capsys.readouterr()
    assert "reproduced: the " in printed.out
    assert "warning" not in printed.err
    scratch = built.project.warehouse.beside("as_published")
    assert differences(fingerprints(scratch, mart_tables(scratch)), by_days) == {}


def test_every_rule_holds_on_its_example(built_whole: Built) -> None:
    """dbt's unit tests: they belong to the project, not into a night."""
    variables = json.dumps(built_whole.project.dbt_variables(), sort_keys=True)
    said = run_dbt(built_whole.project, "test", "-s", "test_type:unit", "--vars", variables)
    assert "unit tests" in said
