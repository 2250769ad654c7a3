"""Predictions from an assay beside what patients showed later: do the bands hold it, is the direction right,
is the order?

The observed ratio of a product to the control is that of geometric means. Its error goes by the SD of
logarithms between patients, pooled over products. A band holds an observed ratio where this lies within it
after the errors of both are put together: half-widths of logarithms, added as squares. The interval of a
rank correlation is that of a bivariate normal with a uniform prior on its correlation, by the probability
that so many products show the rank correlation that was seen: with three products it leaves nearly
everything open, as it should."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from livingdrug.assay.clinical import Clinic
from livingdrug.assay.patient import Change
from livingdrug.assay.rates import LEVEL
from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.proportion import clopper_pearson
from livingdrug.simulation import BOTH

GRID = 81


@dataclass(frozen=True)
class Compared:
    """One product and metric.

    Attributes
    ----------
    group, metric : str
        Which it is.
    predicted, low, high : float
        Ratio to the control with its 95 % band.
    observed, observed_low, observed_high : float
        Of geometric means (nan ends where no SD is known).
    patients : int
        Of the product.
    held : bool or None
        Whether the band holds what was observed, with the errors of both; None where that cannot be told.
    direction : str
        `agrees`, `disagrees`, or `open` where the observed interval holds 1.
    """

    group: str
    metric: str
    predicted: float
    low: float
    high: float
    observed: float
    observed_low: float
    observed_high: float
    patients: int
    held: bool | None
    direction: str


@dataclass(frozen=True)
class Part:
    """k of n, with the exact binomial interval (Clopper and Pearson), nan where n is 0."""

    k: int
    n: int
    low: float
    high: float


@dataclass(frozen=True)
class MetricScore:
    """How well one metric is predicted over products.

    Attributes
    ----------
    metric : str
        Which it is.
    products : int
        Number of products compared.
    held, directions : Part
        How many products lay within the interval predicted for them, and how many changed in the
        predicted direction.
    chance : float
        Probability that directions as good come about by guessing.
    rank : float
        Spearman's correlation of predicted and observed ratios, the control with a ratio of 1 among them, nan
        below three.
    rank_low, rank_high : float
        Its 95 % interval.
    """

    metric: str
    products: int
    held: Part
    directions: Part
    chance: float
    rank: float
    rank_low: float
    rank_high: float


@dataclass(frozen=True)
class Score:
    """What was compared, and how well it was predicted.

    Attributes
    ----------
    control : str
        The construct that others are compared with.
    rows : tuple of Compared
        What was compared.
    metrics : tuple of MetricScore
        The score of each metric.
    notes : tuple of str
        What was taken for granted, and what could not be compared.
    """

    control: str
    rows: tuple[Compared, ...]
    metrics: tuple[MetricScore, ...]
    notes: tuple[str, ...]

    def table(self):
        """pandas table, a row for each product and metric."""
        import pandas as pd

        return pd.DataFrame([vars(row) for row in self.rows])


def score_prediction(changes: Sequence[Change], clinic: Sequence[Clinic], control: str) -> Score:
    """Compare a prediction with later clinical data.

    Parameters
    ----------
    changes : sequence of Change
        Of `predict_patient`; those with both uncertainties are compared.
    clinic : sequence of Clinic
        Of `read_clinic`.
    control : str
        The construct that ratios are to.

    Raises
    ------
    InputError : no patients of the control, or of any other product that was predicted
    """
    groups = sorted({c.group for c in clinic})
    if control not in groups:
        raise InputError(unknown("control construct in the clinical data", control, groups))
    by = {(c.group, c.metric): c for c in clinic}
    rows, notes = [], []
    for change in (c for c in changes if c.of == BOTH):
        own, base = by.get((change.group, change.metric)), by.get((control, change.metric))
        if own is not None and base is not None:
            sd, df = _pooled([c for c in clinic if c.metric == change.metric])
            rows.append(_compared(change, own, base, sd, df))
    if not rows:
        predicted = sorted({c.group for c in changes})
        raise InputError(
            f"no product has both a prediction and patients: predicted are {', '.join(predicted)}, the "
            f"clinical data hold {', '.join(groups)}; call them alike"
        )
    missing = sorted({c.group for c in changes} - {r.group for r in rows})
    if missing:
        notes.append(
            f"no patients of {', '.join(missing)}, or not of the same metric as the control: not scored"
        )
    if any(not np.isfinite(r.observed_low) for r in rows):
        notes.append(
            "one patient a product gives no SD between patients, so no interval of what was observed"
        )
    notes.append("units must be the same in all products: ratios are compared, and nothing is converted")
    notes.append(
        "all ratios share the patients and the wells of the control, so their errors are not independent"
    )
    metrics = tuple(
        _metric(m, [r for r in rows if r.metric == m]) for m in dict.fromkeys(r.metric for r in rows)
    )
    return Score(control, tuple(rows), metrics, tuple(notes))


def _pooled(clinic: Sequence[Clinic]) -> tuple[float, int]:
    """(SD of logarithms between patients, degrees of freedom), pooled over products; (nan, 0) without any."""
    several = [c for c in clinic if c.n > 1]
    df = sum(c.n - 1 for c in several)
    return (float(np.sqrt(sum((c.n - 1) * c.sd**2 for c in several) / df)), df) if df else (np.nan, 0)


def _compared(change: Change, own: Clinic, base: Clinic, sd: float, df: int) -> Compared:
    from scipy.special import stdtrit

    observed = own.mean - base.mean
    half = float(stdtrit(df, 0.5 + LEVEL / 2)) * sd * np.sqrt(1 / own.n + 1 / base.n) if df else np.nan
    middle, low, high = np.log([change.ratio, change.low, change.high])
    off = observed - middle
    reach = np.hypot(high - middle if off > 0 else middle - low, half)
    if not np.isfinite(half) or observed - half <= 0 <= observed + half:
        direction = "open"
    else:
        direction = "agrees" if middle * observed > 0 else "disagrees"
    return Compared(
        change.group, change.metric, change.ratio, change.low, change.high, float(np.exp(observed)),
        float(np.exp(observed - half)), float(np.exp(observed + half)), own.n,
        bool(abs(off) <= reach) if np.isfinite(reach) else None, direction,
    )  # fmt: skip


def _metric(metric: str, rows: list[Compared]) -> MetricScore:
    told = [r for r in rows if r.held is not None]
    clear = [r for r in rows if r.direction != "open"]
    right = sum(r.direction == "agrees" for r in clear)
    rank = low = high = np.nan
    if len(rows) >= 2:
        a, b = np.array([[1.0, 1.0], *((r.predicted, r.observed) for r in rows)]).T
        rank = rank_correlation(a, b)
        low, high = rank_interval(rank, len(a)) if np.isfinite(rank) else (-1.0, 1.0)
    return MetricScore(
        metric, len(rows), part(sum(bool(r.held) for r in told), len(told)), part(right, len(clear)),
        _guessed(right, len(clear)), rank, low, high,
    )  # fmt: skip


def part(k: int, n: int) -> Part:
    """k of n with its exact 95 % interval."""
    return Part(k, n, *(clopper_pearson(k, n, LEVEL) if n else (np.nan, np.nan)))


def _guessed(k: int, n: int) -> float:
    """Probability that k or more of n directions are right by guessing."""
    from scipy.special import bdtrc

    return 1.0 if k == 0 else float(bdtrc(k - 1, n, 0.5))


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's correlation, ties with their mean rank; nan where all are alike. a, b: (n,)."""
    from scipy.stats import rankdata

    x, y = rankdata(a), rankdata(b)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def rank_interval(seen: float, n: int) -> tuple[float, float]:
    """95 % interval of Spearman's correlation of a population, of which n were seen with this rank
    correlation.

    Of a bivariate normal, with a uniform prior on its correlation. n: at least 3.
    """
    rho, drawn = _sampled(n)
    near = np.abs(drawn - seen)
    width = max(0.5 * 12 / (n**3 - n), 0.02)  # rank correlations of n lie in steps of 12 / (n^3 - n)
    likelihood = (near <= width + 1e-9).mean(axis=1)
    while likelihood.sum() == 0:
        width *= 2
        likelihood = (near <= width).mean(axis=1)
    cumulative = np.cumsum(likelihood) / likelihood.sum()
    tail = 0.5 - LEVEL / 2
    ends = np.interp((tail, 1 - tail), cumulative, rho)
    low, high = 6 / np.pi * np.arcsin(ends / 2)
    return float(low), float(high)


@lru_cache(maxsize=8)
def _sampled(n: int) -> tuple[np.ndarray, np.ndarray]:
    """(correlations, (correlations, samples) rank correlations of n pairs with each)."""
    rng = np.random.default_rng(n)
    rho = np.linspace(-0.995, 0.995, GRID)
    x, e = rng.standard_normal((2, min(max(40_000 // n, 500), 10_000), n))
    first = x.argsort(axis=1).argsort(axis=1)
    drawn = np.empty((GRID, len(x)))
    for i, r in enumerate(rho):
        second = (r * x + np.sqrt(1 - r**2) * e).argsort(axis=1).argsort(axis=1)
        drawn[i] = 1 - 6 * ((first - second) ** 2).sum(axis=1) / (n**3 - n)
    return rho, drawn
