"""`ocpi-warehouse look-up`: what a source says of one object now.

Belongs here: the question, and the answer as JSON. For the night on which an id has vanished and
somebody wants to see whether it is gone. Does not belong here: anything that is kept.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import msgspec
import typer

from pipelines.dialects import dialect_of
from pipelines.errors import ConfigurationError, SourceError
from pipelines.ocpi.addresses import joined
from pipelines.ocpi.envelope import RawRecord, split
from pipelines.ocpi.exchange import ask
from pipelines.ocpi.pull import Connection
from pipelines.settings import Settings
from pipelines.sources import Source


def run_look_up(
    settings: Settings, source: Source, *, location: str | None, evse: str | None
) -> None:
    """Print one location or one EVSE. Raises SourceError where the source has none such."""
    if (location is None) == (evse is None):
        raise ConfigurationError("name one thing to look up: --location ID or --evse EVSE_ID")
    if source.transport == "file":
        raise ConfigurationError(
            f"source {source.name!r} is read from documents, which cannot be asked; "
            f"its pages are in the landing"
        )
    with Connection(
        source,
        dialect_of(source).protocol,
        day=datetime.now(UTC).date(),
        token=settings.source_token(source.name, source.token_env, source.origins),
        spool=Path(),
    ) as connection:
        if location is not None:
            records = _location(connection, location)
        else:
            records = _evse(connection, str(evse))
    found = [msgspec.json.decode(record) for record in records]
    shown = found[0] if len(found) == 1 else found
    typer.echo(json.dumps(shown, indent=2, ensure_ascii=False))


def _location(connection: Connection, location: str) -> list[RawRecord]:
    (detail,) = connection.details("locations", [location])
    if detail.refusal is not None:
        raise _untold(connection.source, f"location {location!r}", said=detail.refusal)
    if detail.page is None:
        raise SourceError(f"{connection.source.name} has no location {location!r} now")
    page = detail.page
    return split(page.body, what=f"the answer of {page.url_redacted}").records


def _evse(connection: Connection, evse: str) -> list[RawRecord]:
    source, path = connection.source, connection.protocol.evse_path
    if path is None or source.base_url is None:
        raise ConfigurationError(
            f"source {source.name!r} ({source.dialect}) cannot be asked for an EVSE; look up its "
            f"location: --location ID"
        )
    url = joined(source.base_url, path.replace("{evse_id}", quote(evse, safe="")))
    exchange = ask(connection.client, url, endpoint="evse", may_lead_nowhere=True)
    if exchange.refusal is not None and not exchange.says_gone:
        raise _untold(source, f"EVSE {evse!r}", said=exchange.refusal)
    if not exchange.envelope.records:
        said = exchange.refusal or "an empty answer"
        raise SourceError(f"{source.name} has no EVSE {evse!r} now ({said})")
    return exchange.envelope.records


def _untold(source: Source, what: str, *, said: str) -> SourceError:
    return SourceError(
        f"{source.name} does not say whether it has {what}: it answered {said}; ask its owner "
        f"whether one by itself can be asked for"
    )
