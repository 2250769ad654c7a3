"""Normalised prediction distribution errors: where each value lies among replicates of the trial.

Brendel, Comets, Laffont, Laveille & Mentre 2006 (Pharm Res 23:2036-2049); Comets, Brendel & Mentre 2008
(Comput Methods Programs Biomed 90:154-166). The values of a subject and of its replicates are decorrelated
with mean and covariance of the replicates; the place of a decorrelated value among those of the replicates,
as a normal quantile, is N(0, 1) if the model holds. Values below a limit are imputed in the censored range
(Nguyen, Comets & Mentre 2012, J Pharmacokinet Pharmacodyn 39:499-518): a uniform number below the probability
of lying there, through the predictive distribution. What replicates have below the limit is imputed likewise,
so that data and replicates stay alike.
"""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.random import check_seed, uniforms
from livingdrug.core.shown import Shown
from livingdrug.engine.densities import LOGNORMAL
from livingdrug.fit.problem import FitProblem
from livingdrug.fit.replicates import simulate_trial, trial_of, typical_values

FEWEST = 200


@dataclass(frozen=True, repr=False)
class Npde(Shown):
    """Errors of all records.

    Attributes
    ----------
    subject, time, output, line, censored : ndarray, shape (records,)
        Which record of the data each error is of.
    pred : ndarray
        Prediction for the typical values and the covariates of the subject, in the unit of the output.
    npde : ndarray
        Decorrelated, nan where it cannot be computed.
    npd : ndarray
        One by one, nan where it cannot be computed.
    replicates, seed : int
        Of the simulated data.
    notes : tuple of str
        For the user.
    """

    subject: np.ndarray
    time: np.ndarray
    output: np.ndarray
    line: np.ndarray
    censored: np.ndarray
    pred: np.ndarray
    npde: np.ndarray
    npd: np.ndarray
    replicates: int
    seed: int
    notes: tuple[str, ...] = ()

    def table(self):
        """Pandas table with one row for each record."""
        import pandas as pd

        names = ("subject", "time", "output", "line", "censored", "pred", "npde", "npd")
        return pd.DataFrame({name: getattr(self, name) for name in names})

    def tests(self):
        """Pandas table, one row for each output: n, mean, sd, p values of a mean of 0 (Wilcoxon signed rank),
        a variance of 1 (Fisher, chi-squared) and normality (Shapiro & Wilk), and the smallest of the three
        times 3 (at most 1)."""
        import pandas as pd

        rows = []
        for output in dict.fromkeys(self.output.tolist()):
            x = self.npde[(self.output == output) & np.isfinite(self.npde)]
            rows.append((output, len(x), *_tested(x)))
        names = ["output", "n", "mean", "sd", "p_mean", "p_variance", "p_normal", "p_all"]
        return pd.DataFrame(rows, columns=names)

    def _frame(self):
        return self.table()


def _tested(x: np.ndarray) -> tuple[float, ...]:
    from scipy.stats import chi2, shapiro, wilcoxon

    if len(x) < 4:
        return (np.nan,) * 6
    mean, sd = float(x.mean()), float(x.std(ddof=1))
    under = chi2.cdf((len(x) - 1) * sd**2, len(x) - 1)
    located, shaped = wilcoxon(x), shapiro(x[:: -(-len(x) // 5000)])
    p = [float(cast(Any, located).pvalue), float(2 * min(under, 1 - under)), float(cast(Any, shaped).pvalue)]
    return mean, sd, *p, min(1.0, 3 * min(p))


def npde(problem: FitProblem, replicates: int = 1000, seed: int = 1) -> Npde:
    """Normalised prediction distribution errors of the data of a problem, at its numbers.

    Parameters
    ----------
    problem : FitProblem
        Data, model, random effects and residual errors, see `new_problem`.
    replicates : int
        Number of simulated data sets.
    seed : int
        Seed of the random numbers: the same seed gives the same numbers, on any number of processes.

    Returns
    -------
    Npde
        Values of log-normal outputs are decorrelated as logarithms.

    Raises
    ------
    InputError
        For fewer replicates than FEWEST or than twice the records of a subject.
    """
    check_seed(seed)
    trial = trial_of(problem)
    d = trial.prepared.design
    most = int((d.last - d.first).max())
    if replicates < max(FEWEST, 2 * most):
        raise InputError(
            f"{replicates} replicates are too few for these errors; a subject has {most} records: ask for "
            f"{max(FEWEST, 2 * most)} or more (1000 are usual)"
        )
    logs = trial.prepared.kind[d.output] == LOGNORMAL
    simulated = simulate_trial(trial, replicates, seed, "npde")
    errors, alone = np.full(len(d.y), np.nan), np.full(len(d.y), np.nan)
    lost = []
    for i, name in enumerate(d.subjects):
        mine = slice(d.first[i], d.last[i])
        values = np.vstack([trial.observed[mine], simulated[:, mine]])
        values = _imputed(values, trial.lower[mine], trial.upper[mine], seed, name)
        values[:, logs[mine]] = np.log(values[:, logs[mine]])
        alone[mine] = _places(values)
        try:
            errors[mine] = _places(_decorrelated(values))
        except np.linalg.LinAlgError:
            lost.append(name)
    notes = list(trial.notes)
    if lost:
        notes.append(
            f"{len(lost)} subject(s) have replicates that cannot be decorrelated, such as "
            f"`{lost[0]}`: no npde"
        )
    names = np.array(trial.outputs, dtype=object)[d.output]
    return Npde(
        trial.subjects,
        d.time,
        names,
        d.line,
        ~np.isfinite(trial.observed),
        typical_values(trial),
        errors,
        alone,
        replicates,
        seed,
        tuple(notes),
    )


def _imputed(values: np.ndarray, lower: np.ndarray, upper: np.ndarray, seed: int, name: str) -> np.ndarray:
    """Rows (data first, then replicates) with a value where one lies beyond its limit, drawn from what
    replicates hold there; where they hold nothing there, the nearest value they have."""
    u = uniforms(seed, f"npde imputation of {name}", 0, values.size).reshape(values.shape)
    out = values.copy()
    for j in range(values.shape[1]):
        ordered = np.sort(values[1:, j])
        for beyond, pool in (
            (values[:, j] < lower[j], ordered[ordered < lower[j]]),
            (values[:, j] > upper[j], ordered[ordered > upper[j]]),
        ):
            if beyond.any():
                end = ordered[:1] if values[beyond, j][0] < lower[j] else ordered[-1:]
                chosen = pool if len(pool) else end
                out[beyond, j] = np.interp(u[beyond, j], (np.arange(len(chosen)) + 0.5) / len(chosen), chosen)
    return out


def _decorrelated(values: np.ndarray) -> np.ndarray:
    """Rows times the inverse Cholesky factor of the covariance of the replicates (rows from 1)."""
    replicates = values[1:]
    factor = np.linalg.cholesky(np.atleast_2d(np.cov(replicates.T)))
    return np.linalg.solve(factor, (values - replicates.mean(axis=0)).T).T


def _places(values: np.ndarray) -> np.ndarray:
    """Normal quantile of the place of the first row among the others; ties count half, ends lie half a rank
    inside."""
    from scipy.special import ndtri

    data, replicates = values[0], values[1:]
    count = len(replicates)
    under = (replicates < data).sum(axis=0) + 0.5 * (replicates == data).sum(axis=0)
    return ndtri(np.clip(under / count, 0.5 / count, 1 - 0.5 / count))
