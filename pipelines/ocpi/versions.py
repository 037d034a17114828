"""OCPI version discovery: from the versions URL to the address of each module.

Belongs here: choosing the version and the endpoints by identifier and role. Does not belong here:
which version a dialect wants (its `Protocol`), paging.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar
from urllib.parse import urljoin, urlsplit

import msgspec

from pipelines.dialects.endpoints import Protocol
from pipelines.errors import SourceError
from pipelines.ocpi.addresses import redacted, within_origins
from pipelines.ocpi.client import Client
from pipelines.ocpi.envelope import RawRecord
from pipelines.ocpi.exchange import ask

_Shape = TypeVar("_Shape")


class _Version(msgspec.Struct):
    version: str | float = ""
    url: str = ""


class _Endpoint(msgspec.Struct):
    identifier: str = ""
    url: str = ""
    role: str | None = None


class _Details(msgspec.Struct):
    endpoints: list[_Endpoint] | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """The endpoints of a version: identifier in lower case -> URLs in their order."""

    urls: Mapping[str, Sequence[str]]

    def url(self, identifier: str, *, side: Literal["cpo", "emsp"] = "cpo") -> str | None:
        """The URL of a module as the source writes it (`at_home` must judge it).

        Seen in 2.1.1: the CPO's and the eMSP's endpoints under one identifier, without a role;
        the path tells them apart. What is listed once is what there is.
        """
        urls = self.urls.get(identifier.lower(), ())
        marked = (url for url in urls if f"/{side}/" in urlsplit(url).path.lower())
        return next(marked, urls[0] if urls else None)


def discover(client: Client, versions_url: str, protocol: Protocol) -> Offered:
    """What a source offers in the version that both sides know.

    Raises SourceError where there is no version that both sides know, or no endpoint.
    """
    records = ask(client, versions_url, endpoint="versions").envelope.records
    only = _read(records[0], _Details) if len(records) == 1 else None
    if only is not None and only.endpoints:
        # The address of the details was configured as that of the versions: good enough.
        return _endpoints(only, protocol, versions_url)
    offered = [version for record in records if (version := _read(record, _Version)) is not None]
    chosen = _chosen(offered, protocol, versions_url)
    url = at_home(client, chosen.url, current=versions_url)
    found = ask(client, url, endpoint="version details").envelope.records
    details = _read(found[0], _Details) if found else None
    if details is None or not details.endpoints:
        raise SourceError(f"{redacted(url)} lists no endpoints; ask the source's owner")
    return _endpoints(details, protocol, url)


def at_home(client: Client, link: str, *, current: str) -> str:
    """An address a source names, if the token may go there; SourceError if not."""
    url = within_origins(link, current=current, own=client.own)
    if url is None:
        raise SourceError(
            f"{redacted(current)} names {redacted(link)}, an address on another host, where the "
            f"token is not sent; set base_url in sources.yml to that host if it is the source's"
        )
    return url


def _chosen(offered: list[_Version], protocol: Protocol, versions_url: str) -> _Version:
    by_name = {str(version.version).strip().lower(): version for version in offered}
    wanted = [name for name in (protocol.version, *protocol.accepted_versions) if name]
    for name in wanted:
        if name in by_name and by_name[name].url:
            return by_name[name]
    raise SourceError(
        f"{redacted(versions_url)} offers OCPI {', '.join(sorted(by_name)) or 'nothing'}, not "
        f"{' or '.join(wanted)}; choose the dialect that fits in sources.yml"
    )


def _endpoints(details: _Details, protocol: Protocol, url: str) -> Offered:
    """The URLs of each module; the other role's interface is never taken for ours."""
    found: dict[str, list[str]] = {}
    for endpoint in details.endpoints or []:
        role = (endpoint.role or "").strip().upper()
        if protocol.role and role and role != protocol.role:
            continue
        if endpoint.identifier and endpoint.url:
            identifier = endpoint.identifier.strip().lower()
            found.setdefault(identifier, []).append(urljoin(url, endpoint.url.strip()))
    return Offered(found)


def _read(record: RawRecord, shape: type[_Shape]) -> _Shape | None:
    try:
        return msgspec.json.decode(record, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
