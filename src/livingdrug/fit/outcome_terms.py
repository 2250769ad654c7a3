"""The log-likelihood of outcomes given exposures, as a sum of terms that each depend on one number eta.

BERNOULLI: y eta - ln(1 + e^eta). POISSON: y eta - e^eta - ln y! (with y = 0 and eta = ln H, minus a
cumulative hazard H). PLAIN: eta (the logarithm of a hazard). GAP: ln(1 - e^-eta), eta > 0: that an event
falls between two times that are a cumulative hazard eta apart; and for a grade between two thresholds,

    P(g) = F(a_g + b x) - F(a_g+1 + b x) = F(a_g + b x) (1 - F(a_g+1 + b x)) (1 - e^-(a_g - a_g+1)),   F(u) = 1 / (1 + e^-u).

Every density is log-concave in its eta, so that curvatures without the second derivatives of eta are never
negative.
"""

from typing import NamedTuple

import numpy as np

from livingdrug.core.known import known
from livingdrug.fit.outcomes import BINARY, COUNT, LEVEL, ORDERED, WEIBULL, Outcome, Seen

BERNOULLI, POISSON, PLAIN, GAP = range(4)


class Entries(NamedTuple):
    """Where the exposures of an outcome lie among all of them. who (m,): subject; x (m, J): the driver, at J
    nodes of time where it follows the level; width (m, J): how much of time each node stands for; here (m,):
    x at the event; later_x, later_width (k, J): the same between two visits, of the subjects `later` (k,),
    positions in `who`."""

    who: np.ndarray
    x: np.ndarray
    width: np.ndarray | None = None
    here: np.ndarray | None = None
    later: np.ndarray | None = None
    later_x: np.ndarray | None = None
    later_width: np.ndarray | None = None


class Term(NamedTuple):
    """who (m,): subject; eta, y (m,); by_theta (m, numbers); at, by_entry (m, J): exposures that eta depends
    on, and slopes by them."""

    kind: int
    who: np.ndarray
    eta: np.ndarray
    y: np.ndarray
    by_theta: np.ndarray
    at: np.ndarray
    by_entry: np.ndarray


def terms_of(
    outcome: Outcome, seen: Seen, theta: np.ndarray, own: Entries, found: np.ndarray, n: int
) -> list[Term]:
    """The terms of an outcome. seen: of n subjects; found: exposures of all; own.who counts copies of the
    subjects on."""
    mine = own.who % n
    values = seen.values[mine]
    if outcome.driver.what == LEVEL:
        return _of_level(values, theta, own, found)
    x = found[own.x[:, 0]]
    q = len(theta)
    if outcome.kind in (BINARY, COUNT):
        kind = BERNOULLI if outcome.kind == BINARY else POISSON
        return [_linear(kind, own, x, values, theta, [0])]
    if outcome.kind == ORDERED:
        return _of_grades(outcome, values, theta, own, x)
    return _of_time(outcome, values, seen.time[mine], seen.since[mine], theta, own, x, q)


def _linear(kind: int, own: Entries, x, y, theta, cut, rows: np.ndarray | slice = slice(None)) -> Term:
    """eta = theta[cut] + slope x, the slope standing after the intercepts; cut: one for all rows, or of each
    row."""
    x, y, at = x[rows], np.broadcast_to(y, len(own.who))[rows], own.x[rows]
    cut = np.broadcast_to(np.asarray(cut), len(x))
    slope = len(theta) - 1
    by = np.zeros((len(x), len(theta)))
    by[np.arange(len(x)), cut] = 1.0
    by[:, slope] = x
    return Term(
        kind,
        own.who[rows],
        theta[cut] + theta[slope] * x,
        y.astype(float),
        by,
        at,
        np.full(at.shape, theta[slope]),
    )


def _of_grades(outcome: Outcome, values, theta, own: Entries, x) -> list[Term]:
    rank = np.searchsorted(outcome.grades, values)
    top = len(outcome.grades) - 1
    reached, missed = np.flatnonzero(rank > 0), np.flatnonzero(rank < top)
    between = np.flatnonzero((rank > 0) & (rank < top))
    by = np.zeros((len(between), len(theta)))
    by[np.arange(len(between)), rank[between] - 1] = 1.0
    by[np.arange(len(between)), rank[between]] = -1.0
    gap = theta[rank[between] - 1] - theta[rank[between]]
    none = own.x[between]
    return [
        _linear(BERNOULLI, own, x, 1.0, theta, rank[reached] - 1, reached),
        _linear(BERNOULLI, own, x, 0.0, theta, rank[missed], missed),
        Term(GAP, own.who[between], gap, np.zeros(len(gap)), by, none, np.zeros(none.shape)),
    ]


