"""Where the simulated world's clock stands.

Belongs here: the day that a request is answered for. Does not belong here: HTTP (`server.py`).
"""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime


class SimClock:
    """A day that can be set; unset, it is the real UTC date at the moment of asking."""

    def __init__(self, day: date | None = None) -> None:
        self._lock = threading.Lock()
        self._day = day

    @property
    def day(self) -> date:
        with self._lock:
            return self._day or datetime.now(UTC).date()

    @property
    def stands(self) -> bool:
        """Whether the clock was set to a day (it does not move by itself then)."""
        with self._lock:
            return self._day is not None

    def set(self, day: date | None) -> None:
        """Let the clock stand at a day; None lets it follow the real date again."""
        with self._lock:
            self._day = day
