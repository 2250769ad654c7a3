"""The density of a measured value given its prediction, with its slope and curvature, summed over subjects in a fixed order.

With the prediction t (f, or ln f) and its standard deviation s: a measured value has the normal density; one below the
limit L has the probability Phi((L - t) / s) of lying there (M3, Beal 2001), one above an upper limit the rest, and one that
is known to lie between two ends the probability of lying between them (Monolix: CENS with LIMIT). Under M4
values are positive: every density is divided by Phi(t / s), and what lies below 0 is taken out.
"""

import math

import numpy as np

from livingdrug.engine.codegen.machine_code import kept
from livingdrug.engine.codegen.vector_math import compiled

ADDITIVE, PROPORTIONAL, COMBINED, SQUARES, LOGNORMAL = range(5)
CODE = {
    "additive": ADDITIVE, "proportional": PROPORTIONAL, "combined": COMBINED, "combined_squares": SQUARES,
    "lognormal": LOGNORMAL,
}  # fmt: skip
LOG_2PI = math.log(2 * math.pi)
FAR = -35.0  # below, the error function underflows and a series has 13 digits


@compiled
def log_phi(z):
    """Logarithm of the normal distribution function."""
    if z > FAR:
        return math.log(0.5 * math.erfc(-z * 0.7071067811865476))
    w = 1.0 / (z * z)
    return -0.5 * z * z - math.log(-z) - 0.5 * LOG_2PI + math.log(1.0 - w * (1.0 - 3.0 * w * (1.0 - 5.0 * w)))


@compiled
def ratio_phi(z):
    """phi(z) / Phi(z)."""
    return math.exp(-0.5 * z * z - 0.5 * LOG_2PI - log_phi(z))


@compiled
def spread_of(kind, f, a, b):
    """Standard deviation s of a value whose prediction is f."""
    size = abs(f)
    if kind == PROPORTIONAL:
        return b * size
    if kind == COMBINED:
        return a + b * size
    if kind == SQUARES:
        return math.sqrt(a * a + b * b * size * size)
    return a


@compiled
def spread_slope(kind, f, a, b):
    """ds / df."""
    sign = 1.0 if f >= 0.0 else -1.0
    if kind == PROPORTIONAL or kind == COMBINED:
        return b * sign
    if kind == SQUARES:
        s = math.sqrt(a * a + b * b * f * f)
        return b * b * f / s if s > 0.0 else 0.0
    return 0.0


@compiled
def log_between(low, high):
    """Logarithm of Phi(high) - Phi(low), without loss far out on either side."""
    if low > 0.0:
        low, high = -high, -low
    if not (high > low):
        return -math.inf
    top, rest = log_phi(high), log_phi(low)
    return top + math.log(-math.expm1(rest - top)) if rest < top else -math.inf


@compiled
def ends_of(y, end, censored, kind, t, s):
    """The two ends of a censored value in units of s from t: (low, high). end: the other end beside y, or infinite."""
    low, high = (end, y) if censored == 1 else (y, end)
    if kind == LOGNORMAL:
        low = math.log(low) if low > 0.0 else -math.inf
        high = math.log(high) if high > 0.0 else -math.inf
    return (low - t) / s, (high - t) / s


@compiled
def density(y, end, censored, kind, f, s, m4):
    """Log density of one record: value y (or limit), prediction f, spread s; end: the other end of a censored value."""
    if not (s > 0.0):
        return -math.inf
    if censored != 0 and abs(end) < math.inf:
        return _density_between(y, end, censored, kind, f, s, m4)
    jacobian, t = 0.0, f
    if kind == LOGNORMAL:
        if not (f > 0.0):
            return -math.inf
        y = math.log(y)
        jacobian, t = y, math.log(f)
    z = (y - t) / s
    positive = log_phi(t / s) if m4 and kind != LOGNORMAL else 0.0
    if censored == 0:
        return -0.5 * LOG_2PI - math.log(s) - 0.5 * z * z - jacobian - positive
    if censored == -1:
        return log_phi(-z) - positive
    if m4 and kind != LOGNORMAL:
        inside = math.exp(log_phi(z)) - math.exp(log_phi(-t / s))
        return (math.log(inside) if inside > 0.0 else -math.inf) - positive
    return log_phi(z)


@compiled
def _density_between(y, end, censored, kind, f, s, m4):
    if kind == LOGNORMAL:
        if not (f > 0.0):
            return -math.inf
        low, high = ends_of(y, end, censored, kind, math.log(f), s)
        return log_between(low, high)
    low, high = ends_of(y, end, censored, kind, f, s)
    if m4:
        return log_between(max(low, -f / s), high) - log_phi(f / s)
    return log_between(low, high)


