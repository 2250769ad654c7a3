"""Power of a comparison without replicates, beside the simulated one: exact for normal data, approximate otherwise."""

import math

from livingdrug.trial.design import BINARY, LOGARITHMIC, Endpoint, Trial
from livingdrug.trial.sample_size import noncentral_t_tail, power_proportions


def closed_power(
    trial: Trial, endpoint: Endpoint, sizes: tuple[float, float], means: tuple[float, float], sds: tuple[float, float],
    critical: float | None, others: float = 0.0,
) -> tuple[float | None, str]:  # fmt: skip
    """(power of the version, why there is none). A futility rule is left out of it.

    sizes, means, sds: of the version and of the control, as evaluable; critical: Dunnett's value; others: degrees of
    freedom that the remaining arms give to the pooled variance.
    """
    if critical is None:
        return None, "Holm's steps have no closed form"
    if min(sizes) < 2:
        return None, "fewer than two evaluable subjects are expected"
    if endpoint.kind in LOGARITHMIC:
        return _power_t(trial, endpoint, sizes, means, sds, critical, others), ""
    if endpoint.kind in BINARY:
        return _power_proportions(trial, endpoint, sizes, means, critical)
    return None, "hazards that are not proportional have no closed form"


def _power_t(trial, endpoint, sizes, means, sds, critical, others) -> float:
    """Noncentral t: exact with equal SDs; with Welch's test by Satterthwaite's degrees of freedom."""
    from scipy.stats import t

    parts = [sd * sd / n for sd, n in zip(sds, sizes, strict=True)]
    if endpoint.test == "welch":
        error = math.sqrt(sum(parts))
        df = sum(parts) ** 2 / sum(part * part / (n - 1) for part, n in zip(parts, sizes, strict=True))
        critical = float(t.isf(trial.alpha / trial.sides, df))
    else:
        own = sum(sizes) - 2
        pooled = math.sqrt(sum((n - 1) * sd * sd for n, sd in zip(sizes, sds, strict=True)) / own)
        error, df = pooled * math.sqrt(sum(1 / n for n in sizes)), own + others
        if trial.multiplicity == "none":
            critical = float(t.isf(trial.alpha / trial.sides, df))
    shift = endpoint.sign * (means[0] - means[1]) / error
    upper = noncentral_t_tail(critical, df, shift)
    return upper if trial.sides == 1 else upper + noncentral_t_tail(critical, df, -shift)


def _power_proportions(trial, endpoint, sizes, means, critical) -> tuple[float | None, str]:
    from scipy.special import ndtr

    if endpoint.sign * (means[0] - means[1]) < 0 and trial.sides == 1:
        return None, "the difference is to the worse side"
    if not all(0 < p < 1 for p in means):
        return None, "a rate is 0 or 1"
    alpha = trial.sides * float(ndtr(-critical))
    return power_proportions(sizes[1], means[1], means[0], alpha, trial.sides, sizes[0] / sizes[1]), ""
