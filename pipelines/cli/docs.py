"""`ocpi-warehouse docs`: what every table and column means, as one page to open or to pass on.

Belongs here: one call of dbt. What the page says stands beside the models.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import typer

from pipelines.assets.marts import DBT
from pipelines.errors import ConfigurationError
from pipelines.resources import DBT_PROJECT_DIR, Project
from pipelines.settings import Settings
from pipelines.sources import Source


def run_docs(settings: Settings, sources: dict[str, Source], *, to: Path) -> None:
    """Write dbt's documentation, with the SQL as it runs and the columns as they are built."""
    project = Project(settings, sources)
    project.export_dbt_environment()
    folder, target = str(DBT_PROJECT_DIR), str(settings.dbt_dir)
    # The SQL as it ran stands in the manifest of the last build: half of the time.
    was_built = (settings.dbt_dir / "manifest.json").exists()
    done = subprocess.run(
        [
            *(DBT, "docs", "generate", "--static", "--project-dir", folder),
            *("--profiles-dir", folder, "--target-path", target, "--log-path", target),
            *("--vars", json.dumps(project.dbt_variables(), sort_keys=True)),
            "--no-compile" if was_built else "--compile",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ConfigurationError(
            f"dbt could not document {folder}: {(done.stdout + done.stderr).strip()}"
        )
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(settings.dbt_dir / "static_index.html", to)
    typer.echo(f"{to}: open it in a browser; it needs no server")
