"""How many patients: to see one attribute, to learn from several, to validate a rule."""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.roots import root

POWER = 0.8
SHRINKAGE = 0.9  # of Riley et al. (2019): how much of a model's slopes survives in new patients


@dataclass(frozen=True)
class Detectable:
    """A difference that so many patients show.

    Attributes
    ----------
    effect : float
        Difference in SD seen with the power asked for.
    auc : float
        The same as an area.
    looked_at : int
        Attributes tested.
    """

    effect: float
    auc: float
    looked_at: int


def auc_of(effect: float) -> float:
    """Area under the ROC curve of two normal distributions of one SD, this many SD apart.

    Parameters
    ----------
    effect : float
        Difference of the means with and without the outcome, in SD of the attribute.

    Returns
    -------
    float
    """
    from scipy.stats import norm

    return float(norm.cdf(effect / np.sqrt(2)))


def effect_of(auc: float) -> float:
    """The difference in SD of an area.

    Parameters
    ----------
    auc : float
        Area under the ROC curve.

    Returns
    -------
    float
    """
    from scipy.stats import norm

    return float(np.sqrt(2) * norm.ppf(auc))


def power_of(effect: float, n1: int, n2: int, alpha: float = 0.05) -> float:
    """Power of the two-sided t test for a difference of so many SD between n1 and n2 patients."""
    from livingdrug.trial import power_t

    return power_t(n1, effect, alpha, 2, n2 / n1)


def detectable(n1: int, n2: int, looked_at: int = 1, power: float = POWER, alpha: float = 0.05) -> Detectable:
    """Smallest difference that n1 and n2 patients show with this power, when so many attributes are looked at
    (Bonferroni).

    Parameters
    ----------
    n1, n2 : int
        Patients with and without the outcome.
    looked_at : int, optional
        How many attributes are tested; alpha is divided by it (Bonferroni).
    power : float, optional
        That is wanted.
    alpha : float, optional
        Probability of a false positive that the test allows (type I error).

    Returns
    -------
    Detectable
    """

    effect = root(lambda d: power_of(d, n1, n2, alpha / looked_at) - power, 1e-6, 20)
    return Detectable(effect, auc_of(effect), looked_at)


def patients_for(
    effect: float, looked_at: int = 1, events: float = 0.5, power: float = POWER, alpha: float = 0.05
) -> int:
    """Patients who show a difference of so many SD, of whom this part has the outcome.

    Parameters
    ----------
    effect : float
        Difference of the means with and without the outcome, in SD of the attribute.
    looked_at : int, optional
        How many attributes are tested; alpha is divided by it (Bonferroni).
    events : float, optional
        Part of the patients who have the outcome.
    power : float, optional
        That is wanted.
    alpha : float, optional
        Probability of a false positive that the test allows (type I error).

    Returns
    -------
    int
    """
    for n in range(4, 100_000):
        n1 = round(n * events)
        if 2 <= n1 <= n - 2 and power_of(effect, n1, n - n1, alpha / looked_at) >= power:
            return n
    return 100_000


def patients_to_validate(auc: float, half_width: float, events: float = 0.5, level: float = 0.95) -> int:
    """Patients for an interval of an area of this half width (variance of Hanley & McNeil 1982).

    Parameters
    ----------
    auc : float
        Area under the ROC curve.
    half_width : float
        Of the interval.
    events : float, optional
        Part of the patients who have the outcome.
    level : float, optional
        Of the interval.

    Returns
    -------
    int
    """
    from scipy.stats import norm

    from livingdrug.attributes.area import variance_at

    z = norm.ppf(0.5 + level / 2)
    for n in range(4, 1_000_000):
        n1 = round(n * events)
        if min(n1, n - n1) >= 1 and z * np.sqrt(variance_at(auc, n1, n - n1)) <= half_width:
            return n
    return 1_000_000


def explained(auc: float, events: float = 0.5) -> float:
    """Cox and Snell's R squared of a calibrated model with this area: linear predictors normal in both
    classes."""
    from scipy.integrate import quad
    from scipy.stats import norm

    d = effect_of(auc)
    start = np.log(events / (1 - events))

    def mean(sign: int) -> float:
        def body(z: float) -> float:
            eta = start + sign * d**2 / 2 + d * z
            return (-np.logaddexp(0, -eta) if sign > 0 else -np.logaddexp(0, eta)) * norm.pdf(z)

        return quad(body, -10, 10)[0]

    model = events * mean(1) + (1 - events) * mean(-1)
    null = events * np.log(events) + (1 - events) * np.log(1 - events)
    return float(1 - np.exp(-2 * (model - null)))


def patients_to_learn(auc: float, attributes: int, events: float = 0.5, shrinkage: float = SHRINKAGE) -> int:
    """Patients from whom so many attributes can be learned together without losing more than 1 - shrinkage of
    the slopes (criterion 1 of Riley et al. 2019, Stat Med 38:1276).

    Parameters
    ----------
    auc : float
        Area under the ROC curve.
    attributes : int
        How many.
    events : float, optional
        Part of the patients who have the outcome.
    shrinkage : float, optional
        That is kept of the slopes.

    Returns
    -------
    int
    """
    r2 = explained(auc, events)
    return int(np.ceil(attributes / ((shrinkage - 1) * np.log(1 - r2 / shrinkage))))
