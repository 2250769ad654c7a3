"""Verbs on models: a regimen, virtual subjects, simulate, observe, and the result they make."""

from livingdrug.core.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:  # each name is loaded when it is first used
    from livingdrug.simulation.believable import UNPHYSICAL, caution_words, fates
    from livingdrug.simulation.carried import BOTH, Change, Prediction, carry, factors_of, moved_values, settled
    from livingdrug.simulation.compared import ModelCurve, ModelsCompared, compare_models, conversions
    from livingdrug.simulation.conformance import check_anchors
    from livingdrug.simulation.curves import CurvesTask, joined
    from livingdrug.simulation.distinguish import Distinguished, Separation, distinguish
    from livingdrug.simulation.distribution import Distribution
    from livingdrug.simulation.divided import read_division
    from livingdrug.simulation.dose_text import read_dose, write_dose
    from livingdrug.simulation.experiment import default_regimen
    from livingdrug.simulation.exposure import (
        ExposureBlock,
        ExposureTask,
        check_window,
        exposure_table,
        exposure_task,
        limit_text,
    )
    from livingdrug.simulation.exposure_summary import ExposureSummary, Failure
    from livingdrug.simulation.extinction import Course, Cures, courses, cure_probability, simulate_cure
    from livingdrug.simulation.fractionation import Fractionated, Fractionation, Split, compare_splits, read_split, with_il6
    from livingdrug.simulation.gillespie import gillespie
    from livingdrug.simulation.infusate import expansion_peak, expansion_words, infusate_first, infusate_words
    from livingdrug.simulation.link import Link, read_link, read_with_sd
    from livingdrug.simulation.observe import observe, observed_part
    from livingdrug.simulation.population import (
        MAX_SUBJECTS,
        Draw,
        Subjects,
        check_count,
        cv_population,
        draw_subjects,
        drawn_values,
        find_population,
        typical_subject,
    )
    from livingdrug.simulation.preconditioned import (
        Preconditioned,
        compare_regimens,
        fludarabine_exposure,
        preconditioned_doses,
        with_full_host,
    )
    from livingdrug.simulation.random_runs import RandomRuns, random_runs
    from livingdrug.simulation.regimen import Dose, Regimen, Reset, check_regimen
    from livingdrug.simulation.result import METRICS, RISES, Result
    from livingdrug.simulation.run import (
        MAX_VALUES,
        caution_counts,
        cautions,
        check_horizon,
        check_outputs,
        check_size,
        default_until,
        simulate,
    )
    from livingdrug.simulation.solve import individual_values, infused_in, solve, subject_events
    from livingdrug.simulation.tau_leap import tau_leap
    from livingdrug.simulation.uncertain import Bands, DrawnModels, bands, drawn_models, says_uncertainty

__all__ = [
    "Fractionated", "Fractionation", "Preconditioned", "Split", "compare_regimens", "compare_splits",
    "fludarabine_exposure", "preconditioned_doses", "read_division", "read_split", "tau_leap", "with_full_host", "with_il6",
    "BOTH",
    "MAX_SUBJECTS", "MAX_VALUES", "METRICS", "RISES", "UNPHYSICAL", "Bands", "Change", "Course", "Cures", "CurvesTask",
    "Distinguished", "Distribution", "Separation", "distinguish",
    "Dose", "Draw", "DrawnModels", "ExposureBlock", "ExposureSummary", "ExposureTask", "Failure", "Link", "ModelCurve",
    "ModelsCompared", "Prediction",
    "RandomRuns", "Regimen", "Reset",
    "Result", "Subjects", "bands", "carry", "caution_counts", "caution_words", "factors_of", "moved_values", "cautions",
    "check_anchors",
    "check_count", "check_horizon", "check_outputs", "check_regimen", "check_window", "compare_models", "conversions",
    "check_size", "courses", "cure_probability",
    "cv_population", "default_regimen", "default_until", "draw_subjects", "drawn_models",
    "drawn_values", "says_uncertainty", "exposure_table", "exposure_task", "fates", "find_population", "gillespie",
    "expansion_peak", "expansion_words", "individual_values", "infusate_first", "infusate_words", "infused_in", "joined",
    "limit_text", "observe", "observed_part", "random_runs", "read_dose", "read_link", "read_with_sd", "settled", "simulate",
    "simulate_cure", "solve", "subject_events", "typical_subject", "write_dose",
]  # fmt: skip

__getattr__, __dir__ = lazy(__name__)
