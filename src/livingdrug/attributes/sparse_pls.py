"""Sparse partial least squares of one outcome, compiled: components from soft-thresholded weights, then a
regression on them.

Weights of a component are the slopes of the likelihood by each standardised column, those below a part of the
largest set to 0 (soft-thresholded: Chun & Keles 2010, J R Stat Soc B 72:3, for one outcome; columns are
deflated as by Le Cao et al. 2008, Stat Appl Genet Mol Biol 7:35). Without a threshold and for a value these
are the components of partial least squares. A class or a time is regressed on them by logistic or Cox
regression with a ridge penalty of 1 on components of SD 1, which stays finite where they separate the
classes.
"""

import numpy as np

from livingdrug.attributes.penalised import centre, fit_ridge, gram, slope_at_none
from livingdrug.engine import kept

PENALTY = 1.0  # on components of SD 1, of a class or a time


@kept
def fit_sparse_pls(x, y, event, order, family, components, part, beta):
    """Coefficients in place (p,); gives the intercept.

    x (n, p): standardised columns; components: how many, fewer where nothing is left; part: of the largest
    weight, at or below which a weight is 0; the rest as `penalised.curvature` wants it.
    """
    n, p = x.shape
    for j in range(p):
        beta[j] = 0.0
    left, rest = x.copy(), slope_at_none(y, event, order, family)
    direction, load = np.zeros((components, p)), np.zeros((components, p))
    scores = np.zeros((components, n))
    found = 0
    for k in range(components):
        _weigh(left, rest, part, direction[k])
        _project(left, direction[k], scores[k])
        size = 0.0
        for i in range(n):
            size += scores[k, i] ** 2
        if not size > 1e-20 * n * p:
            break
        for j in range(p):
            for i in range(n):
                load[k, j] += left[i, j] * scores[k, i] / size
        for m in range(k):  # in columns that were not deflated
            inner = 0.0
            for j in range(p):
                inner += load[m, j] * direction[k, j]
            for j in range(p):
                direction[k, j] -= inner * direction[m, j]
        slope = 0.0
        for i in range(n):
            slope += scores[k, i] * rest[i] / size
        for i in range(n):
            rest[i] -= slope * scores[k, i]
            for j in range(p):
                left[i, j] -= scores[k, i] * load[k, j]
        found += 1
    slopes = np.zeros(found)
    intercept = _regress(scores, found, y, event, order, family, slopes)
    for k in range(found):
        for j in range(p):
            beta[j] += slopes[k] * direction[k, j]
    return intercept


@kept
def _weigh(left, rest, part, weight):
    """Weights of norm 1 in place (p,), soft-thresholded at `part` of the largest."""
    n, p = left.shape
    largest = 0.0
    for i in range(n):
        for j in range(p):
            weight[j] += left[i, j] * rest[i]
    for j in range(p):
        largest = max(largest, abs(weight[j]))
    size = 0.0
    for j in range(p):
        above = abs(weight[j]) - part * largest
        weight[j] = 0.0 if above <= 0 else above if weight[j] > 0 else -above
        size += weight[j] ** 2
    if size > 0:
        for j in range(p):
            weight[j] /= np.sqrt(size)
    return 0


@kept
def _project(left, weight, scores):
    for i in range(len(left)):
        for j in range(len(weight)):
            scores[i] += left[i, j] * weight[j]
    return 0


@kept
def _regress(scores, found, y, event, order, family, slopes):
    """Slopes in place (found,) of a regression on the components (components, n), which are uncorrelated;
    gives the intercept."""
    n = len(y)
    intercept = centre(family, y)
    if found == 0:
        return intercept
    if family == 1:
        for k in range(found):
            top, bottom = 0.0, 0.0
            for i in range(n):
                top += scores[k, i] * (y[i] - intercept)
                bottom += scores[k, i] ** 2
            slopes[k] = top / bottom
        return intercept
    z, sd = np.empty((n, found)), np.empty(found)
    for k in range(found):
        square = 0.0
        for i in range(n):
            square += scores[k, i] ** 2 / n
        sd[k] = np.sqrt(square)
        for i in range(n):
            z[i, k] = scores[k, i] / sd[k]
    dual = np.empty(n)
    intercept = fit_ridge(gram(z), y, event, order, family, PENALTY, dual)
    for k in range(found):
        for i in range(n):
            slopes[k] += z[i, k] * dual[i] / sd[k]
    return intercept
