"""The contenders, each a process of its own: `python -m benchmarks.contenders.<name>`.

Belongs here: one file per way of getting OCPI pages into Postgres. Does not belong here: measuring
(`measuring.py`), the documents (`documents.py`).
"""
