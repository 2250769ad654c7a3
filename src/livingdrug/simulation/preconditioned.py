"""What regimens of preconditioning do to host T cells and to CAR-T cells, side by side.

Drugs act as in the fragment `preconditioning` (K-PD: both drugs as one signal, by their mass); the exposure of fludarabine
has kinetics of its own (Langenhorst 2019), AUC = dose / CL, and touches nothing in the model.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError, SolveError
from livingdrug.models import FludarabineWindow, Model, PreconditioningRegimen, get_model
from livingdrug.simulation.infusate import expansion_peak
from livingdrug.simulation.regimen import Dose, Regimen, Reset
from livingdrug.simulation.run import simulate

STEP = 0.1  # d, of the grid on which nadir and recovery are read
CAR_T, HOST, DRUG = "car_t_blood", "host_t", "chemo"
WINDOW = MONTH  # after the infusion
PK_MODEL = "langenhorst_2019_fludarabine"


@dataclass(frozen=True)
class Exposure:
    """Cumulative AUC of F-ara-A of a regimen, log-normal over patients: median in mg*h/L and SD of its logarithm."""

    median: float
    log_sd: float

    def percentile(self, level: float) -> float:
        """A percentile, level in %."""
        from scipy.special import ndtri

        return self.median * math.exp(self.log_sd * float(ndtri(level / 100)))

    def within(self, low: float, high: float | None) -> float:
        """Probability that a patient's AUC lies from low to high (no upper end: None)."""
        from scipy.special import ndtr

        if not self.median > 0:
            return float(low <= 0)
        upper = 1.0 if high is None else float(ndtr(math.log(high / self.median) / self.log_sd))
        return upper - float(ndtr(math.log(low / self.median) / self.log_sd))

    def in_window(self, window: FludarabineWindow) -> float:
        """Probability that a patient's AUC lies in a published window."""
        return self.within(window.low, window.high)


@dataclass(frozen=True)
class Preconditioned:
    """One regimen.

    Attributes
    ----------
    regimen : PreconditioningRegimen
        Drugs, doses and days before the infusion.
    exposure : Exposure
        Of fludarabine.
    days : ndarray
        From the infusion of CAR-T cells on; drugs come before 0.
    host, car_t : ndarray
        Cells/uL of blood at these days.
    start, nadir, at_infusion : float
        Host T cells before the drugs, at their lowest, and when CAR-T cells are infused, in cells/uL.
    nadir_day, half_day, recovered_day : float
        Days of the nadir and, after it, of half and of 90 % of the start; nan where that is not reached.
    cmax, auc28 : float
        Of CAR-T cells in blood; area over 28 d from the infusion on.
    xcmax : float
        Largest level after the distribution minimum: CMAX where no infused cells are counted, 0 where the level never
        rises.
    infusate : bool
        Whether the CMAX is the level of the infused cells and not of their expansion.
    """

    regimen: PreconditioningRegimen
    exposure: Exposure
    days: np.ndarray
    host: np.ndarray
    car_t: np.ndarray
    start: float
    nadir: float
    at_infusion: float
    nadir_day: float
    half_day: float
    recovered_day: float
    cmax: float
    auc28: float
    xcmax: float
    infusate: bool


def fludarabine_exposure(
    regimen: PreconditioningRegimen, bsa: float = 1.85, weight: float = 70.0, egfr: float = 90.0
) -> Exposure:
    """The exposure of fludarabine of a regimen (Langenhorst 2019).

    Parameters
    ----------
    regimen : PreconditioningRegimen
        Drugs, doses and days before the infusion.
    bsa : float
        Body surface in m2.
    weight : float
        In kg.
    egfr : float
        In mL/min for 1.73 m2; above 140 it counts as 140.

    Returns
    -------
    Exposure

    Raises
    ------
    InputError
        For a body that cannot be.
    """
    for name, value, most in (("bsa", bsa, 4.0), ("weight", weight, 400.0), ("egfr", egfr, 400.0)):
        if not 0 < value <= most:
            raise InputError(f"{name} is {value:g}; it must be above 0 and at most {most:g}")
    model = get_model(PK_MODEL)
    q = model.typical
    size = (weight / q["weight_0"]) ** 0.75
    clearance = (q["cl_nonrenal"] + q["cl_slope"] * q["renal_per_egfr"] * min(egfr, 140.0)) * size
    spread = model.populations[0].spreads["clearance_factor"]
    return Exposure(q["mass_factor"] * regimen.fludarabine_total(bsa) / clearance, spread.sd)


