"""Formulas and densities at many draws of every subject's parameters, without a table of quantities for each of them.

Predictions lie in an array (records, draws), its rows as long as `width_of` says, so that LANES draws at once are
computed to the last one. What is computed for one draw does not depend on the others, so that draws may be shared
among processors in any way.
"""

import math

import numpy as np

from livingdrug.engine.codegen.calls import call_2, call_3
from livingdrug.engine.codegen.layout import LANES
from livingdrug.engine.codegen.machine_code import kept
from livingdrug.engine.codegen.vector_functions import expit, logarithm
from livingdrug.engine.codegen.vector_math import compiled
from livingdrug.engine.codegen.vector_normal import log_phi_and_ratio
from livingdrug.engine.codegen.vectors import choose, choose_below, exponential, fill, load, root, size, store
from livingdrug.engine.densities import (
    ADDITIVE,
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
STEP = 1e-4  # of a residual SD, relative, where a density has no slope in closed form
BLOCK = 8 * LANES  # draws of a subject whose predictions are computed together


def width_of(draws: int) -> int:
    """Length of a row that holds so many draws: whole LANES."""
    return -(-draws // LANES) * LANES


@compiled
def check_lanes(begin, end, width):
    """Raise an error where LANES draws at once would go beyond a row."""
    if begin % LANES or end % LANES or width % LANES or end > width:
        raise ValueError("draws are not whole lanes")


@compiled
def value_on(x, scale):
    """Values in lanes from their scale."""
    if scale == NORMAL:
        return x
    x = choose(x, -LARGEST, -LARGEST, choose(LARGEST, x, LARGEST, x))
    return exponential(x) if scale == LOG else expit(x)


@kept
def formulas_at_draws(
    still, before, after, sizes, which, base, columns, scale, phi, random, etas, time, first, last, begin, end, f
):
    """Predictions of the draws from begin to end into f (records, width); draws beyond the last are like it.

    still, before, after, sizes: of `LaneFormulas`; which: formula of each record; base (subjects, quantities): those that are
    not fitted; columns, scale: of the fitted parameters; phi (subjects, parameters): on their scales, without effects; etas
    (subjects, draws, random): added to the parameters `random`.
    """
    width, highest, own, parts = f.shape[1], etas.shape[1] - 1, base.shape[1] * LANES, sizes[1] * LANES
    check_lanes(begin, end, width)
    rows, timeless, drawn = np.empty(BLOCK // LANES * own), np.empty(BLOCK // LANES * parts), np.empty(BLOCK)
    alone, fixed = np.empty(base.shape[1]), np.empty((len(still), sizes[0]))
    for i in range(len(first)):
        for g in range(BLOCK // LANES):
            for q in range(base.shape[1]):
                store(rows, g * own + q * LANES, base[i, q])
            for p in range(len(columns)):
                store(rows, g * own + columns[p] * LANES, value_on(fill(phi[i, p]), scale[p]))
        for q in range(base.shape[1]):
            alone[q] = rows[q * LANES]
        for m in range(len(still)):
            call_2(still[m], alone, 0, fixed, m * sizes[0])
        for c in range(begin, end, BLOCK):
            groups = (min(c + BLOCK, end) - c) // LANES
            for r in range(len(random)):
                p = random[r]
                for j in range(groups * LANES):
                    drawn[j] = phi[i, p] + etas[i, min(c + j, highest), r]
                for g in range(groups):
                    store(rows, g * own + columns[p] * LANES, value_on(load(drawn, g * LANES), scale[p]))
            done = -1
            for k in range(first[i], last[i]):
                if which[k] != done:
                    done = which[k]
                    for g in range(groups):
                        call_3(before[done], fixed, done * sizes[0], rows, g * own, timeless, g * parts)
                for g in range(groups):
                    call_3(after[done], timeless, g * parts, time, k, f, k * width + c + g * LANES)


@compiled
def is_plain(other, censored, m4):
    """Whether a record is measured, or known to lie beyond one limit, by a density that is divided by nothing."""
    return not m4 and (censored == 0 or not (abs(other) < math.inf))


@compiled
def plain_density(y, log_y, censored, kind, f, a, log_a, b):
    """Log density of one plain record at predictions in lanes, its residual SD, and the first and second
    derivative by that, times it and its square."""
    s = fill(a)
    if kind == PROPORTIONAL:
        s = b * size(f)
    elif kind == COMBINED:
        s = a + b * size(f)
    elif kind == SQUARES:
        s = root(a * a + b * b * size(f) * size(f))
    z = (log_y - logarithm(f)) / s if kind == LOGNORMAL else (y - f) / s
    if censored == 0:
        square = z * z
        log_s = fill(log_a) if kind == LOGNORMAL or kind == ADDITIVE else logarithm(s)
        value = -0.5 * LOG_2PI - log_s - 0.5 * square
        if kind == LOGNORMAL:
            value = value - log_y
        one, two = square - 1.0, 1.0 - 3.0 * square
    else:
        z = z if censored == 1 else -z
        value, ratio = log_phi_and_ratio(z)
        one, two = -ratio * z, ratio * z * (2.0 - z * (z + ratio))
    if kind == LOGNORMAL:
        value = choose_below(0.0, f, value, -math.inf)
    return choose_below(0.0, s, value, -math.inf), s, one, two


@compiled
def start(total, i, begin, end):
    """A row of sums at 0."""
    for c in range(begin, end, LANES):
        store(total, i * total.shape[1] + c, 0.0)


@compiled
def finish(total, i, begin, end):
    """What is no number in a row of sums is the logarithm of 0."""
    for c in range(begin, end, LANES):
        value = load(total, i * total.shape[1] + c)
        store(total, i * total.shape[1] + c, choose(value, math.inf, value, -math.inf))


@compiled
def logs_of(y, kind, a):
    """ln y in lanes where a density takes it, and ln a where it is a residual SD by itself."""
    log_y = fill(0.0)
    if kind == LOGNORMAL:
        # by the function that acts on predictions: equal ones have equal logarithms
        log_y = logarithm(fill(y)) if y > 0.0 else fill(math.log(y))
    return log_y, (math.log(a) if (kind == LOGNORMAL or kind == ADDITIVE) and a > 0.0 else 0.0)


@kept
def sum_at_draws(y, other, censored, output, kind, a, b, m4, first, last, f, begin, end, total):
    """Log-likelihood of each subject at the draws from begin to end into total (subjects, width); f (records, width)."""
    width = f.shape[1]
    check_lanes(begin, end, min(width, total.shape[1]))
    for i in range(len(first)):
        start(total, i, begin, end)
        for r in range(first[i], last[i]):
            o = output[r]
            if is_plain(other[r], censored[r], m4):
                log_y, log_a = logs_of(y[r], kind[o], a[o])
                for c in range(begin, end, LANES):
                    at = i * total.shape[1] + c
                    predicted = load(f, r * width + c)
                    value, _, _, _ = plain_density(y[r], log_y, censored[r], kind[o], predicted, a[o], log_a, b[o])
                    store(total, at, load(total, at) + value)
            else:
                for c in range(begin, end):
                    s = spread_of(kind[o], f[r, c], a[o], b[o])
                    total[i, c] += density(y[r], other[r], censored[r], kind[o], f[r, c], s, m4)
        finish(total, i, begin, end)


@compiled
def plain_by_logs(kind, s, a, b):
    """Derivatives of the residual SD s by ln a and ln b in lanes: (s_a, s_b, s_aa, s_ab, s_bb) / s."""
    zero, one = fill(0.0), fill(1.0)
    if kind == PROPORTIONAL:
        return zero, one, zero, zero, one
    if kind == COMBINED:
        of_a = a / s
        return of_a, 1.0 - of_a, of_a, zero, 1.0 - of_a
    if kind == SQUARES:
        of_a = (a * a) / (s * s)
        of_b = 1.0 - of_a
        return of_a, of_b, of_a * (2.0 - of_a), -of_a * of_b, of_b * (2.0 - of_b)
    return one, zero, one, zero, zero


@compiled
def by_spread(y, other, censored, kind, f, s, m4):
    """First and second derivative of the log density of one record by its residual SD s."""
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
    """Derivatives of the residual SD s by ln a and ln b: (s_a, s_b, s_aa, s_ab, s_bb)."""
    if kind == PROPORTIONAL:
        return 0.0, s, 0.0, 0.0, s
    if kind == COMBINED:
        return a, s - a, a, 0.0, s - a
    if kind == SQUARES:
        aa = a * a
        bb = s * s - aa
        return aa / s, bb / s, aa * (2.0 - aa / (s * s)) / s, -aa * bb / (s * s * s), bb * (2.0 - bb / (s * s)) / s
    return s, 0.0, s, 0.0, 0.0


@compiled
def add(array, at, value, where):
    """Add to the numbers of an array in lanes where the log density `where` is one."""
    store(array, at, load(array, at) + choose_below(-math.inf, where, value, 0.0))


@compiled
def add_plain(at, width, k, pa, pb, value, one, two, shape, slopes, bends):
    """Add slopes and curvature of a plain record in lanes; at: of the first row of its subject and lanes among slopes, whose
    rows k are the numbers."""
    s_a, s_b, s_aa, s_ab, s_bb = shape
    bent = k * at[0] + at[1]
    if pa >= 0:
        add(slopes, at[0] + pa * width + at[1], one * s_a, value)
        add(bends, bent + (pa * k + pa) * width, two * s_a * s_a + one * s_aa, value)
    if pb >= 0:
        add(slopes, at[0] + pb * width + at[1], one * s_b, value)
        add(bends, bent + (pb * k + pb) * width, two * s_b * s_b + one * s_bb, value)
    if pa >= 0 and pb >= 0:
        both = two * s_a * s_b + one * s_ab
        add(bends, bent + (pa * k + pb) * width, both, value)
        add(bends, bent + (pb * k + pa) * width, both, value)


@compiled
def add_other(i, c, pa, pb, kind, f, a, b, s, one, two, slopes, bends):
    """The same of any record at one draw."""
    s_a, s_b, s_aa, s_ab, s_bb = spread_by_logs(kind, f, a, b, s)
    if pa >= 0:
        slopes[i, pa, c] += one * s_a
        bends[i, pa, pa, c] += two * s_a * s_a + one * s_aa
    if pb >= 0:
        slopes[i, pb, c] += one * s_b
        bends[i, pb, pb, c] += two * s_b * s_b + one * s_bb
    if pa >= 0 and pb >= 0:
        both = two * s_a * s_b + one * s_ab
        bends[i, pa, pb, c] += both
        bends[i, pb, pa, c] += both


@kept
def slopes_at_draws(
    y, other, censored, output, kind, a, b, m4, first, last, f, place_a, place_b, begin, end, total, slopes, bends
):
    """The same with slopes (subjects, k, width) and curvature (subjects, k, k, width) by the logarithms of
    residual errors.

    place_a, place_b (outputs,): which of the k numbers ln a and ln b of an output are, -1 for one that is not wanted.
    """
    width, k = f.shape[1], slopes.shape[1]
    check_lanes(begin, end, min(width, min(total.shape[1], min(slopes.shape[2], bends.shape[3]))))
    for i in range(len(first)):
        start(total, i, begin, end)
        for r in range(first[i], last[i]):
            o = output[r]
            pa, pb, ao, bo = place_a[o], place_b[o], a[o], b[o]
            if is_plain(other[r], censored[r], m4):
                log_y, log_a = logs_of(y[r], kind[o], ao)
                for c in range(begin, end, LANES):
                    at = i * width + c
                    predicted = load(f, r * width + c)
                    value, s, one, two = plain_density(y[r], log_y, censored[r], kind[o], predicted, ao, log_a, bo)
                    store(total, at, load(total, at) + value)
                    shape = plain_by_logs(kind[o], s, ao, bo)
                    add_plain((i * k * width, c), width, k, pa, pb, value, one, two, shape, slopes, bends)
                continue
            for c in range(begin, end):
                s = spread_of(kind[o], f[r, c], ao, bo)
                value = density(y[r], other[r], censored[r], kind[o], f[r, c], s, m4)
                total[i, c] += value
                if value > -math.inf and (pa >= 0 or pb >= 0):
                    one, two = by_spread(y[r], other[r], censored[r], kind[o], f[r, c], s, m4)
                    add_other(i, c, pa, pb, kind[o], f[r, c], ao, bo, s, one, two, slopes, bends)
        finish(total, i, begin, end)
