"""What a source is: the entries of sources.yml, loaded and validated.

Belongs here: the `Source` model and the sentences for a wrong file. Does not belong here: what
a dialect means (`dialects/`), how a source is spoken to (`ocpi/`), secrets (only the NAME of
their variable is known here).
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from pipelines.errors import ConfigurationError, NoSnapshotError

Dialect = Literal["ocpi_2_2_1", "ocpi_2_1_1", "eco_movement", "voltality"]
SourceName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
DATE_PLACEHOLDER = "{date}"
_WEB_SCHEMES = frozenset({"http", "https"})


class OwnCredentials(BaseModel):
    """Who we are to a source that we register with; `url` is that of our own versions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    country_code: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    party_id: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{3}$")]
    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^@\s]+$", max_length=255)]
    website: str | None = None


class Source(BaseModel):
    """One entry of sources.yml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: SourceName
    dialect: Dialect
    transport: Literal["file", "http"]

    modules: dict[str, str] | tuple[str, ...] = Field(
        default=(),
        description="transport file: module name -> local path or http(s) URL; {date} makes past "
        "days loadable. transport http: the modules to pull; unset: the dialect's usual ones.",
    )
    # transport: http
    versions_url: str | None = None
    base_url: str | None = None
    paths: dict[str, str] = Field(
        default_factory=dict, description="Module name -> its path, where it is not the usual one."
    )
    pagination: Literal["link", "offset", "none", "last_record"] | None = Field(
        default=None, description="How every list is paged; unset: as the dialect says."
    )
    token_env: str | None = Field(default=None, description="Name of the variable, not its value.")
    auth: Literal["token", "token_base64", "bearer", "none"] | None = Field(
        default=None,
        description="How the token is sent; unset: the dialect's habit, raw, then base64 once.",
    )
    page_size: int | None = Field(default=None, ge=1, description="Records asked for per page.")
    min_request_interval: float = Field(default=0.0, ge=0, description="Seconds between requests.")
    time_out: float = Field(default=60.0, gt=0, description="Seconds without a byte.")
    answers_past_days: bool = Field(
        default=False, description="The server can be asked for a past day (the simulator can)."
    )

    details: Literal["none", "bulk"] | int = Field(
        default="none",
        description="What bulk answers leave out: not asked for, carried by them after all, or "
        "asked for this many locations a night, in turn.",
    )
    window_overlap_s: int = Field(
        default=3600,
        ge=0,
        description="Seconds before its day, or before where it was left, from which a windowed "
        "module is asked for: bounds are exclusive in some places, and clocks differ.",
    )

    credentials: OwnCredentials | None = Field(
        default=None, description="Who we are, for `ocpi-warehouse credentials`."
    )

    required: tuple[str, ...] = Field(
        default=("locations",), description="Modules without which the snapshot is no snapshot."
    )
    schedule: str | None = Field(default=None, description="Cron, UTC unless timezone is given.")
    timezone: str = "UTC"
    owner: str | None = Field(default=None, description="Who is asked when it breaks (an e-mail).")
    rank: int = Field(default=100, description="Lower wins when two copies of an EVSE are equal.")
    mass_change_share: float = Field(
        default=0.2,
        gt=0,
        le=1,
        description="Share of known locations that may vanish in a night before a person is asked.",
    )

    @field_validator("modules", mode="before")
    @classmethod
    def _modules_are_a_list_or_a_mapping(cls, modules: object) -> object:
        texts: list[object] = []
        if isinstance(modules, dict):
            texts = [*modules, *modules.values()]
        elif isinstance(modules, list | tuple):
            texts = list(modules)
        if not isinstance(modules, dict | list | tuple) or not all(
            isinstance(text, str) for text in texts
        ):
            raise ValueError(
                "modules is a list of names ([locations, tariffs]), or with transport file a "
                "mapping of names to places ({locations: PATH_OR_URL})"
            )
        return modules

    @field_validator("details", mode="before")
    @classmethod
    def _details_are_a_word_or_a_number(cls, details: object) -> object:
        is_number = isinstance(details, int) and not isinstance(details, bool) and details > 0
        if not is_number and details not in ("none", "bulk"):
            raise ValueError("details is none, bulk, or the number of locations to ask for a night")
        return details

    @model_validator(mode="after")
    def _has_what_its_transport_needs(self) -> Self:
        if self.transport == "file":
            self._check_file()
        else:
            self._check_http()
        if self.token_env and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", self.token_env):
            # Whoever pastes the token itself here must not see it echoed into a log.
            raise ValueError("token_env must be the NAME of an environment variable, not a token")
        return self

    @model_validator(mode="after")
    def _requires_what_is_pulled(self) -> Self:
        missing = [name for name in self.required if name not in self.modules]
        if self.modules and missing:
            raise ValueError(
                f"{missing[0]!r} is required but not among the modules; add it there, or say "
                f"required: [{next(iter(self.modules))}]"
            )
        return self

    def _check_file(self) -> None:
        if not isinstance(self.modules, dict) or not self.modules:
            raise ValueError("transport file needs modules: {locations: PATH_OR_URL}")
        if self.versions_url or self.base_url:
            raise ValueError("transport file takes modules, not versions_url or base_url")
        if self.paths or self.pagination:
            raise ValueError("paths and pagination are for transport http; a file is one document")
        if isinstance(self.details, int):
            raise ValueError("a file cannot be asked one by one; details is none or bulk")

    def _check_http(self) -> None:
        if isinstance(self.modules, dict) and self.modules:
            raise ValueError("transport http takes modules as a list: [locations, tariffs]")
        if not (self.versions_url or self.base_url):
            raise ValueError("transport http needs versions_url or base_url")
        for url in (self.versions_url, self.base_url):
            if url and urlsplit(url).scheme not in _WEB_SCHEMES:
                raise ValueError(f"{url!r} is not an http or https URL")
            if url and "@" in urlsplit(url).netloc:
                raise ValueError("credentials in a URL would reach logs; use token_env")
        if self.paths and not self.base_url:
            raise ValueError("paths are relative to base_url, which is not set")
        for path in self.paths.values():
            # The token goes where base_url says; a path must not lead it to another host.
            if urlsplit(path).scheme or path.startswith(("//", "\\")):
                raise ValueError(f"{path!r} is not a path below base_url")

    @property
    def documents(self) -> dict[str, str]:
        """Module name -> path or URL, {date} in it (transport file)."""
        return self.modules if isinstance(self.modules, dict) else {}

    @property
    def is_replayable(self) -> bool:
        """Whether a past day can be pulled: by {date} in a required path, or by declaration."""
        if self.answers_past_days:
            return True
        return self.transport == "file" and all(
            DATE_PLACEHOLDER in self.documents[name] for name in self.required
        )

    @property
    def origins(self) -> tuple[str, ...]:
        """The servers that its owner wrote into sources.yml: https://cpo.example:8443, sorted."""
        urls = (self.versions_url, self.base_url, *self.documents.values())
        parts = [urlsplit(url) for url in urls if url]
        return tuple(
            sorted(
                {
                    f"{p.scheme}://{p.netloc.rpartition('@')[2]}".lower()
                    for p in parts
                    if p.scheme in _WEB_SCHEMES
                }
            )
        )

    @property
    def undated_documents(self) -> tuple[str, ...]:
        """Modules whose document is the same for every day, and so says nothing of a past one."""
        if self.answers_past_days:
            return ()
        return tuple(
            name for name, where in self.documents.items() if DATE_PLACEHOLDER not in where
        )

    def without_undated_documents(self) -> Self:
        """The source as it can be asked for a past day."""
        dated = {n: at for n, at in self.documents.items() if n not in self.undated_documents}
        return self.model_copy(update={"modules": dated})

    def module_location(self, module: str, day: date) -> str:
        """Path or URL of a module's document for a day (transport file).

        Raises NoSnapshotError for a module that is not among the documents.
        """
        where = self.documents.get(module)
        if where is None:
            raise NoSnapshotError(
                f"no {module} of {self.name} of {day} can be had: its document is the same for "
                f"every day; write {{date}} into its path to load past days of it"
            )
        return where.replace(DATE_PLACEHOLDER, day.isoformat())


