"""A real HTTP server over a deterministic world of chargers that changes from day to day.

Belongs here: the world, its dialects, its faults, and the ways to run it. Does not belong here:
reading OCPI (`pipelines/ocpi`); nothing of the product is imported but its errors.

    world.py               what exists on a day (draws, operators, sites, hardware, statuses,
                           dressing and pricing decide the details; entities.py the shapes)
    charging.py            who charged there; aggregator.py, eco_attributes.py and products.py what
                           an aggregator makes of it
    render_*.py            the same in one dialect each; routes_*.py its addresses
    paging.py, service.py  the same over HTTP; admission.py lets clients in, server.py is all of it
    faults.py              gets answers wrong on request, content_faults.py what they say
    running.py             serve(), RunningSimulator; __main__.py writes documents
"""

from pipelines.simulator.clock import SimClock
from pipelines.simulator.faults import FAULTS, Fault, FaultPlan
from pipelines.simulator.running import RequestSeen, RunningSimulator, serve
from pipelines.simulator.server import DAY_HEADER, DEFAULT_PAGE_LIMIT, create_app
from pipelines.simulator.world import DEFAULT_START, World

__all__ = [
    "DAY_HEADER",
    "DEFAULT_PAGE_LIMIT",
    "DEFAULT_START",
    "FAULTS",
    "Fault",
    "FaultPlan",
    "RequestSeen",
    "RunningSimulator",
    "SimClock",
    "World",
    "create_app",
    "serve",
]
