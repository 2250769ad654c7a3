"""One compiled pass over folds: everything that looks at data, from the mean of a column on, sees the other
folds only.

Moments, stand-ins of missing values, signature scores, selection and the choice of the penalty are all done
anew within each training part, so that no area is about products the model has seen.
"""

import numpy as np

from livingdrug.attributes.penalised import fit_elastic_net, fit_ridge, gram, slope_at_none
from livingdrug.attributes.sparse_pls import fit_sparse_pls
from livingdrug.engine import kept

RIDGE, ELASTIC_NET, SPARSE_PLS = 0, 1, 2
INNER = 5  # folds within a training part for the choice of a penalty


@kept
def standardise(x, train, z):
    """z (n, p) = x less the mean, over the SD (divisor n) of the training rows; missing values and flat
    columns are 0."""
    n, p = x.shape
    total, square, count = np.zeros(p), np.zeros(p), np.zeros(p)
    for k in range(len(train)):
        i = train[k]
        for j in range(p):
            if not np.isnan(x[i, j]):
                total[j] += x[i, j]
                count[j] += 1
    for j in range(p):
        total[j] = total[j] / count[j] if count[j] > 0 else 0.0
    for k in range(len(train)):
        i = train[k]
        for j in range(p):
            if not np.isnan(x[i, j]):
                square[j] += (x[i, j] - total[j]) ** 2
    for j in range(p):
        sd = np.sqrt(square[j] / max(count[j], 1.0))
        square[j] = 1 / sd if sd > 1e-12 * max(abs(total[j]), 1e-300) else 0.0
    for i in range(n):
        for j in range(p):
            z[i, j] = 0.0 if np.isnan(x[i, j]) else (x[i, j] - total[j]) * square[j]
    return 0


@kept
def gathered(z, starts, members):
    """Means over sets of columns: set s is members[starts[s]:starts[s + 1]]; shape (n, sets)."""
    n = len(z)
    out = np.zeros((n, len(starts) - 1))
    for i in range(n):
        for s in range(len(starts) - 1):
            total = 0.0
            for k in range(starts[s], starts[s + 1]):
                total += z[i, members[k]]
            out[i, s] = total / (starts[s + 1] - starts[s])
    return out


@kept
def taken(values, rows):
    """The values of these rows."""
    out = np.empty(len(rows))
    for k in range(len(rows)):
        out[k] = values[rows[k]]
    return out


@kept
def slopes(z, train, y, event, family):
    """Slope of the likelihood by each coefficient at 0, size alone (p,). train: rows by descending y."""
    n = len(train)
    score = slope_at_none(taken(y, train), taken(event, train), np.arange(n), family)
    size = np.zeros(z.shape[1])
    for k in range(n):
        for j in range(z.shape[1]):
            size[j] += z[train[k], j] * score[k]
    for j in range(len(size)):
        size[j] = abs(size[j])
    return size


@kept
def strongest(z, size, keep):
    """The `keep` columns of z (n, p) of largest size (p,)."""
    out = np.empty((len(z), keep))
    for k in range(keep):
        best = 0
        for j in range(len(size)):
            if size[j] > size[best]:
                best = j
        size[best] = -1.0
        for i in range(len(z)):
            out[i, k] = z[i, best]
    return out


@kept
def ready(x, train, y, event, family, keep, starts, members, z):
    """Columns (n, columns) that enter a model of the training rows: standardised, gathered into sets,
    selected."""
    standardise(x, train, z)
    used = z
    if len(starts) > 1:
        used = gathered(z, starts, members)
        standardise(used, train, used)
    if 0 < keep < used.shape[1]:
        used = strongest(used, slopes(used, train, y, event, family), keep)
    return used


@kept
def rows_of(z, rows):
    """These rows of z (n, p)."""
    out = np.empty((len(rows), z.shape[1]))
    for k in range(len(rows)):
        for j in range(z.shape[1]):
            out[k, j] = z[rows[k], j]
    return out


