"""Modules asked for by a window of time: which window, and what a past day comes to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.errors import NoSnapshotError, SourceError
from pipelines.sources import Source
from tests.integration.pulling import DAY, NIGHT, Puller, api, ids
from tests.integration.pulling import puller as puller
from tests.integration.pulling import server as server
from tests.integration.source_server import Asked, Reply, SourceServer, locations, ocpi, paged

LONG_AFTER = datetime(2026, 9, 1, tzinfo=UTC)
SESSIONS = "/ocpi/sessions"
WINDOW = {"date_from": "2026-06-06T23:00:00Z", "date_to": "2026-06-08T00:00:00Z"}


@pytest.fixture
def source(server: SourceServer) -> Source:
    """Locations, sessions and CDRs; two sessions, one CDR and three locations to be had."""
    server.answer("/ocpi/locations", ocpi(locations(3), X_Total_Count="3", X_Limit="50"))
    server.answer(SESSIONS, ocpi(locations(2), X_Total_Count="2", X_Limit="50"))
    server.answer("/ocpi/cdrs", ocpi(locations(1), X_Total_Count="1", X_Limit="50"))
    return api(server, dialect="ocpi_2_1_1", modules=["locations", "sessions", "cdrs"])


def test_sessions_are_asked_for_by_the_day_and_an_hour_before_locations_are_not(
    server: SourceServer, puller: Puller, source: Source
) -> None:
    puller.pull_as_declared(source)
    assert [asked.query for asked in server.asked_for(SESSIONS)] == [WINDOW]
    assert [asked.query for asked in server.asked_for("/ocpi/locations")] == [{}]


def test_the_window_stays_on_every_page(
    server: SourceServer, puller: Puller, source: Source
) -> None:
    server.answer(SESSIONS, paged(locations(120)))
    attempt = puller.pull_as_declared(source)
    assert len(ids(attempt, "sessions")) == 120
    asked = [asked.query for asked in server.asked_for(SESSIONS)]
    assert asked == [WINDOW, *({**WINDOW, "offset": n, "limit": "50"} for n in ("50", "100"))]
    assert "date_from=2026-06-06" in attempt.manifest.modules["sessions"].pages[0].url


def test_what_a_night_could_not_see_of_its_day_is_asked_for_by_the_next(
    server: SourceServer, puller: Puller, source: Source
) -> None:
    before = DAY - timedelta(days=1)
    puller.pull_as_declared(source, day=before, now=NIGHT - timedelta(days=1))
    puller.pull_as_declared(source)
    sent = server.asked_for(SESSIONS)[-1].query
    assert sent == {**WINDOW, "date_from": "2026-06-06T00:30:00Z"}


def test_a_day_that_was_pulled_after_its_end_leaves_nothing_to_the_next(
    server: SourceServer, puller: Puller, source: Source
) -> None:
    puller.pull_as_declared(source, day=DAY - timedelta(days=1), now=NIGHT)
    puller.pull_as_declared(source)
    assert server.asked_for(SESSIONS)[-1].query == WINDOW


def test_a_module_that_failed_the_night_before_begins_where_it_was_left(
    server: SourceServer, puller: Puller, source: Source
) -> None:
    for back in (2, 1):
        if back == 1:
            server.answer(SESSIONS, Reply(b"<html>"))
        past = timedelta(days=back)
        puller.pull_as_declared(source, day=DAY - past, now=NIGHT - past)
    server.answer(SESSIONS, ocpi(locations(2), X_Total_Count="2", X_Limit="50"))
    puller.pull_as_declared(source)
    assert server.asked_for(SESSIONS)[-1].query["date_from"] == "2026-06-05T00:30:00Z"
    assert server.asked_for("/ocpi/cdrs")[-1].query["date_from"] == "2026-06-06T00:30:00Z"


@pytest.mark.parametrize(
    ("nights_ago", "begins"), [(14, "2026-05-24T00:30:00Z"), (15, WINDOW["date_from"])]
)
def test_nights_without_a_snapshot_leave_no_hole_of_up_to_two_weeks(
    server: SourceServer, puller: Puller, source: Source, nights_ago: int, begins: str
) -> None:
    past = timedelta(days=nights_ago)
    puller.pull_as_declared(source, day=DAY - past, now=NIGHT - past)
    puller.pull_as_declared(source)
    assert server.asked_for(SESSIONS)[-1].query == {**WINDOW, "date_from": begins}


def test_a_day_pulled_after_its_end_was_left_at_its_end(
    server: SourceServer, puller: Puller, source: Source
) -> None:
    puller.pull_as_declared(source, day=DAY - timedelta(days=3), now=NIGHT)
    puller.pull_as_declared(source)
    assert server.asked_for(SESSIONS)[-1].query["date_from"] == "2026-06-04T23:00:00Z"


def test_the_overlap_is_the_sources(server: SourceServer, puller: Puller, source: Source) -> None:
    puller.pull_as_declared(source.model_copy(update={"window_overlap_s": 90_000}))
    assert server.asked_for(SESSIONS)[0].query["date_from"] == "2026-06-05T23:00:00Z"


def test_of_a_past_day_windows_are_asked_for_alone_whatever_is_required(
    server: SourceServer, puller: Puller, source: Source
) -> None:
    attempt = puller.pull_as_declared(source, now=LONG_AFTER)
    assert attempt.manifest.complete
    assert attempt.modules == ("sessions", "cdrs")
    assert server.asked_for("/ocpi/locations") == []
    assert [asked.query for asked in server.asked_for(SESSIONS)] == [WINDOW]
    again = puller.pull_as_declared(source, now=LONG_AFTER)
    assert again.path == attempt.path
    assert len(server.asked) == 2


def test_a_past_day_without_windows_is_no_snapshot(
    server: SourceServer, puller: Puller, source: Source
) -> None:
    without = source.model_copy(update={"modules": ("locations",)})
    with pytest.raises(NoSnapshotError, match="no snapshot of cpo was taken on 2026-06-07"):
        puller.pull_as_declared(without, now=LONG_AFTER)
    assert server.asked == []


def test_a_past_day_of_which_nothing_came_is_an_error_and_no_attempt_in_use(
    server: SourceServer, puller: Puller, source: Source
) -> None:
    for path in (SESSIONS, "/ocpi/cdrs"):
        server.answer(path, Reply(b"<html>"))
    with pytest.raises(SourceError, match="HTML"):
        puller.pull_as_declared(source, now=LONG_AFTER)
    assert puller.landing.usable("cpo", DAY) is None


def test_a_refresh_of_a_past_day_keeps_the_locations_that_nobody_can_ask_for_again(
    server: SourceServer, puller: Puller, source: Source
) -> None:
    first = puller.pull_as_declared(source.model_copy(update={"modules": ("locations",)}))
    assert puller.pull_as_declared(source, now=LONG_AFTER).path == first.path
    second = puller.pull_as_declared(source, now=LONG_AFTER, refresh=True)
    assert sorted(second.modules) == ["cdrs", "locations", "sessions"]
    assert ids(second) == ids(first)
    assert second.manifest.modules["locations"].notes == [
        f"taken over from the attempt {first.manifest.attempt}"
    ]
    assert len(server.asked_for("/ocpi/locations")) == 1
    third = puller.pull_as_declared(source, now=LONG_AFTER + timedelta(seconds=1), refresh=True)
    assert len(third.manifest.modules["locations"].notes) == 1
    assert third.verifies()


def test_a_refresh_of_a_past_day_that_brings_nothing_leaves_what_has_landed(
    server: SourceServer, puller: Puller, source: Source
) -> None:
    first = puller.pull_as_declared(source)
    for path in (SESSIONS, "/ocpi/cdrs"):
        server.answer(path, Reply(b"<html>"))
    with pytest.raises(SourceError):
        puller.pull_as_declared(source, now=LONG_AFTER, refresh=True)
    usable = puller.landing.usable("cpo", DAY)
    assert usable is not None
    assert usable.path == first.path


def test_any_past_day_can_be_asked_for_and_its_records_are_all_kept(
    server: SourceServer, puller: Puller, source: Source
) -> None:
    """A server that knows no window answers with everything: the warehouse upserts by key."""

    def everything(asked: Asked) -> Reply:
        return ocpi(locations(7), X_Total_Count="7", X_Limit="50")

    server.answer(SESSIONS, everything)
    attempt = puller.pull_as_declared(source, day=date(2024, 2, 29), now=LONG_AFTER)
    assert len(ids(attempt, "sessions")) == 7
    assert server.asked_for(SESSIONS)[0].query["date_to"] == "2024-03-01T00:00:00Z"


def test_a_document_has_no_window_so_a_past_day_of_it_is_gone(
    puller: Puller, tmp_path: Path
) -> None:
    for name in ("locations", "sessions"):
        (tmp_path / f"{name}.json").write_text("[]")
    documents = {name: str(tmp_path / f"{name}.json") for name in ("locations", "sessions")}
    source = Source(name="cpo", dialect="ocpi_2_1_1", transport="file", modules=documents)
    with pytest.raises(NoSnapshotError):
        puller.pull_as_declared(source, now=LONG_AFTER)
