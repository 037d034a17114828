"""`ocpi-warehouse sql`: the three formats, what they do with odd values, and what is refused."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pytest

from pipelines.warehouse.migrations import migrate
from tests.conftest import FreshDatabase
from tests.integration.terminal import Terminal, quiet_logging, terminal

__all__ = ["quiet_logging", "terminal"]

ODD = (
    "select 1 as number, null as nothing, array['a', null, 'b,c'] as list,"
    """ '{"k": [1, null], "name": "Zoë"}'::jsonb as document, true as yes,"""
    " 0.10 as price, date '2026-06-07' as day,"
    " timestamptz '2026-06-07 01:30:00+00' as moment, 'say \"x\", [bold]no[/bold]' as words"
)


@pytest.fixture(scope="module")
def database(make_database: Callable[[], FreshDatabase]) -> FreshDatabase:
    made = make_database()
    migrate(made.warehouse)
    return made


def test_csv_can_be_read_back(terminal: Terminal) -> None:
    ended = terminal.run("sql", ODD, "--format", "csv")
    assert ended.code == 0
    assert ended.err == ""
    [row] = csv.DictReader(io.StringIO(ended.out))
    assert row == {
        "number": "1",
        "nothing": "",
        "list": '["a", null, "b,c"]',
        "document": '{"k": [1, null], "name": "Zoë"}',
        "yes": "true",
        "price": "0.10",
        "day": "2026-06-07",
        "moment": "2026-06-07 01:30:00+00:00",
        "words": 'say "x", [bold]no[/bold]',
    }


def test_json_keeps_null_lists_documents_and_exact_prices(terminal: Terminal) -> None:
    ended = terminal.run("sql", ODD, "--format", "json")
    assert json.loads(ended.out) == [
        {
            "number": 1,
            "nothing": None,
            "list": ["a", None, "b,c"],
            "document": {"k": [1, None], "name": "Zoë"},
            "yes": True,
            "price": "0.10",
            "day": "2026-06-07",
            "moment": "2026-06-07T01:30:00+00:00",
            "words": 'say "x", [bold]no[/bold]',
        }
    ]


def test_a_table_shows_every_value_as_it_is(terminal: Terminal) -> None:
    header, line = terminal.run("sql", ODD).out.splitlines()
    assert header.split() == ODD_COLUMNS
    assert '["a", null, "b,c"]' in line
    assert "[bold]no[/bold]" in line


ODD_COLUMNS = ["number", "nothing", "list", "document", "yes", "price", "day", "moment", "words"]


@pytest.mark.parametrize(
    ("format_", "said"), [("csv", "a,b\n"), ("json", "[]\n"), ("table", "a  b\n")]
)
def test_an_empty_result_still_names_its_columns(
    format_: str, said: str, terminal: Terminal
) -> None:
    ended = terminal.run("sql", "select 1 as a, 2 as b where false", "--format", format_)
    assert (ended.code, ended.out, ended.err) == (0, said, "")


def test_a_thousand_rows_and_more_are_for_csv(terminal: Terminal) -> None:
    many = "select n from generate_series(1, 1500) as n"
    ended = terminal.run("sql", many)
    assert len(ended.out.splitlines()) == 1001
    assert "only the first 1000 rows" in ended.err
    assert len(terminal.run("sql", many, "--format", "csv").out.splitlines()) == 1501


@pytest.mark.parametrize("query", ["show server_version", "explain select 1", "values (1), (2)"])
def test_what_is_no_select_is_answered_too(query: str, terminal: Terminal) -> None:
    ended = terminal.run("sql", query, "--format", "csv")
    assert ended.code == 0
    assert ended.out


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("selct 1", "syntax error"),
        ("select * from marts.nothing", 'relation "marts.nothing" does not exist'),
        ("select nme from ocpi.location", 'column "nme" does not exist'),
        ("select 1 / 0", "division by zero"),
        ("", "there is no query"),
        (" ; ", "there is no query"),
    ],
)
def test_a_query_that_fails_is_one_sentence(query: str, said: str, terminal: Terminal) -> None:
    assert said in terminal.run("sql", query).sentence


@pytest.mark.parametrize(
    "query",
    [
        "delete from ocpi.location",
        "insert into ops.ledger default values",
        "drop table ocpi.location",
        "create table ocpi.mine (n int)",
        "with gone as (delete from ocpi.location returning 1) select * from gone",
        "select 1; delete from ocpi.location",
        # The login of a URL is the loader, who may take its role back.
        "set role ocpi_loader; delete from ocpi.location",
        "select 1; commit; set role ocpi_loader; delete from ocpi.location",
        "do $$ begin set role ocpi_loader; delete from ocpi.location; end $$",
        "do $$ begin set transaction read write; delete from ocpi.location; end $$",
        "do $$ begin commit; set role ocpi_loader; delete from ocpi.location; end $$",
    ],
)
def test_the_analyst_cannot_write(query: str, terminal: Terminal) -> None:
    ended = terminal.run("sql", query)
    assert ended.code == 1, ended
    assert ended.sentence.startswith("the query failed: ")
