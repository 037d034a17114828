"""`ocpi-warehouse`: the command line.

Belongs here: commands, what they print, exit codes. Does not belong here: work (every command
calls the layer that does it). One sentence for bad input, on stderr, and exit code 1; 2 is a
wrong use of the command itself.

    app          the commands and their help
    runs         Dagster in process: nights, marts, the instance under HOME
    credentials  registering with a source, and where its token is kept
    look_up      what a source says of one object now
    console      progress and summaries for a person
    query        results of `sql` as table, CSV or JSON
    export       a mart or a query as a file that says what it is made of
    rebuild      tables and marts as they were known at a time, in a database beside
"""

from __future__ import annotations

from pipelines.cli.app import main

__all__ = ["main"]
