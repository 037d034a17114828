"""Merging one day into a table with history, whatever days are in it already.

Belongs here: the comparison of a stage with the versions that cover its day, and the writes that
follow for the keys that differ. Does not belong here: filling stages (`staging.py`), believing
them (`verdicts.py`), the transaction (`load.py`).

The law: a table is a pure function of what was observed. A key's state on an observed day D
holds on [D, N), N being the next day on which that key was observed; equal neighbours are one
version. So between D and N nothing but D's own observation can speak, one version or one gap
covers all of [D, N), and loading D means: put the new state there, leave the rest alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import sql

from pipelines.model import Table
from pipelines.warehouse import phrases
from pipelines.warehouse.asked import set_next_days, was_asked
from pipelines.warehouse.empty_tables import BareTable
from pipelines.warehouse.staging import AnyConnection
from pipelines.warehouse.unobserved import Markers, is_unobserved


@dataclass(frozen=True)
class Day:
    """The day being merged for one module of a source, and what is loaded around it."""

    source: str
    module: str
    day: date
    is_loaded: bool
    """Whether it counts as observed already."""
    later: Sequence[date]
    """Loaded days after it, ascending."""
    earlier: date | None
    """The last loaded day before it."""
    markers: Markers
    is_partial: bool = False
    """Only what `ops.asked` names was asked for, each location on days of its own."""
    asks_everything: bool = True
    """Whether this day's snapshot speaks about every key all the same."""

    @property
    def about(self) -> dict[str, Any]:
        """Parameters that most statements bind."""
        return {"source": self.source, "module": self.module, "day": self.day}

    @property
    def next_day(self) -> date | None:
        return self.later[0] if self.later else None


@dataclass(frozen=True)
class Difference:
    """How a stage differs from the history on its day: a table of the keys concerned."""

    table: Table
    staged: int
    keys: int
    is_first: bool
    """The source has no version in the table at all: the stage is the history."""
    bare: BareTable | None = None
    """Where even that is written already, as the table was empty: only its keys are missing."""
    is_narrowed: bool = False
    """Rows that yesterday said too were left out of the comparison; `staged` counts them."""


@dataclass(frozen=True)
class Change:
    """What a merge wrote. Days from the merged one up to `until` (exclusive) may have moved."""

    rows: int = 0
    is_open_ended: bool = False
    until: date | None = None

    def __add__(self, other: Change) -> Change:
        ends = [until for until in (self.until, other.until) if until is not None]
        return Change(
            self.rows + other.rows,
            is_open_ended=self.is_open_ended or other.is_open_ended,
            until=max(ends, default=None),
        )


def tables_with_history(
    connection: AnyConnection, tables: Sequence[Table], *, source: str
) -> set[str]:
    """The names of the tables that hold any version of the source."""
    if not tables:
        return set()
    each = sql.SQL(" union all ").join(
        sql.SQL(
            "select {name} where exists (select from {history} where source = %(source)s)"
        ).format(name=sql.Literal(table.name), history=phrases.history(table))
        for table in tables
    )
    return {name for (name,) in connection.execute(each, {"source": source})}