def compare_regimens(
    model: Model,
    regimens: Sequence[PreconditioningRegimen],
    dose: float,
    days: float = 100.0,
    *,
    bsa: float = 1.85,
    weight: float = 70.0,
    egfr: float = 90.0,
) -> tuple[Preconditioned, ...]:
    """Simulate the typical subject under several regimens of preconditioning.

    Parameters
    ----------
    model : Model
        With the fragment `preconditioning` and host T cells; its host T cells start before the drugs.
    regimens : sequence of PreconditioningRegimen
        Drugs, doses and days before the infusion, the ones to compare.
    dose : float
        CAR-T cells.
    days : float
        Horizon after the infusion.
    bsa, weight, egfr : float
        As in `fludarabine_exposure`.

    Returns
    -------
    tuple of Preconditioned
        One for each regimen, in order.

    Raises
    ------
    InputError
        For a model without these parts, a horizon below 28 d.
    SolveError
        Where a subject cannot be computed.
    """
    names = {o.name for o in model.system.outputs}
    missing = [name for name in (CAR_T, HOST) if name not in names]
    if missing or DRUG not in {s.name for s in getattr(model.system, "states", ())}:
        part = {CAR_T: "an output car_t_blood", HOST: "host T cells (join host_competition_logistic)"}
        what = part[missing[0]] if missing else "the fragment preconditioning"
        raise InputError(
            f"`{model.full_name}` lacks {what}, so regimens of preconditioning cannot be compared"
        )
    if model.time_unit != "d":
        raise InputError(f"`{model.full_name}` counts {model.time_unit}; regimens are given in days")
    if not WINDOW <= days <= 3650:
        raise InputError(
            f"the horizon is {days:g} d after the infusion; it must be from {WINDOW:g} to 3650 d"
        )
    if not dose > 0:
        raise InputError(f"the dose of CAR-T cells is {dose:g}; it must be above 0")
    return tuple(
        _one(model, r, dose, days, fludarabine_exposure(r, bsa, weight, egfr), bsa) for r in regimens
    )


def _one(
    model: Model, regimen: PreconditioningRegimen, dose: float, days: float, exposure: Exposure, bsa: float
) -> Preconditioned:
    infusion = regimen.infusion_day
    records = [Dose(mg, day, into=DRUG) for day, mg in regimen.daily(bsa).items()]
    given = Regimen.of([*records, Dose(dose, infusion)])
    end = infusion + days
    times = np.unique(np.append(np.arange(0.0, end, STEP), [infusion, end]))
    run = simulate(model, None, given, times, end, [CAR_T, HOST])
    area = simulate(model, None, given, [infusion + WINDOW], infusion + WINDOW, [CAR_T])
    for result in (run, area):
        if result.uncomputed:
            raise SolveError(f"`{model.full_name}` under {regimen.name}: {result.reason[0]}")
    host, at = run.curve(HOST), int(np.searchsorted(times, infusion))
    low = int(np.argmin(host))
    return Preconditioned(
        regimen,
        exposure,
        times - infusion,
        host,
        run.curve(CAR_T),
        start=float(host[0]),
        nadir=float(host[low]),
        at_infusion=float(host[at]),
        nadir_day=float(times[low] - infusion),
        half_day=_reached(times - infusion, host, low, 0.5 * host[0]),
        recovered_day=_reached(times - infusion, host, low, 0.9 * host[0]),
        cmax=float(run.metric(CAR_T, "CMAX")[0]),
        auc28=float(area.metric(CAR_T, "AUC")[0]),
        xcmax=float(expansion_peak(run.metric(CAR_T, "CMAX"), run.metric(CAR_T, "XCMAX"))[0]),
        infusate=bool(run.infusate_peaks(CAR_T)[0]),
    )


def _reached(days: np.ndarray, host: np.ndarray, low: int, level: float) -> float:
    """The first day after the nadir with so many cells; nan where it never fell below, or never comes back."""
    if host[low] >= level:
        return math.nan
    later = np.flatnonzero(host[low:] >= level)
    return float(days[low + later[0]]) if len(later) else math.nan


def with_full_host(model: Model) -> Model:
    """The model with host T cells at their plateau before the drugs, where it has one and nobody set their
    start.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.

    Returns
    -------
    Model
    """
    known = {q.name for q in model.quantities}
    if "host_0" in model.changes or not {"host_0", "host_max"} <= known:
        return model
    return replace(model, changes={**model.changes, "host_0": model.typical["host_max"]})


def preconditioned_doses(
    regimen: PreconditioningRegimen, doses: Sequence[Dose | Reset], bsa: float = 1.85
) -> tuple[Dose | Reset, ...]:
    """Drugs of a regimen from time 0 on, and the given doses after them.

    Parameters
    ----------
    regimen : PreconditioningRegimen
        Drugs, doses and days before the infusion.
    doses : sequence of Dose or Reset
        Their times count from the infusion; they move to the day of the infusion.
    bsa : float
        Body surface in m2.

    Returns
    -------
    tuple of Dose or Reset
    """
    drugs = [Dose(mg, day, into=DRUG) for day, mg in regimen.daily(bsa).items()]
    return (*drugs, *(replace(dose, time=dose.time + regimen.infusion_day) for dose in doses))
