"""Score and observed information of the likelihood by Louis' identities (Louis 1982, J R Stat Soc B 44:226-233).

With s and H the slope and curvature of the log density of data and individual parameters together, at weighted draws of
the latter: the score is sum_i E[s_i], the information sum_i E[-H_i] - Var[s_i]. What says how parameters spread enters
through a normal density and is exact; what acts on predictions (residual errors, parameters without variability) is
differentiated by differences. Individual parameters are drawn at one point; where a number moves predictions, draws move
along with it as the individual estimates would, since any such change of variables leaves the identities as they are, and
this one leaves little for them to take away.
"""

from dataclasses import dataclass

import numpy as np

from livingdrug.fit.importance import Draws, predicted, weights
from livingdrug.fit.modes import solved
from livingdrug.fit.point import Point, Prepared, centre, moments, with_etas
from livingdrug.fit.unknowns import CORRELATION, OUTCOME, RESIDUAL, SPREAD, Unknowns
from livingdrug.fit.updates import linear_of

STEP = 1e-3


@dataclass(frozen=True)
class Information:
    """score (p,), information (p, p) of the estimated numbers on their scales; scores (n, p): parts of the subjects;
    log_likelihood: from the same draws."""

    score: np.ndarray
    matrix: np.ndarray
    scores: np.ndarray
    log_likelihood: float


