"""Conditional weighted residuals (CWRES): Hooker, Staatz & Karlsson 2007, Pharm Res 24:2187-2197.

The model is made linear in the random effects around each subject's individual estimate, as FOCE does:

    E(y) = f(eta) - F eta,    Cov(y) = F Omega F' + diag(s^2),    CWRES = Cov(y)^(-1/2) (y - E(y)),

F being df / d eta and s the standard deviation of the residual error, both at the individual estimate (with
interaction: what NONMEM calls CWRESI). The root is the symmetric one. Values of an output with a log-normal
error count as logarithms. Where the model is linear in the random effects and s does not depend on f, these
are the decorrelated residuals of the exact marginal distribution; N(0, 1) if the model holds.

Values beyond a limit have no residual and are left out of the vector of their subject (its individual
estimate knows of them): where many are censored, those measured are the ones that came out high, and their
CWRES lie above 0 though the model holds. Prediction distribution errors (`fit.npde`) impute such values and
are to be looked at there.
"""

from dataclasses import replace

import numpy as np

from livingdrug.engine.densities import LOGNORMAL
from livingdrug.fit.design import MEASURED
from livingdrug.fit.objective import residual_sd
from livingdrug.fit.point import Point, Prepared, centre, moments, point_of, prepare, with_etas
from livingdrug.fit.result import FitResult

SINGULAR = 1e-12  # smallest eigenvalue of a scaled covariance that counts


def with_conditional_residuals(result: FitResult) -> FitResult:
    """The result with the conditional weighted residuals among its predictions, where they are not there
    already.

    Parameters
    ----------
    result : FitResult
        Of a fit, see `fit`.

    Returns
    -------
    FitResult
    """
    if result.predictions.cwres is not None:
        return result
    prepared = prepare(result.problem)
    found = conditional_residuals(prepared, point_of(result.problem), result.individuals.etas)
    return replace(result, predictions=replace(result.predictions, cwres=found))


def conditional_residuals(prepared: Prepared, point: Point, etas: np.ndarray) -> np.ndarray:
    """CWRES of all records (records,) at individual estimates (n, random); nan beyond a limit, and for all
    records of a subject whose covariance is not finite or singular."""
    y, kind, output, first, last = prepared.records
    at = moments(prepared, point, with_etas(prepared, centre(prepared, point), etas))
    logs, measured = prepared.kind[output] == LOGNORMAL, kind == MEASURED
    f = prepared.own(at.f)
    slopes = at.slopes[: len(f)]
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.where(logs, np.log(y) - np.log(f), y - f)
        slopes = np.where(logs[:, None], slopes / f[:, None], slopes)[:, prepared.random]
    sd = residual_sd(prepared, point, f)
    found = np.full(len(y), np.nan)
    for i in range(len(first)):
        mine = np.arange(first[i], last[i])[measured[first[i] : last[i]]]
        if len(mine):
            own = slopes[mine]
            found[mine] = _decorrelated(
                off[mine] + own @ etas[i], own @ point.omega @ own.T + np.diag(sd[mine] ** 2)
            )
    return found


def _decorrelated(off: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """variance^(-1/2) off with the symmetric root; nan where there is none."""
    scale = np.sqrt(np.abs(np.diag(variance)))
    if not (np.isfinite(variance).all() and np.isfinite(off).all() and (scale > 0).all()):
        return np.full(len(off), np.nan)
    if np.linalg.eigvalsh(variance / scale[:, None] / scale)[0] <= SINGULAR:
        return np.full(len(off), np.nan)
    values, vectors = np.linalg.eigh(variance)
    return vectors @ ((vectors.T @ off) / np.sqrt(np.maximum(values, np.finfo(float).tiny)))
