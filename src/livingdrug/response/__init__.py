"""Exposure-response: the probability of an outcome, a grade, a value or a time as a function of exposure."""

from livingdrug.core.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:  # each name is loaded when it is first used
    from livingdrug.response.index.expected import Expected, best_fold, expected, rate_over, tradeoff
    from livingdrug.response.index.exposures import (
        ExposureSpread,
        changed,
        nodes,
        quantiles,
        share_between,
        spread_of,
    )
    from livingdrug.response.index.pair import Pair, paired
    from livingdrug.response.index.ratio import ratio_of_fits
    from livingdrug.response.index.therapeutic import (
        TherapeuticIndex,
        chance_within,
        may_be_flat,
        ratio_of_exposures,
        therapeutic_index,
        window,
    )
    from livingdrug.response.index.verdict import limits, verdict
    from livingdrug.response.models.binary import BinaryFit, chance_at_profile, exposure_at_profile, fit_binary
    from livingdrug.response.models.calibration import calibrate_ec50, logistic, marginal_rate
    from livingdrug.response.models.continuous import ContinuousFit, exposure_at_share, fit_continuous, predict
    from livingdrug.response.models.curve import (
        Curve,
        Estimate,
        Scale,
        curve_at,
        exposure_at,
        grid,
        probability,
        probability_band,
        two_sided,
    )
    from livingdrug.response.models.curve_file import (
        CURVE_FILE,
        SEPARATED,
        FittedCurve,
        curves_to_toml,
        is_curve_file,
        read_curve,
        read_curves,
    )
    from livingdrug.response.models.draws import drawn_coefficients, probabilities
    from livingdrug.response.models.exposure_axis import exposure_factor
    from livingdrug.response.models.graded import GradedFit, fit_graded, grade_shares, half_exposure
    from livingdrug.response.models.least_squares import LeastSquares, fit_least_squares
    from livingdrug.response.models.links import Link
    from livingdrug.response.models.links import inverse as inverse_link
    from livingdrug.response.models.permutation import Permutation, event_scores
    from livingdrug.response.models.repeated import RepeatedFit, exposure_by_fieller, fit_repeated
    from livingdrug.response.run import FITS, fit_response
    from livingdrug.response.sample.below import on_axis
    from livingdrug.response.sample.columns import Looked, look
    from livingdrug.response.sample.endpoint import GRADES, read_outcome
    from livingdrug.response.sample.observed import ObservedRate, observed_rates
    from livingdrug.response.sample.sample import Kind, Sample
    from livingdrug.response.sample.samples import table_of_samples
    from livingdrug.response.sample.selection import CONFOUNDED, THE_EVENT, Question, select
    from livingdrug.response.sample.table import SubjectTable, read_subjects, rows_of, with_endpoints
    from livingdrug.response.survival.by_day import curves_by, doubts_of, incidences_by, together
    from livingdrug.response.survival.causes import CompetingFit, GroupIncidence, fit_competing
    from livingdrug.response.survival.competing import (
        CompetingTimes,
        Incidence,
        cumulative_incidence,
        gray_test,
    )
    from livingdrug.response.survival.cox import (
        CoxFit,
        concordance,
        fit_cox,
        martingale_residuals,
        proportionality,
    )
    from livingdrug.response.survival.events import event_beside, read_events
    from livingdrug.response.survival.failure_time import FailureTimeFit, fit_failure_time
    from livingdrug.response.survival.fine_gray import SubdistributionFit, fit_fine_gray
    from livingdrug.response.survival.groups import GroupSurvival, TimeFit, fit_times
    from livingdrug.response.survival.kaplan_meier import (
        ChiSquare,
        SurvivalCurve,
        kaplan_meier,
        logrank,
        median_time,
        numbers_at_risk,
        restricted_mean,
        survival_at,
    )
    from livingdrug.response.survival.times import Times, coded_events
    from livingdrug.response.survival.visits import GroupVisits, VisitsFit, fit_visits

__all__ = [
    "CURVE_FILE", "SEPARATED", "FittedCurve", "curves_to_toml", "is_curve_file", "read_curve",
    "read_curves", "CONFOUNDED", "THE_EVENT", "FITS", "GRADES", "BinaryFit", "ChiSquare", "CompetingFit",
    "CompetingTimes", "GroupIncidence", "Incidence", "SubdistributionFit", "cumulative_incidence",
    "fit_competing", "fit_fine_gray", "gray_test", "ContinuousFit", "CoxFit", "Curve", "Estimate",
    "Expected", "ExposureSpread", "FailureTimeFit", "GradedFit", "GroupSurvival", "Kind", "LeastSquares",
    "Link", "Looked", "ObservedRate", "Pair", "Permutation", "Question", "RepeatedFit",
    "exposure_by_fieller", "fit_repeated", "Sample", "Scale", "SubjectTable", "SurvivalCurve",
    "TherapeuticIndex", "TimeFit", "Times", "best_fold", "calibrate_ec50", "chance_at_profile",
    "chance_within", "changed", "coded_events", "concordance", "curve_at", "curves_by", "doubts_of",
    "incidences_by", "together", "drawn_coefficients", "event_beside", "event_scores", "expected",
    "exposure_at", "exposure_factor", "exposure_at_profile", "exposure_at_share", "fit_binary",
    "fit_continuous", "fit_cox", "fit_failure_time", "fit_graded", "fit_least_squares", "fit_response",
    "fit_times", "grade_shares", "grid", "half_exposure", "inverse_link", "kaplan_meier", "limits",
    "logistic", "logrank", "look", "marginal_rate", "martingale_residuals", "may_be_flat", "median_time",
    "nodes", "numbers_at_risk", "observed_rates", "on_axis", "paired", "predict", "probabilities",
    "probability", "probability_band", "proportionality", "quantiles", "rate_over", "ratio_of_exposures",
    "ratio_of_fits", "read_events", "read_outcome", "read_subjects", "restricted_mean", "rows_of", "select",
    "share_between", "spread_of", "survival_at", "table_of_samples", "therapeutic_index", "tradeoff",
    "two_sided", "verdict", "window", "with_endpoints", "GroupVisits", "VisitsFit", "fit_visits",
]  # fmt: skip

__getattr__, __dir__ = lazy(__name__)
