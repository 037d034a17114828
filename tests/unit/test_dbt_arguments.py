"""The one dbt call of a build: its arguments, and what makes a build a full one."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from pipelines.assets.marts import DAYS_VARIABLE, dbt_arguments, dbt_days
from pipelines.warehouse.builds import PendingBuild, dbt_fingerprint

DAYS = {"locations": (date(2026, 6, 6), date(2026, 6, 7))}


def variables(arguments: list[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(arguments[arguments.index("--vars") + 1])
    return found


def days(pending: PendingBuild) -> object:
    return json.loads(dbt_days(pending)[DAYS_VARIABLE])


def test_a_build_of_affected_days_names_them_where_dbt_does_not_parse_anew() -> None:
    pending = PendingBuild((1, 2), "f", is_full=False, days=DAYS)
    arguments = dbt_arguments(pending, variables={"source_ranks": {"b": 1, "a": 100}})
    assert days(pending) == {"locations": ["2026-06-06", "2026-06-07"]}
    assert variables(arguments) == {"source_ranks": {"a": 100, "b": 1}}
    assert "--full-refresh" not in arguments


def test_a_full_build_is_not_one_without_days() -> None:
    full, empty = (PendingBuild((1,), "f", is_full=is_full, days={}) for is_full in (True, False))
    assert days(full) is None
    assert dbt_arguments(full, variables={})[-1] == "--full-refresh"
    assert days(empty) == {}
    assert "--full-refresh" not in dbt_arguments(empty, variables={})


def test_staging_is_made_by_a_full_build_alone_and_no_test_is_left_out_for_it() -> None:
    full, some = (PendingBuild((1,), "f", is_full=is_full, days=DAYS) for is_full in (True, False))
    assert "--exclude" not in dbt_arguments(full, variables={})
    arguments = dbt_arguments(some, variables={})
    assert "config.schema:staging" in arguments[arguments.index("--exclude") + 1]
    assert arguments[arguments.index("--indirect-selection") + 1] == "empty"


@pytest.mark.parametrize("is_full", [True, False])
def test_unit_tests_stay_out_of_the_night(is_full: bool) -> None:
    arguments = dbt_arguments(PendingBuild((), "f", is_full=is_full, days=DAYS), variables={})
    assert arguments[0] == "build"
    assert arguments[arguments.index("--exclude-resource-type") + 1] == "unit_test"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    (tmp_path / "dbt_project.yml").write_text("name: x\n", encoding="utf-8")
    (tmp_path / "models" / "one.sql").write_text("select 1\n", encoding="utf-8")
    return tmp_path


def test_changed_code_names_or_variables_change_the_fingerprint(project: Path) -> None:
    ranks: dict[str, object] = {"source_ranks": {"a": 1, "b": 2}}
    found = [dbt_fingerprint(project, ranks)]
    found.append(dbt_fingerprint(project, {"source_ranks": {"a": 1, "b": 3}}))
    found.append(dbt_fingerprint(project, {**ranks, "source_dialects": {"a": "voltality"}}))
    found.append(dbt_fingerprint(project, {**ranks, "source_dialects": {"a": "eco_movement"}}))
    (project / "models" / "one.sql").write_text("select 2\n", encoding="utf-8")
    found.append(dbt_fingerprint(project, ranks))
    (project / "models" / "one.sql").rename(project / "models" / "two.sql")
    found.append(dbt_fingerprint(project, ranks))
    (project / "seeds").mkdir()
    (project / "seeds" / "names.csv").write_text("a,b\n", encoding="utf-8")
    found.append(dbt_fingerprint(project, ranks))
    assert len(set(found)) == len(found)


def test_what_dbt_writes_and_the_order_of_the_sources_do_not(project: Path) -> None:
    before = dbt_fingerprint(project, {"source_ranks": {"a": 1, "b": 2}})
    (project / "target").mkdir()
    (project / "target" / "manifest.json").write_text("{}", encoding="utf-8")
    assert dbt_fingerprint(project, {"source_ranks": {"b": 2, "a": 1}}) == before
