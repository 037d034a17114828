"""Paging over a real socket: every way a server ends, shortens or muddles its pages."""

from __future__ import annotations

import pytest

from pipelines.errors import IncompleteSnapshotError
from tests.integration.pulling import DAY, Puller, api, ids
from tests.integration.pulling import puller as puller
from tests.integration.pulling import server as server
from tests.integration.source_server import Asked, Reply, SourceServer, locations, ocpi, paged

PATH = "/ocpi/locations"


def _ids(count: int) -> list[str]:
    return [f"L{n}" for n in range(count)]


@pytest.mark.parametrize(
    "link",
    [
        '<{url}{path}?offset={offset}&limit=50>; rel="next"',
        "<{url}{path}?offset={offset}&limit=50>; rel=\u201dnext\u201d",
        "<{url}{path}?offset={offset}>; rel=next",
        '<{path}?offset={offset}&limit=2000>; rel="next"',
        '<{url}{path}?offset=0>; rel="first", <{url}{path}?offset={offset}>; rel="next"',
        '<https:{rest}{path}?offset={offset}>; rel="next"',
    ],
    ids=["plain", "curly quotes", "unquoted", "relative", "several", "https on an http server"],
)
def test_a_next_link_is_followed_however_it_is_written(
    server: SourceServer, puller: Puller, link: str
) -> None:
    rest = server.url.removeprefix("http:")
    server.answer(
        PATH,
        paged(
            locations(120),
            link=lambda n: link.format(url=server.url, rest=rest, path=PATH, offset=n),
        ),
    )
    attempt = puller.pull(api(server))
    assert ids(attempt) == _ids(120)
    landed = attempt.manifest.modules["locations"]
    assert (landed.complete, landed.declared_total, len(landed.pages)) == (True, 120, 3)


def test_a_capped_page_without_link_goes_on_as_long_as_the_total_says_more(
    server: SourceServer, puller: Puller
) -> None:
    server.answer(PATH, paged(locations(120)))
    attempt = puller.pull(api(server, page_size=100))
    assert ids(attempt) == _ids(120)
    assert [a.query for a in server.asked_for(PATH)] == [
        {"offset": "0", "limit": "100"},
        {"offset": "50", "limit": "50"},
        {"offset": "100", "limit": "50"},
    ]
    assert any("by offset" in note for note in attempt.manifest.modules["locations"].notes)


def test_without_link_and_total_one_more_request_tells_whether_that_was_all(
    server: SourceServer, puller: Puller
) -> None:
    server.answer(PATH, paged(locations(120), total=None))
    assert ids(puller.pull(api(server))) == _ids(120)


@pytest.mark.parametrize("beyond", [404, 422, "empty", "the same", "body code"])
def test_a_server_that_does_not_page_is_complete_with_its_one_page(
    server: SourceServer, puller: Puller, beyond: int | str
) -> None:
    def probed(asked: Asked) -> Reply:
        match beyond:
            case int():
                return ocpi(None, status=beyond, code=2001)
            case "empty":
                return ocpi([])
            case "body code":
                return ocpi(None, code=2001)
            case _:
                return ocpi(locations(30))

    server.answer(PATH, ocpi(locations(30)), probed)
    attempt = puller.pull(api(server))
    assert ids(attempt) == _ids(30)
    assert attempt.manifest.modules["locations"].complete


@pytest.mark.parametrize("status", [404, 422])
def test_a_next_link_that_leads_nowhere_gives_its_offset_to_the_modules_own_url(
    server: SourceServer, puller: Puller, status: int
) -> None:
    server.answer("/ocpi/emsp/locations", Reply(b"{}", status=status))
    server.answer(
        PATH,
        paged(
            locations(120),
            link=lambda n: (
                f"<{server.url}/ocpi/emsp/locations?offset={n}&limit=50&date_from=None>; rel=next"
            ),
        ),
    )
    attempt = puller.pull(api(server))
    assert ids(attempt) == _ids(120)
    assert attempt.manifest.modules["locations"].notes == [
        "next links led nowhere, offsets were put on the module's own URL"
    ]
    assert len(server.asked_for("/ocpi/emsp/locations")) == 1


def test_a_next_link_to_another_host_is_refused_and_never_asked(
    server: SourceServer, puller: Puller
) -> None:
    other = server.url.replace("127.0.0.1", "localhost")
    server.answer(
        PATH, paged(locations(120), link=lambda n: f"<{other}{PATH}?offset={n}>; rel=next")
    )
    with pytest.raises(IncompleteSnapshotError, match="another host"):
        puller.pull(api(server))
    assert len(server.asked) == 1


