"""What a pull leaves on disk: attempts, manifests, reuse, past days, broken documents."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import zstandard

from pipelines.dialects.endpoints import Endpoint, Protocol
from pipelines.errors import (
    ConfigurationError,
    NoSnapshotError,
    OcpiWarehouseError,
    SourceError,
    TransientError,
)
from pipelines.landing import MANIFEST, Landing
from pipelines.sources import Source
from tests.integration.pulling import DAY, Puller, api, documents, ids
from tests.integration.pulling import puller as puller
from tests.integration.pulling import server as server
from tests.integration.source_server import Reply, SourceServer, locations, ocpi

LINES = b"".join(json.dumps(record).encode() + b"\n" for record in locations(500))
IDS = [f"L{n}" for n in range(500)]
NIGHT = datetime(2026, 6, 7, 1, 30, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A good document of the day."""
    path = tmp_path / f"locations_{DAY}.jsonl.gz"
    path.write_bytes(gzip.compress(LINES))
    return path


def test_a_day_already_landed_is_reused_until_a_refresh_is_asked_for(
    puller: Puller, file: Path
) -> None:
    source = documents({"locations": str(file)})
    first = puller.pull(source)
    assert puller.pull(source).path == first.path
    second = puller.pull(source, refresh=True)
    assert second.path > first.path
    assert second.hash == first.hash
    assert puller.pull(source).path == second.path
    assert [attempt.path for attempt in puller.landing.attempts("bulk", DAY)] == [
        first.path,
        second.path,
    ]


def test_the_manifest_says_what_was_pulled_and_when(puller: Puller, file: Path) -> None:
    attempt = puller.pull(documents({"locations": str(file)}))
    manifest = json.loads((attempt.path / MANIFEST).read_text())
    (page,) = manifest["modules"]["locations"]["pages"]
    assert manifest["started_at"] == "2026-06-07T01:30:00Z"
    assert attempt.path.name == manifest["attempt"] == "20260607T013000000000Z"
    assert (page["records"], page["bytes"]) == (500, file.stat().st_size)
    assert (attempt.path / page["file"]).read_bytes() == file.read_bytes()
    assert sorted(path.name for path in attempt.path.iterdir()) == [page["file"], MANIFEST]


def test_an_incomplete_attempt_is_kept_but_never_replaces_a_complete_one(
    server: SourceServer, puller: Puller
) -> None:
    good = ocpi(locations(3), X_Total_Count="3")
    server.answer("/ocpi/locations", good, ocpi(locations(3), X_Total_Count="9"))
    complete = puller.pull(api(server))
    with pytest.raises(SourceError):
        puller.pull(api(server), refresh=True)
    usable = puller.landing.usable("cpo", DAY)
    assert usable is not None
    assert usable.path == complete.path
    _, incomplete = puller.landing.attempts("cpo", DAY)
    assert not incomplete.manifest.complete
    assert incomplete.manifest.modules["locations"].reason is not None


def test_an_optional_module_that_fails_stops_nothing_and_says_why(
    server: SourceServer, puller: Puller
) -> None:
    server.answer("/ocpi/locations", ocpi(locations(3), X_Total_Count="3"))
    server.answer("/ocpi/tariffs", Reply(b"<html>"))
    attempt = puller.pull(api(server))
    assert attempt.manifest.complete
    assert attempt.modules == ("locations",)
    assert "HTML" in attempt.failed_modules["tariffs"]


def test_modules_of_a_group_are_believed_only_together(
    server: SourceServer, puller: Puller
) -> None:
    protocol = Protocol(
        endpoints=tuple(
            Endpoint(name, name, name, group=group)
            for name, group in (("locations", None), ("prices", "p"), ("connector_prices", "p"))
        )
    )
    server.answer("/ocpi/locations", ocpi(locations(1), X_Total_Count="1"))
    server.answer("/ocpi/prices", ocpi(locations(1), X_Total_Count="1"))
    attempt = puller.landing.pull(api(server), protocol, day=DAY, now=lambda: NIGHT)
    assert attempt.modules == ("locations",)
    assert "together with connector_prices" in attempt.failed_modules["prices"]


