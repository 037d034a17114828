"""Flattening one module of a snapshot: groups of records in, canonical rows and a report out.

Belongs here: the order of things - first pass, fast path, careful path, copies of a key, what
became of each object. Does not belong here: how any of these is done (its own file each), where
rows are written (the caller's sink).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import msgspec
import numpy as np
import pyarrow as pa

from pipelines.dialects.declare import Module
from pipelines.dialects.shape import Object, raw_type, shape_of
from pipelines.flatten.counting import sent_in_arrays
from pipelines.flatten.duplicates import exploded_trees, record_counts, record_digests
from pipelines.flatten.exploding import Part, explode, root_objects, suspects
from pipelines.flatten.mending import Mender, object_of
from pipelines.flatten.objects import LeftOut, Tree, parsed, sample_at, unknown_in
from pipelines.flatten.reading import Read, Reader
from pipelines.flatten.records import (
    KeyReader,
    KeysSeen,
    Record,
    Records,
    look_for_duplicates,
)
from pipelines.flatten.rewriting import Beside, Rewriter, no_hash_key
from pipelines.flatten.tally import FlattenReport, Quarantined, Tally, build_report, printable

Sink = Callable[[str, pa.Table], None]
Progress = Callable[[int], None]
# Mended records are Python objects, some ten times the size of their bytes.
MENDED_AT_ONCE = 2_000


@dataclass(slots=True)
class Loser:
    """A record whose key a newer one has: what it held, until the other is known."""

    ordinal: int
    winner: int
    digest: int
    counts: dict[str, int] = field(default_factory=dict)


def flatten_module(
    records: Records,
    *,
    module: Module,
    day: date,
    sink: Sink,
    ignored: frozenset[str] = frozenset(),
    hash_key: Callable[[], bytes] = no_hash_key,
    beside: Beside | None = None,
    progress: Progress | None = None,
) -> FlattenReport:
    """Writes the rows of a module to `sink`, table by table in landing order, and reports.

    `records` gives the groups of raw records anew each time it is called: keys that come twice
    are looked for before anything is written. Memory is bounded by the largest group, plus some
    100 bytes a record for the keys. `hash_key` and `beside`, the modules of the same snapshot,
    are asked for where the module's records are rewritten by them.
    """
    tally = Tally()
    shape = shape_of(module)
    rewriter = Rewriter(module, shape, hash_key=hash_key, beside=beside, ignored=ignored)
    unheard = rewriter.records(records, Tally())
    keys = look_for_duplicates(module, shape, unheard)
    run = _Run(module, shape, keys, tally, LeftOut.of(module, ignored))
    done = 0
    for group in rewriter.records(records, tally)():
        for table, rows in run.group(group):
            sink(table, rows)
        done += len(group)
        if progress is not None:
            progress(done)
    run.settle(unheard)
    levels = [rows.table for rows in module.root.walk() if not rows.is_narrow]
    return build_report(tally, module=module.name, day=day, levels=dict.fromkeys(levels))


class _Run:
    def __init__(
        self,
        module: Module,
        shape: Object,
        keys: KeysSeen,
        tally: Tally,
        ignored: LeftOut,
    ) -> None:
        self.module = module
        self.shape = shape
        self.keys = keys
        self.tally = tally
        self.ignored = ignored
        self.reader = Reader(shape)
        self.levels = {rows.table for rows in module.root.walk() if not rows.is_narrow}
        self.losers: list[Loser] = []
        self._winners = keys.winners
        self._digests: dict[int, int] = {}
        self._winner_places: dict[int, tuple[str, int]] = {}
        self._next = 0  # ordinal of the next group's first record

    def group(self, group: Sequence[Record]) -> Iterator[tuple[str, pa.Table]]:
        """Rows of one group; records that lose against another of their key give none."""
        root = self.module.root.table
        self.tally.level(root).sent += len(group)
        losers = self.keys.losers
        ordinals = range(self._next, self._next + len(group))
        self._next += len(group)
        lost = [(o, r) for o, r in zip(ordinals, group, strict=True) if o in losers]
        if lost:
            self._lose([ordinal for ordinal, _ in lost], [record for _, record in lost])
            ordinals_kept = [o for o in ordinals if o not in losers]
            kept = [r for o, r in zip(ordinals, group, strict=True) if o not in losers]
        else:
            ordinals_kept, kept = list(ordinals), list(group)
        parts = self._parts(kept, self.tally)
        if self._winners:
            self._remember_winners(ordinals_kept, kept, parts)
        for table, part in parts.items():
            if table in self.levels:
                fates = self.tally.level(table)
                fates.loaded += part.rows.num_rows
                fates.duplicates += len(part.duplicates)
            yield table, part.rows

    def settle(self, records: Records) -> None:
        """Compares the losers with their winners: exact duplicates, or quarantine."""
        differing: dict[int, Loser] = {}
        for loser in self.losers:
            is_same = self._digests.get(loser.winner) == loser.digest
            if not is_same:
                differing[loser.ordinal] = loser
            self._count(loser.counts, "duplicates" if is_same else "quarantined")
        if not differing:
            return
        read_key = KeyReader(self.module, self.shape)
        every = (record for group in records() for record in group)
        for ordinal, record in enumerate(every):
            if ordinal in differing:
                key, _ = read_key(record.raw)
                self._quarantine_copy(record, differing[ordinal], key or ())

    # -- one group ---------------------------------------------------------------------------

    def _parts(self, group: Sequence[Record], tally: Tally) -> dict[str, Part]:
        """Canonical rows of records, by the fast path where it will take them."""
        if not group:
            return {}
        read = self.reader.read([record.raw for record in group])
        refused = read.refused
        parts: list[dict[str, Part]] = []
        if read.values is not None:
            objects = root_objects(read.values, np.array(read.taken, np.int64))
            odd = suspects(self.module.root, objects)
            if len(odd):
                objects = objects.kept(~np.isin(objects.records, odd))
                objects.parents = np.arange(len(objects), dtype=np.int64)
                refused = sorted({*refused, *odd.tolist()})
            self._report_unknown(read, group, set(refused), tally)
            _report_reformed(read, group, set(refused), tally)
            tally.sent(sent_in_arrays(self.module.root, objects.values))
            parts.append(
                explode(self.module.root, objects, tally=tally, may_hold_nul=read.may_hold_nul)
            )
        for start in range(0, len(refused), MENDED_AT_ONCE):
            parts.append(self._mended(group, refused[start : start + MENDED_AT_ONCE], tally))
        return _together(parts)

    def _mended(
        self, group: Sequence[Record], positions: Sequence[int], tally: Tally
    ) -> dict[str, Part]:
        """The careful path for some records of a group."""
        mender = Mender(self.module, self.shape, tally, ignored=self.ignored)
        trees: list[Tree] = []
        taken: list[int] = []
        for position in positions:
            tree = mender.mend(group[position])
            if tree is not None:
                trees.append(tree)
                taken.append(position)
        for fate, aside in (
            ("quarantined", mender.aside.quarantined),
            ("duplicates", mender.aside.duplicates),
        ):
            for table, held in aside.items():
                rows = mender.aside.rows[table]
                node = object_of(self.shape, rows)
                if node is not None:
                    parts = exploded_trees(rows, node, held, tally=Tally(fates=tally.fates))
                    self._count(
                        {t: len(p.records) + len(p.duplicates) for t, p in parts.items()},
                        fate,
                        tally=tally,
                    )
        values = pa.array(trees, raw_type(self.shape))
        objects = root_objects(values, np.array(taken, np.int64))
        return explode(self.module.root, objects, tally=tally, may_hold_nul=True)

    def _report_unknown(
        self, read: Read, group: Sequence[Record], careful: set[int], tally: Tally
    ) -> None:
        """Unknown attributes of the records that the fast path took."""
        if read.unknown_unseen:
            for position in read.taken:
                if position in careful:
                    continue
                value = msgspec.json.decode(group[position].raw)
                for path, held in unknown_in(value, self.shape):
                    if path not in self.ignored:
                        tally.unknown_thing(path, "", count=1, sample=held)
            return
        for thing in read.unknown:
            if thing.path in self.ignored:
                continue
            count = sum(1 for position in thing.positions if position not in careful)
            if not count:
                continue
            sample: str | None = None
            if (thing.path, "") not in tally.unknown:
                first = next(p for p in thing.positions if p not in careful)
                value = parsed(bytes(group[first].raw), Tally(), self.module.root.table)
                sample = sample_at(value, thing.path)
            tally.unknown_thing(thing.path, "", count=count, sample=sample)

    # -- keys that come twice ------------------------------------------------------------------

    def _lose(self, ordinals: Sequence[int], lost: Sequence[Record]) -> None:
        """Flattens losers apart; their repairs concern no loaded value and are not counted."""
        scratch = Tally(fates=self.tally.fates, quarantine=self.tally.quarantine)
        parts = self._parts(lost, scratch)
        digests = record_digests(parts, np.arange(len(lost)))
        counts = record_counts(parts, len(lost))
        for i, ordinal in enumerate(ordinals):
            own = {t: int(c[i]) for t, c in counts.items() if t in self.levels and c[i]}
            if own:  # else it is in quarantine as a whole
                winner = self.keys.losers[ordinal]
                self.losers.append(Loser(ordinal, winner, int(digests[i]), counts=own))

    def _remember_winners(
        self, ordinals: Sequence[int], group: Sequence[Record], parts: Mapping[str, Part]
    ) -> None:
        positions = [i for i, ordinal in enumerate(ordinals) if ordinal in self._winners]
        if not positions:
            return
        loaded = set(parts[self.module.root.table].records.tolist())
        digests = record_digests(parts, np.array(positions))
        for position, digest in zip(positions, digests, strict=True):
            record = group[position]
            self._winner_places[ordinals[position]] = (record.page, record.index)
            if position in loaded:
                self._digests[ordinals[position]] = int(digest)

    def _quarantine_copy(self, record: Record, loser: Loser, key: tuple[str, ...]) -> None:
        root = self.module.root.table
        loaded = loser.winner in self._digests
        page, index = self._winner_places[loser.winner]
        detail = (
            f"the {root} comes twice in this snapshot with different content; the copy in "
            f"{page}, record {index}, has the newer last_updated (or came first) and "
            + ("was loaded" if loaded else "could not be read")
        )
        self.tally.quarantine.append(
            Quarantined(
                page=record.page,
                record_index=record.index,
                path="",
                level=root,
                object_key="/".join(key) or None,
                reason="duplicate_key",
                detail=detail,
                record=printable(bytes(record.raw).decode("utf-8", "replace")),
            )
        )
        if not loaded:
            self.tally.key_unobserved(root, key)

    def _count(self, counts: Mapping[str, int], fate: str, *, tally: Tally | None = None) -> None:
        """Adds objects of each level to a fate."""
        for table, count in counts.items():
            if table not in self.levels:
                continue
            fates = (tally or self.tally).level(table)
            if fate == "duplicates":
                fates.duplicates += count
            else:
                fates.quarantined += count


def _report_reformed(read: Read, group: Sequence[Record], careful: set[int], tally: Tally) -> None:
    """Repairs made by reading a place in the form this source sends."""
    for made in read.repairs:
        kept = [position for position in made.positions if position not in careful]
        if not kept:
            continue
        before = None
        if (made.table, made.column, made.repair) not in tally.repairs:
            value = parsed(bytes(group[kept[0]].raw), Tally(), made.table)
            before = sample_at(value, made.path)
        tally.repair(made.table, made.column, repair=made.repair, count=len(kept), before=before)


def _together(parts: Sequence[dict[str, Part]]) -> dict[str, Part]:
    """Rows of both paths in the order of their records."""
    if len(parts) == 1:
        return parts[0]
    merged: dict[str, Part] = {}
    for table in dict.fromkeys(table for found in parts for table in found):
        held = [found[table] for found in parts if table in found]
        records = np.concatenate([part.records for part in held])
        order = np.argsort(records, kind="stable")
        rows = pa.concat_tables([part.rows for part in held]).combine_chunks()
        merged[table] = Part(
            rows=rows.take(pa.array(order)),
            records=records[order],
            duplicates=np.concatenate([part.duplicates for part in held]),
        )
    return merged
