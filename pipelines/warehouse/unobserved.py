"""Keys of which a day says nothing: neither present nor absent, they keep the day before.

Belongs here: what `ops.unobserved` means for the keys of a table, and carrying them into a
stage. Does not belong here: why a record is in quarantine (`flatten/`), the merge (`history.py`).

A key of a table is unobserved on a day if a marker stands at that table or above it and either
names the key (scope `key`) or names the parent without having read the key (scope `siblings`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from psycopg import sql

from pipelines.model import TABLES, Table, lineage, module_tables
from pipelines.warehouse import phrases
from pipelines.warehouse.staging import AnyConnection, create_stage

SIBLINGS_READ = sql.Identifier("pg_temp", "sibling_read")


@dataclass(frozen=True)
class Markers:
    """Which (level, scope) have markers on which days, so that only those are asked about."""

    kinds: Mapping[date, frozenset[tuple[str, str]]] = field(default_factory=dict)

    def of(self, table: Table, day: date) -> list[tuple[Table, str]]:
        """The kinds of markers of a day that can touch a table's keys."""
        kinds = self.kinds.get(day, frozenset())
        return [
            (level, scope)
            for level in lineage(table)
            for scope in ("key", "siblings")
            if (level.name, scope) in kinds
        ]


def leave_absence_open(connection: AnyConnection, *, source: str, day: date, module: str) -> None:
    """Mark that a day does not say which of a module's absent objects are gone: all are kept."""
    connection.execute(
        "insert into ops.unobserved (source, snapshot_date, module, level, scope, prefix)"
        " values (%s, %s, %s, %s, 'siblings', '{}') on conflict do nothing",
        (source, day, module, module_tables(module)[0].name),
    )


def settle_markers(
    connection: AnyConnection, *, source: str, day: date, module: str, staged: Collection[str]
) -> None:
    """Make the day's markers agree with its stages: what was read is observed.

    An object that came twice, once readable, was read; and the siblings that were read are those
    in the stage, or in quarantine with a marker of their own. `staged` names the stages there are.
    """
    about = {"source": source, "day": day, "module": module}
    kinds = connection.execute(
        "select distinct level, scope from ops.unobserved"
        " where source = %(source)s and snapshot_date = %(day)s and module = %(module)s",
        about,
    ).fetchall()
    for level in {level for level, _ in kinds}.difference(staged):
        create_stage(connection, TABLES[level])
    for level, scope in kinds:
        table = TABLES[level]
        statement = _SETTLE_KEY if scope == "key" else _SETTLE_SIBLINGS
        prefix = table.key if scope == "key" else phrases.parent_key(table)
        connection.execute(
            sql.SQL(statement).format(
                stage=phrases.stage(table),
                prefix=phrases.key_array(prefix, "staged"),
                own=phrases.own_key(table, "staged"),
            ),
            about | {"level": level},
        )


_THESE = (
    "marker.source = %(source)s and marker.snapshot_date = %(day)s"
    " and marker.module = %(module)s and marker.level = %(level)s"
)
_SETTLE_KEY = f"""
delete from ops.unobserved as marker
where {_THESE} and marker.scope = 'key'
  and exists (select from {{stage}} as staged where {{prefix}} = marker.prefix)
"""
_SETTLE_SIBLINGS = f"""
update ops.unobserved as marker
set present = coalesce(
  (
    select array_agg(distinct {{own}} order by {{own}}) from {{stage}} as staged
    where {{prefix}} = marker.prefix
  ),
  array[]::text[]
)
where {_THESE} and marker.scope = 'siblings'
"""