def test_a_damaged_attempt_is_not_used(puller: Puller, file: Path) -> None:
    source = documents({"locations": str(file)})
    first, second = puller.pull(source), puller.pull(source, refresh=True)
    (second.path / "locations-00001.json.gz").write_bytes(b"damaged")
    usable = puller.landing.usable("bulk", DAY)
    assert usable is not None
    assert usable.path == first.path
    (first.path / "locations-00001.json.gz").unlink()
    (second.path / MANIFEST).write_bytes(b"{")
    assert puller.landing.usable("bulk", DAY) is None


def test_a_past_day_of_a_live_source_is_no_snapshot_but_one_that_has_landed_is(
    server: SourceServer, puller: Puller
) -> None:
    server.answer("/ocpi/locations", ocpi(locations(3), X_Total_Count="3"))
    late = datetime(2026, 6, 8, 12, 0, tzinfo=UTC)
    with pytest.raises(NoSnapshotError) as raised:
        puller.pull(api(server), now=late)
    assert str(raised.value) == (
        "no snapshot of cpo was taken on 2026-06-07; the API serves only the current state"
    )
    assert server.asked == []
    landed = puller.pull(api(server), now=late - timedelta(seconds=1))
    assert puller.pull(api(server), now=late).path == landed.path
    with pytest.raises(NoSnapshotError, match="cannot be taken again"):
        puller.pull(api(server), now=late, refresh=True)


def test_a_source_with_a_date_in_its_path_can_be_pulled_for_any_past_day(
    puller: Puller, file: Path
) -> None:
    source = documents({"locations": str(file.parent / "locations_{date}.jsonl.gz")})
    assert ids(puller.pull(source, now=datetime(2027, 1, 1, tzinfo=UTC))) == IDS
    with pytest.raises(SourceError, match=r"no file for locations of bulk \(.*2026-06-08"):
        puller.pull(source, day=date(2026, 6, 8), now=datetime(2027, 1, 1, tzinfo=UTC))


@pytest.fixture
def half_dated(file: Path) -> Source:
    """Locations by day, tariffs as they are now."""
    tariffs = file.parent / "tariffs.json"
    tariffs.write_text(json.dumps([{"id": "T-of-the-night"}]))
    dated = str(file.parent / "locations_{date}.jsonl.gz")
    return documents({"locations": dated, "tariffs": str(tariffs)})


def test_a_document_without_a_date_says_nothing_of_a_day_long_past(
    puller: Puller, half_dated: Source
) -> None:
    attempt = puller.pull(half_dated, now=datetime(2026, 9, 1, tzinfo=UTC))
    assert attempt.manifest.complete
    assert attempt.modules == ("locations",)
    assert "write {date} into its path" in attempt.failed_modules["tariffs"]


@pytest.mark.parametrize("hours", [0, 34])
def test_a_document_without_a_date_is_that_of_a_day_just_ended(
    puller: Puller, half_dated: Source, hours: int
) -> None:
    attempt = puller.pull(half_dated, now=NIGHT + timedelta(hours=hours))
    assert ids(attempt, "tariffs") == ["T-of-the-night"]


def test_what_landed_of_a_document_without_a_date_outlives_a_refresh_of_its_day(
    puller: Puller, half_dated: Source
) -> None:
    first = puller.pull(half_dated)
    Path(half_dated.documents["tariffs"]).write_text(json.dumps([{"id": "T-of-today"}]))
    again = puller.pull(half_dated, now=datetime(2026, 9, 1, tzinfo=UTC), refresh=True)
    assert ids(again, "tariffs") == ["T-of-the-night"]
    assert ids(again) == IDS
    assert again.manifest.modules["tariffs"].notes == [
        f"taken over from the attempt {first.manifest.attempt}"
    ]


