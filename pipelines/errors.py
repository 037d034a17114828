"""The one tree of errors this product raises on purpose.

Belongs here: classes that say whether trying again can help. Does not belong here: wording
(that is written where the error is raised) and reactions (`failures.py` for Dagster, `cli.py`
for the terminal).

    OcpiWarehouseError            message: what was tried, on what, and what to do
    ├── TransientError            the same call may work later: time-outs, 429, 5xx, body code 3xxx
    └── PermanentError            trying again cannot help
        ├── ConfigurationError    sources.yml, the environment, an unset token
        ├── SourceError           what the source answered cannot be used: HTML, broken JSON, 2xxx
        │   └── IncompleteSnapshotError   paging did not reach a proven end
        ├── NoSnapshotError       a past day of a source that serves only the current state
        ├── HeldSnapshotError     complete, but held back (mass change): waits for `release`
        └── WarehouseError        Postgres cannot be used as it is; conservation or keys violated
"""

from __future__ import annotations


class OcpiWarehouseError(Exception):
    """Root of the tree; `permanent` decides whether a retry makes sense."""

    permanent = True


class TransientError(OcpiWarehouseError):
    """The same call may succeed later.

    `retry_after_s` is the wait the source asked for, in seconds, or None.
    """

    permanent = False

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class PermanentError(OcpiWarehouseError):
    """Trying again cannot help; somebody has to change something."""


class ConfigurationError(PermanentError):
    """sources.yml, the environment or a command's arguments are wrong."""


class SourceError(PermanentError):
    """What the source answered cannot be used."""


class IncompleteSnapshotError(SourceError):
    """Paging did not reach a proven end, so nobody may take absence for removal.

    Worth another pull later in the night: data that moved while paging may stand still then.
    """

    permanent = False


class NoSnapshotError(PermanentError):
    """A past day was asked of a source that serves only the current state."""


class HeldSnapshotError(PermanentError):
    """The snapshot is complete but moved so much that a person has to release it."""


class WarehouseError(PermanentError):
    """Postgres is not usable as it is, or a load would have broken a promise."""
