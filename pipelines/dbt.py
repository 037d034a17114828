"""`ocpi-warehouse-dbt`: dbt's own command line, as the product runs it.

Belongs here: how the process is set up. Does not belong here: what it is asked (`assets/marts.py`)
and where it finds the warehouse (`warehouse/connect.py`).
"""

from __future__ import annotations

import gc


def main() -> None:
    """Run dbt with the arguments of this process.

    Python's search for cyclic garbage is off: nearly all that dbt holds is its project, which it
    needs to the end. Looking through it took 4 to 22 % of its processor time; a build of all models
    takes 280 MB in place of 200.
    """
    gc.disable()
    from dbt.cli.main import cli

    cli(prog_name="dbt")
