"""From rates in a well to a patient: a ratio of two constructs' rates in the assay becomes a ratio of a rate
of a model.

    ln(rate of the construct / rate of the control, in the patient) = slope * ln(the same ratio in the assay)

No public data pair assay rates of several products with their exposure in patients, so the slope cannot be
estimated today: it is an assumption, 1 with an SD of 0.5 where nobody says otherwise, and every answer says
so."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.assay.predicted import drawn_rates
from livingdrug.assay.ranking import draws_of
from livingdrug.assay.rates import LEVEL, Estimates
from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.random import stream_key
from livingdrug.models import Model, find_quantity
from livingdrug.simulation import Subjects, simulate

SLOPE, SLOPE_SD = 1.0, 0.5
DRAWS = 300
UNTIL = 28.0  # d
BOTH, ASSAY, TRANSFER = "both", "assay", "slope"
_LINK = re.compile(r"(?P<rate>\w+)=(?P<into>\w+)(:(?P<slope>[-+.\deE]+?)(\+-(?P<sd>[.\deE+-]+))?)?")


@dataclass(frozen=True)
class Link:
    """Which rate of the assay moves which quantity of the model, and by which slope of logarithms (mean and
    SD)."""

    rate: str
    quantity: str
    slope: float = SLOPE
    sd: float = SLOPE_SD
    assumed: bool = True

    def sentence(self) -> str:
        """What is assumed, in words."""
        whose = "an assumption of ours, as no public data tell it" if self.assumed else "as given"
        return f"ln ratio of {self.quantity} = ({self.slope:g} +- {self.sd:g}) x ln ratio of {self.rate}: {whose}"


def read_link(text: str) -> Link:
    """`k_kill=k_kill:1+-0.5`: rate of the assay, quantity of the model, slope and its SD. Raises InputError
    for other texts."""
    found = _LINK.fullmatch(text.replace(" ", "").replace("±", "+-"))
    try:
        if not found:
            raise ValueError
        given = found["slope"] is not None
        slope = float(found["slope"]) if given else SLOPE
        sd = float(found["sd"]) if found["sd"] else (0.0 if given else SLOPE_SD)
        if not (np.isfinite(slope) and np.isfinite(sd) and sd >= 0):
            raise ValueError
    except ValueError:
        raise InputError(
            f"`{text}` cannot be read; write RATE=QUANTITY:SLOPE+-SD, such as k_kill=k_kill:1+-0.5 (the "
            "slope may be left out)"
        ) from None
    return Link(found["rate"], found["into"], slope, sd, not given)


@dataclass(frozen=True)
class Change:
    """A metric of a product with a construct over that with the control. ratio: median; low, high: 95 % band;
    of: which uncertainty the band carries (BOTH, of the ASSAY alone, of the slope, TRANSFER, alone)."""

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
    """What a construct would change in a patient. factors (group, quantity) -> (median, low, high) of the
    quantity's factor; curves: group -> (times (d), output -> (3, times)) with the bands of both
    uncertainties; failed: simulations that were not computed; notes: what was assumed."""

    changes: tuple[Change, ...]
    factors: dict[tuple[str, str], tuple[float, float, float]]
    curves: dict[str, tuple[np.ndarray, dict[str, np.ndarray]]]
    failed: int
    notes: tuple[str, ...]

    def table(self):
        """pandas table of the changes."""
        import pandas as pd

        return pd.DataFrame([vars(c) for c in self.changes])


def predict_patient(
    estimates: Estimates,
    model: Model,
    links: Sequence[Link],
    control: str,
    until: float = UNTIL,
    count: int = DRAWS,
    seed: int = 1,
) -> Prediction:
    """Exposure and tumour of a mechanistic model with each construct, over those with the control construct.

    Parameters
    ----------
    estimates : of an assay fit
    model : in days, whose typical patient got the control construct
    links : how rates of the assay move quantities of the model
    control : the construct that the model's values stand for
    until : horizon in d
    count, seed : of the draws, each of rates and of slopes

    Raises
    ------
    InputError : unknown names, a rate that is not determined or not positive, a model that cannot be computed
    """
    groups = [g for g in estimates.groups if g != control]
    if control not in estimates.groups or not groups:
        raise InputError(unknown("control construct", control, estimates.groups))
    if model.time_unit != "d":
        raise InputError(
            f"`{model.full_name}` counts {model.time_unit}; a patient is predicted with a model in days"
        )
    if not links:
        raise InputError(
            "nothing says which rate of the assay moves which quantity of the model; give it (--map)"
        )
    links = [Link(k.rate, find_quantity(model, k.quantity).name, k.slope, k.sd, k.assumed) for k in links]
    ratios = _ratios(estimates, links, [control, *groups], count, seed)
    rng = np.random.default_rng(stream_key(seed, "assay slopes"))
    slopes = np.stack([k.slope + k.sd * rng.standard_normal(count) for k in links], axis=1)
    factors, changes, curves, failed = {}, [], {}, 0
    base = _simulated(model, {}, 1, until)
    for g, group in enumerate(groups, start=1):
        middle = np.median(ratios[g], axis=0)
        kinds = {
            BOTH: slopes * ratios[g],
            ASSAY: np.array([k.slope for k in links]) * ratios[g],
            TRANSFER: slopes * middle,
        }
        for of, logs in kinds.items():
            moved = {}
            for i, link in enumerate(links):
                moved[link.quantity] = moved.get(link.quantity, 1.0) * np.exp(np.clip(logs[:, i], -20, 20))
            found = _simulated(model, moved, count, until)
            failed += len(found.failed) if of == BOTH else 0
            changes += _changes(base, found, group, of)
            if of == BOTH:
                for name, factor in moved.items():
                    factors[group, name] = tuple(np.quantile(factor, (0.5, 0.5 - LEVEL / 2, 0.5 + LEVEL / 2)))
                curves[group] = found.times, {o: found.percentiles(o, (2.5, 50, 97.5)) for o in found.outputs}
    curves[control] = base.times, {o: np.repeat(base.curve(o)[None], 3, axis=0) for o in base.outputs}
    notes = (
        *(link.sentence() for link in links),
        f"the typical patient of `{model.full_name}` stands for one treated with {control}; patients "
        "differ, which these "
        "bands do not hold",
    )
    return Prediction(tuple(changes), factors, curves, failed, notes)


def _ratios(estimates: Estimates, links, groups: list[str], count: int, seed: int) -> list[np.ndarray]:
    """Logarithms of each group's rates over those of the first one, (count, links) each."""
    draws = draws_of(estimates, count, seed)
    values = [drawn_rates(estimates, group, draws) for group in groups]
    found = []
    for own in values:
        columns = []
        for link in links:
            if link.rate not in own:
                raise InputError(unknown("rate of the assay", link.rate, own))
            if (own[link.rate] <= 0).mean() > 0.01 or (values[0][link.rate] <= 0).mean() > 0.01:
                raise InputError(
                    f"`{link.rate}` may be 0 or negative in this assay, so it has no ratio to carry over"
                )
            columns.append(
                np.log(np.maximum(own[link.rate], 1e-300) / np.maximum(values[0][link.rate], 1e-300))
            )
        found.append(np.stack(columns, axis=1))
    return found


