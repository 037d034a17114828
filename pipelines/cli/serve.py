"""`ocpi-warehouse dev`: the Dagster UI, with the simulator beside it.

Belongs here: the processes of a development machine. A production installation runs the same
workspace from docker/.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pipelines
from pipelines.assets.marts import ensure_manifest
from pipelines.cli.console import err
from pipelines.cli.demo import DEMO
from pipelines.cli.runs import prepare_dagster_home
from pipelines.errors import ConfigurationError
from pipelines.settings import Settings
from pipelines.simulator import RunningSimulator
from pipelines.sources import Source

WORKSPACE = Path(pipelines.__file__).resolve().parents[1] / "workspace.yaml"


def run_dev(settings: Settings, sources: dict[str, Source], *, host: str, port: int) -> None:
    """Serve the UI until interrupted."""
    prepare_dagster_home(settings.dagster_dir)
    ensure_manifest()
    with ExitStack() as stack:
        demo = sources.get(DEMO)
        if demo is not None and demo.versions_url is not None:
            try:
                stack.enter_context(
                    RunningSimulator(locations=2000, port=urlsplit(demo.versions_url).port or 80)
                )
            except ConfigurationError as error:
                err.print(f"the source {DEMO} uses what answers there: {error}", markup=False)
        # Absolute, because Dagster's own processes choose their working directory.
        environment = os.environ | {
            "DAGSTER_HOME": str(settings.dagster_dir),
            "OCPI_WAREHOUSE_HOME": str(settings.home_dir),
            "OCPI_WAREHOUSE_SOURCES": str(settings.sources_path),
        }
        program = str(Path(sys.executable).with_name("dagster"))
        command = [program, "dev", "-w", str(WORKSPACE), "-h", host, "-p", str(port)]
        err.print(f"Dagster UI: http://{host}:{port}  (Ctrl-C stops it)")
        # A script's background job has it ignored, Dagster inherits that, and takes SIGTERM for it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with subprocess.Popen(command, env=environment, cwd=WORKSPACE.parent) as process:
            # Whoever stops this process stops Dagster: left alone, its servers go on for ever.
            signal.signal(signal.SIGTERM, lambda *_: process.terminate())
            try:
                process.wait()
            except KeyboardInterrupt:
                # Ctrl-C has reached Dagster too.
                process.wait()
        err.print("stopped")
