"""Dagster's instance of the containers, on a real Postgres: it stores a run and tells what came."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy.engine import make_url

from tests.integration.system_postgres import SystemPostgres

DOCKER = Path(__file__).parents[2] / "docker"


def test_the_instance_of_the_containers_keeps_a_run(
    system_postgres: SystemPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_url(system_postgres.make_login("dagster"))
    assert url.host is not None
    for name, value in [
        ("HOST", url.host),
        ("PORT", str(url.port)),
        ("USER", url.username or ""),
        ("PASSWORD", str(url.password)),
        ("DATABASE", url.database or ""),
    ]:
        monkeypatch.setenv(f"DAGSTER_PG_{name}", value)
    shutil.copy(DOCKER / "dagster.yaml", tmp_path)

    @dg.asset
    def counted() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata={"rows": 3})

    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert dg.materialize([counted], instance=instance).success
        event = instance.get_latest_materialization_event(counted.key)
    assert event is not None
    assert event.asset_materialization is not None
    assert event.asset_materialization.metadata["rows"].value == 3
