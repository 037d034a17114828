"""`ocpi-warehouse dev`: the UI comes up, and nothing of it is left behind.

Belongs here: its processes, from outside. Does not belong here: what the UI shows (Dagster's), the
wiring (`test_definitions.py`).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests

COMMAND = Path(sys.executable).with_name("ocpi-warehouse")
START_S = 90
STOP_S = 30


def test_it_serves_the_ui_and_takes_all_of_it_down_when_told_to_end(tmp_path: Path) -> None:
    """Also as a script's background job, which has the signal of Ctrl-C ignored."""
    sources = tmp_path / "sources.yml"
    feed = {"name": "feed", "dialect": "ocpi_2_2_1", "transport": "file"}
    sources.write_text(f"sources: [{feed | {'modules': {'locations': 'feed.json'}}}]")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "OCPI_WAREHOUSE_HOME": str(tmp_path / "home"),
        "OCPI_WAREHOUSE_SOURCES": str(sources),
    }
    said = tmp_path / "said"
    ignored = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with said.open("wb") as output:
            process = subprocess.Popen(
                [str(COMMAND), "dev", "--port", str(port)],
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
    finally:
        signal.signal(signal.SIGINT, ignored)
    try:
        assert _answers(port, within_s=START_S), said.read_text(errors="replace")
        process.terminate()
        process.wait(timeout=STOP_S)
        assert _is_over(process.pid, within_s=STOP_S)
    finally:
        if not _is_over(process.pid, within_s=0):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert said.read_text(errors="replace").rstrip().endswith("stopped")


def _answers(port: int, *, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            found = requests.get(f"http://127.0.0.1:{port}/server_info", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.2)
            continue
        return found.ok
    return False


def _is_over(group: int, *, within_s: float) -> bool:
    """Whether no process of the group is left; Dagster's own may take a moment longer than it."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.1)
