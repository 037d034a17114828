"""`ocpi-warehouse answer`: queries in a Markdown file, each with its answer below it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipelines.warehouse.migrations import migrate
from tests.conftest import FreshDatabase
from tests.integration.terminal import Terminal, quiet_logging, terminal

__all__ = ["quiet_logging", "terminal"]

ASKED = """\
# Figures

How many?

```sql
select number, 'a|b' as name, null as nothing from generate_series(1, 2) as number order by 1
```

Text between.

```sql
select 1 as one
where false
```
"""
ANSWERED = """\
# Figures

How many?

```sql
select number, 'a|b' as name, null as nothing from generate_series(1, 2) as number order by 1
```

| number | name | nothing |
| ---: | --- | ---: |
| 1 | a\\|b |  |
| 2 | a\\|b |  |

Text between.

```sql
select 1 as one
where false
```

*No rows.*
"""


@pytest.fixture(scope="module")
def database(make_database: Callable[[], FreshDatabase]) -> FreshDatabase:
    made = make_database()
    migrate(made.warehouse)
    return made


def test_answers_stand_below_their_queries_and_are_replaced(terminal: Terminal) -> None:
    path = terminal.folder / "figures.md"
    path.write_text(ASKED, encoding="utf-8")
    assert terminal.run("answer", str(path), "--check").sentence == (
        f"other answers by now: {path}; write them anew without --check"
    )
    assert path.read_text(encoding="utf-8") == ASKED
    assert terminal.run("answer", str(path)).out == f"{path}: 2 queries answered\n"
    assert path.read_text(encoding="utf-8") == ANSWERED
    assert terminal.run("answer", str(path), "--check").code == 0
    path.write_text(ANSWERED.replace("| 2 |", "| 3 |").replace("*No rows.*", "| x |"))
    terminal.run("answer", str(path))
    assert path.read_text(encoding="utf-8") == ANSWERED


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no query", "holds no query; write them as ```sql blocks"),
        (
            "one\n\n```sql\nselect 1\n```\n\n```sql\nselect nothing\n```\n",
            'line 7 failed: column "nothing" does not exist',
        ),
        ("```sql\nselect generate_series(1, 101)\n```\n", "gives over 100 rows; add a limit"),
        (
            "```sql\ncreate table t (n int)\n```\n",
            "failed: cannot execute CREATE TABLE in a read-only transaction",
        ),
        ("```sql\nselect 1; commit\n```\n", "cannot insert multiple commands"),
    ],
)
def test_a_file_that_cannot_be_answered_is_left_alone(
    text: str, said: str, terminal: Terminal
) -> None:
    good, bad = terminal.folder / "good.md", terminal.folder / "bad.md"
    good.write_text(ASKED, encoding="utf-8")
    bad.write_text(text, encoding="utf-8")
    assert said in terminal.run("answer", str(good), str(bad)).sentence
    assert good.read_text(encoding="utf-8") == ASKED
    assert bad.read_text(encoding="utf-8") == text


def test_a_file_that_is_not_there_is_named(terminal: Terminal) -> None:
    path = terminal.folder / "missing.md"
    assert f"could not read {path}" in terminal.run("answer", str(path)).sentence
