"""How often the intervals of a therapeutic index hold the truth: 95 % intervals of the ratio of EC50s, over simulated trials.

Subjects have log-normal exposure (log-SD 1.1) and two outcomes that stay correlated given exposure (Gaussian copula,
correlation 0.6). Compared: the profile likelihood of both fits, adjusted for their covariance (what `livingdrug index` prints
of fits; here on a grid, by code of its own) and not adjusted; draws of the coefficients (of curves without data); the delta
method on ln ratio; subjects resampled (percentiles of 200 refits). Rows: bench/results/index_intervals.csv; `misses_below`:
the interval lies below the truth.

    python -m bench.index_intervals
"""

import csv
import math
import time
from pathlib import Path

import numpy as np
from scipy.special import expit, ndtr

from livingdrug.response import Curve, Pair, paired, ratio_of_exposures, two_sided
from livingdrug.response.index.therapeutic import may_be_flat
from livingdrug.response.models.curve import axis_at, axis_gradient

OUT = Path(__file__).parent / "results" / "index_intervals.csv"
SIZES, TRIALS, REFITS = (40, 80, 160), 300, 200
GRID, STEP = np.arange(-150, 151), 0.06  # of ln exposure over the median, and of ln ratio
SLACK = STEP / 2
LOG_SD, CORRELATION = 1.1, 0.6
EFFICACY, TOXICITY = (1.2, 0.0), (1.1, 1.5)  # slope and ln EC50, on ln exposure over the median
TRUTH = math.exp(TOXICITY[1] - EFFICACY[1])


def outcomes(random, n: int, trials: int):
    """ln exposure, efficacy and toxicity, shape (trials, n)."""
    x = LOG_SD * random.standard_normal((trials, n))
    common, other = random.standard_normal((2, trials, n))
    second = CORRELATION * common + math.sqrt(1 - CORRELATION**2) * other
    chance = [expit(slope * (x - center)) for slope, center in (EFFICACY, TOXICITY)]
    return x, (ndtr(common) < chance[0]).astype(float), (ndtr(second) < chance[1]).astype(float)


def fits(x, y, steps: int = 12):
    """Intercepts, slopes and covariances of logistic fits to every row by Newton's method; nan where one does
    not settle."""
    b = np.zeros((len(x), 2))
    for _ in range(steps):
        p = expit(b[:, :1] + b[:, 1:] * x)
        w = p * (1 - p)
        s0, s1, s2 = w.sum(1), (w * x).sum(1), (w * x * x).sum(1)
        g0, g1 = (y - p).sum(1), ((y - p) * x).sum(1)
        det = s0 * s2 - s1 * s1
        with np.errstate(all="ignore"):
            step = np.stack([s2 * g0 - s1 * g1, s0 * g1 - s1 * g0], axis=1) / det[:, None]
        b = b + step
    with np.errstate(all="ignore"):
        cov = np.stack([s2, -s1, -s1, s0], axis=1).reshape(-1, 2, 2) / det[:, None, None]
    good = (np.abs(step).max(axis=1) < 1e-6) & np.isfinite(b).all(axis=1)
    return b, cov, good


def curve(name: str, b, cov) -> Curve:
    """A fitted curve."""
    return Curve(name, float(b[0]), float(b[1]), cov, "log", "simulated", "fitted")


def delta(pair: Pair) -> tuple[float, float]:
    """The delta method's interval, open where a slope may be 0."""
    if may_be_flat(pair.efficacy) or may_be_flat(pair.toxicity):
        return 0.0, math.inf
    gradient = np.concatenate([-axis_gradient(pair.efficacy, 0.5), axis_gradient(pair.toxicity, 0.5)])
    middle = axis_at(pair.toxicity, 0.5) - axis_at(pair.efficacy, 0.5)
    reach = two_sided(0.95) * math.sqrt(gradient @ pair.covariance @ gradient)
    return math.exp(middle - reach), math.exp(middle + reach)


def profiled(x, y) -> np.ndarray:
    """Twice the fall of the log-likelihood where the EC50 is held at each point of the grid."""
    apart = x[None, :] - STEP * GRID[:, None]
    slope = np.zeros(len(GRID))
    for _ in range(25):
        p = expit(slope[:, None] * apart)
        gradient, information = ((y - p) * apart).sum(1), (p * (1 - p) * apart**2).sum(1)
        step = np.clip(gradient / np.maximum(information, 1e-12), -1, 1)
        slope = slope + step
        if np.abs(step).max() < 1e-7:
            break
    eta = slope[:, None] * apart
    likelihood = (y * eta - np.logaddexp(0, eta)).sum(1)
    return 2 * (likelihood.max() - likelihood)


