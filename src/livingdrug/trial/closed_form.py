"""Power of a comparison without replicates, beside the simulated one: exact for normal data, approximate otherwise."""

import math
from collections.abc import Mapping
from typing import NamedTuple

from livingdrug.trial.design import BINARY, LOGARITHMIC, Endpoint, Trial
from livingdrug.trial.sample_size import noncentral_t_tail, power_proportions


class Expected(NamedTuple):
    """What an arm's evaluable subjects look like: how many in a trial, mean and SD (of the logarithm, or of 0 and 1)."""

    n: float
    mean: float
    sd: float


def closed_power(
    trial: Trial, endpoint: Endpoint, version: str, arms: Mapping[str, Expected], critical: float | None
) -> tuple[float | None, str]:
    """(power of the version, why there is none). A futility rule is left out of it; critical: Dunnett's value."""
    own, control = arms[version], arms[trial.control]
    if critical is None:
        return None, "Holm's steps depend on the other versions"
    if min(own.n, control.n) < 2:
        return None, "fewer than two evaluable subjects are expected"
    if endpoint.kind in LOGARITHMIC:
        if not own.sd > 0 and not control.sd > 0:
            return None, "nothing varies between subjects"
        everyone = list(arms.values()) if trial.multiplicity == "dunnett" else [own, control]
        return _power_t(trial, endpoint, own, control, everyone, critical), ""
    if endpoint.kind in BINARY:
        return _power_proportions(trial, endpoint, own, control, critical)
    return None, "hazards are not proportional"


def _power_t(trial, endpoint, own: Expected, control: Expected, everyone: list[Expected], critical: float) -> float:
    """Noncentral t, exact with equal SDs.

    With unequal ones the difference has the SD `spread`, not the `error` that the test takes it for; with Welch's test both
    are the same, and the degrees of freedom are Satterthwaite's.
    """
    from scipy.stats import t

    parts = [arm.sd**2 / arm.n for arm in (own, control)]
    spread = math.sqrt(sum(parts))
    if endpoint.test == "welch":
        df = sum(parts) ** 2 / sum(p * p / (arm.n - 1) for p, arm in zip(parts, (own, control), strict=True))
        error = spread
    else:
        df = sum(arm.n - 1 for arm in everyone)
        error = math.sqrt(sum((arm.n - 1) * arm.sd**2 for arm in everyone) / df * (1 / own.n + 1 / control.n))
    if trial.multiplicity == "none":
        critical = float(t.isf(trial.alpha / trial.sides, df))
    bound, shift = critical * error / spread, endpoint.sign * (own.mean - control.mean) / spread
    upper = noncentral_t_tail(bound, df, shift)
    return upper if trial.sides == 1 else upper + noncentral_t_tail(bound, df, -shift)


def _power_proportions(trial, endpoint, own: Expected, control: Expected, critical: float) -> tuple[float | None, str]:
    from scipy.special import ndtr

    if endpoint.sign * (own.mean - control.mean) < 0 and trial.sides == 1:
        return None, "the difference is to the worse side"
    if not (0 < own.mean < 1 and 0 < control.mean < 1):
        return None, "a rate is 0 or 1"
    alpha = trial.sides * float(ndtr(-critical))
    return power_proportions(control.n, control.mean, own.mean, alpha, trial.sides, own.n / control.n), ""
