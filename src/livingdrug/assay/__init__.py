"""Killing assays: readings of wells, their map and what was done to them; models of a well, and their fits."""

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.check import AssayCheck, check, read_assay
from livingdrug.assay.fit import AssayFit, fit_assay
from livingdrug.assay.laws import assay_model
from livingdrug.assay.marks import Checked, WellMap
from livingdrug.assay.observed import Observed, observe
from livingdrug.assay.plan import AssayPlan
from livingdrug.assay.plate import Events, Plate, Readings, Wells
from livingdrug.assay.quality import quality
from livingdrug.assay.rates import Estimates, estimates_from, estimates_of
from livingdrug.assay.words import PLATES, ROW_NAMES, split_well, well_name

__all__ = [
    "PLATES",
    "ROW_NAMES",
    "AssayCheck",
    "AssayFit",
    "AssayPlan",
    "AssayReading",
    "Checked",
    "Estimates",
    "Events",
    "Observed",
    "Plate",
    "Readings",
    "WellMap",
    "Wells",
    "assay_model",
    "check",
    "estimates_from",
    "estimates_of",
    "fit_assay",
    "observe",
    "quality",
    "read_assay",
    "split_well",
    "well_name",
]
