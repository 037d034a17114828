"""What flatten has to tell about a snapshot: counts of repairs, unknown things, fates.

Belongs here: the counters that kernels and the careful path write to, and their Arrow form by
`model/ops.py`. Does not belong here: deciding anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from pipelines.errors import PermanentError
from pipelines.flatten.hiding import HIDDEN, names_people, without_people
from pipelines.model import TABLES

SAMPLE_LENGTH = 200


def printable(text: str) -> str:
    """A text fit for a report: nobody named, and no half surrogates nor U+0000 in it."""
    whole = without_people(text).encode("utf-8", "replace").decode()
    return whole.replace("\x00", "\\u0000")  # Parquet and Postgres take neither


def shortened(value: str) -> str:
    """A sample that fits a line of a report."""
    shown = printable(value)
    return shown if len(shown) <= SAMPLE_LENGTH else shown[: SAMPLE_LENGTH - 1] + "…"


@dataclass(slots=True)
class Mended:
    """How often a repair was made, with one value before and after."""

    repaired: int
    before: str | None
    after: str | None


@dataclass(slots=True)
class Fates:
    """What was sent of one level (`counting.py`), and what became of it.

    The two are counted apart, by different code on different data, so that `build_report` can
    tell whether an object was lost.
    """

    sent: int = 0
    loaded: int = 0
    quarantined: int = 0
    duplicates: int = 0
    # Sent, but no objects: they say nothing, and no id or position makes an object of them.
    empty: int = 0

    @property
    def received(self) -> int:
        return self.sent - self.empty


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One object put aside, as it came."""

    page: str
    record_index: int
    path: str
    level: str
    object_key: str | None
    reason: str
    detail: str
    record: str


@dataclass(slots=True)
class Tally:
    """Everything flatten reports of one module, collected while it runs."""

    repairs: dict[tuple[str, str, str], Mended] = field(default_factory=dict)
    unknown: dict[tuple[str, str], tuple[int, str | None]] = field(default_factory=dict)
    fates: dict[str, Fates] = field(default_factory=dict)
    quarantine: list[Quarantined] = field(default_factory=list)
    # (level, scope, prefix) -> own keys that were read (scope siblings)
    unobserved: dict[tuple[str, str, tuple[str, ...]], set[str] | None] = field(
        default_factory=dict
    )

    def repair(
        self,
        table: str,
        column: str,
        *,
        repair: str,
        count: int = 1,
        before: object = None,
        after: object = None,
    ) -> None:
        """Counts values of a column as repaired; with `count` 0 only says what one looks like."""
        found = self.repairs.get((table, column, repair))
        if found is not None:
            found.repaired += count
            return
        self.repairs[table, column, repair] = Mended(
            count,
            None if before is None else shortened(str(before)),
            None if after is None else shortened(str(after)),
        )

    def unknown_thing(self, path: str, value: str, *, count: int, sample: str | None) -> None:
        """Counts an attribute (value '') or a value of an enumeration that nobody declares."""
        key = (printable(path), printable(value))
        seen, first = self.unknown.get(key, (0, None))
        if not seen and sample is not None:
            first = HIDDEN if names_people(path) else shortened(sample)
        self.unknown[key] = (seen + count, first)

    def level(self, table: str) -> Fates:
        return self.fates.setdefault(table, Fates())

    def sent(self, counts: Mapping[str, int]) -> None:
        """Adds objects that came, by table."""
        for table, count in counts.items():
            self.level(table).sent += count

    def siblings_unobserved(
        self, level: str, prefix: tuple[str, ...], present: Iterable[str]
    ) -> None:
        known = self.unobserved.setdefault((level, "siblings", prefix), set())
        if known is not None:
            known.update(present)

    def key_unobserved(self, level: str, key: tuple[str, ...]) -> None:
        self.unobserved[level, "key", key] = None


@dataclass(frozen=True, slots=True)
class FlattenReport:
    """The five report tables of one module, in the model's schemas, for one day."""

    module: str
    ledger: pa.Table
    quarantine: pa.Table
    unobserved: pa.Table
    repair: pa.Table
    unknown_attribute: pa.Table

    def tables(self) -> dict[str, pa.Table]:
        """By the name of the table."""
        return {
            "ledger": self.ledger,
            "quarantine": self.quarantine,
            "unobserved": self.unobserved,
            "repair": self.repair,
            "unknown_attribute": self.unknown_attribute,
        }


def build_report(tally: Tally, *, module: str, day: date, levels: Iterable[str]) -> FlattenReport:
    """The report of a module.

    `levels` are the tables with objects of their own: each gets a line, also where nothing came.
    Raises PermanentError where received, as it was counted before anything was made of it, is not
    loaded + quarantined + duplicates.
    """
    ledger = []
    for level in levels:
        fates = tally.level(level)
        accounted = fates.loaded + fates.quarantined + fates.duplicates
        if fates.received != accounted:
            raise PermanentError(
                f"flattening {module} of {day} received {fates.received} objects of {level} but "
                f"accounts for {accounted} (loaded {fates.loaded}, quarantined "
                f"{fates.quarantined}, duplicates {fates.duplicates}); this is an error of this "
                f"product: keep the landing and report it"
            )
        ledger.append(
            (level, fates.received, fates.loaded, fates.quarantined, fates.duplicates),
        )
        if fates.empty:
            tally.repair(level, "", repair="empty_object", count=fates.empty)

    def table(name: str, rows: Iterable[tuple[object, ...]]) -> pa.Table:
        schema = TABLES[name].arrow_schema
        full = [(day, module, *row) for row in rows]
        columns = list(zip(*full, strict=True)) or [()] * len(schema)
        return pa.table(
            [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)],
            schema=schema,
        )

    return FlattenReport(
        module=module,
        ledger=table("ledger", ledger),
        quarantine=table(
            "quarantine",
            sorted(
                (
                    q.page,
                    q.record_index,
                    q.path,
                    q.level,
                    q.object_key,
                    q.reason,
                    q.detail,
                    q.record,
                )
                for q in tally.quarantine
            ),
        ),
        unobserved=table(
            "unobserved",
            sorted(
                (level, scope, list(prefix), None if present is None else sorted(present))
                for (level, scope, prefix), present in tally.unobserved.items()
            ),
        ),
        repair=table(
            "repair",
            (
                (*key, mended.repaired, mended.before, mended.after)
                for key, mended in sorted(tally.repairs.items())
                if mended.repaired
            ),
        ),
        unknown_attribute=table(
            "unknown_attribute",
            ((*key, count, sample) for key, (count, sample) in sorted(tally.unknown.items())),
        ),
    )
