"""individual: MAP (EBE), the population fixed."""

from dataclasses import dataclass

import numpy as np

from livingdrug.fit.estimator import Estimation, Estimator, Progress
from livingdrug.fit.modes import find_modes
from livingdrug.fit.objective import at_modes, check_parts, made
from livingdrug.fit.point import Prepared, point_of
from livingdrug.fit.result import CONVERGED, NOT_CONVERGED, Covariance
from livingdrug.fit.store import Saved


@dataclass(frozen=True)
class Individual(Estimator):
    """Only the subjects' own parameters, given the population's numbers: the modes of their density (MAP)."""

    method = "individual"
    place = 40
    population = False
    priors = True  # they are of the population, which stays

    def estimate(self, prepared: Prepared, seed: int, progress: Progress | None, state: Saved) -> Estimation:
        """See `Estimator.estimate`."""
        point = point_of(prepared.problem)
        modes = find_modes(prepared, point)
        # whose curvature gives the standard deviations
        check_parts(prepared, at_modes(prepared, point, modes, "focei"))
        parts = at_modes(prepared, point, modes, "laplace")
        missed = [name for name, ok in zip(prepared.design.subjects, modes.converged, strict=True) if not ok]
        shown = ", ".join(missed[:5]) + (", ..." if len(missed) > 5 else "")
        notes = (
            (f"the individual estimate (EBE) of {len(missed)} subject(s) did not converge: {shown}",)
            if missed
            else ()
        )
        return Estimation(
            status=NOT_CONVERGED if missed else CONVERGED,
            prepared=prepared,
            point=point,
            modes=modes,
            objective=made(prepared, "laplace", parts, etas=modes.etas, converged=modes.converged),
            covariance=Covariance((), None, "", reason="the population was not estimated"),
            mean=modes.etas,
            sd=np.sqrt(np.einsum("nii->ni", np.linalg.inv(modes.gauss_newton(prepared.random)))),
            notes=notes,
        )


ESTIMATOR = Individual()
