"""`forecast`: a model, data and a day in, what each patient's samples so far say of the rest of the course
out."""

from collections.abc import Mapping, Sequence

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.pieces import Keeper
from livingdrug.core.random import check_seed
from livingdrug.core.units import in_a_day
from livingdrug.data import Data
from livingdrug.fit import FitProblem, ResidualError
from livingdrug.forecast.check import check_forecast
from livingdrug.forecast.course import WINDOW
from livingdrug.forecast.outcomes import factor_to
from livingdrug.forecast.patients import Progress, Setting, patients_of
from livingdrug.forecast.problem import forecast_problem
from livingdrug.forecast.result import Forecast, Patient
from livingdrug.models import Model
from livingdrug.response import Curve
from livingdrug.simulation import check_horizon, drawn_models, says_uncertainty

DRAWS = 500  # kept of each patient
UNTIL = 180.0
UNCERTAIN = 20  # draws of the population of a fit
MOST_UNCERTAIN = 500
SPARE = 2  # times as many are drawn, as some may be no population
MOST = 2000  # patients, whose draws are kept


def forecast(
    model: Model,
    data: Data,
    at: float | None = None,
    until: float = UNTIL,
    output: str | None = None,
    spread: str | None = None,
    cv: float | None = None,
    residuals: Sequence[ResidualError] = (),
    outputs: dict[str, str] | None = None,
    compartments: dict[str, str] | None = None,
    missing: str = "",
    response: Curve | None = None,
    toxicity: Curve | None = None,
    days: Sequence[float] | None = None,
    check: Sequence[float] = (),
    observed: Mapping[str, Mapping[str, float]] | None = None,
    draws: int = DRAWS,
    uncertainty: int | None = None,
    seed: int = 1,
    progress: Progress | None = None,
    kept: Keeper | None = None,
) -> Forecast:
    """Each patient's further course, from the samples so far and the population of a model.

    Parameters
    ----------
    model : Model
        With between-subject variability and residual error.
    data : Data
        As `read_data` reads them. A patient with doses and no samples gets the population's forecast.
    at : float, optional
        Last day (since the infusion) whose samples are used; all samples by default.
    until : float
        Horizon in days.
    output : str, optional
        Output of the model; the measured one by default.
    spread, cv : str or float, optional
        Which published between-subject variability, or a log-normal CV on every rate instead.
    residuals : sequence of ResidualError
        The model's published ones by default.
    outputs, compartments, missing
        As in `new_problem`.
    response, toxicity : Curve, optional
        Exposure-responses on CMAX or AUC28, whose probabilities are given; patients are ordered by that of
        response.
    days : sequence of float, optional
        Days on which one more sample is looked at; some after the last one used by default, none where it is
        empty.
    check : sequence of float
        Days from whose samples everything is forecast once more, and compared with what came later.
    observed : mapping
        Name of a curve -> patient -> whether the outcome came (1 or 0), for `check`.
    draws : int
        Draws of each patient's posterior that curves and intervals are made of.
    uncertainty : int, optional
        Draws of the population of a fitted model, which bands then hold too; 0 takes it as known. 20 by
        default where the fit gave the covariance of its estimates, draws or intervals of them. A patient's
        own samples do not change the population.
    seed : int
        Seed of the random numbers: the same seed gives the same numbers, on any number of processes.
    progress : callable, optional
        Called as `progress(done, all)` while it runs; it may raise to stop the run.
    kept : Kept, optional
        Where finished patients are kept on the way.

    Returns
    -------
    Forecast

    Raises
    ------
    InputError
        For a model without variability or without the output, a day before the first sample, or a horizon
        that is not after it.
    """
    curves = {curve.name: curve for curve in (response, toxicity) if curve is not None}
    if response is not None and toxicity is not None and len(curves) < 2:
        raise InputError(f"`{response.name}` is given as response and as toxicity; give two different curves")
    setting = settle(
        model,
        data,
        at,
        until,
        output,
        curves=curves,
        days=days,
        draws=draws,
        uncertainty=uncertainty,
        seed=seed,
        spread=spread,
        cv=cv,
        residuals=residuals,
        outputs=outputs,
        compartments=compartments,
        missing=missing,
    )
    _check_days(setting, check)
    apart = [name for name in observed or {} if name not in curves]
    if apart:
        raise InputError(f"outcomes of `{apart[0]}` were given without its exposure-response; give both")
    patients, notes = patients_of(setting, progress, kept=kept)
    ranked, words = in_order(patients, response.name if response else "")
    whole = patients if at is None else None
    checks = check_forecast(setting, check, observed or {}, whole=whole, kept=kept)
    return Forecast(
        model=model.full_name,
        output=setting.output,
        unit=setting.unit,
        at=at,
        until=until,
        patients=ranked,
        order=words,
        notes=notes,
        seed=seed,
        checks=checks,
    )


