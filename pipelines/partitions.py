"""The one shared partition: a day, UTC.

Belongs here: the definition and the day's bounds. Partition D is the snapshot taken on day D;
`end_offset=1` makes today a partition, so that tonight's schedule asks for today.
"""

from __future__ import annotations

import dagster as dg

# Constant, whatever the sources: different start dates break a job that spans them.
FIRST_DAY = "2020-01-01"

DAILY = dg.DailyPartitionsDefinition(start_date=FIRST_DAY, end_offset=1, timezone="UTC")
