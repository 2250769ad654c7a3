"""How often the intervals of a therapeutic index hold the truth: 95 % intervals of the ratio of EC50s, over simulated trials.

Subjects have log-normal exposure (log-SD 1.1) and two outcomes that stay correlated given exposure (Gaussian copula,
correlation 0.6). Compared: what the product does (draws of the coefficients with the covariance between the two fits), the
same without that covariance, the delta method on ln ratio, and resampling of subjects (percentiles of 200 refits, first 200
trials only). `misses_below`: the interval lies below the truth. Rows: bench/results/index_intervals.csv.

    python -m bench.index_intervals
"""

import csv
import math
import time
from pathlib import Path

import numpy as np
from scipy.special import expit, ndtr

from livingdrug.response.curve import Curve, axis_at, axis_gradient, two_sided
from livingdrug.response.index import may_be_flat, ratio_of_exposures
from livingdrug.response.pair import Pair, paired

OUT = Path(__file__).parent / "results" / "index_intervals.csv"
SIZES, TRIALS, RESAMPLED, REFITS = (40, 80, 160), 1000, 200, 200
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
    """Intercepts, slopes and covariances of logistic fits to every row by Newton's method; nan where one does not settle."""
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


def study(n: int, random):
    """A row for each method: share of trials with a bounded interval, coverage, on which side it misses, width."""
    x, eff, tox = outcomes(random, n, TRIALS)
    (b, cb, ok_e), (c, cc, ok_t) = fits(x, eff), fits(x, tox)
    kept = {"draws": [], "draws, independent": [], "delta": [], "subjects resampled": []}
    correlations = []
    for i in np.flatnonzero(ok_e & ok_t):
        e, t = curve("efficacy", b[i], cb[i]), curve("toxicity", c[i], cc[i])
        if e.slope <= 0 or t.slope <= 0:
            continue
        pair = paired(e, t, np.exp(x[i]), eff[i], tox[i])
        correlations.append(pair.correlation)
        kept["draws"].append(ratio_of_exposures(pair))
        kept["draws, independent"].append(ratio_of_exposures(Pair(e, t)))
        kept["delta"].append(delta(pair))
        if i < RESAMPLED and not (may_be_flat(e) or may_be_flat(t)):
            rows = random.integers(0, n, (REFITS, n))
            (be, _, g1), (bt, _, g2) = fits(x[i][rows], eff[i][rows]), fits(x[i][rows], tox[i][rows])
            good = g1 & g2 & (be[:, 1] > 0) & (bt[:, 1] > 0)
            logs = -bt[good, 0] / bt[good, 1] + be[good, 0] / be[good, 1]
            low, high = np.exp(np.percentile(logs, (2.5, 97.5)))
            kept["subjects resampled"].append((low, high))
    for method, found in kept.items():
        ends = np.array([(f.low, f.high) if hasattr(f, "low") else f for f in found])
        bounded = np.isfinite(ends[:, 1])
        held = (ends[:, 0] <= TRUTH) & (ends[:, 1] >= TRUTH)
        width = float(np.median(ends[bounded, 1] / ends[bounded, 0]))
        yield {
            "subjects": n, "trials": len(found), "method": method, "bounded": round(float(bounded.mean()), 4),
            "coverage": round(float(held.mean()), 4), "coverage_of_bounded": round(float(held[bounded].mean()), 4),
            "misses_below": round(float((ends[:, 1] < TRUTH).mean()), 4),
            "misses_above": round(float((ends[:, 0] > TRUTH).mean()), 4),
            "median_high_over_low": round(width, 3), "mean_correlation": round(float(np.mean(correlations)), 3),
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
