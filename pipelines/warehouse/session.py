"""The connection of a load: one source at a time, and Postgres told what is coming.

Belongs here: the lock, the session's settings, psycopg's errors in our words. Does not belong
here: how a connection is made (`connect.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from pipelines.errors import TransientError, WarehouseError
from pipelines.warehouse.connect import Warehouse
from pipelines.warehouse.staging import AnyConnection

SESSION = {
    # A hash table of 240,000 EVSEs with their payload takes some 100 MB; what does not fit spills.
    "work_mem": "128MB",
    "temp_buffers": "64MB",
    # Stages have no statistics. Guessing, Postgres sorts both sides of a join: 1.0 s of CPU for
    # 400,000 connectors against their EVSEs, 0.2 s when it hashes.
    "enable_mergejoin": "off",
    # For the differences, which are analyzed: their number matters, not their distribution.
    "default_statistics_target": "10",
    # Without it the server goes on with a statement whose client was killed, and keeps its locks.
    "client_connection_check_interval": "5s",
    # A first load of a country, or waiting for another load, takes what it takes.
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
LOAD_LOCK = "ocpi-warehouse: load"


@contextmanager
def load_session(warehouse: Warehouse, source: str) -> Iterator[AnyConnection]:
    """A connection that holds the lock of the source; psycopg's errors said in our words."""
    doing = f"loading {source} into {warehouse.describe()}"
    try:
        with warehouse.connection(autocommit=True) as connection:
            # Stage tables come and go: a plan kept for the last load's would only be replanned.
            connection.prepare_threshold = None
            for name, value in SESSION.items():
                connection.execute("select set_config(%s, %s, false)", (name, value))
            # Of the session, not of the transaction: a refused load stores its verdict under it.
            # It dies with the connection.
            connection.execute(
                "select pg_advisory_lock(hashtextextended(%s, 0))", (f"{LOAD_LOCK}: {source}",)
            )
            yield connection
    except psycopg.errors.UndefinedTable as error:
        raise WarehouseError(f"{doing}: {_said(error)}; run: ocpi-warehouse migrate") from None
    except psycopg.OperationalError as error:
        raise TransientError(
            f"{doing}: {_said(error)}; nothing was written, run it again when the server is well"
        ) from error
    except psycopg.Error as error:
        raise WarehouseError(f"{doing}: {_said(error)}; nothing was written") from error


def _said(error: psycopg.Error) -> str:
    return error.diag.message_primary or " / ".join(str(error).split("\n"))
