"""Secrets and personal data on disk: who may read them, and which token is sent."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipelines.errors import ConfigurationError
from pipelines.landing import Landing
from pipelines.settings import Settings
from tests.integration.pulling import DAY, NIGHT, TOKEN_VARIABLE, Puller, api, protocol
from tests.integration.pulling import puller as puller
from tests.integration.pulling import server as server
from tests.integration.pulling import token as token
from tests.integration.source_server import SourceServer, locations, ocpi

RECEIVED = "received-77b1-never-seen"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def _kept(settings: Settings, *, mode: int = 0o600) -> Path:
    settings.credentials_dir.mkdir(parents=True, mode=0o700)
    path = settings.credentials_dir / "cpo.token"
    path.write_text(f"{RECEIVED}\n")
    path.chmod(mode)
    return path


def test_a_token_received_is_sent_instead_of_the_one_in_the_environment(
    server: SourceServer, settings: Settings, token: str
) -> None:
    _kept(settings)
    server.answer("/ocpi/locations", ocpi(locations(1), X_Total_Count="1"))
    landing = Landing(settings.landing_dir, token_of=settings.source_token)
    for source in (api(server, token_env=TOKEN_VARIABLE), api(server)):
        landing.pull(source, protocol(), day=DAY, now=lambda: NIGHT, refresh=True)
    assert {asked.token for asked in server.asked} == {f"Token {RECEIVED}"}
    server.asked.clear()
    landing.pull(api(server, auth="none"), protocol(), day=DAY, now=lambda: NIGHT, refresh=True)
    assert {asked.token for asked in server.asked} == {None}


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_token_that_others_can_read_is_not_sent(
    server: SourceServer, settings: Settings, mode: int
) -> None:
    path = _kept(settings, mode=mode)
    landing = Landing(settings.landing_dir, token_of=settings.source_token)
    with pytest.raises(ConfigurationError, match="can be read by others") as raised:
        landing.pull(api(server), protocol(), day=DAY, now=lambda: NIGHT)
    assert f"chmod 600 {path}" in str(raised.value)
    assert RECEIVED not in str(raised.value)
    assert server.asked == []


def test_without_a_received_token_the_variable_is_read(settings: Settings, token: str) -> None:
    found = settings.source_token("cpo", TOKEN_VARIABLE, ())
    assert found is not None
    assert found.get_secret_value() == token
    assert settings.source_token("cpo", None, ()) is None


def test_a_token_received_from_one_server_is_not_sent_to_another(
    server: SourceServer, settings: Settings, token: str
) -> None:
    """`localhost` stands for the new host, and the file for one from before origins were kept."""
    path = _kept(settings)
    server.answer("/ocpi/locations", ocpi(locations(1), X_Total_Count="1"))
    landing = Landing(settings.landing_dir, token_of=settings.source_token)
    landing.pull(api(server), protocol(), day=DAY, now=lambda: NIGHT)
    assert path.read_text() == f"{RECEIVED}\n{server.url}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    server.asked.clear()
    there = server.url.replace("127.0.0.1", "localhost")
    moved = api(server, base_url=f"{there}/ocpi/", token_env=TOKEN_VARIABLE)
    with pytest.raises(ConfigurationError, match=f"is not sent to {there}; delete") as raised:
        landing.pull(moved, protocol(), day=DAY, now=lambda: NIGHT, refresh=True)
    assert str(path) in str(raised.value)
    assert RECEIVED not in str(raised.value)
    assert server.asked == []
    path.write_text(f"{RECEIVED}\n")
    landing.pull(moved, protocol(), day=DAY, now=lambda: NIGHT, refresh=True)
    assert {asked.token for asked in server.asked} == {f"Token {RECEIVED}"}


def test_landing_folders_are_closed_to_others(server: SourceServer, puller: Puller) -> None:
    server.answer("/ocpi/locations", ocpi(locations(1), X_Total_Count="1"))
    before = os.umask(0)
    try:
        attempt = puller.pull(api(server))
    finally:
        os.umask(before)
    below = [attempt.path, *attempt.path.relative_to(puller.root).parents]
    for folder in (puller.root / part for part in below):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


def test_a_landing_that_was_there_before_keeps_its_mode(
    server: SourceServer, puller: Puller
) -> None:
    puller.root.mkdir(mode=0o755)
    server.answer("/ocpi/locations", ocpi(locations(1), X_Total_Count="1"))
    puller.pull(api(server))
    assert stat.S_IMODE(puller.root.stat().st_mode) == 0o755
    assert stat.S_IMODE((puller.root / "cpo").stat().st_mode) == 0o700


def test_the_key_of_hashes_is_made_once_and_closed_to_others(settings: Settings) -> None:
    keys: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: keys.append(settings.key_of_hashes())) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert len(keys[0]) == 64
    assert stat.S_IMODE(settings.hash_key_file.stat().st_mode) == 0o600
    assert [path.name for path in settings.home_dir.iterdir()] == ["hash.key"]


def test_a_key_of_hashes_in_the_environment_comes_first(tmp_path: Path) -> None:
    given = Settings(home=tmp_path, hash_key=SecretStr("sixteen chars at least"))
    assert given.key_of_hashes() == b"sixteen chars at least"
    assert "sixteen" not in repr(given)
    assert not given.hash_key_file.exists()


def test_a_key_of_hashes_that_can_be_guessed_or_read_is_refused(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="less than 16") as raised:
        Settings(hash_key=SecretStr("short")).key_of_hashes()
    assert "short" not in str(raised.value).replace("shorter", "")
    settings.key_of_hashes()
    settings.hash_key_file.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        settings.key_of_hashes()
    settings.hash_key_file.chmod(0o600)
    settings.hash_key_file.write_text("")
    with pytest.raises(ConfigurationError, match="is empty"):
        settings.key_of_hashes()
