"""Which construct is best, and how sure that is: draws of the rates, or of what they predict."""

from dataclasses import dataclass

import numpy as np

from livingdrug.assay.rates import DETERMINED, Estimates
from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.random import stream_key

DRAWS = 4000
# of which of a rate the best construct has most: the others are better when they are low
LOW_IS_BEST = (
    "contact_loss",
    "effector_death",
    "half_effectors",
    "half_targets",
    "half_cells",
    "half_ratio",
    "half_antigen",
)


@dataclass(frozen=True)
class Ranked:
    """A construct's place.

    Attributes
    ----------
    group : str
        The construct.
    value : float
        The number that it is ranked by.
    best : float
        Probability of being the best.
    rank, low, high : float
        Median rank and its 95 % interval (1: best).
    """

    group: str
    value: float
    best: float
    rank: float
    low: float
    high: float


@dataclass(frozen=True)
class Ranking:
    """Constructs, the best first, by one number.

    Attributes
    ----------
    by : str
        Name of the number by which constructs are ranked, such as `k_kill`.
    high : bool
        Whether more of it is better.
    rows : tuple of Ranked
        In order.
    pairs : ndarray, shape (groups, groups)
        Probability that the one of the row is better than the one of the column.
    notes : tuple of str
        Where the ranking cannot be believed.
    """

    by: str
    high: bool
    rows: tuple[Ranked, ...]
    pairs: np.ndarray
    notes: tuple[str, ...]

    def table(self):
        """pandas table: place, group, value, probability of being best, median rank with its interval."""
        import pandas as pd

        frame = pd.DataFrame([vars(row) for row in self.rows])
        frame.insert(0, "place", range(1, len(frame) + 1))
        return frame.rename(
            columns={
                "best": "probability_best",
                "rank": "median_rank",
                "low": "rank_low",
                "high": "rank_high",
            }
        )


def draws_of(estimates: Estimates, count: int = DRAWS, seed: int = 1, differences: bool = True) -> np.ndarray:
    """Draws of the rates on the scale of `at`, (count, rates): multivariate t; what groups share moves them
    together.

    differences: with the degrees of freedom of differences between groups, which decide a ranking; else with
    those of the rates themselves, fewer where donors are few."""
    rng = np.random.default_rng(stream_key(seed, "assay rates"))
    v = estimates.covariance
    values, vectors = np.linalg.eigh((v + v.T) / 2)
    half = vectors * np.sqrt(np.maximum(values, 0.0))
    known = estimates.pair_df[estimates.pair_df < 1e6]
    if not differences or not len(known):
        known = np.array([r.df for r in estimates.rates if r.group] or [r.df for r in estimates.rates])
    df = float(np.median(known))
    scale = np.sqrt(df / rng.chisquare(df, count)) if df < 1e5 else np.ones(count)
    middle = np.array([r.at for r in estimates.rates])
    return middle + (rng.standard_normal((count, len(middle))) @ half.T) * scale[:, None]


def rank(estimates: Estimates, by: str = "k_kill", seed: int = 1, count: int = DRAWS) -> Ranking:
    """Rank the groups of a fit by one of their rates.

    Parameters
    ----------
    estimates : Estimates
        Of a fit with rates by construct.
    by : str, optional
        The rate.
    seed, count : int, optional
        Of the draws.

    Raises
    ------
    InputError
        For an unknown rate, one that all share, or fewer than two groups, and a rate that the readings do not
        determine.
    """
    groups = estimates.groups
    own = [r for r in estimates.rates if r.rate == by and r.group]
    if not own:
        raise InputError(
            unknown("rate to rank by", by, dict.fromkeys(r.rate for r in estimates.rates if r.group))
        )
    if len(own) < 2:
        raise InputError(f"a ranking needs two groups; the fit has {', '.join(groups) or 'none'}")
    lost = [r.group for r in own if r.status != DETERMINED]
    if lost:
        raise InputError(
            f"`{by}` of {', '.join(lost)} is not determined by the readings, so the constructs are not "
            "ranked by it; see "
            "`livingdrug assay design` for what would determine it"
        )
    at = [estimates.rates.index(r) for r in own]
    draws = draws_of(estimates, count, seed)[:, at]
    return ranking_of(by, [r.group for r in own], [r.value for r in own], draws, by not in LOW_IS_BEST, ())


def ranking_of(
    by: str, groups: list[str], values: list[float], draws: np.ndarray, high: bool, notes: tuple[str, ...]
) -> Ranking:
    """A ranking from draws (count, groups) of a number."""
    from scipy.stats import rankdata

    score = draws if high else -draws
    # constructs that are equal share a place: none of them is better than the other
    places = rankdata(-score, axis=1)
    first = score == score.max(axis=1, keepdims=True)
    best = (first / first.sum(axis=1, keepdims=True)).mean(axis=0)
    pairs = ((score[:, :, None] > score[:, None, :]) + 0.5 * (score[:, :, None] == score[:, None, :])).mean(
        axis=0
    )
    rows = []
    for i, (group, value) in enumerate(zip(groups, values, strict=True)):
        low, middle, high_place = (
            float(np.quantile(places[:, i], q, method="nearest")) for q in (0.025, 0.5, 0.975)
        )
        rows.append(Ranked(group, float(value), float(best[i]), middle, low, high_place))
    order = sorted(range(len(rows)), key=lambda i: (-rows[i].best, places[:, i].mean()))
    return Ranking(by, high, tuple(rows[i] for i in order), pairs[np.ix_(order, order)], notes)
