"""`python -m pipelines.simulator`: one simulated day as JSON documents in a folder.

Belongs here: arguments and a printed summary. Does not belong here: the writing
(`documents.py`); the server is `ocpi-warehouse simulate`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pipelines.simulator.documents import write_documents
from pipelines.simulator.world import DEFAULT_START, World


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.simulator", description="Write one simulated day as OCPI JSON."
    )
    parser.add_argument("--locations", type=int, default=2000, help="locations of the world")
    parser.add_argument("--seed", type=int, default=1, help="another seed is another world")
    parser.add_argument("--start", type=date.fromisoformat, default=DEFAULT_START)
    parser.add_argument("--day", type=date.fromisoformat, default=DEFAULT_START)
    parser.add_argument("--fill", choices=("realistic", "all"), default="realistic")
    parser.add_argument("--out", type=Path, required=True, help="folder, made if missing")
    parser.add_argument("--page-size", type=int, help="enveloped pages in place of JSON lines")
    parser.add_argument(
        "--changed-share", type=float, help="share of the locations as of a night later (0.02)"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the documents and say how much they are."""
    asked = _parser().parse_args(arguments)
    world = World(asked.seed, asked.locations, asked.start, fill=asked.fill)
    for written in write_documents(
        world,
        asked.day,
        folder=asked.out,
        page_size=asked.page_size,
        changed_share=asked.changed_share,
    ):
        sys.stdout.write(
            f"{written.module}: {written.records} records, {written.bytes / 1e6:.1f} MB, "
            f"{written.files} file(s) in {asked.out}\n"
        )


if __name__ == "__main__":
    main()
