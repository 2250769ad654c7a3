"""Splits of one dose side by side: severe CRS and response, subject by subject."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError, SolveError
from livingdrug.core.proportion import clopper_pearson
from livingdrug.models import Model, flows_of, get_fragment
from livingdrug.simulation.population import Subjects
from livingdrug.simulation.regimen import Dose, Regimen
from livingdrug.simulation.run import simulate

SEVERE, IL6 = "severe_crs", "il6"
LINK = "il6_crs"  # the fragment whose link from IL-6 to severe CRS is used where a model has IL-6 of its own
ANTIGEN_NEGATIVE = "antigen_negative"  # the state of the fragment antigen_loss
Z95 = 1.959963984540054
MOST_PARTS = 20


@dataclass(frozen=True)
class Split:
    """How a dose is split over days.

    Attributes
    ----------
    parts : tuple of float
        Of the dose; they sum to 1.
    days : tuple of float
        Of each part.
    """

    parts: tuple[float, ...]
    days: tuple[float, ...]

    @property
    def text(self) -> str:
        """As it is read."""
        return f"{'/'.join(f'{100 * part:.3g}' for part in self.parts)}@{','.join(f'{day:g}' for day in self.days)}"

    def regimen(self, dose: float) -> Regimen:
        """The infusions of a whole dose."""
        return Regimen.of([Dose(dose * part, day) for part, day in zip(self.parts, self.days, strict=True)])


def read_split(text: str) -> Split:
    """A split from text.

    Parameters
    ----------
    text : str
        `10/30/60@0,1,2`: parts of the dose, whatever they sum to, and their days; `100@0`: one infusion.

    Returns
    -------
    Split

    Raises
    ------
    InputError
        For a text that cannot be read, parts that are not above 0, or days that do not increase from 0 on.
    """
    head, at, tail = text.partition("@")
    try:
        parts, days = [float(p) for p in head.split("/")], [float(d) for d in tail.split(",")]
    except ValueError:
        parts, days = [], []
    if not (at and parts and len(parts) == len(days)):
        raise InputError(
            f"split `{text}` cannot be read; write parts and as many days, such as 10/30/60@0,1,2"
        )
    if len(parts) > MOST_PARTS or not all(0 < part < 1e12 for part in parts):
        raise InputError(f"split `{text}`: parts must be above 0, and at most {MOST_PARTS} of them")
    if days[0] != 0 or any(not a < b < 3650 for a, b in zip(days, days[1:], strict=False)):
        raise InputError(f"split `{text}`: days must begin at 0 and increase")
    return Split(tuple(part / sum(parts) for part in parts), tuple(days))


@dataclass(frozen=True)
class Fractionated:
    """One split over subjects that were computed under every split.

    Attributes
    ----------
    split : Split
    severe : ndarray of shape (n,)
        Probability of severe CRS at the highest IL-6 of each subject.
    il6 : ndarray of shape (n,)
        Highest IL-6, pg/mL.
    car_t : ndarray of shape (n,)
        Highest level of CAR-T cells in blood, or number of cells, as `output` says.
    left : ndarray of shape (n,)
        Tumour on the day of response over that at the start.
    responded : ndarray of bool, shape (n,)
    """

    split: Split
    severe: np.ndarray
    il6: np.ndarray
    car_t: np.ndarray
    left: np.ndarray
    responded: np.ndarray

    @property
    def rate(self) -> tuple[float, float, float]:
        """Part of the subjects that respond, with its exact 95 % interval."""
        n, count = len(self.responded), int(self.responded.sum())
        return count / n, *clopper_pearson(count, n, 0.95)

    @property
    def mean_severe(self) -> tuple[float, float, float]:
        """Mean probability of severe CRS with its 95 % interval (of the mean over subjects)."""
        return _mean(self.severe)

    def against(self, other: "Fractionated") -> tuple[float, float, float]:
        """Mean difference of the probability of severe CRS, subject by subject, with its 95 % interval."""
        return _mean(self.severe - other.severe)


@dataclass(frozen=True)
class Fractionation:
    """Splits side by side.

    Attributes
    ----------
    splits : tuple of Fractionated
    output : str
        Of CAR-T cells.
    lost : int
        Subjects left out, as they were not computed under every split.
    notices : tuple of str
    """

    splits: tuple[Fractionated, ...]
    output: str
    lost: int
    notices: tuple[str, ...]


def _mean(values: np.ndarray) -> tuple[float, float, float]:
    mean = float(values.mean())
    if len(values) < 2:
        return mean, float("nan"), float("nan")
    half = Z95 * float(values.std(ddof=1)) / np.sqrt(len(values))
    return mean, mean - half, mean + half


def with_il6(model: Model) -> Model:
    """The model with IL-6: its own, or by the fragment.

    Parameters
    ----------
    model : Model
        The model.

    Returns
    -------
    Model

    Raises
    ------
    ModelError
        Where that does not fit.
    """
    if {o.name for o in model.system.outputs} & {SEVERE, IL6}:
        return model
    made = model + get_fragment(LINK)
    _ = made.system
    return made


def compare_splits(
    model: Model,
    splits: Sequence[Split],
    dose: float,
    subjects: Subjects | None = None,
    *,
    response_day: float = 28.0,
    response_below: float = 0.5,
    crs_50: float | None = None,
) -> Fractionation:
    """Simulate splits of one dose on the same subjects.

    Parameters
    ----------
    model : Model
        With IL-6 (see `with_il6`) and target cells.
    splits : sequence of Split
    dose : float
        The whole dose, in the unit of the state that is dosed.
    subjects : Subjects, optional
        The typical subject where none are given.
    response_day : float
        Day on which the tumour is looked at.
    response_below : float
        A subject responds whose tumour is then at most this part of that at the start.
    crs_50 : float, optional
        IL-6 (pg/mL) at which half have severe CRS; that of the fragment `il6_crs` by default.

    Returns
    -------
    Fractionation

    Raises
    ------
    InputError
        For a model that is not dosed, has no tumour, or does not count days; for numbers that cannot be.
    SolveError
        Where no subject could be computed.
    """
    system = flows_of(model)
    # cells that lost the antigen are no targets any more, and still tumour
    targets = [s.name for s in system.states if "target" in s.roles or s.name == ANTIGEN_NEGATIVE]
    if system.time_unit != "d" or not system.dose_into or not targets:
        raise InputError(
            f"`{model.full_name}` must count days, take a dose and have target cells, to split a dose"
        )
    if not dose > 0:
        raise InputError(f"the dose is {dose:g}; it must be above 0")
    last = max(split.days[-1] for split in splits)
    if not last < response_day <= 3650:
        raise InputError(
            f"response is looked at on day {response_day:g}; that must come after the last infusion (day {last:g})"
        )
    units = {s.unit for s in system.states if s.name in targets}
    if len(units) > 1:
        raise InputError(
            f"`{model.full_name}` counts its target cells in {', '.join(sorted(units))}; a response needs one unit"
        )
    if crs_50 is not None and not crs_50 > 0:
        raise InputError(f"the IL-6 at which half have severe CRS is {crs_50:g}; it must be above 0")
    if not 0 < response_below <= 1:
        raise InputError(
            f"the part of the tumour that counts as response is {response_below:g}; it must be above 0 and at most 1"
        )
    names = [o.name for o in system.outputs]
    output = next(n for n in ("car_t_blood", "car_t", *names) if n in names)
    wanted = [output, *(n for n in (SEVERE, IL6) if n in names), *targets]
    runs = [
        simulate(model, subjects, split.regimen(dose), [0.0, response_day], response_day, wanted)
        for split in splits
    ]
    kept = [i for i in range(runs[0].n) if all(run.status[i] == "ok" for run in runs)]
    if not kept:
        why = next(run.reason[0] for run in runs if run.reason[0])
        raise SolveError(f"`{model.full_name}`: no subject was computed under every split: {why}")
    found = []
    for split, run in zip(splits, runs, strict=True):
        tumour = np.sum([run.values[kept, run.outputs.index(name)] for name in targets], axis=0)
        left = tumour[:, 1] / tumour[:, 0]
        il6 = run.metric(IL6, "CMAX")[kept]
        severe = (
            run.metric(SEVERE, "CMAX")[kept] if SEVERE in names and crs_50 is None else _linked(il6, crs_50)
        )
        found.append(
            Fractionated(split, severe, il6, run.metric(output, "CMAX")[kept], left, left <= response_below)
        )
    notices = tuple(dict.fromkeys(notice for run in runs for notice in run.notices))
    return Fractionation(tuple(found), output, runs[0].n - len(kept), notices)


def _linked(il6: np.ndarray, crs_50: float | None) -> np.ndarray:
    """Probability of severe CRS at a level of IL-6, by the link of the fragment."""
    values = get_fragment(LINK).values.values
    half, slope = values["crs_50"] if crs_50 is None else crs_50, values["crs_slope"]
    return 1 / (1 + (half / np.maximum(il6, 1e-300)) ** slope)
