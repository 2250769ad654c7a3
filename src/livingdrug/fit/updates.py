"""The maximisation step of SAEM: typical values, effects and Omega in closed form, residual errors in
closed form where one number says them, all else by a step of Fisher scoring (Robbins & Monro 1951)."""

from dataclasses import dataclass

import numpy as np

from livingdrug.engine.densities import LOG_2PI, LOGNORMAL, PROPORTIONAL
from livingdrug.fit.design import LOWER, MEASURED
from livingdrug.fit.objective import residual_sd
from livingdrug.fit.outcome_likelihood import log_likelihood_of, score_of
from livingdrug.fit.penalty import held_of, likely_log_sd
from livingdrug.fit.point import (
    NORMAL,
    Point,
    Prepared,
    centre,
    everything,
    log_likelihood,
    moments_of,
    with_etas,
)
from livingdrug.fit.unknowns import Unknowns, unknowns_of

LEAST_SD = 1e-4
DIFFERENCE = 1e-4
LONGEST = 0.5  # step on a log or logit scale
HALVINGS = 8
ONE_NUMBER = ("additive", "proportional", "lognormal")


@dataclass(frozen=True)
class Linear:
    """How the means of the random parameters depend on free coefficients: mean_i = offset_i + d_i theta.

    d (subjects, random, free); mu, beta: positions in the Point of the free coefficients, in their order.
    """

    d: np.ndarray
    mu: np.ndarray
    beta: np.ndarray


def linear_of(prepared: Prepared, unknowns: Unknowns) -> Linear:
    """Typical values and effects of parameters with between-subject variability, in which the density of
    eta is a normal regression."""
    place = {int(p): r for r, p in enumerate(prepared.random)}
    mu = np.array([m for m in unknowns.mu if int(m) in place], dtype=np.int64)
    beta = np.array([e for e in unknowns.beta if int(prepared.effect_on[e]) in place], dtype=np.int64)
    d = np.zeros((prepared.design.n, len(place), len(mu) + len(beta)))
    for k, m in enumerate(mu):
        d[:, place[int(m)], k] = 1.0
    for k, e in enumerate(beta, start=len(mu)):
        d[:, place[int(prepared.effect_on[e])], k] = prepared.design.x[:, e]
    return Linear(d, mu, beta)


def means(prepared: Prepared, point: Point) -> np.ndarray:
    """Mean of the random parameters of each subject on their scales, (subjects, random)."""
    return centre(prepared, point)[: prepared.design.n][:, prepared.random]


def regression(prepared: Prepared, linear: Linear, point: Point, s1: np.ndarray) -> Point:
    """Typical values and effects by generalised least squares of the mean individual parameters s1
    (subjects, random), and of the priors of the problem."""
    if not linear.d.shape[2]:
        return point
    mu, beta = point.mu.copy(), point.beta.copy()
    mu[linear.mu], beta[linear.beta] = 0.0, 0.0
    offset = means(prepared, point._replace(mu=mu, beta=beta))
    precision = np.linalg.inv(point.omega)
    count = linear.d.shape[2]
    pulled = (precision @ linear.d).reshape(-1, count)
    # one product: that of a matrix with a vector depends on how many threads make it
    both = pulled.T @ np.column_stack([linear.d.reshape(-1, count), (s1 - offset).ravel()])
    left, right = both[:, :count], both[:, count]
    centre_of, sure = (part[linear.mu] for part in held_of(unknowns_of(prepared.problem)).mu)
    own = np.arange(len(linear.mu))
    left[own, own] += sure
    right[own] += sure * centre_of
    theta = np.linalg.solve(left, right)
    mu[linear.mu], beta[linear.beta] = theta[: len(linear.mu)], theta[len(linear.mu) :]
    return point._replace(mu=mu, beta=beta)


