"""A small HTTP server that plays a source, faults included, over a real socket.

Belongs here: routes, replies that misbehave on the wire, and what was asked. Does not belong
here: a world of chargers (the product's simulator has one), assertions.
"""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request as it came; header names in lower case."""

    path: str
    query: dict[str, str]
    headers: Mapping[str, str]

    @property
    def token(self) -> str | None:
        return self.headers.get("authorization")


@dataclass(frozen=True)
class Reply:
    """One answer. `declared_length` may lie; `pause_s` passes after each of the body's bytes."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    declared_length: int | None = None
    pause_s: float = 0.0


Route = Callable[[Asked], Reply]


@dataclass
class SourceServer:
    """Routes by path; `asked` is the log of requests in their order."""

    url: str
    routes: dict[str, Route] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def answer(self, path: str, *replies: Reply | Route) -> None:
        """Answer a path with these replies in turn, the last one for ever."""
        waiting = list(replies)

        def route(asked: Asked) -> Reply:
            reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            return reply(asked) if callable(reply) else reply

        self.routes[path] = route

    def asked_for(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path == path]


@contextmanager
def running_source_server() -> Iterator[SourceServer]:
    """A server on a free port of this machine, gone afterwards."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(parts.path, dict(parse_qsl(parts.query, True)), headers)
            source.asked.append(asked)
            route = source.routes.get(parts.path)
            _send(self, route(asked) if route else Reply(b"not here", status=404))

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: the log of requests is `asked`."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Clients hang up on purpose in these tests."""

    server = Server(("127.0.0.1", 0), Handler)
    source = SourceServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield source
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ocpi(data: object, *, status: int = 200, code: object = 1000, **headers: str) -> Reply:
    """An OCPI envelope; header names with underscores for hyphens."""
    body = json.dumps({"data": data, "status_code": code, "timestamp": "2026-06-07T00:00:00Z"})
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(body.encode(), status=status, headers=sent)


def zipped(reply: Reply, *, keep: float = 1.0) -> Reply:
    """A reply with gzip as its content encoding, of which a share arrives."""
    body = gzip.compress(reply.body)
    headers = {**reply.headers, "Content-Encoding": "gzip"}
    return Reply(body[: int(len(body) * keep)], headers=headers)


def locations(count: int, *, first: int = 0) -> list[dict[str, object]]:
    """Records that have an id and a little content."""
    return [{"id": f"L{n}", "name": f"Place {n}"} for n in range(first, first + count)]


def paged(
    records: list[dict[str, object]],
    *,
    most: int = 50,
    link: Callable[[int], str] | None = None,
    total: Callable[[int], str | None] | None = lambda count: str(count),
) -> Route:
    """A list served by offset, at most `most` a page; `link` writes the Link for an offset."""

    def route(asked: Asked) -> Reply:
        offset = int(asked.query.get("offset", "0"))
        size = min(int(asked.query.get("limit", most)), most)
        headers = {}
        declared = total(len(records)) if total else None
        if declared is not None:
            headers["X-Total-Count"] = declared
        if link is not None and offset + size < len(records):
            headers["Link"] = link(offset + size)
        return ocpi(records[offset : offset + size], **headers)

    return route


def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    handler.send_response(reply.status)
    length = len(reply.body) if reply.declared_length is None else reply.declared_length
    headers = {"Content-Length": str(length), "Connection": "close", **reply.headers}
    for name, value in headers.items():
        # As UTF-8 on the wire, the way servers send curly quotes.
        handler.send_header(name, value.encode().decode("latin-1"))
    handler.end_headers()
    if not reply.pause_s:
        handler.wfile.write(reply.body)
        return
    for number in range(len(reply.body)):
        handler.wfile.write(reply.body[number : number + 1])
        time.sleep(reply.pause_s)