@dataclass(frozen=True)
class Weighted:
    """Weighted draws of each subject. etas (n, draws, random), weight (n, draws), of sum 1; slopes (n, draws, p) of the log
    density of data and etas by the estimated numbers; bends (n, p, p): mean curvature; log_likelihood: of all subjects."""

    etas: np.ndarray
    weight: np.ndarray
    slopes: np.ndarray
    bends: np.ndarray
    log_likelihood: float

    def information(self) -> Information:
        """Score and information by Louis' identities."""
        mean, off = self.centred()
        lost = (self.weight[..., None] * off).transpose(0, 2, 1) @ off
        return Information(mean.sum(axis=0), (-self.bends - lost).sum(axis=0), mean, self.log_likelihood)

    def centred(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean slopes of each subject (n, p), and the slopes without them."""
        mean = np.einsum("nc,ncp->np", self.weight, self.slopes)
        return mean, self.slopes - mean[:, None]


def louis(prepared: Prepared, unknowns: Unknowns, point: Point, draws: Draws) -> Information:
    """Score and information at a point from weighted draws of each subject."""
    return weighted_slopes(prepared, unknowns, point, draws).information()


def weighted_slopes(prepared: Prepared, unknowns: Unknowns, point: Point, draws: Draws) -> Weighted:
    """Draws of each subject at a point, with slopes and mean curvature by the estimated numbers."""
    etas, logs = draws.etas(prepared, point), weights(prepared, point, draws)
    top = logs.max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):  # of a subject that the data exclude, where a step went too far
        weight = np.exp(logs - top)
    log_likelihood = float(np.sum(np.log(weight.mean(axis=1)) + top[:, 0]))
    weight /= weight.sum(axis=1, keepdims=True)
    p = unknowns.size
    slopes = np.zeros((*weight.shape, p))
    bends = np.zeros((len(weight), p, p))
    _population(prepared, unknowns, point, etas, weight, slopes, bends)
    _predictions(prepared, unknowns, point, draws, weight, slopes, bends)
    return Weighted(etas, weight, slopes, bends, log_likelihood)


def _population(prepared, unknowns: Unknowns, point: Point, etas, weight, slopes, bends) -> None:
    """Slopes and mean curvature by typical values, effects, spreads and correlations: a normal density of eta."""
    linear = linear_of(prepared, unknowns)
    places = _moving(unknowns, linear)
    precision = np.linalg.inv(point.omega)
    free = np.concatenate([unknowns.of_kind(SPREAD), unknowns.of_kind(CORRELATION)])
    scaled = etas @ precision
    mean = (weight[:, None] @ etas)[:, 0]
    products = (weight[..., None] * etas).transpose(0, 2, 1) @ etas
    for r in range(linear.d.shape[1]):
        slopes[:, :, places] += linear.d[:, None, r] * scaled[:, :, None, r]
    bends[np.ix_(range(len(bends)), places, places)] = -np.einsum("nrl,rs,nsm->nlm", linear.d, precision, linear.d)
    first, second = _omega_slopes(unknowns, point)
    for i, place in enumerate(free):
        turned = precision @ first[i]
        slope = -turned @ precision  # of the precision
        slopes[:, :, place] = -0.5 * np.trace(turned) - 0.5 * ((etas @ slope) * etas).sum(axis=2)
        cross = np.einsum("nrl,rs,ns->nl", linear.d, slope, mean)
        bends[:, places, place] = bends[:, place, places] = cross
        for j in range(i + 1):
            other = precision @ first[j]
            both = precision @ second[i][j]
            bend = (turned @ other + other @ turned - both) @ precision
            log_bend = np.trace(both) - np.trace(turned @ other)
            value = -0.5 * log_bend - 0.5 * np.einsum("nrs,rs->n", products, bend)
            bends[:, place, free[j]] = bends[:, free[j], place] = value


def _omega_slopes(unknowns: Unknowns, point: Point) -> tuple[list[np.ndarray], list[list[np.ndarray]]]:
    """First and second slopes of Omega by the logarithms of spreads, then by the atanh of correlations."""
    omega = point.omega
    sd = np.sqrt(np.diag(omega))
    groups = [np.diag((unknowns.alike == s).astype(float)) for s in unknowns.spread]
    first = [g @ omega + omega @ g for g in groups]
    pairs = []
    for i, j in unknowns.pairs:
        unit, r = np.zeros_like(omega), omega[i, j] / (sd[i] * sd[j])
        unit[i, j] = unit[j, i] = sd[i] * sd[j] * (1 - r * r)
        pairs.append((unit, -2 * r * unit))
    second = [[g @ f + f @ g for f in first[: k + 1]] for k, g in enumerate(groups)]
    for k, (slope, bend) in enumerate(pairs):
        second.append([*(g @ slope + slope @ g for g in groups), *(np.zeros_like(omega) for _ in range(k)), bend])
    return [*first, *(slope for slope, _ in pairs)], second


def _predictions(prepared, unknowns: Unknowns, point: Point, draws: Draws, weight, slopes, bends) -> None:
    """Slopes and mean curvature by what acts on predictions and their errors."""
    still = _still(prepared, unknowns)
    places = [*still, *unknowns.of_kind(RESIDUAL)]
    if not len(places) and prepared.exposures is None:
        return
    vector, steps = unknowns.vector(point), STEP * np.eye(unknowns.size)
    etas, precision = draws.etas(prepared, point), np.linalg.inv(point.omega)
    mean = (weight[:, None] @ etas)[:, 0]
    follow = _following(prepared, unknowns, point, mean, still)
    known = {bytes(8 * len(still)): (draws.found, -0.5 * ((etas @ precision) * etas).sum(axis=2))}

    def at(move: np.ndarray) -> np.ndarray:
        other, off = unknowns.point(vector + move, point), move[still] + 0.0
        if off.tobytes() not in known:  # residual errors leave predictions as they are
            shifted = etas + (follow @ off)[:, None]
            quadratic = -0.5 * ((shifted @ precision) * shifted).sum(axis=2)
            known[off.tobytes()] = predicted(prepared, other, shifted), quadratic
        found, prior = known[off.tobytes()]
        density = found.likelihood(other) + prior
        # a draw that the data exclude, here or beside it, has no slope
        return np.where((weight > 0) & np.isfinite(density), density, middle)

    middle = 0.0
    middle, bent = at(0 * vector), {}
    for k, i in enumerate(places):
        up, down = at(steps[i]), at(-steps[i])
        slopes[:, :, i] = (up - down) / (2 * STEP)
        bent[i] = up - 2 * middle + down
        bends[:, i, i] = (weight * bent[i]).sum(axis=1) / STEP**2
        for j in places[:k]:
            corners = at(steps[i] + steps[j]) - 2 * middle + at(-steps[i] - steps[j])
            mixed = 0.5 * (corners - bent[i] - bent[j]) / STEP**2
            bends[:, i, j] = bends[:, j, i] = (weight * mixed).sum(axis=1)
    _across(prepared, unknowns, point, mean, still, follow, bends)
    if prepared.exposures is not None:
        sides = [[known[(side * steps[i][still] + 0.0).tobytes()][0] for side in (1, -1)] for i in still]
        _outcomes(unknowns, point, draws.found, sides, still, weight, slopes, bends)


def _outcomes(unknowns: Unknowns, point: Point, found, sides: list, still: np.ndarray, weight, slopes, bends) -> None:
    """Slopes and mean curvature by the numbers of outcomes, which leave predictions as they are; sides: predictions with each
    number of `still` up and down."""
    places, steps = unknowns.of_kind(OUTCOME), STEP * np.eye(len(point.theta))

    def mean_slopes(found, theta: np.ndarray) -> np.ndarray:
        by = found.outcome_slopes(theta)
        return (weight[..., None] * np.where((weight > 0)[..., None], by, 0.0)).sum(axis=1)

    slopes[:, :, places] = np.where((weight > 0)[..., None], found.outcome_slopes(point.theta), 0.0)
    for place, step in zip(places, steps, strict=True):
        up, down = (mean_slopes(found, point.theta + side * step) for side in (1, -1))
        bends[:, places, place] = (up - down) / (2 * STEP)
    for (up, down), other in zip(sides, still, strict=True):
        cross = (mean_slopes(up, point.theta) - mean_slopes(down, point.theta)) / (2 * STEP)
        bends[:, other, places] = bends[:, places, other] = cross


def _still(prepared: Prepared, unknowns: Unknowns) -> np.ndarray:
    """Positions of typical values and effects of parameters without variability."""
    linear = linear_of(prepared, unknowns)
    moving = np.concatenate([np.isin(unknowns.mu, linear.mu), np.isin(unknowns.beta, linear.beta)])
    return np.flatnonzero(~moving)


def _following(prepared: Prepared, unknowns: Unknowns, point: Point, mean: np.ndarray, still: np.ndarray) -> np.ndarray:
    """How the individual effects that fit best move with each number of `still`, (n, random, still), by Gauss and Newton.

    Draws that move along with a number keep their slopes by it alike, so that what Louis' identity takes away is small.
    """
    random, count = prepared.random, len(unknowns.mu)
    found = moments(prepared, point, with_etas(prepared, centre(prepared, point), mean)).curve
    bend = found[:, random[:, None], random] + np.linalg.inv(point.omega)
    follow = np.zeros((*mean.shape, len(still)))
    for k, place in enumerate(still):
        effect = None if place < count else unknowns.beta[place - count]
        parameter = unknowns.mu[place] if effect is None else prepared.effect_on[effect]
        by = 1.0 if effect is None else prepared.design.x[:, effect, None]
        follow[:, :, k] = -solved(bend, found[:, random, parameter] * by)
    return follow


def _across(prepared, unknowns: Unknowns, point: Point, mean, still: np.ndarray, follow: np.ndarray, bends) -> None:
    """Mean curvature by a number without variability and one of the density of eta, as draws follow the former."""
    linear, precision = linear_of(prepared, unknowns), np.linalg.inv(point.omega)
    free = np.concatenate([unknowns.of_kind(SPREAD), unknowns.of_kind(CORRELATION)])
    first, _ = _omega_slopes(unknowns, point)
    places = _moving(unknowns, linear)
    for k, place in enumerate(still):
        pulled = follow[:, :, k] @ precision
        for column, other in enumerate(places):
            bends[:, place, other] = bends[:, other, place] = (pulled * linear.d[:, :, column]).sum(axis=1)
        for slope, other in zip(first, free, strict=True):
            cross = (pulled @ slope @ precision * mean).sum(axis=1)
            bends[:, place, other] = bends[:, other, place] = cross


def _moving(unknowns: Unknowns, linear) -> list[int]:
    """Positions in the vector of the typical values and effects in which eta is a normal regression."""
    places = [int(np.flatnonzero(unknowns.mu == m)[0]) for m in linear.mu]
    return places + [len(unknowns.mu) + int(np.flatnonzero(unknowns.beta == e)[0]) for e in linear.beta]
