"""What the simulator says when it cannot answer.

Belongs here: the exception that becomes an envelope with a 2xxx code, and the codes. Does not
belong here: refusals that are faults (`faults.py`).
"""

from __future__ import annotations

from typing import Final

GENERIC_CLIENT_ERROR: Final = 2000
INVALID: Final = 2001
UNKNOWN_LOCATION: Final = 2003


class Refused(Exception):
    """A request that gets an envelope with a 2xxx code."""

    def __init__(self, http_status: int, status_code: int, message: str) -> None:
        super().__init__(message)
        self.http_status, self.status_code, self.message = http_status, status_code, message
