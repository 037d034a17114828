"""One request answered by an envelope, and the form of the token an endpoint accepts.

Belongs here: judging an answer (HTTP status, body code, refusal of the token). Does not belong
here: the request itself (`client.py`), paging (`pagination.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.errors import OcpiWarehouseError, SourceError, TransientError
from pipelines.ocpi.addresses import redacted
from pipelines.ocpi.client import Answer, Client
from pipelines.ocpi.envelope import Envelope, may_be_whole_later, split

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Exchange:
    """An answer, and its records; `refusal` is set instead where the address led nowhere.

    `says_gone`: it says that there is no such thing, rather than that it cannot be asked like that.
    """

    answer: Answer
    envelope: Envelope
    refusal: str | None = None
    says_gone: bool = False


_NOWHERE = frozenset({400, 404, 405, 410, 422})
_GONE = frozenset({404, 410})
_UNKNOWN_LOCATION = 2003
_NO_ACCESS = frozenset({401, 403})
_NO_RECORDS = Envelope([])


def ask(
    client: Client,
    url: str,
    *,
    endpoint: str,
    may_lead_nowhere: bool = False,
    list_keys: Sequence[str] = (),
) -> Exchange:
    """The envelope at a URL. A body code says more than the HTTP status, whatever that is.

    With `may_lead_nowhere` an address that does not exist (400, 404, 422, a body code of 2xxx)
    comes back as a refusal. Raises SourceError or TransientError otherwise; a body code of 3xxx,
    a body cut short by a proxy and an HTML page under HTTP 200 are asked for again first.
    """
    attempt = 0
    first_refusal: OcpiWarehouseError | None = None
    doubt = ""
    while True:
        answer = client.get(url, endpoint=endpoint, settles=_blames_the_request)
        envelope, refusal = _judged(client, answer, url, list_keys=list_keys)
        if refusal is None:
            client.credentials.accepted(endpoint)
            return Exchange(answer, envelope)
        if _is_about_the_token(answer, envelope) and client.credentials.try_another(endpoint):
            logger.info("%s refused the token as it was sent, the other form is tried", endpoint)
            first_refusal = refusal
            continue
        if isinstance(first_refusal, TransientError) and answer.status in _NO_ACCESS:
            # Seen: a wrong token that cannot be decoded is body code 3000, one that can is a 401.
            doubt = f"; in its other form the token was refused (HTTP {answer.status}): check it"
        # Refused both ways: the answer to the usual form says what is wrong.
        refusal, first_refusal = first_refusal or refusal, None
        nowhere = refusal.permanent and (
            answer.status in _NOWHERE or 2000 <= (envelope.status_code or 0) < 3000
        )
        if may_lead_nowhere and nowhere:
            code = envelope.status_code
            said = f"OCPI status {code}" if code else f"HTTP {answer.status}"
            says_gone = answer.status in _GONE or code == _UNKNOWN_LOCATION
            return Exchange(answer, _NO_RECORDS, refusal=said, says_gone=says_gone)
        attempt += 1
        worth_another = not refusal.permanent or (answer.ok and may_be_whole_later(answer.body))
        if not worth_another or attempt >= client.limits.attempts:
            if doubt and isinstance(refusal, TransientError):
                raise TransientError(f"{refusal}{doubt}")
            raise refusal
        client.wait_before_retry(attempt - 1, asked_s=None, floor_s=client.limits.first_wait_s)


def status_error(client: Client, answer: Answer) -> SourceError:
    """The sentence for an HTTP status that is no success."""
    shown = redacted(answer.url)
    if answer.status in _NO_ACCESS:
        hint = (
            "check that the token's variable holds the token of this source"
            if client.credentials.present
            else "the source wants a token: set token_env in sources.yml"
        )
        return SourceError(f"{shown} refused access (HTTP {answer.status}); {hint}")
    if answer.status == 404:
        return SourceError(f"there is nothing at {shown} (HTTP 404); correct the address")
    return SourceError(
        f"{shown} was answered with HTTP {answer.status}; ask the source's owner what it means"
    )


def _judged(
    client: Client, answer: Answer, url: str, *, list_keys: Sequence[str]
) -> tuple[Envelope, OcpiWarehouseError | None]:
    """What an answer holds, and what is wrong with it."""
    if not answer.ok and (answer.status in _NO_ACCESS or _body_code(answer) is None):
        return _NO_RECORDS, status_error(client, answer)
    what = f"the answer of {redacted(url)}"
    try:
        envelope = split(answer.body, what=what, list_keys=list_keys)
    except SourceError as error:
        return _NO_RECORDS, SourceError(client.credentials.scrubbed(str(error)))
    try:
        envelope.raise_for_status(what=redacted(url))
    except (SourceError, TransientError) as error:
        return envelope, type(error)(client.credentials.scrubbed(str(error)))
    return envelope, None


def _body_code(answer: Answer) -> int | None:
    """The OCPI status of a body that refuses (2xxx, 3xxx), None for any other body."""
    try:
        code = split(answer.body, what="").status_code or 0
    except SourceError:
        return None
    return code if 2000 <= code < 4000 else None


def _blames_the_request(answer: Answer) -> bool:
    """Whether an error of the server is one of ours by its body: asking again cannot help."""
    code = _body_code(answer)
    return code is not None and code < 3000


def _is_about_the_token(answer: Answer, envelope: Envelope) -> bool:
    """A refused token is a 401, a 403, or a body code under HTTP 200 (3000 is seen)."""
    code = envelope.status_code or 0
    return answer.status in _NO_ACCESS or (answer.ok and 2000 <= code < 4000)