@kept
def filled(z, test, intercept, beta, out):
    """Linear predictor of the test rows in `out` (n,)."""
    for k in range(len(test)):
        out[test[k]] = intercept
        for j in range(z.shape[1]):
            out[test[k]] += z[test[k], j] * beta[j]
    return 0


@kept
def fitted_ridge(a, y, event, order, family, penalty, beta):
    """Coefficients of a ridge in place (columns,); gives the intercept. a (n, columns): rows as y has
    them."""
    dual = np.empty(len(a))
    intercept = fit_ridge(gram(a), y, event, order, family, penalty, dual)
    for j in range(a.shape[1]):
        beta[j] = 0.0
    for k in range(len(a)):
        for j in range(a.shape[1]):
            beta[j] += a[k, j] * dual[k]
    return intercept


@kept
def fitted(a, y, event, order, family, method, mixing, penalty, beta):
    """The same of an elastic net (mixing: its alpha; starts where beta stands) or a sparse PLS (its
    components)."""
    if method == 1:
        return fit_elastic_net(a, y, event, order, family, mixing, penalty, beta)
    return fit_sparse_pls(a, y, event, order, family, int(mixing), penalty, beta)


@kept
def loss(eta, y, event, rows, family):
    """Twice the negative log-likelihood of rows (binary), squared error (continuous), or 1 less concordance
    (survival)."""
    total, pairs, good = 0.0, 0.0, 0.0
    for a in range(len(rows)):
        i = rows[a]
        if family == 0:
            total += 2 * (np.log(1 + np.exp(-abs(eta[i]))) + max(eta[i], 0.0) - y[i] * eta[i])
        elif family == 1:
            total += (y[i] - eta[i]) ** 2
        else:
            for b in range(len(rows)):
                j = rows[b]
                if event[i] > 0 and y[i] < y[j]:
                    pairs += 1
                    good += 1.0 if eta[i] > eta[j] else (0.5 if eta[i] == eta[j] else 0.0)
    if family == 2:
        return 1 - good / pairs if pairs > 0 else 0.5
    return total


@kept
def parted(order, fold, f, inside):
    """Rows in the order given that lie in fold f, or (inside False) in another one; rows of fold -1 take no
    part."""
    count = 0
    for k in range(len(order)):
        count += fold[order[k]] >= 0 and (fold[order[k]] == f) == inside
    out = np.empty(count, dtype=np.int64)
    count = 0
    for k in range(len(order)):
        if fold[order[k]] >= 0 and (fold[order[k]] == f) == inside:
            out[count] = order[k]
            count += 1
    return out


@kept
def scaled(z, train, y, event, family, method, mixing, grid):
    """Penalties of a grid: of an elastic net times the smallest one that leaves nothing in."""
    scale = 1.0
    if method == 1:
        size = slopes(z, train, y, event, family)
        scale = 0.0
        for j in range(len(size)):
            scale = max(scale, size[j] / (mixing * len(train)))
    out = np.empty(len(grid))
    for m in range(len(grid)):
        out[m] = grid[m] * scale
    return out


@kept
def chosen(z, train, y, event, family, method, mixing, penalties):
    """The penalty of a grid, in falling order, whose inner folds predict best; the largest one among
    equals."""
    if len(penalties) == 1:
        return penalties[0]
    eta, inner = np.zeros((len(penalties), len(z))), np.empty(len(z), dtype=np.int64)
    for k in range(len(train)):
        inner[train[k]] = k % INNER
    for f in range(INNER):
        inside, outside = parted(train, inner, f, False), parted(train, inner, f, True)
        a, own, events = rows_of(z, inside), taken(y, inside), taken(event, inside)
        beta, order = np.zeros(z.shape[1]), np.arange(len(inside))  # each penalty starts from the last one
        for m in range(len(penalties)):
            intercept = fitted(a, own, events, order, family, method, mixing, penalties[m], beta)
            filled(z, outside, intercept, beta, eta[m])
    best, least = penalties[0], np.inf
    for m in range(len(penalties)):
        total = loss(eta[m], y, event, train, family)
        if total < least - 1e-12:
            best, least = penalties[m], total
    return best


