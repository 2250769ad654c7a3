"""Killing assays: readings of wells, their map and what was done to them; models of what happens in a well, and their fits."""

from livingdrug.assay.fit import AssayFit, fit_assay
from livingdrug.assay.laws import assay_model
from livingdrug.assay.observed import Observed, observe
from livingdrug.assay.plan import AssayPlan
from livingdrug.assay.plate import Events, Plate, Readings, Wells
from livingdrug.assay.rates import Estimates, estimates_from, estimates_of

__all__ = [
    "AssayFit",
    "AssayPlan",
    "Estimates",
    "Events",
    "Observed",
    "Plate",
    "Readings",
    "Wells",
    "assay_model",
    "estimates_from",
    "estimates_of",
    "fit_assay",
    "observe",
]
