"""What a fit left unknown: models at draws of their estimates, and what of a simulation's range is due to
that.

The estimates of a fit are taken as normal on the scales on which they were estimated, with the covariance
that the fit gave, else each by itself from its 95 % interval; of a posterior its draws are taken.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from livingdrug.core.conventions import Z95
from livingdrug.core.draws import principal
from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.core.pieces import Kept, Stage, each
from livingdrug.core.random import check_seed, normals
from livingdrug.models import Estimated, Fitted, Model, check_value, with_numbers
from livingdrug.simulation.curves import CurvesTask
from livingdrug.simulation.result import Result

MOST = 10_000  # draws
TRIES = 5  # times the draws that are wanted, before a model is given up
LEAST = 1e-3  # part of a variability that a draw towards 0 keeps
BY_INTERVALS = (
    "the fit gave no covariance of {}: each is drawn by itself from its 95 % interval, as if it were not "
    "correlated with others"
)
LEVELS = (5.0, 50.0, 95.0)  # percentiles between patients
BAND = (5.0, 95.0)  # of what the estimates leave open


@dataclass(frozen=True)
class DrawnModels:
    """A fitted model at draws of its estimates.

    Attributes
    ----------
    models : tuple of Model
        At draws of the estimates.
    held : tuple of str
        Numbers that stay at their estimates.
    notes : tuple of str
        What to know of them.
    """

    models: tuple[Model, ...]
    held: tuple[str, ...]
    notes: tuple[str, ...]


def drawn_models(model: Model, count: int, seed: int = 1) -> DrawnModels:
    """A fitted model at `count` draws of its estimates.

    Parameters
    ----------
    model : Model
        From the file of a fit.
    count : int
        Draws; draw k depends on the seed and k alone.
    seed : int
        Seed of the random numbers: the same seed gives the same numbers, on any number of processes.

    Returns
    -------
    DrawnModels

    Raises
    ------
    InputError
        For a model that no fit wrote, a fit without a covariance of its estimates, or a number of draws that cannot be.
    """
    check_seed(seed)
    if isinstance(count, bool) or not 2 <= count <= MOST:
        raise InputError(
            f"uncertainty is {count}; it is a number of draws of the estimates, from 2 to "
            f"{MOST:,} (200 serve)"
        )
    fitted = model.fitted
    if fitted is None:
        raise InputError(
            f"`{model.full_name}` is not the model of a fit, so nothing says how uncertain its numbers are; "
            "leave out --uncertainty, or name the folder of a fit"
        )
    names, rows = _rows(model, count * TRIES, seed)
    kept: list[Model] = []
    lost = 0
    for row in rows:
        if len(kept) == count:
            break
        try:
            kept.append(_checked(with_numbers(model, dict(zip(names, row, strict=True)))))
        except LivingdrugError:
            lost += 1
    if len(kept) < count:
        raise InputError(
            f"`{model.full_name}`: {lost} of {len(rows)} draws of its estimates are no model, so uncertain "
            "are they; fit again with more data, or fix numbers"
        )
    estimated = [e.name for e in fitted.estimates if not e.fixed]
    held = tuple(name for name in estimated if name not in names)
    own = () if fitted.draws else [e.name for e in _with_intervals(fitted)]
    apart = [BY_INTERVALS.format(", ".join(own))] if own else []
    notes = [*apart, *_notes(model, names, held, lost, len(kept))]
    tried = rows[: len(kept) + lost]
    distinct = len(np.unique(tried, axis=0))
    if fitted.draws and distinct < len(tried):
        notes.append(
            f"the posterior of `{model.full_name}` has {distinct:,} draws and {len(tried):,} were taken, so some stand "
            "for several; fit with more (--draws), or ask for fewer"
        )
    return DrawnModels(tuple(kept), held, tuple(notes))


def says_uncertainty(model: Model) -> bool:
    """Whether the fit of a model says how uncertain its numbers are.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.

    Returns
    -------
    bool
    """
    fitted = model.fitted
    return fitted is not None and bool(fitted.draws or fitted.covariance or _with_intervals(fitted))


def _rows(model: Model, count: int, seed: int) -> tuple[tuple[str, ...], np.ndarray]:
    """(names, draws of these as they are reported, shape (count, names))."""
    fitted = model.fitted
    if fitted is not None and fitted.draws:
        return fitted.names, _posterior(model, count, seed)
    own = _with_intervals(fitted) if fitted is not None else ()
    if fitted is None or not (own or fitted.covariance):
        raise InputError(
            f"the fit of `{model.full_name}` gave no covariance of its estimates and no intervals, so nothing "
            "says how uncertain they are; leave out --uncertainty"
        )
    parts = [_normal(fitted, count, seed)] if fitted.covariance else []
    parts += [_by_interval(e, normals(seed, f"estimate {e.name}", 0, count))[:, None] for e in own]
    names = fitted.names if fitted.covariance else ()
    return (*names, *(e.name for e in own)), np.column_stack(parts)


def _with_intervals(fitted: Fitted) -> tuple[Estimated, ...]:
    """Estimates that have an end of an interval and no part in the covariance; a variability of 0 with its upper
    limit is one."""
    together = fitted.names if fitted.covariance else ()
    own = [e for e in fitted.estimates if not e.fixed and e.name not in together]
    return tuple(e for e in own if e.upper is not None or (e.lower is not None and e.value != 0))


def _by_interval(e: Estimated, z: np.ndarray) -> np.ndarray:
    """Values with half of a normal distribution towards each end of the interval, on the scale of the
    estimation; towards an end of 0 on the plain scale, and as wide as towards the other end where one is not
    known."""
    if e.value == 0 and e.kind == "variability":
        return np.maximum(np.abs(z), LEAST) * (e.upper or 0.0) / Z95
    to_zero = e.scale == "log" and e.lower == 0
    ends = [None if end is None or (end == 0 and e.scale == "log") else replace(e, value=end).place
            for end in (e.lower, e.upper)]  # fmt: skip
    widths = [None if end is None else abs(end - e.place) / Z95 for end in ends]
    below, above = (w if w is not None else next((o for o in widths if o is not None), 0.0) for w in widths)
    values = np.array([e.at(float(e.place + x * (below if x < 0 else above))) for x in z])
    return np.where(z < 0, e.value * np.maximum(1 + z / Z95, LEAST), values) if to_zero else values


def _notes(
    model: Model, names: tuple[str, ...], held: tuple[str, ...], lost: int, kept: int
) -> list[str]:
    notes = []
    if held:
        notes.append(f"the fit gives no uncertainty of {', '.join(held)}, which stay at their estimates")
    if lost:
        notes.append(
            f"{lost} of {lost + kept} draws of the estimates were no model (such as a fraction above 1): "
            "left out"
        )
    changed = [name for name in model.changes if name in names]
    if changed:
        notes.append(f"{', '.join(changed)} stay(s) at the value that was set")
    return notes


def _checked(model: Model) -> Model:
    for quantity in model.quantities:
        check_value(quantity, model.typical[quantity.name])
    for population in model.populations:
        population.factor()
    return model


def _normal(fitted: Fitted, count: int, seed: int) -> np.ndarray:
    """Draws by the covariance of the estimates, shape (count, names), as they are reported."""
    estimates = [fitted.estimate(name) for name in fitted.names]
    directions, sd = principal(np.array(fitted.covariance))
    z = np.array([normals(seed, f"estimate {k}", 0, count) for k in range(len(estimates))])
    places = np.array([e.place for e in estimates])[:, None] + (directions * sd) @ z
    return np.array([[e.at(float(x)) for x in row] for e, row in zip(estimates, places, strict=True)]).T


def _posterior(model: Model, count: int, seed: int) -> np.ndarray:
    """Draws of a posterior, as many from every stretch of it, shape (count, names)."""
    import pandas as pd

    fitted = model.fitted
    path = Path(fitted.draws) if fitted else Path()
    try:
        table = pd.read_csv(path)[list(fitted.names if fitted else ())].to_numpy(dtype=float)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"`{path.name}`, the draws of the posterior beside the model file, cannot be read ({error}); "
            "keep the folder of the fit together"
        ) from None
    order = np.random.default_rng(seed).permutation(len(table))
    return table[np.resize(order, count)]


@dataclass(frozen=True)
class Bands:
    """A simulation whose population is drawn anew, too.

    draws; levels (percentiles between patients);

    Attributes
    ----------
    draws : int
        How many.
    levels : tuple of float
        Percentiles between patients.
    middle, low, high : ndarray, shape (outputs, levels, times)
        Each percentile at the estimates, and 5 and 95 % of it over the draws.
    exposures : dict[tuple[str, str], ndarray]
        (output, metric) -> (at the estimates, low, high), one row for each level.
    parts : dict[tuple[str, str], tuple[float, float]]
        The same -> variance of the logarithm between patients (mean over the draws) and of the estimates;
        notes.
    notes : tuple of str
        What to know of them.
    """

    draws: int
    levels: tuple[float, ...]
    middle: np.ndarray
    low: np.ndarray
    high: np.ndarray
    exposures: dict[tuple[str, str], np.ndarray]
    parts: dict[tuple[str, str], tuple[float, float]]
    notes: tuple[str, ...]


def bands(task: CurvesTask, result: Result, draws: int, seed: int = 1,
          progress: Callable[[int, int], None] | None = None, kept: Kept | None = None) -> Bands:  # fmt: skip
    """What of the range of a simulation is between patients, and what is uncertainty of the estimates.

    Parameters
    ----------
    task : CurvesTask
        The simulation at the estimates; each draw takes the same subjects, by their effects.
    result : Result
        What it gave.
    draws : int
        Of the estimates.
    seed : int
        Seed of the random numbers: the same seed gives the same numbers, on any number of processes.
    progress : callable, optional
        Called with the draws that are done, and of how many.
    kept : Kept, optional
        Where finished draws are kept on the way.

    Raises
    ------
    InputError
        As `drawn_models` does.
    """
    made = drawn_models(task.model, draws, seed)
    curves, metrics = [], {(o, m): [] for o in result.outputs for m in ("CMAX", "AUC")}
    variances = {key: [] for key in metrics}
    failed = 0

    def stage() -> Stage:
        of = {f.name: getattr(task, f.name) for f in fields(task) if f.name != "threads"}
        return Stage("draws", of | {"draws of the estimates": made.models}, (AtDraw,), "draws of the estimates")

    keys = [str(k + 1) for k in range(len(made.models))]
    made_at = each(kept, stage, keys, lambda k: _at_draw(replace(task, model=made.models[k])(0, task.n)))
    with closing(made_at) as drawn:
        for k, own in enumerate(drawn):
            failed += own.failed
            if not len(own.curves):
                continue
            curves.append(own.curves)
            for key in metrics:
                metrics[key].append(own.levels[key])
                variances[key].append(own.moments[key])
            if progress:
                progress(k + 1, len(made.models))
    if not curves:
        raise InputError(f"`{task.model.full_name}` could not be computed at any draw of its estimates")
    low, high = np.percentile(curves, BAND, axis=0)
    notes = list(made.notes)
    if failed:
        notes.append(
            f"{failed:,} of {len(made.models) * task.n:,} subjects at drawn estimates were not computed or are "
            "unphysical: left out"
        )
    exposures, parts = {}, {}
    for key, rows in metrics.items():
        middle = _levels(_logs(result.metric(*key)))
        exposures[key] = np.column_stack([middle, *np.nanpercentile(rows, BAND, axis=0)])
        within, means = np.array(variances[key]).T
        parts[key] = float(np.nanmean(within)), float(np.nanvar(means))
    return Bands(len(curves), LEVELS, _percentiles(result), low, high, exposures, parts, tuple(notes))


@dataclass(frozen=True)
class AtDraw:
    """What is looked at of the subjects at one draw of the estimates. failed: how many were not computed;
    curves: their percentiles, empty where nobody was; levels, moments (variance, mean): of the logarithms,
    by output and metric."""

    failed: int
    curves: np.ndarray
    levels: dict[tuple[str, str], np.ndarray]
    moments: dict[tuple[str, str], tuple[float, float]]


def _at_draw(own: Result) -> AtDraw:
    if len(own.failed) == own.n:
        return AtDraw(own.n, np.empty(0), {}, {})
    logs = {(o, m): _logs(own.metric(o, m)) for o in own.outputs for m in ("CMAX", "AUC")}
    moments = {key: (float(v.var()), float(v.mean())) if len(v) else (np.nan, np.nan) for key, v in logs.items()}
    return AtDraw(len(own.failed), _percentiles(own), {key: _levels(v) for key, v in logs.items()}, moments)


def _percentiles(result: Result) -> np.ndarray:
    return np.array([result.percentiles(output, LEVELS) for output in result.outputs])


def _levels(logs: np.ndarray) -> np.ndarray:
    """Percentiles between patients, from logarithms."""
    return np.percentile(np.exp(logs), LEVELS) if len(logs) else np.full(len(LEVELS), np.nan)


def _logs(values: np.ndarray) -> np.ndarray:
    return np.log(values[np.isfinite(values) & (values > 0)])