def compare(
    connection: AnyConnection, table: Table, at: Day, *, staged: int, is_narrowed: bool = False
) -> Difference:
    """Find the keys whose state on the day is not what the stage says, and the new state.

    Narrowed, among the keys in the table of changes alone.
    """
    name = phrases.difference(table)
    names = [column.name for column in table.columns]
    connection.execute(
        sql.SQL(
            "create temp table {name} ({columns}, is_staged boolean, covered_from date,"
            " next_day date, is_written boolean default false) on commit drop"
        ).format(
            name=sql.Identifier(f"difference_{table.name}"),
            columns=sql.SQL(", ").join(
                sql.SQL("{} " + column.type.postgres).format(sql.Identifier(column.name))
                for column in table.columns
            ),
        )
    )
    keys = connection.execute(
        sql.SQL(_COMPARE).format(
            difference=name,
            stage=_NARROWED.format(phrases.changes(table)) if is_narrowed else phrases.stage(table),
            among=_AMONG.format(
                changes=phrases.changes(table), same=phrases.same(table.key, "change", "candidate")
            )
            if is_narrowed
            else _asked_alone(at),
            history=phrases.history(table),
            columns=phrases.columns(names),
            new_state=sql.SQL(", ").join(
                sql.SQL("coalesce(staged.{name}, version.{name})").format(
                    name=sql.Identifier(column)
                )
                if column in table.key
                else sql.Identifier("staged", column)
                for column in names
            ),
            first=sql.Identifier(table.key[0]),
            candidates=phrases.columns(names, "candidate"),
            covers=phrases.covers("candidate"),
            same=phrases.same(table.key, "staged", "version"),
            differs=phrases.payload_differs(table, "staged", "version"),
        ),
        {**at.about, "next_day": at.next_day},
    ).rowcount
    if keys:
        # Postgres takes the columns of a key for independent and expects one match where there
        # are 50,000: without an index it then read the differences once for each (147 s).
        connection.execute(
            sql.SQL("create index on {} ({})").format(name, phrases.columns(table.key))
        )
        connection.execute(sql.SQL("analyze {}").format(name))
        if at.is_partial:
            set_next_days(connection, table, about=at.about, after=at.day)
        _pass_over_unobserved(connection, table, at)
    return Difference(table, staged=staged, keys=keys, is_first=False, is_narrowed=is_narrowed)


_COMPARE = """
insert into {difference} ({columns}, is_staged, covered_from, next_day)
select {new_state}, staged.{first} is not null, version.valid_from, %(next_day)s
from {stage} as staged
full join (
  select {candidates}, candidate.valid_from from {history} as candidate where {covers}{among}
) as version on {same}
where staged.{first} is null or version.{first} is null or {differs}
"""
_NARROWED = sql.SQL("(select * from {} where is_now)")
_AMONG = sql.SQL(" and exists (select from {changes} as change where {same})")


def _asked_alone(at: Day) -> sql.Composable:
    """Keys of locations that were not asked for are not compared: nothing is known of them."""
    if at.asks_everything:
        return sql.SQL("")
    return sql.SQL(" and {}").format(was_asked("candidate"))


def _pass_over_unobserved(connection: AnyConnection, table: Table, at: Day) -> None:
    """Move `next_day` on for keys that are unobserved on it."""
    for number, marked in enumerate(at.later):
        kinds = at.markers.of(table, marked)
        if not kinds and at.is_partial:
            continue
        if not kinds:
            return
        following = at.later[number + 1] if number + 1 < len(at.later) else None
        # One statement a kind: alone, an `exists` is a join; under `or`, a search for each row.
        moved = 0
        for level, scope in kinds:
            meant = sql.SQL("differing.next_day = %(marked)s and {}").format(
                is_unobserved(level, scope, "differing")
            )
            about = {**at.about, "marked": marked}
            if at.is_partial:
                set_next_days(connection, table, about=about, after=marked, meant=meant)
                continue
            moved += connection.execute(
                sql.SQL(
                    "update {difference} as differing set next_day = %(following)s where {meant}"
                ).format(difference=phrases.difference(table), meant=meant),
                {**about, "following": following},
            ).rowcount
        if not moved and not at.is_partial:
            return


