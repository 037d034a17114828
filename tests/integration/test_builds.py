"""Which days the next build takes in, by what loads have written; no dbt."""

from __future__ import annotations

import pytest

from pipelines.errors import WarehouseError
from pipelines.simulator import RunningSimulator
from tests.conftest import FreshDatabase
from tests.integration.nights import (
    DAYS,
    build_due,
    load_day,
    project_of,
    simulated,
)


def test_a_load_moves_the_days_before_it_on_which_nothing_was_loaded(
    fresh_database: FreshDatabase,
) -> None:
    with RunningSimulator(locations=5) as simulator:
        project = project_of(fresh_database, simulated(simulator))
        load_day(project, "sim", DAYS[0])
        full = build_due(project, needs=())
        assert full is not None
        assert full.is_full
        # The first one, ended by an error, is still to be made.
        noted = full.noted(project.warehouse, variables={}, clock=project.clock)
        with pytest.raises(WarehouseError, match="dbt"), noted:
            raise WarehouseError("dbt failed")
        again = build_due(project, needs=())
        assert again is not None
        assert again.is_full
        with again.noted(project.warehouse, variables={}, clock=project.clock):
            pass
        assert build_due(project, needs=()) is None

        # The calendar ended on the first day plus those that it is carried: the one between was in
        # it, and is carried from another day now.
        load_day(project, "sim", DAYS[2])
        found = build_due(project, needs=())
    assert found is not None
    assert not found.is_full
    assert found.days["locations"][:2] == DAYS[1:]
    assert DAYS[0] not in found.days["locations"]