def new_omega(
    prepared: Prepared, unknowns: Unknowns, point: Point, s1, s2: np.ndarray, annealing: float
) -> np.ndarray:
    """Omega from the mean individual parameters and their products; annealing: the part of a variance that
    is kept."""
    middle = means(prepared, point)
    cross = s1.T @ middle
    found = (s2 - cross - cross.T + middle.T @ middle) / prepared.design.n
    keep = np.eye(len(found), dtype=bool)
    for i, j in unknowns.pairs:
        keep[i, j] = keep[j, i] = True
    found = np.where(keep, found, 0.0)
    own = np.maximum(np.diag(found), LEAST_SD**2)
    together = np.bincount(unknowns.alike).clip(1)
    variance = (np.bincount(unknowns.alike, own) / together)[unknowns.alike]
    if prepared.problem.priors:
        seen = prepared.design.n * together[unknowns.alike]
        variance = np.exp(2 * likely_log_sd(variance, seen, *held_of(unknowns).log_sd))
    wanted = np.maximum(variance, annealing * np.diag(point.omega))
    fixed = ~np.isin(unknowns.alike, unknowns.variability)
    wanted[fixed] = np.diag(point.omega)[fixed]
    factor = np.sqrt(wanted / own)
    scaled = found * factor[:, None] * factor
    np.fill_diagonal(scaled, wanted)
    return scaled


def residual_squares(prepared: Prepared, point: Point, f: np.ndarray) -> np.ndarray:
    """Expected square of the residual in units of a (or b), summed for each output, mean over copies.

    A censored value has the expectation of a normal one cut at the limit: s^2 (1 - z phi(z) / Phi(z)) below
    it.
    """
    from scipy.special import log_ndtr

    y, kind, output, _, _ = prepared.records
    f, code = prepared.own(f), prepared.kind[output]
    logs = code == LOGNORMAL
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(logs, np.log(f), f)
        value = np.where(logs, np.log(y), y)
    unit = np.where(code == PROPORTIONAL, np.abs(f), 1.0)
    size = np.where(code == PROPORTIONAL, point.b[output], point.a[output])
    square = ((value - t) / unit) ** 2
    cut = np.flatnonzero(kind != MEASURED)
    if len(cut):
        side = np.where(kind[cut] == LOWER, 1.0, -1.0)
        z = side * (value[cut] - t[cut]) / (size[cut] * unit[cut])
        ratio = np.exp(-0.5 * z**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(z))
        square[cut] = size[cut] ** 2 * (1 - z * ratio)
        between = cut[np.isfinite(prepared.ends[cut])]
        if len(between):
            square[between] = size[between] ** 2 * _square_between(prepared, between, t, size * unit)
    return np.bincount(output, square, len(point.a)) / prepared.copies


