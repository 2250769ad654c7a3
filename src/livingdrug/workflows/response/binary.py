"""How the fit of a yes-or-no outcome is shown."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.report import Cell, Table, cell
from livingdrug.response import (
    BinaryFit,
    Estimate,
    exposure_at,
    exposure_at_profile,
    grid,
    inverse_link,
    observed_rates,
    probability,
    probability_band,
)
from livingdrug.response.words import p_text, per_step, percent, short, span
from livingdrug.workflows.response.coefficients import (
    at_words,
    coefficient_table,
    coefficients,
    curve_values,
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
    return {
        "coefficients": coefficients(fit),
        "covariance": fit.covariance.tolist(),
        "log_likelihood": fit.log_likelihood,
        "penalised_log_likelihood": fit.penalised_log_likelihood,
        "deviance": fit.deviance,
        "p_value": fit.p_value,
        "permutation": permutation(fit.permutation),
        "events": int(fit.sample.outcome.sum()),
        "curve": curve_values(fit.curve),
        "exposure_at": [{"probability": p} | estimate(e) for p, e in levels(fit)],
        "exposure_at_by": {
            column: {
                level: [{"probability": p} | estimate(at) for p, at in zip(WANTED, found, strict=True)]
                for level, found in levels.items()
            }
            for column, levels in by_category(fit).items()
        },
        "observed": [vars(group) for group in observed_rates(fit.sample, fit.sample.outcome, fit.level)],
        "sentence": sentence(fit),
    }


def levels(fit: BinaryFit) -> list[tuple[float, Estimate]]:
    """(probability, exposure there); parts of the ceiling, where there is one."""
    return [(wanted, _level(fit, wanted)) for wanted in (p * fit.curve.ceiling for p in WANTED)]


def _level(fit: BinaryFit, wanted: float, held: Sequence[float] | None = None) -> Estimate:
    """By profile where the model has one, else by the delta method; nothing where the curve is flat."""
    try:
        if fit.curve.ceiling == 1:
            return exposure_at_profile(fit, wanted, held)
        at, (low, high) = exposure_at(fit.curve, wanted, fit.level), fit.intervals[1]
    except InputError:
        return Estimate(np.nan, np.nan, np.nan, fit.level, "none")
    flat = low <= 0 <= high
    return (
        replace(at, low=0.0, high=np.inf, method="not determined: the interval of the slope holds 0")
        if flat
        else at
    )


def by_category(fit: BinaryFit) -> dict[str, dict[str, list[Estimate]]]:
    """Column of categories -> level -> exposures at the probabilities WANTED, the other covariates at
    their means."""
    terms, columns = tuple(fit.sample.covariates), list(fit.sample.covariates.values())
    found = {}
    for column, reference in fit.sample.references.items():
        own = [i for i, term in enumerate(terms) if term.startswith(f"{column}: ")]
        means = np.array([values.mean() for values in columns])
        means[own] = 0.0
        found[column] = {reference: means} | {
            terms[i].removeprefix(f"{column}: "): _set(means, i) for i in own
        }
    wanted = [p * fit.curve.ceiling for p in WANTED]
    return {column: {level: [_level(fit, p, held) for p in wanted] for level, held in levels.items()}
            for column, levels in found.items()} if fit.curve.ceiling == 1 else {}  # fmt: skip


def _set(means: np.ndarray, i: int) -> np.ndarray:
    held = means.copy()
    held[i] = 1.0
    return held


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
    moves = step * np.array([fit.estimates[1], *fit.intervals[1]])
    ratio, low, high = np.exp(moves)
    if fit.curve.link == "probit":
        half = percent(float(inverse_link("probit", moves[0])))
        ends = span(moves[1], moves[2], fit.level)
        text = (f"{words[0].upper()}{words[1:]} adds {short(moves[0])} ({ends}) to the probit of "
                f"{s.endpoint}, which takes a probability of 50 % to {half}")  # fmt: skip
        return text + _held(fit) + unclear(low, high, fit.permutation, fit.level) + "."
    what = "the cumulative hazard -ln(1 - P)" if fit.curve.link == "cloglog" else "the odds"
    text = f"{words[0].upper()}{words[1:]} multiplies {what} of {s.endpoint} by "
    if (
        fit.separated and not low <= 1 <= high
    ):  # the estimate is the penalty's, and only the near end is of the data
        near = f"at least {short(low)}" if low > 1 else f"at most {short(high)}"
        text += f"{near} ({100 * fit.level:g} %); the size is not estimable"
    else:
        text += f"{short(ratio)} ({span(low, high, fit.level)})"
    return text + _held(fit) + unclear(low, high, fit.permutation, fit.level) + "."


def _held(fit: BinaryFit) -> str:
    covariates = fit.sample.covariates
    return f", at equal {' and '.join(covariates)}" if covariates else ""


def lines(answer) -> Iterator[str]:
    """Likelihood and tests, exposures at given probabilities."""
    fit: BinaryFit = answer.fit
    test = "" if fit.p_value is None else f"; exposure by likelihood ratio: {p_text(fit.p_value)}"
    test += "" if fit.permutation is None else f"; {fit.permutation.words}: {p_text(fit.permutation.p_value)}"
    yield f"log-likelihood {fit.log_likelihood:.6g}, deviance {fit.deviance:.6g}{test}"
    unit = f" {fit.sample.exposure_unit}" if fit.sample.exposure_unit else ""
    for wanted, at in levels(fit):
        yield f"a probability of {percent(wanted)}{at_words(at, unit)}"


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
    return coefficient_table(fit), *category_tables(fit), Table("observed rates by exposure", header, tuple(rows))


def category_tables(fit: BinaryFit) -> Iterator[Table]:
    """Exposures at given probabilities for each level of a column of categories."""
    unit = f" {fit.sample.exposure_unit}" if fit.sample.exposure_unit else ""
    for column, levels in by_category(fit).items():
        rows = tuple(
            (level, *(Cell(estimate_words(at, unit)) for at in found)) for level, found in levels.items()
        )
        title = f"{fit.sample.exposure_name} by probability and {column} (one slope for all)"
        yield Table(title, (column, *(percent(p) for p in WANTED)), rows)


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
