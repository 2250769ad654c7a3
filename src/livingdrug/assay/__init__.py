"""Killing assays: readings of wells, their map and what was done to them."""

from livingdrug.assay.plate import Events, Plate, Readings, Wells

__all__ = ["Events", "Plate", "Readings", "Wells"]