def test_a_source_that_answers_for_past_days_is_asked_for_all_its_documents(
    puller: Puller, half_dated: Source
) -> None:
    source = half_dated.model_copy(update={"answers_past_days": True})
    attempt = puller.pull(source, now=datetime(2026, 9, 1, tzinfo=UTC))
    assert attempt.modules == ("locations", "tariffs")


def test_details_without_a_date_are_not_looked_for_in_the_list_of_a_day_long_past(
    puller: Puller, file: Path
) -> None:
    details = file.parent / "details.json"
    details.write_text(json.dumps(locations(2)))
    dated = str(file.parent / "locations_{date}.jsonl.gz")
    modules = {"locations": dated, "location_details": str(details)}
    source = documents(modules).model_copy(update={"dialect": "eco_movement"})
    attempt = puller.pull_as_declared(source, now=datetime(2026, 9, 1, tzinfo=UTC))
    assert attempt.modules == ("locations",)


def test_a_day_to_come_is_refused(puller: Puller, file: Path) -> None:
    with pytest.raises(ConfigurationError, match="lies in the future"):
        puller.pull(documents({"locations": str(file)}), day=date(2026, 6, 8))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(LINES, mtime=0)[:-200], "truncated gzip"),
        (gzip.compress(LINES, mtime=0)[:300] + b"\0" * 400, "broken gzip|truncated gzip"),
        (zstandard.compress(LINES)[:-50], "truncated zstd"),
        (b"", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (b"<!doctype html><title>Sign in</title>", "HTML"),
        (gzip.compress(b"  <html>", mtime=0), "HTML"),
        (LINES[:-20], "line 500 .*breaks off"),
        (LINES.replace(b'"L7"', b'"L7'), "line 8 .*not valid JSON at byte"),
        (b'{"data": [{"id": 1}, {]}', "not valid JSON at byte 22"),
        (b'{"data": [{"id": 1}], "status_code": 2001}', "OCPI status 2001"),
        (b'{"error": "no such day"}', "without records"),
        (b"id,name\n1,2\n", "not JSON"),
    ],
)
def test_a_document_that_cannot_be_read_is_found_at_pull_in_one_sentence(
    puller: Puller, tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "locations.bin"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=words) as raised:
        puller.pull(documents({"locations": str(path)}))
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)
    assert puller.landing.usable("bulk", DAY) is None
    (attempt,) = puller.landing.attempts("bulk", DAY)
    assert [path.name for path in attempt.path.iterdir()] == [MANIFEST]


def test_a_missing_path_and_a_folder_are_one_sentence_each(puller: Puller, tmp_path: Path) -> None:
    with pytest.raises(OcpiWarehouseError, match="there is no file"):
        puller.pull(documents({"locations": str(tmp_path / "nothing")}))
    with pytest.raises(OcpiWarehouseError, match="cannot be read: Is a directory"):
        puller.pull(documents({"locations": str(tmp_path)}))