def _simulated(model: Model, factors: dict, n: int, until: float):
    values = {name: np.full(n, value) for name, value in model.typical.items()}
    for name, factor in factors.items():
        values[name] = values[name] * factor
        if next(q.bound for q in model.quantities if q.name == name) == "fraction":
            values[name] = np.minimum(values[name], 1.0)
    shown = [o.name for o in model.system.outputs if o.measured or o.name.startswith("tumour")]
    found = simulate(
        model,
        Subjects(values, "draws of the assay"),
        times=np.linspace(0.0, until, 57),
        until=until,
        outputs=shown,
        threads=1,
    )
    if len(found.failed) == found.n:
        raise InputError(
            f"`{model.full_name}` could not be computed with these rates: {found.reason[found.failed[0]]}"
        )
    return found


def _changes(base, found, group: str, of: str) -> list[Change]:
    made, ok = [], [i for i in range(found.n) if i not in set(found.failed)]
    for output in found.outputs:
        tumour = output.startswith("tumour")
        metrics = {
            "at the end": (
                base.values[0, base.outputs.index(output), -1],
                found.values[:, found.outputs.index(output), -1],
            )
        }
        if tumour:
            rows = base.outputs.index(output)
            metrics["lowest"] = (base.values[0, rows].min(), found.values[:, rows].min(axis=1))
        else:
            metrics = {m: (base.metric(output, m)[0], found.metric(output, m)) for m in ("CMAX", "AUC")}
        for metric, (control, own) in metrics.items():
            if not control > 0:
                continue
            ratio = own[ok] / control
            low, middle, high = np.quantile(ratio, (0.5 - LEVEL / 2, 0.5, 0.5 + LEVEL / 2))
            unit = base.unit_of(output, metric) if metric in ("CMAX", "AUC") else base.unit_of(output)
            name = f"{output} {metric}" + (f"{base.until:g}" if metric == "AUC" else "")
            made.append(Change(group, name, unit, float(control), float(middle), float(low), float(high), of))
    return made
