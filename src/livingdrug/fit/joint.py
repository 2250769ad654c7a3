"""Joint density of all individual effects and the estimated numbers with its gradient, in compiled code.

Four loops over subjects or records, each without the interpreter's lock, so that chains of a sampler share
the processors. Between the second and the third lie the predictions, which may be formulas or solved
equations. See `frame` for what v and w are. Arrays that a function fills come last.
"""

import math

from livingdrug.engine import compiled, kept
from livingdrug.engine.densities import (
    LOG_2PI,
    LOGNORMAL,
    SQUARES,
    density,
    log_phi,
    slope_and_weight,
    spread_of,
    spread_slope,
)


@kept
def place(move, w, middle, shift, factor, part, growth, root, mean, z, etas):
    """Mean of v, z and eta (n, random) of the sampler's w; move (p,): of the estimated numbers from the
    frame's; growth (random,): variances over those there; root: Cholesky factor of Omega. Gives ln of the
    normal density of z times |dz / dv|."""
    n, size = w.shape
    total = 0.0
    for i in range(n):
        for k in range(size):
            wider = 1.0 - part[i, k] + part[i, k] * growth[k]
            mean[i, k] = middle[i, k]
            for j in range(len(move)):
                mean[i, k] += shift[i, k, j] * move[j]
            mean[i, k] *= math.sqrt(growth[k] / wider)
            v = mean[i, k]
            for l in range(k + 1):  # noqa: E741 - row, column
                v += factor[i, k, l] * w[i, l]
            z[i, k] = v / math.sqrt(wider)
            total -= 0.5 * (z[i, k] * z[i, k] + math.log(wider))
        for k in range(size):
            eta = 0.0
            for l in range(k + 1):  # noqa: E741
                eta += root[k, l] * z[i, l]
            etas[i, k] = eta
    return total


@kept
def individuals(mu, beta, x, effect_on, random, etas, phi):
    """Fills phi (n, parameters) of all subjects, and gives the largest |phi|."""
    largest = 0.0
    for i in range(len(phi)):
        for p in range(len(mu)):
            phi[i, p] = mu[p]
        for e in range(len(beta)):
            phi[i, effect_on[e]] += x[i, e] * beta[e]
        for k in range(len(random)):
            phi[i, random[k]] += etas[i, k]
        for p in range(len(mu)):
            largest = max(largest, abs(phi[i, p])) if phi[i, p] == phi[i, p] else math.inf
    return largest


@compiled
def _of_record(y, censored, kind, f, s, ds):
    """Log density of a value that is measured or lies beyond one limit, its slope by f, and that by ln s."""
    if not (s > 0.0):
        return -math.inf, 0.0, 0.0
    t, dt, jacobian = f, 1.0, 0.0
    if kind == LOGNORMAL:
        if not (f > 0.0):
            return -math.inf, 0.0, 0.0
        y = jacobian = math.log(y)
        t, dt = math.log(f), 1.0 / f
    z = (y - t) / s
    if censored == 0:
        value = -0.5 * LOG_2PI - math.log(s) - 0.5 * z * z - jacobian
        return value, z * dt / s + (z * z - 1.0) * ds / s, z * z - 1.0
    side = 1.0 if censored == 1 else -1.0
    value = log_phi(side * z)
    ratio = math.exp(-0.5 * z * z - 0.5 * LOG_2PI - value)
    return value, -ratio * side * (dt + z * ds) / s, -ratio * side * z


@compiled
def _by_differences(y, end, censored, kind, f, s, a, b, m4):
    """The same of a value between two ends, and under M4."""
    value = density(y, end, censored, kind, f, s, m4)
    if m4:
        away = 1e-4 * (abs(f) + 1e-8)
        up, down = f + away, f - away
        slope = density(y, end, censored, kind, up, spread_of(kind, up, a, b), True)
        slope -= density(y, end, censored, kind, down, spread_of(kind, down, a, b), True)
        slope /= 2.0 * away
    else:
        slope, _ = slope_and_weight(y, end, censored, kind, f, s, spread_slope(kind, f, a, b))
    h = 1e-5
    by_s = density(y, end, censored, kind, f, s * (1.0 + h), m4)
    by_s -= density(y, end, censored, kind, f, s * (1.0 - h), m4)
    return value, slope, by_s / (2.0 * h)


@kept
def likelihood(
    y, end, censored, output, kind, a, b, f, slopes, m4, by_value, first, last, by_phi, by_a, by_b
):
    """Log-likelihood of all records, with its slopes by phi (n, parameters) and by ln a and ln b of each
    output.

    slopes (records, parameters): of the predictions f by the fitted quantities; by_value (n, parameters): d
    value / d phi.
    """
    total = 0.0
    for i in range(len(first)):
        for r in range(first[i], last[i]):
            o = output[r]
            kd, ao, bo = kind[o], a[o], b[o]
            s = spread_of(kd, f[r], ao, bo)
            if m4 or (censored[r] != 0 and abs(end[r]) < math.inf):
                value, slope, by_s = _by_differences(y[r], end[r], censored[r], kd, f[r], s, ao, bo, m4)
            else:
                ds = spread_slope(kd, f[r], ao, bo)
                value, slope, by_s = _of_record(y[r], censored[r], kd, f[r], s, ds)
            total += value
            if not (value > -math.inf):
                return -math.inf
            part_a, part_b = ao / s, bo * abs(f[r]) / s
            if kd == SQUARES:
                part_a, part_b = part_a * part_a, part_b * part_b
            by_a[o] += by_s * part_a
            by_b[o] += by_s * part_b
            for p in range(slopes.shape[1]):
                by_phi[i, p] += slope * slopes[r, p]
        for p in range(slopes.shape[1]):
            by_phi[i, p] *= by_value[i, p]
    return total


@kept
def pull(by_phi, random, mean, z, etas, part, growth, root, factor, shift, by_w, by_move, by_log_sd, by_root):
    """Slopes by w (n, random); summed over subjects those by the estimated numbers through v (p,), by ln
    sd at the same w (random,) and by the entries of the factor of Omega (random, random)."""
    n, size = z.shape
    for i in range(n):
        for k in range(size):
            by_eta = by_phi[i, random[k]]
            by_z = -z[i, k]
            for l in range(k, size):  # noqa: E741
                by_z += root[l, k] * by_phi[i, random[l]]
            wider = 1.0 - part[i, k] + part[i, k] * growth[k]
            by_v = by_z / math.sqrt(wider)
            # with its own sd a row of the factor grows, and eta with it; the mean of v grows, and z is less
            # of v
            told = part[i, k] * growth[k] / wider
            by_log_sd[k] += (
                by_eta * etas[i, k] + by_v * mean[i, k] * (1.0 - told) - told * (by_z * z[i, k] + 1.0)
            )
            for l in range(k + 1):  # noqa: E741
                by_root[k, l] += by_eta * z[i, l]
                by_w[i, l] += factor[i, k, l] * by_v
            by_mean = by_v * math.sqrt(growth[k] / wider)
            for j in range(len(by_move)):
                by_move[j] += shift[i, k, j] * by_mean
