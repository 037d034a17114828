"""ocpi-warehouse: OCPI-family sources, pulled nightly, kept as history in Postgres.

Nothing belongs in this file. Imports run downwards only; `.importlinter` holds the order.
"""
