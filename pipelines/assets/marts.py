"""The marts: dbt's models as assets, rebuilt for the days that loads have moved."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import dagster as dg
import filelock
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets
from packaging.version import Version

from pipelines.errors import ConfigurationError
from pipelines.failures import explained
from pipelines.resources import DBT_PROJECT_DIR, Project
from pipelines.sources import Source
from pipelines.warehouse.builds import PendingBuild, dbt_fingerprint, marts_lock, pending_build
from pipelines.warehouse.generated import STAGED

MARTS_GROUP = "marts"
DBT_PROJECT = DbtProject(DBT_PROJECT_DIR, profiles_dir=DBT_PROJECT_DIR)
DAYS_VARIABLE = "OCPI_WAREHOUSE_AFFECTED_DAYS"
# What follows from the code alone. Other views go with the tables that they read.
LASTING = "config.schema:staging config.materialized:seed"
# Beside the running Python: a virtual environment need not be on PATH.
DBT = str(Path(sys.executable).with_name("ocpi-warehouse-dbt"))


class Dbt(DbtCliResource):
    """dbt beside the running Python.

    Dagster asks `dbt --version` before each call, which takes 2 s and asks the package index what
    is new; and it loads dbt's adapter into its own process, another 2 s, for row counts that we do
    not ask it for. Should it do so by other names one day, builds are slower again: that is all.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        return None


class Translator(DagsterDbtTranslator):
    """dbt's names in Dagster: sources are the loaded tables, models live in one group."""

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = manifest["sources"].get(unique_id)
        if node is not None:
            return spec.replace_attributes(key=dg.AssetKey([node["source_name"], node["name"]]))
        return spec.replace_attributes(group_name=MARTS_GROUP)


def loaded_tables(sources: Iterable[Source]) -> list[dg.AssetSpec]:
    """The tables that every source's load writes into and dbt reads."""
    deps = [dg.AssetKey([source.name, "warehouse"]) for source in sources]
    return [
        dg.AssetSpec(
            [schema, table.name],
            deps=deps,
            description=table.doc,
            group_name=schema,
            kinds={"postgres"},
        )
        for schema, tables in STAGED.items()
        for table in tables
    ]


def ensure_manifest() -> Path:
    """dbt's manifest, parsed once where set-up has not done so yet.

    Parsing needs no warehouse. Raises ConfigurationError with dbt's own words if it fails.
    """
    manifest = DBT_PROJECT.manifest_path
    if not _is_older(manifest, than=DBT_PROJECT_DIR):
        return manifest
    manifest.parent.mkdir(parents=True, exist_ok=True)
    # Two processes that start at once would read each other's half-written manifest.
    with filelock.FileLock(manifest.parent / ".parse.lock"):
        if _is_older(manifest, than=DBT_PROJECT_DIR):
            _parse()
    return manifest


def _parse() -> None:
    folder = str(DBT_PROJECT_DIR)
    done = subprocess.run(
        [DBT, "--quiet", "parse", "--project-dir", folder, "--profiles-dir", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ConfigurationError(
            f"dbt could not parse {folder}: {(done.stdout + done.stderr).strip()}"
        )


def _is_older(manifest: Path, *, than: Path) -> bool:
    if not manifest.exists():
        return True
    born = manifest.stat().st_mtime
    kinds = {".sql", ".yml", ".csv"}
    parts = ("models", "macros", "seeds", "tests")
    files = [than / "dbt_project.yml", *(f for part in parts for f in (than / part).rglob("*"))]
    return any(f.suffix in kinds and f.stat().st_mtime > born for f in files)


def dbt_arguments(pending: PendingBuild, *, variables: Mapping[str, object]) -> list[str]:
    """The arguments of the one dbt call that brings the marts up to date.

    Unit tests belong to the test command, not to the night. Staging and seeds stand since the last
    full build: most of dbt's nodes, and half of its time.
    """
    chosen = ["--full-refresh"]
    if not pending.is_full:
        # Not indirectly: a test would be left out with any of them that it reads.
        chosen = ["--indirect-selection", "empty", "--exclude", LASTING]
    return [
        "build",
        "--exclude-resource-type",
        "unit_test",
        "--vars",
        json.dumps(dict(variables), sort_keys=True),
        *chosen,
    ]


def dbt_days(pending: PendingBuild) -> dict[str, str]:
    """The variable of the environment from which dbt knows the days to rebuild: null is all.

    Not one of dbt's own variables: it parses the whole project anew when one has changed, 3 s.
    """
    days = None
    if not pending.is_full:
        days = {
            module: [day.isoformat() for day in moved] for module, moved in pending.days.items()
        }
    return {DAYS_VARIABLE: json.dumps(days, sort_keys=True)}


def lasting_relations(manifest: Path) -> list[str]:
    """Staging and seeds, as schema.name: without them a build of some days cannot do."""
    nodes = json.loads(manifest.read_bytes())["nodes"].values()
    return sorted(
        f"{node['schema']}.{node['alias']}"
        for node in nodes
        if node["resource_type"] == "seed" or node["config"].get("schema") == "staging"
    )


def marts_assets() -> list[dg.AssetsDefinition]:
    """All models, one dbt call; nothing is run when no load has moved anything."""
    manifest = ensure_manifest()

    @dbt_assets(
        manifest=manifest,
        project=DBT_PROJECT,
        dagster_dbt_translator=Translator(),
        # Not "marts": Dagster counts an op and a job of one name as a conflict and loads neither.
        name="dbt_build",
        pool="marts",
    )
    def marts(
        context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]
    ) -> Iterator[Any]:
        with explained(), marts_lock(project.warehouse):
            variables = project.dbt_variables()
            fingerprint = dbt_fingerprint(DBT_PROJECT_DIR, variables)
            pending = pending_build(
                project.warehouse, fingerprint, needs=lasting_relations(manifest)
            )
            if pending is None:
                project.progress("marts are up to date", 0, 0)
                return
            with pending.noted(project.warehouse, variables=variables, clock=project.clock):
                project.export_dbt_environment()
                os.environ.update(dbt_days(pending))
                folder = str(DBT_PROJECT_DIR)
                dbt = Dbt(project_dir=folder, profiles_dir=folder, dbt_executable=DBT)
                build = dbt.cli(
                    dbt_arguments(pending, variables=variables),
                    context=context,
                    # One folder, overwritten by each build: by default each leaves a new one.
                    target_path=project.settings.dbt_dir,
                )
                for done, event in enumerate(build.stream(), start=1):
                    project.progress("building marts", done, None)
                    yield event

    return [marts]
