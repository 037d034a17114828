"""The command line as a person meets it: arguments in, stdout, stderr and an exit code out.

Belongs here: calling `ocpi-warehouse` in this process (an import of Dagster takes seconds). Does
not belong here: assertions.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.cli import main
from tests.conftest import FreshDatabase


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """What it complained of, which has to be one sentence on one line, and nothing else."""
        assert self.code == 1, self
        assert self.out == "", self
        lines = self.err.splitlines()
        assert len(lines) == 1, self
        assert lines[0].startswith("ocpi-warehouse: "), self
        assert "Traceback" not in self.err, self
        return lines[0].removeprefix("ocpi-warehouse: ")


@dataclass
class Terminal:
    """A shell in a folder with a sources.yml, on a database of its own."""

    folder: Path
    database: FreshDatabase
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]

    @property
    def sources_file(self) -> Path:
        return self.folder / "sources.yml"

    def write_sources(self, *entries: dict[str, Any]) -> None:
        text = yaml.safe_dump({"sources": list(entries)}, sort_keys=False)
        self.sources_file.write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> Ended:
        url = self.database.settings.url
        assert url is not None
        self.patch.setenv("OCPI_WAREHOUSE_HOME", str(self.database.settings.home))
        self.patch.setenv("OCPI_WAREHOUSE_SOURCES", str(self.sources_file))
        self.patch.setenv("OCPI_WAREHOUSE_URL", url.get_secret_value())
        self.patch.setattr(sys, "argv", ["ocpi-warehouse", *arguments])
        self.capture.readouterr()
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = self.capture.readouterr()
        return Ended(code, said.out, said.err)


@pytest.fixture
def quiet_logging() -> Iterator[None]:
    """What the command sets for its process ends with the test."""
    loggers = [logging.getLogger(), logging.getLogger("pipelines.landing")]
    kept = [(one, one.level) for one in (*loggers, *loggers[0].handlers)]
    yield
    for one, level in kept:
        one.setLevel(level)


@pytest.fixture
def terminal(
    tmp_path: Path,
    database: FreshDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    quiet_logging: None,
) -> Terminal:
    """On the `database` of the module that imports it, which says how long that lasts."""
    return Terminal(tmp_path, database, monkeypatch, capsys)
