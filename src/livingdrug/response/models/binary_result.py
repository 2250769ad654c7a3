"""What a fit of a yes-or-no outcome gives, and its likelihood, with a ceiling or without."""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.shown import Shown
from livingdrug.response.models.curve import Curve, Scale
from livingdrug.response.models.links import Link, logarithms
from livingdrug.response.models.permutation import Permutation
from livingdrug.response.sample.sample import Sample


@dataclass(frozen=True, repr=False)
class BinaryFit(Shown):
    """terms, estimates (k,), covariance (k, k), intervals (k, 2), first the intercept, on the scale of the
    link; the last term is the logit of the ceiling where the model has one. log_likelihood with binomial
    coefficients; p_value: of the exposure, by likelihood ratio, None beside a ceiling, where the test has
    no standard distribution; curve: with covariates at their means; permutation: the same test for few
    subjects, None for many, for groups and beside covariates; separated: whether only the penalty keeps
    the slope finite."""

    sample: Sample
    model: str
    scale: Scale
    terms: tuple[str, ...]
    estimates: np.ndarray
    covariance: np.ndarray
    intervals: np.ndarray
    log_likelihood: float
    penalised_log_likelihood: float | None
    deviance: float
    p_value: float | None
    curve: Curve
    level: float
    notes: tuple[str, ...] = ()
    permutation: Permutation | None = None
    separated: bool = False

    @property
    def errors(self) -> np.ndarray:
        """Standard errors of the estimates."""
        return np.sqrt(np.diag(self.covariance))


def constant(sample: Sample) -> float:
    """Sum of the logarithms of the binomial coefficients; 0 for subjects."""
    from scipy.special import gammaln

    n, k = sample.trials, sample.outcome
    return float((gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)).sum())


def log_likelihood_of(eta: np.ndarray, sample: Sample, ceiling: float = 1.0, link: Link = "logit") -> float:
    """Log-likelihood of linear predictors, binomial coefficients included."""
    from scipy.special import expit, xlog1py, xlogy

    k, rest = sample.outcome, sample.trials - sample.outcome
    if ceiling < 1:
        p = ceiling * expit(eta)
        return float((xlogy(k, p) + xlog1py(rest, -p)).sum()) + constant(sample)
    (yes, _, _), (no, _, _) = logarithms(link, eta)
    return float((np.where(k > 0, k * yes, 0.0) + np.where(rest > 0, rest * no, 0.0)).sum()) + constant(
        sample
    )


def deviance_of(eta: np.ndarray, sample: Sample, ceiling: float = 1.0, link: Link = "logit") -> float:
    """Twice the log-likelihood below that of a model that meets every row."""
    from scipy.special import xlogy

    k, n = sample.outcome, sample.trials
    full = float((xlogy(k, k / n) + xlogy(n - k, 1 - k / n)).sum()) + constant(sample)
    return 2 * (full - log_likelihood_of(eta, sample, ceiling, link))
