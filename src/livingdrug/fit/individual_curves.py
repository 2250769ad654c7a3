"""Smooth curves of every subject: at the typical values with its covariates, and at its individual
estimate."""

from dataclasses import dataclass, replace

import numpy as np

from livingdrug.fit.design import MEASURED, Design
from livingdrug.fit.point import centre, point_of, predictions, prepare, with_etas
from livingdrug.fit.replicates import trial_of
from livingdrug.fit.result import FitResult

POINTS = 150
# of the median time: up to there points lie evenly, later each a few percent after the one before
EARLY = 0.1


@dataclass(frozen=True)
class Curves:
    """Curves of subjects; all arrays have shape (points,).

    Attributes
    ----------
    subject, output, time : ndarray
        Of each point.
    pred : ndarray
        Prediction for the typical values, with the subject's covariates.
    ipred : ndarray
        Prediction for the subject's individual estimates (EBE).
    limit : dict[tuple[str, str], float]
        (subject, output) -> the highest lower limit of its records, where there is one.
    """

    subject: np.ndarray
    output: np.ndarray
    time: np.ndarray
    pred: np.ndarray
    ipred: np.ndarray
    limit: dict[tuple[str, str], float]

    def table(self):
        """Pandas table with one row for each point."""
        import pandas as pd

        names = ("subject", "output", "time", "pred", "ipred")
        return pd.DataFrame({name: getattr(self, name) for name in names})


def curves_of(result: FitResult, points: int = POINTS) -> Curves:
    """Curves from the first to the last record of each subject, denser early, through the times of its
    records.

    Parameters
    ----------
    result : FitResult
        Of a fit, see `fit`.
    points : int, optional
        How many, beside the times of the records.

    Returns
    -------
    Curves
    """
    problem = result.problem
    own = prepare(problem).design
    grid = _grid(own, points)
    prepared = prepare(problem, 1, grid)
    middle = centre(prepared, point_of(problem))
    pred = predictions(prepared, middle)
    ipred = predictions(prepared, with_etas(prepared, middle, result.individuals.etas))
    names = np.array([r.output for r in problem.residuals], dtype=object)
    subjects = np.array(grid.subjects, dtype=object)[grid.subject]
    trial = trial_of(problem)
    limit: dict[tuple[str, str], float] = {}
    outputs = names[trial.prepared.design.output]
    for subject, output, lower in zip(
        trial.subjects.tolist(), outputs.tolist(), trial.lower.tolist(), strict=True
    ):
        if np.isfinite(lower):
            limit[subject, output] = max(lower, limit.get((subject, output), -np.inf))
    return Curves(subjects, names[grid.output], grid.time, pred, ipred, limit)


def _grid(own: Design, points: int) -> Design:
    """Records of a design at times in between; values and lines stand for nothing."""
    parts = []
    for i in range(own.n):
        mine = slice(own.first[i], own.last[i])
        for output in np.unique(own.output[mine]):
            time = own.time[mine][own.output[mine] == output]
            first, last, middle = time.min(), time.max(), max(EARLY * np.median(time), 1e-9)
            between = middle * np.sinh(
                np.linspace(np.arcsinh(first / middle), np.arcsinh(last / middle), points)
            )
            times = np.unique(np.concatenate([time, np.clip(between, first, last)]))
            parts.append((np.full(len(times), i), times, np.full(len(times), output)))
    subject, time, output = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.lexsort((output, time, subject))
    subject, time, output = subject[order], time[order], output[order].astype(np.int64)
    first = np.searchsorted(subject, np.arange(own.n))
    blank = np.ones(len(time))
    nothing = np.zeros(len(time), dtype=np.int64)
    return replace(
        own,
        subject=subject,
        time=time,
        output=output,
        y=blank,
        kind=np.full(len(time), MEASURED, dtype=np.int8),
        end=np.full(len(time), -np.inf),
        line=nothing,
        occasion=nothing,
        first=first,
        last=np.append(first[1:], len(time)),
    )
