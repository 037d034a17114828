"""What a dialect says about being asked: its endpoints, versions and token habit.

Belongs here: the frozen declarations every dialect file fills in. Does not belong here: logic
(`ocpi/` acts on them) and what the records look like (the dialect's own file).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Pagination = Literal["link", "offset", "last_record", "none"]
TokenHabit = Literal["token", "token_base64", "bearer", "none"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One list of a source.

    `identifier` is the module's name in an OCPI version's details; `path` is relative to the
    source's base_url (a leading slash means the host's root). `detail_path` holds `{id}`.
    Modules of one `group` are believed only together: prices without their connector prices
    would say that something is free.

    `is_default`: pulled when the source names no modules. `window`: asked for the records updated
    on the partition's day, and so can be asked for any past day. `side`: which of two endpoints
    of one identifier is meant where a peer lists its CPO's and its eMSP's without a role.
    `list_keys`: under which names an answer without OCPI envelope holds its list, if not under a
    general one ("data"). `details_of`: asked one by one, for ids that another module has listed,
    or read from that module's pages where they carry the details; pulled where the source's
    setting `details` says how.
    """

    module: str
    identifier: str
    path: str
    pagination: Pagination = "link"
    detail_path: str | None = None
    group: str | None = None
    is_default: bool = True
    window: bool = False
    side: Literal["cpo", "emsp"] = "cpo"
    list_keys: tuple[str, ...] = ()
    details_of: str | None = None


@dataclass(frozen=True, slots=True)
class Protocol:
    """How sources of one dialect are spoken to.

    `version` is what is asked for first in a version discovery, `accepted_versions` what will do
    instead, in that order; `role` is the interface role of OCPI 2.2 ("SENDER"). `evse_path` is
    where one EVSE is asked for by its public `{evse_id}`, relative to the source's base_url.
    """

    version: str | None = None
    accepted_versions: tuple[str, ...] = ()
    role: str | None = None
    auth: TokenHabit = "token"
    evse_path: str | None = None
    endpoints: tuple[Endpoint, ...] = field(default=())

    def endpoint(self, module: str) -> Endpoint | None:
        """The endpoint of a module, None where the dialect has no such module."""
        return next((e for e in self.endpoints if e.module == module), None)
