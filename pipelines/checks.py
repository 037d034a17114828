"""Asset checks: the verdicts that a load stored, shown in Dagster.

Belongs here: the checks' names and meaning, and their form in Dagster. Does not belong here: the
decision itself, taken inside the load's transaction (`warehouse/load.py`) - a check alone is no
gate, since selecting only the downstream asset runs it in spite of a failed one.

The warehouse asset yields these results itself, before it fails: a check that stood downstream
would be skipped by the very failure it has to show, and the UI would keep last night's green.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import dagster as dg

from pipelines.sources import Source

BLOCKING = {
    "completeness": "Paging reached a proven end for every required module.",
    "conservation": "received = loaded + quarantined + duplicates, at every level.",
    "keys_unique": "No key occurs twice in what was loaded.",
    "parents_exist": "Every EVSE has its location, every connector its EVSE, and so on.",
    "mass_change": "No more locations vanished than the source may lose in a night.",
}
WARNING = {
    "optional_modules": "Modules that may fail without stopping the snapshot were pulled too.",
}


class Verdict(Protocol):
    """What the load stored of one check."""

    @property
    def passed(self) -> bool: ...
    @property
    def sentence(self) -> str: ...
    @property
    def figures(self) -> Mapping[str, Any]: ...


def check_specs(source: Source) -> list[dg.AssetCheckSpec]:
    """The checks of one source's warehouse asset."""
    key = dg.AssetKey([source.name, "warehouse"])
    return [
        dg.AssetCheckSpec(name, asset=key, description=text, blocking=name in BLOCKING)
        for name, text in (BLOCKING | WARNING).items()
    ]


def check_results(source: Source, verdicts: Mapping[str, Verdict]) -> Iterator[dg.AssetCheckResult]:
    """One result per declared check; a check that was never decided counts as failed."""
    key = dg.AssetKey([source.name, "warehouse"])
    for name in BLOCKING | WARNING:
        verdict = verdicts.get(name)
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=name,
            passed=verdict is not None and verdict.passed,
            severity=dg.AssetCheckSeverity.ERROR
            if name in BLOCKING
            else dg.AssetCheckSeverity.WARN,
            description="the load ended before this was decided"
            if verdict is None
            else verdict.sentence,
            metadata={} if verdict is None else dict(verdict.figures),
        )
