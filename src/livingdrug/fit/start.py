"""Start values of a fit from the data: the landmarks of every curve, their typical value and their
variability.

These are no estimates: a fit begins here. What the data do not tell keeps its published value, and the reason
is said.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.shown import Shown
from livingdrug.data import Data
from livingdrug.fit.curve import NAMES, Landmarks, landmarks
from livingdrug.models import Model, find_quantity

# parameters of the closed form of Stein 2019 and of its flows
STEIN = {
    "fold": "fold",
    "t_max": "peak_time",
    "c_max": "peak",
    "alpha": "contraction",
    "f_b": "fraction",
    "beta": "persistence",
}
VARIABILITY_FROM = 5  # subjects; fewer tell no variability
NORMAL = 1.4826  # median absolute deviation of a normal distribution -> its standard deviation


@dataclass(frozen=True)
class StartValue:
    """Where a fit of a parameter begins.

    value: typical value; log_sd: SD of its logarithm between subjects, None where fewer than VARIABILITY_FROM
    subjects tell it (it holds their residual error too, so it is rather too large); subjects: how many told
    it; origin: `data` or `published`; note: in words, where it is from and why others told nothing.
    """

    name: str
    value: float
    unit: str
    log_sd: float | None
    subjects: int
    origin: str
    note: str


@dataclass(frozen=True, repr=False)
class StartValues(Shown):
    """values: one for each parameter that was asked for; curves: subject -> its landmarks; notes: on the
    data."""

    model: Model
    values: tuple[StartValue, ...]
    curves: dict[str, Landmarks]
    notes: tuple[str, ...]

    @property
    def typical(self) -> dict[str, float]:
        """Parameter -> value, as `Model.with_values` takes it."""
        return {start.name: start.value for start in self.values}

    @property
    def log_sds(self) -> dict[str, float]:
        """Parameter -> SD of its logarithm, of those that the data tell."""
        return {start.name: start.log_sd for start in self.values if start.log_sd is not None}

    def table(self):
        """pandas table: parameter, value, unit, log_sd, subjects, origin, note."""
        import pandas as pd

        rows = [(s.name, s.value, s.unit, s.log_sd, s.subjects, s.origin, s.note) for s in self.values]
        return pd.DataFrame(
            rows, columns=["parameter", "value", "unit", "log_sd", "subjects", "origin", "note"]
        )

    def curve_table(self):
        """pandas table: subject, landmark, value (nan where the data do not tell it), why."""
        import pandas as pd

        rows = [
            (subject, name, np.nan if told.value is None else told.value, told.why)
            for subject, curve in self.curves.items()
            for name, told in vars(curve).items()
        ]
        return pd.DataFrame(rows, columns=["subject", "landmark", "value", "why"])

    def _frame(self):
        return self.table()


def curves(data: Data, output: str | None = None) -> dict[str, Landmarks]:
    """Landmarks of each subject's curve after the first infusion.

    output: which one, where the data hold several. Raises InputError for an unknown output, or curves of
    several assays.
    """
    p = data.profiles
    known = sorted(set(p.output))
    if output is None and len(known) > 1:
        raise InputError(
            f"`{data.name}` holds several outputs ({', '.join(known)}); say which one is to be fitted"
        )
    if output is not None and output not in known:
        raise InputError(f"`{data.name}`: " + unknown("output", output, known))
    found: dict[str, Landmarks] = {}
    for i in _first_profiles(data, known[0] if output is None else output):
        rows = data.profile == i
        subject = data.subjects[p.subject[i]]
        if subject in found:
            raise InputError(
                f"`{data.name}`: subject `{subject}` was measured by several assays in one infusion; keep "
                "one of them, or pool them (--pool-assays)"
            )
        found[subject] = landmarks(*_one_at_a_time(data.time[rows], data.dv[rows], data.cens[rows]))
    return found


def _one_at_a_time(
    time: np.ndarray, value: np.ndarray, cens: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mean of replicates that were measured, or the first of those that were not, at each time."""
    if len(np.unique(time)) == len(time):
        return time, value, cens
    kept = []
    for t in np.unique(time).tolist():
        own = np.flatnonzero(time == t)
        seen = own[cens[own] == 0]
        kept.append(
            (t, float(value[seen].mean()), 0) if len(seen) else (t, float(value[own[0]]), int(cens[own[0]]))
        )
    times, values, censored = (np.array(part) for part in zip(*kept, strict=True))
    return times, values, censored


