"""Formulas and densities at many draws of every subject's parameters, without a table of quantities for each of them.

Predictions lie in an array (draws, records). What is computed for one draw does not depend on the others, so that draws may
be shared among processors in any way.
"""

import math

import numpy as np

from livingdrug.engine.codegen.calls import call_2, call_3
from livingdrug.engine.codegen.machine_code import kept
from livingdrug.engine.codegen.vector_math import compiled
from livingdrug.engine.densities import (
    COMBINED,
    LOG_2PI,
    LOGNORMAL,
    PROPORTIONAL,
    SQUARES,
    density,
    ratio_phi,
    spread_of,
)

LOG, LOGIT, NORMAL = 0, 1, 2  # codes of scales
LARGEST = 700.0  # of a number on a log or logit scale
STEP = 1e-4  # of a spread, relative, where a density has no slope in closed form


@compiled
def value_on(x, scale):
    """A value from its scale."""
    if scale == NORMAL:
        return x
    x = min(max(x, -LARGEST), LARGEST) if x == x else x
    return math.exp(x) if scale == LOG else 1.0 / (1.0 + math.exp(-x))


@kept
def formulas_at_draws(
    before, after, parts, which, base, columns, scale, phi, random, etas, time, first, last, begin, end, f
):
    """Predictions of the draws from begin to end into f (draws, records).

    before, after, parts: of a `FormulaKernel`; which: formula of each record; base (subjects, quantities): those that are not
    fitted; columns, scale: of the fitted parameters; phi (subjects, parameters): on their scales, without effects; etas
    (subjects, draws, random): added to the parameters `random`.
    """
    width = len(time)
    row, timeless = np.empty(base.shape[1]), np.empty(parts)
    for i in range(len(first)):
        for q in range(base.shape[1]):
            row[q] = base[i, q]
        for p in range(len(columns)):
            row[columns[p]] = value_on(phi[i, p], scale[p])
        for c in range(begin, end):
            for r in range(len(random)):
                p = random[r]
                row[columns[p]] = value_on(phi[i, p] + etas[i, c, r], scale[p])
            done = -1
            for k in range(first[i], last[i]):
                if which[k] != done:
                    done = which[k]
                    call_2(before[done], row, 0, timeless, 0)
                call_3(after[done], timeless, 0, time, k, f, c * width + k)


@kept
def sum_at_draws(y, other, censored, output, kind, a, b, m4, first, last, f, begin, end, total):
    """Log-likelihood of each subject at the draws from begin to end into total (subjects, draws)."""
    for i in range(len(first)):
        for c in range(begin, end):
            total[i, c] = 0.0
        for r in range(first[i], last[i]):
            o = output[r]
            simple = censored[r] == 0 and kind[o] == LOGNORMAL and a[o] > 0.0
            log_y = math.log(y[r]) if simple else 0.0
            log_s = math.log(a[o]) if simple else 0.0
            for c in range(begin, end):
                if not simple:
                    s = spread_of(kind[o], f[c, r], a[o], b[o])
                    total[i, c] += density(y[r], other[r], censored[r], kind[o], f[c, r], s, m4)
                elif f[c, r] > 0.0:
                    z = (log_y - math.log(f[c, r])) / a[o]
                    total[i, c] += -0.5 * LOG_2PI - log_s - 0.5 * z * z - log_y
                else:
                    total[i, c] = -math.inf
        for c in range(begin, end):
            if not (total[i, c] == total[i, c]):
                total[i, c] = -math.inf


@compiled
def by_spread(y, other, censored, kind, f, s, m4):
    """First and second derivative of the log density of one record by its spread s."""
    if m4 or (censored != 0 and abs(other) < math.inf):
        h = STEP * s
        up, down = density(y, other, censored, kind, f, s + h, m4), density(y, other, censored, kind, f, s - h, m4)
        middle = density(y, other, censored, kind, f, s, m4)
        return (up - down) / (2.0 * h), (up - 2.0 * middle + down) / (h * h)
    z = (math.log(y) - math.log(f)) / s if kind == LOGNORMAL else (y - f) / s
    if censored == 0:
        return (z * z - 1.0) / s, (1.0 - 3.0 * z * z) / (s * s)
    z = z if censored == 1 else -z
    ratio = ratio_phi(z)
    return -ratio * z / s, ratio * z * (2.0 - z * (z + ratio)) / (s * s)


@compiled
def spread_by_logs(kind, f, a, b, s):
    """Derivatives of the spread s by ln a and ln b: (s_a, s_b, s_aa, s_ab, s_bb)."""
    if kind == PROPORTIONAL:
        return 0.0, s, 0.0, 0.0, s
    if kind == COMBINED:
        return a, s - a, a, 0.0, s - a
    if kind == SQUARES:
        aa = a * a
        bb = s * s - aa
        return aa / s, bb / s, aa * (2.0 - aa / (s * s)) / s, -aa * bb / (s * s * s), bb * (2.0 - bb / (s * s)) / s
    return s, 0.0, s, 0.0, 0.0


@kept
def slopes_at_draws(
    y, other, censored, output, kind, a, b, m4, first, last, f, place_a, place_b, begin, end, total, slopes, bends
):
    """The same with slopes (subjects, draws, k) and curvature (subjects, draws, k, k) by the logarithms of residual errors.

    place_a, place_b (outputs,): which of the k numbers ln a and ln b of an output are, -1 for one that is not wanted.
    """
    for i in range(len(first)):
        for c in range(begin, end):
            total[i, c] = 0.0
        for r in range(first[i], last[i]):
            o = output[r]
            pa, pb = place_a[o], place_b[o]
            simple = censored[r] == 0 and kind[o] == LOGNORMAL and a[o] > 0.0
            log_y = math.log(y[r]) if simple else 0.0
            log_s = math.log(a[o]) if simple else 0.0
            for c in range(begin, end):
                if simple and f[c, r] > 0.0:
                    square = ((log_y - math.log(f[c, r])) / a[o]) ** 2
                    total[i, c] += -0.5 * LOG_2PI - log_s - 0.5 * square - log_y
                    if pa >= 0:
                        slopes[i, c, pa] += square - 1.0
                        bends[i, c, pa, pa] -= 2.0 * square
                    continue
                s = spread_of(kind[o], f[c, r], a[o], b[o])
                value = density(y[r], other[r], censored[r], kind[o], f[c, r], s, m4)
                total[i, c] += value
                if not (value > -math.inf) or (pa < 0 and pb < 0):
                    continue
                one, two = by_spread(y[r], other[r], censored[r], kind[o], f[c, r], s, m4)
                s_a, s_b, s_aa, s_ab, s_bb = spread_by_logs(kind[o], f[c, r], a[o], b[o], s)
                if pa >= 0:
                    slopes[i, c, pa] += one * s_a
                    bends[i, c, pa, pa] += two * s_a * s_a + one * s_aa
                if pb >= 0:
                    slopes[i, c, pb] += one * s_b
                    bends[i, c, pb, pb] += two * s_b * s_b + one * s_bb
                if pa >= 0 and pb >= 0:
                    both = two * s_a * s_b + one * s_ab
                    bends[i, c, pa, pb] += both
                    bends[i, c, pb, pa] += both
        for c in range(begin, end):
            if not (total[i, c] == total[i, c]):
                total[i, c] = -math.inf
