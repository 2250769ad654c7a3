"""From something measured outside of the patient to a patient: a ratio of two groups (constructs of an assay, products
by an attribute) becomes a ratio of a rate of a model.

    ln(rate of the group / rate of the control, in the patient) = slope * ln(the same ratio where it was measured)

No public data pair such measures of several products with their exposure in patients, so the slope cannot be estimated
today: it is an assumption, 1 with an SD of 0.5 where nobody says otherwise, and every answer says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError
from livingdrug.core.random import stream_key
from livingdrug.models import Model, find_quantity
from livingdrug.simulation.infusate import infusate_words
from livingdrug.simulation.link import Link
from livingdrug.simulation.population import Subjects
from livingdrug.simulation.run import simulate

DRAWS = 300
UNTIL = MONTH
LEVEL = 0.95
FARTHEST = 20.0  # of the logarithm of a factor: 5e8-fold says what any larger one would, and no rate overflows
BOTH, TRANSFER = "both", "slope"


@dataclass(frozen=True)
class Change:
    """A metric of a patient of one group over that of the control.

    Attributes
    ----------
    group : str
        The group.
    metric : str
        Such as CMAX.
    unit : str
        Of the metric.
    control : float
        Its value in the control.
    ratio : float
        Median of the ratio over the draws of rates and slopes.
    low, high : float
        95 % band.
    of : str
        Which uncertainty the band carries (BOTH, that of the measure alone, of the slope, TRANSFER, alone).
    """

    group: str
    metric: str
    unit: str
    control: float
    ratio: float
    low: float
    high: float
    of: str


@dataclass(frozen=True)
class Prediction:
    """What a group would change in a patient.

    Attributes
    ----------
    changes : tuple of Change
        Of every group and metric.
    factors : dict[tuple[str, str], tuple[float, float, float]]
        (group, quantity) -> (median, low, high) of the quantity's factor.
    curves : dict[str, tuple[ndarray, dict[str, ndarray]]]
        Group -> (times (d), output -> (3, times)) with the bands of both uncertainties.
    failed : int
        Simulations that were not computed.
    notes : tuple of str
        What was assumed.
    cautions : tuple of str
        In words, such as quantities whose draws leave the published range.
    draws : dict[tuple[str, str], ndarray]
        (group, metric) -> ratios over the control with both uncertainties.
    """

    changes: tuple[Change, ...]
    factors: dict[tuple[str, str], tuple[float, float, float]]
    curves: dict[str, tuple[np.ndarray, dict[str, np.ndarray]]]
    failed: int
    notes: tuple[str, ...]
    cautions: tuple[str, ...] = ()
    draws: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)

    def table(self):
        """pandas table of the changes."""
        import pandas as pd

        return pd.DataFrame([vars(c) for c in self.changes])


def settled(model: Model, links: Sequence[Link]) -> list[Link]:
    """The links with quantities by their name.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    links : sequence of Link
        As they were asked for.

    Returns
    -------
    sequence of Link

    Raises
    ------
    InputError
        For a model in other units of time than days, no link, or a quantity that the model has not.
    """
    if model.time_unit != "d":
        raise InputError(
            f"`{model.full_name}` counts {model.time_unit}; a patient is predicted with a model in days"
        )
    if not links:
        raise InputError("nothing says which measure moves which quantity of the model; give it (--map)")
    return [replace(k, quantity=find_quantity(model, k.quantity).name) for k in links]


def carry(
    model: Model,
    links: Sequence[Link],
    ratios: Mapping[str, np.ndarray],
    control: str,
    until: float = UNTIL,
    seed: int = 1,
    measured: str = "measure",
) -> Prediction:
    """Exposure and tumour of a mechanistic model for each group, over those of the control.

    Parameters
    ----------
    model : Model
        In days, whose typical patient stands for the control.
    links : sequence of Link
        How measures move quantities of the model, see `settled`.
    ratios : Mapping[str, ndarray]
        Group -> draws of the logarithms of its measures over those of the control (draws, links).
    control : str
        What the model's values stand for.
    until : float, optional
        Horizon in d.
    seed : int, optional
        Of the draws of slopes.
    measured : str, optional
        Name of the uncertainty of the ratios.

    Raises
    ------
    InputError : a model that cannot be computed at any draw
    """
    count = len(next(iter(ratios.values())))
    rng = np.random.default_rng(stream_key(seed, "assay slopes"))
    slopes = np.stack([k.slope + k.sd * rng.standard_normal(count) for k in links], axis=1)
    factors, changes, curves, failed, cautions, draws = {}, [], {}, 0, [], {}
    base = _simulated(model, {}, 1, until)
    for group, logs_of in ratios.items():
        own = np.array([k.scatter for k in links]) * rng.standard_normal(logs_of.shape)
        kinds = {
            BOTH: slopes * logs_of + own,
            measured: np.array([k.slope for k in links]) * logs_of,
            TRANSFER: slopes * np.median(logs_of, axis=0) + own,
        }
        for of, logs in kinds.items():
            moved = factors_of(links, logs)
            found = _simulated(model, moved, count, until)
            failed += len(found.failed) if of == BOTH else 0
            metrics = _metrics(base, found)
            changes += [_change(group, of, *metric) for metric in metrics]
            if of == BOTH:
                draws |= {(group, name): ratio for name, _, _, ratio in metrics}
                for name, factor in moved.items():
                    factors[group, name] = tuple(np.quantile(factor, (0.5, 0.5 - LEVEL / 2, 0.5 + LEVEL / 2)))
                cautions += [*_outside(model, moved, group), *_at_infusion(found, group), *_died(base, found, group)]
                curves[group] = found.times, {o: found.percentiles(o, (2.5, 50, 97.5)) for o in found.outputs}
    curves[control] = base.times, {o: np.repeat(base.curve(o)[None], 3, axis=0) for o in base.outputs}
    notes = (
        *(link.sentence() for link in links),
        f"the typical patient of `{model.full_name}` stands for one treated with {control}; patients differ, "
        "which these bands do not hold",
    )
    return Prediction(tuple(changes), factors, curves, failed, notes, tuple(cautions), draws)


def factors_of(links: Sequence[Link], logs: np.ndarray) -> dict[str, np.ndarray]:
    """Quantity -> its factors (draws,).

    Parameters
    ----------
    links : sequence of Link
        Which quantities move.
    logs : ndarray
        Slope times the logarithm of the ratio of each link, (draws, links).

    Returns
    -------
    dict[str, ndarray]
    """
    factors: dict[str, np.ndarray] = {}
    for link, log in zip(links, np.clip(logs, -FARTHEST, FARTHEST).T, strict=True):
        factors[link.quantity] = factors.get(link.quantity, 1.0) * np.exp(log)
    return factors


def moved_values(
    model: Model, values: Mapping[str, np.ndarray], factors: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The values of all quantities (subjects,) with these times their factors; a fraction stays at most 1.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    values : Mapping[str, ndarray]
        Quantity -> values (subjects,).
    factors : Mapping[str, ndarray]
        Quantity -> factors (subjects,).

    Returns
    -------
    dict[str, ndarray]
    """
    fractions = {q.name for q in model.quantities if q.bound == "fraction"}
    moved = {name: np.array(value) for name, value in values.items()}
    for name, factor in factors.items():
        moved[name] = moved[name] * factor
        if name in fractions:
            moved[name] = np.minimum(moved[name], 1.0)
    return moved


