"""FOCEI: by linearised curves."""

from dataclasses import asdict, dataclass, replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.fit import finish
from livingdrug.fit.climb import expected_gain
from livingdrug.fit.conditional import ConditionalSettings, curvature
from livingdrug.fit.estimator import Estimation, Estimator, Progress
from livingdrug.fit.limits import beyond_errors, error_limits
from livingdrug.fit.objective import made
from livingdrug.fit.point import Prepared, centre, point_of, predictions, prepare
from livingdrug.fit.problem import FitProblem
from livingdrug.fit.result import CONVERGED, NOT_CONVERGED, NOT_DETERMINED, Covariance, Limit
from livingdrug.fit.smooth import usual_width
from livingdrug.fit.starts import from_starts
from livingdrug.fit.store import Saved
from livingdrug.fit.unknowns import VARIABILITY, unknowns_of
from livingdrug.fit.verdict import (
    NEAR,
    NOTHING_KNOWN,
    Verdict,
    data_words,
    error_words,
    likelihood_words,
    search_words,
)
from livingdrug.models import ClosedForm

# of the time of the first breakpoint: the width where none is given; curvature bends more
PART = {"focei": 0.05, "laplace": 0.1}


@dataclass(frozen=True)
class Conditional(ConditionalSettings, Estimator):
    """FOCEI or Laplace: a quasi-Newton search, with smooth breakpoints as it follows slopes."""

    place = 20
    restarts = True

    def check_outcomes(self) -> None:
        """Refuse outcomes where curves are linearised."""
        if self.method == "focei":
            raise InputError(
                "focei approximates measured values with a normal error, and an outcome has none; take saem "
                "or laplace"
            )

    def prepared(self, problem: FitProblem) -> Prepared:
        """The problem with smooth breakpoints."""
        return prepare(with_slopes(problem, self.method))

    def estimate(self, prepared: Prepared, seed: int, progress: Progress | None, state: Saved) -> Estimation:
        """See `Estimator.estimate`."""
        unknowns = unknowns_of(prepared.problem)
        found, about_starts, record, confirmed = from_starts(prepared, unknowns, self, progress)
        left_out, notes = finish.at_bounds(prepared, unknowns, found.point)
        # that there is no variability is said only where a larger one was tried
        notes = [
            note
            for k, note in zip(left_out, notes, strict=True)
            if confirmed or unknowns.kinds[k] != VARIABILITY
        ]
        notes += about_starts
        information = curvature(prepared, unknowns, found, self.method)
        how = f"second derivatives of the {self.method} objective"
        covariance = finish.covariance_of(unknowns, information, -0.5 * found.slope.gradient, left_out, how)
        limit = error_limits(unknowns, found.point, covariance.matrix, prepared.design.n)
        gain = expected_gain(-0.5 * found.slope.gradient.sum(axis=0), information, left_out)
        rough = beyond_errors(unknowns, found.point, covariance.matrix, prepared.design.n)
        status, verdict = _verdict(gain, limit, covariance, rough)
        if covariance.reason:
            notes.append(f"standard errors are not available: {covariance.reason}")
        modes = found.slope.modes
        return Estimation(
            status=status if confirmed else NOT_CONVERGED,
            prepared=prepared,
            point=found.point,
            modes=modes,
            objective=made(
                prepared, self.method, found.slope.parts, etas=modes.etas, converged=modes.converged
            ),
            covariance=covariance,
            limits=limit,
            verdict=verdict,
            trace=found.trace,
            trace_names=("minus2ll", *unknowns.names),
            notes=tuple(notes),
            settings={**asdict(self), "searches": record, "seed": seed, "expected_gain": gain},
        )


ESTIMATOR = Conditional("focei")


def with_slopes(problem: FitProblem, method: str) -> FitProblem:
    """The problem with kinks of the usual width where none is stated; with the exact ones where a piece is
    not positive."""
    form = problem.model.system
    if problem.smooth is not None or not isinstance(form, ClosedForm):
        return problem
    known = problem.model.typical | {p.name: p.value for p in problem.parameters}
    smooth = replace(problem, smooth=usual_width(form, known, PART[method]))
    prepared = prepare(smooth)
    return smooth if np.isfinite(predictions(prepared, centre(prepared, point_of(smooth)))).all() else problem


def _verdict(
    gain: float, limit: dict[str, Limit], covariance: Covariance, rough: tuple[str, ...]
) -> tuple[str, Verdict]:
    """(status, verdict) of FOCEI or Laplace; gain: rise of the log-likelihood still expected; rough: names
    of the numbers whose standard error is too large for an interval."""
    ended = gain <= NEAR
    undetermined = tuple(name for name, of in limit.items() if not of.determined)
    rough = tuple(name for name in rough if name not in undetermined)
    verdict = Verdict(
        ended,
        True,
        undetermined,
        search_words(gain, ended, (0.0,), 0.0, 1),
        likelihood_words(True, None, None),
        data_words(undetermined, len(limit)) + error_words(rough) if ended else NOTHING_KNOWN,
    )
    if not ended:
        return NOT_CONVERGED, verdict
    return NOT_DETERMINED if undetermined or covariance.reason else CONVERGED, verdict
