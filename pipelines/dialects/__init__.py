"""The dialects: what each kind of source is asked, and what its records mean.

Belongs here: the registry, filled by importing every file of this folder. Does not belong here:
logic of any kind; adding a vendor is adding one file that defines `DIALECT`.
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
    """The dialect a source speaks; ConfigurationError for one that cannot be spoken yet."""
    dialect = DIALECTS.get(source.dialect)
    if dialect is None:
        raise ConfigurationError(
            f"source {source.name!r} speaks {source.dialect}, which this version cannot read yet; "
            f"it reads: {', '.join(sorted(DIALECTS))}"
        )
    return dialect


__all__ = ["DIALECTS", "Dialect", "Field", "Module", "Rows", "dialect_of"]
