"""What sources.yml may say, and the one sentence for what it may not."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from pipelines.dialects import DIALECTS, dialect_of
from pipelines.errors import ConfigurationError
from pipelines.ocpi.pull import modules_of
from pipelines.sources import Dialect, Source


def _http(**settings: Any) -> Source:
    return Source.model_validate(
        {
            "name": "api",
            "dialect": "ocpi_2_1_1",
            "transport": "http",
            "base_url": "https://cpo.test/ocpi/",
            **settings,
        }
    )


def _file(**settings: Any) -> Source:
    return Source.model_validate(
        {
            "name": "feed",
            "dialect": "eco_movement",
            "transport": "file",
            "modules": {"locations": "l_{date}.json"},
            **settings,
        }
    )


def test_every_dialect_that_sources_may_name_is_declared() -> None:
    assert DIALECTS.keys() == set(get_args(Dialect))


def _pulled(source: Source) -> tuple[str, ...]:
    return modules_of(source, dialect_of(source).protocol)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"modules": {"locations": "x.json"}}, "transport http takes modules as a list"),
        ({"modules": "locations"}, "modules is a list of names"),
        ({"modules": ["locations", 5]}, "modules is a list of names"),
        ({"modules": ["tariffs"]}, "'locations' is required but not among the modules"),
        ({"details": 0}, "details is none, bulk, or the number"),
        ({"details": True}, "details is none, bulk, or the number"),
        ({"details": "all"}, "details is none, bulk, or the number"),
        ({"window_overlap_s": -1}, "greater than or equal to 0"),
        ({"pagination": "cursor"}, "Input should be 'link', 'offset', 'none' or 'last_record'"),
        ({"paths": {"locations": "https://elsewhere.test/l"}}, "is not a path below base_url"),
        ({"paths": {"locations": "//elsewhere.test/l"}}, "is not a path below base_url"),
        (
            {"base_url": None, "versions_url": "https://a.test/v", "paths": {"tariffs": "t"}},
            "paths are relative to base_url",
        ),
        ({"credentials": {"country_code": "nl"}}, "String should match pattern"),
    ],
)
def test_a_setting_that_cannot_be_is_one_sentence(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as raised:
        _http(**settings)
    assert said in raised.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"modules": ["locations"]}, "transport file needs modules: {"),
        ({"pagination": "link"}, "paths and pagination are for transport http"),
        ({"details": 50}, "a file cannot be asked one by one"),
    ],
)
def test_a_file_takes_no_settings_of_an_api(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as raised:
        _file(**settings)
    assert said in raised.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"modules": ["locations", "prices"]},
            "source 'api', modules: ocpi_2_1_1 has no module 'prices'; it has: locations, tariffs,"
            " sessions, cdrs, tokens",
        ),
        ({"required": ["location"]}, "source 'api', required: ocpi_2_1_1 has no module 'location'"),
        ({"paths": {"evses": "evse"}}, "source 'api', paths: ocpi_2_1_1 has no module 'evses'"),
        ({"details": 50}, "source 'api', details: the lists of ocpi_2_1_1 leave nothing out"),
        (
            {"dialect": "eco_movement", "modules": ["locations", "location_details"]},
            "location_details is pulled as details says",
        ),
    ],
)
def test_what_the_dialect_knows_nothing_of_is_named(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        dialect_of(_http(**settings))
    assert said in str(raised.value)


def test_without_modules_the_dialects_usual_ones_are_pulled() -> None:
    assert _pulled(_http()) == ("locations", "tariffs")
    assert _pulled(_http(dialect="eco_movement")) == (
        *("locations", "tariffs", "prices", "connector_prices"),
    )
    assert _pulled(_http(dialect="voltality")) == ("locations", "tariffs")


def test_modules_named_are_pulled_and_no_others_required_ones_first() -> None:
    listed = _http(modules=["tokens", "locations", "cdrs"], required=["locations"])
    assert _pulled(listed) == ("locations", "tokens", "cdrs")


def test_details_come_after_their_list_even_where_they_are_required() -> None:
    assert _pulled(_http(dialect="eco_movement", details=50, required=["location_details"])) == (
        *("locations", "tariffs", "prices", "connector_prices", "location_details"),
    )
    assert _pulled(_file(details="bulk")) == ("locations", "location_details")


def test_a_file_is_replayable_by_the_date_in_its_required_paths() -> None:
    assert _file().is_replayable
    assert not _file(modules={"locations": "l.json"}).is_replayable
    assert not _http().is_replayable
    assert _http(answers_past_days=True).is_replayable
