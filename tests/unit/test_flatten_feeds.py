"""Real feeds in ../shared, as captured: what they come to, dirt included.

They are not redistributable, so where they are missing these tests are skipped and say so; every
behaviour they show has a test of its own beside this file. The Dutch feed is read on its way into
the warehouse alone (test_night_real_feeds): it takes longer than all else here.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from pipelines.dialects import DIALECTS
from pipelines.flatten import FlattenReport, flatten_module
from tests.factories import PlainRecord

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
Ledger = dict[str, tuple[int, int, int, int]]


@pytest.fixture(scope="module")
def data() -> Path:
    if not DATA.exists():
        pytest.skip("the real feeds stand in ../shared/data, which is not here")
    return DATA


def flattened(
    raws: list[Any], dialect: str, module: str = "locations"
) -> tuple[dict[str, pa.Table], FlattenReport, Ledger]:
    records = [PlainRecord("page", index, bytes(raw)) for index, raw in enumerate(raws)]
    groups = [records[i : i + 10_000] for i in range(0, len(records), 10_000)]
    found: dict[str, list[pa.Table]] = defaultdict(list)
    declared = DIALECTS[dialect].module(module)
    assert declared is not None
    report = flatten_module(
        lambda: groups,
        module=declared,
        day=date(2026, 6, 7),
        sink=lambda table, rows: found[table].append(rows),
    )
    ledger = {
        line["level"]: (line["received"], line["loaded"], line["quarantined"], line["duplicates"])
        for line in report.ledger.to_pylist()
    }
    return {name: pa.concat_tables(parts) for name, parts in found.items()}, report, ledger


def feed(data: Path, name: str) -> list[msgspec.Raw]:
    text = gzip.decompress((data / "feeds" / name).read_bytes()).removeprefix(b"\xef\xbb\xbf")
    envelope = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    return msgspec.json.decode(envelope["data"], type=list[msgspec.Raw])


def repairs(report: FlattenReport) -> dict[tuple[str, str], int]:
    return {
        (line["column_name"], line["repair"]): line["repaired"]
        for line in report.repair.to_pylist()
    }


def test_sitronics_evses_without_uid_are_put_aside_with_their_connectors(data: Path) -> None:
    raws = feed(data, "ocpi_2_2_1_sitronics.json.gz")
    tables, report, ledger = flattened(raws, "ocpi_2_2_1")
    assert ledger["location"] == (65, 65, 0, 0)
    assert ledger["evse"] == ledger["connector"] == (169, 158, 11, 0)
    assert {line["reason"] for line in report.quarantine.to_pylist()} == {"missing_key"}
    assert tables["connector_freshness"]["last_updated"].null_count == 96  # 0001-01-01


def test_powergo_types_in_lower_case_and_voltages_as_text_come_out_right(data: Path) -> None:
    raws = feed(data, "ocpi_2_2_powergo.json.gz")
    tables, report, ledger = flattened(raws, "ocpi_2_2_1")
    assert ledger["connector"] == (1776, 1776, 0, 0)
    made = repairs(report)
    assert made["voltage_v", "number_from_text"] == 1774
    assert made["power_type", "spelling"] == 1422
    assert made["status", "blanks"] == 104
    assert made["last_updated", "zone_assumed_utc"]
    assert set(tables["connector"]["power_type"].to_pylist()) == {"AC_3_PHASE", "DC", None}


def test_punkt_and_otopriz_load_whole(data: Path) -> None:
    _, report, ledger = flattened(feed(data, "ocpi_2_2_1_punkt.json.gz"), "ocpi_2_2_1")
    assert ledger["evse"] == (1227, 1227, 0, 0)
    assert report.unknown_attribute["path"].to_pylist() == ["evses[].connectors[].cp_id"]
    tables, _, ledger = flattened(feed(data, "ocpi_2_2_otopriz.json.gz"), "ocpi_2_2_1")
    assert ledger["location"] == (500, 500, 0, 0)
    assert tables["location_freshness"]["last_updated"].null_count == 37
    assert tables["location"]["latitude"].null_count == 0


@pytest.mark.parametrize("dialect", ["ocpi_2_1_1", "ocpi_2_2_1"])
def test_fastned_loads_with_either_dialect(data: Path, dialect: str) -> None:
    raws = feed(data, "ocpi_2_1_1_fastned.json.gz")
    tables, _, ledger = flattened(raws, dialect)
    assert ledger["location"] == (106, 106, 0, 0)
    assert ledger["connector"] == ledger["connector_tariff"] == (655, 655, 0, 0)
    assert tables["connector"]["voltage_v"].null_count == 0
    assert set(tables["location"]["party"].to_pylist()) == {""}
