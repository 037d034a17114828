"""Starting `extrawest-ocpi` in an environment of its own, as CPO, as eMSP or as both.

Belongs here: the environment, the process, and how that server behaves. Does not belong here:
what it serves (`records.py`), the program it runs (`server.py`).

How version 2025.7.16 behaves, seen by running it:

- `versions` takes the token base64-encoded; everything under `2.1.1` takes it raw, the version's
  details included. A raw token on `versions` is HTTP 200 with body code 3000, no data and
  "Generic server error"; one whose characters decode to text is HTTP 401; and one that decodes to
  bytes which are no UTF-8 ("tok-a-raw-1") is accepted, so it depends on the token.
- Refusals below `2.1.1` are HTTP 401 from details and from POST of credentials, HTTP 403 from
  lists and from GET and DELETE of credentials, all with `{"detail": ...}` and no OCPI envelope.
- Token A opens versions, details and POST of credentials, nothing else: lists want token C.
- POST with a registered token is HTTP 405, PUT with any other, a wrong one included, is HTTP 405.
- One registration opens both roles, and a token C of one is good at the other.
- While registering (POST and PUT) it calls the given `url` with token B, raw, and the address of
  2.1.1 named there. Where nobody listens it answers HTTP 200 with body code 3000, "Generic server
  error"; where the answer is no HTTP 200, body code 3001; where 2.1.1 is missing, body code 3002.
- GET of credentials answers the server's own credentials, token C included.
- `details` lists the endpoints of both roles under the same identifiers and without a role; only
  the path says which is which. What one side only receives (the CPO its tokens, the eMSP all but
  its tokens) is listed too: a GET of it is HTTP 404 or 405.
- `Link` says https whatever the server speaks, its path reads
  `/ocpi/cpo/VersionNumber.v_2_1_1/ModuleID.locations/` (404), also for the tokens of the eMSP, and
  its query repeats unset filters as `date_from=None` (422 on the right path), set ones with a
  blank in the middle; on the last page it is there and empty. `X-Total-Count` and `X-Limit` are
  right; the default page is 50, and any `limit` is granted.
- Lists without the trailing slash are HTTP 307 to the one with it.
- Single locations come as a list of one; unknown ids are HTTP 404 without an envelope.
- CDR ids come back in lower case, the ids of everything else as they are. Times lose their
  fraction of a second. A session's times are `start_datetime` and `end_datetime`.
- A record that its schema refuses makes the whole page HTTP 200 with body code 3000.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

HERE = Path(__file__).parent
LOCK_FILE = HERE / "requirements.lock"
CACHE = HERE.parents[2] / ".venv-peers"


@dataclass(frozen=True)
class Peer:
    """A running server; what it writes stands in `peer.log` of its folder."""

    port: int

    @property
    def versions_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/ocpi/versions"


@contextmanager
def running_peer(
    folder: Path,
    *,
    roles: Sequence[str],
    tokens_a: Sequence[str],
    records: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Iterator[Peer]:
    """A server on a free port of this machine, gone afterwards; its files lie in `folder`.

    Each of `tokens_a` is good for one registration.
    """
    setup, log = folder / "setup.json", folder / "peer.log"
    content = {
        "roles": list(roles),
        "tokens_a": list(tokens_a),
        "party_id": "EXW",
        "records": records,
    }
    setup.write_text(json.dumps(content))
    with log.open("wb") as written:
        process = subprocess.Popen(
            [python_of_environment(), HERE / "server.py", setup],
            stdout=subprocess.PIPE,
            stderr=written,
            cwd=folder,
            text=True,
            env={"PATH": os.environ.get("PATH", "")},
        )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port.isdigit(), f"the server did not start: {log.read_text()}"
        yield Peer(int(port))
    finally:
        process.kill()
        process.communicate()


def python_of_environment() -> Path:
    """The Python that has the package; installed once for a lock and a version of Python."""
    key = hashlib.sha256(LOCK_FILE.read_bytes() + sys.version.encode()).hexdigest()[:12]
    environment = CACHE / f"extrawest-{key}"
    python = environment / "bin" / "python"
    CACHE.mkdir(exist_ok=True)
    with FileLock(CACHE / "lock"):
        if not (environment / "ready").exists():
            shutil.rmtree(environment, ignore_errors=True)
            # Isolated (-I): what the caller's PYTHONPATH has would count as installed.
            _run(sys.executable, "-I", "-m", "venv", environment)
            # The lock is the whole truth: `overrides.txt` goes against a pin of the package.
            _run(
                *(python, "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
                *("--no-deps", "--require-hashes", "--requirement", LOCK_FILE),
            )
            (environment / "ready").touch()
    return python


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"the peer's environment was not made: {done.stderr}"