def _first_profiles(data: Data, output: str) -> list[int]:
    """Profiles of the output in the first occasion of each subject; they stand in natural order."""
    p = data.profiles
    chosen, first = [], {}
    for i in np.flatnonzero(p.output == output).tolist():
        if first.setdefault(p.subject[i], p.occasion[i]) == p.occasion[i]:
            chosen.append(i)
    return chosen


def start_values(
    model: Model, data: Data, parameters: Mapping[str, str] | None = None, output: str | None = None
) -> StartValues:
    """Initial estimates of a model's parameters from the curves of the subjects.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    data : Data
        Samples, doses and covariates of all subjects, as `read_data` or `check` gives them.
    parameters : mapping of str to str, optional
        Name of a parameter -> landmark that starts it (a field of `Landmarks`); by default those of
        `stein_2019`, for a model that has them.
    output : str, optional
        Of the model, whose curves are looked at.

    Returns
    -------
    StartValues
        The typical value is the geometric median over the subjects whose curve determines it, the
        variability its median absolute deviation.

    Raises
    ------
    InputError
        For names that do not exist, a model that needs `parameters`, or units that differ from the
        model's.
    """
    chosen = _checked(model, parameters)
    _check_units(model, data, output)
    found = curves(data, output)
    values = tuple(_start(model, name, landmark, found) for name, landmark in chosen.items())
    several = len(set(data.profiles.occasion)) > 1
    notes = ("later infusions of a subject were not used",) if several else ()
    return StartValues(model, values, found, notes)


def _checked(model: Model, parameters: Mapping[str, str] | None) -> dict[str, str]:
    if parameters is None:
        missing = [name for name in STEIN if name not in model.typical]
        if missing:
            raise InputError(
                f"`{model.full_name}` has no parameter `{missing[0]}`, so say which landmark starts which "
                f"parameter, such as parameters={{'{next(iter(model.typical))}': 'growth'}}; landmarks: "
                f"{', '.join(NAMES)}"
            )
        return dict(STEIN)
    for landmark in parameters.values():
        if landmark not in NAMES:
            raise InputError(unknown("landmark", landmark, NAMES))
    return {find_quantity(model, name).name: landmark for name, landmark in parameters.items()}


def _check_units(model: Model, data: Data, output: str | None) -> None:
    if data.time_unit and data.time_unit != model.time_unit:
        raise InputError(
            f"`{data.name}` counts time in {data.time_unit} and `{model.full_name}` in {model.time_unit}; "
            f"give the times in {model.time_unit}"
        )
    measured = {o.unit for o in model.system.outputs if o.measured and output in (None, "", o.name)}
    stated = {unit for unit in data.profiles.unit if unit}
    if measured and stated and not stated & measured:
        held, predicted = ", ".join(sorted(stated)), ", ".join(sorted(measured))
        raise InputError(
            f"`{data.name}` holds {held} and `{model.full_name}` predicts {predicted}; one becomes the other "
            "only by a named unit conversion (--conversion)"
        )


def _start(model: Model, name: str, landmark: str, found: Mapping[str, Landmarks]) -> StartValue:
    told = [getattr(curve, landmark) for curve in found.values()]
    logs = np.log([t.value for t in told if t.value is not None and t.value > 0])
    unit = find_quantity(model, name).unit
    silent = Counter(t.why for t in told if t.value is None).most_common()
    because = "; ".join(f"{why} ({count})" for why, count in silent)
    if not len(logs):
        source = model.source_of(name).line()
        note = f"published value, as no curve tells it: {because or 'there is no curve'} [{source}]"
        return StartValue(name, model.typical[name], unit, None, 0, "published", note)
    log_sd = (
        NORMAL * float(np.median(np.abs(logs - np.median(logs)))) if len(logs) >= VARIABILITY_FROM else None
    )
    note = f"{landmark} of {len(logs)} of {len(told)} subjects" + (f"; others: {because}" if because else "")
    return StartValue(name, float(np.exp(np.median(logs))), unit, log_sd, len(logs), "data", note)
