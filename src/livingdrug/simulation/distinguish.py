"""Two explanations of the same course: which output, measured on which day, would say which of them holds.

Both models are given the same doses. Of each output that both have, and each day, virtual patients of either
give values as an assay would report them (residual error, limit of quantification). Their expected difference
over its noise, on the logarithm, says how many patients' samples it takes to see it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.random import normals
from livingdrug.models import Model
from livingdrug.simulation.experiment import default_regimen
from livingdrug.simulation.observe import with_error
from livingdrug.simulation.population import Draw, Subjects, check_count
from livingdrug.simulation.regimen import Regimen
from livingdrug.simulation.result import Result
from livingdrug.simulation.run import check_outputs, simulate

DAYS = (1.0, 3.0, 5.0, 7.0, 10.0, 14.0, 21.0, 28.0, 42.0, 60.0, 90.0)
# two-sided 5 %, power 80 %: (1.960 + 0.842)^2
NEEDED = 7.849
MOST = 10_000  # patients, beyond which a difference is called none
SUBJECTS = 400


@dataclass(frozen=True)
class Separation:
    """An output on a day.

    Attributes
    ----------
    output, unit : str
        Which output it is of, and its unit.
    time : float
        In the models' time unit.
    medians : tuple of float
        Of either model, as the assay reports them.
    below : tuple of float
        Part of the patients below the limit of quantification.
    ratio : float
        Of the second model's expected value over the first's, by their mean logarithms.
    difference : float
        Expected difference of ln value over its SD in one patient (between-subject variability and residual
        error, the mean of both models' variances); infinite where there is no noise.
    overlap : float
        Probability that a patient of one model has a higher value than one of the other, from 0.5 (the same)
        to 1.
    patients : float
        How many patients' samples show the difference from the other model's expectation (two-sided 5 %,
        power 80 %, normal); infinite where more than 10,000 would be needed.
    """

    output: str
    unit: str
    time: float
    medians: tuple[float, ...]
    below: tuple[float, ...]
    ratio: float
    difference: float
    overlap: float
    patients: float


@dataclass(frozen=True)
class Distinguished:
    """Two models compared by what their measurements can tell apart.

    Attributes
    ----------
    models : tuple[Model, Model]
        The two models that were compared, in the order given.
    rows : tuple of Separation
        Outputs and days, those that need fewest patients first.
    apart : tuple of str
        Outputs that only one has.
    results : tuple of Result
        Curves of either.
    noiseless : tuple of str
        Outputs without a residual error in a model.
    limits : dict[str, float]
        Of quantification.
    left : tuple of int
        Patients of either that could not be computed.
    variable : tuple of bool
        Whether patients of either differ.
    notices : tuple of str
        Of the simulations.
    """

    models: tuple[Model, Model]
    rows: tuple[Separation, ...]
    apart: tuple[str, ...]
    results: tuple[Result, ...]
    noiseless: tuple[str, ...]
    limits: dict[str, float]
    left: tuple[int, ...]
    variable: tuple[bool, ...]
    notices: tuple[str, ...]


def distinguish(
    first: Model,
    second: Model,
    regimen: Regimen | None = None,
    times: Sequence[float] = DAYS,
    outputs: Sequence[str] = (),
    limits: Mapping[str, float] | None = None,
    noise: float | None = None,
    subjects: int = SUBJECTS,
    cv: float | None = None,
    seed: int = 1,
) -> Distinguished:
    """Which sample of which output would tell two models apart.

    Parameters
    ----------
    first, second : Model
        Two explanations, such as two fits of one data set, or a model without and with a fragment.
    regimen : Regimen, optional
        Of both; their first experiments where these are the same.
    times : sequence of float
        Of the samples that are looked at, in the models' time unit.
    outputs : sequence of str
        Outputs or states; all outputs that both models have, in the same unit, by default.
    limits : mapping, optional
        Output -> limit of quantification; a value below counts as at it.
    noise : float, optional
        SD of ln value of the assay, of outputs for which a model states no residual error.
    subjects : int
        Virtual patients of either.
    cv : float, optional
        Log-normal CV on every rate, instead of the models' variability.
    seed : int
        Of patients and errors.

    Returns
    -------
    Distinguished

    Raises
    ------
    InputError
        For models without a common output, in different units of time, with doses of their own, and numbers
        that cannot be.
    """
    pair = (first, second)
    if first.time_unit != second.time_unit:
        raise InputError(
            f"`{first.full_name}` is in {first.time_unit}, `{second.full_name}` in {second.time_unit}; "
            "two explanations are compared in one unit of time"
        )
    if regimen is None:
        regimen = default_regimen(first)
        if regimen != default_regimen(second):
            raise InputError(
                "the two models have doses of their own, which would differ too: say the dose of both "
                "(--dose)"
            )
    days = np.unique(np.asarray(times, dtype=float))
    if not len(days) or not (np.isfinite(days) & (days > 0)).all():
        raise InputError("days of samples must be numbers above 0, such as 3,7,14,28")
    if noise is not None and not (math.isfinite(noise) and noise >= 0):
        raise InputError(f"the residual error is {noise:g}; it must be a number, 0 or above")
    common, apart = _outputs(pair, outputs)
    given = dict(limits or {})
    for name, limit in given.items():
        if name not in common:
            raise InputError(
                f"a limit of `{name}` was given, which is not among the outputs of both models: "
                f"{', '.join(common)}"
            )
        if not (math.isfinite(limit) and limit > 0):
            raise InputError(f"the limit of `{name}` is {limit:g}; it must be a number above 0")
    drawn = [_subjects(model, subjects, seed + i, cv) for i, model in enumerate(pair)]
    found = tuple(
        simulate(m, s, regimen, days, float(days[-1]), common) for m, s in zip(pair, drawn, strict=True)
    )
    done = [np.array([status == "ok" for status in r.status]) for r in found]
    for model, ok in zip(pair, done, strict=True):
        if not ok.any():
            raise InputError(f"`{model.full_name}`: none of its virtual patients could be computed")
    rows = []
    for k, name in enumerate(common):
        values = [_reported(m, r.values[ok, k], name, noise, seed + i)
                  for i, (m, r, ok) in enumerate(zip(pair, found, done, strict=True))]  # fmt: skip
        for t, at in enumerate(days):
            rows.append(
                _separation(
                    name, found[0].units[k], float(at), values[0][:, t], values[1][:, t], given.get(name)
                )
            )
    rows.sort(key=lambda row: (row.patients, -row.overlap))
    silent = tuple(n for n in common if noise is None and any(_residual(m, n) is None for m in pair))
    notices = tuple(dict.fromkeys(notice for r in found for notice in r.notices))
    left = tuple(int((~ok).sum()) for ok in done)
    variable = tuple(_varies(model, cv) for model in pair)
    return Distinguished(pair, tuple(rows), apart, found, silent, given, left, variable, notices)


def _outputs(pair: tuple[Model, Model], asked: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(outputs of both, those that only one has or that differ in unit)."""
    if asked:
        units = [check_outputs(model, asked)[1] for model in pair]
        for name, one, other in zip(asked, *units, strict=True):
            if one != other:
                raise InputError(
                    f"`{name}` is in {one} in one model and in {other} in the other; take outputs of one unit"
                )
        return tuple(dict.fromkeys(asked)), ()
    units = [{o.name: o.unit for o in model.system.outputs} for model in pair]
    common = tuple(name for name, unit in units[0].items() if units[1].get(name) == unit)
    if not common:
        raise InputError(
            f"`{pair[0].full_name}` and `{pair[1].full_name}` have no output of one name and unit: "
            f"{', '.join(units[0])}; {', '.join(units[1])}"
        )
    return common, tuple(sorted((units[0].keys() | units[1].keys()) - {*common}))


def _subjects(model: Model, count: int, seed: int, cv: float | None) -> Subjects:
    """Virtual patients; of a model without variability all are the typical one, and differ by the assay
    alone."""
    if not _varies(model, cv):
        values = {name: np.full(check_count(count), value) for name, value in model.typical.items()}
        return Subjects(values, f"{count} typical patients of {model.full_name}")
    return Draw(count, seed, None, cv).subjects(model)


def _varies(model: Model, cv: float | None) -> bool:
    return cv is not None or bool(model.populations)


def _residual(model: Model, output: str):
    return next((r for r in model.residuals if r.output == output), None)


def _reported(model: Model, values: np.ndarray, output: str, noise: float | None, seed: int) -> np.ndarray:
    """Values (n, times) with residual error."""
    eps = normals(seed, f"assay of {output}", 0, values.size).reshape(values.shape)
    residual = _residual(model, output)
    if residual is not None:
        return with_error(residual, values, eps)
    return values * np.exp((noise or 0.0) * eps)


def _separation(
    output: str, unit: str, time: float, one: np.ndarray, other: np.ndarray, limit: float | None
) -> Separation:
    if limit is None and not (min(one.min(), other.min()) > 0):
        raise InputError(
            f"`{output}` is 0 or below in some patients on day {time:g} (with its residual error), which has "
            f"no logarithm: state the limit of quantification (--limit {output}=VALUE), or choose other "
            "outputs (--output)"
        )
    floor = -math.inf if limit is None else limit
    pair = [np.maximum(v, floor) for v in (one, other)]
    below = tuple(float((v <= floor).mean()) for v in pair)
    logs = [np.log(v) for v in pair]
    apart = float(logs[1].mean() - logs[0].mean())
    sd = math.sqrt(sum(float(v.var()) for v in logs) / 2)
    difference = abs(apart) / sd if sd > 0 else math.inf if apart else 0.0
    patients = (
        math.ceil(NEEDED / difference**2) if 0 < difference < math.inf else 1 if difference else math.inf
    )
    ranks = (
        np.searchsorted(np.sort(pair[0]), pair[1], side="left"),
        np.searchsorted(np.sort(pair[0]), pair[1], side="right"),
    )
    higher = float((ranks[0] + ranks[1]).mean() / (2 * len(pair[0])))
    medians = tuple(float(np.median(v)) for v in pair)
    return Separation(output, unit, time, medians, below, math.exp(np.clip(apart, -700, 700)), difference,
                      max(higher, 1 - higher), float(patients) if patients <= MOST else math.inf)  # fmt: skip
