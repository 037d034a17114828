"""One module of a source, page by page, with the proof that it is whole.

Belongs here: the way from a source and its protocol to untouched page bytes and an outcome. Does
not belong here: keeping them (`landing.py`), records' contents.

    with Connection(source, protocol, day=day, token=token, spool=folder) as connection:
        module = connection.module("locations")
        for page in module:
            ...
        module.outcome
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.parse import quote

from pydantic import SecretStr

from pipelines.dialects.endpoints import Endpoint, Protocol
from pipelines.errors import ConfigurationError, IncompleteSnapshotError, SourceError
from pipelines.ocpi.addresses import Origin, is_url, joined, origin, redacted, with_parameters
from pipelines.ocpi.client import Answer, Client, Limits
from pipelines.ocpi.credentials import Credentials, habits
from pipelines.ocpi.document import CHUNK_BYTES, enveloped_batches
from pipelines.ocpi.envelope import Envelope, fingerprint, record_ids
from pipelines.ocpi.exchange import Exchange, ask, status_error
from pipelines.ocpi.pagination import PageSeen, Paginator, Tally, paginator
from pipelines.ocpi.versions import Offered, at_home, discover
from pipelines.ocpi.windows import window_of
from pipelines.sources import Source

logger = logging.getLogger(__name__)

PageKind = Literal["bulk", "detail"]
_PAGING_HEADERS = ("x-total-count", "x-limit", "x-last-record", "last-modified")


@dataclass(frozen=True, slots=True)
class Page:
    """One answer as it came; a content encoding is removed, a .gz document is kept as it is.

    The bytes are in `body`, or, for a bulk document, in the file `spooled`, which the taker moves.
    """

    url_redacted: str
    sha256: str
    size: int
    records: int
    headers: Mapping[str, str]
    requested_at: datetime
    body: bytes = b""
    spooled: Path | None = None
    kind: PageKind = "bulk"
    ids: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Detail:
    """What was said of one id: its page, or why there is none; neither where the id is gone."""

    key: str
    page: Page | None = None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class ModuleOutcome:
    """What a pull of one module came to; `reason` says why it is not complete."""

    complete: bool
    reason: str | None
    declared_total: int | None
    received: int
    pages: int
    total_moved: bool
    notes: tuple[str, ...]


class ModulePull:
    """The pages of one module; `outcome` stands once they are all taken."""

    def __init__(self, pages: Callable[[ModulePull], Iterator[Page]]) -> None:
        self._pages = pages
        self._outcome: ModuleOutcome | None = None
        self.declared_total: int | None = None

    def __iter__(self) -> Iterator[Page]:
        return self._pages(self)

    @property
    def outcome(self) -> ModuleOutcome:
        if self._outcome is None:
            raise IncompleteSnapshotError("the module was not pulled to its end; pull it again")
        return self._outcome

    def conclude(self, tally: Tally, failure: str | None) -> None:
        self._outcome = ModuleOutcome(
            complete=failure is None,
            reason=failure,
            declared_total=tally.declared,
            received=tally.received,
            pages=tally.pages,
            total_moved=tally.moved,
            notes=tuple(tally.notes),
        )


class Connection:
    """One source for the length of one pull: session, token habit, pace, discovered addresses."""

    def __init__(
        self,
        source: Source,
        protocol: Protocol,
        *,
        day: date,
        token: SecretStr | None,
        spool: Path,
        limits: Limits | None = None,
        sleep: Callable[[float], None] = time.sleep,
        left_at: Mapping[str, datetime] | None = None,
    ) -> None:
        """`left_at`: module -> up to when it has been seen on days before."""
        self.source = source
        self.protocol = protocol
        self._day = day
        self._spool = spool
        self._left_at = left_at or {}
        self._discovered: Offered | None = None
        habit = habits((source.auth, protocol.auth))
        self.client = Client(
            own=_own_origins(source, day=day),
            credentials=Credentials(token, habit=habit, may_try_another=source.auth is None),
            time_out_s=source.time_out,
            min_interval_s=source.min_request_interval,
            simulated_day=day if source.answers_past_days else None,
            limits=limits,
            sleep=sleep,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.client.close()

    def module(self, name: str) -> ModulePull:
        """The pages of a module. Taking them raises SourceError or TransientError."""
        if self.source.transport == "file":
            return ModulePull(lambda pull: self._document(pull, name))
        return ModulePull(lambda pull: self._paged(pull, name))

    def details(self, name: str, ids: Iterable[str]) -> Iterator[Detail]:
        """Each id asked for by itself; pages are of kind "detail".

        Gone is what is answered with 404, 410, body code 2003 or nothing; another refusal says
        nothing of the id. Raises SourceError or TransientError for all that is no answer.
        """
        endpoint = self._endpoint(name)
        if endpoint.detail_path is None:
            raise ConfigurationError(f"{name} of {self.source.name} cannot be asked for one by one")
        module_url = self._url_of(endpoint).split("?")[0].rstrip("/")
        has_own_path = self._is_by_path(endpoint) and name not in self.source.paths
        for key in ids:
            escaped = quote(key, safe="")
            if has_own_path:
                url = self._below_base(endpoint.detail_path.replace("{id}", escaped))
            else:
                url = f"{module_url}/{escaped}"
            exchange = ask(self.client, url, endpoint=f"{name} detail", may_lead_nowhere=True)
            if exchange.refusal is not None:
                yield Detail(key, refusal=None if exchange.says_gone else exchange.refusal)
            elif not exchange.envelope.records:
                yield Detail(key)
            else:
                yield Detail(key, _page(exchange, url=url, kind="detail"))

    def list_keys(self, name: str) -> tuple[str, ...]:
        """Under which names the answers of a module hold their list."""
        endpoint = self.protocol.endpoint(name)
        return endpoint.list_keys if endpoint else ()

    def can_ask_one_by_one(self, name: str) -> bool:
        """Whether single records of a module can be asked for."""
        endpoint = self.protocol.endpoint(name)
        return self.source.transport == "http" and bool(endpoint and endpoint.detail_path)

    def _paged(self, pull: ModulePull, name: str) -> Iterator[Page]:
        endpoint = self._endpoint(name)
        pages = paginator(
            self.source.pagination or endpoint.pagination,
            self._start_of(endpoint),
            own=self.client.own,
            page_size=self.source.page_size,
        )
        url: str | None = pages.first()
        first = True
        while url is not None:
            try:
                exchange = ask(
                    self.client,
                    url,
                    endpoint=name,
                    may_lead_nowhere=not first,
                    list_keys=endpoint.list_keys,
                )
            except SourceError as error:
                # A link of the source's own may lead to something that is no list at all.
                if not pages.is_by_link:
                    raise
                url = pages.leads_nowhere(url, str(error))
                continue
            if exchange.refusal is not None:
                url = pages.leads_nowhere(url, exchange.refusal)
                continue
            first = False
            before = pages.tally.received
            url = pages.advance(_seen(exchange, url))
            pull.declared_total = pages.tally.declared
            # A page that the paginator did not count is one it has seen before.
            if exchange.envelope.records and pages.tally.received == before:
                continue
            yield _page(exchange, url=exchange.answer.url, kind="bulk")
        self._conclude(pull, name, pages)

    def _conclude(self, pull: ModulePull, name: str, pages: Paginator) -> None:
        failure = pages.failure()
        pull.conclude(pages.tally, failure)
        for note in pages.tally.notes:
            logger.info("%s of %s: %s", name, self.source.name, note)

    def _document(self, pull: ModulePull, name: str) -> Iterator[Page]:
        where = self.source.module_location(name, self._day)
        spooled = self._spool / f"{name}.part"
        what = f"{name} of {self.source.name} ({redacted(where) if is_url(where) else where})"
        try:
            requested_at, headers = datetime.now(UTC), dict[str, str]()
            if is_url(where):
                answer = self._downloaded(where, spooled, name=name)
                requested_at, headers = answer.requested_at, dict(answer.headers)
            else:
                _copied(Path(where), spooled, what=what)
            seen = _document_seen(
                where,
                headers,
                enveloped_batches(spooled, what=what, list_keys=self.list_keys(name)),
            )
            size, sha256 = _measured(spooled)
            yield Page(
                url_redacted=redacted(where) if is_url(where) else where,
                sha256=sha256,
                size=size,
                records=seen.records,
                headers=_kept_headers(headers),
                requested_at=requested_at,
                spooled=spooled,
            )
        finally:
            spooled.unlink(missing_ok=True)
        tally = Tally()
        tally.add(seen)
        more = seen.names_another and "it is only the first page of more: use transport http"
        pull.conclude(tally, more or tally.failure())

    def _downloaded(self, where: str, spooled: Path, *, name: str) -> Answer:
        with spooled.open("w+b") as file:
            answer = self.client.download(where, file, endpoint=name)
            while answer.status == 401 and self.client.credentials.try_another(name):
                answer = self.client.download(where, file, endpoint=name)
        if not answer.ok:
            raise status_error(self.client, answer)
        return answer

    def _endpoint(self, name: str) -> Endpoint:
        endpoint = self.protocol.endpoint(name)
        if endpoint is None:
            raise ConfigurationError(
                f"the dialect {self.source.dialect} has no module {name!r}; "
                f"correct the source {self.source.name} in sources.yml"
            )
        return endpoint

    def _start_of(self, endpoint: Endpoint) -> str:
        """Where the first page of a module is, its window included."""
        url = self._url_of(endpoint)
        if not endpoint.window:
            return url
        window = window_of(
            self._day,
            overlap_s=self.source.window_overlap_s,
            left_at=self._left_at.get(endpoint.module),
        )
        return with_parameters(url, window.parameters)

    def _url_of(self, endpoint: Endpoint) -> str:
        """The module's own URL, discovered or put together."""
        if self._is_by_path(endpoint):
            return self._below_base(self.source.paths.get(endpoint.module, endpoint.path))
        found = self._offered().url(endpoint.identifier, side=endpoint.side)
        if found is None:
            raise SourceError(
                f"{self.source.name} does not offer the module {endpoint.identifier!r} in its "
                f"version details; ask its owner for it"
            )
        return at_home(self.client, found, current=str(self.source.versions_url))

    def _is_by_path(self, endpoint: Endpoint) -> bool:
        """Whether an address is put together: said so, no discovery, or not listed there.

        What stands on the host's root is no OCPI module; the one listed under its name is another.
        """
        source = self.source
        if source.versions_url is None or endpoint.module in source.paths:
            return True
        if endpoint.path.startswith("/"):
            return True
        return source.base_url is not None and self._offered().url(endpoint.identifier) is None

    def _below_base(self, path: str) -> str:
        return joined(str(self.source.base_url or self.source.versions_url), path)

    def _offered(self) -> Offered:
        if self._discovered is None:
            self._discovered = discover(self.client, str(self.source.versions_url), self.protocol)
        return self._discovered


