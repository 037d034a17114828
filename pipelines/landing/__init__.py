"""Raw pages and their manifest: pulled, kept untouched, verified, read back.

Belongs here: `<landing>/<source>/<date>/<attempt>/`, what makes an attempt exist and count, and
the rules for past days. Does not belong here: HTTP and paging (`ocpi/`), what a record means
(`flatten/`).

APIs serve only *now*, so nothing in here ever overwrites a byte. An attempt exists once its
manifest does, which is written last; the newest complete one whose files verify is the snapshot.
"""

from pipelines.landing.pulling import Progress
from pipelines.landing.snapshots import Landing, can_be_asked_for
from pipelines.landing.stored import (
    MANIFEST,
    Attempt,
    LandedModule,
    LandedPage,
    Manifest,
    RecordRef,
)

__all__ = [
    "MANIFEST",
    "Attempt",
    "LandedModule",
    "LandedPage",
    "Landing",
    "Manifest",
    "Progress",
    "RecordRef",
    "can_be_asked_for",
]
