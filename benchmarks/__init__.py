"""The benchmarks: the same OCPI pages into the same Postgres, by this project and by others.

And what a night costs beside a short history and a long one (`nights.py`).

Belongs here: the documents, the contenders, the measuring and the report. Does not belong here:
tests (`tests/`), anything that the product imports.

Contenders run in environments of their own: this project in the root's, the others in
`benchmarks/.venv`. What both import (`contract.py`, `shape.py`) needs the standard library alone.
"""
