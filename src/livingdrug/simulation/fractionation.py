"""Splits of one dose side by side: severe CRS and response, subject by subject."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.core.conventions import MONTH, Z95
from livingdrug.core.errors import InputError, SolveError
from livingdrug.core.proportion import clopper_pearson
from livingdrug.models import Model, flows_of, get_fragment
from livingdrug.simulation.divided import read_division
from livingdrug.simulation.infusate import expansion_peak
from livingdrug.simulation.population import Subjects
from livingdrug.simulation.regimen import Dose, Regimen
from livingdrug.simulation.run import simulate

SEVERE, IL6 = "severe_crs", "il6"
LINK = "il6_crs"  # the fragment whose link from IL-6 to severe CRS is used where a model has IL-6 of its own
ANTIGEN_NEGATIVE = "antigen_negative"  # the state of the fragment antigen_loss
CRS_50, CRS_SLOPE = "crs_50", "crs_slope"


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
        `10/30/60@0,1,2` or `0.1@0,0.3@1,0.6@2`: see `read_division`; `100@0`: one infusion.

    Returns
    -------
    Split

    Raises
    ------
    InputError
        For a text that is no division of a dose.
    """
    days, parts = zip(*read_division(text, "split"), strict=True)
    return Split(parts, days)


@dataclass(frozen=True)
class Fractionated:
    """One split over subjects that were computed under every split.

    Attributes
    ----------
    split : Split
        Fractions of the dose and their days.
    severe : ndarray of shape (n,)
        Probability of severe CRS at the highest IL-6 of each subject.
    il6 : ndarray of shape (n,)
        Highest IL-6, pg/mL.
    car_t : ndarray of shape (n,)
        Highest level of CAR-T cells in blood, or number of cells, as `output` says; of their expansion, where infused
        cells are counted too (XCMAX, 0 where the level never rises).
    infusate : ndarray of bool, shape (n,)
        Whether the infused cells are higher than that.
    left : ndarray of shape (n,)
        Tumour on the day of response over that at the start.
    responded : ndarray of bool, shape (n,)
        Whether each subject responded.
    """

    split: Split
    severe: np.ndarray
    il6: np.ndarray
    car_t: np.ndarray
    left: np.ndarray
    responded: np.ndarray
    infusate: np.ndarray

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
        What each split gives, in the order asked for.
    output : str
        Of CAR-T cells.
    lost : int
        Subjects left out, as they were not computed under every split.
    notices : tuple of str
        What the user must know of the model and the runs.
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
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.

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
    response_day: float = MONTH,
    response_below: float = 0.5,
    crs_50: float | None = None,
) -> Fractionation:
    """Simulate splits of one dose on the same subjects.

    Parameters
    ----------
    model : Model
        With IL-6 (see `with_il6`) and target cells.
    splits : sequence of Split
        Fractions of the dose and their days, one split each.
    dose : float
        The whole dose, in the unit of the state that is dosed.
    subjects : Subjects, optional
        The typical subject where none are given.
    response_day : float
        Day on which the tumour is looked at.
    response_below : float
        A subject responds whose tumour is then at most this part of that at the start.
    crs_50 : float, optional
        IL-6 (pg/mL) at which half have severe CRS; that of the model, else of the fragment `il6_crs`, by default. The slope
        of the link is the model's `crs_slope`, where it has one.

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
    found, slope = [], _slope(model, subjects)
    for split, run in zip(splits, runs, strict=True):
        tumour = np.sum([run.values[kept, run.outputs.index(name)] for name in targets], axis=0)
        left = tumour[:, 1] / tumour[:, 0]
        il6 = run.metric(IL6, "CMAX")[kept]
        own_link = SEVERE in names and crs_50 is None
        severe = run.metric(SEVERE, "CMAX")[kept] if own_link else _linked(il6, crs_50, slope[kept])
        car_t = expansion_peak(run.metric(output, "CMAX"), run.metric(output, "XCMAX"))[kept]
        infusate = run.infusate_peaks(output)[kept]
        found.append(Fractionated(split, severe, il6, car_t, left, left <= response_below, infusate))
    notices = tuple(dict.fromkeys(notice for run in runs for notice in run.notices))
    return Fractionation(tuple(found), output, runs[0].n - len(kept), notices)


def _slope(model: Model, subjects: Subjects | None) -> np.ndarray:
    """Slope of the link from IL-6 to severe CRS, (n,) or (1,): each subject's own, else that of the fragment."""
    own = model.typical if subjects is None else subjects.values
    known = own if CRS_SLOPE in model.typical else get_fragment(LINK).values.values
    return np.broadcast_to(np.atleast_1d(np.asarray(known[CRS_SLOPE], dtype=float)), (1 if subjects is None else subjects.n,))


def _linked(il6: np.ndarray, crs_50: float | None, slope: np.ndarray) -> np.ndarray:
    """Probability of severe CRS at a level of IL-6, by the link of the fragment."""
    half = get_fragment(LINK).values.values[CRS_50] if crs_50 is None else crs_50
    return 1 / (1 + (half / np.maximum(il6, 1e-300)) ** slope)
