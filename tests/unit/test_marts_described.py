"""Every mart says what it counts and in which unit: an analyst sees descriptions in psql."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from pipelines.assets.marts import ensure_manifest

NUMBERS = {"bigint", "double precision", "integer", "numeric", "smallint"}
# In brackets at the end of a sentence or of the whole: [kW], [EVSEs], [ratio 0 to 1].
UNIT = re.compile(r"\[[^\]]+\]")


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ensure_manifest().read_text(encoding="utf-8"))
    return found


def models_of(manifest: dict[str, Any], schema: str) -> list[dict[str, Any]]:
    found = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["schema"] == schema
    ]
    assert found
    return found


def test_every_mart_and_column_is_described(manifest: dict[str, Any]) -> None:
    missing = [
        f"{model['name']}.{name}" if name else model["name"]
        for schema in ("marts", "intermediate")
        for model in models_of(manifest, schema)
        for name, text in [
            ("", model["description"]),
            *((column["name"], column["description"]) for column in model["columns"].values()),
        ]
        if not text
    ]
    assert missing == []


def test_every_number_of_a_mart_has_a_unit(manifest: dict[str, Any]) -> None:
    without = [
        f"{model['name']}.{column['name']}: {column['description']}"
        for model in models_of(manifest, "marts")
        for column in model["columns"].values()
        if column["data_type"] in NUMBERS
        and not UNIT.search(column["description"])
        # A place in an order has none.
        and not column["name"].startswith("rank")
    ]
    assert without == []


def test_every_mart_has_a_contract(manifest: dict[str, Any]) -> None:
    for model in models_of(manifest, "marts"):
        assert model["config"]["contract"]["enforced"], model["name"]
        assert all(column["data_type"] for column in model["columns"].values()), model["name"]


def test_every_mart_has_a_test(manifest: dict[str, Any]) -> None:
    """A view on request has a unit test alone: a data test would compute it every night."""
    tested = {
        parent
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        for parent in node["depends_on"]["nodes"]
    }
    tested |= {
        parent for node in manifest["unit_tests"].values() for parent in node["depends_on"]["nodes"]
    }
    untested = {model["name"] for model in models_of(manifest, "marts")} - {
        name.rpartition(".")[2] for name in tested
    }
    assert untested == set()
