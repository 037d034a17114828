"""From our error tree to Dagster: what is retried, and what a person sees.

Belongs here: the translation, decided once. Does not belong here: wording (where the error is
raised) and HTTP retries (`ocpi/`). Three layers retry, each with one job: HTTP calls within a
pull, `RETRY_PULL` for a whole pull, and Dagster's run retries for crashed workers only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from pipelines.errors import OcpiWarehouseError

# An API that is down at 01:30 is often up at 01:40; by the third try somebody should look.
RETRY_PULL = dg.RetryPolicy(
    max_retries=2, delay=120, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)


@contextmanager
def explained() -> Iterator[None]:
    """Turn an error of ours into a `dagster.Failure` with its sentence.

    Permanent errors bypass the retry policy. Anything else is a defect and keeps its traceback.
    """
    try:
        yield
    except OcpiWarehouseError as error:
        raise dg.Failure(description=str(error), allow_retries=not error.permanent) from error
