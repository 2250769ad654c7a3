"""Killing assays: readings of wells, their map and what was done to them; models of a well, and their fits."""

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.check import AssayCheck, check, read_assay
from livingdrug.assay.fit import AssayFit, fit_assay, fit_wells
from livingdrug.assay.laws import assay_model
from livingdrug.assay.marks import Checked, WellMap
from livingdrug.assay.observed import Observed, observe
from livingdrug.assay.patient import Change, Link, Prediction, predict_patient, read_link
from livingdrug.assay.plan import AssayPlan, place_of
from livingdrug.assay.plate import Events, Plate, Readings, Wells
from livingdrug.assay.predicted import (
    Band,
    Derived,
    Question,
    derived,
    derived_ranking,
    predict_courses,
    usual,
)
from livingdrug.assay.quality import quality
from livingdrug.assay.ranking import Ranked, Ranking, rank
from livingdrug.assay.rates import Estimates, Rate, Ratio, estimates_from, estimates_of
from livingdrug.assay.words import PLATES, ROW_NAMES, split_well, well_name

__all__ = [
    "PLATES",
    "ROW_NAMES",
    "AssayCheck",
    "AssayFit",
    "AssayPlan",
    "AssayReading",
    "Band",
    "Change",
    "Checked",
    "Derived",
    "Estimates",
    "Events",
    "Link",
    "Observed",
    "Plate",
    "Prediction",
    "Question",
    "Ranked",
    "Ranking",
    "Rate",
    "Ratio",
    "Readings",
    "WellMap",
    "Wells",
    "assay_model",
    "check",
    "derived",
    "derived_ranking",
    "estimates_from",
    "estimates_of",
    "fit_assay",
    "fit_wells",
    "observe",
    "place_of",
    "predict_courses",
    "predict_patient",
    "quality",
    "rank",
    "read_assay",
    "read_link",
    "split_well",
    "usual",
    "well_name",
]
