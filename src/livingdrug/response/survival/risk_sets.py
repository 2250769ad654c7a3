"""Who was at risk at each event, and the weighted moments of covariates over them: all that a Cox likelihood
needs."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.response.survival.times import Times

Ties = Literal["efron", "breslow", "exact"]


@dataclass(frozen=True)
class RiskSets:
    """Rows by descending time. order (n,): row of each; time, event, columns in that order; a term of the
    likelihood is an event (Efron, Breslow) or a time with events (exact). Times are those of `Times.clock`
    where rows start late or there are strata: `when` (terms,) has them in their own unit.

    at (terms,): time of each; until (terms,): how many of the order are at risk; group (terms,): number of
    its time; share (terms,): part of those with the event at that time who are taken out again (Efron).
    late (n,): the order by descending entry; entered (terms,): how many of it were not yet at risk; entry
    (n,): in the order of time; empty where all are at risk from the start."""

    order: np.ndarray
    time: np.ndarray
    event: np.ndarray
    columns: np.ndarray
    ties: Ties
    at: np.ndarray
    until: np.ndarray
    group: np.ndarray
    share: np.ndarray
    when: np.ndarray
    late: np.ndarray
    entered: np.ndarray
    entry: np.ndarray


@dataclass(frozen=True)
class Moments:
    """log_sum (terms,): logarithm of the sum of exp(x'b) over those at risk; mean (terms, p) and variance
    (terms, p, p) of x among them, weighted by exp(x'b). Under exact ties: over all sets of as many subjects
    as had the event."""

    log_sum: np.ndarray
    mean: np.ndarray
    variance: np.ndarray


def risk_sets(times: Times, columns: np.ndarray, ties: Ties) -> RiskSets:
    """Risk sets of covariates (n, p). Raises InputError for exact ties of rows that start late, or of
    strata."""
    if not times.plain and ties == "exact":
        raise InputError("exact ties are for one stratum of rows that all start at 0; use efron or breslow")
    clock, entry = (times.time, np.empty(0)) if times.plain else times.clock()
    order = np.argsort(-clock, kind="stable")
    time, event = clock[order], times.event[order]
    distinct, place, count = np.unique(time[event], return_index=True, return_counts=True)
    when = times.time[order][event][place]
    until = np.searchsorted(-time, -distinct, side="right")
    late, entered = np.empty(0, dtype=int), np.zeros(len(distinct), dtype=int)
    if len(entry):
        entry = entry[order]
        late = np.argsort(-entry, kind="stable")
        entered = np.searchsorted(-entry[late], -distinct, side="right")
    if ties == "exact":
        group, share = np.arange(len(distinct)), np.zeros(len(distinct))
    else:
        group = np.repeat(np.arange(len(distinct)), count)
        rank = np.concatenate([np.arange(d) / d for d in count])
        share = rank if ties == "efron" else np.zeros(len(group))
    return RiskSets(
        order,
        time,
        event,
        columns[order],
        ties,
        distinct[group],
        until[group],
        group,
        share,
        when=when[group],
        late=late,
        entered=entered[group],
        entry=entry,
    )


def moments(sets: RiskSets, beta: np.ndarray) -> Moments:
    """Moments at coefficients beta (p,)."""
    linear = sets.columns @ beta
    if sets.ties == "exact":
        return _exact_moments(sets, linear)
    shift = linear.max()
    weight = np.exp(linear - shift)
    sums = [_sums(sets, weight * f) for f in _powers(sets.columns)]
    total, first, second = (
        s.reshape(len(sets.at), *shape) for s, shape in zip(sums, _shapes(sets), strict=True)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = first / total[:, None]
        variance = second / total[:, None, None] - mean[:, :, None] * mean[:, None, :]
        return Moments(np.log(total) + shift, mean, variance)


def _powers(x: np.ndarray):
    """1, x and x x' with subjects along the last axis."""
    return np.ones(len(x)), x.T, np.einsum("ij,ik->jki", x, x)


def _shapes(sets: RiskSets):
    p = sets.columns.shape[1]
    return (), (p,), (p, p)


def _sums(sets: RiskSets, values: np.ndarray) -> np.ndarray:
    """Sum of values (..., n) over those at risk, less the share of those with the event: shape (terms,
    ...)."""
    total = np.cumsum(values, axis=-1)[..., sets.until - 1]
    if len(sets.late):
        gone = np.cumsum(values[..., sets.late], axis=-1)
        total = total - np.where(sets.entered > 0, gone[..., np.maximum(sets.entered, 1) - 1], 0.0)
    if sets.share.any():
        place = np.searchsorted(np.unique(sets.at), sets.time[sets.event])
        flat = values[..., sets.event].reshape(-1, len(place))
        tied = np.array([np.bincount(place, weights=row) for row in flat]).reshape(*values.shape[:-1], -1)
        total = total - sets.share * tied[..., sets.group]
    return np.moveaxis(total, -1, 0)


def _exact_moments(sets: RiskSets, linear: np.ndarray) -> Moments:
    """Sums over all subsets by recursion over subjects (Gail, Lubin & Rubinstein, Biometrika 1981;68:703)."""
    size = sets.columns.shape[1]
    log_sum, mean, variance = (
        np.empty(len(sets.at)),
        np.empty((len(sets.at), size)),
        np.empty((len(sets.at), size, size)),
    )
    events = np.unique(sets.time[sets.event], return_counts=True)[1]
    for k, (until, chosen) in enumerate(zip(sets.until, events, strict=True)):
        # the likeliest subset has weight 1, so that its sum neither overflows nor vanishes
        shift = np.sort(linear[:until])[-chosen:].mean()
        with np.errstate(over="ignore", invalid="ignore"):
            value, first, second = _subsets(np.exp(linear[:until] - shift), sets.columns[:until], chosen)
            log_sum[k], mean[k] = np.log(value) + chosen * shift, first / value
            variance[k] = second / value - np.outer(mean[k], mean[k])
    return Moments(log_sum, mean, variance)


def _subsets(weight: np.ndarray, x: np.ndarray, chosen: int):
    """Over all subsets of `chosen` subjects: sums of the product of weights, alone, times the sum of x, times
    its square."""
    p = x.shape[1]
    value, first, second = np.zeros(chosen + 1), np.zeros((chosen + 1, p)), np.zeros((chosen + 1, p, p))
    value[0] = 1.0
    for w, row in zip(weight, x, strict=True):
        v, f = value[:-1], first[:-1]
        cross = f[:, :, None] * row
        with_row = second[:-1] + cross + cross.transpose(0, 2, 1) + v[:, None, None] * np.outer(row, row)
        second[1:] += w * with_row
        first[1:] += w * (f + v[:, None] * row)
        value[1:] += w * v
    return value[-1], first[-1], second[-1]
