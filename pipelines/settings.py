"""The only reader of the environment.

Belongs here: where things live, as given by `OCPI_WAREHOUSE_*` variables, and secrets read by
the NAME of their variable. Does not belong here: what a source is (`sources.py`).
"""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipelines.errors import ConfigurationError


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
        """<source>.token: what a source gave us when we registered with it; closed to others."""
        return self.home_dir / "credentials"

    @property
    def sources_path(self) -> Path:
        return self.sources.expanduser().absolute()

    def source_token(self, source: str, variable: str | None) -> SecretStr | None:
        """The token for asking a source: the one received, else that of its variable, else None.

        Raises ConfigurationError where the variable is named but not set.
        """
        received = read_token(self.credentials_dir / f"{source}.token")
        if received is not None or variable is None:
            return received
        return secret(variable, needed_by=f"source {source}")


def read_token(path: Path) -> SecretStr | None:
    """A token kept in a file, None where there is no file."""
    try:
        return SecretStr(path.read_text(encoding="utf-8").strip())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigurationError(f"the token in {path} cannot be read: {reason}") from None


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