def read_markers(connection: AnyConnection, *, source: str, day: date, module: str) -> Markers:
    """The markers of a day and of all days after it; siblings that were read get a table."""
    about = {"source": source, "day": day, "module": module}
    kinds: dict[date, set[tuple[str, str]]] = defaultdict(set)
    for marked, level, scope in connection.execute(
        "select distinct snapshot_date, level, scope from ops.unobserved"
        " where source = %(source)s and snapshot_date >= %(day)s and module = %(module)s",
        about,
    ):
        kinds[marked].add((level, scope))
    if any(scope == "siblings" for found in kinds.values() for _, scope in found):
        # Unnested once: at the top level `present` holds every location of the source, too
        # long an array to search for every key.
        connection.execute("drop table if exists pg_temp.sibling_read")
        connection.execute(
            "create temp table sibling_read"
            " (snapshot_date date, level text, prefix text[], own text) on commit drop"
        )
        connection.execute(
            "insert into pg_temp.sibling_read"
            " select snapshot_date, level, prefix, unnest(present) from ops.unobserved"
            " where source = %(source)s and snapshot_date >= %(day)s and module = %(module)s"
            " and scope = 'siblings'",
            about,
        )
        connection.execute("create index on pg_temp.sibling_read (own, level, snapshot_date)")
    return Markers({marked: frozenset(found) for marked, found in kinds.items()})


def is_unobserved(level: Table, scope: str, alias: str) -> sql.Composed:
    """Whether the row `alias` is unobserved on %(marked)s by a marker of that kind."""
    marker = sql.SQL(
        "exists (select from ops.unobserved as marker"
        " where marker.source = %(source)s and marker.snapshot_date = %(marked)s"
        " and marker.module = %(module)s and marker.level = {level} and marker.scope = {scope}"
        " and marker.prefix = {prefix})"
    ).format(
        level=sql.Literal(level.name),
        scope=sql.Literal(scope),
        prefix=phrases.key_array(level.key if scope == "key" else phrases.parent_key(level), alias),
    )
    if scope == "key":
        return marker
    return sql.SQL(
        "({marker} and not exists (select from {read} as read"
        " where read.snapshot_date = %(marked)s and read.level = {level}"
        " and read.prefix = {prefix} and read.own = {own}))"
    ).format(
        marker=marker,
        read=SIBLINGS_READ,
        level=sql.Literal(level.name),
        prefix=phrases.key_array(phrases.parent_key(level), alias),
        own=phrases.own_key(level, alias),
    )


def carry(
    connection: AnyConnection,
    table: Table,
    *,
    about: Mapping[str, Any],
    kinds: list[tuple[Table, str]] | None,
    among: sql.Composable | None = None,
) -> int:
    """Stage the state of the day before for keys that are unobserved; None: for all `among`.

    With yesterday's state in the stage, the merge needs no notion of the unobserved. Returns
    the number of rows carried.
    """
    statement = sql.SQL(
        "insert into {stage} ({columns}) select {values} from {history} as version"
        " where version.source = %(source)s and version.valid_from < %(day)s"
        " and (version.valid_to is null or version.valid_to >= %(day)s)"
        " and {unobserved}"
        " and not exists (select from {stage} as staged where {same})"
    )
    names = [column.name for column in table.columns]
    # One statement a kind: alone, an `exists` is a hash join; under `or`, a search for each row.
    conditions: list[sql.Composable] = (
        [among or sql.SQL("true")]
        if kinds is None
        else [is_unobserved(level, scope, "version") for level, scope in kinds]
    )
    # A handful of markers is expected to match one row; were it thousands, each would have the
    # stage read for it. Hashing reads everything once.
    if conditions:
        connection.execute("set local enable_nestloop to off")
    carried = sum(
        connection.execute(
            statement.format(
                stage=phrases.stage(table),
                columns=phrases.columns(names),
                values=phrases.columns(names, "version"),
                history=phrases.history(table),
                unobserved=condition,
                same=phrases.same(table.key, "staged", "version"),
            ),
            {**about, "marked": about["day"]},
        ).rowcount
        for condition in conditions
    )
    if conditions:
        connection.execute("set local enable_nestloop to on")
    return carried
