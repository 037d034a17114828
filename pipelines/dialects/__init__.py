"""The dialects: what each kind of source is asked, and what its records mean.

Belongs here: the registry, filled by importing every file of this folder, and whether a source's
settings mean anything to its dialect. Does not belong here: any other logic; adding a vendor is
adding one file that defines `DIALECT`.
"""

from __future__ import annotations

import importlib
import pkgutil

from pipelines.dialects.declare import Dialect, Field, Module, Rows
from pipelines.errors import ConfigurationError
from pipelines.sources import Source


def _registered() -> dict[str, Dialect]:
    found: dict[str, Dialect] = {}
    for info in pkgutil.iter_modules(__path__):
        dialect = getattr(importlib.import_module(f"{__name__}.{info.name}"), "DIALECT", None)
        if isinstance(dialect, Dialect):
            found[dialect.name] = dialect
    return found


DIALECTS: dict[str, Dialect] = _registered()


def dialect_of(source: Source) -> Dialect:
    """The dialect a source speaks; ConfigurationError for a setting it knows nothing of."""
    dialect = DIALECTS[source.dialect]
    problem = _misunderstood(source, dialect)
    if problem is not None:
        raise ConfigurationError(f"source {source.name!r}, {problem}")
    return dialect


def _misunderstood(source: Source, dialect: Dialect) -> str | None:
    """The first setting of a source that means nothing to its dialect."""
    endpoints = dialect.protocol.endpoints
    for setting in ("modules", "required", "paths"):
        for name in getattr(source, setting):
            if dialect.protocol.endpoint(name) is None:
                known = ", ".join(endpoint.module for endpoint in endpoints)
                return f"{setting}: {source.dialect} has no module {name!r}; it has: {known}"
    detailed = [endpoint.module for endpoint in endpoints if endpoint.details_of]
    if source.details != "none" and not detailed:
        return f"details: the lists of {source.dialect} leave nothing out; take the line out"
    for name in detailed:
        if source.details == "none" and name in source.modules and source.transport == "http":
            return (
                f"modules: {name} is pulled as details says; add details: bulk, or details: the "
                f"number of locations to ask for a night"
            )
    return None


__all__ = ["DIALECTS", "Dialect", "Field", "Module", "Rows", "dialect_of"]
