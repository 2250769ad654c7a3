"""Killing assays: readings of wells, their map and what was done to them."""

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.check import AssayCheck, check, read_assay
from livingdrug.assay.plate import Events, Plate, Readings, Wells

__all__ = ["AssayCheck", "AssayReading", "Events", "Plate", "Readings", "Wells", "check", "read_assay"]
