"""Attributes together: what a model predicts of patients that it has not seen, against what chance and less
would do."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from os import cpu_count
from typing import Literal

import numpy as np

from livingdrug.attributes import folds as folding
from livingdrug.attributes.crossing import ELASTIC_NET, SPARSE_PLS, merit, over_ridge, over_tuned
from livingdrug.attributes.outcome import Outcome
from livingdrug.core.pieces import Kept, Stage, each

Method = Literal["ridge", "elastic-net", "lasso", "sparse-pls"]
# weight of the absolute values in the penalty; of sparse PLS the number of components, see `Plan.mixing`
MIXING: dict[Method, float] = {"ridge": 0.0, "elastic-net": 0.5, "lasso": 1.0, "sparse-pls": 1.0}
TUNED_COMPONENTS = 2.0  # of sparse PLS, where there are patients enough to choose the threshold
TUNED_NET = (0.9, 0.7, 0.5, 0.35, 0.2, 0.1)  # of the penalty that leaves nothing in, or of the largest weight
# fixed beforehand: ridge at the number of attributes (standardised), at which few patients lose little and
# none is chosen
FIXED_RIDGE, FIXED_NET = (1.0,), (0.5,)
TUNE_FROM = 10  # patients of the smaller class in a training part from which a penalty can be chosen at all
PERMUTATIONS = 499
PIECE = 20  # permutations that are kept in one file
MANY = 1000  # attributes above which the strongest KEPT enter an elastic net, chosen within each fold
KEPT = 100


@dataclass(frozen=True)
class Features:
    """Attributes of patients.

    Attributes
    ----------
    x : ndarray, shape (n, p)
        Attributes, nan where missing.
    names : tuple of str (p,)
        Names of the attributes, in the order of the columns of x.
    starts, members : ndarray
        Sets of columns whose mean z score is the attribute, for signatures whose moments belong inside the
        folds.
    set_names : tuple of str
        Of these sets.
    """

    x: np.ndarray
    names: tuple[str, ...]
    starts: np.ndarray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    members: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    set_names: tuple[str, ...] = ()

    @property
    def entering(self) -> tuple[str, ...]:
        """Names of what enters the model."""
        return self.set_names or self.names


@dataclass(frozen=True)
class Plan:
    """How a model is learned.

    Attributes
    ----------
    method : Method
        How coefficients are penalised: one of the words of `Method`.
    grid : tuple of float
        Penalties tried; one: fixed beforehand.
    keep : int
        Columns kept in each fold; 0: all.
    folds, repeats : int
        Of the cross-validation.
    permutations : int
        Of the outcome.
    seed : int
        Of folds and permutations.
    """

    method: Method
    grid: tuple[float, ...]
    keep: int
    folds: int
    repeats: int
    permutations: int
    seed: int

    @property
    def tuned(self) -> bool:
        """Whether the penalty is chosen in inner folds."""
        return len(self.grid) > 1

    @property
    def mixing(self) -> float:
        """Weight of the absolute values in the penalty of an elastic net; components of sparse PLS."""
        return TUNED_COMPONENTS if self.method == "sparse-pls" and self.tuned else MIXING[self.method]

    @property
    def code(self) -> int:
        """Number of the method, as compiled code wants it, of those that can be tuned."""
        return SPARSE_PLS if self.method == "sparse-pls" else ELASTIC_NET


@dataclass(frozen=True)
class Crossed:
    """What a procedure is worth for patients that it has not seen.

    Attributes
    ----------
    value : float
        Measure of `outcome.MEASURE` for patients not seen.
    eta : ndarray, shape (repeats, n)
        Linear predictors.
    folds : ndarray, shape (repeats, n)
        The fold of each patient.
    null : ndarray, shape (permutations,)
        The same procedure with permuted outcomes.
    p_value : float
        (1 + as good) / (1 + all).
    brier_null : ndarray, shape (permutations,)
        Brier scores with permuted outcomes, nan unless binary.
    """

    value: float
    eta: np.ndarray
    folds: np.ndarray
    null: np.ndarray
    p_value: float
    brier_null: np.ndarray


def plan_for(
    outcome: Outcome,
    count: int,
    method: Method = "ridge",
    repeats: int | None = None,
    permutations: int = PERMUTATIONS,
    seed: int = 1,
    keep: int | None = None,
) -> Plan:
    """The default way for so many patients and attributes: folds by the smaller class, more repeats for fewer
    patients, a penalty chosen by inner folds only where a training part has TUNE_FROM patients in the smaller
    class.

    Parameters
    ----------
    outcome : Outcome
        That attributes are related to.
    count : int
        Number of attributes.
    method : Method, optional
        How coefficients are penalised: one of the words of `Method`.
    repeats : int, optional
        Of the cross-validation.
    permutations : int, optional
        Of the outcome.
    seed : int, optional
        Of the random streams.
    keep : int, optional
        Columns kept in each fold.

    Returns
    -------
    Plan
    """
    k = folding.number_of_folds(outcome.y, outcome.kind == "binary")
    inside = outcome.smaller * (k - 1) / k
    tune = inside >= TUNE_FROM
    grid = FIXED_RIDGE if method == "ridge" else TUNED_NET if tune else FIXED_NET
    if keep is None:
        keep = KEPT if method != "ridge" and count > MANY else 0
    return Plan(method, grid, keep, k, repeats or folding.repeats_for(outcome.n), permutations, seed)


def crossed(
    features: Features,
    outcome: Outcome,
    plan: Plan,
    study: np.ndarray | None = None,
    by_study: bool = False,
    progress: Callable[[int, int], None] | None = None,
    kept: Kept | None = None,
    name: str = "permutations",
) -> Crossed:
    """The measure for patients not seen, and what the whole procedure gives with permuted outcomes.

    Parameters
    ----------
    features : Features
        Attributes of patients, a column each, with how signatures are scored within folds.
    outcome : Outcome
        That attributes are related to.
    plan : Plan
        How a model is learned.
    study : ndarray, optional, shape (n,)
        Whole numbers; outcomes are permuted within each.
    by_study : bool, optional
        Each study is left out as a whole instead of random folds.
    progress : callable, optional
        Called with permutations done and all, and may raise to stop.
    kept : Kept, optional
        Where finished permutations are kept on the way.
    name : str, optional
        Of their stage.

    Returns
    -------
    Crossed
    """
    study = np.zeros(outcome.n, dtype=np.int64) if study is None else study
    own = _folds(outcome, plan, study, by_study, "observed")
    eta = eta_of(features, outcome, plan, own)
    value = float(merit(eta, outcome.y, outcome.event, own, outcome.family))
    
    def stage() -> Stage:
        of = {"attributes": features, "outcomes": outcome, "plan or seed": plan, "studies": (study, by_study)}
        return Stage(name, of, words="permutations, twenty each,")

    null, brier_null = _null(features, outcome, plan, study, by_study, progress, kept, stage).T
    seen = null[~np.isnan(null)]
    p_value = (1 + int((seen >= value - 1e-12).sum())) / (1 + len(seen)) if len(seen) else np.nan
    return Crossed(value, eta, own, null, p_value, brier_null)


def brier(eta: np.ndarray, outcome: Outcome) -> float:
    """Mean squared error of the probability of the mean linear predictor of each patient; nan unless
    binary."""
    if outcome.kind != "binary":
        return np.nan
    return float(((1 / (1 + np.exp(-np.nanmean(eta, axis=0))) - outcome.y) ** 2).mean())


def _folds(outcome: Outcome, plan: Plan, study: np.ndarray, by_study: bool, purpose: str) -> np.ndarray:
    if by_study:
        return study[None, :].astype(np.int64)
    strata = outcome.strata * (int(study.max()) + 1) + study
    return folding.stratified(strata, plan.folds, plan.repeats, plan.seed, f"attributes folds {purpose}")


def eta_of(features: Features, outcome: Outcome, plan: Plan, own: np.ndarray) -> np.ndarray:
    """Linear predictor of each patient by models that have not seen it, shape (repeats, n); own (repeats, n):
    folds."""
    y, event, order, family = outcome.y, outcome.event, outcome.order, outcome.family
    given = plan.keep, features.starts, features.members
    if plan.method == "ridge":
        return over_ridge(features.x, y, event, order, own, family, plan.grid[0], *given)
    grid = np.array(plan.grid)
    return over_tuned(features.x, y, event, order, own, family, plan.code, plan.mixing, grid, *given)


def _null(features, outcome, plan, study, by_study, progress, kept, stage) -> np.ndarray:
    """Measure and Brier score (permutations, 2); several at a time: the compiled pass holds no lock."""
    places = folding.permutations(outcome.y, study, plan.permutations, plan.seed)

    def one(k: int) -> tuple[float, float]:
        other = outcome.taken(places[k])
        own = _folds(other, plan, study, by_study, f"permuted {k}")
        eta = eta_of(features, other, plan, own)
        return float(merit(eta, other.y, other.event, own, other.family)), brier(eta, other)

    done, firsts, null = count(1), range(0, len(places), PIECE), []
    with ThreadPoolExecutor(max(1, min(4, cpu_count() or 1))) as pool:

        def some(i: int) -> np.ndarray:
            rows = []
            for row in pool.map(one, range(firsts[i], min(firsts[i] + PIECE, len(places)))):
                rows.append(row)
                if progress is not None:
                    progress(next(done), len(places))
            return np.array(rows)

        keys = [f"{first + 1}-{min(first + PIECE, len(places))}" for first in firsts]
        try:
            with closing(each(kept if len(keys) > 1 else None, stage, keys, some)) as parts:
                null = list(parts)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return np.concatenate(null) if null else np.empty((0, 2))
