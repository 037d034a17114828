"""One request to a source: time-outs, retries, redirects, guards against endless bodies.

Belongs here: HTTP and nothing above it. Does not belong here: what a body says (`envelope.py`),
where the next page is (`pagination.py`), which form of the token is right (`exchange.py`).

The retries here are for a request (429, 5xx, time-outs); a step is retried by Dagster.
"""

from __future__ import annotations

import logging
import random
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import BinaryIO, Final, Literal

import requests
import urllib3
from requests.auth import AuthBase

from pipelines.errors import SourceError, TransientError
from pipelines.ocpi.addresses import Origin, origin, redacted, redirect_target, within_origins
from pipelines.ocpi.credentials import Credentials

logger = logging.getLogger(__name__)

Method = Literal["GET", "POST", "PUT", "DELETE"]
SIMULATED_DAY_HEADER: Final = "X-Simulated-Day"
_CHUNK_BYTES: Final = 1 << 16
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_REDIRECTS_OF_ANY_METHOD: Final = frozenset({307, 308})
_MOST_REDIRECTS: Final = 5
_PASSING: Final = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much is bearable: attempts, seconds, bytes."""

    attempts: int = 5
    first_wait_s: float = 0.5
    # Seen: a host that answers 403 after some 55 requests and goes on half a minute later.
    throttled_wait_s: float = 30.0
    longest_wait_s: float = 300.0
    page_bytes: int = 256 << 20
    page_s: float = 300.0
    document_bytes: int = 8 << 30
    document_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """The last answer to a request: not a redirect, not throttled, not an error of the server.

    `body` has no content encoding any more; it is empty where it went into a file. Header names
    are in lower case.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    requested_at: datetime

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class _TokenHeader(AuthBase):
    """Sets the header, or nothing: without it requests would look for a password in ~/.netrc."""

    def __init__(self, header: str | None) -> None:
        self._header = header

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._header is not None:
            request.headers["Authorization"] = self._header
        return request


