"""Rows that two days have in common, found without an error in either direction."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.warehouse import unchanged

SCHEMA = pa.schema(
    [
        ("party", pa.string()),
        ("number", pa.int32()),
        ("name", pa.string()),
        ("power", pa.float64()),
        ("facilities", pa.list_(pa.string())),
    ]
)
KEY = ("party", "number")
rows = st.lists(
    st.tuples(
        # Parts that would spell the same key if they were only strung together.
        st.sampled_from(["", "a", "a\x1f1"]),
        st.integers(0, 3),
        st.sampled_from([None, "", "x"]),
        st.sampled_from([None, 0.0, -0.0, 1.5]),
        st.sampled_from([None, [], ["x"], ["x", "y"], ["y", None], [None]]),
    ),
    max_size=12,
)


def batches(rows, size):
    cut = [rows[start : start + size] for start in range(0, len(rows), size)]
    return [
        pa.RecordBatch.from_pylist(
            [dict(zip(SCHEMA.names, row, strict=True)) for row in part], schema=SCHEMA
        )
        for part in cut
    ]


def counted(rows):
    # -0.0 is 0.0, to Postgres too.
    return Counter(
        repr((*row[:3], row[3] if row[3] is None else row[3] + 0.0, row[4])) for row in rows
    )


def split(found):
    held = [row for batch in found for row in batch.to_pylist()]
    return [
        [tuple(row[name] for name in SCHEMA.names) for row in held if row["is_now"] is is_now]
        for is_now in (True, False)
    ]


@pytest.fixture(params=[0, 2, 65_536])
def waiting_rows(request, monkeypatch):
    monkeypatch.setattr(unchanged, "WAITING_ROWS", request.param)


@pytest.mark.usefixtures("waiting_rows")
@pytest.mark.parametrize("size", [1, 3, 100])
def test_what_is_left_out_is_the_same_rows_on_both_days(size):
    @given(rows, rows)
    def law(now, earlier):
        only_now, only_earlier = split(
            unchanged.differing_rows(batches(now, size), iter(batches(earlier, size)), key=KEY)
        )
        assert counted(now) - counted(only_now) == counted(earlier) - counted(only_earlier)
        assert not counted(only_now) - counted(now)
        assert not counted(only_earlier) - counted(earlier)

    law()


def test_a_record_more_at_the_front_does_not_make_all_others_differ():
    earlier = [("a", number, "x", None, None) for number in range(1000)]
    now = [("new", 0, "x", None, None), *earlier[1:]]
    only_now, only_earlier = split(
        unchanged.differing_rows(batches(now, 64), iter(batches(earlier, 64)), key=KEY)
    )
    assert only_now == now[:1]
    assert only_earlier == earlier[:1]
