"""Killing assays: readings of wells, their map and what was done to them; models of a well, and their fits."""

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.check import AssayCheck, check, read_assay
from livingdrug.assay.fit import AssayFit, fit_assay
from livingdrug.assay.laws import assay_model
from livingdrug.assay.observed import Observed, observe
from livingdrug.assay.plan import AssayPlan
from livingdrug.assay.plate import Events, Plate, Readings, Wells
from livingdrug.assay.rates import Estimates, estimates_from, estimates_of

__all__ = [
    "AssayCheck",
    "AssayFit",
    "AssayPlan",
    "AssayReading",
    "Estimates",
    "Events",
    "Observed",
    "Plate",
    "Readings",
    "Wells",
    "assay_model",
    "check",
    "estimates_from",
    "estimates_of",
    "fit_assay",
    "observe",
    "read_assay",
]
