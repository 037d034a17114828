"""The window of time that a module of events is asked for.

Belongs here: from when to when, and how that is written. Does not belong here: requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta


@dataclass(frozen=True, slots=True)
class Window:
    """From (inclusive) and to (exclusive), as far as the source keeps to that; UTC."""

    start: datetime
    end: datetime

    @property
    def parameters(self) -> dict[str, str]:
        return {"date_from": _written(self.start), "date_to": _written(self.end)}


def window_of(day: date, *, overlap_s: int, left_at: datetime | None = None) -> Window:
    """The window of a day, begun `overlap_s` early.

    `left_at` is when the day before was asked for: a pull at 01:30 sees an hour and a half of its
    own day, and what came after belongs to the next one.
    """
    midnight = datetime.combine(day, time(), tzinfo=UTC)
    begin = midnight if left_at is None else min(midnight, left_at.astimezone(UTC))
    return Window(begin - timedelta(seconds=overlap_s), midnight + timedelta(days=1))


def _written(moment: datetime) -> str:
    return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z"
