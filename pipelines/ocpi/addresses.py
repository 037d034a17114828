"""Whose address is it: origins, links within an origin, and addresses fit for a log.

Belongs here: pure functions on URLs. Does not belong here: requests.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from pipelines.errors import SourceError

Origin = tuple[str, str, int]

_DEFAULT_PORTS = {"http": 80, "https": 443}
# Anything else in a query may be a key: some hosts hand out addresses with one.
_HARMLESS_PARAMETERS = frozenset(
    {"offset", "limit", "date_from", "date_to", "last_record", "page", "page_size", "date"}
)
# Browsers, urllib and urllib3 disagree on which host `http://a\@b/` names; nobody needs these.
_AMBIGUOUS = re.compile(r"[\\\x00-\x20\x7f]")


def is_url(where: str) -> bool:
    """Whether a place is an http(s) URL rather than a local path."""
    return where.lower().startswith(("http://", "https://"))


def origin(url: str) -> Origin | None:
    """(scheme, host, port), or None for what is no unambiguous http(s) URL."""
    if _AMBIGUOUS.search(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return scheme, parts.hostname.lower(), port or _DEFAULT_PORTS[scheme]


def within_origins(link: str, *, current: str, own: frozenset[Origin]) -> str | None:
    """The absolute form of a link if it stays at home, else None.

    A link that names our host with the other scheme is put on our own origin: servers behind an
    https proxy write http links, and some http servers write https ones. Either way the request
    goes exactly where the source's owner was configured, so https is never left. Seen: a link
    that repeats a time of the query with a blank in it.
    """
    absolute = urljoin(current, link.strip().replace(" ", "%20"))
    there = origin(absolute)
    if there is None:
        return None
    if there in own:
        return absolute
    parts = urlsplit(absolute)
    for scheme, host, port in sorted(own, reverse=True):
        both_default = port == _DEFAULT_PORTS[scheme] and there[2] == _DEFAULT_PORTS[there[0]]
        if host == there[1] and (port == there[2] or both_default):
            netloc = _netloc(host, None if port == _DEFAULT_PORTS[scheme] else port)
            return urlunsplit((scheme, netloc, parts.path, parts.query, ""))
    return None


def redirect_target(location: str, *, current: str, own: frozenset[Origin], may_leave: bool) -> str:
    """Where a redirect may be followed to.

    `may_leave` allows another host (a document that lies in an object store; it is then fetched
    without the token). https is never left. Raises SourceError for every other target.
    """
    target = urljoin(current, location.strip())
    there = origin(target)
    shown = f"{redacted(current)} redirects to {redacted(target)}"
    if there is None:
        raise SourceError(f"{shown}, which is no http(s) address; correct the source's address")
    if current.startswith("https:") and there[0] == "http":
        raise SourceError(f"{shown}: https is never left; correct the source's address")
    to_https_of_own = there[0] == "https" and within_origins(target, current=current, own=own)
    if there in own or may_leave or to_https_of_own:
        return target
    raise SourceError(
        f"{shown}, another host; the token is not sent there: put the right address into "
        f"sources.yml"
    )


def redacted(url: str) -> str:
    """A URL without credentials and with the values of all but paging parameters masked."""
    try:
        parts = urlsplit(url)
        netloc = _netloc(parts.hostname or "", parts.port)
    except ValueError:
        return "(an unreadable URL)"
    query = "&".join(
        f"{key}={value if key.lower() in _HARMLESS_PARAMETERS else '***'}"
        for key, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    return urlunsplit((parts.scheme, netloc, parts.path, query, ""))


def with_parameters(url: str, parameters: dict[str, str]) -> str:
    """A URL whose query has these parameters, replacing those of the same name."""
    parts = urlsplit(url)
    kept = [(k, v) for k, v in parse_qsl(parts.query, True) if k not in parameters]
    query = urlencode([*kept, *parameters.items()])
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def parameter(url: str, name: str) -> str | None:
    """The value of one query parameter."""
    return dict(parse_qsl(urlsplit(url).query, True)).get(name)


def joined(base_url: str, path: str) -> str:
    """An endpoint's path on a base URL, whether or not that ends with a slash."""
    return urljoin(base_url.rstrip("/") + "/", path)


def _netloc(host: str, port: int | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    return shown if port is None else f"{shown}:{port}"
