"""An OCPI 2.1.1 server made with `extrawest-ocpi`, as its owner would write one.

Runs in an environment of its own (that package needs pydantic 1), so it imports nothing of this
project. Belongs here: what the package asks of its user (a Crud, an Authenticator) and a socket.
Does not belong here: the records (given as a file), the environment (`peer.py`).

    python server.py SETUP.json

SETUP.json: {"roles": ["CPO"], "tokens_a": ["..."], "party_id": "EXW", "records": {...}}.
The tokens come in that file, so that the process list shows none. The first line on stdout is
the port.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SETUP: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
LISTENING = socket.create_server(("127.0.0.1", 0))
PORT = LISTENING.getsockname()[1]

# Read by the package when it is imported; it puts them into every address it names.
os.environ |= {"OCPI_HOST": f"127.0.0.1:{PORT}", "PROTOCOL": "http"}

import uvicorn  # noqa: E402
from py_ocpi import get_application  # noqa: E402
from py_ocpi.core.authentication.authenticator import Authenticator  # noqa: E402
from py_ocpi.core.crud import Crud  # noqa: E402
from py_ocpi.core.enums import ModuleID, RoleEnum  # noqa: E402
from py_ocpi.modules.versions.enums import VersionNumber  # noqa: E402

KEYS = {"tokens": "uid"}
# Token C -> the token A it was given for, which serves again once the registration is removed.
registered: dict[str, str] = {}
unused: set[str] = set(SETUP["tokens_a"])


class Tokens(Authenticator):
    """Who may ask: token A on versions and credentials, token C everywhere."""

    @classmethod
    async def get_valid_token_c(cls) -> list[str]:
        return list(registered)

    @classmethod
    async def get_valid_token_a(cls) -> list[str]:
        return list(unused)


class Records(Crud):
    """Lists by window, offset and limit; single records; registrations."""

    @classmethod
    async def get(cls, module: ModuleID, role: RoleEnum, id: Any, *_: Any, **asked: Any) -> Any:
        if module is ModuleID.credentials_and_registration:
            return own_credentials(id) if id in registered else None
        key = KEYS.get(module.value, "id")
        return next((record for record in of(module) if record[key] == id), None)

    @classmethod
    async def list(
        cls, module: ModuleID, role: RoleEnum, filters: dict[str, Any], *_: Any, **asked: Any
    ) -> tuple[list[Any], int, bool]:
        found = [record for record in of(module) if within(record["last_updated"], filters)]
        end = filters["offset"] + filters["limit"]
        return found[filters["offset"] : end], len(found), end >= len(found)

    @classmethod
    async def create(
        cls, module: ModuleID, role: RoleEnum, data: dict[str, Any], *_: Any, **asked: Any
    ) -> Any:
        unused.remove(asked["auth_token"])
        return register(asked["auth_token"])

    @classmethod
    async def update(
        cls, module: ModuleID, role: RoleEnum, data: dict[str, Any], id: Any, *_: Any, **asked: Any
    ) -> Any:
        return register(registered.pop(asked["auth_token"]))

    @classmethod
    async def delete(cls, module: ModuleID, role: RoleEnum, id: Any, *_: Any, **asked: Any) -> None:
        unused.add(registered.pop(id))

    @classmethod
    async def do(cls, *_: Any, **asked: Any) -> None:
        """Commands are nobody's business here."""


def of(module: ModuleID) -> list[Any]:
    records: list[Any] = SETUP["records"].get(module.value, [])
    return records


def within(last_updated: str, filters: dict[str, Any]) -> bool:
    """After date_from and before date_to, as the package documents both: neither is included."""
    moment = datetime.fromisoformat(last_updated.replace("Z", "+00:00"))
    after, before = (in_utc(filters[name]) for name in ("date_from", "date_to"))
    return (after is None or moment > after) and (before is None or moment < before)


def in_utc(bound: datetime | None) -> datetime | None:
    return bound if bound is None or bound.tzinfo else bound.replace(tzinfo=UTC)


def register(token_a: str) -> dict[str, Any]:
    token_c = secrets.token_hex(24)
    registered[token_c] = token_a
    return own_credentials(token_c)


def own_credentials(token_c: str) -> dict[str, Any]:
    """What the other side may use to reach this server."""
    return {
        "token": token_c,
        "url": f"http://127.0.0.1:{PORT}/ocpi/versions",
        "business_details": {"name": "Extra West", "website": "https://extra-west.example"},
        "party_id": SETUP["party_id"],
        "country_code": "NL",
    }


application = get_application(
    version_numbers=[VersionNumber.v_2_1_1],
    roles=[RoleEnum(role) for role in SETUP["roles"]],
    crud=Records,
    modules=[
        ModuleID.credentials_and_registration,
        ModuleID.locations,
        ModuleID.tariffs,
        ModuleID.sessions,
        ModuleID.cdrs,
        ModuleID.tokens,
    ],
    authenticator=Tokens,
)

if __name__ == "__main__":
    # Said once nothing can go wrong any more; the socket listens, so a request now only waits.
    print(PORT, flush=True)
    uvicorn.Server(uvicorn.Config(application, log_level="warning")).run(sockets=[LISTENING])