def _of_time(outcome: Outcome, values, time, since, theta, own: Entries, x, q: int) -> list[Term]:
    """Of a hazard that does not follow the level: exp(a + b x), times k (t / s)^(k - 1)."""
    shape = float(np.exp(theta[2])) if outcome.kind == WEIBULL else 1.0
    log_rate, slope = theta[0] + theta[1] * x, np.full((len(x), 1), theta[1])

    def term(kind: int, rows, eta, y, by_shape) -> Term:
        by = np.stack([np.ones(len(x)), x, by_shape][:q], axis=1)[rows]
        return Term(kind, own.who[rows], eta[rows], y[rows], by, own.x[rows], slope[rows])

    def log_hazard_until(t):  # ln of the cumulative one
        with np.errstate(divide="ignore"):
            late = np.log(t / outcome.scale)
        return log_rate + np.log(outcome.scale) + shape * late, shape * late

    exact = np.flatnonzero((values == 1) & (since == time))
    between = np.flatnonzero((values == 1) & (since < time))
    first = np.flatnonzero(since > 0)
    zero = np.zeros(len(x))
    until, by_shape = log_hazard_until(np.where(since > 0, since, 1.0))
    late = np.log(np.where(time > 0, time, 1.0) / outcome.scale)
    terms = [term(POISSON, first, until, zero, by_shape)]
    terms.append(term(PLAIN, exact, log_rate + np.log(shape) + (shape - 1) * late, zero, 1 + shape * late))
    if len(between):
        (end, by_end), (begin, by_begin) = log_hazard_until(time), log_hazard_until(since)
        upper, lower = np.exp(end), np.exp(begin)
        with np.errstate(invalid="ignore"):
            shaped = np.where(lower > 0, upper * by_end - lower * by_begin, upper * by_end)
        gap = upper - lower
        by = np.stack([gap, gap * x, shaped][:q], axis=1)[between]
        terms.append(
            Term(
                GAP,
                own.who[between],
                gap[between],
                zero[between],
                by,
                own.x[between],
                (gap[:, None] * slope)[between],
            )
        )
    return terms


def _of_level(values, theta, own: Entries, found: np.ndarray) -> list[Term]:
    """Of a hazard exp(a + b x(t)) with x that of the current level."""

    def cumulative(at, width):
        x, w = found[at], found[width]
        rate = np.exp(theta[0] + theta[1] * np.where(w > 0, x, 0.0))
        part = np.where(w > 0, w * rate, 0.0)
        total = part.sum(axis=1)
        weighted = (part * np.where(w > 0, x, 0.0)).sum(axis=1)
        by_entry = np.concatenate([theta[1] * part, rate], axis=1)
        return total, np.stack([total, weighted], axis=1), np.concatenate([at, width], axis=1), by_entry

    total, by_theta, at, by_entry = cumulative(own.x, own.width)
    first = np.flatnonzero(total > 0)
    whole = total[first, None]
    terms = [
        Term(
            POISSON,
            own.who[first],
            np.log(total[first]),
            np.zeros(len(first)),
            by_theta[first] / whole,
            at[first],
            by_entry[first] / whole,
        )
    ]
    between = np.zeros(len(values), dtype=bool)
    if own.later is not None and len(own.later):
        between[own.later] = True
        gap, by_theta, at, by_entry = cumulative(own.later_x, own.later_width)
        terms.append(Term(GAP, own.who[own.later], gap, np.zeros(len(gap)), by_theta, at, by_entry))
    exact = np.flatnonzero((values == 1) & ~between)
    here = known(own.here, "the driver at the event")[exact]
    x, at = found[here], here[:, None]
    terms.append(
        Term(
            PLAIN,
            own.who[exact],
            theta[0] + theta[1] * x,
            np.zeros(len(exact)),
            np.stack([np.ones(len(x)), x], axis=1),
            at,
            np.full(at.shape, theta[1]),
        )
    )
    return terms


def log_density(term: Term) -> np.ndarray:
    """Of each row of a term."""
    from scipy.special import gammaln

    eta, y = term.eta, term.y
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if term.kind == BERNOULLI:
            found = y * eta - np.logaddexp(0.0, eta)
        elif term.kind == POISSON:
            found = np.where(y > 0, y * eta, 0.0) - np.exp(eta) - gammaln(y + 1)
        elif term.kind == PLAIN:
            found = eta
        else:
            found = np.where(eta > 0, np.log(-np.expm1(-eta)), -np.inf)
    return np.where(np.isnan(found) | (found == np.inf), -np.inf, found)


def slope_and_bend(term: Term) -> tuple[np.ndarray, np.ndarray]:
    """d log density / d eta, and minus the second derivative, of each row."""
    eta, y = term.eta, term.y
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if term.kind == BERNOULLI:
            p = 1 / (1 + np.exp(-eta))
            return y - p, p * (1 - p)
        if term.kind == POISSON:
            mean = np.exp(eta)
            return y - mean, mean
        if term.kind == PLAIN:
            return np.ones(len(eta)), np.zeros(len(eta))
        slope = 1 / np.expm1(eta)
        return slope, slope * (1 + slope)
