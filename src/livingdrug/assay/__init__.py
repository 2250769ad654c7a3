"""Killing assays: readings of wells, their map and what was done to them; models of a well, and their
fits."""

from livingdrug.core.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:  # each name is loaded when it is first used
    from livingdrug.assay.answers import AssayReading
    from livingdrug.assay.asked_of_plate import AssayPlan
    from livingdrug.assay.calibrated import Calibration, calibrate
    from livingdrug.assay.check import AssayCheck, check, read_assay
    from livingdrug.assay.clinical import Clinic, read_clinic
    from livingdrug.assay.compared import ModelOfPlate, compare_models, minus2ll
    from livingdrug.assay.derived_numbers import Derived, derived, derived_ranking
    from livingdrug.assay.design import AssayDesign, CountErrors, DesignResult, expected_errors, usual_designs
    from livingdrug.assay.first_dose import RULES, FirstDose, first_dose
    from livingdrug.assay.fit import AssayFit, fit_assay, fit_wells
    from livingdrug.assay.laws import assay_model
    from livingdrug.assay.made import Noise, made_plate
    from livingdrug.assay.marks import Checked, WellMap
    from livingdrug.assay.observed import Observed, observe
    from livingdrug.assay.patient import Change, Link, Prediction, predict_patient, read_link
    from livingdrug.assay.plan import MIXED, place_of
    from livingdrug.assay.plate import Plate
    from livingdrug.assay.predicted import Band, Question, predict_courses, usual
    from livingdrug.assay.pressure import Pressure, killing_pressure
    from livingdrug.assay.quality import quality
    from livingdrug.assay.ranking import Ranked, Ranking, rank
    from livingdrug.assay.rates import Estimates, Rate, Ratio, estimates_from, estimates_of
    from livingdrug.assay.rehearsal import DesignCheck, simulated_errors
    from livingdrug.assay.rows import Events, Readings, Wells
    from livingdrug.assay.scored import Compared, MetricScore, Score, score_prediction
    from livingdrug.assay.words import PLATES, ROW_NAMES, split_well, well_name

__all__ = [
    "MIXED",
    "PLATES",
    "RULES",
    "ROW_NAMES",
    "AssayCheck",
    "AssayDesign",
    "AssayFit",
    "AssayPlan",
    "AssayReading",
    "Band",
    "Calibration",
    "Change",
    "Checked",
    "Clinic",
    "Compared",
    "CountErrors",
    "Derived",
    "DesignCheck",
    "DesignResult",
    "Estimates",
    "Events",
    "FirstDose",
    "Link",
    "MetricScore",
    "ModelOfPlate",
    "Noise",
    "Observed",
    "Plate",
    "Prediction",
    "Pressure",
    "Question",
    "Ranked",
    "Ranking",
    "Rate",
    "Ratio",
    "Readings",
    "Score",
    "WellMap",
    "Wells",
    "assay_model",
    "calibrate",
    "check",
    "compare_models",
    "derived",
    "derived_ranking",
    "estimates_from",
    "estimates_of",
    "expected_errors",
    "first_dose",
    "fit_assay",
    "fit_wells",
    "killing_pressure",
    "made_plate",
    "minus2ll",
    "observe",
    "place_of",
    "predict_courses",
    "predict_patient",
    "quality",
    "rank",
    "read_assay",
    "read_clinic",
    "read_link",
    "score_prediction",
    "simulated_errors",
    "split_well",
    "usual",
    "usual_designs",
    "well_name",
]

__getattr__, __dir__ = lazy(__name__)
