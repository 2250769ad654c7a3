"""Exposures of any stretch of subjects, without curves: what a block of a large run computes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError
from livingdrug.engine import exponential_kernel
from livingdrug.models import ClosedForm, Model
from livingdrug.simulation.believable import caution_words
from livingdrug.simulation.experiment import default_regimen
from livingdrug.simulation.population import Draw, Subjects, typical_subject
from livingdrug.simulation.regimen import Regimen, check_regimen
from livingdrug.simulation.result import METRICS, RISES
from livingdrug.simulation.run import caution_counts, check_horizon, check_outputs
from livingdrug.simulation.solve import NO_TIMES, infused_in, solve


@dataclass(frozen=True)
class ExposureBlock:
    """Exposures of some subjects, in the order of the task's outputs and limits.

    Attributes
    ----------
    first : int
        Position of the first subject, from 0.
    peak, peak_time, area : ndarray, shape (n, outputs)
        CMAX, TMAX, AUC within the window.
    above, last_above : ndarray, shape (n, limits)
        Time above each limit there and the last such time (NaN where there is none).
    status : tuple of str
        `ok` or a word.
    reason : dict[int, str]
        Position of a subject with another word -> why.
    rise, rise_time : ndarray, shape (n, outputs)
        XCMAX and XTMAX within the window, NaN where infused cells are not counted in the output or its level
        never rises.
    cautioned : tuple of int
        Of how many subjects each caution of the model is true.
    """

    first: int
    peak: np.ndarray
    peak_time: np.ndarray
    area: np.ndarray
    above: np.ndarray
    last_above: np.ndarray
    status: tuple[str, ...]
    reason: dict[int, str]
    rise: np.ndarray
    rise_time: np.ndarray
    cautioned: tuple[int, ...] = ()

    @property
    def done(self) -> np.ndarray:
        """Whether each subject was computed and can be a patient, shape (n,)."""
        return np.array([status == "ok" for status in self.status])


@dataclass(frozen=True)
class ExposureTask:
    """Peaks, areas and times above limits within a window; called as task(first, count), it gives an
    ExposureBlock.

    It can be sent to another process, and the numbers of a subject depend on nothing but the subject: they
    are those of `simulate` up to the end of the window, when it starts at 0. Raises InputError for a window,
    name, limit or regimen that cannot be.

    Attributes
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    draw : Draw or None
        The subjects, None for the typical one.
    regimen : Regimen
        The doses.
    window : tuple[float, float]
        Start and end, in the model's time unit; the run ends with it.
    limits : tuple[tuple[str, float], ...]
        (name, value) pairs, value in the unit of the output.
    outputs : tuple of str
        Names of outputs or states.
    rtol : float or None
        Relative tolerance of the solver.
    threads : int or None
        All processors by default.
    """

    model: Model
    draw: Draw | None
    regimen: Regimen
    window: tuple[float, float]
    limits: tuple[tuple[str, float], ...]
    outputs: tuple[str, ...]
    rtol: float | None = None
    threads: int | None = None

    def __post_init__(self) -> None:
        check_window(self.model, self.window)
        check_outputs(self.model, self.outputs)
        apart = [name for name, _ in self.limits if name not in self.outputs]
        if apart:
            raise InputError(
                f"a limit of `{apart[0]}` was given, which is not among the outputs; add it to them"
            )
        check_regimen(self.model, self.regimen)
        if self.draw is not None:
            self.draw.population(self.model)
        _check_limits(self.model, self.limits)

    @property
    def n(self) -> int:
        """Number of subjects."""
        return 1 if self.draw is None else self.draw.n

    @property
    def units(self) -> tuple[str, ...]:
        """Units of the outputs."""
        return check_outputs(self.model, self.outputs)[1]

    @property
    def subjects(self) -> str:
        """The subjects in words."""
        return "typical subject" if self.draw is None else self.draw.described(self.model)

    @property
    def notices(self) -> tuple[str, ...]:
        """Where the model or the regimen is known to mislead, whoever the subjects are."""
        found = (check_regimen(self.model, self.regimen), *self.model.doubts)
        return tuple(notice for notice in found if notice)

    def cautions(self, *blocks: ExposureBlock) -> tuple[str, ...]:
        """What the values of the subjects of these blocks say of them."""
        counts = np.sum([block.cautioned for block in blocks], axis=0, dtype=int)
        messages = [caution.message for caution in self.model.system.cautions]
        return caution_words(self.model.full_name, messages, counts.tolist(), sum(len(b.status) for b in blocks))

    @property
    def infused(self) -> tuple[str, ...]:
        """Outputs in which infused cells are counted: of these XCMAX and XTMAX are given too."""
        return infused_in(self.model, [self.regimen], self.outputs)[0]

    def __call__(self, first: int, count: int) -> ExposureBlock:
        """Subjects `first` ... `first + count - 1`."""
        chosen = drawn(self.model, self.draw, first, count)
        start, end = self.window
        solved = solve(
            self.model,
            chosen,
            [self.regimen],
            NO_TIMES,
            end,
            self.outputs,
            start,
            self.limits,
            rtol=self.rtol,
            threads=self.threads,
        )
        reasons = {first + i: reason for i, reason in enumerate(solved.reason) if reason}
        return ExposureBlock(
            first,
            *solved[1:6],
            solved.status,
            reasons,
            solved.rise,
            solved.rise_time,
            caution_counts(self.model, chosen),
        )


def exposure_task(
    model: Model,
    draw: Draw | None = None,
    regimen: Regimen | Sequence | None = None,
    window: Sequence[float] = (0.0, MONTH),
    limits: Mapping[str, float | Sequence[float]] | None = None,
    outputs: Sequence[str] | None = None,
    rtol: float | None = None,
    threads: int | None = None,
) -> ExposureTask:
    """The task from what a user gives: see ExposureTask.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    draw : Draw, optional
        The subjects, None for the typical one.
    regimen : Regimen or Sequence, optional
        As in `simulate`.
    window : sequence of float, optional
        Start and end, in the model's time unit.
    limits : Mapping[str, float or sequence of float], optional
        Output -> value or values.
    outputs : sequence of str, optional
        All by default, and those with a limit.
    rtol : float, optional
        Relative tolerance of the solver.
    threads : int, optional
        Threads to compute with; all processors by default.

    Returns
    -------
    ExposureTask
    """
    regimen = default_regimen(model) if regimen is None else regimen
    pairs = [(name, float(v)) for name, given in (limits or {}).items() for v in np.atleast_1d(given)]
    names = check_outputs(model, outputs)[0]
    check_outputs(model, [name for name, _ in pairs])
    return ExposureTask(
        model,
        draw,
        regimen if isinstance(regimen, Regimen) else Regimen.of(regimen),
        check_window(model, window),
        tuple(dict.fromkeys(pairs)),
        tuple(dict.fromkeys([*names, *(name for name, _ in pairs)])),
        rtol,
        threads,
    )


def drawn(model: Model, draw: Draw | None, first: int, count: int) -> Subjects:
    """Subjects `first` ... `first + count - 1` of a draw; without one, the typical subject."""
    return typical_subject(model) if draw is None else draw.subjects(model, first, count)


def check_window(model: Model, window: Sequence[float]) -> tuple[float, float]:
    """The window itself, where it can be.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    window : sequence of float
        Start and end, in the model's time unit.

    Returns
    -------
    tuple[float, float]

    Raises
    ------
    InputError
        Unless 0 <= start < end within the longest horizon.
    """
    start, end = (float(edge) for edge in window)
    if not (math.isfinite(start) and math.isfinite(end) and 0 <= start < end):
        raise InputError(
            f"the window of the exposure runs from {start:g} to {end:g} {model.time_unit}; it must start at "
            "0 or later and end after its start"
        )
    return start, check_horizon(model, end)


def _check_limits(model: Model, limits: tuple[tuple[str, float], ...]) -> None:
    for name, value in limits:
        if not math.isfinite(value):
            raise InputError(f"the limit of `{name}` is {value:g}; it must be a finite number")
    form = model.system
    if (
        limits
        and isinstance(form, ClosedForm)
        and not exponential_kernel(form, tuple(model.individual.items()))
    ):
        raise InputError(
            f"`{model.full_name}` is a formula that is no sum of exponentials, for which the time above a "
            "limit is not computed; ask without a limit, or take a model made of flows"
        )


def limit_text(value: float) -> str:
    """A limit as one would type it, read back to the same number.

    Parameters
    ----------
    value : float
        In the unit of the output.

    Returns
    -------
    str
    """
    text = repr(float(value))
    return text.removesuffix(".0")


def exposure_table(task: ExposureTask, block: ExposureBlock):
    """Long table of a block: one row per subject (from 1) and output.

    Columns subject, output, unit, CMAX, TMAX, AUC, XCMAX and XTMAX where infused cells are counted in an
    output (empty for the others), then above_LIMIT and last_above_LIMIT for each limit (empty for outputs
    without it), status, reason. TMAX and times in the model's time unit, AUC in that times the unit.

    Parameters
    ----------
    task : ExposureTask
        That was run.
    block : ExposureBlock
        What it gave.
    """
    import pandas as pd

    n, k = block.peak.shape
    columns = {
        "subject": np.repeat(np.arange(block.first + 1, block.first + n + 1), k),
        "output": np.tile(np.array(task.outputs, dtype=object), n),
        "unit": np.tile(np.array(task.units, dtype=object), n),
    }
    for metric, values in zip(METRICS, (block.peak, block.peak_time, block.area), strict=True):
        columns[metric] = values.ravel()
    if task.infused:
        columns |= dict(zip(RISES, (block.rise.ravel(), block.rise_time.ravel()), strict=True))
    for value in dict.fromkeys(value for _, value in task.limits):
        for name, times in (("above", block.above), ("last_above", block.last_above)):
            column = np.full((n, k), np.nan)
            for j, (output, limit) in enumerate(task.limits):
                if limit == value:
                    column[:, [i for i, o in enumerate(task.outputs) if o == output]] = times[:, [j]]
            columns[f"{name}_{limit_text(value)}"] = column.ravel()
    reasons = [block.reason.get(block.first + i, "") for i in range(n)]
    columns["status"] = np.repeat(np.array(block.status, dtype=object), k)
    columns["reason"] = np.repeat(np.array(reasons, dtype=object), k)
    return pd.DataFrame(columns)
