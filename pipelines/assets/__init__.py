"""The Dagster seam: one file per layer, no logic.

Belongs here: asset definitions that call the layer below and put its counts into metadata. Does
not belong here: anything that could be tested without Dagster.

No `from __future__ import annotations` in these files: Dagster reads the annotations of an asset
when it is defined, and cannot resolve them from text.
"""
