"""OCPI 2.1.1: locations and tariffs; the body does not name the party, so ids stand alone."""

from __future__ import annotations

from pipelines.dialects.declare import Dialect, Module
from pipelines.dialects.endpoints import Endpoint, Protocol
from pipelines.dialects.ocpi_locations import locations
from pipelines.dialects.ocpi_tariffs import tariffs

_NO_PARTY = {"party": ""}

DIALECT = Dialect(
    name="ocpi_2_1_1",
    protocol=Protocol(
        version="2.1.1",
        accepted_versions=("2.1",),
        endpoints=(
            Endpoint(
                module="locations",
                identifier="locations",
                path="locations",
                detail_path="locations/{id}",
            ),
            Endpoint(module="tariffs", identifier="tariffs", path="tariffs", group="prices"),
        ),
    ),
    modules=(
        Module("locations", locations(constants=_NO_PARTY)),
        Module("tariffs", tariffs(constants=_NO_PARTY)),
    ),
)
