"""Registering with an OCPI 2.1.1 peer: what it knows of us, and the token it gives us.

Belongs here: the credentials endpoint, found by version discovery, and sentences for what it
refuses. Does not belong here: where tokens are kept (`cli/credentials.py`), pulling (`pull.py`).

    with Registration(source, protocol, token=token_a) as registration:
        token_c = registration.create(ours)

A peer calls our own `url` back with our token while it registers us, and token A is often good
for one registration only: so nothing that changes something is sent twice.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

import msgspec
from pydantic import SecretStr

from pipelines.dialects.endpoints import Protocol
from pipelines.errors import ConfigurationError, OcpiWarehouseError, SourceError, TransientError
from pipelines.ocpi.addresses import redacted
from pipelines.ocpi.client import Answer, Limits
from pipelines.ocpi.credentials import MASK
from pipelines.ocpi.envelope import Envelope, split
from pipelines.ocpi.exchange import ask, status_error
from pipelines.ocpi.pull import Connection
from pipelines.ocpi.versions import at_home, discover
from pipelines.sources import Source

_ENDPOINT: Final = "credentials"
# What can be sent in a header; a line break in it would be a header of the peer's choice.
_SENDABLE = re.compile(r"[!-~]{1,255}")
_REFUSED: Final = frozenset({401, 403})
_NOT_REGISTERED: Final = frozenset({401, 403, 405})

Verb = Literal["POST", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True)
class Ours:
    """What we tell a peer of ourselves; `token` is the one it may call our `url` with."""

    token: SecretStr
    url: str
    name: str
    country_code: str
    party_id: str
    website: str | None = None

    def document(self) -> bytes:
        """The Credentials object of OCPI 2.1.1."""
        details = {"name": self.name} | ({"website": self.website} if self.website else {})
        return json.dumps(
            {
                "token": self.token.get_secret_value(),
                "url": self.url,
                "business_details": details,
                "party_id": self.party_id,
                "country_code": self.country_code,
            }
        ).encode()


class NotRegisteredError(SourceError):
    """The peer does not know the token as that of a registration."""


class Registration:
    """The credentials endpoint of one source, for the length of one command."""

    def __init__(
        self,
        source: Source,
        protocol: Protocol,
        *,
        token: SecretStr,
        limits: Limits | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if source.versions_url is None:
            raise ConfigurationError(
                f"source {source.name!r} has no versions_url, and only version discovery tells "
                f"where to register; set it in sources.yml"
            )
        self._source = source
        self._versions_url = source.versions_url
        self._protocol = protocol
        self._connection = Connection(
            source,
            protocol,
            day=datetime.now(UTC).date(),
            token=token,
            spool=Path(),
            limits=limits,
            sleep=sleep,
        )
        self._client = self._connection.client
        self._secrets = [token.get_secret_value()]

    def __enter__(self) -> Self:
        self._connection.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.__exit__(exc_type, exc, traceback)

    def create(self, ours: Ours) -> SecretStr:
        """Register with token A; the token for everything else.

        Raises SourceError with what to do, TransientError where the source did not answer.
        """
        return self._registered("POST", ours)

    def update(self, ours: Ours) -> SecretStr:
        """Tell a peer that knows us anew who we are; the token from now on.

        Raises NotRegisteredError where it does not know us, else as `create`.
        """
        return self._registered("PUT", ours)

    def remove(self) -> None:
        """End the registration. Raises NotRegisteredError where there is none."""
        self._sent("DELETE", None)

    def shown(self) -> dict[str, Any]:
        """What the peer answers to a GET of the credentials, tokens masked."""
        envelope = ask(self._client, self._url(), endpoint=_ENDPOINT).envelope
        return {
            key: MASK if key.lower() == "token" else value
            for key, value in self._object(envelope).items()
        }

    def _registered(self, verb: Verb, ours: Ours) -> SecretStr:
        self._secrets.append(ours.token.get_secret_value())
        received = self._object(self._sent(verb, ours)).get("token")
        if not isinstance(received, str) or not _SENDABLE.fullmatch(received):
            raise SourceError(
                f"{self._name} accepted the registration but answered no token that can be sent; "
                f"ask its owner for one"
            )
        return SecretStr(received)

    def _sent(self, verb: Verb, ours: Ours | None) -> Envelope:
        """The envelope of what was asked for, or what the peer refuses in one sentence."""
        url = self._url()
        document = ours.document() if ours else None
        while True:
            try:
                answer = self._client.send(verb, url, endpoint=_ENDPOINT, document=document)
            except TransientError as error:
                raise TransientError(
                    f"{error}; whether it took effect is not known, ask with: {self._command} show"
                ) from None
            # A refused token changed nothing, so its other form may be tried.
            refused = answer.status in _REFUSED
            if not refused or not self._client.credentials.try_another(_ENDPOINT):
                break
        if not answer.ok:
            raise self._refusal(verb, answer)
        self._client.credentials.accepted(_ENDPOINT)
        envelope = self._split(answer)
        if 3000 <= (envelope.status_code or 0) < 4000 and ours is not None:
            raise SourceError(self._scrubbed(self._cannot_use(ours, envelope)))
        try:
            envelope.raise_for_status(what=f"{verb} {redacted(url)}")
        except OcpiWarehouseError as error:
            raise type(error)(self._scrubbed(str(error))) from None
        return envelope

    def _refusal(self, verb: Verb, answer: Answer) -> SourceError:
        """The sentence for an HTTP status that is no success, by what was asked."""
        said = f"(HTTP {answer.status})"
        if verb == "POST" and answer.status == 405:
            return SourceError(
                f"{self._name} has this token registered already {said}; tell it anew with: "
                f"{self._command} register --update, or end it with: {self._command} remove"
            )
        if verb == "POST" and answer.status in _REFUSED:
            return SourceError(
                f"{self._name} refused the token for a registration {said}; such a token serves "
                f"once: ask the source's owner for a new one and set {self._source.token_env} to it"
            )
        if verb != "POST" and answer.status in _NOT_REGISTERED:
            return NotRegisteredError(f"{self._name} knows no registration with this token {said}")
        if answer.status in {400, 422}:
            return SourceError(
                f"{self._name} cannot read our credentials {said}; correct what stands under "
                f"credentials: of the source in sources.yml"
            )
        return status_error(self._client, answer)

    def _cannot_use(self, ours: Ours, envelope: Envelope) -> str:
        """A peer that cannot reach us says 3001, 3002, or only that something went wrong (3000)."""
        where = redacted(ours.url)
        code = f"OCPI status {envelope.status_code}"
        if envelope.status_code == 3002:
            return (
                f"{self._name} did not find OCPI 2.1.1 among the versions at {where} ({code}); "
                f"offer it there, then register again"
            )
        return (
            f"{self._name} could not use our own API at {where} ({code}); it calls that address "
            f"while it registers us: see that it is reachable from there and answers with the "
            f"versions and the details of 2.1.1 to our token, then register again"
        )

    def _url(self) -> str:
        found = discover(self._client, self._versions_url, self._protocol).url(_ENDPOINT)
        if found is None:
            raise SourceError(
                f"{self._name} lists no credentials endpoint in its version details; ask its "
                f"owner for a token by other means and set {self._source.token_env} to it"
            )
        return at_home(self._client, found, current=self._versions_url)

    def _split(self, answer: Answer) -> Envelope:
        if not answer.body.strip():
            # Seen after a DELETE: HTTP 204.
            return Envelope([])
        try:
            return split(answer.body, what=f"the answer of {redacted(answer.url)}")
        except SourceError as error:
            raise SourceError(self._scrubbed(str(error))) from None

    def _object(self, envelope: Envelope) -> dict[str, Any]:
        try:
            found = msgspec.json.decode(envelope.records[0]) if envelope.records else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            found = None
        if not isinstance(found, dict):
            raise SourceError(f"{self._name} answered no credentials; ask its owner what is wrong")
        return found

    def _scrubbed(self, text: str) -> str:
        """A sentence without the tokens that the peer may have repeated in it."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return self._client.credentials.scrubbed(text)

    @property
    def _name(self) -> str:
        return self._source.name

    @property
    def _command(self) -> str:
        return f"ocpi-warehouse credentials {self._name}"
