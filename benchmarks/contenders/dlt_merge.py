"""dlt: the pages as resources, merged on their primary key, nested tables made by dlt.

Belongs here: a pipeline as dlt's documentation writes it, tuned as its page on performance says.
Whole pages are yielded, parsed by orjson; the extracted files are rotated, so that two processes
normalize; the normalized ones too, so that several threads load them; files that are read once
are not compressed. Which file format is the fastest is measured first (`run.py`) and comes in as
the option `format`; with the option `settings: default` all but the format is left as dlt ships
it. Does not belong here: anything that would keep dlt from being fast.

The merge is dlt's standard one (delete-insert, with deduplication). Its other strategy, `upsert`,
ends with a unique violation on these pages, as a feed may hold a record twice.
dlt keeps no history in this mode and asks nothing of the data; it finds the schema by itself.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from benchmarks.contract import stopwatch, task_from_arguments

ALWAYS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
}
TUNED = {
    # Both cores: normalizing is the longest part, and works on one file a process.
    "NORMALIZE__WORKERS": "2",
    "NORMALIZE__START_METHOD": "fork",
    # 10,000 locations were normalized in 3.7 s so, in 7.5 s with files of 10,000.
    "EXTRACT__DATA_WRITER__FILE_MAX_ITEMS": "2500",
    "SOURCES__DATA_WRITER__FILE_MAX_ITEMS": "2500",
    "NORMALIZE__DATA_WRITER__FILE_MAX_ITEMS": "100000",
    "DATA_WRITER__BUFFER_MAX_ITEMS": "20000",
    "DATA_WRITER__DISABLE_COMPRESSION": "true",
    "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true",
    "LOAD__DELETE_COMPLETED_JOBS": "true",
}


def main() -> None:
    task = task_from_arguments()
    os.environ.update(ALWAYS)
    if task.options["settings"] == "tuned":
        os.environ.update(TUNED)
    os.environ["DLT_DATA_DIR"] = str(task.state / "dlt")
    # After the settings, which it reads when imported.
    dlt: Any = importlib.import_module("dlt")

    def pages(paths: list[Path]) -> Iterator[list[dict[str, Any]]]:
        for path in paths:
            yield orjson.loads(path.read_bytes())["data"]

    def resource(module: str) -> Any:
        return dlt.resource(
            pages(task.pages(module)),
            name=module,
            primary_key=("country_code", "party_id", "id"),
            write_disposition="merge",
        )

    with stopwatch(task) as watch:
        pipeline = dlt.pipeline(
            pipeline_name="ocpi",
            destination=dlt.destinations.postgres(task.server.url),
            dataset_name="ocpi",
            pipelines_dir=str(task.state / "pipelines"),
        )
        with watch.phase("extract"):
            pipeline.extract(
                [resource("locations"), resource("tariffs")],
                loader_file_format=task.options["format"],
            )
        with watch.phase("normalize"):
            pipeline.normalize()
        with watch.phase("load and merge"):
            info = pipeline.load()
            info.raise_on_failed_jobs()


if __name__ == "__main__":
    main()
