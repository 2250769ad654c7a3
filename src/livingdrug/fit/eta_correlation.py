"""Correlations between the random effects of subjects, and between individual parameters and covariates, with
what chance would give for as many subjects.

They are those of sampled individual parameters (`fit.sampled`), averaged over the draws as Fisher's z (Fisher
1921, Metron 1:3-32). The interval is Fisher's and the p value Student's, as for one draw of as many subjects;
an average over draws varies less, so that both are on the safe side, the more so the less the data say. p
values are corrected for the number of pairs looked at (Holm 1979, Scand J Stat 6:65-70): of eight patients
with six effects, fifteen pairs, every other trial would else show a pair that seems correlated by chance.
Where data say little, draws follow the model, and a correlation that it does not have is not to be seen in
them either: none found is no proof of none.
"""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.conventions import Z95
from livingdrug.fit.problem import FitProblem
from livingdrug.fit.sampled import Sampled

FEWEST = 5  # subjects below which nothing is said of a correlation
LEVEL = 0.05  # of corrected p values from which a pair is called correlated


@dataclass(frozen=True)
class EtaCorrelation:
    """The correlation of two random effects.

    Attributes
    ----------
    first, second : str
        Names of the two effects.
    subjects : int
        Number of subjects that the correlation is over.
    value, low, high : float
        The correlation with its 95 % interval; nan where not determined.
    p : float
        Of no correlation.
    corrected : float
        The same for the number of pairs.
    in_model : float
        The correlation that the model has, nan where it has none.
    """

    first: str
    second: str
    subjects: int
    value: float
    low: float
    high: float
    p: float
    corrected: float
    in_model: float

    @property
    def found(self) -> bool:
        """Whether it is more than chance would give."""
        return bool(self.corrected < LEVEL)


def eta_correlations(sampled: Sampled, problem: FitProblem) -> tuple[EtaCorrelation, ...]:
    """All pairs of effects between subjects (those between occasions are left out).

    Parameters
    ----------
    sampled : Sampled
        Draws of the individual parameters, see `sampled_parameters`.
    problem : FitProblem
        The data, the model and what is fitted, see `new_problem`.

    Returns
    -------
    tuple of EtaCorrelation
    """
    names = between(problem)
    pairs = [(a, b) for k, a in enumerate(names) for b in names[k + 1 :]]
    place, n = {name: sampled.random.index(name) for name in names}, len(sampled.subjects)
    rows = [averaged(sampled.etas[:, :, place[a]], sampled.etas[:, :, place[b]]) for a, b in pairs]
    known = {frozenset((c.first, c.second)): c.value for c in problem.correlations}
    corrected = holm(np.array([row[3] for row in rows]))
    return tuple(
        EtaCorrelation(a, b, n, *row, float(p), known.get(frozenset((a, b)), float("nan")))
        for (a, b), row, p in zip(pairs, rows, corrected, strict=True)
    )


def between(problem: FitProblem) -> tuple[str, ...]:
    """Parameters with between-subject variability."""
    return tuple(p.name for p in problem.random if not p.changes)


def averaged(one: np.ndarray, other: np.ndarray) -> tuple[float, float, float, float]:
    """(correlation, low, high, p) of two quantities of subjects, (n, draws) each, averaged over the draws;
    nan where there are fewer than FEWEST subjects or a quantity does not vary."""
    n = len(one)
    a, b = one - one.mean(axis=0), other - other.mean(axis=0)
    size = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    if n < FEWEST or not (size > 0).all():
        return np.nan, np.nan, np.nan, np.nan
    z = float(np.arctanh(np.clip((a * b).sum(axis=0) / size, -1 + 1e-12, 1 - 1e-12)).mean())
    reach = Z95 / np.sqrt(n - 3)
    return (
        float(np.tanh(z)),
        float(np.tanh(z - reach)),
        float(np.tanh(z + reach)),
        _two_sided(float(np.tanh(z)), n),
    )


def _two_sided(value: float, n: int) -> float:
    """p of no correlation: Student's t with n - 2 degrees of freedom, exact for one draw of two normal
    effects."""
    from scipy.special import stdtr

    return float(2 * stdtr(n - 2, -abs(value) * np.sqrt((n - 2) / max(1 - value**2, 1e-300))))


def holm(p: np.ndarray) -> np.ndarray:
    """p values corrected for how many there are (nan stay, and do not count)."""
    out, known = np.full(len(p), np.nan), np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    out[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)), 1.0)
    return out


def correlation_table(found: tuple[EtaCorrelation, ...]):
    """Pandas table with one row for each pair.

    Parameters
    ----------
    found : tuple of EtaCorrelation
        Of `eta_correlations`.
    """
    import pandas as pd

    rows = [
        (c.first, c.second, c.subjects, c.value, c.low, c.high, c.p, c.corrected, c.in_model) for c in found
    ]
    return pd.DataFrame(
        rows,
        columns=["first", "second", "subjects", "correlation", "low", "high", "p", "p_corrected", "in_model"],
    )
