"""Which locations are asked for one by one on a day: each has its turn, whatever comes and goes."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipelines.landing.turns import whose_turn

_days = st.dates(date(2020, 1, 1), date(2040, 1, 1))


@given(day=_days, count=st.integers(1, 400), most=st.integers(1, 60))
def test_every_id_comes_round_within_twice_the_nights_that_it_takes(
    *, day: date, count: int, most: int
) -> None:
    ids = {f"L{n}" for n in range(count)}
    asked: set[str] = set()
    for night in range(2 * -(-count // most)):
        turn = whose_turn(ids, most=most, day=day + timedelta(days=night))
        assert len(turn) == len(set(turn)) == min(most, count)
        asked.update(turn)
    assert asked == ids


@given(day=_days, born=st.integers(0, 3), gone=st.integers(0, 3))
def test_every_id_that_stays_comes_round_while_others_come_and_go(
    *, day: date, born: int, gone: int
) -> None:
    staying = {f"L{n}" for n in range(300)}
    passing = [f"P{n}" for n in range(100)]
    asked: set[str] = set()
    for night in range(24):
        there = set(passing[night * gone : 50 + night * born])
        asked.update(whose_turn(staying | there, most=30, day=day + timedelta(days=night)))
    assert staying <= asked


def test_a_day_asks_for_the_same_ids_whenever_it_is_asked() -> None:
    ids = [f"L{n}" for n in range(50)]
    day = date(2026, 6, 7)
    assert whose_turn(ids, most=7, day=day) == whose_turn(reversed(ids), most=7, day=day)
    assert whose_turn(ids, most=7, day=day) != whose_turn(ids, most=7, day=day + timedelta(days=1))
    assert whose_turn([], most=7, day=day) == []
