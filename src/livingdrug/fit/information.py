"""Score and observed information of the likelihood by Louis' identities (Louis 1982, J R Stat Soc B
44:226-233).

With s and H the slope and curvature of the log density of data and individual parameters together, at
weighted draws of the latter: the score is sum_i E[s_i], the information sum_i E[-H_i] - Var[s_i]. What says
how parameters vary enters through a normal density and is exact, as are slopes by residual errors; those by
parameters without variability and by numbers of outcomes are differences. Where a number moves predictions,
draws move along with it as the individual estimates would (`Proposal.follow`), since any such change of
variables leaves the identities as they are, and this one leaves little for them to take away.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from livingdrug.core.draws import scaled
from livingdrug.fit.at_draws import Predicted
from livingdrug.fit.importance import Draws, weighed
from livingdrug.fit.point import Point, Prepared
from livingdrug.fit.unknowns import CORRELATION, OUTCOME, RESIDUAL, VARIABILITY, Unknowns
from livingdrug.fit.updates import Linear, linear_of

STEP = 1e-3


@dataclass(frozen=True)
class Information:
    """score (p,), information (p, p) of the estimated numbers on their scales; scores (n, p): parts of the
    subjects; log_likelihood: from the same draws."""

    score: np.ndarray
    matrix: np.ndarray
    scores: np.ndarray
    log_likelihood: float


@dataclass(frozen=True)
class Weighted:
    """Weighted draws of each subject. etas (n, draws, random), weight (n, draws), of sum 1; slopes (n,
    draws, p) of the log density of data and etas by the estimated numbers; bends (n, p, p): mean
    curvature; log_likelihood: of all subjects."""

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
        mean = (self.weight[:, None] @ self.slopes)[:, 0]
        return mean, self.slopes - mean[:, None]


def louis(prepared: Prepared, unknowns: Unknowns, point: Point, draws: Draws) -> Information:
    """Score and information at a point from weighted draws of each subject."""
    return weighted_at(prepared, unknowns, point, draws).weighted().information()


class _Moved(NamedTuple):
    """Draws where the numbers have moved: point, effects, predictions."""

    point: Point
    etas: np.ndarray
    found: Predicted


@dataclass(frozen=True)
class At:
    """Weighted draws at a point. found: predictions; likelihood (n, draws): of the data of each;
    by_errors: its slopes (n, draws, k) and curvature (n, draws, k, k) by residual errors; logs (n, draws):
    logarithms of weights; weight: the same of sum 1; level: log-likelihood of all subjects."""

    prepared: Prepared
    unknowns: Unknowns
    point: Point
    draws: Draws
    etas: np.ndarray
    found: Predicted
    likelihood: np.ndarray
    by_errors: tuple[np.ndarray, np.ndarray]
    logs: np.ndarray
    weight: np.ndarray
    level: float

    def score(self) -> np.ndarray:
        """Slope of the log-likelihood by the estimated numbers (p,); differences are taken on one side,
        which is as good as a move of half a step."""
        score = np.zeros(self.unknowns.size)
        score[_moving(self)] = np.einsum("nrl,nr->l", self.linear.d, self.mean @ self.precision)
        for place, slope in zip(self.free, _omega_slopes(self.unknowns, self.point)[0], strict=True):
            turned = self.precision @ slope
            score[place] = 0.5 * (
                np.sum(self.products * (turned @ self.precision)) - len(self.weight) * np.trace(turned)
            )
        for place in self.still:
            score[place] = (
                np.sum(self.weight * (self.joint(self.moved(self.step(place))) - self.middle)) / STEP
            )
        score[self.errors] = np.einsum("nc,nck->k", self.weight, self.by_errors[0])
        if len(self.outcomes):
            seen = (self.weight > 0)[..., None]
            by = np.where(seen, self.found.by_outcomes(self.point.theta), 0.0)
            score[self.outcomes] = np.einsum("nc,nck->k", self.weight, by)
        return score

    def weighted(self) -> Weighted:
        """The draws with slopes and mean curvature by the estimated numbers."""
        p = self.unknowns.size
        slopes, bends = np.zeros((*self.weight.shape, p)), np.zeros((len(self.weight), p, p))
        _population(self, slopes, bends)
        _predictions(self, slopes, bends)
        return Weighted(self.etas, self.weight, slopes, bends, self.level)

    @cached_property
    def linear(self) -> Linear:
        """How the means of random parameters depend on the numbers."""
        return linear_of(self.prepared, self.unknowns)

    @cached_property
    def precision(self) -> np.ndarray:
        """Inverse of Omega."""
        return np.linalg.inv(self.point.omega)

    @cached_property
    def mean(self) -> np.ndarray:
        """Mean effects of each subject (n, random)."""
        return (self.weight[:, None] @ self.etas)[:, 0]

    @cached_property
    def products(self) -> np.ndarray:
        """Mean products of the effects of each subject (n, random, random)."""
        return (self.weight[..., None] * self.etas).transpose(0, 2, 1) @ self.etas

    @cached_property
    def free(self) -> np.ndarray:
        """Positions of what says how parameters vary."""
        return np.concatenate([self.unknowns.of_kind(VARIABILITY), self.unknowns.of_kind(CORRELATION)])

    @cached_property
    def errors(self) -> np.ndarray:
        """Positions of residual errors."""
        return self.unknowns.of_kind(RESIDUAL)

    @cached_property
    def still(self) -> np.ndarray:
        """Positions of typical values and effects of parameters without variability."""
        unknowns, linear = self.unknowns, self.linear
        moving = np.concatenate([np.isin(unknowns.mu, linear.mu), np.isin(unknowns.beta, linear.beta)])
        return np.flatnonzero(~moving)

    @cached_property
    def outcomes(self) -> np.ndarray:
        """Positions of the numbers of outcomes."""
        return self.unknowns.of_kind(OUTCOME)

    @cached_property
    def follow(self) -> np.ndarray:
        """How the effects of each subject move with each number of `still`, (n, random, still)."""
        prepared, count = self.prepared, len(self.unknowns.mu)
        follow, column = self.draws.proposal.follow, {int(p): k for k, p in enumerate(prepared.still)}
        found = np.zeros((*self.mean.shape, len(self.still)))
        for k, place in enumerate(self.still):
            if place < count:
                found[:, :, k] = follow[:, :, column[int(self.unknowns.mu[place])]]
            else:
                effect = self.unknowns.beta[place - count]
                by = self.prepared.design.x[:, effect, None]
                found[:, :, k] = follow[:, :, column[int(prepared.effect_on[effect])]] * by
        return found

    def step(self, place: int) -> np.ndarray:
        """A small move of one number."""
        return STEP * np.eye(self.unknowns.size)[place]

    def moved(self, move: np.ndarray) -> _Moved:
        """The draws where numbers of `still` have moved by a vector."""
        other = self.unknowns.point(self.unknowns.vector(self.point) + move, self.point)
        return _Moved(other, *self.draws.at(self.prepared, other))

    @cached_property
    def middle(self) -> np.ndarray:
        """Log density of data and effects of each draw, but for what Omega alone says; 0 for one that the
        data exclude."""
        return np.where(self.weight > 0, self._density(self.etas, self.likelihood), 0.0)

    def joint(self, to: _Moved, likelihood: np.ndarray | None = None) -> np.ndarray:
        """The same of moved draws; one that the data exclude, here or beside it, has no slope."""
        density = self._density(to.etas, to.found.likelihood(to.point) if likelihood is None else likelihood)
        return np.where((self.weight > 0) & np.isfinite(density), density, self.middle)

    def _density(self, etas: np.ndarray, likelihood: np.ndarray) -> np.ndarray:
        return likelihood - 0.5 * ((etas @ self.precision) * etas).sum(axis=2)


def weighted_at(prepared: Prepared, unknowns: Unknowns, point: Point, draws: Draws) -> At:
    """Weighted draws at a point."""
    etas, found = draws.at(prepared, point)
    # its slopes cost little more than the likelihood itself
    likelihood, slopes, bends = found.by_errors(point, unknowns)
    logs = weighed(point, etas, likelihood, draws)
    weight = scaled(logs)  # nan for a subject that the data exclude, where a step went too far
    level = float(np.sum(np.log(weight.mean(axis=1)) + logs.max(axis=1)))
    weight /= weight.sum(axis=1, keepdims=True)
    return At(
        prepared, unknowns, point, draws, etas, found, likelihood, (slopes, bends), logs, weight, level
    )


def _population(at: At, slopes: np.ndarray, bends: np.ndarray) -> None:
    """Slopes and mean curvature by typical values, effects, variabilities and correlations: a normal
    density of eta."""
    places, precision, d = _moving(at), at.precision, at.linear.d
    slopes[:, :, places] = at.etas @ (precision @ d)
    bends[np.ix_(range(len(bends)), places, places)] = -np.einsum("nrl,rs,nsm->nlm", d, precision, d)
    first, second = _omega_slopes(at.unknowns, at.point)
    for i, place in enumerate(at.free):
        turned = precision @ first[i]
        slope = -turned @ precision  # of the precision
        slopes[:, :, place] = -0.5 * np.trace(turned) - 0.5 * _quadratic(at.etas, slope)
        bends[:, places, place] = bends[:, place, places] = np.einsum("nrl,rs,ns->nl", d, slope, at.mean)
        for j in range(i + 1):
            other = precision @ first[j]
            both = precision @ second[i][j]
            bend = (turned @ other + other @ turned - both) @ precision
            log_bend = np.trace(both) - np.trace(turned @ other)
            value = -0.5 * log_bend - 0.5 * np.einsum("nrs,rs->n", at.products, bend)
            bends[:, place, at.free[j]] = bends[:, at.free[j], place] = value


def _quadratic(etas: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """eta' matrix eta of each draw (n, draws); a variability without correlations touches few of the
    effects."""
    used = np.flatnonzero(matrix.any(axis=0) | matrix.any(axis=1))
    own = etas[:, :, used]
    return ((own @ matrix[np.ix_(used, used)]) * own).sum(axis=2)


def _omega_slopes(unknowns: Unknowns, point: Point) -> tuple[list[np.ndarray], list[list[np.ndarray]]]:
    """First and second slopes of Omega by the logarithms of variabilities, then by the atanh of
    correlations."""
    omega = point.omega
    sd = np.sqrt(np.diag(omega))
    groups = [np.diag((unknowns.alike == s).astype(float)) for s in unknowns.variability]
    first = [g @ omega + omega @ g for g in groups]
    pairs = []
    for i, j in unknowns.pairs:
        unit, r = np.zeros_like(omega), omega[i, j] / (sd[i] * sd[j])
        unit[i, j] = unit[j, i] = sd[i] * sd[j] * (1 - r * r)
        pairs.append((unit, -2 * r * unit))
    second = [[g @ f + f @ g for f in first[: k + 1]] for k, g in enumerate(groups)]
    for k, (slope, bend) in enumerate(pairs):
        second.append(
            [*(g @ slope + slope @ g for g in groups), *(np.zeros_like(omega) for _ in range(k)), bend]
        )
    return [*first, *(slope for slope, _ in pairs)], second


def _predictions(at: At, slopes: np.ndarray, bends: np.ndarray) -> None:
    """Slopes and mean curvature by what acts on predictions and their errors."""
    by_error, bent_by_error = at.by_errors
    weight, errors, places, above = at.weight, at.errors, at.still, {}
    seen = (weight > 0)[..., None]  # a draw that the data exclude has no slope
    slopes[:, :, errors] = np.where(seen, by_error, 0.0)
    bends[np.ix_(np.arange(len(bends)), errors, errors)] = np.einsum("nc,nckl->nkl", weight, bent_by_error)
    for k, place in enumerate(places):
        sides = [at.moved(side * at.step(place)) for side in (1, -1)]
        likelihoods, by_error, _ = zip(
            *(to.found.by_errors(to.point, at.unknowns) for to in sides), strict=True
        )
        up, down = (at.joint(to, likelihood) for to, likelihood in zip(sides, likelihoods, strict=True))
        slopes[:, :, place] = (up - down) / (2 * STEP)
        above[place] = up
        bends[:, place, place] = (weight * (up - 2 * at.middle + down)).sum(axis=1) / STEP**2
        across = np.where(seen, by_error[0] - by_error[1], 0.0)
        cross = np.einsum("nc,nck->nk", weight, across) / (2 * STEP)
        bends[:, place, errors] = bends[:, errors, place] = cross
        for other in places[:k]:
            corner = at.joint(at.moved(at.step(place) + at.step(other)))
            mixed = (corner - above[place] - above[other] + at.middle) / STEP**2
            bends[:, place, other] = bends[:, other, place] = (weight * mixed).sum(axis=1)
    if len(at.still):
        _across(at, bends)
    if len(at.outcomes):
        _outcomes(at, slopes, bends)


def _outcomes(at: At, slopes: np.ndarray, bends: np.ndarray) -> None:
    """Slopes and mean curvature by the numbers of outcomes, which leave predictions as they are."""
    places, theta = at.outcomes, at.point.theta
    seen = (at.weight > 0)[..., None]

    def mean_slopes(found: Predicted, theta: np.ndarray) -> np.ndarray:
        return (at.weight[..., None] * np.where(seen, found.by_outcomes(theta), 0.0)).sum(axis=1)

    slopes[:, :, places] = np.where(seen, at.found.by_outcomes(theta), 0.0)
    for place, step in zip(places, STEP * np.eye(len(theta)), strict=True):
        up, down = (mean_slopes(at.found, theta + side * step) for side in (1, -1))
        bends[:, places, place] = (up - down) / (2 * STEP)
    for other in at.still:
        up, down = (mean_slopes(at.moved(side * at.step(other)).found, theta) for side in (1, -1))
        bends[:, other, places] = bends[:, places, other] = (up - down) / (2 * STEP)


def _across(at: At, bends: np.ndarray) -> None:
    """Mean curvature by a number without variability and one of the density of eta, as draws follow the
    former."""
    first, _ = _omega_slopes(at.unknowns, at.point)
    places = _moving(at)
    for k, place in enumerate(at.still):
        pulled = at.follow[:, :, k] @ at.precision
        for column, other in enumerate(places):
            bends[:, place, other] = bends[:, other, place] = (pulled * at.linear.d[:, :, column]).sum(axis=1)
        for slope, other in zip(first, at.free, strict=True):
            cross = (pulled @ slope @ at.precision * at.mean).sum(axis=1)
            bends[:, place, other] = bends[:, other, place] = cross


def _moving(at: At) -> list[int]:
    """Positions in the vector of the typical values and effects in which eta is a normal regression."""
    unknowns, linear = at.unknowns, at.linear
    places = [int(np.flatnonzero(unknowns.mu == m)[0]) for m in linear.mu]
    return places + [len(unknowns.mu) + int(np.flatnonzero(unknowns.beta == e)[0]) for e in linear.beta]
