"""The learning curve: what fewer patients would have reached, and so whether more would help."""

from dataclasses import dataclass, replace

import numpy as np

from livingdrug.attributes.crossing import merit
from livingdrug.attributes.folds import number_of_folds, stratified
from livingdrug.attributes.learn import Features, Plan, eta_of
from livingdrug.attributes.outcome import LEAST, Outcome
from livingdrug.core.random import uniforms

SIZES = (0.4, 0.55, 0.7, 0.85, 1.0)
DRAWS = 30  # of patients of each size


@dataclass(frozen=True)
class Growth:
    """The measure over the number of patients.

    Attributes
    ----------
    sizes : ndarray
        Numbers of patients at which the procedure was tried.
    value, low : ndarray
        Mean and quartiles of the measure over draws of patients.
    high : ndarray, shape (sizes,)
        Mean and quartiles of the measure over draws of patients.
    """

    sizes: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


def growth(features: Features, outcome: Outcome, plan: Plan, draws: int = DRAWS) -> Growth:
    """The same procedure on parts of the patients, drawn by class.

    Parameters
    ----------
    features : Features
        Attributes of patients, a column each, with how signatures are scored within folds.
    outcome : Outcome
        That attributes are related to.
    plan : Plan
        How a model is learned.
    draws : int, optional
        Of patients at each number.

    Returns
    -------
    Growth
    """
    rows = []
    for part in SIZES:
        values = [
            v
            for k in range(draws if part < 1 else 1)
            if np.isfinite(v := _value(features, outcome, plan, part, k))
        ]
        if values:
            rows.append((round(part * outcome.n), np.mean(values), *np.quantile(values, (0.25, 0.75))))
    sizes, value, low, high = map(np.array, zip(*rows, strict=True))
    return Growth(sizes, value, low, high)


def _value(features: Features, outcome: Outcome, plan: Plan, part: float, k: int) -> float:
    draw = uniforms(plan.seed, f"attributes growth {part} {k}", 0, outcome.n)
    groups = [np.flatnonzero(outcome.strata == s) for s in np.unique(outcome.strata)]
    rows = np.sort(np.concatenate([g[np.argsort(draw[g])[: max(1, round(part * len(g)))]] for g in groups]))
    own = outcome.taken(rows)
    if own.smaller < LEAST:
        return np.nan
    folds = number_of_folds(own.y, own.kind == "binary")
    repeats = max(2, plan.repeats // 10) if part < 1 else plan.repeats
    deal = stratified(own.strata, folds, repeats, plan.seed, f"attributes growth folds {part} {k}")
    fewer = replace(features, x=np.ascontiguousarray(features.x[rows]))
    return float(merit(eta_of(fewer, own, plan, deal), own.y, own.event, deal, own.family))
