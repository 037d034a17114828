"""Pulling from a server of the tests: short waits, a fixed clock, a token nobody may find.

Belongs here: how the tests pull. Does not belong here: the server (`source_server.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipelines.dialects import dialect_of
from pipelines.dialects.endpoints import Endpoint, Pagination, Protocol
from pipelines.landing import Attempt, Landing
from pipelines.ocpi.client import Limits
from pipelines.sources import Source
from tests.integration.source_server import SourceServer, running_source_server

DAY = date(2026, 6, 7)
NIGHT = datetime(2026, 6, 7, 1, 30, tzinfo=UTC)
TOKEN = "tok-3f9a-never-seen"
TOKEN_BASE64 = "dG9rLTNmOWEtbmV2ZXItc2Vlbg=="
TOKEN_VARIABLE = "A_SOURCE_TOKEN"


def protocol(*, pagination: Pagination = "link") -> Protocol:
    """OCPI 2.2.1 with locations and tariffs, as its dialect declares it."""
    return Protocol(
        version="2.2.1",
        accepted_versions=("2.2",),
        role="SENDER",
        endpoints=(
            Endpoint("locations", "locations", "locations", pagination, "locations/{id}"),
            Endpoint("tariffs", "tariffs", "tariffs", pagination),
        ),
    )


@dataclass
class Puller:
    """Pulls a snapshot into a landing of its own; `slept` are the waits that were asked for."""

    root: Path
    slept: list[float] = field(default_factory=list)
    limits: Limits = field(default_factory=lambda: Limits(attempts=3))

    @property
    def landing(self) -> Landing:
        return Landing(self.root, limits=self.limits, sleep=self.slept.append)

    def pull_as_declared(self, source: Source, **how: Any) -> Attempt:
        """As the source's dialect declares it, rather than as the protocol of the tests."""
        moment = how.pop("now", NIGHT)
        how.setdefault("day", DAY)
        protocol = dialect_of(source).protocol
        return self.landing.pull(source, protocol, now=lambda: moment, **how)

    def pull(
        self,
        source: Source,
        *,
        pagination: Pagination = "link",
        now: datetime | None = None,
        day: date = DAY,
        **how: Any,
    ) -> Attempt:
        moment = now or NIGHT
        return self.landing.pull(
            source, protocol(pagination=pagination), day=day, now=lambda: moment, **how
        )


def api(server: SourceServer, **settings: Any) -> Source:
    """A paged source on a server, by its base URL unless versions_url is given."""
    where = {} if "versions_url" in settings else {"base_url": f"{server.url}/ocpi/"}
    return Source(
        name="cpo",
        transport="http",
        **{"dialect": "ocpi_2_2_1", **where, "time_out": 5.0, **settings},
    )


def documents(modules: dict[str, str], **settings: Any) -> Source:
    """A source of bulk documents."""
    return Source(name="bulk", dialect="ocpi_2_2_1", transport="file", modules=modules, **settings)


def ids(attempt: Attempt, module: str = "locations") -> list[str]:
    """The ids of a module's records in landing order."""
    return [
        str(msgspec.json.decode(ref.raw)["id"])
        for batch in attempt.record_batches(module)
        for ref in batch
    ]


@pytest.fixture
def server() -> Iterator[SourceServer]:
    """A source without tariffs, until a test gives it some."""
    with running_source_server() as running:
        yield running


@pytest.fixture
def puller(tmp_path: Path) -> Puller:
    return Puller(tmp_path / "landing")


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> str:
    """The token, set where the source's token_env says."""
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    return TOKEN
