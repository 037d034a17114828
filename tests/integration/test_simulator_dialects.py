"""One world behind four dialects, over a real socket: the same EVSEs, each API in its own way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import requests

from pipelines.simulator import DAY_HEADER, RunningSimulator

DAY = date(2026, 1, 5)
TOKEN = "a-token-of-the-test"
ECO = "/eco/ocpi/cpo/2.1.1"

Record = dict[str, Any]


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with RunningSimulator(
        locations=230, day=DAY, token=TOKEN, page_limit=60, prices_page_limit=100
    ) as running:
        yield running


class Client:
    """Asks the simulator; `Bearer` where a dialect wants it."""

    def __init__(self, simulator: RunningSimulator) -> None:
        self.base = simulator.base_url
        self.session = requests.Session()

    def get(self, address: str, *, day: date | None = None, **query: str) -> requests.Response:
        url = address if address.startswith("http") else f"{self.base}{address}"
        scheme = "Token" if "/ocpi/" in url and "/eco/" not in url else "Bearer"
        headers = {"Authorization": f"{scheme} {TOKEN}"}
        if day:
            headers[DAY_HEADER] = day.isoformat()
        return self.session.get(url, params=query, headers=headers, timeout=120)

    def linked(self, address: str, *, day: date | None = None, **query: str) -> list[Record]:
        """Every record of a list whose pages are linked."""
        answer = self.get(address, day=day, **query)
        found: list[Record] = answer.json()["data"]
        while "next" in answer.links:
            answer = self.get(answer.links["next"]["url"], day=day)
            found += answer.json()["data"]
        return found

    def by_cursor(self, address: str, *, day: date | None = None) -> list[list[Record]]:
        """Every page of a list whose pages are found by the last record."""
        pages: list[list[Record]] = []
        query: dict[str, Any] = {}
        while True:
            answer = self.get(address, day=day, **query)
            pages.append(answer.json()["data"])
            cursor = answer.headers["X-Last-Record"]
            if not cursor:
                return pages
            query = {"last_record": cursor}


@pytest.fixture
def client(simulator: RunningSimulator) -> Iterator[Client]:
    opened = Client(simulator)
    with opened.session:
        yield opened


def evse_ids(locations: list[Record]) -> Counter[str | None]:
    return Counter(evse.get("evse_id") for one in locations for evse in one["evses"])


def test_the_four_dialects_show_the_same_evses_at_the_same_places(client: Client) -> None:
    operator = client.linked("/ocpi/2.2.1/locations")
    platform = client.linked("/ocpi/cpo/2.1.1/locations")
    aggregator = client.linked(f"{ECO}/locations")
    omni = [one["location"] for one in client.get("/omni/v1/locations").json()["locations"]]
    bare = client.get("/omni/v1/evses").json()

    expected = evse_ids(operator)
    assert len(expected) > 300
    assert evse_ids(platform) == evse_ids(omni) == expected
    assert Counter(evse.get("evse_id") for evse in bare) == expected
    # An aggregator merges: a place that comes twice may have been taken in, once.
    assert evse_ids(aggregator).keys() == expected.keys()

    places = {str(one["coordinates"]) for one in operator}
    assert {str(one["coordinates"]) for one in platform} == places
    assert {str(one["coordinates"]) for one in omni} == places
    assert {str(one["coordinates"]) for one in aggregator} <= places


def test_ids_that_stand_without_a_party_are_unique(client: Client) -> None:
    world_twice = len(client.linked("/ocpi/2.2.1/locations"))
    for records in (
        client.linked("/ocpi/cpo/2.1.1/locations"),
        client.linked(f"{ECO}/locations"),
        client.linked(f"{ECO}/tariffs"),
        client.linked("/ocpi/cpo/2.1.1/tariffs"),
    ):
        assert len(records) <= world_twice
        contents: dict[str, Record] = {}
        for record in records:
            # The same id comes with the same content: an exact duplicate of the feed.
            assert contents.setdefault(record["id"], record) == record


def test_power_comes_as_each_dialect_sends_it(client: Client) -> None:
    shown = client.linked(f"{ECO}/locations")
    for location in shown:
        for connector in (one for evse in location["evses"] for one in evse["connectors"]):
            is_in_watts = location["operator"]["name"] == "Isarladen"
            assert (connector["max_power"] > 1000) == is_in_watts
    omni = client.get("/omni/v1/evses").json()
    assert all(
        one["max_electric_power"] > 1000 and "status" in one and "status" not in evse
        for evse in omni
        for one in evse["connectors"]
    )
    assert {location["country"] for location in shown} == {"NLD", "BEL", "DEU"}
    scores = {location["reliability_score_2"] for location in shown}
    assert scores == {0, 1, 2, 3, 4, 5}


def test_whole_numbers_of_64_bits_are_texts_in_voltality(client: Client) -> None:
    tariffs = client.get("/omni/v1/tariffs").json()["tariffs"]
    steps = {c["step_size"] for t in tariffs for e in t["elements"] for c in e["price_components"]}
    assert steps
    assert all(isinstance(step, str) for step in steps)
    locations = client.get("/omni/v1/locations").json()["locations"]
    images = [image for one in locations for image in one["location"].get("images", [])]
    assert {type(image["width"]) for image in images} == {str}
    assert all(isinstance(one["distance_meters"], int) for one in locations)


def test_a_refusal_of_voltality_has_no_envelope(simulator: RunningSimulator) -> None:
    answer = requests.get(
        f"{simulator.base_url}/omni/v1/locations",
        headers={"Authorization": f"Token {TOKEN}"},
        timeout=120,
    )
    assert (answer.status_code, sorted(answer.json())) == (401, ["code", "details", "message"])


def test_the_envelope_of_eco_movement_has_a_time_without_zone(client: Client) -> None:
    answer = client.get(f"{ECO}/locations", limit="1")
    assert answer.json()["timestamp"] == "2026-01-05T00:00:00"
    unknown = client.get(f"{ECO}/evse", evse_id="NL*XXX*E1")
    assert unknown.status_code == 200
    assert unknown.json() == {
        "status_code": 2001,
        "status_message": "evse_id NL*XXX*E1 is not valid",
        "timestamp": "2026-01-05T00:00:00",
    }


def test_one_evse_and_one_location_are_found_in_eco_movement(client: Client) -> None:
    location = client.linked(f"{ECO}/locations")[30]
    evse_id = location["evses"][-1]["evse_id"]
    assert client.get(f"{ECO}/evse", evse_id=evse_id).json()["data"] == location
    alone = client.get(f"{ECO}/locations/{location['id']}").json()["data"]
    details = {"predicted_occupancy", "roaming", "derived_opening_times"}
    assert alone.keys() - location.keys() == details
    assert len(alone["predicted_occupancy"]) == 7 * 24
    assert {name: value for name, value in alone.items() if name not in details} == location
    assert client.get(f"{ECO}/locations/nowhere").json()["status_code"] == 2003


def test_details_can_be_in_the_bulk_with_half_as_many_a_page() -> None:
    with RunningSimulator(locations=620, day=DAY, has_details_in_bulk=True) as running:
        answer = requests.get(f"{running.base_url}{ECO}/locations", timeout=120)
        records = answer.json()["data"]
    assert (len(records), answer.headers["X-Limit"]) == (500, "500")
    assert all(len(record["predicted_occupancy"]) == 168 for record in records)


def test_merged_locations_leave_one_id_and_all_evses(client: Client) -> None:
    def by_evse(day: date) -> dict[tuple[str, str], str]:
        return {
            (location["operator"]["partner_id"], evse["uid"]): location["id"]
            for location in client.linked(f"{ECO}/locations", day=day)
            for evse in location["evses"]
        }

    merged, before = [], by_evse(DAY)
    for number in range(1, 15):
        day = DAY + timedelta(days=number)
        after = by_evse(day)
        moved = {
            before[key]: after[key]
            for key in before.keys() & after.keys()
            if before[key] != after[key] and before[key] not in after.values()
        }
        merged += [new for new in moved.values() if new in before.values()]
        before = after
    assert merged


def test_prices_are_paged_by_their_last_record(client: Client, simulator: RunningSimulator) -> None:
    for address in ("/prices", "/prices/connector_prices"):
        pages = client.by_cursor(address)
        assert len(pages) > 1
        assert {len(page) for page in pages[:-1]} == {100}
        assert 0 < len(pages[-1]) <= 100
    first = client.get("/prices")
    cursor = first.headers["X-Last-Record"]
    assert "Link" not in first.headers
    ignored = client.get("/prices", last_record=cursor, offset="3").json()["data"]
    assert ignored == client.by_cursor("/prices")[1]
    assert client.get("/prices", last_record="nonsense").json()["status_code"] == 2001


def test_price_ids_are_new_every_night_and_their_content_seldom(client: Client) -> None:
    def prices(day: date) -> tuple[set[str], list[str]]:
        records = [one for page in client.by_cursor("/prices", day=day) for one in page]
        return {one.pop("id") for one in records}, sorted(map(str, records))

    ids, contents = prices(DAY)
    next_ids, next_contents = prices(DAY + timedelta(days=1))
    assert not ids & next_ids
    assert len(set(contents) & set(next_contents)) > 0.8 * len(contents)


def test_connectors_name_prices_as_real_ones_do(client: Client) -> None:
    prices = [one for page in client.by_cursor("/prices") for one in page]
    rows = [one for page in client.by_cursor("/prices/connector_prices") for one in page]
    connectors = {
        (location["id"], evse["uid"], connector["id"])
        for location in client.linked(f"{ECO}/locations")
        for evse in location["evses"]
        for connector in evse["connectors"]
    }
    keys = [(row["location_id"], row["evse_uid"], row["connector_id"]) for row in rows]
    assert set(keys) == connectors
    assert len(keys) > len(connectors)
    named = {identifier for row in rows for identifier in row.get("pricing_ids", [])}
    existing = {price["id"] for price in prices}
    assert named - existing
    assert existing - named
    assert any("pricing_ids" not in row for row in rows)
    assert {price["product"]["type"] for price in prices} == {"msp", "adhoc", "cpo_subscription"}
    shapes = {type(e["restrictions"]) for price in prices for e in price["elements"]}
    assert shapes == {dict, list, type(None)}


def test_the_tariffs_and_deprecated_prices_of_eco_movement(client: Client) -> None:
    tariffs = client.linked(f"{ECO}/tariffs")
    restrictions = [e["restrictions"] for t in tariffs for e in t["elements"]]
    assert {len(held) for held in restrictions} == {1}
    assert any(set(held[0].values()) == {None} for held in restrictions)
    assert "" in {tariff["tariff_alt_url"] for tariff in tariffs}
    deprecated = {one["id"] for one in client.linked(f"{ECO}/prices")}
    named = {
        connector["pricing_id"]
        for location in client.linked(f"{ECO}/locations")
        for evse in location["evses"]
        for connector in evse["connectors"]
        if "pricing_id" in connector
    }
    assert len(named & deprecated) > 0.8 * len(named)


def test_a_day_of_sessions_is_asked_for_on_that_day(client: Client) -> None:
    window: dict[str, Any] = {
        "date_from": "2026-01-05T00:00:00Z",
        "date_to": "2026-01-06T00:00:00Z",
    }
    sessions = client.linked("/ocpi/cpo/2.1.1/sessions", **window)
    assert len(sessions) > 100
    assert {one["last_updated"][:10] for one in sessions} == {"2026-01-05"}
    assert {"ACTIVE", "COMPLETED"} <= {one["status"] for one in sessions}
    first = client.get("/ocpi/cpo/2.1.1/cdrs", **window)
    assert int(first.headers["X-Total-Count"]) > 60
    assert "date_from=2026-01-05" in first.links["next"]["url"]


class TestRegistering:
    """Token A opens a registration only; token C the modules, until it ends."""

    TOKEN_A = "token-a-of-the-test"
    OURS: Record = {  # noqa: RUF012 - a constant of the tests
        "token": "token-b",
        "url": "https://we.example/ocpi/versions",
        "party_id": "WEH",
        "country_code": "NL",
        "business_details": {"name": "We"},
    }

    @pytest.fixture
    def running(self) -> Iterator[RunningSimulator]:
        with RunningSimulator(locations=20, day=DAY, registration_token=self.TOKEN_A) as running:
            yield running

    def asked(
        self, running: RunningSimulator, verb: str, path: str, token: str, **options: Any
    ) -> requests.Response:
        headers = {"Authorization": f"Token {token}"}
        return requests.request(
            verb, f"{running.base_url}{path}", headers=headers, timeout=120, **options
        )

    def test_the_life_of_a_registration(self, running: RunningSimulator) -> None:
        credentials, tokens = "/ocpi/cpo/2.1.1/credentials", "/ocpi/emsp/2.1.1/tokens"
        details = self.asked(running, "GET", "/ocpi/2.1.1", self.TOKEN_A).json()["data"]
        assert [one["identifier"] for one in details["endpoints"]].count("tokens") == 2
        assert self.asked(running, "GET", tokens, self.TOKEN_A).status_code == 401
        assert self.asked(running, "POST", credentials, "wrong", json=self.OURS).status_code == 401

        answer = self.asked(running, "POST", credentials, self.TOKEN_A, json=self.OURS)
        token_c = answer.json()["data"]["token"]
        assert token_c != self.TOKEN_A
        assert self.asked(running, "GET", tokens, token_c).json()["data"]
        assert self.asked(running, "GET", "/ocpi/cpo/2.1.1/tokens", token_c).status_code == 405
        again = self.asked(running, "POST", credentials, token_c, json=self.OURS)
        assert again.status_code == 405
        assert (
            self.asked(running, "PUT", credentials, self.TOKEN_A, json=self.OURS).status_code == 405
        )

        newer = self.asked(running, "PUT", credentials, token_c, json=self.OURS)
        token_d = newer.json()["data"]["token"]
        assert self.asked(running, "GET", tokens, token_c).status_code == 401
        assert self.asked(running, "GET", credentials, token_d).json()["data"]["token"] == token_d
        assert self.asked(running, "DELETE", credentials, token_d).json()["status_code"] == 1000
        assert self.asked(running, "GET", tokens, token_d).status_code == 401

    def test_credentials_that_lack_something_are_refused(self, running: RunningSimulator) -> None:
        answer = self.asked(
            running, "POST", "/ocpi/emsp/2.1.1/credentials", self.TOKEN_A, json={"token": "b"}
        )
        assert (answer.status_code, answer.json()["status_code"]) == (400, 2001)
