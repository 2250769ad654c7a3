"""Visual predictive check: percentiles of the data beside those of replicates of the trial, bin by bin of
time.

Holford 2005 (PAGE 14, abstract 738); Karlsson & Holford 2008 (PAGE 17, abstract 1434); with values below the
limit and the prediction correction as Bergstrand, Hooker, Wallin & Karlsson 2011 (AAPS J 13:143-151).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.random import check_seed
from livingdrug.core.shown import Shown
from livingdrug.fit.bins import bin_edges, bin_of
from livingdrug.fit.design import LOWER, covariate
from livingdrug.fit.point import Point
from livingdrug.fit.problem import FitProblem
from livingdrug.fit.replicates import (
    Trial,
    limited,
    simulate_at_points,
    simulate_trial,
    trial_of,
    typical_values,
)

LEVELS = (5.0, 50.0, 95.0)
FEWEST = 20  # replicates


@dataclass(frozen=True)
class Panel:
    """One output of one group. Bins b; levels k; -inf and inf stand for below and above a limit.

    Attributes
    ----------
    output, group, unit : str
        Which values these are.
    time, value : ndarray, shape (records,)
        Of the data, as ranked (prediction-corrected if asked for).
    limit : ndarray, shape (records,)
        Lower limits on the same footing, -inf for none.
    start, end, middle : ndarray, shape (b,)
        Ends of a bin, and the median of its times.
    count : ndarray, shape (b,)
        Number of records in each bin.
    observed : ndarray, shape (k, b)
        Percentiles of the data.
    low, median, high : ndarray, shape (k, b)
        Interval and median of those of the replicates.
    below : ndarray, shape (4, b)
        Part of records below the limit: observed, low, median, high.
    """

    output: str
    group: str
    unit: str
    time: np.ndarray
    value: np.ndarray
    limit: np.ndarray
    start: np.ndarray
    end: np.ndarray
    middle: np.ndarray
    count: np.ndarray
    observed: np.ndarray
    low: np.ndarray
    median: np.ndarray
    high: np.ndarray
    below: np.ndarray


@dataclass(frozen=True, repr=False)
class Vpc(Shown):
    """A visual predictive check.

    Attributes
    ----------
    model, data : str
        Names of both.
    time_unit : str
        Of the model.
    panels : tuple of Panel
        One for each output and group.
    levels : tuple of float
        Percentiles of the values that are compared, such as 5, 50 and 95.
    width : float
        Of the intervals, in %.
    replicates, seed : int
        Of the simulated data.
    corrected : bool
        Whether values are prediction-corrected (pcVPC), as `vpc` describes.
    draws : int
        Of a posterior, whose numbers the replicates have, 0 where all have those of the problem.
    notes : tuple of str
        For the user.
    """

    model: str
    data: str
    time_unit: str
    panels: tuple[Panel, ...]
    levels: tuple[float, ...]
    width: float
    replicates: int
    seed: int
    corrected: bool
    draws: int = 0
    notes: tuple[str, ...] = ()

    def outside(self) -> tuple[int, int]:
        """How many percentiles of the data (and fractions below the limit) lie outside their interval, and of
        how many."""
        out = everything = 0
        for p in self.panels:
            out += int(((p.observed < p.low) | (p.observed > p.high)).sum())
            everything += p.observed.size
            if (p.below[3] > 0).any() or (p.below[0] > 0).any():
                out += int(((p.below[0] < p.below[1]) | (p.below[0] > p.below[3])).sum())
                everything += p.below.shape[1]
        return out, everything

    def table(self):
        """Long pandas table: output, group, bin, start, end, time, records, quantity (p5, ..., below_limit),
        observed, low, median, high, censored. A number below (above) the limit is empty and named in
        `censored`."""
        import pandas as pd

        rows = []
        for p in self.panels:
            for b in range(len(p.count)):
                head = (p.output, p.group, b + 1, p.start[b], p.end[b], p.middle[b], int(p.count[b]))
                for k, level in enumerate(self.levels):
                    rows.append(
                        (
                            *head,
                            f"p{level:g}",
                            *_told((p.observed[k, b], p.low[k, b], p.median[k, b], p.high[k, b])),
                        )
                    )
                rows.append((*head, "below_limit", *p.below[:, b], ""))
        names = ["output", "group", "bin", "start", "end", "time", "records", "quantity", *SHOWN, "censored"]
        return pd.DataFrame(rows, columns=names)

    def _frame(self):
        return self.table()


SHOWN = ("observed", "low", "median", "high")


def _told(numbers: Sequence[float]) -> tuple:
    """Numbers, nan where one is beyond a limit, and which are."""
    sides = [("below", -np.inf), ("above", np.inf)]
    words = [
        f"{name} {side}" for side, end in sides for name, x in zip(SHOWN, numbers, strict=True) if x == end
    ]
    return (*(x if np.isfinite(x) else np.nan for x in numbers), "; ".join(words))


def vpc(
    problem: FitProblem, replicates: int = 500, seed: int = 1, bins: Sequence[float] | None = None,
    corrected: bool = False, by: str | None = None, levels: Sequence[float] = LEVELS, width: float = 95.0,
    points: Sequence[Point] = (),
) -> Vpc:  # fmt: skip
    """Visual predictive check: simulate replicates of the data and compare percentiles.

    Parameters
    ----------
    problem : FitProblem
        With the numbers of the fit.
    replicates : int
        Number of simulated data sets.
    seed : int
        Seed of the random numbers: the same seed gives the same numbers, on any number of processes.
    bins : sequence of float, optional
        Edges of bins of time.
    corrected : bool
        Values are multiplied by (typical prediction in the middle of the bin / own typical prediction),
        which takes out what doses, covariates and times within the bin explain.
    by : str, optional
        A covariate whose groups are shown apart.
    levels : sequence of float
        Percentiles of the values that are compared, such as 5, 50 and 95.
    width : float
        Of the intervals over replicates, in %.
    points : sequence of Point
        Draws of a posterior, each for its own replicates, instead of the numbers of the problem.

    Returns
    -------
    Vpc

    Raises
    ------
    InputError
        For what cannot be done.
    """
    check_seed(seed)
    _check(replicates, levels, width)
    trial = trial_of(problem)
    groups = _groups(problem, trial, by)
    typical = typical_values(trial) if corrected else None
    if typical is not None:
        _check_typical(trial, typical)
    if points:
        values = simulate_at_points(trial, points, replicates, seed, "vpc")
    else:
        values = simulate_trial(trial, replicates, seed, "vpc")
    simulated = limited(values, trial)
    d, panels = trial.prepared.design, []
    for output in range(len(trial.outputs)):
        for name, member in groups:
            rows = np.flatnonzero((d.output == output) & member)
            if len(rows):
                edges = bin_edges(d.time[rows], bins)
                panels.append(
                    _panel(
                        problem, trial, simulated, rows, edges, typical, (output, name), tuple(levels), width
                    )
                )
    model, data = problem.model, problem.data
    return Vpc(
        model.full_name,
        data.name,
        model.time_unit,
        tuple(panels),
        tuple(levels),
        width,
        replicates,
        seed,
        corrected,
        min(len(points), replicates),
        trial.notes,
    )


def _check(replicates: int, levels: Sequence[float], width: float) -> None:
    if replicates < FEWEST:
        raise InputError(f"{replicates} replicates say nothing of an interval; ask for {FEWEST} or more")
    if not levels or not all(0 < level < 100 for level in levels):
        raise InputError(
            f"percentiles {', '.join(f'{x:g}' for x in levels)}: each must lie between 0 and 100"
        )
    if not 0 < width < 100:
        raise InputError(f"an interval of {width:g} %: it must lie between 0 and 100")


def _check_typical(trial: Trial, typical: np.ndarray) -> None:
    bad = np.flatnonzero(~(typical > 0))
    if len(bad):
        where, value = trial.prepared.design.where(int(bad[0])), typical[bad[0]]
        raise InputError(
            f"{where}: the typical prediction is {value:g}; prediction correction needs one above 0"
        )


def _groups(problem: FitProblem, trial: Trial, by: str | None) -> list[tuple[str, np.ndarray]]:
    """(name, which records) of each group; all records in one without a covariate."""
    d = trial.prepared.design
    if by is None:
        return [("", np.ones(len(d.y), dtype=bool))]
    texts = covariate(problem.data, by)
    if texts is None:
        raise InputError("groups: " + unknown("covariate", by, problem.data.covariates))
    of = {name: str(text) for name, text in zip(problem.data.subjects, texts, strict=True)}
    own = np.array([of[name] for name in d.subjects], dtype=object)[d.subject]
    return [(name or "not stated", own == name) for name in sorted(set(own))]


def _panel(problem, trial: Trial, simulated, rows, edges, typical, what, levels, width) -> Panel:
    d = trial.prepared.design
    place = bin_of(d.time[rows], edges)
    used = [b for b in range(len(edges) - 1) if (place == b).any()]
    factor = np.ones(len(rows))
    if typical is not None:
        for b in used:
            mine = place == b
            factor[mine] = np.median(typical[rows[mine]]) / typical[rows[mine]]
    value, replicates = trial.observed[rows] * factor, simulated[:, rows] * factor
    ends = (50 - width / 2, 50 + width / 2)
    shape = (len(levels), len(used))
    observed, low, median, high = (np.empty(shape) for _ in range(4))
    below = np.empty((4, len(used)))
    for k, b in enumerate(used):
        mine = place == b
        observed[:, k] = percentiles(value[None, mine], levels)[:, 0]
        found = percentiles(replicates[:, mine], levels)
        low[:, k], median[:, k], high[:, k] = percentiles(found, (ends[0], 50.0, ends[1]))
        parts = (replicates[:, mine] == -np.inf).mean(axis=1)
        below[:, k] = [(d.kind[rows][mine] == LOWER).mean(), *np.percentile(parts, (ends[0], 50.0, ends[1]))]
    output, name = what
    unit = {o.name: o.unit for o in problem.model.system.outputs}[trial.outputs[output]]
    middle, count = zip(
        *((np.median(d.time[rows][place == b]), (place == b).sum()) for b in used), strict=True
    )
    return Panel(
        trial.outputs[output],
        name,
        unit,
        d.time[rows],
        value,
        trial.lower[rows] * factor,
        edges[:-1][used],
        edges[1:][used],
        np.array(middle),
        np.array(count),
        observed,
        low,
        median,
        high,
        below,
    )


def percentiles(values: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """Percentiles over the last axis, shape (levels, rows), linear between ranks (Hyndman & Fan 1996, type
    7).

        -inf and inf (below and above a limit) take part in the ranking; a percentile that touches one of them
        is it.
    """
    ordered = np.sort(values, axis=-1)
    place = np.asarray(levels) / 100 * (values.shape[-1] - 1)
    lo = np.floor(place).astype(int)
    hi, part = np.minimum(lo + 1, values.shape[-1] - 1), place - lo
    out = np.empty((len(place), len(values)))
    for k in range(len(place)):
        under, over = ordered[:, lo[k]], ordered[:, hi[k]]
        with np.errstate(invalid="ignore"):
            between = under + part[k] * (over - under)
        between = np.where(np.isneginf(under), -np.inf, np.where(np.isposinf(over), np.inf, between))
        out[k] = under if part[k] == 0 else between
    return out