class Client:
    """Asks one source, one request at a time, and sends the token to its own origins only."""

    def __init__(
        self,
        *,
        own: frozenset[Origin],
        credentials: Credentials,
        time_out_s: float = 60.0,
        min_interval_s: float = 0.0,
        simulated_day: date | None = None,
        limits: Limits | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.own = own
        self.credentials = credentials
        self.limits = limits or Limits()
        self._time_out_s = time_out_s
        self._min_interval_s = min_interval_s
        self._sleep = sleep
        self._next_request_at = 0.0
        self._answered: set[str] = set()
        self._session = requests.Session()
        self._session.headers.update(
            {
                "User-Agent": "ocpi-warehouse",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
            }
        )
        if simulated_day is not None:
            self._session.headers[SIMULATED_DAY_HEADER] = simulated_day.isoformat()

    def close(self) -> None:
        self._session.close()

    def get(
        self, url: str, *, endpoint: str, settles: Callable[[Answer], bool] = lambda answer: False
    ) -> Answer:
        """The answer to a GET, its body in memory.

        `endpoint` says whose habits apply (which form of the token); `settles` whether an answer
        of 5xx stands all the same. Raises TransientError after the last attempt, SourceError for
        redirects that must not be followed.
        """
        return self._with_retries(url, endpoint=endpoint, into=None, settles=settles)

    def download(self, url: str, into: BinaryIO, *, endpoint: str) -> Answer:
        """As `get`, the body written into a file; redirects to other hosts go without the token."""
        return self._with_retries(url, endpoint=endpoint, into=into, settles=lambda answer: False)

    def send(
        self, method: Method, url: str, *, endpoint: str, document: bytes | None = None
    ) -> Answer:
        """The answer to a request that changes something at the source, with a JSON document.

        Sent once: where no answer comes nobody knows what it did, so it is not repeated. Raises
        TransientError then, SourceError for redirects that must not be followed.
        """
        return self._follow(url, endpoint=endpoint, into=None, method=method, document=document)

    def wait_before_retry(self, attempt: int, *, asked_s: float | None, floor_s: float) -> None:
        """Sleep before the next attempt; TransientError if the source wants too long a wait."""
        if asked_s is not None and asked_s > self.limits.longest_wait_s:
            raise TransientError(
                f"the source asks to wait {asked_s:.0f} s, longer than a request may; "
                f"it is tried again later",
                retry_after_s=asked_s,
            )
        backoff = floor_s * 2**attempt * random.uniform(0.75, 1.25)
        self._sleep(min(max(backoff, asked_s or 0.0), self.limits.longest_wait_s))

    def _with_retries(
        self,
        url: str,
        *,
        endpoint: str,
        into: BinaryIO | None,
        settles: Callable[[Answer], bool],
    ) -> Answer:
        shown = redacted(url)
        for attempt in range(self.limits.attempts):
            asked_s: float | None = None
            floor_s = self.limits.first_wait_s
            try:
                answer = self._follow(url, endpoint=endpoint, into=into)
            except TransientError as error:
                problem = str(error)
            else:
                throttled = answer.status == 403 and endpoint in self._answered
                passing = answer.status in _PASSING or (
                    answer.status >= 500 and not settles(answer)
                )
                if not throttled and not passing:
                    if answer.ok:
                        self._answered.add(endpoint)
                    return answer
                problem = f"{shown} was answered with HTTP {answer.status}"
                if throttled:
                    problem += f" after {len(self._answered)} good answers (a hidden rate limit)"
                    floor_s = self.limits.throttled_wait_s
                asked_s = _retry_after_s(answer.headers)
            logger.warning("attempt %d of %d: %s", attempt + 1, self.limits.attempts, problem)
            if attempt + 1 < self.limits.attempts:
                self.wait_before_retry(attempt, asked_s=asked_s, floor_s=floor_s)
        raise TransientError(
            f"{problem}; given up after {self.limits.attempts} attempts, try again later",
            retry_after_s=asked_s,
        )

    def _follow(
        self,
        url: str,
        *,
        endpoint: str,
        into: BinaryIO | None,
        method: Method = "GET",
        document: bytes | None = None,
    ) -> Answer:
        """One request and its redirects; what changes something is redirected by 307, 308 alone."""
        redirects = _REDIRECTS if method == "GET" else _REDIRECTS_OF_ANY_METHOD
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._once(url, endpoint=endpoint, into=into, method=method, document=document)
            if answer.status not in redirects or not answer.headers.get("location"):
                return answer
            url = redirect_target(
                answer.headers["location"],
                current=answer.url,
                own=self.own,
                may_leave=into is not None,
            )
            # An http address that leads to https of the same host: no other party sees the token.
            there = origin(url)
            if there is not None and within_origins(url, current=url, own=self.own):
                self.own = self.own | {there}
        raise SourceError(f"{redacted(url)} redirects in a circle; correct the source's address")

    def _once(
        self,
        url: str,
        *,
        endpoint: str,
        into: BinaryIO | None,
        method: Method,
        document: bytes | None,
    ) -> Answer:
        self._keep_interval()
        header = self.credentials.header(endpoint) if origin(url) in self.own else None
        shown = redacted(url)
        requested_at = datetime.now(UTC)
        try:
            response = self._session.request(
                method,
                url,
                data=document,
                headers={"Content-Type": "application/json"} if document else None,
                auth=_TokenHeader(header),
                stream=True,
                allow_redirects=False,
                timeout=(min(self._time_out_s, 15.0), self._time_out_s),
            )
        except requests.exceptions.SSLError:
            raise SourceError(
                f"{shown} has no certificate that can be trusted; ask the source's owner"
            ) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise TransientError(f"{shown} could not be reached ({type(error).__name__})") from None
        with closing(response):
            headers = {name.lower(): value for name, value in response.headers.items()}
            # The body of a refusal is nobody's snapshot: it must not end up in the file.
            sink = into if 200 <= response.status_code < 300 else None
            body = self._receive(response, shown=shown, headers=headers, into=sink)
        return Answer(url, response.status_code, headers, body, requested_at)

    def _receive(
        self,
        response: requests.Response,
        *,
        shown: str,
        headers: Mapping[str, str],
        into: BinaryIO | None,
    ) -> bytes:
        """The body, content encoding removed; TransientError where it breaks off."""
        limits = self.limits
        most = limits.page_bytes if into is None else limits.document_bytes
        seconds = limits.page_s if into is None else limits.document_s
        if into is not None:
            into.seek(0)
            into.truncate()
        body = bytearray()
        size = 0
        wire = self._wire(response, shown=shown, seconds=seconds, headers=headers)
        encoding = headers.get("content-encoding", "").strip().lower()
        for chunk in _decoded(wire, encoding=encoding, shown=shown):
            size += len(chunk)
            if size > most:
                raise SourceError(
                    f"{shown} sends more than {most >> 20} MiB; not a page of records"
                )
            if into is None:
                body += chunk
            else:
                into.write(chunk)
        return bytes(body)

    def _wire(
        self,
        response: requests.Response,
        *,
        shown: str,
        seconds: float,
        headers: Mapping[str, str],
    ) -> Iterator[bytes]:
        """Bytes as they come; a time-out per read does not stop a byte a minute, this does."""
        deadline = time.monotonic() + seconds
        received = 0
        try:
            # read1 returns what is there: read would hide a trickle until its buffer is full.
            while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=False):
                received += len(chunk)
                yield chunk
                if time.monotonic() > deadline:
                    raise TransientError(
                        f"{shown} trickles: {received} bytes in {seconds:.0f} s, not the end"
                    )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise TransientError(
                f"{shown} broke off after {received} bytes ({type(error).__name__})"
            ) from None
        declared = headers.get("content-length", "")
        if declared.isdigit() and received != int(declared):
            raise TransientError(f"{shown} broke off after {received} of {declared} bytes")

    def _keep_interval(self) -> None:
        now = time.monotonic()
        if now < self._next_request_at:
            self._sleep(self._next_request_at - now)
        self._next_request_at = max(now, self._next_request_at) + self._min_interval_s


def _decoded(wire: Iterator[bytes], *, encoding: str, shown: str) -> Iterator[bytes]:
    """A body without its content encoding; gzip may come in several members."""
    if encoding in {"", "identity"}:
        yield from wire
        return
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise SourceError(f"{shown} is encoded as {encoding[:20]!r}, though gzip was asked for")
    window_bits = 15 if encoding == "deflate" else 31
    inflater = zlib.decompressobj(window_bits)
    try:
        for chunk in wire:
            while chunk:
                yield inflater.decompress(chunk, 64 * _CHUNK_BYTES)
                if not inflater.eof:
                    chunk = inflater.unconsumed_tail
                elif chunk := inflater.unused_data.lstrip(b"\0"):
                    inflater = zlib.decompressobj(window_bits)
    except zlib.error:
        raise TransientError(f"{shown} sends broken {encoding} content") from None
    if not inflater.eof:
        raise TransientError(f"{shown} sends {encoding} content that breaks off")


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds, given as a number or as a date."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.replace(".", "", 1).isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