def test_the_same_cursor_twice_or_in_turn_ends_in_an_error_not_in_a_circle(
    server: SourceServer, puller: Puller
) -> None:
    offsets = {"0": "50", "50": "100", "100": "50"}

    def circling(asked: Asked) -> Reply:
        offset = asked.query.get("offset", "0")
        return ocpi(
            locations(50, first=int(offset)),
            Link=f"<{PATH}?offset={offsets[offset]}>; rel=next",
        )

    server.answer(PATH, circling)
    with pytest.raises(IncompleteSnapshotError, match="circle"):
        puller.pull(api(server))
    assert len(server.asked) == 3


def test_a_server_that_ignores_the_offset_is_incomplete_when_the_total_says_more(
    server: SourceServer, puller: Puller
) -> None:
    server.answer(PATH, ocpi(locations(50), X_Total_Count="120"))
    with pytest.raises(IncompleteSnapshotError, match="same page"):
        puller.pull(api(server))
    (attempt,) = puller.landing.attempts("cpo", DAY)
    assert attempt.manifest.modules["locations"].received == 50
    assert puller.landing.usable("cpo", DAY) is None


def test_a_declared_total_that_is_not_reached_is_no_snapshot(
    server: SourceServer, puller: Puller
) -> None:
    server.answer(PATH, paged(locations(120), total=lambda n: str(n + 7)))
    with pytest.raises(IncompleteSnapshotError, match="received 120 records, but 127"):
        puller.pull(api(server))


@pytest.mark.parametrize("page_size", [None, 100])
@pytest.mark.parametrize("total", ["the page's", "so far", "what remains"])
def test_a_total_that_is_not_the_wholes_ends_no_paging(
    server: SourceServer, puller: Puller, total: str, page_size: int | None
) -> None:
    def page(asked: Asked) -> Reply:
        records = locations(420)
        offset = int(asked.query.get("offset", "0"))
        size = len(records[offset : offset + 50])
        shown = {"the page's": size, "so far": offset + size, "what remains": 420 - offset}[total]
        return paged(records, total=lambda n: str(shown))(asked)

    server.answer(PATH, page)
    attempt = puller.pull(api(server, page_size=page_size))
    assert ids(attempt) == _ids(420)
    assert attempt.manifest.modules["locations"].complete


def test_an_empty_page_with_a_total_of_zero_is_no_end_where_more_was_declared(
    server: SourceServer, puller: Puller
) -> None:
    whole = paged(locations(120), link=lambda n: f"<{PATH}?offset={n}>; rel=next")
    hiccup = ocpi([], X_Total_Count="0")
    server.answer(PATH, whole, hiccup)
    with pytest.raises(IncompleteSnapshotError, match="received 50 records, but 120"):
        puller.pull(api(server))


def test_a_list_without_records_and_a_total_of_zero_is_whole(
    server: SourceServer, puller: Puller
) -> None:
    server.answer(PATH, ocpi([], X_Total_Count="0"))
    landed = puller.pull(api(server)).manifest.modules["locations"]
    assert (landed.complete, landed.declared_total, landed.received) == (True, 0, 0)
    assert len(server.asked_for(PATH)) == 1


@pytest.mark.parametrize("total", ["0", "many", "-1", "the page's"])
def test_a_total_that_counts_nothing_is_ignored(
    server: SourceServer, puller: Puller, total: str
) -> None:
    def link(offset: int) -> str:
        return f"<{PATH}?offset={offset}>; rel=next"

    def page(asked: Asked) -> Reply:
        records = locations(120)
        offset = int(asked.query.get("offset", "0"))
        size = len(records[offset : offset + 50])
        shown = str(size) if total == "the page's" else total
        reply = paged(records, link=link, total=lambda n: shown)(asked)
        return Reply(reply.body, headers={**reply.headers, "X-Limit": "0"})

    server.answer(PATH, page)
    attempt = puller.pull(api(server))
    assert ids(attempt) == _ids(120)
    assert attempt.manifest.modules["locations"].declared_total is None


def test_the_cursor_of_the_last_record_ends_after_the_page_that_has_it_empty(
    server: SourceServer, puller: Puller
) -> None:
    records = locations(120)

    def cursor(asked: Asked) -> Reply:
        last = asked.query.get("last_record")
        start = 0 if last is None else int(last) + 1
        page = records[start : start + 50]
        end = start + len(page)
        return ocpi(page, X_Last_Record=str(end - 1) if end < 120 else "")

    server.answer(PATH, cursor)
    assert ids(puller.pull(api(server), pagination="last_record")) == _ids(120)


def test_a_cursor_that_comes_again_ends_in_an_error(server: SourceServer, puller: Puller) -> None:
    server.answer(PATH, ocpi(locations(50), X_Last_Record="49"))
    with pytest.raises(IncompleteSnapshotError, match="circle"):
        puller.pull(api(server), pagination="last_record")


