"""The lake: whole snapshots or none, the same bytes for the same rows."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import lake as lake_module
from pipelines.errors import ConfigurationError, NoSnapshotError, PermanentError, TransientError
from pipelines.lake import Lake, LakeSnapshot
from pipelines.model import TABLES

DAY = date(2026, 6, 7)


def rows(count: int, *, start: int = 0, table: str = "tariff_freshness") -> pa.Table:
    schema = TABLES[table].arrow_schema
    return pa.table(
        {
            "party": [""] * count,
            "tariff_id": [f"T{i}" for i in range(start, start + count)],
            "last_updated": pa.nulls(count, schema.field("last_updated").type),
        },
        schema=schema,
    )


def written(lake: Lake, *parts: pa.Table, **about: Any) -> LakeSnapshot:
    with lake.replace("ndw", DAY, attempt="a1", attempt_hash="h", **about) as writer:
        for part in parts:
            writer.write("tariff_freshness", part)
    assert writer.published is not None
    return writer.published


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def test_a_snapshot_is_read_back_as_it_was_written(lake: Lake) -> None:
    written(lake, rows(3), rows(2, start=3), modules=("tariffs",))
    found = lake.snapshot("ndw", DAY)
    assert found is not None
    assert found.modules == ("tariffs",)
    assert found.rows("tariff_freshness") == 5
    assert found.rows("tariff") == 0
    assert list(found.batches("tariff")) == []
    assert found.read("tariff_freshness").equals(rows(5))
    assert (found.manifest.attempt, found.manifest.attempt_hash) == ("a1", "h")


def test_partitions_stand_where_other_readers_look_for_them(lake: Lake) -> None:
    written(lake, rows(1))
    part = "tariff_freshness/source=ndw/snapshot_date=2026-06-07/part-00000.parquet"
    parquet = pq.ParquetFile(Path(lake.root) / part)
    assert parquet.metadata.row_group(0).column(0).compression == "ZSTD"


def test_the_same_rows_give_the_same_bytes_however_they_were_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake_module, "ROWS_PER_GROUP", 7)
    cuts = ([20], [3, 7, 10], [1] * 20)
    found = []
    for number, cut in enumerate(cuts):
        lake = Lake(str(tmp_path / str(number)))
        starts = [sum(cut[:i]) for i in range(len(cut))]
        written(lake, *(rows(n, start=s) for n, s in zip(cut, starts, strict=True)))
        found.append(contents(Path(lake.root)))
    assert found[0] == found[1] == found[2]


def test_a_new_snapshot_leaves_nothing_of_the_old_one(lake: Lake) -> None:
    with lake.replace("ndw", DAY) as writer:
        writer.write("tariff_freshness", rows(2))
        writer.write("ledger", TABLES["ledger"].arrow_schema.empty_table())
    with lake.replace("ndw", DAY):
        pass
    assert list(contents(Path(lake.root))) == [
        "_snapshots/source=ndw/snapshot_date=2026-06-07.json"
    ]


def test_an_error_while_writing_leaves_the_old_snapshot_as_it_was(lake: Lake) -> None:
    written(lake, rows(2))
    before = contents(Path(lake.root))
    with pytest.raises(KeyError), lake.replace("ndw", DAY) as writer:
        [writer.write(name, rows(9)) for name in ("tariff_freshness", "no_such_table")]
    assert contents(Path(lake.root)) == before


def test_writers_of_one_day_take_turns(lake: Lake) -> None:
    """The second waits; neither deletes what the other has staged, and each snapshot is whole."""
    counts = (1000, 2000, 3000, 4000)
    begun = threading.Barrier(len(counts))
    published: list[LakeSnapshot] = []

    def write(count: int) -> None:
        begun.wait()
        published.append(written(lake, *(rows(100, start=n) for n in range(0, count, 100))))

    threads = [threading.Thread(target=write, args=(count,)) for count in counts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found.rows("tariff_freshness") for found in published) == list(counts)
    last = lake.trusted("ndw", DAY)
    assert last.read("tariff_freshness").equals(rows(last.rows("tariff_freshness")))
    assert not [name for name in contents(Path(lake.root)) if "_staging" in name]


def test_a_day_that_another_process_writes_is_refused_in_the_end(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path), lock_time_out_s=0.1)
    holding = (
        "import sys, time; from datetime import date; from pipelines.lake import Lake\n"
        f"with Lake({str(tmp_path)!r}).replace('ndw', date(2026, 6, 7)):\n"
        "    print('writing', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", holding], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(TransientError, match="another process has been writing ndw"):
            written(lake, rows(1))
        with lake.replace("ndw", date(2026, 6, 8)):
            pass
        process.kill()
        process.wait()
    assert written(lake, rows(1)).rows("tariff_freshness") == 1


class Killed(BaseException):
    """What kill -9 would do: nothing after it runs."""


@pytest.mark.parametrize("step", range(12))
def test_killed_at_any_step_no_mixture_is_believed_and_a_second_run_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    clean = Lake(str(tmp_path / "clean"))
    written(clean, rows(5))
    lake = Lake(str(tmp_path / "lake"))
    old = written(lake, rows(2))
    steps = iter(range(1000))

    def dying(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if next(steps) >= step:
                raise Killed
            return method(*args, **kwargs)

        return call

    with monkeypatch.context() as patch:
        for name in ("delete_file", "delete_folder", "write_whole", "digest"):
            patch.setattr(Lake, name, dying(getattr(Lake, name)))
        try:
            new = written(lake, rows(5))
        except Killed:
            new = None
    found = lake.snapshot("ndw", DAY)
    if new is None and found is not None:
        assert found.manifest == old.manifest
        assert found.read("tariff_freshness").equals(rows(2))
    written(lake, rows(5))
    assert contents(Path(lake.root)) == contents(Path(clean.root))


def test_a_file_that_is_not_what_the_manifest_says_is_refused(lake: Lake) -> None:
    written(lake, rows(2))
    Path(lake.part_path("tariff_freshness", "ndw", DAY)).write_bytes(b"PAR1")
    with pytest.raises(PermanentError, match="materialize ndw 2026-06-07 again"):
        lake.trusted("ndw", DAY).read("tariff_freshness")


def test_snapshots_are_listed_by_day_and_source(lake: Lake) -> None:
    for day in (date(2026, 6, 7), date(2026, 6, 2)):
        with lake.replace("ndw", day):
            pass
    assert [s.manifest.day for s in lake.snapshots("ndw")] == [date(2026, 6, 2), DAY]
    assert lake.snapshots("other") == []


def test_another_day_is_found_only_while_its_files_are_whole(lake: Lake) -> None:
    written(lake, rows(3))
    with lake.replace("ndw", date(2026, 6, 8)) as writer:
        pass
    today = writer.published
    assert today is not None
    found = today.of_day(DAY)
    assert found is not None
    assert found.rows("tariff_freshness") == 3
    assert today.of_day(date(2026, 6, 1)) is None
    Path(lake.part_path("tariff_freshness", "ndw", DAY)).unlink()
    assert today.of_day(DAY) is None


def test_the_digest_of_tables_is_that_of_their_rows(lake: Lake) -> None:
    tables = ("tariff", "tariff_freshness")
    first = written(lake, rows(3)).digest(tables)
    assert written(lake, rows(1), rows(2, start=1)).digest(tables) == first
    assert written(lake, rows(3, start=1)).digest(tables) != first


def test_a_day_without_snapshot_is_said_so(lake: Lake) -> None:
    assert lake.snapshot("ndw", DAY) is None
    with pytest.raises(NoSnapshotError, match="the lake holds no snapshot of ndw of 2026-06-07"):
        lake.trusted("ndw", DAY)


def test_a_lake_that_cannot_be_opened_is_a_matter_of_configuration() -> None:
    with pytest.raises(ConfigurationError, match="OCPI_WAREHOUSE_LAKE"):
        Lake("nowhere://bucket/lake")


@pytest.mark.parametrize(
    "url",
    [
        "s3://AKIAKEY:SecretKey@bucket/lake?regionn=eu-west-1",
        "s3://AKIAKEY:12/SecretKey@bucket/lake?regionn=eu-west-1",
        "s3://AKIAKEY:Secret Key@bucket/lake",
        "s3://AKIAKEY:SecretKey@bucket:port/lake",
        "nowhere://AKIAKEY:SecretKey@bucket/lake",
        "abfss://lake@AKIA.dfs.core.windows.net/x?account_key=SecretKey&y=1",
    ],
)
def test_a_lake_that_cannot_be_opened_is_named_without_its_keys(url: str) -> None:
    with pytest.raises(ConfigurationError, match="OCPI_WAREHOUSE_LAKE") as raised:
        Lake(url)
    assert "Key" not in str(raised.value)
    assert "AKIAKEY" not in str(raised.value)


def test_an_object_store_url_names_a_lake_too(tmp_path: Path) -> None:
    lake = Lake(f"file://{tmp_path}/lake")
    written(lake, rows(1))
    assert Lake(str(tmp_path / "lake")).trusted("ndw", DAY).rows("tariff_freshness") == 1