class SourceFile(BaseModel):
    """The whole of sources.yml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sources: tuple[Source, ...]

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [source.name for source in self.sources]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"the name {twice[0]!r} is used twice")
        return self


def load_sources(path: Path) -> dict[str, Source]:
    """Sources by name, in the order of the file.

    Relative paths of modules are resolved against the folder of the file, so that a command
    means the same from any folder. Raises ConfigurationError with one sentence.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            f"no list of sources at {path}; write one (see README, 'Adding a source') or set "
            f"OCPI_WAREHOUSE_SOURCES to where it is"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read the list of sources {path}: {error}") from None
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        raise ConfigurationError(f"{path}{line} is not valid YAML; correct it there") from None
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path} must begin with 'sources:' and a list of sources")
    try:
        parsed = SourceFile.model_validate(document)
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {_first_sentence(error, document)}") from None
    return {source.name: _anchored(source, path.parent) for source in parsed.sources}


def _first_sentence(error: ValidationError, document: dict[str, object]) -> str:
    """The first problem in words, with the name of the source rather than its index."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = [str(part) for part in first["loc"]]
    if len(place) > 1 and place[0] == "sources" and place[1].isdigit():
        entries = document.get("sources")
        entry = entries[int(place[1])] if isinstance(entries, list | tuple) else None
        name = entry.get("name") if isinstance(entry, dict) else None
        place = [f"source {name!r}" if name else f"source number {int(place[1]) + 1}", *place[2:]]
    message = first["msg"].removeprefix("Value error, ")
    return f"{', '.join(place)}: {message}" if place else message


def _anchored(source: Source, folder: Path) -> Source:
    if not isinstance(source.modules, dict):
        return source
    modules = {
        name: where if urlsplit(where).scheme in _WEB_SCHEMES else str(folder / where)
        for name, where in source.modules.items()
    }
    return source.model_copy(update={"modules": modules})