@pytest.mark.parametrize(
    "content",
    [
        LINES,
        b"\xef\xbb\xbf" + LINES,
        LINES.replace(b"\n", b"\r\n\r\n").rstrip(),
        gzip.compress(LINES[:9000], mtime=0) + gzip.compress(LINES[9000:], mtime=0),
        zstandard.compress(LINES),
        json.dumps(locations(500), indent=2).encode(),
        json.dumps({"data": locations(500), "status_code": "Success"}).encode(),
        json.dumps(locations(500)).encode("utf-16"),
        LINES.decode().encode("utf-16"),
        LINES.replace(b"Place 1", b"\\udc00lace 1"),
    ],
    ids=[
        *("lines", "bom", "crlf", "two gzip members", "zstd", "pretty", "envelope"),
        *("utf-16", "utf-16 lines", "lone surrogates"),
    ],
)
def test_every_form_of_a_document_gives_the_same_records_in_small_batches(
    puller: Puller, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "locations.bin"
    path.write_bytes(content)
    attempt = puller.pull(documents({"locations": str(path)}))
    batches = list(attempt.record_batches("locations", 2000))
    refs = [ref for batch in batches for ref in batch]
    assert [json.loads(bytes(ref.raw))["id"] for ref in refs] == IDS
    assert [(ref.page, ref.index) for ref in refs] == [(refs[0].page, n) for n in range(500)]
    assert all(sum(len(ref.raw) for ref in batch) <= 2000 for batch in batches)
    assert [index for _, index, _ in attempt.records("locations")] == list(range(500))


def test_batches_go_across_pages(server: SourceServer, puller: Puller) -> None:
    server.answer(
        "/ocpi/locations",
        ocpi(locations(50), Link="<?offset=50>; rel=next"),
        ocpi(locations(9, first=50)),
    )
    attempt = puller.pull(api(server))
    (batch,) = attempt.record_batches("locations")
    assert [(ref.page, ref.index) for ref in batch][48:52] == [
        ("locations-00001.json", 48),
        ("locations-00001.json", 49),
        ("locations-00002.json", 0),
        ("locations-00002.json", 1),
    ]


_PULL_AND_BE_KILLED = """
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from tests.integration.pulling import protocol
from pipelines.landing import Landing
from pipelines.sources import Source
source = Source(name="cpo", dialect="ocpi_2_2_1", transport="http", base_url=sys.argv[2])
night = datetime(2026, 6, 7, 1, 30, tzinfo=UTC)
Landing(Path(sys.argv[1])).pull(source, protocol(), day=date(2026, 6, 7), now=lambda: night)
"""


def test_a_pull_killed_in_the_middle_leaves_no_attempt_and_no_lock(
    server: SourceServer, puller: Puller
) -> None:
    server.answer("/ocpi/locations", ocpi(locations(50), Link="<locations2>; rel=next"))
    reached, go_on = threading.Event(), threading.Event()

    def hanging(asked: object) -> Reply:
        reached.set()
        go_on.wait(120)
        return ocpi(locations(1, first=50))

    server.answer("/ocpi/locations2", hanging)
    process = subprocess.Popen(
        [sys.executable, "-c", _PULL_AND_BE_KILLED, str(puller.root), f"{server.url}/ocpi"],
        cwd=Path(__file__).parents[2],
    )
    try:
        assert reached.wait(120)
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.wait(120)
        go_on.set()
    assert list(puller.root.rglob("locations-00001.json"))
    assert puller.landing.attempts("cpo", DAY) == []
    assert len(ids(puller.pull(api(server)))) == 51
    assert len(puller.landing.attempts("cpo", DAY)) == 1


def test_a_snapshot_is_pulled_by_one_at_a_time(server: SourceServer, puller: Puller) -> None:
    started = threading.Event()

    def slow(asked: object) -> Reply:
        started.set()
        time.sleep(0.5)
        return ocpi(locations(3), X_Total_Count="3", X_Limit="50")

    server.answer("/ocpi/locations", slow)
    first = threading.Thread(target=puller.pull, args=(api(server),))
    first.start()
    assert started.wait(120)
    impatient = Landing(puller.root, lock_time_out_s=0.05)
    with pytest.raises(TransientError, match="another process has been pulling cpo"):
        impatient.pull(api(server), Protocol(), day=DAY, now=lambda: NIGHT)
    assert puller.pull(api(server)).manifest.complete
    first.join()
    assert len(server.asked_for("/ocpi/locations")) == 1


def test_progress_is_told_page_by_page(server: SourceServer, puller: Puller) -> None:
    server.answer(
        "/ocpi/locations",
        ocpi(locations(50), X_Total_Count="60", Link="<?offset=50>; rel=next"),
        ocpi(locations(10, first=50), X_Total_Count="60"),
    )
    told: list[tuple[str, int, int | None]] = []
    puller.pull(api(server), progress=lambda *step: told.append(step))
    assert told == [("locations", 50, 60), ("locations", 60, 60)]
