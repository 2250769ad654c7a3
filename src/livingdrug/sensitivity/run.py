"""Which parameter drives an exposure: a model run at the points of a design, and what each input explains."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.pieces import Kept, Stage, each
from livingdrug.core.shown import Shown
from livingdrug.models import Model
from livingdrug.sensitivity.designs import hypercube_points, morris_points, sobol_points
from livingdrug.sensitivity.indices import Indices, morris_indices, prcc_indices, sobol_indices
from livingdrug.sensitivity.inputs import DOSE, Input, inputs_of
from livingdrug.simulation import Regimen, Subjects, default_regimen, simulate

Method = Literal["sobol", "morris", "prcc"]
METRICS = ("CMAX", "TMAX", "AUC", "XCMAX", "XTMAX")
BLOCK = 4_096  # runs at a time, so that progress moves, memory does not, and what is kept is never long ago
WIDE = 0.2  # of an interval of a part of the variance, beyond which it says nothing


@dataclass(frozen=True, repr=False)
class Sensitivity(Shown):
    """Indices of sensitivity of an exposure to the inputs of a model.

    Attributes
    ----------
    model, output : str
    metric : str
        What is looked at.
    log : bool
        Whether as its logarithm.
    method : {'sobol', 'morris', 'prcc'}
    inputs : tuple of Input
        What varied, and how.
    groups : tuple of str
        Names of the inputs, or of groups of them, one for each index.
    indices : Indices
        With their intervals.
    half : ndarray, shape (groups,)
        The total (or mu*, PRCC) of each group from half of the points, for convergence.
    runs, failed : int
        Numbers of runs.
    reasons : dict
        Why runs failed -> how many.
    x : ndarray, shape (runs, inputs)
        What was run.
    y : ndarray, shape (runs,)
        What came out, on the scale analysed.
    infusate : int
        In how many runs CMAX is the level of the infused cells.
    """

    model: str
    output: str
    metric: str
    log: bool
    method: Method
    inputs: tuple[Input, ...]
    groups: tuple[str, ...]
    indices: Indices
    half: np.ndarray
    runs: int
    failed: int
    reasons: dict[str, int]
    x: np.ndarray
    y: np.ndarray
    infusate: int = 0

    def table(self):
        """A row for each group: indices with intervals, and the value from half of the points."""
        import pandas as pd

        i, (first, second) = self.indices, self.indices.names
        columns = {
            "input": self.groups,
            first: i.first,
            f"{first} low": i.first_low,
            f"{first} high": i.first_high,
        }
        if second:
            columns |= {second: i.total, f"{second} low": i.total_low, f"{second} high": i.total_high}
        return pd.DataFrame(columns | {"from half of the points": self.half})

    def _frame(self):
        return self.table()


def sensitivity(
    model: Model,
    output: str | None = None,
    metric: str = "AUC",
    until: float | None = None,
    inputs: Sequence[Input] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    method: Method = "sobol",
    n: int = 1024,
    regimen: Regimen | None = None,
    log: bool = True,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
    kept: Kept | None = None,
) -> Sensitivity:
    """Indices of sensitivity of an exposure to the inputs of a model.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    output : str, optional
        Output or state; the first one by default.
    metric : {"AUC", "CMAX", "TMAX", "XCMAX", "XTMAX"}
        From time 0 to `until`; with X after the distribution minimum, where infused cells are counted too.
    until : float, optional
        Horizon in the model's time unit; 28 days by default (of a model in days).
    inputs : sequence of Input, optional
        As `inputs_of` makes them.
    groups : mapping, optional
        Name -> names of inputs that vary together (Sobol only); every input by itself by default.
    method : {"sobol", "morris", "prcc"}
    n : int
        Base points (sobol, a power of 2), trajectories (morris) or runs (prcc).
    regimen : Regimen, optional
        The model's first experiment by default; an input `dose` multiplies it.
    log : bool
        Look at the logarithm: folds of the exposure, not its largest values, are then what is explained.
    seed : int
        Seed of the random numbers: the same seed gives the same numbers, on any number of processes.
    progress : callable, optional
        Called with runs done and all runs.
    kept : Kept, optional
        Where finished runs are kept on the way.

    Returns
    -------
    Sensitivity

    Raises
    ------
    InputError
        For a metric, a group or a number that cannot be.
    """
    if metric not in METRICS:
        raise InputError(unknown("metric", metric, METRICS))
    inputs = tuple(inputs) if inputs is not None else inputs_of(model)
    names = [i.name for i in inputs]
    grouped = _groups(names, groups)
    if groups and method != "sobol":
        raise InputError(f"groups are for method sobol; `{method}` looks at every input by itself")
    output = output or model.system.outputs[0].name
    run = _Runner(model, output, metric, until, inputs, regimen, log, progress, kept)
    if method == "sobol":
        points = sobol_points(n, tuple(grouped.values()), len(inputs), seed)
        y = run(points.reshape(-1, len(inputs))).reshape(points.shape[:2])
        indices, half = sobol_indices(y, seed), sobol_indices(y[:, : n // 2], seed).total
    elif method == "morris":
        points, moved, by = morris_points(n, len(inputs), seed)
        y = run(points.reshape(-1, len(inputs))).reshape(points.shape[:2])
        indices = morris_indices(y, moved, by, seed)
        half = morris_indices(y[: n // 2], moved[: n // 2], by[: n // 2], seed).first
    else:
        points = hypercube_points(n, len(inputs), seed)
        y = run(points)
        indices, half = prcc_indices(points, y), prcc_indices(points[: n // 2], y[: n // 2]).first
    flat = y.reshape(-1)
    return Sensitivity(
        model=model.full_name,
        output=output,
        metric=metric,
        log=log,
        method=method,
        inputs=inputs,
        groups=tuple(grouped),
        indices=indices,
        half=half,
        runs=flat.size,
        failed=int((~np.isfinite(flat)).sum()),
        reasons=dict(run.reasons),
        x=points.reshape(-1, len(inputs)),
        y=flat,
        infusate=run.infusate,
    )


def _groups(names: list[str], groups: Mapping[str, Sequence[str]] | None) -> dict[str, tuple[int, ...]]:
    """Every input belongs to one group; those that no group names stand by themselves."""
    out: dict[str, tuple[int, ...]] = {}
    taken: set[str] = set()
    for group, members in (groups or {}).items():
        for member in members:
            if member not in names:
                raise InputError(f"group `{group}`: " + unknown("input", member, names))
            if member in taken:
                raise InputError(f"`{member}` is in two groups; leave it in one")
            taken.add(member)
        out[group] = tuple(names.index(m) for m in members)
    return out | {name: (names.index(name),) for name in names if name not in taken}


@dataclass
class _Runner:
    """Runs the model at points of the unit cube, block by block."""

    model: Model
    output: str
    metric: str
    until: float | None
    inputs: tuple[Input, ...]
    regimen: Regimen | None
    log: bool
    progress: Callable[[int, int], None] | None
    kept: Kept | None
    reasons: Counter = field(default_factory=Counter)
    infusate: int = 0

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Results (runs,), nan where a run failed or has no logarithm."""
        y, firsts = np.empty(len(points)), range(0, len(points), BLOCK)
        parts = [slice(first, min(first + BLOCK, len(points))) for first in firsts]
        keys = [f"{part.start + 1}-{part.stop}" for part in parts]
        kept = self.kept if len(parts) > 1 else None
        made = each(kept, lambda: self._stage(points), keys, lambda i: self._block(points[parts[i]]))
        with closing(made) as blocks:
            for part, (own, reasons, infusate) in zip(parts, blocks, strict=True):
                y[part] = own
                self.reasons.update(reasons)
                self.infusate += infusate
                if self.progress is not None:
                    self.progress(part.stop, len(points))
        if self.log:
            y = np.log(np.where(y > 0, y, np.nan))
        return y

    def _stage(self, points: np.ndarray) -> Stage:
        """What the runs depend on."""
        asked = {"exposure": (self.output, self.metric), "horizon": self.until, "doses": self.regimen}
        return Stage("runs", {"model": self.model, **asked, "inputs": self.inputs, "design or seed": points})

    def _block(self, points: np.ndarray) -> tuple[np.ndarray, dict[str, int], int]:
        """(the exposure of each run, nan where it failed; why runs failed -> how many; in how many the
        infused cells are the peak)."""
        n = len(points)
        values = {name: np.broadcast_to(np.float64(v), (n,)) for name, v in self.model.typical.items()}
        regimen: Regimen | list[Regimen] = self.regimen or default_regimen(self.model)
        for j, given in enumerate(self.inputs):
            own = given.at(points[:, j])
            if given.name == DOSE:
                regimen = [_scaled(self.regimen or default_regimen(self.model), dose) for dose in own]
            else:
                values[given.name] = own
        until = _horizon(self.model) if self.until is None else self.until
        result = simulate(self.model, Subjects(values, "design"), regimen, [until], until, [self.output])
        given = result.reason
        reasons = Counter(given.values() if isinstance(given, dict) else filter(None, given))
        infusate = int(result.infusate_peaks(self.output).sum())
        return result.metric(self.output, self.metric), dict(reasons), infusate


