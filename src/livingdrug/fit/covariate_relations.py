"""How individual parameters go with covariates, on the scale of the parameter, with what chance would give.

What is shown of a subject is its individual estimate where the shrinkage of the parameter is small, and one
draw from its conditional distribution (`fit.sampled`) where it is large: individual estimates drawn towards
the typical value hide relations and make up others (Savic & Karlsson 2009, AAPS J 11:558-569). Numbers of a
relation are averages over all draws, whatever is shown: Pearson's correlation with a number, F of an analysis
of variance between the levels of a word. p values are corrected for the number of relations (Holm 1979). A
relation is a candidate for `--covariate`, not a result.
"""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.data import ENDPOINT_WORDS, Data, plain_word
from livingdrug.fit.design import covariate
from livingdrug.fit.eta_correlation import FEWEST, LEVEL, averaged, between, holm
from livingdrug.fit.groups import SHRUNK
from livingdrug.fit.point import SCALE_CODE, to_scale
from livingdrug.fit.result import FitResult
from livingdrug.fit.sampled import Sampled

LEVELS = 6  # a covariate in words has at most that many
OUTCOMES = {word for meaning, words in ENDPOINT_WORDS.items() if meaning != "ID" for word in words.split()}


@dataclass(frozen=True)
class Relation:
    """One parameter and one covariate.

    Attributes
    ----------
    parameter : str
        Of the model.
    covariate : str
        Of the data.
    drawn : bool
        Whether a draw stands for each subject.
    shrinkage : float
        Of the parameter's random effect, in %.
    x : ndarray
        The covariate of the subjects that have it, numbers or texts.
    y : ndarray
        The parameter shown.
    statistic : str
        Correlation or F.
    value, low, p, corrected : float
        nan where not determined.
    high : float (95 % interval of a correlation, else nan)
        nan where not determined.
    in_model : bool
        The covariate acts on it in the model.
    """

    parameter: str
    covariate: str
    drawn: bool
    shrinkage: float
    x: np.ndarray
    y: np.ndarray
    statistic: str
    value: float
    low: float
    high: float
    p: float
    corrected: float
    in_model: bool

    @property
    def found(self) -> bool:
        """Whether it is more than chance would give."""
        return bool(self.corrected < LEVEL)


def covariate_relations(result: FitResult, sampled: Sampled) -> tuple[Relation, ...]:
    """All pairs of a covariate of the data and a parameter with between-subject variability. Outcomes
    (response, grades, progression) are no covariates; nor is what is the same for all, or words with more
    than LEVELS levels.

    Parameters
    ----------
    result : FitResult
        Of a fit, see `fit`.
    sampled : Sampled
        Draws of the individual parameters, see `sampled_parameters`.

    Returns
    -------
    tuple of Relation
    """
    found = []
    for name in covariates_of(result.problem.data):
        values = _values(result, name)
        if values is not None:
            found += [
                _relation(result, sampled, parameter, name, *values) for parameter in between(result.problem)
            ]
    corrected = holm(np.array([row["p"] for row in found]))
    return tuple(Relation(**row, corrected=float(p)) for row, p in zip(found, corrected, strict=True))


def covariates_of(data: Data) -> list[str]:
    """Names of what may be a covariate."""
    weight = ["WT"] if np.isfinite(data.weight).any() else []
    dose = ["DOSE"] if np.isfinite(data.profiles.dose).any() else []
    return [
        name for name in dict.fromkeys([*weight, *dose, *data.covariates]) if plain_word(name) not in OUTCOMES
    ]


def _values(result: FitResult, name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """(which subjects have it, their values as numbers or texts), None where there is nothing to compare."""
    data = result.problem.data
    texts = covariate(data, name)
    if texts is None:
        raise InputError(f"the data have no covariate `{name}`")
    of = {subject: str(text).strip() for subject, text in zip(data.subjects, texts, strict=True)}
    own = np.array([of[subject] for subject in result.individuals.subjects], dtype=object)
    known = np.array([text not in ("", "nan") for text in own])
    levels = sorted(set(own[known]))
    if len(levels) < 2:
        return None
    try:
        numbers = np.array([float(text) for text in own[known]])
    except ValueError:
        numbers = None
    if numbers is not None and len(np.unique(numbers)) > 2 and np.isfinite(numbers).all():
        return known, numbers
    return (known, own[known]) if len(levels) <= LEVELS else None


def _relation(
    result: FitResult, sampled: Sampled, parameter: str, name: str, known: np.ndarray, x: np.ndarray
) -> dict:
    own = result.problem.parameters[result.problem.position[parameter]]
    code = np.array(SCALE_CODE[own.scale])
    draws = to_scale(sampled.values[parameter][known], code)
    shrinkage = next((e.shrinkage for e in result.estimates if e.name == own.variability_name), None)
    large = shrinkage is not None and shrinkage > SHRUNK
    shown = sampled.values[parameter][:, 0] if large else result.individuals.values[parameter]
    numeric = x.dtype != object
    if numeric:
        statistic, (value, low, high, p) = "r", averaged(draws, np.tile(x[:, None], draws.shape[1]))
    else:
        statistic, (value, p), low, high = "F", _between_levels(draws, x), float("nan"), float("nan")
    return {
        "parameter": parameter,
        "covariate": name,
        "drawn": large,
        "x": x,
        "y": shown[known],
        "statistic": statistic,
        "shrinkage": float("nan") if shrinkage is None else shrinkage,
        "value": value,
        "low": low,
        "high": high,
        "p": p,
        "in_model": any(
            e.parameter == parameter and e.covariate.lower() == name.lower() for e in result.problem.effects
        ),
    }


def _between_levels(draws: np.ndarray, x: np.ndarray) -> tuple[float, float]:
    """(F, p) of an analysis of variance between levels, F being the mean over draws (n, draws); nan for too
    few subjects, or levels with a single one."""
    from scipy.stats import f as fisher

    levels = [x == level for level in sorted(set(x))]
    n, k = len(x), len(levels)
    if n < FEWEST or min(int(own.sum()) for own in levels) < 2:
        return float("nan"), float("nan")
    means = [draws[own].mean(axis=0) for own in levels]
    grand = draws.mean(axis=0)
    among = sum(own.sum() * (mean - grand) ** 2 for own, mean in zip(levels, means, strict=True)) / (k - 1)
    squares = sum(((draws[own] - mean) ** 2).sum(axis=0) for own, mean in zip(levels, means, strict=True))
    within = np.asarray(squares / (n - k))
    if not (within > 0).all():
        return float("nan"), float("nan")
    value = float(np.mean(among / within))
    return value, float(fisher.sf(value, k - 1, n - k))


def relation_table(found: tuple[Relation, ...]):
    """Pandas table with one row for each relation.

    Parameters
    ----------
    found : tuple of Relation
        Of `covariate_relations`.
    """
    import pandas as pd

    rows = [
        (
            r.parameter,
            r.covariate,
            len(r.x),
            r.shrinkage,
            "sampled" if r.drawn else "individual estimate",
            r.statistic,
            r.value,
            r.low,
            r.high,
            r.p,
            r.corrected,
            r.in_model,
        )
        for r in found
    ]
    names = [
        "parameter",
        "covariate",
        "subjects",
        "shrinkage",
        "shown",
        "statistic",
        "value",
        "low",
        "high",
        "p",
        "p_corrected",
        "in_model",
    ]
    return pd.DataFrame(rows, columns=names)
