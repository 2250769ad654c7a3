"""Whether chains have mixed, and how many independent draws they are worth.

Vehtari, Gelman, Simpson, Carpenter & Burkner 2021 (Bayesian Analysis 16:667-718): R-hat is the larger of that
of ranks and that of ranks of distances to the median, over halves of chains; the bulk effective sample size
is of ranks, the tail one the smaller of those of the indicators of lying below the 5 and 95 % quantiles.
Draws have the shape (chains, draws).
"""

import numpy as np


def r_hat(draws: np.ndarray) -> float:
    """R-hat of one number; nan for draws that are not finite or do not move."""
    halves = _halves(draws)
    if not np.isfinite(halves).all() or np.ptp(halves) == 0:
        return float("nan")
    return max(_r_hat(_ranks(halves)), _r_hat(_ranks(np.abs(halves - np.median(halves)))))


def ess_bulk(draws: np.ndarray) -> float:
    """Effective sample size for the middle of the distribution."""
    return _ess(_ranks(_halves(draws)))


def ess_tail(draws: np.ndarray) -> float:
    """Effective sample size for its 5 and 95 % quantiles."""
    halves = _halves(draws)
    return min(_ess((halves <= np.quantile(halves, q)).astype(float)) for q in (0.05, 0.95))


def ess_mean(draws: np.ndarray) -> float:
    """Effective sample size for the mean: sd / sqrt of it is the Monte-Carlo error."""
    return _ess(_halves(draws))


def _halves(draws: np.ndarray) -> np.ndarray:
    half = draws.shape[1] // 2
    return np.concatenate([draws[:, :half], draws[:, draws.shape[1] - half :]])


def _ranks(draws: np.ndarray) -> np.ndarray:
    """Normal scores of the ranks over all chains (Blom 1958)."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    ranks = rankdata(draws, method="average").reshape(draws.shape)
    return ndtri((ranks - 0.375) / (draws.size + 0.25))


def _r_hat(x: np.ndarray) -> float:
    n = x.shape[1]
    between, within = n * x.mean(axis=1).var(ddof=1), x.var(axis=1, ddof=1).mean()
    return float(np.sqrt((between / within + n - 1) / n))


def _ess(x: np.ndarray) -> float:
    """From autocorrelations of all chains together, cut by Geyer's initial monotone sequence (Geyer 1992)."""
    m, n = x.shape
    if not np.isfinite(x).all():
        return float("nan")
    if np.ptp(x) == 0:
        return float(m * n)
    covariance = _autocovariance(x)
    within = covariance[:, 0].mean() * n / (n - 1)
    whole = within * (n - 1) / n + (x.mean(axis=1).var(ddof=1) if m > 1 else 0.0)
    rho = 1 - (within - covariance.mean(axis=0) * n / (n - 1)) / whole
    rho[0] = 1.0
    # sums of pairs of neighbours are positive and fall, as far as they are known
    pairs = rho[: n - n % 2].reshape(-1, 2).sum(axis=1)
    end = int(np.argmax(pairs < 0)) if (pairs < 0).any() else len(pairs)
    falling = np.minimum.accumulate(pairs[:end])
    tau = -1 + 2 * falling.sum() + (max(rho[2 * end], 0.0) if 2 * end < n else 0.0)
    return float(m * n / max(tau, 1 / np.log10(m * n)))


def _autocovariance(x: np.ndarray) -> np.ndarray:
    """Autocovariance of each chain at all lags, divided by its length."""
    n = x.shape[1]
    size = 1 << int(2 * n - 1).bit_length()
    spectrum = np.fft.rfft(x - x.mean(axis=1, keepdims=True), size, axis=1)
    return np.fft.irfft(np.abs(spectrum) ** 2, size, axis=1)[:, :n] / n
