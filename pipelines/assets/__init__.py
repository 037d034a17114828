"""The Dagster seam: one file per layer, no logic.

Belongs here: asset definitions that call the layer below and put its counts into metadata. Does
not belong here: anything that could be tested without Dagster.
"""
