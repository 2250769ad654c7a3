"""Penalised regression of few products on many attributes, compiled: ridge by its dual, elastic net by
coordinates.

Families by number, as compiled code wants them: 0 binary (logistic), 1 continuous (least squares), 2 survival
(Cox, Breslow's ties). The elastic net minimises -loglik / n + lambda * (alpha * |b|_1 + (1 - alpha) / 2 *
|b|_2^2), ridge -loglik + penalty / 2 * |b|_2^2; columns of x are standardised by the caller, the intercept is
free.
"""

import numpy as np

from livingdrug.engine import kept

TYPE_CHECKING = False
if TYPE_CHECKING:
    from livingdrug.attributes.outcome import Outcome

BINARY, CONTINUOUS, SURVIVAL = 0, 1, 2
ROUNDS = 100  # of the quadratic approximation
SWEEPS = 10_000  # over the coordinates of one approximation
BLOCK = 64  # columns that are multiplied at a time
CLOSE = 1e-9  # change of the linear predictor at which a fit has ended


@kept
def curvature(family, eta, y, event, order, score, weight):
    """Slope (n,) and negative second derivative (n,), diagonal, of the log-likelihood by the linear
    predictor.

        y: 0 or 1, a value, or a time; event (n,): 1 where a time is an event; order (n,): by descending time.
    """
    n = len(eta)
    if family == 0:
        for i in range(n):
            p = 1 / (1 + np.exp(-eta[i]))
            score[i], weight[i] = y[i] - p, max(p * (1 - p), 1e-9)
    elif family == 1:
        for i in range(n):
            score[i], weight[i] = y[i] - eta[i], 1.0
    else:
        top = eta[0]
        for i in range(n):
            top = max(top, eta[i])
        sums = np.empty(n)  # of exp(eta) over the risk set of each place in the order
        total = 0.0
        first = 0
        for k in range(n):
            total += np.exp(eta[order[k]] - top)
            if k == n - 1 or y[order[k + 1]] != y[order[k]]:
                for j in range(first, k + 1):
                    sums[j] = total
                first = k + 1
        hazard, square = 0.0, 0.0
        for k in range(n - 1, -1, -1):  # ascending time: hazards add up
            if k == n - 1 or y[order[k]] != y[order[k + 1]]:
                start = k
                while start > 0 and y[order[start - 1]] == y[order[k]]:
                    start -= 1
                deaths = 0.0
                for j in range(start, k + 1):
                    deaths += event[order[j]]
                hazard += deaths / sums[k]
                square += deaths / sums[k] ** 2
            i = order[k]
            risk = np.exp(eta[i] - top)
            score[i] = event[i] - risk * hazard
            weight[i] = max(risk * hazard - risk * risk * square, 1e-9)
    return 0


@kept
def centre(family, y):
    """The intercept without any attribute."""
    if family == 2:
        return 0.0
    total = 0.0
    for i in range(len(y)):
        total += y[i]
    part = total / len(y)
    if family == 1:
        return part
    part = min(max(part, 1e-6), 1 - 1e-6)
    return np.log(part / (1 - part))


@kept
def slope_at_none(y, event, order, family):
    """Slope (n,) of the log-likelihood by each linear predictor where no attribute counts."""
    n = len(y)
    eta, score, weight = np.empty(n), np.empty(n), np.empty(n)
    middle = centre(family, y)
    for i in range(n):
        eta[i] = middle
    curvature(family, eta, y, event, order, score, weight)
    return score


@kept
def fit_elastic_net(x, y, event, order, family, alpha, lam, beta):
    """Coefficients in place (p,) from where they stand; gives the intercept. x (n, p): standardised
    columns."""
    n, p = x.shape
    intercept = centre(family, y)
    eta = np.empty(n)
    for i in range(n):
        eta[i] = intercept
    for j in range(p):
        if beta[j] != 0:
            for i in range(n):
                eta[i] += x[i, j] * beta[j]
    score, weight, rest, before = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    size, active = np.empty(p), np.zeros(p, dtype=np.bool_)
    for _ in range(ROUNDS):
        curvature(family, eta, y, event, order, score, weight)
        for i in range(n):
            before[i] = eta[i]
            rest[i] = score[i]  # weight times what the approximation still leaves
        for j in range(p):
            size[j] = 0.0
            for i in range(n):
                size[j] += weight[i] * x[i, j] * x[i, j] / n
        every, whole = True, True
        for _ in range(SWEEPS):
            moved = _sweep(x, weight, rest, eta, size, beta, alpha, lam, active, every)
            every = False
            if family != 2:
                shift = _shift(rest, weight, eta)
                intercept += shift
                moved = max(moved, abs(shift))
            # a last look at the columns that stood at 0
            if moved < CLOSE and _sweep(x, weight, rest, eta, size, beta, alpha, lam, active, whole) < CLOSE:
                break
        if family == 1 or _apart(eta, before) < CLOSE * 10:
            break
    return intercept


@kept
def _apart(a, b):
    most = 0.0
    for i in range(len(a)):
        most = max(most, abs(a[i] - b[i]))
    return most


@kept
def _shift(rest, weight, eta):
    """Move the intercept to its best, and all that hangs on it."""
    top, bottom = 0.0, 0.0
    for i in range(len(rest)):
        top += rest[i]
        bottom += weight[i]
    for i in range(len(rest)):
        rest[i] -= weight[i] * top / bottom
        eta[i] += top / bottom
    return top / bottom


