"""Power of a comparison without replicates, beside the simulated one: exact for normal data, approximate
otherwise."""

import math
from collections.abc import Mapping
from typing import NamedTuple

from livingdrug.trial.design import BINARY, LOGARITHMIC, Endpoint, Trial
from livingdrug.trial.events import power_log_rank
from livingdrug.trial.sample_size import noncentral_t_tail, power_proportions
from livingdrug.trial.welch import power_welch


class Expected(NamedTuple):
    """What an arm's evaluable subjects look like: how many in a trial, mean and SD (of the logarithm, or of 0
    and 1); of persistence: the share that is lost, and the hazard ratio to the control."""

    n: float
    mean: float
    sd: float
    lost: float = math.nan
    hazard_ratio: float = math.nan


def closed_power(
    trial: Trial, endpoint: Endpoint, version: str, arms: Mapping[str, Expected], critical: float | None
) -> tuple[float | None, str]:
    """(power of the version, why there is none). A futility rule is left out of it; critical: Dunnett's
    value."""
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
    return _power_log_rank(trial, endpoint, own, control, critical)


def _power_t(
    trial, endpoint, own: Expected, control: Expected, everyone: list[Expected], critical: float
) -> float:
    """Noncentral t, exact with equal SDs; with unequal ones the difference has the SD `spread`, not the
    `error` that the pooled test takes it for."""
    from scipy.stats import t

    difference = endpoint.sign * (own.mean - control.mean)
    if endpoint.test == "welch" and (difference > 0 or trial.sides == 2):
        ratio = own.n / control.n
        return power_welch(control.n, difference, (control.sd, own.sd), trial.alpha, trial.sides, ratio)
    spread = math.sqrt(own.sd**2 / own.n + control.sd**2 / control.n)
    df = sum(arm.n - 1 for arm in everyone)
    error = math.sqrt(sum((arm.n - 1) * arm.sd**2 for arm in everyone) / df * (1 / own.n + 1 / control.n))
    if trial.multiplicity == "none":
        critical = float(t.isf(trial.alpha / trial.sides, df))
    bound, shift = critical * error / spread, difference / spread
    upper = noncentral_t_tail(bound, df, shift)
    return upper if trial.sides == 1 else upper + noncentral_t_tail(bound, df, -shift)


def _power_proportions(
    trial, endpoint, own: Expected, control: Expected, critical: float
) -> tuple[float | None, str]:
    if endpoint.sign * (own.mean - control.mean) < 0 and trial.sides == 1:
        return None, "the difference is to the worse side"
    if not (0 < own.mean < 1 and 0 < control.mean < 1):
        return None, "a rate is 0 or 1"
    alpha = _alpha(trial, critical)
    return power_proportions(control.n, control.mean, own.mean, alpha, trial.sides, own.n / control.n), ""


def _power_log_rank(
    trial, endpoint, own: Expected, control: Expected, critical: float
) -> tuple[float | None, str]:
    """Schoenfeld's formula, which takes the hazards as proportional."""
    events = (own.n * own.lost + control.n * control.lost) / (own.n + control.n)
    if not (events > 0 and math.isfinite(own.hazard_ratio)):
        return None, "nobody is lost"
    if endpoint.sign * math.log(own.hazard_ratio) > 0 and trial.sides == 1:
        return None, "the difference is to the worse side"
    ratio = own.n / control.n
    return power_log_rank(
        control.n, own.hazard_ratio, events, _alpha(trial, critical), trial.sides, ratio
    ), ""


def _alpha(trial: Trial, critical: float) -> float:
    """The alpha of a single comparison that a normal critical value stands for."""
    from scipy.special import ndtr

    return trial.sides * float(ndtr(-critical))