def test_next_in_the_body_is_followed(server: SourceServer, puller: Puller) -> None:
    server.answer(
        PATH,
        Reply(b'{"items": [{"id": "L0"}], "next": "locations?offset=1"}'),
        Reply(b'{"items": [{"id": "L1"}], "next": null}'),
    )
    assert ids(puller.pull(api(server))) == _ids(2)


def test_endless_empty_pages_with_a_next_link_end(server: SourceServer, puller: Puller) -> None:
    def endless(asked: Asked) -> Reply:
        offset = int(asked.query.get("offset", "0"))
        records = locations(120)[offset : offset + 50]
        return ocpi(records, Link=f"<{PATH}?offset={offset + 50}>; rel=next")

    server.answer(PATH, endless)
    attempt = puller.pull(api(server))
    assert ids(attempt) == _ids(120)
    assert len(server.asked_for(PATH)) == 6


def test_ids_that_vanished_while_the_total_moved_are_asked_for_one_by_one(
    server: SourceServer, puller: Puller
) -> None:
    server.answer(
        PATH,
        ocpi(locations(50), X_Total_Count="100", Link=f"<{PATH}?offset=50>; rel=next"),
        ocpi(locations(49, first=51), X_Total_Count="99"),
    )
    server.answer(f"{PATH}/L50", ocpi({"id": "L50", "name": "slipped through"}))
    known = {f"L{n}" for n in range(100)} | {"gone"}
    attempt = puller.pull(api(server), previous_ids=lambda: known)
    landed = attempt.manifest.modules["locations"]
    assert landed.total_moved
    assert landed.asked_one_by_one == 2
    assert sorted(ids(attempt)) == sorted(_ids(100))
    assert [page.kind for page in landed.pages] == ["bulk", "bulk", "detail"]


def _answer_a_list_that_moves(server: SourceServer) -> None:
    """L50 slips through between the pages, and the total says that something did."""
    server.answer(
        PATH,
        ocpi(locations(50), X_Total_Count="100", Link=f"<{PATH}?offset=50>; rel=next"),
        ocpi(locations(49, first=51), X_Total_Count="99"),
    )


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (Reply(b"{}", status=405), "'L50' was answered with HTTP 405"),
        (Reply(b"{}", status=400), "'L50' was answered with HTTP 400"),
        (ocpi(None, code=2000), "'L50' was answered with OCPI status 2000"),
        (Reply(b"{}", status=401), "refused access"),
        (Reply(b"<html>welcome"), "HTML"),
        (Reply(b"{}", status=404), "'L0', which it lists, was not found"),
    ],
    ids=["405", "400", "body 2000", "401", "html", "404 to all"],
)
def test_where_single_ids_cannot_be_asked_for_nobody_is_believed_gone(
    server: SourceServer, puller: Puller, refusal: Reply, said: str
) -> None:
    _answer_a_list_that_moves(server)
    server.answer(f"{PATH}/L0", refusal)
    server.answer(f"{PATH}/L50", refusal)
    attempt = puller.pull(api(server), previous_ids=lambda: set(_ids(100)))
    landed = attempt.manifest.modules["locations"]
    assert (landed.complete, landed.is_absence_open) == (True, True)
    (note,) = landed.notes
    assert said in note
    assert "none is believed gone today" in note


@pytest.mark.parametrize(
    "answer",
    [Reply(b"{}", status=404), Reply(b"{}", status=410), ocpi(None, code=2003), ocpi(None)],
    ids=["404", "410", "body 2003", "nothing"],
)
def test_what_is_said_to_be_gone_by_a_source_that_knows_single_ids_is_gone(
    server: SourceServer, puller: Puller, answer: Reply
) -> None:
    _answer_a_list_that_moves(server)
    server.answer(f"{PATH}/L0", ocpi({"id": "L0"}))
    server.answer(f"{PATH}/L50", answer)
    attempt = puller.pull(api(server), previous_ids=lambda: set(_ids(100)))
    landed = attempt.manifest.modules["locations"]
    assert (landed.is_absence_open, landed.asked_one_by_one, landed.notes) == (False, 1, [])
    assert "L50" not in ids(attempt)


def test_the_day_is_sent_only_to_a_source_that_answers_for_past_days(
    server: SourceServer, puller: Puller
) -> None:
    server.answer(PATH, ocpi(locations(3), X_Total_Count="3", X_Limit="50"))
    puller.pull(api(server))
    puller.pull(api(server, answers_past_days=True), refresh=True)
    sent = [asked.headers.get("x-simulated-day") for asked in server.asked_for(PATH)]
    assert sent == [None, "2026-06-07"]