@kept
def _sweep(x, weight, rest, eta, size, beta, alpha, lam, active, every):
    n, p = x.shape
    moved = 0.0
    for j in range(p):
        if not (every or active[j]):
            continue
        slope = 0.0
        for i in range(n):
            slope += x[i, j] * rest[i]
        slope = slope / n + size[j] * beta[j]
        cut = lam * alpha
        new = 0.0
        if slope > cut:
            new = (slope - cut) / (size[j] + lam * (1 - alpha))
        elif slope < -cut:
            new = (slope + cut) / (size[j] + lam * (1 - alpha))
        change = new - beta[j]
        if change != 0:
            active[j] = True
            for i in range(n):
                rest[i] -= weight[i] * x[i, j] * change
                eta[i] += x[i, j] * change
            beta[j] = new
            moved = max(moved, abs(change))
    return moved


@kept
def gram(a):
    """Products of the rows of a (n, p) with each other, shape (n, n).

    A library of linear algebra would part this among threads of its own, beside those that run permutations
    already: where the machine is shared they wait for each other for seconds, and the last digits depend on
    their number.
    """
    n, p = a.shape
    turned, out = np.empty((BLOCK, n)), np.zeros((n, n))
    for start in range(0, p, BLOCK):
        width = min(BLOCK, p - start)
        for i in range(n):
            for j in range(width):
                turned[j, i] = a[i, start + j]
        for i in range(n):
            for j in range(width):
                value = turned[j, i]
                for k in range(i + 1):
                    out[i, k] += value * turned[j, k]
    for i in range(n):
        for k in range(i):
            out[k, i] = out[i, k]
    return out


@kept
def _factor(system):
    """Cholesky factor in the lower triangle, in place."""
    n = len(system)
    for j in range(n):
        for k in range(j):
            system[j, j] -= system[j, k] * system[j, k]
        system[j, j] = np.sqrt(system[j, j])
        for i in range(j + 1, n):
            total = system[i, j]
            for k in range(j):
                total -= system[i, k] * system[j, k]
            system[i, j] = total / system[j, j]
    return 0


@kept
def _solved(factor, right):
    """Solution in place of right (n,), by the factor of `_factor`."""
    n = len(right)
    for i in range(n):
        for k in range(i):
            right[i] -= factor[i, k] * right[k]
        right[i] /= factor[i, i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            right[i] -= factor[k, i] * right[k]
        right[i] /= factor[i, i]
    return 0


@kept
def fit_ridge(gram, y, event, order, family, penalty, dual):
    """Ridge by its dual: coefficients are x' dual, in place (n,); gram (n, n) is x x'. Gives the intercept.

    Newton steps on eta = intercept + gram dual, so that ten thousand attributes cost what ten do: the slope
    of the likelihood is penalty * dual at the optimum, so (gram + penalty / weight) dual + intercept is the
    working response.
    """
    n = len(y)
    intercept = centre(family, y)
    eta, new = np.empty(n), np.empty(n)
    for i in range(n):
        eta[i] = intercept
    score, weight, ones = np.empty(n), np.empty(n), np.empty(n)
    system = np.empty((n, n))
    for _ in range(ROUNDS):
        curvature(family, eta, y, event, order, score, weight)
        for i in range(n):
            for j in range(n):
                system[i, j] = gram[i, j]
            system[i, i] += penalty / weight[i]
            dual[i] = eta[i] + score[i] / weight[i]
            ones[i] = 1.0
        _factor(system)
        _solved(system, dual)
        if family != 2:
            _solved(system, ones)
            top, bottom = 0.0, 0.0
            for i in range(n):
                top += dual[i]
                bottom += ones[i]
            intercept = top / bottom
            for i in range(n):
                dual[i] -= intercept * ones[i]
        for i in range(n):
            new[i] = intercept
            for j in range(n):
                new[i] += gram[i, j] * dual[j]
        change = _apart(new, eta)
        for i in range(n):
            eta[i] = new[i]
        if change < 1e-7 or family == 1:
            break
    return intercept


def largest_lambda(x: np.ndarray, outcome: "Outcome", alpha: float) -> float:
    """The penalty of an elastic net from which on every coefficient is 0; x (n, p): standardised columns."""
    score = slope_at_none(outcome.y, outcome.event, outcome.order, outcome.family)
    return float(np.abs(x.T @ score).max() / outcome.n / alpha)


def elastic_net(
    x: np.ndarray, y: np.ndarray, alpha: float, lam: float, standardise: bool = True, family: int = BINARY
) -> tuple[float, np.ndarray]:
    """Intercept and coefficients (p,) on the scale of the columns.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Attributes, a column each, without an intercept.
    y : ndarray, shape (n,)
        0 or 1 (binary) or values (continuous).
    alpha : float
        Part of the penalty that is absolute rather than square.
    lam : float
        Strength of the penalty, 0 or above; 0 is least squares or plain logistic regression.
    standardise : bool, optional
        Whether columns are brought to an SD of 1 first.
    family : int, optional
        Of the outcome, binary or continuous.

    Returns
    -------
    tuple[float, ndarray]
    """
    mean = x.mean(axis=0)
    sd = x.std(axis=0) if standardise else np.ones(x.shape[1])
    scaled = np.ascontiguousarray((x - mean) / np.where(sd > 0, sd, 1.0))
    beta, y = np.zeros(x.shape[1]), np.asarray(y, dtype=float)
    intercept = fit_elastic_net(scaled, y, np.ones(len(y)), np.argsort(-y), family, alpha, lam, beta)
    beta = beta / np.where(sd > 0, sd, 1.0)
    return float(intercept - beta @ mean), beta