def _square_between(prepared: Prepared, rows: np.ndarray, t: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Expected square of a standard normal between the two ends of censored values: 1 - (b phi(b) - a
    phi(a)) / P(a, b)."""
    from scipy.special import log_ndtr

    y, kind, output, _, _ = prepared.records
    ends = np.sort(np.stack([y[rows], prepared.ends[rows]]), axis=0)
    logs = prepared.kind[output[rows]] == LOGNORMAL
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.where(logs, np.log(np.maximum(ends, 0.0)), ends)
        low, high = (ends - t[rows]) / s[rows]
        right = low > 0  # where both ends lie far above, their mirror images are told apart
        under, over = np.where(right, -high, low), np.where(right, -low, high)
        total = log_ndtr(over) + np.log(-np.expm1(log_ndtr(under) - log_ndtr(over)))
        parts = [
            np.where(np.isfinite(z), z * np.exp(-0.5 * z**2 - 0.5 * LOG_2PI - total), 0.0)
            for z in (low, high)
        ]
    return 1 + parts[0] - parts[1]


def closed_residuals(prepared: Prepared, point: Point, s3: np.ndarray, annealing: float) -> Point:
    """a (or b) of the outputs whose error has one number, from their expected squares."""
    count = np.bincount(prepared.design.output, minlength=len(point.a))
    a, b = point.a.copy(), point.b.copy()
    for o, residual in enumerate(prepared.problem.residuals):
        if residual.fixed or residual.kind not in ONE_NUMBER or prepared.m4:
            continue
        where = a if "a" in residual.names else b
        where[o] = max(np.sqrt(s3[o] / max(count[o], 1)), annealing * where[o])
    return point._replace(a=a, b=b)


def scored_residuals(
    prepared: Prepared, unknowns: Unknowns, point: Point, f: np.ndarray, gain: float
) -> Point:
    """A step of Fisher scoring on ln a and ln b of the outputs that have no closed form."""
    a, b = point.a.copy(), point.b.copy()
    _, kind, output, _, _ = prepared.records
    for o, residual in enumerate(prepared.problem.residuals):
        if residual.fixed or (residual.kind in ONE_NUMBER and not prepared.m4):
            continue
        mine = (output == o) & (kind == MEASURED)
        own = prepared.own(f)
        s = residual_sd(prepared, point, own)[mine]
        size = np.abs(own[mine])
        parts = {"a": point.a[o] / s, "b": point.b[o] * size / s}
        if residual.kind == "combined_squares":
            parts = {"a": (point.a[o] / s) ** 2, "b": (point.b[o] * size / s) ** 2}
        slopes = np.stack([parts[name] for name in residual.names])
        information = 2 * slopes @ slopes.T
        score = np.array([_score(prepared, point, f, name, o) for name in residual.names])
        step = np.linalg.lstsq(information, score, rcond=1e-10)[0]
        step = np.clip(gain * step, -LONGEST, LONGEST)
        for name, change in zip(residual.names, step, strict=True):
            where = a if name == "a" else b
            where[o] *= np.exp(change)
    return point._replace(a=a, b=b)


def _score(prepared: Prepared, point: Point, f: np.ndarray, name: str, output: int) -> float:
    """d log-likelihood / d ln a (or b) of an output, summed over all records."""
    sides = []
    for factor in (np.exp(DIFFERENCE), np.exp(-DIFFERENCE)):
        moved = getattr(point, name).copy()
        moved[output] *= factor
        sides.append(log_likelihood(prepared, point._replace(**{name: moved}), f).sum())
    return (sides[0] - sides[1]) / (2 * DIFFERENCE)


def scored_effects(
    prepared: Prepared,
    unknowns: Unknowns,
    linear: Linear,
    point: Point,
    etas: np.ndarray,
    f: np.ndarray,
    gain: float,
) -> Point:
    """A step of Fisher scoring on typical values and effects of parameters without between-subject
    variability; slopes by differences."""
    mu = [int(m) for m in unknowns.mu if m not in linear.mu]
    beta = [int(e) for e in unknowns.beta if e not in linear.beta]
    if not mu and not beta:
        return point
    slopes = []
    for name, places in (("mu", mu), ("beta", beta)):
        for place in places:
            size = DIFFERENCE * max(1.0, abs(getattr(point, name)[place]))
            sides = []
            for sign in (1.0, -1.0):
                moved = getattr(point, name).copy()
                moved[place] += sign * size
                middle = centre(prepared, point._replace(**{name: moved}))
                sides.append(everything(prepared, with_etas(prepared, middle, etas)))
            slopes.append((sides[0] - sides[1]) / (2 * size))
    found = moments_of(prepared, point, f, np.stack(slopes, axis=1))
    curve, gradient = found.curve.sum(axis=0), found.gradient.sum(axis=0)
    centre_of, sure = (part[mu] for part in held_of(unknowns).mu)
    own = np.arange(len(mu))
    curve[own, own] += prepared.copies * sure  # every copy of the subjects counts, and so must the priors
    gradient[own] -= prepared.copies * sure * (point.mu[mu] - centre_of)
    step = gain * np.linalg.lstsq(curve, gradient, rcond=1e-12)[0]
    longest = np.array(
        [LONGEST if prepared.scale[m] != NORMAL else np.inf for m in mu] + [np.inf] * len(beta)
    )
    step = np.clip(step, -longest, longest)
    new_mu, new_beta = point.mu.copy(), point.beta.copy()
    new_mu[mu] += step[: len(mu)]
    new_beta[beta] += step[len(mu) :]
    return point._replace(mu=new_mu, beta=new_beta)


def scored_outcomes(prepared: Prepared, point: Point, f: np.ndarray, gain: float) -> Point:
    """A step of scoring on the numbers of outcomes, halved until their likelihood does not fall by it."""
    if prepared.exposures is None:
        return point
    found = f[len(prepared.records[0]) :]
    score, bend = score_of(prepared.exposures, point.theta, found)
    step = np.clip(gain * np.linalg.lstsq(bend, score, rcond=1e-10)[0], -LONGEST, LONGEST)
    before = log_likelihood_of(prepared.exposures, point.theta, found).sum()
    for _ in range(HALVINGS):
        if log_likelihood_of(prepared.exposures, point.theta + step, found).sum() >= before:
            return point._replace(theta=point.theta + step)
        step = 0.5 * step
    return point
