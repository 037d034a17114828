"""Two builds under one number are told apart by the code that decides rows, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.version import DECIDES_ROWS, PACKAGE, code_version, rows_hash


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for part in DECIDES_ROWS:
        file = tmp_path / part if part.endswith(".py") else tmp_path / part / "module.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {part}\n", encoding="utf-8")
    return tmp_path


def _edit(package: Path) -> None:
    (package / "flatten" / "module.py").write_text("# read otherwise\n", encoding="utf-8")


def _rename(package: Path) -> None:
    (package / "model" / "module.py").rename(package / "model" / "other.py")


def _add(package: Path) -> None:
    (package / "warehouse" / "frozen").mkdir()
    (package / "warehouse" / "frozen" / "0001.sql").write_text("select 1", encoding="utf-8")


@pytest.mark.parametrize("change", [_edit, _rename, _add])
def test_other_code_is_another_version(package: Path, change: Callable[[Path], None]) -> None:
    before = rows_hash(package)
    change(package)
    assert rows_hash(package) != before


def test_caches_and_what_decides_no_row_make_no_other_version(package: Path) -> None:
    before = rows_hash(package)
    cache = package / "flatten" / "__pycache__"
    cache.mkdir()
    (cache / "module.cpython-311.pyc").write_bytes(b"compiled")
    (package / "cli").mkdir()
    (package / "cli" / "app.py").write_text("# help\n", encoding="utf-8")
    assert rows_hash(package) == before


def test_the_version_has_the_packages_number_and_the_hash_of_code_that_is_there() -> None:
    assert all((PACKAGE / part).exists() for part in DECIDES_ROWS)
    number, _, told = code_version().partition("+")
    assert number[0].isdigit()
    assert rows_hash(PACKAGE).startswith(told)
    assert len(told) == 12
