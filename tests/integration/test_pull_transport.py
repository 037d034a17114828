"""Transport faults over a real socket: what is retried, what is refused, in which words."""

from __future__ import annotations

import gzip
import json
import time

import pytest

from pipelines.errors import (
    IncompleteSnapshotError,
    OcpiWarehouseError,
    SourceError,
    TransientError,
)
from pipelines.ocpi.client import Limits
from tests.integration.pulling import DAY, Puller, api, documents, ids
from tests.integration.pulling import puller as puller
from tests.integration.pulling import server as server
from tests.integration.source_server import Reply, SourceServer, locations, ocpi, zipped

PATH = "/ocpi/locations"
GOOD = ocpi(locations(3), X_Total_Count="3")
THREE = ["L0", "L1", "L2"]


@pytest.mark.parametrize(
    "bad",
    [
        Reply(b"slow down", status=429),
        Reply(b"oops", status=503),
        Reply(b"oops", status=500),
        ocpi([], code=3000),
        Reply(GOOD.body[:40], declared_length=len(GOOD.body)),
        zipped(GOOD, keep=0.6),
        Reply(b"no gzip at all", headers={"Content-Encoding": "gzip"}),
        Reply(GOOD.body[:40]),
        Reply(b"<html>We'll be right back"),
    ],
    ids=[
        *("429", "503", "500", "3000", "truncated", "half a gzip", "no gzip"),
        *("cut by a proxy", "maintenance page"),
    ],
)
def test_a_passing_fault_is_tried_again(server: SourceServer, puller: Puller, bad: Reply) -> None:
    server.answer(PATH, bad, GOOD)
    assert ids(puller.pull(api(server))) == THREE
    assert puller.slept


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (Reply(b"slow down", status=429), "HTTP 429"),
        (Reply(b"oops", status=502), "HTTP 502"),
        (ocpi([], code=3001), "OCPI status 3001"),
        (Reply(GOOD.body[:40], declared_length=len(GOOD.body)), "broke off"),
        (zipped(GOOD, keep=0.6), "breaks off"),
    ],
    ids=["429", "502", "3001", "truncated", "half a gzip"],
)
def test_a_lasting_fault_is_transient_after_a_bounded_number_of_attempts(
    server: SourceServer, puller: Puller, bad: Reply, words: str
) -> None:
    server.answer(PATH, bad)
    with pytest.raises(TransientError, match=words):
        puller.pull(api(server))
    assert len(server.asked_for(PATH)) == 3
    assert puller.landing.usable("cpo", DAY) is None


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (Reply(b"<!DOCTYPE html><p>Maintenance"), "HTML"),
        (Reply(b'{"data": [{"id": "L0"}, {"id": ]}'), r"not valid JSON at byte \d+"),
        (Reply(b'{"data": [{"id": "L0"}'), "breaks off"),
        (Reply(b""), "is empty"),
        (ocpi([], code=2000), "OCPI status 2000"),
        (ocpi(None, code="Unauthorized"), "Unauthorized"),
        (Reply(b'{"message": "quota"}'), "without records"),
        (Reply(b"no", status=404), "HTTP 404"),
        (Reply(b"no", status=406), "HTTP 406"),
    ],
)
def test_an_answer_that_cannot_be_used_is_one_clear_sentence(
    server: SourceServer, puller: Puller, bad: Reply, words: str
) -> None:
    server.answer(PATH, bad)
    with pytest.raises(SourceError, match=words) as raised:
        puller.pull(api(server))
    assert PATH in str(raised.value)
    assert "\n" not in str(raised.value)


def test_retry_after_is_waited_for(server: SourceServer, puller: Puller) -> None:
    server.answer(PATH, Reply(status=429, headers={"Retry-After": "17"}), GOOD)
    puller.pull(api(server))
    assert puller.slept == [17.0]


def test_a_wait_longer_than_a_request_may_take_is_left_to_a_later_run(
    server: SourceServer, puller: Puller
) -> None:
    server.answer(PATH, Reply(status=429, headers={"Retry-After": "7200"}))
    with pytest.raises(TransientError) as raised:
        puller.pull(api(server))
    assert raised.value.retry_after_s == 7200
    assert puller.slept == []


