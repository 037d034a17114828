"""Every dialect as the simulator speaks it, pulled whole, and its faults told from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from typing import Any

import pytest

from pipelines.errors import IncompleteSnapshotError
from pipelines.simulator import RunningSimulator
from pipelines.sources import Source
from tests.integration.pulling import TOKEN, TOKEN_VARIABLE, Puller, ids
from tests.integration.pulling import puller as puller
from tests.integration.pulling import token as token

DAY = date(2026, 1, 5)

Start = Callable[..., RunningSimulator]


@pytest.fixture
def start(token: str) -> Iterator[Start]:
    """Simulators of a small world with small pages, gone afterwards."""
    with ExitStack() as stack:

        def starting(**how: Any) -> RunningSimulator:
            simulator = RunningSimulator(
                **{"locations": 90, "day": DAY, "token": TOKEN, "page_limit": 40, **how}
            )
            return stack.enter_context(simulator)

        yield starting


def _eco(simulator: RunningSimulator, **settings: Any) -> Source:
    return Source.model_validate(
        {
            "name": "eco",
            "dialect": "eco_movement",
            "transport": "http",
            "base_url": f"{simulator.base_url}/eco/ocpi/cpo/2.1.1",
            "token_env": TOKEN_VARIABLE,
            "answers_past_days": True,
            "page_size": 1000,
            **settings,
        }
    )


def _ids_in_one_page(start: Start, puller: Puller, module: str) -> list[str]:
    source = _eco(start(page_limit=1000), modules=["locations", module])
    whole = Puller(puller.root / "whole")
    attempt = whole.pull_as_declared(source, day=DAY, refresh=True)
    assert len([page for page in attempt.pages(module) if page.records]) == 1
    return ids(attempt, module)


def test_eco_movement_is_pulled_whole_whatever_its_pages_are(start: Start, puller: Puller) -> None:
    simulator = start(prices_page_limit=30)
    modules = ["locations", "tariffs", "prices", "connector_prices", "deprecated_prices"]
    attempt = puller.pull_as_declared(_eco(simulator, modules=modules, details=7), day=DAY)
    landed = attempt.manifest.modules
    assert attempt.failed_modules == {}
    assert list(landed) == [*modules, "location_details"]
    assert [len(landed[name].pages) > 2 for name in ("locations", "prices")] == [True, True]
    assert ids(attempt) == _ids_in_one_page(start, puller, "locations")
    # By cursor: no total is declared.
    assert landed["prices"].declared_total is None
    assert ids(attempt, "prices") == _ids_in_one_page(start, puller, "prices")
    assert landed["location_details"].asked == ids(attempt, "location_details")
    assert len(landed["location_details"].asked or []) == 7


def test_eco_movement_with_details_in_bulk_needs_no_location_by_itself(
    start: Start, puller: Puller
) -> None:
    simulator = start(has_details_in_bulk=True)
    attempt = puller.pull_as_declared(_eco(simulator, details="bulk"), day=DAY)
    assert attempt.failed_modules == {}
    assert ids(attempt, "location_details") == ids(attempt)
    assert not [seen for seen in simulator.requests if "/locations/" in seen.path]


@pytest.mark.parametrize("fault", ["page_cap", "missing_total", "curly_quotes_link"])
def test_what_a_server_muddles_costs_no_location(start: Start, puller: Puller, fault: str) -> None:
    simulator = start(faults=[fault], page_limit=60)
    attempt = puller.pull_as_declared(_eco(simulator, modules=["locations"]), day=DAY)
    assert ids(attempt) == _ids_in_one_page(start, puller, "locations")


@pytest.mark.parametrize("fault", ["cursor_stands_still", "wrong_total", "link_to_other_host"])
def test_a_list_without_a_proven_end_is_no_snapshot(
    start: Start, puller: Puller, fault: str
) -> None:
    source = _eco(start(faults=[fault]), modules=["locations"])
    with pytest.raises(IncompleteSnapshotError):
        puller.pull_as_declared(source, day=DAY)
    assert puller.landing.usable("eco", DAY) is None


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("status_2xxx_with_http_200:prices", "OCPI status 2000"),
        ("status_3xxx_with_http_200:connector_prices", "OCPI status 3000"),
        ("html_page:prices:1", "HTML"),
    ],
)
def test_prices_that_are_refused_fall_together_and_locations_stand(
    start: Start, puller: Puller, fault: str, reason: str
) -> None:
    simulator = start(faults=[fault], prices_page_limit=30)
    attempt = puller.pull_as_declared(_eco(simulator), day=DAY)
    assert attempt.modules == ("locations",)
    failed = fault.split(":")[1]
    assert reason in attempt.failed_modules[failed]


def test_ocpi_2_1_1_is_pulled_whole_through_discovery_people_included(
    start: Start, puller: Puller
) -> None:
    simulator = start()
    modules = ["locations", "tariffs", "sessions", "cdrs", "tokens"]
    source = Source(
        name="cpo",
        dialect="ocpi_2_1_1",
        transport="http",
        versions_url=simulator.versions_url,
        token_env=TOKEN_VARIABLE,
        answers_past_days=True,
        modules=modules,
    )
    attempt = puller.pull_as_declared(source, day=DAY)
    assert attempt.failed_modules == {}
    landed = attempt.manifest.modules
    assert all(landed[name].received == landed[name].declared_total for name in modules)
    assert all(landed[name].received > 0 for name in modules)
    for name in ("sessions", "cdrs"):
        assert "date_from=2026-01-04T23:00:00Z" in landed[name].pages[0].url.replace("%3A", ":")


def test_voltality_is_pulled_in_one_page_without_envelope(start: Start, puller: Puller) -> None:
    simulator = start()
    source = Source(
        name="omni",
        dialect="voltality",
        transport="http",
        base_url=f"{simulator.base_url}/omni/v1",
        token_env=TOKEN_VARIABLE,
        answers_past_days=True,
    )
    attempt = puller.pull_as_declared(source, day=DAY)
    assert attempt.failed_modules == {}
    assert {name: len(module.pages) for name, module in attempt.manifest.modules.items()} == {
        "locations": 1,
        "tariffs": 1,
    }
    assert all(module.received > 0 for module in attempt.manifest.modules.values())
    evses = source.model_copy(update={"paths": {"locations": "evses"}})
    bare = puller.pull_as_declared(evses, day=DAY, refresh=True)
    assert bare.manifest.modules["locations"].received > 0
    assert {seen.authorized_with for seen in simulator.requests} == {"Bearer"}