def _scaled(regimen: Regimen, dose: float) -> Regimen:
    """The same schedule with this total amount in the first dose, the others in proportion."""
    factor = dose / regimen.doses[0].amount
    return replace(regimen, doses=tuple(replace(d, amount=d.amount * factor) for d in regimen.doses))


def _horizon(model: Model) -> float:
    from livingdrug.core.units import conversion

    factor = conversion("d", model.time_unit)
    if factor is None:
        raise InputError(f"`{model.full_name}` counts time in `{model.time_unit}`; say until when: --days")
    return MONTH * float(factor)


def _interactions(i: Indices) -> str:
    """What the first-order indices leave, as far as the runs determine it."""
    value, low, high = (min(max(1 - float(s), 0.0), 1.0) for s in (np.nansum(i.first), i.sum_high, i.sum_low))
    if not np.isfinite(high - low):
        return "What interactions carry is not determined: some runs of the resamples do not differ."
    ends = f"95 % {low:.0%} to {high:.0%}"
    if high - low > WIDE:
        return f"What interactions carry is not determined by so few points ({ends} of the variance)."
    return f"Interactions carry {value:.0%} of the variance ({ends})."


def sentences(found: Sensitivity) -> list[str]:
    """What drives the exposure, with a number, and how far the numbers have settled.

    Parameters
    ----------
    found : Sensitivity
        See `sensitivity`.

    Returns
    -------
    sequence of str
    """
    i, (first, second) = found.indices, found.indices.names
    value = i.total if found.method == "sobol" else np.abs(i.first)
    if not np.isfinite(value).any():
        return [f"{found.metric} of {found.output} does not differ between the runs: nothing drives it."]
    order = [k for k in np.argsort(-value) if np.isfinite(value[k])]
    what = f"{'the logarithm of ' if found.log else ''}{found.metric} of {found.output}"
    low, high = (i.total_low, i.total_high) if found.method == "sobol" else (i.first_low, i.first_high)
    column = i.total if found.method == "sobol" else i.first
    name = second if found.method == "sobol" else first
    top = [f"{found.groups[k]} ({name} {column[k]:.2f}, {low[k]:.2f} to {high[k]:.2f})" for k in order[:3]]
    words = [f"{what[0].upper()}{what[1:]} is driven by {', '.join(top)}."]
    if found.method == "sobol":
        words.append(_interactions(i))
    change = np.abs(column - found.half)
    settled = change[np.isfinite(change)]
    words.append(f"Half of the points give the same numbers within {settled.max():.2g}." if len(settled)
                 else "Half of the points do not determine them.")
    if found.failed:
        why = "; ".join(f"{count} x {reason}" for reason, count in Counter(found.reasons).most_common(3))
        words.append(
            f"{found.failed} of {found.runs} runs failed and took no part" + (f": {why}." if why else ".")
        )
    return words
