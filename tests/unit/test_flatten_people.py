"""Records about people: whatever is sent, nothing that names one gets past the rewriting."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.flatten.hiding import without_people
from pipelines.model import TABLES
from tests import factories
from tests.unit.flatten_outcome import Outcome, location
from tests.unit.test_flatten_laws import LAWS

LOCATION = {
    "id": "L1",
    "coordinates": {"latitude": "52.1", "longitude": "5.2"},
    "evses": [{"uid": "E1", "connectors": [{"id": "1", "voltage": 230}]}],
}
PERIODS = [
    {
        "start_date_time": "2026-06-07T10:00:00Z",
        "dimensions": [{"type": "ENERGY", "volume": 1.5}],
    }
]
RECORDS: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "sessions": (
        "session",
        {"id": "S1", "kwh": 1, "location": LOCATION, "charging_periods": PERIODS},
        ("auth_id",),
    ),
    "cdrs": (
        "cdr",
        {
            "id": "C1",
            "total_cost": 1,
            "location": LOCATION,
            "tariffs": [{"id": "T1"}],
            "charging_periods": PERIODS,
        },
        ("auth_id",),
    ),
    "tokens": ("token", {"type": "RFID", "valid": True}, ("uid", "auth_id", "visual_number")),
}
# No text that flatten writes itself is made of these.
secrets = st.text(st.sampled_from("QXZJ"), min_size=12, max_size=16)


def hidden_in(secret: str, form: int) -> Any:
    """The ways in which a feed may write a text."""
    return [secret, f" {secret}\x00", [secret], {"value": secret}, {"uid": secret}, [secret, "b"]][
        form
    ]


@pytest.mark.parametrize("module", RECORDS)
@given(data=st.data())
@LAWS
def test_no_name_of_a_person_survives_and_no_record_is_lost(
    module: str, data: st.DataObject
) -> None:
    root, base, names = RECORDS[module]
    sent: list[Any] = []
    kept_secret: list[str] = []
    for number in range(data.draw(st.integers(1, 4))):
        spoilt = data.draw(factories.spoilt(st.just({**base, "id": f"X{number}"})))
        record = spoilt if isinstance(spoilt, dict) else {}
        for name in (*names, "cdr_token", "contract-id"):
            secret = data.draw(secrets)
            kept_secret.append(secret)
            spelling = data.draw(
                st.sampled_from([name, name.title().replace("_", ""), name.upper()])
            )
            record[spelling] = hidden_in(secret, data.draw(st.integers(0, 5)))
        raw = json.dumps(record).encode()
        sent.append(raw if data.draw(st.integers(0, 5)) else raw[: len(raw) * 4 // 5])
        if data.draw(st.integers(0, 5)) == 0:
            sent.append(kept_secret[-1])
    found = Outcome(*sent, module=module, dialect="ocpi_2_1_1")
    written = repr((found.tables, [t.to_pylist() for t in found.report.tables().values()]))
    assert not [secret for secret in kept_secret if secret in written]
    assert found.ledger(root)[0] == len(sent)
    for line in found.report.ledger.to_pylist():
        assert line["received"] == line["loaded"] + line["quarantined"] + line["duplicates"]
        assert line["loaded"] == len(found.tables.get(line["level"], []))
    for name, rows in found.tables.items():
        keys = [tuple(row[k] for k in TABLES[name].key) for row in rows]
        assert len(set(keys)) == len(keys)


def test_an_attribute_nobody_declares_is_reported_without_what_it_says() -> None:
    found = Outcome(
        {"id": "S1", "cdr_token": {"uid": "QXZJ"}, "location": {"id": "L1", "near": "x"}},
        module="sessions",
        dialect="ocpi_2_1_1",
    )
    assert found.unknown() == {("cdr_token", ""): 1}
    (line,) = found.report.unknown_attribute.to_pylist()
    assert line["sample"] == "hidden"


CARDS = [{"uid": "QXZJQXZJ", "visual_number": "NL-QXZJ]}-7", "group_id": None}]
SPELLINGS = ("publish_allowed_to", "publishAllowedTo", "PUBLISH-ALLOWED-TO", "PublishAllowedTo")


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("dialect", ["ocpi_2_2_1", "ocpi_2_1_1", "eco_movement", "voltality"])
def test_cards_that_may_see_a_location_are_shown_in_no_report(dialect: str, spelling: str) -> None:
    cards = {spelling: CARDS}
    found = Outcome(
        location(uid="L1", **cards),
        location(uid="L1", name="another", **cards),
        location(uid=None, id=None, **cards),
        {"location": location(uid="L2", id="L2", **cards), **cards},
        [location(id="L3", **cards)],
        json.dumps(location(id="L4", last="x", **cards)).encode()[:-20],
        location(uid="L5", id="L5", operator=[cards, cards], around={"near": cards}),
        dialect=dialect,
    )
    written = repr((found.tables, [t.to_pylist() for t in found.report.tables().values()]))
    assert "QXZJ" not in written
    assert "duplicate_key" in {line["reason"] for line in found.quarantine()}
    (record, *_) = (x["record"] for x in found.quarantine() if x["reason"] == "duplicate_key")
    assert json.loads(record)[spelling] == "hidden"
    assert json.loads(record)["name"] in ("Station", "another")


def test_cards_are_hidden_in_the_location_of_a_session_too() -> None:
    found = Outcome(
        {"id": "S1", "location": {"id": "L1", "publish_allowed_to": CARDS, "near": "x"}},
        module="sessions",
        dialect="ocpi_2_1_1",
    )
    document = json.loads(found.one("session")["location_document"])
    assert document == {"id": "L1", "publish_allowed_to": "hidden", "near": "x"}


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ('{"publish\\u005fallowed_\\u0074o" : "a, b", "x": 1}', '"hidden", "x": 1}'),
        ('{"publish_allowed_to": null, "x": 1}', '"hidden", "x": 1}'),
        ('{"publish_allowed_to": [["a"], {"b": "\\"]"}]}', '"hidden"}'),
        ('{"publish_allowed_to": [{"uid": "a"', '"hidden"'),
        ('{"publish_allowed_to": "a', '"hidden"'),
        ('{"publish_allowed_to": }', '"hidden"}'),
    ],
)
def test_a_value_is_hidden_up_to_its_end_or_that_of_a_broken_text(sent: str, shown: str) -> None:
    assert without_people(sent) == sent[: sent.index(":") + 1] + " " + shown


def test_a_text_that_only_speaks_of_the_cards_is_shown_as_it_came() -> None:
    for text in ("publish_allowed_to", '{"publish": "publish_allowed_to", "x": ":"}', '"publish"'):
        assert without_people(text) == text
