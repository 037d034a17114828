"""OCPI 2.2.1 (and 2.2): locations and tariffs, ids scoped by the party named in the body."""

from __future__ import annotations

from pipelines.dialects.declare import Dialect, Module, joined
from pipelines.dialects.endpoints import Endpoint, Protocol
from pipelines.dialects.ocpi_locations import locations
from pipelines.dialects.ocpi_tariffs import tariffs

_PARTY = (joined("party", "country_code", "party_id"),)

DIALECT = Dialect(
    name="ocpi_2_2_1",
    protocol=Protocol(
        version="2.2.1",
        accepted_versions=("2.2",),
        role="SENDER",
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
        Module("locations", locations(party_fields=_PARTY)),
        Module("tariffs", tariffs(party_fields=_PARTY)),
    ),
    ignored={
        "locations:publish_allowed_to": "tokens of the people who may see an unpublished location: "
        "personal data without use in any figure",
    },
)
