"""An efficacy and a toxicity curve on one exposure axis, and how their errors go together."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.core.shown import Shown
from livingdrug.response.models.curve import Curve, axis, link_gradient, on_link, probability
from livingdrug.response.models.links import rise


@dataclass(frozen=True, repr=False)
class Pair(Shown):
    """Two curves of the same exposure in the same unit. Raises InputError for curves of different exposures.

    Attributes
    ----------
    efficacy, toxicity : Curve
        Probability of response and of toxicity over exposure.
    cross : ndarray or None
        Covariance of the coefficients of efficacy (rows) with those of toxicity (columns), where both were
        fitted to the same subjects; None where the fits are independent.
    correlation : float
        What it was made from, see `paired`.
    """

    efficacy: Curve
    toxicity: Curve
    cross: np.ndarray | None = None
    correlation: float = 0.0

    def __post_init__(self) -> None:
        ours, theirs = ((c.exposure, c.unit) for c in (self.efficacy, self.toxicity))
        if ours != theirs:
            raise InputError(
                f"curve `{self.efficacy.name}` is one of {_axis_name(self.efficacy)}, curve "
                f"`{self.toxicity.name}` one of {_axis_name(self.toxicity)}; both must be on the same "
                "exposure in the same unit"
            )

    @cached_property
    def covariance(self) -> np.ndarray | None:
        """Of all coefficients, efficacy first; None where the error of a curve is not known."""
        if self.efficacy.covariance is None or self.toxicity.covariance is None:
            return None
        k = len(self.efficacy.covariance)
        joint = np.zeros((k + len(self.toxicity.covariance),) * 2)
        joint[:k, :k], joint[k:, k:] = self.efficacy.covariance, self.toxicity.covariance
        if self.cross is not None:
            joint[:k, k:], joint[k:, :k] = self.cross, self.cross.T
        return joint

    @property
    def unknown(self) -> str:
        """Why there is no error, "" where there is one."""
        silent = [c for c in (self.efficacy, self.toxicity) if c.covariance is None]
        return " and ".join(f"no error of `{c.name}` is known ({c.label})" for c in silent)


def _axis_name(curve: Curve) -> str:
    return f"`{curve.exposure or 'an exposure without a name'}` ({curve.unit or 'unit not stated'})"


def paired(efficacy: Curve, toxicity: Curve, exposure, responded, suffered) -> Pair:
    """Two curves fitted to the same subjects, with the covariance between their coefficients.

    Parameters
    ----------
    efficacy, toxicity : Curve
        Probability of response and of toxicity over the same exposure.
    exposure : ndarray of shape (n,)
        Of the subjects both curves were fitted to.
    responded, suffered : ndarray of shape (n,)
        Their outcomes, 0 or 1.

    Returns
    -------
    Pair

    Raises
    ------
    InputError
        For fitted ceilings, of which the formula knows nothing.

    Notes ----- Given exposure, the two outcomes of a subject keep one correlation r over all subjects (that
    of their Pearson residuals), so the scores of the two likelihoods have covariance r * sum sqrt(w_E w_T) x
    x' with w = (dp/deta)^2 / (p (1 - p)), which is p (1 - p) for the logit, and the coefficients that of `C_E
    (...) C_T` (generalised estimating equations with this working correlation, Liang & Zeger 1986,
    doi:10.1093/biomet/73.1.13). The joint covariance stays positive definite.
    """
    if efficacy.covariance is None or toxicity.covariance is None:
        return Pair(efficacy, toxicity)
    for curve, covariance in ((efficacy, efficacy.covariance), (toxicity, toxicity.covariance)):
        if covariance.shape != (2, 2):
            raise InputError(
                f"curve `{curve.name}` has a fitted ceiling; pair curves without one, or give `cross` "
                "yourself"
            )
    p, q = (np.clip(probability(c, exposure), 1e-12, 1 - 1e-12) for c in (efficacy, toxicity))
    u, v = (
        (np.asarray(responded, float) - p) / np.sqrt(p * (1 - p)),
        (np.asarray(suffered, float) - q) / np.sqrt(q * (1 - q)),
    )
    r = float(u @ v / np.sqrt((u @ u) * (v @ v)))
    left, right = (np.column_stack([np.ones(len(p)), axis(exposure, c.scale)]) for c in (efficacy, toxicity))
    steep, other = (rise(c.link, on_link(c, exposure)) for c in (efficacy, toxicity))
    weight = r * steep * other / np.sqrt(p * (1 - p) * q * (1 - q))
    cross = efficacy.covariance @ (left.T @ (weight[:, None] * right)) @ toxicity.covariance
    return Pair(efficacy, toxicity, cross, r)


def link_error(pair: Pair, exposure) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(SD of the link of P of efficacy, of toxicity, their correlation) at each exposure, by the delta
    method; the covariance of the pair must be known."""
    left, right = (link_gradient(c, exposure) for c in (pair.efficacy, pair.toxicity))
    k = left.shape[-1]
    joint = known(pair.covariance, "the covariance of the pair")

    def form(a, block, b):
        return np.einsum("...i,ij,...j->...", a, block, b)

    first, second = np.sqrt(form(left, joint[:k, :k], left)), np.sqrt(form(right, joint[k:, k:], right))
    with np.errstate(invalid="ignore"):
        together = form(left, joint[:k, k:], right) / (first * second)
    return first, second, np.clip(np.nan_to_num(together), -1.0, 1.0)
