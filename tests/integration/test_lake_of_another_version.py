"""A lake written before a column existed: flattened again before it is loaded, or refused."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.assets.lake import flatten_day, snapshot_to_load
from pipelines.dialects import dialect_of
from pipelines.errors import NoSnapshotError, PermanentError
from pipelines.resources import Project
from pipelines.settings import Settings
from pipelines.sources import Source

DAY = date(2026, 6, 7)
UPDATED = "2026-06-01T00:00:00Z"
LOCATION = {
    "country_code": "NL",
    "party_id": "STR",
    "id": "L1",
    "publish": True,
    "address": "Laan 1",
    "city": "Utrecht",
    "country": "NLD",
    "coordinates": {"latitude": "52.000000", "longitude": "5.000000"},
    "time_zone": "Europe/Amsterdam",
    "last_updated": UPDATED,
    "evses": [
        {
            "uid": "E1",
            "status": "AVAILABLE",
            "physical_reference": "7",
            "connectors": [],
            "last_updated": UPDATED,
        }
    ],
}


@pytest.fixture
def source(tmp_path: Path) -> Source:
    path = tmp_path / "locations.json"
    path.write_text(json.dumps([LOCATION]), encoding="utf-8")
    return Source(
        name="feed",
        dialect="ocpi_2_2_1",
        transport="file",
        modules={"locations": str(path)},
        answers_past_days=True,
    )


@pytest.fixture
def project(tmp_path: Path, source: Source) -> Project:
    return Project(
        Settings(home=tmp_path / "home"),
        {"feed": source},
        clock=lambda: datetime(2026, 6, 7, 1, tzinfo=UTC),
        progress=lambda *_: None,
    )


@pytest.fixture
def with_less(project: Project, source: Source) -> Project:
    """Its lake as it would be had the model no `physical_reference` of an EVSE yet."""
    project.landing.pull(source, dialect_of(source).protocol, day=DAY, now=project.clock)
    flatten_day(project, source, DAY)
    part = Path(project.lake.part_path("evse", "feed", DAY))
    pq.write_table(pq.read_table(part, partitioning=None).drop(["physical_reference"]), part)
    manifest = Path(project.lake.manifest_path("feed", DAY))
    document = json.loads(manifest.read_bytes())
    document["model"] = "as it was"
    document["tables"]["evse"]["bytes"] = part.stat().st_size
    manifest.write_text(json.dumps(document), encoding="utf-8")
    return project


def test_what_has_the_columns_of_today_is_loaded_as_it_stands(
    project: Project, source: Source
) -> None:
    project.landing.pull(source, dialect_of(source).protocol, day=DAY, now=project.clock)
    flatten_day(project, source, DAY)
    part = Path(project.lake.part_path("evse", "feed", DAY))
    written = part.stat().st_mtime_ns
    assert snapshot_to_load(project, source, DAY).rows("evse") == 1
    assert part.stat().st_mtime_ns == written


def test_a_column_that_came_later_is_filled_from_landing_before_a_load(
    with_less: Project, source: Source
) -> None:
    [row] = snapshot_to_load(with_less, source, DAY).read("evse").to_pylist()
    assert row["physical_reference"] == "7"
    # For good: the next reader finds it.
    assert with_less.lake.trusted("feed", DAY).is_of_this_model


def test_without_its_pages_in_landing_the_day_is_refused_in_one_sentence(
    with_less: Project, source: Source
) -> None:
    shutil.rmtree(with_less.settings.landing_dir)
    with pytest.raises(NoSnapshotError, match=r"columns of another version.*no more to make it"):
        snapshot_to_load(with_less, source, DAY)


def test_yesterdays_rows_of_another_version_are_compared_with_nothing(
    with_less: Project, source: Source
) -> None:
    older = with_less.lake.trusted("feed", DAY)
    assert older.of_day(DAY) is None
    with pytest.raises(PermanentError, match="materialize its lake assets of that day again"):
        older.read("evse")


def test_a_manifest_that_names_no_model_is_of_another_version(
    with_less: Project, source: Source
) -> None:
    manifest = Path(with_less.lake.manifest_path("feed", DAY))
    document = json.loads(manifest.read_bytes())
    del document["model"]
    manifest.write_text(json.dumps(document), encoding="utf-8")
    assert not with_less.lake.trusted("feed", DAY).is_of_this_model
    assert snapshot_to_load(with_less, source, DAY).is_of_this_model
