"""How the fit of a yes-or-no outcome is shown."""

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from livingdrug.core.errors import InputError
from livingdrug.response.binary import BinaryFit, exposure_at_profile
from livingdrug.response.curve import Estimate, exposure_at, grid, probability, probability_band
from livingdrug.response.observed import observed_rates
from livingdrug.response.words import p_text, per_step, percent, short, span

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
        "events": int(fit.sample.outcome.sum()),
        "curve": {"intercept": curve.intercept, "slope": curve.slope, "ceiling": curve.ceiling, "scale": curve.scale,
                  "covariance": curve.covariance.tolist()},
        "exposure_at": [vars_of(p, e) for p, e in levels(fit)],
        "observed": [vars(group) for group in observed_rates(fit.sample, fit.sample.outcome, fit.level)],
        "sentence": sentence(fit),
    }  # fmt: skip


def coefficients(fit: BinaryFit) -> list[dict]:
    """Terms with estimate, standard error and interval; what was held has neither."""
    rows = []
    for term, value, error, (low, high) in zip(fit.terms, fit.estimates, fit.errors, fit.intervals, strict=True):
        held = error == 0
        rows.append({"term": term, "estimate": float(value), "se": None if held else float(error),
                     "low": None if held else finite(low), "high": None if held else finite(high)})  # fmt: skip
    return rows


def finite(value: float) -> float | None:
    """The number, or None for one that JSON has no word for."""
    return float(value) if np.isfinite(value) else None


def vars_of(wanted: float, at: Estimate) -> dict:
    """Plain data of an exposure at a probability."""
    return {"probability": wanted, "value": at.value, "low": finite(at.low), "high": finite(at.high), "method": at.method}


def levels(fit: BinaryFit) -> list[tuple[float, Estimate]]:
    """(probability, exposure there) where the curve reaches it: parts of the ceiling, where there is one."""
    made = []
    for wanted in (p * fit.curve.ceiling for p in WANTED):
        if fit.model in ("logistic", "firth"):
            try:
                made.append((wanted, exposure_at_profile(fit, wanted)))
                continue
            except InputError:
                pass
        made.append((wanted, exposure_at(fit.curve, wanted, fit.level)))
    return made


def sentence(fit: BinaryFit) -> str:
    """The effect of exposure in plain words."""
    s = fit.sample
    if fit.curve.ceiling < 1:
        at = exposure_at(fit.curve, fit.curve.ceiling / 2, fit.level)
        return (f"The chance of {s.endpoint} levels off at {percent(fit.curve.ceiling)}; half of that is reached at "
                f"{s.exposure_name} {short(at.value)}{f' {s.exposure_unit}' if s.exposure_unit else ''} "
                f"({span(at.low, at.high, fit.level)}).")  # fmt: skip
    step, words = per_step(s.exposure, fit.scale, s.exposure_name, s.exposure_unit)
    ratio, low, high = np.exp(step * np.array([fit.estimates[1], *fit.intervals[1]]))
    text = f"{words[0].upper()}{words[1:]} multiplies the odds of {s.endpoint} by {short(ratio)}"
    text += f" ({span(low, high, fit.level)})"
    if s.covariates:
        text += f", at equal {' and '.join(s.covariates)}"
    if low <= 1 <= high:
        text += ": these data do not tell whether exposure matters"
    return text + "."


def show(console: Console, answer) -> None:
    """Coefficients, exposures at given chances, observed rates."""
    fit: BinaryFit = answer.fit
    table = Table(box=SIMPLE_HEAD, show_edge=False)
    for heading in ("term", "estimate", "SE", f"{100 * fit.level:g} % interval"):
        table.add_column(heading, justify="left" if heading == "term" else "right")
    for row in coefficients(fit):
        error = "held" if row["se"] is None else short(row["se"])
        ends = "" if row["se"] is None else f"{_end(row['low'], '-')} to {_end(row['high'], '')}"
        table.add_row(escape(row["term"]), short(row["estimate"]), error, ends)
    console.print(table)
    test = "" if fit.p_value is None else f"; exposure by likelihood ratio: {p_text(fit.p_value)}"
    console.print(f"log-likelihood {fit.log_likelihood:.6g}, deviance {fit.deviance:.6g}{test}", highlight=False)
    unit = f" {fit.sample.exposure_unit}" if fit.sample.exposure_unit else ""
    for wanted, at in levels(fit):
        where = f"{short(at.value)}{escape(unit)} ({span(at.low, at.high, fit.level)}, {at.method})"
        if is_open(at):
            where = "an exposure that these data do not determine"
        console.print(f"a chance of {percent(wanted)} at {where}", highlight=False)
    console.print(observed_table(fit))


def _end(value: float | None, sign: str) -> str:
    return f"{sign}infinity" if value is None else short(value)


def is_open(at: Estimate) -> bool:
    """Whether neither end of the interval is known, so that the value says nothing."""
    return not np.isfinite(at.high) and not (at.low > 0 and np.isfinite(at.low))


def observed_table(fit: BinaryFit) -> Table:
    """Observed rates by exposure beside those of the curve."""
    curve = fit.curve
    table = Table(box=SIMPLE_HEAD, show_edge=False)
    for heading in (fit.sample.exposure_name, "n", "events", "observed", f"{100 * fit.level:g} % exact", "curve"):
        table.add_column(heading, justify="right")
    for g in observed_rates(fit.sample, fit.sample.outcome, fit.level):
        ends = short(g.start) if g.start == g.end else f"{short(g.start)} to {short(g.end)}"
        model = percent(float(probability(curve, g.median)))
        table.add_row(ends, str(g.n), str(g.events), percent(g.rate), f"{percent(g.low)} to {percent(g.high)}", model)
    return table


def table(answer):
    """The curve with its band over the range of exposure, as a table."""
    import pandas as pd

    at = grid(answer.sample.exposure, answer.scale, POINTS)
    low, high = probability_band(answer.fit.curve, at, answer.fit.level)
    p = probability(answer.fit.curve, at)
    return pd.DataFrame({answer.sample.exposure_name: at, "probability": p, "low": low, "high": high})


def figure(answer):
    """The picture of the fit."""
    from livingdrug.plots.response import plot_response

    return plot_response(answer.fit)