def test_a_403_after_good_answers_is_a_hidden_rate_limit(
    server: SourceServer, puller: Puller
) -> None:
    server.answer(
        PATH,
        ocpi(locations(50), Link=f"<{PATH}?offset=50>; rel=next"),
        Reply(status=403),
        ocpi(locations(10, first=50)),
    )
    assert len(ids(puller.pull(api(server)))) == 60
    assert puller.slept[0] > 20


def test_requests_keep_the_interval_a_source_asks_for(server: SourceServer, puller: Puller) -> None:
    server.answer(
        PATH,
        ocpi(locations(50), Link=f"<{PATH}?offset=50>; rel=next"),
        ocpi(locations(1, first=50)),
    )
    puller.pull(api(server, min_request_interval=125.0))
    assert puller.slept[0] == pytest.approx(125.0, abs=2.0)


def test_a_slow_trickle_does_not_hold_the_night_up(server: SourceServer, puller: Puller) -> None:
    server.answer(PATH, Reply(b" " * 500, pause_s=0.02))
    puller.limits = Limits(attempts=1, page_s=0.2)
    started = time.monotonic()
    with pytest.raises(TransientError, match="trickles"):
        puller.pull(api(server))
    assert time.monotonic() - started < 2


def test_silence_is_a_time_out(server: SourceServer, puller: Puller) -> None:
    server.answer(PATH, Reply(b"ab", pause_s=0.6))
    puller.limits = Limits(attempts=1)
    with pytest.raises(TransientError, match="broke off"):
        puller.pull(api(server, time_out=0.2))


def test_an_endless_body_is_cut(server: SourceServer, puller: Puller) -> None:
    server.answer(PATH, Reply(b" " * (3 << 20)))
    puller.limits = Limits(attempts=1, page_bytes=1 << 20)
    with pytest.raises(SourceError, match="more than 1 MiB"):
        puller.pull(api(server))


def test_nobody_listening_is_transient(server: SourceServer, puller: Puller) -> None:
    source = api(server).model_copy(update={"base_url": "http://127.0.0.1:9/"})
    with pytest.raises(TransientError, match="could not be reached"):
        puller.pull(source)


@pytest.mark.parametrize("wrapped", ["data", "list", "items", "locations", "lines", "bom", "zip"])
def test_every_envelope_gives_the_same_records(
    server: SourceServer, puller: Puller, wrapped: str
) -> None:
    records = locations(3)
    bodies = {
        "data": GOOD,
        "list": Reply(json.dumps(records).encode()),
        "items": Reply(json.dumps({"items": records, "total": 3}).encode()),
        "locations": Reply(json.dumps({"locations": [{"location": r} for r in records]}).encode()),
        "lines": Reply(b"\r\n".join(json.dumps(r).encode() for r in records)),
        "bom": Reply(b"\xef\xbb\xbf" + GOOD.body),
        "zip": zipped(GOOD),
    }
    server.answer(PATH, bodies[wrapped])
    assert ids(puller.pull(api(server))) == THREE


def test_data_of_null_is_a_module_without_records(server: SourceServer, puller: Puller) -> None:
    server.answer(PATH, GOOD)
    server.answer("/ocpi/tariffs", ocpi(None, X_Total_Count="0"))
    attempt = puller.pull(api(server))
    assert attempt.modules == ("locations", "tariffs")
    assert list(attempt.record_batches("tariffs")) == []


def test_bytes_are_kept_untouched(server: SourceServer, puller: Puller) -> None:
    body = b'\xef\xbb\xbf{ "data" :\r\n [ {"id":"L0",  "name":"\\ud800"} ] }'
    server.answer(PATH, Reply(body, headers={"X-Total-Count": "1"}))
    attempt = puller.pull(api(server))
    (page,) = attempt.pages("locations")
    assert (attempt.path / page.file).read_bytes() == body
    ((record,),) = attempt.record_batches("locations")
    assert bytes(record.raw) == b'{"id":"L0",  "name":"\\ud800"}'


