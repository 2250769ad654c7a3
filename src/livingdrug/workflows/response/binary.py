"""How the fit of a yes-or-no outcome is shown."""

from collections.abc import Iterator

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.report import Cell, Table, cell
from livingdrug.response import (
    BinaryFit,
    Estimate,
    exposure_at,
    exposure_at_profile,
    grid,
    observed_rates,
    probability,
    probability_band,
)
from livingdrug.response.words import p_text, per_step, percent, short, span
from livingdrug.workflows.response.coefficients import (
    coefficient_table,
    coefficients,
    estimate,
    estimate_words,
    permutation,
    unclear,
)

WANTED = (0.1, 0.5, 0.9)
POINTS = 101


def as_dict(answer) -> dict:
    """Plain data of the fit; what is not known is null."""
    fit: BinaryFit = answer.fit
    curve = fit.curve
    return {
        "coefficients": coefficients(fit),
        "covariance": fit.covariance.tolist(),
        "log_likelihood": fit.log_likelihood,
        "penalised_log_likelihood": fit.penalised_log_likelihood,
        "deviance": fit.deviance,
        "p_value": fit.p_value,
        "permutation": permutation(fit.permutation),
        "events": int(fit.sample.outcome.sum()),
        "curve": {"intercept": curve.intercept, "slope": curve.slope, "ceiling": curve.ceiling, "scale": curve.scale,
                  "covariance": known(curve.covariance, "the covariance of a fitted curve").tolist()},
        "exposure_at": [{"probability": p} | estimate(e) for p, e in levels(fit)],
        "observed": [vars(group) for group in observed_rates(fit.sample, fit.sample.outcome, fit.level)],
        "sentence": sentence(fit),
    }  # fmt: skip


def levels(fit: BinaryFit) -> list[tuple[float, Estimate]]:
    """(probability, exposure there); parts of the ceiling, where there is one."""
    return [(wanted, _level(fit, wanted)) for wanted in (p * fit.curve.ceiling for p in WANTED)]


def _level(fit: BinaryFit, wanted: float) -> Estimate:
    """By profile where the model has one, else by the delta method; nothing where the curve is flat."""
    try:
        if fit.model in ("logistic", "firth"):
            return exposure_at_profile(fit, wanted)
        return exposure_at(fit.curve, wanted, fit.level)
    except InputError:
        return Estimate(np.nan, np.nan, np.nan, fit.level, "none")


def sentence(fit: BinaryFit) -> str:
    """The effect of exposure in plain words."""
    s = fit.sample
    if fit.curve.ceiling < 1:
        at = exposure_at(fit.curve, fit.curve.ceiling / 2, fit.level)
        return (f"The probability of {s.endpoint} levels off at {percent(fit.curve.ceiling)}; half of that "
                f"is reached at {s.exposure_name} "
                f"{short(at.value)}{f' {s.exposure_unit}' if s.exposure_unit else ''} "
                f"({span(at.low, at.high, fit.level)}).")  # fmt: skip
    step, words = per_step(s.exposure, fit.scale, s.exposure_name, s.exposure_unit)
    ratio, low, high = np.exp(step * np.array([fit.estimates[1], *fit.intervals[1]]))
    text = f"{words[0].upper()}{words[1:]} multiplies the odds of {s.endpoint} by "
    if (
        fit.separated and not low <= 1 <= high
    ):  # the estimate is the penalty's, and only the near end is of the data
        near = f"at least {short(low)}" if low > 1 else f"at most {short(high)}"
        text += f"{near} ({100 * fit.level:g} %); the size is not estimable"
    else:
        text += f"{short(ratio)} ({span(low, high, fit.level)})"
    if s.covariates:
        text += f", at equal {' and '.join(s.covariates)}"
    return text + unclear(low, high, fit.permutation, fit.level) + "."


def lines(answer) -> Iterator[str]:
    """Likelihood and tests, exposures at given probabilities."""
    fit: BinaryFit = answer.fit
    test = "" if fit.p_value is None else f"; exposure by likelihood ratio: {p_text(fit.p_value)}"
    test += "" if fit.permutation is None else f"; {fit.permutation.words}: {p_text(fit.permutation.p_value)}"
    yield f"log-likelihood {fit.log_likelihood:.6g}, deviance {fit.deviance:.6g}{test}"
    unit = f" {fit.sample.exposure_unit}" if fit.sample.exposure_unit else ""
    for wanted, at in levels(fit):
        yield f"a probability of {percent(wanted)} at {estimate_words(at, unit)}"


def tables(answer) -> tuple[Table, ...]:
    """Coefficients, and observed rates by exposure beside those of the curve."""
    fit: BinaryFit = answer.fit
    rows = []
    for g in observed_rates(fit.sample, fit.sample.outcome, fit.level):
        ends = short(g.start) if g.start == g.end else f"{short(g.start)} to {short(g.end)}"
        model = float(probability(fit.curve, g.median))
        interval = Cell(f"{percent(g.low)} to {percent(g.high)}")
        rows.append(
            (
                ends,
                cell(g.n),
                cell(g.events),
                Cell(percent(g.rate), g.rate),
                interval,
                Cell(percent(model), model),
            )
        )
    header = (fit.sample.exposure_name, "n", "events", "observed", f"{100 * fit.level:g} % exact", "curve")
    return coefficient_table(fit), Table("observed rates by exposure", header, tuple(rows))


def table(answer):
    """The curve with its band over the range of exposure, as a table."""
    import pandas as pd

    at = grid(answer.sample.exposure, answer.scale, POINTS)
    low, high = probability_band(answer.fit.curve, at, answer.fit.level)
    p = probability(answer.fit.curve, at)
    return pd.DataFrame({answer.sample.exposure_name: at, "probability": p, "low": low, "high": high})


def figure(answer):
    """The picture of the fit."""
    from livingdrug.plots import plot_response

    return plot_response(answer.fit)
