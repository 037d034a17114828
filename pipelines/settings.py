"""The only reader of the environment.

Belongs here: where things live, as given by `OCPI_WAREHOUSE_*` variables, and secrets: read by the
NAME of their variable, or from files of HOME that their owner alone can read. Does not belong
here: what a source is (`sources.py`).
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipelines.errors import ConfigurationError

_SHORTEST_KEY: Final = 16


class Settings(BaseSettings):
    """Where the warehouse lives; every field is an `OCPI_WAREHOUSE_<NAME>` variable."""

    model_config = SettingsConfigDict(env_prefix="OCPI_WAREHOUSE_", frozen=True)

    home: Path = Field(
        default=Path(".ocpi-warehouse"),
        description="Folder of landing/, lake/, postgres/, dagster/ and dbt/.",
    )
    sources: Path = Field(default=Path("sources.yml"), description="The list of sources.")
    url: SecretStr | None = Field(
        default=None,
        description="URL of a Postgres >= 15 (postgresql://...); unset: an embedded server.",
    )
    lake: str | None = Field(
        default=None,
        description="Folder or object-store URL of the lake; unset: <home>/lake.",
    )
    hash_key: SecretStr | None = Field(
        default=None,
        description="Key of the hashes that stand for people; unset: <home>/hash.key, made once.",
    )

    @property
    def home_dir(self) -> Path:
        return self.home.expanduser().absolute()

    @property
    def landing_dir(self) -> Path:
        return self.home_dir / "landing"

    @property
    def lake_uri(self) -> str:
        return self.lake or str(self.home_dir / "lake")

    @property
    def postgres_dir(self) -> Path:
        return self.home_dir / "postgres"

    @property
    def dagster_dir(self) -> Path:
        return self.home_dir / "dagster"

    @property
    def dbt_dir(self) -> Path:
        """Logs and artifacts of the last build of the marts."""
        return self.home_dir / "dbt"

    @property
    def credentials_dir(self) -> Path:
        """<source>.token: what a source gave us when we registered with it, and its servers."""
        return self.home_dir / "credentials"

    @property
    def hash_key_file(self) -> Path:
        """The key of the hashes where the environment names none; closed to others."""
        return self.home_dir / "hash.key"

    @property
    def sources_path(self) -> Path:
        return self.sources.expanduser().absolute()

    def source_token(
        self, source: str, variable: str | None, origins: Collection[str]
    ) -> SecretStr | None:
        """The token for asking a source: the one received, else that of its variable, else None.

        `origins` are the servers that it would be sent to. Raises ConfigurationError where the
        variable is named but not set, and for a token received from another server.
        """
        path = self.credentials_dir / f"{source}.token"
        received = read_token(path)
        if received is None:
            return None if variable is None else secret(variable, needed_by=f"source {source}")
        token, _, line = received.get_secret_value().partition("\n")
        given_by = line.split()
        if not given_by:
            # Kept before origins were: it belongs to those it is sent to now, and to no others.
            with suppress(OSError):
                write_token(path, SecretStr(token), origins=origins)
        elif not set(origins) <= set(given_by):
            raise ConfigurationError(
                f"the token in {path} was given by {', '.join(given_by)} and is not sent to "
                f"{', '.join(sorted(set(origins) - set(given_by)))}; delete the file and register "
                f"again, or take its second line out if both belong to the same party"
            )
        return SecretStr(token)

    def key_of_hashes(self) -> bytes:
        """The key that hashes of people are made with, the same for as long as HOME is kept.

        Without it nobody can tell which card a hash stands for; with another one, people cannot
        be followed from the days before.
        """
        if self.hash_key is not None:
            key = self.hash_key
            if len(key.get_secret_value()) < _SHORTEST_KEY:
                raise ConfigurationError(
                    f"OCPI_WAREHOUSE_HASH_KEY has less than {_SHORTEST_KEY} characters, so hashes "
                    f"could be undone by trying; set a longer one, or none"
                )
            return key.get_secret_value().encode()
        if not self.hash_key_file.exists():
            _write_once(self.hash_key_file, secrets.token_hex(32))
        kept = read_token(self.hash_key_file)
        if kept is None or not kept.get_secret_value():
            raise ConfigurationError(
                f"the key of hashes {self.hash_key_file} is empty; put the key back from a backup, "
                f"or remove the file to begin with another one"
            )
        return kept.get_secret_value().encode()


def read_token(path: Path) -> SecretStr | None:
    """A secret kept in a file, None where there is no file.

    Raises ConfigurationError where others than its owner can read it.
    """
    try:
        with path.open(encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigurationError(f"the secret in {path} cannot be read: {reason}") from None
    if mode & 0o077:
        raise ConfigurationError(
            f"the secret in {path} can be read by others (mode {mode:o}), so it is not used; close "
            f"it with: chmod 600 {path}, and have it replaced if somebody may have seen it"
        )
    return SecretStr(text.strip())


def write_token(path: Path, token: SecretStr, *, origins: Collection[str] = ()) -> None:
    """Replace a token's file at once; a second line says whose servers it may be sent to."""
    lines = [token.get_secret_value(), *([" ".join(sorted(origins))] if origins else [])]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _write_once(path: Path, text: str) -> None:
    """A file that its owner alone can read; whoever comes first writes it, and it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(temporary)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        temporary.unlink(missing_ok=True)


def secret(variable: str, *, needed_by: str) -> SecretStr:
    """The value of an environment variable that holds a secret.

    Raises ConfigurationError naming the variable (never a value) if it is unset or empty.
    """
    value = os.environ.get(variable, "").strip()
    if not value:
        raise ConfigurationError(
            f"{needed_by} needs a token, but the environment variable {variable} is not set; "
            f"set {variable} to the token and run this again"
        )
    return SecretStr(value)
