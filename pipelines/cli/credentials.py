"""`ocpi-warehouse credentials`: registering with a source, and where its token is kept.

Belongs here: which token is used for what, the files of tokens, what is printed. Does not belong
here: the talk with the peer (`ocpi/registration.py`), reading a token for a pull (`settings.py`).

    HOME/credentials/          0700
        <source>.token         0600   what the source gave us (token C): pulls use it from then on;
                                      below it the servers that it may be sent to
        <source>.ours          0600   what the source may call our url with (token B)
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import typer
from pydantic import SecretStr

from pipelines.dialects import dialect_of
from pipelines.errors import ConfigurationError
from pipelines.ocpi.registration import NotRegisteredError, Ours, Registration
from pipelines.settings import Settings, read_token, write_token
from pipelines.sources import Source

Action = Literal["register", "show", "remove"]


@dataclass(frozen=True, slots=True)
class Kept:
    """The tokens of one source on disk."""

    folder: Path
    source: str

    @property
    def received_file(self) -> Path:
        return self.folder / f"{self.source}.token"

    @property
    def ours_file(self) -> Path:
        return self.folder / f"{self.source}.ours"

    def forget(self) -> None:
        for path in (self.received_file, self.ours_file):
            path.unlink(missing_ok=True)


def run_credentials(
    settings: Settings, source: Source, *, action: Action, update: bool, only_print: bool
) -> None:
    """Register, show or remove. Who has a kept token is registered: that one is updated."""
    kept = Kept(settings.credentials_dir, source.name)
    protocol = dialect_of(source).protocol
    token = settings.source_token(source.name, source.token_env, source.origins)
    if token is None:
        raise ConfigurationError(
            f"source {source.name!r} has no token to register with; set token_env in sources.yml "
            f"to the name of a variable that holds the one its owner gave you"
        )
    with Registration(source, protocol, token=token) as registration:
        match action:
            case "show":
                typer.echo(json.dumps(registration.shown(), indent=2, ensure_ascii=False))
            case "remove":
                _remove(registration, kept)
            case "register":
                is_known = update or kept.received_file.exists()
                _register(
                    registration.update if is_known else registration.create,
                    source,
                    kept,
                    only_print=only_print,
                )


def _register(
    send: Callable[[Ours], SecretStr], source: Source, kept: Kept, *, only_print: bool
) -> None:
    token = read_token(kept.ours_file) or SecretStr(secrets.token_hex(24))
    ours = _ours(source, token)
    if not only_print:
        # Before the peer is asked: whatever answers at our url must know it by then, and a folder
        # that cannot be written must not cost a token that is given once.
        _written(kept.ours_file, token, so="make that folder writable, or use --print")
    try:
        received = send(ours)
    except NotRegisteredError as error:
        raise ConfigurationError(
            f"{error}; to begin anew, ask the source's owner for a token, set {source.token_env} "
            f"to it, delete {kept.received_file} if it is there, and register again"
        ) from None
    if only_print:
        typer.echo(received.get_secret_value())
        return
    lost = f"{source.name} has registered us with a token that is lost: ask its owner to start over"
    _written(kept.received_file, received, origins=source.origins, so=lost)
    typer.echo(f"registered with {source.name}; its token is kept in {kept.received_file}")


def _remove(registration: Registration, kept: Kept) -> None:
    try:
        registration.remove()
    except NotRegisteredError as error:
        raise ConfigurationError(
            f"{error}; nothing was removed there: if that is right, delete {kept.received_file}"
        ) from None
    kept.forget()
    typer.echo(f"{kept.source} knows us no more; its token is deleted")


def _ours(source: Source, token: SecretStr) -> Ours:
    who = source.credentials
    if who is None:
        raise ConfigurationError(
            f"source {source.name!r} does not say who we are; add to it in sources.yml: "
            f"credentials: {{country_code: NL, party_id: ABC, name: OUR NAME, url: OUR VERSIONS "
            f"URL}}"
        )
    return Ours(
        token=token,
        url=who.url,
        name=who.name,
        website=who.website,
        country_code=who.country_code,
        party_id=who.party_id,
    )


def _written(path: Path, token: SecretStr, *, origins: Collection[str] = (), so: str) -> None:
    """Whoever reads the file finds the old token or the new one."""
    try:
        write_token(path, token, origins=origins)
    except OSError as error:
        raise ConfigurationError(
            f"a token cannot be kept in {path}: {error.strerror}; {so}"
        ) from None
