"""The rules of counting: each is held by unit tests of dbt that exist, in words that are kept."""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DBT = ROOT / "dbt_project"
# | rule | a naive reading | `unit_test`, `unit_test` |
ROW = re.compile(r"^\| (?P<rule>[^|]+) \| (?P<naive>[^|]+) \| (?P<tests>(?:`\w+`(?:, )?)+) \|$")


@cache
def documents() -> tuple[dict[str, Any], ...]:
    paths = sorted((DBT / "models").rglob("*.yml"))
    return tuple(
        yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) for path in paths
    )


def unit_tests() -> Counter[str]:
    return Counter(test["name"] for found in documents() for test in found.get("unit_tests", ()))


def rules() -> list[re.Match[str]]:
    lines = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8").splitlines()
    written = [line for line in lines if line.startswith("|")]
    found = [ROW.match(line) for line in written if not line.startswith(("| rule ", "|---"))]
    assert None not in found, "a line of docs/rules.md names no unit test"
    return [row for row in found if row]


def test_every_rule_names_unit_tests_that_exist() -> None:
    known = unit_tests()
    missing = {
        name for row in rules() for name in re.findall(r"`(\w+)`", row["tests"]) if known[name] != 1
    }
    assert missing == set()
    assert len(rules()) > 60


def test_every_rule_stands_once() -> None:
    assert max(Counter(row["rule"] for row in rules()).values()) == 1


def test_the_baskets_are_those_of_the_rules() -> None:
    with (DBT / "seeds" / "price_basket.csv").open(encoding="utf-8", newline="") as file:
        baskets = [tuple(row.values())[1:7] for row in csv.DictReader(file)]
    assert baskets == [
        # current, Wh, s charging, s parking, weekday (Monday is 1), local time
        ("AC", "20000", "7200", "0", "3", "18:00"),
        ("DC", "30000", "1800", "0", "6", "12:00"),
    ]


def test_no_column_calls_a_share_uptime_or_a_sum_a_load() -> None:
    claims = re.compile(r"(^|_)(uptime|grid|load|availability)(_|$)")
    claimed = {
        f"{model['name']}.{column['name']}"
        for found in documents()
        for model in found.get("models", ())
        for column in model.get("columns", ())
        if claims.search(column["name"])
    }
    # A source's own word for what it says of itself.
    assert claimed <= {
        "source_reliability.uptime_ratio",
        "source_reliability_current.uptime_ratio",
    }