def modules_of(source: Source, protocol: Protocol) -> tuple[str, ...]:
    """Modules to pull: required ones first, details after the lists they belong to."""
    endpoints = protocol.endpoints
    names = list(source.modules) or [e.module for e in endpoints if e.is_default]
    if source.details != "none":
        names += [e.module for e in endpoints if e.details_of and e.module not in names]
    detailed = {e.module for e in endpoints if e.details_of}
    return tuple(sorted(names, key=lambda name: (name in detailed, name not in source.required)))


def _own_origins(source: Source, *, day: date) -> frozenset[Origin]:
    """Where a source's token may go: the hosts its owner wrote into sources.yml."""
    places = [source.versions_url, source.base_url]
    places += [source.module_location(name, day) for name in source.documents]
    found = (origin(place) for place in places if place and is_url(place))
    return frozenset(there for there in found if there is not None)


def _seen(exchange: Exchange, url: str) -> PageSeen:
    envelope = exchange.envelope
    return PageSeen(
        url=url,
        headers=exchange.answer.headers,
        records=len(envelope.records),
        fingerprint=fingerprint(envelope.records),
        next_in_body=envelope.next_link,
        total_in_body=envelope.total,
        has_page_token=envelope.has_page_token,
    )


def _document_seen(
    where: str, headers: Mapping[str, str], envelopes: Iterator[Envelope]
) -> PageSeen:
    """A document as the one page that it has to be."""
    records, around = 0, Envelope([])
    for around in envelopes:
        records += len(around.records)
    return PageSeen(
        url=where,
        headers=headers,
        records=records,
        next_in_body=around.next_link,
        total_in_body=around.total,
        has_page_token=around.has_page_token,
    )


def _page(exchange: Exchange, *, url: str, kind: PageKind) -> Page:
    body = exchange.answer.body
    return Page(
        url_redacted=redacted(url),
        sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
        records=len(exchange.envelope.records),
        headers=_kept_headers(exchange.answer.headers),
        requested_at=exchange.answer.requested_at,
        body=body,
        kind=kind,
        ids=tuple(record_ids(exchange.envelope.records)),
    )


def _kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The paging headers alone, cut short; Link stays out, it may hold a key."""
    return {name: headers[name][:500] for name in _PAGING_HEADERS if name in headers}


def _copied(path: Path, target: Path, *, what: str) -> None:
    try:
        with path.open("rb") as found, target.open("wb") as copy:
            shutil.copyfileobj(found, copy, CHUNK_BYTES)
    except FileNotFoundError:
        raise SourceError(f"there is no file for {what}; correct the path in sources.yml") from None
    except OSError as error:
        raise SourceError(f"the file for {what} cannot be read: {error.strerror}") from None


def _measured(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return file.tell(), digest.hexdigest()
