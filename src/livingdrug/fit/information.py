"""Score and observed information of the likelihood by Louis' identities (Louis 1982, J R Stat Soc B 44:226-233).

With s and H the slope and curvature of the log density of data and individual parameters together, at weighted draws of
the latter: the score is sum_i E[s_i], the information sum_i E[-H_i] - Var[s_i]. What says how parameters spread enters
through a normal density and is exact; what acts on predictions (residual errors, parameters without spread) is
differentiated by differences.
"""

from dataclasses import dataclass

import numpy as np

from livingdrug.fit.importance import Draws, weights
from livingdrug.fit.point import Point, Prepared
from livingdrug.fit.unknowns import CORRELATION, SPREAD, Unknowns
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
    places = [int(np.flatnonzero(unknowns.mu == m)[0]) for m in linear.mu]
    places += [len(unknowns.mu) + int(np.flatnonzero(unknowns.beta == e)[0]) for e in linear.beta]
    precision = np.linalg.inv(point.omega)
    free = np.concatenate([unknowns.of_kind(SPREAD), unknowns.of_kind(CORRELATION)])
    vector = unknowns.vector(point)[free]
    mean = np.einsum("nc,ncr->nr", weight, etas)
    products = np.einsum("nc,ncr,ncs->nrs", weight, etas, etas)
    slopes[:, :, places] = np.einsum("nrl,ncr->ncl", linear.d, etas @ precision)
    bends[np.ix_(range(len(bends)), places, places)] = -np.einsum("nrl,rs,nsm->nlm", linear.d, precision, linear.d)

    def shape(moved: np.ndarray) -> tuple[np.ndarray, float]:
        omega = unknowns.omega(moved, point)
        return np.linalg.inv(omega), np.linalg.slogdet(omega)[1]

    steps = STEP * np.eye(len(free))
    for i, place in enumerate(free):
        (up, log_up), (down, log_down) = shape(vector + steps[i]), shape(vector - steps[i])
        slope, log_slope = (up - down) / (2 * STEP), (log_up - log_down) / (2 * STEP)
        slopes[:, :, place] = -0.5 * log_slope - 0.5 * ((etas @ slope) * etas).sum(axis=2)
        cross = np.einsum("nrl,rs,ns->nl", linear.d, slope, mean)
        bends[:, places, place] = bends[:, place, places] = cross
        for j in range(i + 1):
            corners = [shape(vector + a * steps[i] + b * steps[j]) for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            bend, log_bend = ((c[0] - c[1] - c[2] + c[3]) / (4 * STEP**2) for c in zip(*corners, strict=True))
            value = -0.5 * log_bend - 0.5 * np.einsum("nrs,rs->n", products, bend)
            bends[:, place, free[j]] = bends[:, free[j], place] = value


def _predictions(prepared, unknowns: Unknowns, point: Point, draws: Draws, weight, slopes, bends) -> None:
    """Slopes and mean curvature by what acts on predictions and their errors."""
    linear = linear_of(prepared, unknowns)
    kinds = {"mu": np.isin(unknowns.mu, linear.mu), "beta": np.isin(unknowns.beta, linear.beta)}
    places = [i for i, inside in enumerate(np.concatenate([kinds["mu"], kinds["beta"]])) if not inside]
    places += [i for i, kind in enumerate(unknowns.kinds) if kind == "residual"]
    vector, steps = unknowns.vector(point), STEP * np.eye(unknowns.size)

    def at(moved: np.ndarray) -> np.ndarray:
        other = unknowns.point(moved, point)
        # a draw that the data exclude has no weight, and no slope
        return np.where(weight > 0, draws.predicted(prepared, other).likelihood(other), 0.0)

    middle = at(vector) if places else None
    sides = {i: (at(vector + steps[i]), at(vector - steps[i])) for i in places}
    for i in places:
        up, down = sides[i]
        slopes[:, :, i] = (up - down) / (2 * STEP)
        bends[:, i, i] = (weight * (up - 2 * middle + down)).sum(axis=1) / STEP**2
        for j in (j for j in places if j < i):
            corners = [at(vector + a * steps[i] + b * steps[j]) for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            mixed = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * STEP**2)
            bends[:, i, j] = bends[:, j, i] = (weight * mixed).sum(axis=1)
