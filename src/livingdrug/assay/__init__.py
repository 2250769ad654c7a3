"""Killing assays: readings of wells, their map and what was done to them."""

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.check import AssayCheck, check, read_assay
from livingdrug.assay.marks import Checked, WellMap
from livingdrug.assay.plate import Events, Plate, Readings, Wells
from livingdrug.assay.quality import quality
from livingdrug.assay.words import PLATES, ROW_NAMES, split_well, well_name

__all__ = [
    "PLATES", "ROW_NAMES", "AssayCheck", "AssayReading", "Checked", "Events", "Plate", "Readings", "WellMap",
    "Wells", "check", "quality", "read_assay", "split_well", "well_name",
]  # fmt: skip