def settle(
    model: Model, data: Data, at: float | None, until: float, output: str | None, curves: dict[str, Curve],
    days: Sequence[float] | None, draws: int, uncertainty: int | None, seed: int, **population,
) -> Setting:  # fmt: skip
    """What is asked, checked; population: as in `forecast_problem`."""
    check_seed(seed)
    if not (isinstance(draws, int) and draws >= 100):
        raise InputError(f"{draws} draws were asked for; intervals of a patient need 100 or more")
    if at is not None and not (np.isfinite(at) and at >= 0):
        raise InputError(f"the samples are cut at day {at:g}; give a day from 0 on (command line: --at 14)")
    if not (np.isfinite(until) and until > (at or 0.0)):
        last = "the infusion" if at is None else f"day {at:g}, where the samples are cut"
        raise InputError(
            f"the forecast ends at day {until:g}; it must end after {last} (command line: --until 180)"
        )
    if data.logarithms:
        raise InputError(
            "a forecast is of levels, and the values are kept as logarithms; have them turned back "
            "(--logarithms e)"
        )
    if len(data.subjects) > MOST:
        raise InputError(
            f"the file holds {len(data.subjects):,} patients, and a forecast keeps draws of up to {MOST:,}; "
            "split the file"
        )
    day = in_a_day(model.time_unit)
    check_horizon(model, max(until, WINDOW) * day)
    problem, silent = forecast_problem(model, data, **population)
    drawn, unsure = _drawn(model, data, uncertainty, seed, population)
    known = {o.name: o.unit for o in model.system.outputs}
    output = problem.residuals[0].output if output is None else output
    if output not in known:
        raise InputError(f"`{model.full_name}` has an " + unknown("output", output, known))
    for curve in curves.values():
        factor_to(curve, known[output])
    asked = None if days is None else tuple(sorted({float(d) for d in days}))
    wrong = [d for d in asked or () if not (np.isfinite(d) and (at or 0.0) < d <= until)]
    if wrong:
        raise InputError(
            f"one more sample on day {wrong[0]:g} lies outside what is forecast, day {at or 0:g} to "
            f"{until:g}; give days between them (command line: --next 21,28)"
        )
    return Setting(
        problem=problem,
        drawn=drawn,
        unsure=unsure,
        silent=silent,
        output=output,
        unit=known[output],
        at=at,
        until=until,
        day=day,
        draws=draws,
        seed=seed,
        curves=curves,
        days=asked,
    )


def _drawn(
    model: Model, data: Data, count: int | None, seed: int, population: dict
) -> tuple[tuple[FitProblem, ...], tuple[str, ...]]:
    """(the problem at draws of the population of a fit, what to know of them); none where it counts as
    known."""
    if count is None:
        count = UNCERTAIN if says_uncertainty(model) else 0
        if model.fitted is not None and not count:
            return (), (
                "caution: the fit says nothing of the uncertainty of its estimates, so bands are too narrow",
            )
    if not count:
        return (), ()
    if count > MOST_UNCERTAIN:
        raise InputError(
            f"uncertainty is {count:,} draws of the population; 20 serve, and {MOST_UNCERTAIN} is the most"
        )
    made, drawn, lost, why = drawn_models(model, count * SPARE, seed), [], 0, ""
    for one in made.models:
        if len(drawn) == count:
            break
        try:
            drawn.append(forecast_problem(one, data, **population)[0])
        except InputError as error:  # such as subjects that differ by orders of magnitude
            lost, why = lost + 1, str(error)
    if not drawn:
        raise InputError(
            f"`{model.full_name}`: no draw of its estimates gives a population ({why}); give --uncertainty 0"
        )
    more = (
        [f"{lost} of {lost + len(drawn)} draws of the estimates give no population: left out"] if lost else []
    )
    return tuple(drawn), (*made.notes, *more)


def _check_days(setting: Setting, check: Sequence[float]) -> None:
    """Refuse a day of a check that is no day, or that is not before the horizon."""
    for at in check:
        if not (np.isfinite(at) and 0 <= at < setting.until):
            raise InputError(
                f"a check at day {at:g} needs days between it and the horizon, day {setting.until:g}; give "
                "days from 0 on (command line: --check 7,10,14)"
            )


def in_order(patients: tuple[Patient, ...], response: str) -> tuple[tuple[Patient, ...], str]:
    """(patients from the highest probability of response on, else from the highest median AUC28; the order
    in words)."""
    key = [p.chance[response].mean() if response and len(p.auc28) else p.of("auc28").median for p in patients]
    rank = np.argsort([-k if np.isfinite(k) else np.inf for k in key], kind="stable")
    return tuple(patients[i] for i in rank), f"probability of {response}" if response else "median AUC28"
