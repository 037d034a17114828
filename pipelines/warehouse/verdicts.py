"""The promises a load keeps, each decided inside its transaction.

Belongs here: conservation, unique keys, parents, mass change: the figures and the sentence of
each. Does not belong here: rolling back and storing a verdict (`load.py`, `snapshots.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from pipelines.model import TABLES, Table
from pipelines.warehouse import phrases
from pipelines.warehouse.history import Day, Difference
from pipelines.warehouse.staging import AnyConnection

LOCATION = TABLES["location"]


@dataclass(frozen=True)
class Verdict:
    """One check: whether it passed, a sentence for a person, the figures behind it."""

    passed: bool
    sentence: str
    figures: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"passed": self.passed, "sentence": self.sentence, "figures": dict(self.figures)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Verdict:
        return cls(stored["passed"], stored["sentence"], stored["figures"])


def conservation(
    connection: AnyConnection,
    at: Day,
    tables: Sequence[Table],
    *,
    staged: Mapping[str, int],
    lake: str,
) -> Verdict:
    """received = loaded + quarantined + duplicates at every level, and loaded is what came.

    Its figures keep the fingerprint of what the lake held (`unchanged.py`).
    """
    levels = connection.execute(
        "select level, received, loaded, quarantined, duplicates from ops.ledger"
        " where source = %(source)s and snapshot_date = %(day)s and module = %(module)s"
        " order by level",
        at.about,
    ).fetchall()
    wrong = [
        f"{level}: {received} received, {loaded} loaded, {quarantined} in quarantine, "
        f"{duplicates} duplicates"
        for level, received, loaded, quarantined, duplicates in levels
        if received != loaded + quarantined + duplicates
    ]
    wrong += [
        f"{level}: the ledger says {loaded} loaded, the lake holds {staged.get(level, 0)}"
        for level, _, loaded, _, _ in levels
        if loaded != staged.get(level, 0)
    ]
    counted = {level for level, *_ in levels}
    # What hangs on a counted level has a count there; a root without one was never counted.
    wrong += [
        f"{table.name} is missing from the ledger"
        for table in tables
        if table.parent is None and table.name not in counted
    ]
    figures = {f"{level} received": received for level, received, *_ in levels} | {"lake": lake}
    if wrong:
        return Verdict(False, "; ".join(wrong), figures)
    total = sum(received for _, received, *_ in levels)
    return Verdict(
        True, f"all {total} objects received at {len(levels)} levels are accounted for", figures
    )


def keys_unique(connection: AnyConnection, at: Day, differences: Sequence[Difference]) -> Verdict:
    """No key twice in a stage. For a first load the primary key itself says so."""
    for difference in differences:
        if difference.is_first or _is_one_to_one(connection, difference, at):
            continue
        table = difference.table
        if difference.is_narrowed:
            return Verdict(
                False,
                f"a key of {table.name} occurs twice, or the history is not what the lake says",
                {"table": table.name},
            )
        twice = connection.execute(
            sql.SQL("select {key} from {stage} group by {key} having count(*) > 1 limit 1").format(
                key=phrases.columns(table.key), stage=phrases.stage(table)
            )
        ).fetchone()
        if twice:
            return key_twice(table, "/".join(map(str, twice)))
    return Verdict(True, "no key occurs twice", {"tables": len(differences)})


def key_twice(table: Table, key: str) -> Verdict:
    return Verdict(False, f"{table.name} has the key {key} twice", {"table": table.name})


def _is_one_to_one(connection: AnyConnection, difference: Difference, at: Day) -> bool:
    """Whether as many staged rows as versions found a partner, and no differing key is twice.

    Versions are unique, so a staged row that comes twice makes two pairs with one version. This
    costs a count; grouping three million staged rows costs two seconds.
    """
    row = connection.execute(
        sql.SQL(
            "select count(*) filter (where is_staged and covered_from is null),"
            " count(*) filter (where not is_staged), count(*), count(distinct ({key})),"
            " (select count(*) from {history} as version where {covers})"
            " from {difference}"
        ).format(
            key=phrases.columns(difference.table.key),
            history=phrases.history(difference.table),
            covers=phrases.covers("version"),
            difference=phrases.difference(difference.table),
        ),
        at.about,
    ).fetchone()
    assert row is not None
    only_staged, only_versions, keys, distinct_keys, versions = row
    paired = difference.staged - only_staged == versions - only_versions
    return bool(paired and keys == distinct_keys)


def parents_exist(connection: AnyConnection, at: Day, differences: Sequence[Difference]) -> Verdict:
    """Every staged row's parent is in the parent's stage.

    A stage is the history but for the differences, so only these can break it: new children, and
    children of parents that are gone. No stage is read: that took a third of a decision more.
    """
    found = {difference.table.name: difference for difference in differences}
    for difference in differences:
        table = difference.table
        parent = found.get(table.parent or "")
        if parent is None:
            continue
        for statement in _orphan_queries(difference, parent):
            orphan = connection.execute(
                sql.SQL(statement).format(
                    key=phrases.columns(table.key, "child"),
                    child_stage=phrases.stage(table),
                    child_difference=phrases.difference(table),
                    child_history=phrases.history(table),
                    parent_stage=phrases.stage(parent.table),
                    parent_difference=phrases.difference(parent.table),
                    parent_history=phrases.history(parent.table),
                    same=phrases.same(parent.table.key, "parent", "child"),
                    same_child=phrases.same(table.key, "differing", "child"),
                    child_covers=phrases.covers("child"),
                    parent_covers=phrases.covers("parent"),
                ),
                at.about,
            ).fetchone()
            if orphan:
                key = "/".join(map(str, orphan))
                return Verdict(
                    False,
                    f"{table.name} {key} has no {parent.table.name}",
                    {"table": table.name, "parent": parent.table.name},
                )
    return Verdict(True, "every row has its parent", {"tables": len(differences)})


# Materialized: a bare `limit 1` makes Postgres prefer a nested loop, which on 2,000 locations
# took 6 s where the hash join takes 30 ms.
_ANY_ORPHAN = """
with orphan as materialized (
  select {key} from {child_stage} as child
  where not exists (select from {parent_stage} as parent where {same})
)
select * from orphan limit 1
"""
# A child that is new or differs, of a parent that is gone;
_UNDER_GONE = """
with orphan as materialized (
  select {key} from {child_difference} as child
  inner join {parent_difference} as parent on {same}
  where child.is_staged and not parent.is_staged
)
select * from orphan limit 1
"""
# one that stayed as it was;
_LEFT_BEHIND = """
with orphan as materialized (
  select {key} from {child_history} as child
  inner join {parent_difference} as parent on {same}
  where not parent.is_staged and {child_covers}
    and not exists (select from {child_difference} as differing where {same_child})
)
select * from orphan limit 1
"""
# a new one of a parent that never was.
_NEW_ORPHAN = """
with orphan as materialized (
  select {key} from {child_difference} as child
  where child.is_staged and child.covered_from is null
    and not exists (select from {parent_difference} as parent where {same})
    and not exists (select from {parent_history} as parent where {same} and {parent_covers})
)
select * from orphan limit 1
"""


def _orphan_queries(child: Difference, parent: Difference) -> list[str]:
    if child.is_first or parent.is_first:
        return [_ANY_ORPHAN] if child.staged else []
    queries = [_UNDER_GONE, _NEW_ORPHAN] if child.keys else []
    return [*queries, _LEFT_BEHIND] if parent.keys else queries


def mass_change(connection: AnyConnection, at: Day, *, limit: float, is_released: bool) -> Verdict:
    """No more than `limit` of the locations of the last loaded day vanished since.

    Carried locations are in the stage: unobserved is not vanished.
    """
    if at.earlier is None:
        return Verdict(True, "the first day of this source has nothing to compare with")
    # A join: as a subquery of each row it was planned as a scan of the stage for each location,
    # and 300,000 of them took over eight minutes.
    row = connection.execute(
        sql.SQL(
            "select count(*), count(*) filter (where staged.location_id is null)"
            " from {history} as version left join {stage} as staged on {same} where {covers}"
        ).format(
            stage=phrases.stage(LOCATION),
            same=phrases.same(LOCATION.key, "staged", "version"),
            history=phrases.history(LOCATION),
            covers=phrases.covers("version", "earlier"),
        ),
        {"source": at.source, "earlier": at.earlier},
    ).fetchone()
    assert row is not None
    known, vanished = row
    share = vanished / known if known else 0.0
    figures = {"known": known, "vanished": vanished, "share": round(share, 4), "limit": limit}
    sentence = (
        f"{vanished} of {known} locations of {at.earlier} vanished ({share:.1%}; limit {limit:.0%})"
    )
    if share > limit and is_released:
        return Verdict(True, f"{sentence}, released by a person", figures)
    return Verdict(share <= limit, sentence, figures)
