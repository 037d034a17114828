"""The simulator as a process of its own or as a thread beside a test.

Belongs here: sockets, threads, start and stop. Does not belong here: what is answered
(`server.py`).
"""

from __future__ import annotations

import logging
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.errors import ConfigurationError, TransientError
from pipelines.simulator.clock import SimClock
from pipelines.simulator.faults import FaultPlan
from pipelines.simulator.routes_eco_movement import PRICES_PAGE_LIMIT
from pipelines.simulator.server import DAY_HEADER, create_app
from pipelines.simulator.world import DEFAULT_START, Fill, World

_START_TIME_OUT_S = 20.0
_REQUESTS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class RequestSeen:
    """A request that arrived and what it got; the token itself is not kept."""

    method: str
    path: str
    query: str
    simulated_day: str | None
    authorized_with: str | None
    user_agent: str | None
    http_status: int | None


class _RequestLog:
    """ASGI middleware that writes down what was asked."""

    def __init__(self, app: ASGIApp, seen: deque[RequestSeen]) -> None:
        self._app = app
        self._seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        statuses: list[int] = []

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
                self._seen.append(_request_seen(scope, message["status"]))
            await send(message)

        await self._app(scope, receive, noting)


def _request_seen(scope: Scope, status: int) -> RequestSeen:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return RequestSeen(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        simulated_day=headers.get(DAY_HEADER.lower()),
        authorized_with=headers.get("authorization", "").partition(" ")[0] or None,
        user_agent=headers.get("user-agent"),
        http_status=status,
    )


class RunningSimulator:
    """The simulator on a free port of this machine, in a thread, for a `with` block.

    `base_url` has no path, `versions_url` is where an OCPI client begins, `requests` holds the
    newest 10,000 requests, `clock` can be set from the test.
    """

    def __init__(
        self,
        *,
        locations: int = 200,
        seed: int = 1,
        start: date = DEFAULT_START,
        day: date | None = None,
        token: str | None = None,
        fill: Fill = "realistic",
        faults: Sequence[str] | FaultPlan = (),
        page_limit: int | None = None,
        prices_page_limit: int = PRICES_PAGE_LIMIT,
        has_details_in_bulk: bool = False,
        registration_token: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.world = World(seed, locations, start, fill=fill)
        self.clock = SimClock(day)
        self.requests: deque[RequestSeen] = deque(maxlen=_REQUESTS_KEPT)
        plan = faults if isinstance(faults, FaultPlan) else FaultPlan.parsed(faults)
        app = create_app(
            self.world,
            clock=self.clock,
            token=token,
            page_limit=page_limit,
            faults=plan,
            prices_page_limit=prices_page_limit,
            has_details_in_bulk=has_details_in_bulk,
            registration_token=registration_token,
        )
        self._server = _uvicorn_server(_RequestLog(app, self.requests))
        self._host, self._port = host, port
        self._thread: threading.Thread | None = None
        self.base_url = ""

    @property
    def versions_url(self) -> str:
        return f"{self.base_url}/ocpi/versions"

    def requests_to(self, path_end: str) -> list[RequestSeen]:
        """The requests whose path ends like this, in the order they were answered."""
        return [request for request in list(self.requests) if request.path.endswith(path_end)]

    def __enter__(self) -> Self:
        listener = _listener(self._host, self._port)
        self.base_url = f"http://{self._host}:{listener.getsockname()[1]}"
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="simulator", daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + _START_TIME_OUT_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                listener.close()
                raise TransientError(
                    f"the simulator did not start at {self.base_url} within "
                    f"{_START_TIME_OUT_S:.0f} seconds; try again"
                )
            time.sleep(0.005)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8210,
    locations: int = 2000,
    seed: int = 1,
    day: date | None = None,
    token: str | None = None,
    fill: Fill = "realistic",
    faults: Sequence[str] = (),
    start: date = DEFAULT_START,
    page_limit: int | None = None,
) -> None:
    """Serve until interrupted; prints the URL of the versions when ready.

    Without `day` the clock follows the real UTC date. Raises ConfigurationError for an unknown
    fault or a port that is taken.
    """
    clock = SimClock(day)
    app = create_app(
        World(seed, locations, start, fill=fill),
        clock=clock,
        token=token,
        page_limit=page_limit,
        faults=FaultPlan.parsed(faults),
    )
    listener = _listener(host, port)
    url = f"http://{host}:{listener.getsockname()[1]}/ocpi/versions"
    # The socket already listens: whoever reads this line can connect.
    sys.stdout.write(f"simulator ready: {url} ({locations} locations, day {clock.day})\n")
    sys.stdout.flush()
    _uvicorn_server(app).run(sockets=[listener])


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"cannot serve the simulator at {host}:{port}: {error.strerror}; choose another port"
        ) from None
    return listener


def _uvicorn_server(app: ASGIApp) -> uvicorn.Server:
    # Uvicorn reports a fault that breaks off a body as an error; here it is what was asked for.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)
