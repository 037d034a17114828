"""OCPI 2.1.1: every module that can be read in batches; the body does not name the party.

Ids are scoped by the party of the credentials, which is the source; so they stand alone.
Sessions, CDRs and tokens are about people, and are pulled where sources.yml names them only.
"""

from __future__ import annotations

from pipelines.dialects.declare import Dialect, Module
from pipelines.dialects.endpoints import Endpoint, Protocol
from pipelines.dialects.ocpi_events import CDRS, SESSIONS, TOKENS
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
            Endpoint(
                module="sessions",
                identifier="sessions",
                path="sessions",
                is_default=False,
                window=True,
            ),
            Endpoint(module="cdrs", identifier="cdrs", path="cdrs", is_default=False, window=True),
            Endpoint(
                module="tokens", identifier="tokens", path="tokens", is_default=False, side="emsp"
            ),
        ),
    ),
    modules=(
        Module("locations", locations(constants=_NO_PARTY)),
        Module("tariffs", tariffs(constants=_NO_PARTY)),
        SESSIONS,
        CDRS,
        TOKENS,
    ),
)
