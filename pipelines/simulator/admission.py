"""Who is let in: the token of the server, and those it hands out when a client registers.

Belongs here: comparing tokens and the registrations of one running server, in memory. Does not
belong here: the credentials endpoint (`routes_ocpi_2_1_1.py`).
"""

from __future__ import annotations

import base64
import hmac
import secrets
import threading
from dataclasses import dataclass
from typing import Any, Final

from pipelines.simulator.refusals import INVALID, Refused


@dataclass(frozen=True, slots=True)
class Door:
    """How tokens are sent to some addresses, and which of them open these.

    `by_registration`: the tokens handed out to registered clients are taken too, and where the
    server has a token for registering, somebody without any is not let in. `to_register`: that
    token is taken as well.
    """

    schemes: tuple[str, ...] = ("Token",)
    takes_base64: bool = True
    by_registration: bool = False
    to_register: bool = False


TOKEN_DOOR: Final = Door()
_ANY: Final = Door(("Token", "Bearer"), by_registration=True, to_register=True)


class Admission:
    """The tokens of one server.

    `token` opens everything; without it everybody is let in. `registration_token` ("token A")
    opens the versions and a registration; what it gives ("token C") opens the modules of 2.1.1.
    """

    def __init__(self, token: str | None, registration_token: str | None = None) -> None:
        self.token, self.registration_token = token, registration_token
        self._lock = threading.Lock()
        self._registered: dict[str, dict[str, Any]] = {}

    def check(self, header: str | None, door: Door) -> None:
        """Refuse with 401 what the door does not let in."""
        guarded = self.token is not None or (
            door.by_registration and self.registration_token is not None
        )
        if guarded and self._match(header, door) is None:
            scheme = door.schemes[0]
            form = "<base64 of the token>" if door.takes_base64 else "<token>"
            raise Refused(401, INVALID, f"send Authorization: {scheme} {form}")

    def sent_token(self, header: str | None) -> str | None:
        """The token of this server that a request came with."""
        return self._match(header, _ANY)

    def is_registered(self, token: str | None) -> bool:
        """Whether a token was handed out and still holds."""
        with self._lock:
            return token in self._registered

    def register(self, credentials: dict[str, Any]) -> str:
        """Hand out a token to a client that says who it is."""
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._registered[token] = credentials
        return token

    def forget(self, token: str) -> None:
        """End a registration."""
        with self._lock:
            self._registered.pop(token, None)

    def _match(self, header: str | None, door: Door) -> str | None:
        scheme, _, sent = (header or "").partition(" ")
        offered = sent.strip().encode()
        tokens = [self.token]
        if door.by_registration:
            with self._lock:
                tokens += self._registered
        if door.to_register:
            tokens.append(self.registration_token)
        # All are compared whatever the first gives, so that the time tells nothing.
        matches = [
            token
            for token in tokens
            if token is not None and _is_same(offered, token, takes_base64=door.takes_base64)
        ]
        return matches[0] if matches and scheme in door.schemes else None


def _is_same(offered: bytes, token: str, *, takes_base64: bool) -> bool:
    raw = token.encode()
    forms = (raw, base64.b64encode(raw)) if takes_base64 else (raw,)
    return sum(hmac.compare_digest(offered, form) for form in forms) > 0
