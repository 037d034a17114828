"""Postgres: the embedded server, connections, roles, schema, history merge and ledger.

Belongs here: everything that speaks SQL to the canonical tables. Does not belong here: reading
sources (`ocpi/`), Parquet (`lake.py`), Dagster (`assets/`), and the marts (dbt builds those).
"""