def test_a_document_by_url_is_kept_as_it_is_even_when_gzipped_twice(
    server: SourceServer, puller: Puller
) -> None:
    lines = b"".join(json.dumps(r).encode() + b"\n" for r in locations(3))
    server.answer("/bulk.jsonl.gz", zipped(Reply(gzip.compress(lines))))
    source = documents({"locations": f"{server.url}/bulk.jsonl.gz"})
    attempt = puller.pull(source)
    assert ids(attempt) == THREE
    (page,) = attempt.pages("locations")
    assert page.file == "locations-00001.json.gz"
    assert gzip.decompress((attempt.path / page.file).read_bytes()) == lines


@pytest.mark.parametrize("padding", [0, 512])
@pytest.mark.parametrize("size", [200, 200_000], ids=["one read", "many reads"])
def test_every_member_of_a_gzip_encoding_is_read(
    server: SourceServer, puller: Puller, size: int, padding: int
) -> None:
    lines = [json.dumps(r).encode() + b"\n" for r in locations(size)]
    members = [lines[: size // 3], lines[size // 3 : size // 2], [], lines[size // 2 :]]
    body = b"".join(gzip.compress(b"".join(member)) for member in members) + bytes(padding)
    server.answer("/bulk.jsonl", Reply(body, headers={"Content-Encoding": "gzip"}))
    attempt = puller.pull(documents({"locations": f"{server.url}/bulk.jsonl"}))
    assert ids(attempt) == [f"L{n}" for n in range(size)]


def test_a_gzip_encoding_that_breaks_off_in_a_later_member_is_no_answer(
    server: SourceServer, puller: Puller
) -> None:
    body = gzip.compress(b'{"id": "L0"}\n') + gzip.compress(b'{"id": "L1"}\n')[:-6]
    server.answer("/bulk.jsonl", Reply(body, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(TransientError, match="breaks off"):
        puller.pull(documents({"locations": f"{server.url}/bulk.jsonl"}))


@pytest.mark.parametrize(
    ("headers", "around"),
    [
        ({"Link": "</bulk?offset=50>; rel=next"}, {}),
        ({"X-Last-Record": "L49"}, {}),
        ({}, {"next": "/bulk?page=2"}),
        ({}, {"links": {"next": "/bulk?page=2"}}),
        ({}, {"nextPageToken": "abc"}),
    ],
    ids=["link", "cursor", "next in the body", "among links", "page token"],
)
def test_a_document_that_is_only_the_first_page_is_not_taken_for_the_whole(
    server: SourceServer, puller: Puller, headers: dict[str, str], around: dict[str, object]
) -> None:
    body = json.dumps({"data": locations(50), **around}).encode()
    server.answer("/bulk", Reply(body, headers=headers))
    with pytest.raises(SourceError, match="use transport http"):
        puller.pull(documents({"locations": f"{server.url}/bulk"}))


def test_a_document_that_declares_more_than_it_holds_is_not_whole(
    server: SourceServer, puller: Puller
) -> None:
    body = {"data": locations(2), "total": 5000}
    server.answer("/bulk", Reply(json.dumps(body).encode()))
    with pytest.raises(IncompleteSnapshotError, match="received 2 records, but 5000"):
        puller.pull(documents({"locations": f"{server.url}/bulk"}))


def test_a_document_whose_cursor_is_empty_and_whose_total_agrees_is_whole(
    server: SourceServer, puller: Puller
) -> None:
    body = {"data": locations(2), "total": 2, "next": None, "nextPageToken": ""}
    server.answer("/bulk", Reply(json.dumps(body).encode(), headers={"X-Last-Record": ""}))
    landed = puller.pull(documents({"locations": f"{server.url}/bulk"})).manifest.modules
    assert (landed["locations"].complete, landed["locations"].declared_total) == (True, 2)


def test_a_missing_document_by_url_is_one_clear_sentence(
    server: SourceServer, puller: Puller
) -> None:
    with pytest.raises(OcpiWarehouseError, match="HTTP 404"):
        puller.pull(documents({"locations": f"{server.url}/bulk"}))