def profile_interval(first: np.ndarray, second: np.ndarray, factor: float) -> tuple[float, float]:
    """Where the least sum of both falls, along ln ratio, times the factor stays below the chi-square
    quantile."""
    n = len(GRID)
    shifted = [first[max(0, -k) : n - max(0, k)] + second[max(0, k) : n - max(0, -k)] for k in GRID]
    inside = np.flatnonzero(factor * np.array([fall.min() for fall in shifted]) <= two_sided(0.95) ** 2)
    low, high = GRID[inside[0]] * STEP, GRID[inside[-1]] * STEP
    return (math.exp(low) if inside[0] else 0.0), (math.exp(high) if inside[-1] < n - 1 else math.inf)


def resampled(x, eff, tox, random) -> tuple[float, float]:
    """Percentiles over refits to resampled subjects; those that do not settle or fall are left out."""
    rows = random.integers(0, len(x), (REFITS, len(x)))
    (b, _, first), (c, _, second) = fits(x[rows], eff[rows]), fits(x[rows], tox[rows])
    good = first & second & (b[:, 1] > 0) & (c[:, 1] > 0)
    low, high = np.exp(np.percentile(b[good, 0] / b[good, 1] - c[good, 0] / c[good, 1], (2.5, 97.5)))
    return low, high


def intervals(x, eff, tox, e: Curve, t: Curve, random) -> dict[str, tuple[float, float]]:
    """The interval of one trial by each method; open, except by resampling, where a slope may be 0."""
    pair, alone = paired(e, t, np.exp(x), eff, tox), Pair(e, t)
    found = {"subjects resampled": resampled(x, eff, tox, random)}
    if may_be_flat(e) or may_be_flat(t):
        return found | dict.fromkeys(("adjusted profile", "profile", "draws", "delta"), (0.0, math.inf))
    gradient = np.concatenate([-axis_gradient(e, 0.5), axis_gradient(t, 0.5)])
    factor = (gradient @ alone.covariance @ gradient) / (gradient @ pair.covariance @ gradient)
    falls = profiled(x, eff), profiled(x, tox)
    drawn = ratio_of_exposures(pair)
    return found | {
        "adjusted profile": profile_interval(*falls, factor), "profile": profile_interval(*falls, 1.0),
        "draws": (drawn.low, drawn.high), "delta": delta(pair),
    }  # fmt: skip


def study(n: int, random):
    """A row for each method: share of trials with a bounded interval, coverage, on which side it misses,
    width."""
    x, eff, tox = outcomes(random, n, TRIALS)
    (b, cb, ok_e), (c, cc, ok_t) = fits(x, eff), fits(x, tox)
    good = np.flatnonzero(ok_e & ok_t & (b[:, 1] > 0) & (c[:, 1] > 0))
    found = [
        intervals(
            x[i], eff[i], tox[i], curve("efficacy", b[i], cb[i]), curve("toxicity", c[i], cc[i]), random
        )
        for i in good
    ]
    for method in sorted(found[0]):
        low, high = np.array([interval[method] for interval in found]).T
        bounded = np.isfinite(high) & (low > 0)
        below, above = high * (1 + SLACK) < TRUTH, low > TRUTH * (1 + SLACK)
        yield {
            "subjects": n, "trials": len(found), "method": method, "bounded": round(float(bounded.mean()), 3),
            "coverage": round(float(1 - (below | above).mean()), 3),
            "coverage_of_bounded": round(float(1 - (below | above)[bounded].mean()), 3),
            "misses_below": round(float(below.mean()), 3), "misses_above": round(float(above.mean()), 3),
            "median_high_over_low": round(float(np.median(high[bounded] / low[bounded])), 2),
        }  # fmt: skip


def main() -> None:
    """Run all sizes and write the rows."""
    begin, random = time.process_time(), np.random.default_rng(1)
    rows = [row for n in SIZES for row in study(n, random)]
    OUT.parent.mkdir(exist_ok=True)
    with OUT.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        print(row)
    print(f"{time.process_time() - begin:.0f} s of CPU")


if __name__ == "__main__":
    main()
