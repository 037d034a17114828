"""Bodies split into raw records, whatever is around them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import SourceError, TransientError
from pipelines.ocpi.envelope import fingerprint, line_records, record_ids, split

RECORDS = [b'{"id": 1}', b'{ "id":"2","x":[{}] }']
JOINED = b" , ".join(RECORDS)


def _raw(body: bytes) -> list[bytes]:
    return [bytes(record) for record in split(body, what="the body").records]


@pytest.mark.parametrize(
    "body",
    [
        b"[" + JOINED + b"]",
        b'{"data": [' + JOINED + b'], "status_code": 1000}',
        b'{"data":{"locations":[' + JOINED + b"]}}",
        b'{"items":[' + JOINED + b'],"total":2}',
        b'{"locations":[{"location":' + RECORDS[0] + b'},{"location":' + RECORDS[1] + b"}]}",
        b'{"tariffs":[' + JOINED + b"]}",
        b"\n".join(RECORDS),
        b"\xef\xbb\xbf\r\n[" + JOINED + b"]\n",
    ],
)
def test_every_envelope_gives_the_bytes_of_its_records(body: bytes) -> None:
    assert _raw(body) == RECORDS


@pytest.mark.parametrize(
    ("body", "records"),
    [
        (b'{"data": null, "status_code": 1000}', []),
        (b'{"status_code": 1000, "timestamp": "x"}', []),
        (b'{"data": {"id": 1}}', [b'{"id": 1}']),
        (b'{"id": 1, "tariffs": []}', [b'{"id": 1, "tariffs": []}']),
        (b"[]", []),
        (b"[null, 5]", [b"null", b"5"]),
    ],
)
def test_nothing_and_one_object_are_records_too(body: bytes, records: list[bytes]) -> None:
    assert _raw(body) == records


@pytest.mark.parametrize("code", [b"1000", b"1001", b'"1000"', b'"Success"', b'"OK"', b"null"])
def test_success_is_written_in_many_ways(code: bytes) -> None:
    split(b'{"data": [], "status_code": ' + code + b"}", what="x").raise_for_status(what="x")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (b"2000", SourceError),
        (b'"2001"', SourceError),
        (b'"Unauthorized"', SourceError),
        (b"3000", TransientError),
        (b"500", SourceError),
    ],
)
def test_other_codes_are_errors_under_http_200(code: bytes, error: type[Exception]) -> None:
    envelope = split(b'{"status_code": ' + code + b', "status_message": "no"}', what="x")
    with pytest.raises(error, match=r"x was answered with OCPI status \d+ \(no\)"):
        envelope.raise_for_status(what="x")


@pytest.mark.parametrize(
    "body",
    [
        b'[{"id":"\\ud800"}]',
        b'{"data":[{"id":"\\uDFFF \\ud83d\\ude00"}],"status_code":1000}',
        b'{"locations":[{"location":{"id":"\\ud800\\u0041"}}]}',
        b'{"id":1}\n{"id":"\\\\ud800 \\ud800"}',
    ],
)
def test_a_lone_surrogate_costs_no_record_and_stays_as_it_came(body: bytes) -> None:
    *_, last = _raw(body)
    assert b"ud8" in last.lower() or b"udf" in last.lower()
    assert last in body
    json.loads(last)


def test_a_broken_line_is_named_by_its_number() -> None:
    with pytest.raises(SourceError, match="line 12 of the feed is not valid JSON at byte 7"):
        line_records(b'{"id":1}\n\n{"id": x}\n', what="the feed", first_line=10)


def test_deep_nesting_is_a_sentence_not_a_crash() -> None:
    with pytest.raises(SourceError, match="nested too deeply"):
        split(b"[" * 100_000, what="the body")


def test_a_page_is_known_by_its_ids_though_its_times_are_rewritten() -> None:
    before = split(b'[{"id": 1, "last_updated": "a"}, {"uid": "u"}]', what="x").records
    after = split(b'[{"id": "1", "last_updated": "b"}, {"uid": "u"}]', what="x").records
    assert fingerprint(before) == fingerprint(after)
    assert record_ids(before) == ["1", "u"]
    assert fingerprint(before[:1]) != fingerprint(before)


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_records = st.lists(st.dictionaries(st.text(), _json, max_size=3), max_size=6)


@given(records=_records, indent=st.none() | st.integers(0, 2), ascii_only=st.booleans())
def test_splitting_gives_back_exactly_what_was_joined(
    *, records: list[dict[str, object]], indent: int | None, ascii_only: bool
) -> None:
    written = [
        json.dumps(record, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "replace")
        for record in records
    ]
    body = b'{"status_code": 1000, "data": [' + b",\n".join(written) + b"]}"
    assert _raw(body) == written