def merge(connection: AnyConnection, difference: Difference, at: Day) -> Change:
    """Write what `compare` found; nothing is touched where nothing differs."""
    if difference.is_first:
        return _insert_all(connection, difference, at)
    if not difference.keys:
        return Change()
    table = difference.table
    statements = [_CUT, _DROP, _EXTEND, _INSERT]
    if at.later:
        statements = [_KEEP_REST, _CUT, _DROP, _EXTEND, _BRIDGE, _BEGIN_EARLIER, _INSERT]
    names = [column.name for column in table.columns]
    parts: Mapping[str, sql.Composable] = {
        "history": phrases.history(table),
        "difference": phrases.difference(table),
        "columns": phrases.columns(names),
        "version_columns": phrases.columns(names, "version"),
        "differing_columns": phrases.columns(names, "differing"),
        "differing_key": phrases.columns(table.key, "differing"),
        "version_differing": phrases.same(table.key, "version", "differing"),
        "version_bridged": phrases.same(table.key, "version", "bridged"),
        "written_differing": phrases.same(table.key, "written", "differing"),
        "covers": phrases.covers("version"),
        "differs": phrases.payload_differs(table, "version", "differing"),
    }
    # Asked first: _BEGIN_EARLIER takes what it writes out of the differences.
    row = connection.execute(
        sql.SQL("select bool_or(next_day is null), max(next_day) from {difference}").format(**parts)
    ).fetchone()
    assert row is not None
    rows = sum(
        connection.execute(sql.SQL(statement).format(**parts), at.about).rowcount
        for statement in statements
    )
    return Change(rows, is_open_ended=row[0], until=row[1])


# In this order. What covers the day and goes on after N keeps its part from N on.
_KEEP_REST = """
insert into {history} (source, {columns}, valid_from, valid_to)
select version.source, {version_columns}, differing.next_day, version.valid_to
from {difference} as differing
inner join {history} as version on {version_differing} and {covers}
where differing.next_day is not null
  and (version.valid_to is null or version.valid_to > differing.next_day)
"""
_CUT = """
update {history} as version set valid_to = %(day)s
from {difference} as differing
where {version_differing} and {covers} and version.valid_from < %(day)s
"""
_DROP = """
delete from {history} as version using {difference} as differing
where {version_differing} and version.source = %(source)s and version.valid_from = %(day)s
  and differing.covered_from = %(day)s
"""
# A version that ends at the day and says the same goes on to N,
_EXTEND = """
with written as (
  update {history} as version set valid_to = differing.next_day
  from {difference} as differing
  where {version_differing} and version.source = %(source)s and version.valid_to = %(day)s
    and differing.is_staged and not ({differs})
  returning {differing_key}
)
update {difference} as differing set is_written = true from written where {written_differing}
"""
# and on, as one with the version that begins at N and says the same too.
_BRIDGE = """
with bridged as (
  delete from {history} as version using {difference} as differing
  where {version_differing} and version.source = %(source)s
    and version.valid_from = differing.next_day and differing.is_written and not ({differs})
  returning {differing_key}, version.valid_from, version.valid_to
)
update {history} as version set valid_to = bridged.valid_to
from bridged
where {version_bridged} and version.source = %(source)s and version.valid_to = bridged.valid_from
"""
# Where there is only that one, it begins at the day instead. A backfill of the day before the
# first is this for every key; taken out of the differences by its place, a row costs less than
# marked as written (NDW's days in reverse order: 34 s instead of 41).
_BEGIN_EARLIER = """
with written as (
  update {history} as version set valid_from = %(day)s
  from {difference} as differing
  where {version_differing} and version.source = %(source)s
    and version.valid_from = differing.next_day
    and differing.is_staged and not differing.is_written and not ({differs})
  returning differing.ctid as place
)
delete from {difference} as differing using written where differing.ctid = written.place
"""
_INSERT = """
insert into {history} (source, {columns}, valid_from, valid_to)
select %(source)s, {differing_columns}, %(day)s, differing.next_day
from {difference} as differing
where differing.is_staged and not differing.is_written
"""


def _insert_all(connection: AnyConnection, difference: Difference, at: Day) -> Change:
    if difference.bare:
        difference.bare.make_keys(connection)
        return Change(difference.staged, is_open_ended=difference.staged > 0)
    table = difference.table
    rows = connection.execute(
        sql.SQL(
            "insert into {history} (source, {columns}, valid_from, valid_to)"
            " select %(source)s, {columns}, %(day)s, %(next_day)s from {stage}"
        ).format(
            history=phrases.history(table),
            stage=phrases.stage(table),
            columns=phrases.columns([column.name for column in table.columns]),
        ),
        {**at.about, "next_day": at.next_day},
    ).rowcount
    return Change(rows, is_open_ended=rows > 0 and at.next_day is None, until=at.next_day)
