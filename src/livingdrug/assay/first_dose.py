"""A first dose in patients: exposure by dose and percentile, with the rates of a construct, and doses of mice carried over.

Each virtual patient has its own draw of the between-subject variability of the model, of the assay's rates and of the slope
that carries them over, so a percentile holds all three. A rule carries a dose of a mouse over by blood volume alone, with the
two volumes of its source; exposure per dose differs between species by far more than that."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.assay.patient import ratios_of
from livingdrug.assay.rates import LEVEL, Estimates
from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.random import stream_key
from livingdrug.models import Model, flows_of
from livingdrug.simulation import Link, Subjects, draw_subjects, factors_of, moved_values, settled, simulate

PERCENTILES = (5.0, 50.0, 95.0)
SUBJECTS = 500
FLAT = 1.25  # exposure that changes by less over all doses does not tell one dose from another


@dataclass(frozen=True)
class Rule:
    """Carries a dose over by blood volume. mouse, human: uL; source: of both."""

    name: str
    mouse: float
    human: float
    source: str

    def human_dose(self, dose: float) -> float:
        """The dose of a patient with as many cells per volume of blood."""
        return dose * self.human / self.mouse


RULES = (
    Rule("kirouac_2024", 2000.0, 5e6, "volumes of Kirouac 2024, Table 1: 2 mL and 5 L"),
    Rule("singh_2021", 944.0, 5e6, "volumes of Singh 2021: 0.944 mL and 5 L"),
)


@dataclass(frozen=True)
class Exposed:
    """Exposure at one dose. values: at the percentiles that were asked for; low, high: 95 % intervals of them from the number
    of virtual patients; failed: patients that could not be computed; infused: part of the others whose largest level is that
    of the infused cells."""

    dose: float
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    failed: int
    infused: float


@dataclass(frozen=True)
class FirstDose:
    """Exposure of virtual patients by dose.

    Attributes
    ----------
    metric : str
        Of exposure.
    unit : str
        Of the metric.
    dose_unit : str
        Of the doses.
    percentiles : tuple of float
        Percentiles of patients that `rows` give, such as 50 and 95.
    rows : tuple of Exposed
        By dose, the lowest first.
    notes : tuple of str
        What was assumed.
    flat : bool
        Whether exposure hardly depends on the dose.
    """

    metric: str
    unit: str
    dose_unit: str
    percentiles: tuple[float, ...]
    rows: tuple[Exposed, ...]
    notes: tuple[str, ...]
    flat: bool

    def highest(self, ceiling: float, margin: float, percentile: float) -> float | None:
        """The highest dose that, as every lower one, keeps a percentile of exposure times the margin below a ceiling; None
        where even the lowest does not."""
        k, kept = self.percentiles.index(percentile), None
        for row in self.rows:
            if not row.values[k] * margin <= ceiling:
                break
            kept = row.dose
        return kept


def first_dose(
    estimates: Estimates,
    model: Model,
    links: Sequence[Link],
    group: str,
    control: str,
    doses: Sequence[float],
    metric: str | None = None,
    until: float = MONTH,
    count: int = SUBJECTS,
    percentiles: Sequence[float] = PERCENTILES,
    cv: float | None = None,
    seed: int = 1,
) -> FirstDose:
    """Exposure of virtual patients by dose.

    Parameters
    ----------
    estimates : Estimates
        Of an assay fit.
    model : Model
        In days, whose population got the control construct.
    links : sequence of Link
        How rates of the assay move quantities of the model.
    group : str
        The construct that is dosed.
    control : str
        The construct that the model's values stand for.
    doses : sequence of float
        In the unit that the model takes.
    metric : str or None
        `OUTPUT CMAX` or `OUTPUT AUC`; CMAX of the first measured output by default.
    until : float, optional
        Horizon in d.
    count : int, optional
        Virtual patients.
    percentiles : sequence of float, optional
        Of exposure, above 0 and below 100.
    cv : float or None
        A stated coefficient of variation of every rate, for a model without a published variability.
    seed : int, optional
        Of patients, rates and slopes.

    Raises
    ------
    InputError : unknown names, doses that are none, a rate that is not determined, a model without variability
    """
    for name in (group, control):
        if name not in estimates.groups:
            raise InputError(unknown("construct of the fit", name, estimates.groups))
    if not doses or any(not (np.isfinite(d) and d > 0) for d in doses):
        raise InputError("doses must be finite and above 0; give them between commas, such as 1e7,1e8")
    if any(not 0 < p < 100 for p in percentiles):
        raise InputError("a percentile lies between 0 and 100, such as 95")
    links = settled(model, links)
    output, name = _metric(model, metric)
    subjects = _subjects(estimates, model, links, group, control, count, cv, seed)
    rows, unit = [], ""
    for dose in sorted(set(doses)):
        found = simulate(model, subjects, [(0.0, float(dose))], until=until, outputs=[output], threads=1)
        ok = np.isin(np.arange(found.n), found.failed, invert=True)
        if not ok.any():
            raise InputError(f"`{model.full_name}` gives no patient at a dose of {dose:g}: {found.reason[0]}")
        values = np.sort(found.metric(output, name)[ok])
        infused = float(found.infusate_peaks(output)[ok].mean())
        at, low, high = _percentiles(values, percentiles)
        rows.append(Exposed(float(dose), at, low, high, int((~ok).sum()), infused))
        unit = found.unit_of(output, name)
    middle = [row.values[len(row.values) // 2] for row in rows]
    flat = len(rows) > 1 and max(middle) < FLAT * min(middle)
    notes = (
        *(link.sentence() for link in links if group != control),
        f"patients of `{model.full_name}` are those of its published population, treated with {control}",
        "each virtual patient has its own between-subject variability, draw of the rates and draw of the slope",
    )
    label = f"{output} {name}" + (f"{until:g}" if name == "AUC" else "")
    return FirstDose(label, unit, _dose_unit(model), tuple(percentiles), tuple(rows), notes, flat)


def _metric(model: Model, metric: str | None) -> tuple[str, str]:
    outputs = [o.name for o in model.system.outputs]
    if metric is None:
        return next((o.name for o in model.system.outputs if o.measured), outputs[0]), "CMAX"
    output, _, name = metric.strip().rpartition(" ")
    if output not in outputs or name not in ("CMAX", "AUC"):
        known = ", ".join(f"{o} CMAX" for o in outputs[:4])
        raise InputError(f"`{metric}` is no metric of `{model.full_name}`; write an output and CMAX or AUC, such as {known}")
    return output, name


def _dose_unit(model: Model) -> str:
    return next((s.unit for s in flows_of(model).states if s.name == model.system.dose_into), "cells")


def _subjects(estimates, model: Model, links, group: str, control: str, count: int, cv: float | None, seed: int) -> Subjects:
    """Virtual patients whose quantities are moved by the rates of the construct."""
    drawn = draw_subjects(model, count, seed, cv=cv)
    if group == control:
        return drawn
    logs = ratios_of(estimates, links, [control, group], count, seed)[1]
    rng = np.random.default_rng(stream_key(seed, "assay slopes"))
    slopes = np.stack([link.slope + link.sd * rng.standard_normal(count) for link in links], axis=1)
    # how a product differs from the line is one number in truth: drawn for each patient it is doubt, as the slope is
    own = np.array([link.scatter for link in links]) * rng.standard_normal((count, len(links)))
    values = moved_values(model, drawn.values, factors_of(links, slopes * logs + own))
    return Subjects(values, f"{drawn.described}; with the rates of {group}")


def _percentiles(values: np.ndarray, percentiles: Sequence[float]) -> tuple[tuple[float, ...], ...]:
    """(percentiles, lower ends, upper ends) of sorted values; the ends are order statistics (binomial)."""
    from scipy.special import ndtri

    n, found = len(values), []
    for p in np.asarray(percentiles) / 100:
        half = float(ndtri(0.5 + LEVEL / 2)) * np.sqrt(n * p * (1 - p))
        low, high = int(np.floor(n * p - half)) - 1, int(np.ceil(n * p + half))
        ends = (values[low] if low >= 0 else np.nan, values[high] if high < n else np.nan)
        found.append((float(np.quantile(values, p)), *map(float, ends)))
    return tuple(tuple(column) for column in zip(*found, strict=True))