@compiled
def _slope_between(y, end, censored, kind, t, dt, s, ds):
    """The same as `slope_and_weight` for a value between two ends."""
    low, high = ends_of(y, end, censored, kind, t, s)
    total = log_between(low, high)
    slope, bend = 0.0, 0.0
    if high < math.inf:
        ratio, dz = math.exp(-0.5 * high * high - 0.5 * LOG_2PI - total), -(dt + high * ds) / s
        slope += ratio * dz
        bend += high * ratio * dz * dz
    if low > -math.inf:
        ratio, dz = math.exp(-0.5 * low * low - 0.5 * LOG_2PI - total), -(dt + low * ds) / s
        slope -= ratio * dz
        bend -= low * ratio * dz * dz
    return slope, slope * slope + bend


@compiled
def slope_and_weight(y, end, censored, kind, f, s, ds):
    """d log density / df, and the Gauss-Newton curvature: what is expected of -d2/df2 for a measured value, what is
    observed of it for a censored one, both without the second derivative of f."""
    t, dt = f, 1.0
    if kind == LOGNORMAL:
        t, dt = math.log(f), 1.0 / f
    if censored != 0 and abs(end) < math.inf:
        return _slope_between(y, end, censored, kind, t, dt, s, ds)
    if kind == LOGNORMAL:
        y = math.log(y)
    z = (y - t) / s
    if censored == 0:
        return z * dt / s + (z * z - 1.0) * ds / s, (dt / s) ** 2 + 2.0 * (ds / s) ** 2
    side = 1.0 if censored == 1 else -1.0
    dz = -side * (dt + z * ds) / s
    ratio = ratio_phi(side * z)
    return ratio * dz, ratio * (side * z + ratio) * dz * dz


@kept
def sum_by_subject(y, end, censored, output, kind, a, b, f, fixed_f, m4, first, last, out):
    """Log-likelihood of each subject; fixed_f: predictions that set the spread (FOCE), or f itself."""
    for i in range(len(first)):
        total = 0.0
        for r in range(first[i], last[i]):
            o = output[r]
            total += density(y[r], end[r], censored[r], kind[o], f[r], spread_of(kind[o], fixed_f[r], a[o], b[o]), m4)
        out[i] = total if total == total else -math.inf


@kept
def moments_by_subject(
    y, end, censored, output, kind, a, b, f, fixed_f, interaction, m4, slopes, first, last, total, gradient, curve
):
    """Log-likelihood of each subject with its gradient (subjects, k) and Gauss-Newton curvature (subjects, k, k).

    slopes (records, k): df / dphi.
    """
    k = slopes.shape[1]
    for i in range(len(first)):
        total[i] = 0.0
        gradient[i, :] = 0.0
        curve[i, :, :] = 0.0
        for r in range(first[i], last[i]):
            o = output[r]
            kd, ao, bo = kind[o], a[o], b[o]
            s = spread_of(kd, fixed_f[r], ao, bo)
            value = density(y[r], end[r], censored[r], kd, f[r], s, m4)
            total[i] += value
            if not (value > -math.inf):
                continue
            ds = spread_slope(kd, f[r], ao, bo) if interaction else 0.0
            slope, weight = slope_and_weight(y[r], end[r], censored[r], kd, f[r], s, ds)
            if m4:
                slope, weight = _by_difference(
                    y[r], end[r], censored[r], kd, f[r], fixed_f[r], ao, bo, interaction, weight
                )
            for p in range(k):
                gradient[i, p] += slope * slopes[r, p]
                scaled = weight * slopes[r, p]
                for q in range(p + 1):
                    curve[i, p, q] += scaled * slopes[r, q]
        for p in range(k):
            for q in range(p):
                curve[i, q, p] = curve[i, p, q]
        if not (total[i] == total[i]):
            total[i] = -math.inf


@compiled
def _by_difference(y, end, censored, kind, f, fixed_f, a, b, interaction, weight):
    """Slope and curvature of the density under M4, by differences in f."""
    h = 1e-4 * (abs(f) + 1e-8)
    up = density(y, end, censored, kind, f + h, spread_of(kind, f + h if interaction else fixed_f, a, b), True)
    down = density(y, end, censored, kind, f - h, spread_of(kind, f - h if interaction else fixed_f, a, b), True)
    middle = density(y, end, censored, kind, f, spread_of(kind, f if interaction else fixed_f, a, b), True)
    bend = -(up - 2.0 * middle + down) / (h * h)
    return (up - down) / (2.0 * h), bend if bend > 0.0 else 0.1 * weight


def log_jacobian(kind: np.ndarray, output: np.ndarray, censored: np.ndarray, y: np.ndarray) -> float:
    """Sum of ln y over measured values with log-normal error."""
    logs = (kind[output] == LOGNORMAL) & (censored == 0)
    return float(np.log(y[logs]).sum())
