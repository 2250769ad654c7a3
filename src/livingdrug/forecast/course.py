"""Curves, peaks and areas of one patient at draws of the individual parameters."""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.conventions import MONTH
from livingdrug.models import Model
from livingdrug.simulation import Regimen, Subjects, expansion_peak, infusate_first, infused_in, solve

WINDOW = MONTH
DAILY = 28.0  # days that are drawn evenly, later ones each a few percent after the one before
STEPS = 60
RTOL = 1e-5  # of curves, whose quantiles over some hundred draws are uncertain by percents


@dataclass(frozen=True)
class Course:
    """Of each draw that could be computed (draws,): curves (draws, times) of an output, cmax, tmax within
    the horizon, auc from 0 to day 28 (unit of the output x days), xcmax: the peak of the expansion, CMAX where no infused
    cells are counted, 0 where the level never rises; infusate: whether CMAX is the level of the infused cells; lost: how
    many could not, and why the first of them."""

    curves: np.ndarray
    cmax: np.ndarray
    tmax: np.ndarray
    auc: np.ndarray
    xcmax: np.ndarray
    infusate: np.ndarray
    kept: np.ndarray
    why: str


def course_of(
    model: Model, table: np.ndarray, regimen: Regimen, times: np.ndarray, output: str, window: float
) -> Course:
    """Courses at draws; table (draws, quantities); times: to the horizon; window: end of the area, all in
    the model's time unit."""
    names = [q.name for q in model.system.quantities]
    subjects = Subjects(
        {name: np.ascontiguousarray(table[:, k]) for k, name in enumerate(names)}, "draws of a patient"
    )
    whole = solve(model, subjects, [regimen], times, float(times[-1]), (output,), rtol=RTOL)
    first = (
        whole
        if times[-1] == window
        else solve(model, subjects, [regimen], np.array([window]), window, (output,), rtol=RTOL)
    )
    done = np.array([a == "ok" and b == "ok" for a, b in zip(whole.status, first.status, strict=True)])
    why = next((reason for reason in (*whole.reason, *first.reason) if reason), "")
    kept = np.flatnonzero(done)
    peak, rise = whole.peak[kept, 0], whole.rise[kept, 0]
    counted = bool(infused_in(model, [regimen], [output])[0])
    return Course(
        whole.values[kept, 0],
        peak,
        whole.peak_time[kept, 0],
        first.area[kept, 0],
        expansion_peak(peak, rise) if counted else peak,
        infusate_first(peak, rise) & counted,
        kept,
        why,
    )


def times_to(until: float, marks: np.ndarray, day: float) -> np.ndarray:
    """Times at which curves are drawn: even to day 28, wider later, through the samples; day: length of
    one."""
    early = np.linspace(0.0, min(DAILY * day, until), STEPS)
    late = np.geomspace(early[-1], until, STEPS)[1:] if until > early[-1] else []
    return np.unique(np.concatenate([early, late, [until], marks[(marks >= 0) & (marks <= until)]]))


def fall_below(times: np.ndarray, curves: np.ndarray, limit: float) -> np.ndarray:
    """Time after which each curve (draws, times) stays below a limit: 0 where it is never above it, inf
    where it is above it at the last time; linear in the logarithm between times."""
    above = curves > limit
    last = above.shape[1] - 1 - np.argmax(above[:, ::-1], axis=1)
    rows = np.arange(len(curves))
    after = np.minimum(last + 1, above.shape[1] - 1)
    high, low = curves[rows, last], np.maximum(curves[rows, after], np.finfo(float).tiny)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = (np.log(high) - np.log(limit)) / (np.log(high) - np.log(low))
    found = times[last] + np.clip(part, 0.0, 1.0) * (times[after] - times[last])
    found = np.where(above[:, -1], np.inf, found)
    return np.where(above.any(axis=1), found, 0.0)
