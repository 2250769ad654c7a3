"""The analysis of all replicates: who stops for futility, which comparisons are significant."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from livingdrug.trial.comparisons import Compared, log_rank, moments, pooled_t, proportions, welch_t
from livingdrug.trial.design import BINARY, LOGARITHMIC, Endpoint, Futility, Trial
from livingdrug.trial.multiplicity import dunnett_critical, holm_rejects
from livingdrug.trial.outcomes import ArmData, Outcome


@dataclass(frozen=True)
class Analysed:
    """One endpoint over all replicates: compared, one for each version; rejected (replicates, versions);
    critical: value of the statistic beyond which a comparison is significant, None under Holm, where it
    depends on the others."""

    compared: tuple[Compared, ...]
    rejected: np.ndarray
    critical: float | None


def analyse(trial: Trial, data: Mapping[str, ArmData]) -> tuple[dict[str, Analysed], np.ndarray]:
    """(endpoint -> analysis, stopped (replicates, versions)) of the arms' data."""
    primary = trial.endpoints[0]
    replicates = len(data[trial.control].outcomes[primary.name].value)
    stopped = np.zeros((replicates, len(trial.versions)), dtype=bool)
    if trial.futility:
        stopped = hopeless(trial, trial.futility, data)
    found = {}
    for endpoint in trial.endpoints:
        outcomes = {name: arm.outcomes[endpoint.name] for name, arm in data.items()}
        critical = critical_value(trial, endpoint, evaluable(outcomes))
        if trial.futility:
            for version, stop in zip(trial.versions, stopped.T, strict=True):
                outcomes[version.name] = _ended(
                    outcomes[version.name], stop, looked_at(trial.futility, version.n)
                )
        found[endpoint.name] = _analysed(trial, endpoint, outcomes, stopped, critical)
    return found, stopped


def looked_at(futility: Futility, n: int) -> int:
    """Subjects of an arm of n at the interim analysis."""
    return max(2, math.ceil(futility.at * n - 1e-9))


def _ended(outcome: Outcome, stop: np.ndarray, n: int) -> Outcome:
    """An outcome in which the arms that stopped have no subjects after the first n."""
    value = outcome.value.copy()
    value[stop, n:] = np.nan
    return Outcome(value, outcome.lost)


def _analysed(
    trial: Trial,
    endpoint: Endpoint,
    outcomes: dict[str, Outcome],
    stopped: np.ndarray,
    critical: float | None,
) -> Analysed:
    compared = compare(trial, endpoint, outcomes)
    if trial.multiplicity == "dunnett":
        statistic = np.stack([c.statistic for c in compared], axis=1)
        size = np.abs(statistic) if trial.sides == 2 else endpoint.sign * statistic
        rejected = np.where(np.isnan(size), -np.inf, size) > critical
    else:
        p = np.stack([c.p_value(trial.sides, endpoint.sign) for c in compared], axis=1)
        if trial.multiplicity == "holm":
            rejected = holm_rejects(np.where(stopped, np.nan, p), trial.alpha)
        else:
            rejected = np.where(np.isnan(p), 1.0, p) <= trial.alpha
    return Analysed(compared, rejected & ~stopped, critical)


def compare(trial: Trial, endpoint: Endpoint, outcomes: Mapping[str, Outcome]) -> tuple[Compared, ...]:
    """Each version against the control."""
    control, versions = outcomes[trial.control], [outcomes[arm.name] for arm in trial.versions]
    if endpoint.kind == "persistence":
        return tuple(log_rank(version, control, len(trial.visits)) for version in versions)
    against, own = moments(control), [moments(version) for version in versions]
    if endpoint.kind in BINARY:
        return tuple(proportions(arm, against) for arm in own)
    if endpoint.test == "welch":
        return tuple(welch_t(arm, against) for arm in own)
    pooled = trial.multiplicity == "dunnett"
    return tuple(
        pooled_t(arm, against, (*own[:i], *own[i + 1 :]) if pooled else ()) for i, arm in enumerate(own)
    )


def evaluable(outcomes: Mapping[str, Outcome]) -> dict[str, float]:
    """Mean number of evaluable subjects of each arm."""
    return {name: float((~np.isnan(outcome.value)).sum(axis=1).mean()) for name, outcome in outcomes.items()}


def critical_value(trial: Trial, endpoint: Endpoint, seen: Mapping[str, float]) -> float | None:
    """Dunnett's value, once for the design, at the mean numbers of evaluable subjects; that of a single
    comparison (at the smallest arm) without multiplicity; None under Holm."""
    if trial.multiplicity == "holm":
        return None
    versions, control = [max(seen[arm.name], 1e-9) for arm in trial.versions], max(seen[trial.control], 1e-9)
    normal = endpoint.kind not in LOGARITHMIC
    if trial.multiplicity == "dunnett":
        df = math.inf if normal else max(sum(versions) + control - len(versions) - 1, 1.0)
        return dunnett_critical(versions, control, df, trial.alpha, trial.sides)
    df = math.inf if normal else max(min(versions) + control - 2, 1.0)
    return dunnett_critical([1.0], 1.0, df, trial.alpha, trial.sides)


def hopeless(trial: Trial, futility: Futility, data: Mapping[str, ArmData]) -> np.ndarray:
    """Which versions stop at the interim analysis of the primary endpoint, shape (replicates, versions).

    Where nothing can be compared yet, the arm goes on.
    """
    endpoint = trial.endpoints[0]
    first = {
        arm.name: data[arm.name].outcomes[endpoint.name].of_first(looked_at(futility, arm.n))
        for arm in trial.arms
    }
    compared = compare(trial, endpoint, first)
    if futility.rule == "effect":
        bar = math.log(futility.below) if endpoint.kind in LOGARITHMIC else futility.below
        return np.stack([endpoint.sign * c.difference < bar for c in compared], axis=1)
    full = {arm.name: data[arm.name].outcomes[endpoint.name] for arm in trial.arms}
    critical = critical_value(trial, endpoint, evaluable(full))
    if critical is None:
        # under Holm: that of the first step, the hardest
        critical = _z(trial.alpha / trial.sides / len(trial.versions))
    chances = [conditional_power(endpoint.sign * c.statistic, futility.at, critical) for c in compared]
    return np.stack(chances, axis=1) < futility.below


def conditional_power(z: np.ndarray, at: float, critical: float) -> np.ndarray:
    """Chance to end beyond `critical` when `z` was seen at the share `at` of the information and the trend
    goes on.

    Phi((z / sqrt(at) - critical) / sqrt(1 - at)) (Lan and Wittes 1988, Biometrics 44:579).
    """
    from scipy.special import ndtr

    return ndtr((z / math.sqrt(at) - critical) / math.sqrt(1 - at))


def _z(tail: float) -> float:
    from scipy.special import ndtri

    return float(-ndtri(tail))