@kept
def folds_of(folds):
    """Number of folds of one repeat (n,)."""
    last = -1
    for i in range(len(folds)):
        last = max(last, folds[i])
    return last + 1


@kept
def over_ridge(x, y, event, order, folds, family, penalty, keep, starts, members):
    """Linear predictor of every product by a ridge that has not seen it, shape (repeats, n).

    x (n, p); y, event (n,); order (n,): positions by descending y; folds (repeats, n): fold of each product,
    -1 for those that take no part. penalty: times the number of columns; keep: columns kept by their slope, 0
    for all; starts, members: sets of columns whose mean z score is the attribute, starts (1,) for none.
    """
    eta, z = np.empty(folds.shape), np.empty(x.shape)
    for r in range(len(folds)):
        for f in range(folds_of(folds[r])):
            train, test = parted(order, folds[r], f, False), parted(order, folds[r], f, True)
            used = ready(x, train, y, event, family, keep, starts, members, z)
            a, own, events = rows_of(used, train), taken(y, train), taken(event, train)
            beta = np.zeros(used.shape[1])
            intercept = fitted_ridge(a, own, events, np.arange(len(train)), family, penalty * len(beta), beta)
            filled(used, test, intercept, beta, eta[r])
    return eta


@kept
def over_tuned(x, y, event, order, folds, family, method, mixing, grid, keep, starts, members):
    """The same of an elastic net or a sparse PLS (see `fitted`); grid: penalties in falling order, of which
    inner folds choose one, see `scaled`."""
    eta, z = np.empty(folds.shape), np.empty(x.shape)
    for r in range(len(folds)):
        for f in range(folds_of(folds[r])):
            train, test = parted(order, folds[r], f, False), parted(order, folds[r], f, True)
            used = ready(x, train, y, event, family, keep, starts, members, z)
            penalties = scaled(used, train, y, event, family, method, mixing, grid)
            penalty = chosen(used, train, y, event, family, method, mixing, penalties)
            a, own, events = rows_of(used, train), taken(y, train), taken(event, train)
            beta, places = np.zeros(used.shape[1]), np.arange(len(train))
            intercept = fitted(a, own, events, places, family, method, mixing, penalty, beta)
            filled(used, test, intercept, beta, eta[r])
    return eta


@kept
def merit(eta, y, event, folds, family):
    """How well predictors (repeats, n) order or meet what they have not seen.

    Binary: area under the ROC curve within each fold, mean over folds by numbers of pairs; survival:
    concordance likewise; continuous: 1 less squared error over that of the other folds' mean.
    """
    repeats, n = eta.shape
    good, pairs = 0.0, 0.0
    for r in range(repeats):
        for i in range(n):
            if folds[r, i] < 0:
                continue
            total, count = 0.0, 0
            for j in range(n):
                if folds[r, j] < 0:
                    continue
                if family == 1:
                    if folds[r, j] != folds[r, i]:
                        total += y[j]
                        count += 1
                    continue
                before = y[i] > 0.5 and y[j] < 0.5 if family == 0 else event[i] > 0 and y[i] < y[j]
                if before and folds[r, j] == folds[r, i]:
                    pairs += 1
                    good += 1.0 if eta[r, i] > eta[r, j] else (0.5 if eta[r, i] == eta[r, j] else 0.0)
            if family == 1:
                good += (y[i] - eta[r, i]) ** 2
                pairs += (y[i] - total / count) ** 2
    if pairs == 0:
        return np.nan
    return 1 - good / pairs if family == 1 else good / pairs
