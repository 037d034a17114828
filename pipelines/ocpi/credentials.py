"""How a source's token is sent, and how its traces are taken out of a text.

Belongs here: the forms of the Authorization header and which of them an endpoint accepted. Does
not belong here: requests, and deciding that an answer is a refusal (`exchange.py`).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from pydantic import SecretStr

from pipelines.dialects.endpoints import TokenHabit

# 2.2 wants the token base64-encoded, many servers do not, and one is known to want it encoded at
# some of its endpoints and raw at the others.
_OTHER_HABIT: dict[TokenHabit, TokenHabit] = {"token": "token_base64", "token_base64": "token"}
MASK = "***"


class Credentials:
    """A token and what is known of how each endpoint wants it."""

    def __init__(
        self, token: SecretStr | None, *, habit: TokenHabit, may_try_another: bool
    ) -> None:
        self._token = token.get_secret_value() if token else None
        self._usual: TokenHabit = habit
        self._may_try_another = may_try_another and self._token is not None
        self._accepted: dict[str, TokenHabit] = {}
        self._trying: dict[str, TokenHabit] = {}
        self._tried_another: set[str] = set()

    @property
    def present(self) -> bool:
        return self._token is not None

    def header(self, endpoint: str) -> str | None:
        """The Authorization header for an endpoint, None where no token is to be sent."""
        if self._token is None:
            return None
        match self._habit(endpoint):
            case "token":
                return f"Token {self._token}"
            case "token_base64":
                return f"Token {self._encoded}"
            case "bearer":
                return f"Bearer {self._token}"
            case "none":
                return None

    def accepted(self, endpoint: str) -> None:
        """Remember that an endpoint took the token as it was sent."""
        if endpoint not in self._accepted:
            self._accepted[endpoint] = self._habit(endpoint)
            self._usual = self._accepted[endpoint]

    def try_another(self, endpoint: str) -> bool:
        """Switch an endpoint that refused to the other form; True if that is worth a request.

        Once per endpoint, and never for one that has accepted a form before.
        """
        other = _OTHER_HABIT.get(self._habit(endpoint))
        if not self._may_try_another or other is None:
            return False
        if endpoint in self._accepted:
            return False
        if endpoint in self._tried_another:
            # Refused both ways: it is about something else, so back to the form it is used to.
            self._trying.pop(endpoint, None)
            return False
        self._tried_another.add(endpoint)
        self._trying[endpoint] = other
        return True

    def scrubbed(self, text: str) -> str:
        """A text a server sent, without the token it may have repeated in it."""
        if self._token is None:
            return text
        return text.replace(self._token, MASK).replace(self._encoded, MASK)

    @property
    def _encoded(self) -> str:
        return base64.b64encode((self._token or "").encode()).decode("ascii")

    def _habit(self, endpoint: str) -> TokenHabit:
        return self._accepted.get(endpoint) or self._trying.get(endpoint) or self._usual


def habits(preferred: Sequence[TokenHabit | None]) -> TokenHabit:
    """The first habit that is set."""
    return next(habit for habit in (*preferred, "token") if habit is not None)