def _outside(model: Model, moved: Mapping[str, np.ndarray], group: str) -> list[str]:
    """Quantities that more than 1 draw in 20 carries out of all published ranges of the model."""
    said = []
    for name, factor in moved.items():
        known = [r.ranges[name] for r in model.ranges if name in r.ranges]
        if not known:
            continue
        low, high = min(r.lowest for r in known), max(r.highest for r in known)
        values = model.typical[name] * factor
        part = float(((values < low) | (values > high)).mean())
        if part > 0.05:
            said.append(
                f"{group}: {part:.0%} of the draws carry {name} outside of its published range ({low:.3g} "
                f"to {high:.3g})"
            )
    return said


def _at_infusion(found, group: str) -> list[str]:
    """Outputs whose CMAX is that of the infused cells in some draws, in words."""
    said = []
    for output in found.outputs:
        words = infusate_words(output, int(found.infusate_peaks(output).sum()), found.n, "draws")
        said += [f"{group}: {words}; read the AUC"] if words else []
    return said


def _died(base, found, group: str) -> list[str]:
    """Tumours that fall below one cell, in words: a ratio of parts of a cell says nothing."""
    said, ok = [], [i for i in range(found.n) if i not in set(found.failed)]
    for output in found.outputs:
        if not output.startswith("tumour") or found.unit_of(output) != "cells":
            continue
        lowest = found.values[ok, found.outputs.index(output)].min(axis=1)
        own = base.values[0, base.outputs.index(output)].min()
        if np.mean(lowest < 1) > 0.05 or own < 1:
            control = ", and with the control" if own < 1 else ""
            said.append(
                f"{group}: {output} falls below one cell in {np.mean(lowest < 1):.0%} of the draws{control}: read it as "
                "eradicated, its ratios say nothing"
            )
    return said


def _simulated(model: Model, factors: dict, n: int, until: float):
    values = moved_values(model, {name: np.full(n, value) for name, value in model.typical.items()}, factors)
    shown = [o.name for o in model.system.outputs if o.measured or o.name.startswith("tumour")]
    found = simulate(
        model,
        Subjects(values, "draws"),
        times=np.linspace(0.0, until, 57),
        until=until,
        outputs=shown,
        threads=1,
    )
    if len(found.failed) == found.n:
        raise InputError(
            f"`{model.full_name}` gives no patient with these rates: {found.reason[found.failed[0]]}"
        )
    return found


def _metrics(base, found) -> list[tuple[str, str, float, np.ndarray]]:
    """Name, unit, value of the control and ratios of the draws that were computed."""
    made, ok = [], [i for i in range(found.n) if i not in set(found.failed)]
    for output in found.outputs:
        own, other = found.values[:, found.outputs.index(output)], base.values[0, base.outputs.index(output)]
        if output.startswith("tumour"):
            metrics = {"at the end": (other[-1], own[:, -1]), "lowest": (other.min(), own.min(axis=1))}
        else:
            metrics = {m: (base.metric(output, m)[0], found.metric(output, m)) for m in ("CMAX", "AUC")}
        for metric, (control, values) in metrics.items():
            if not control > 0:
                continue
            unit = base.unit_of(output, metric) if metric in ("CMAX", "AUC") else base.unit_of(output)
            name = f"{output} {metric}" + (f"{base.until:g}" if metric == "AUC" else "")
            made.append((name, unit, float(control), values[ok] / control))
    return made


def _change(group: str, of: str, name: str, unit: str, control: float, ratio: np.ndarray) -> Change:
    low, middle, high = np.quantile(ratio, (0.5 - LEVEL / 2, 0.5, 0.5 + LEVEL / 2))
    return Change(group, name, unit, control, float(middle), float(low), float(high), of)
