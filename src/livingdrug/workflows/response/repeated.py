"""How the fit of repeated yes-or-no outcomes is shown."""

from collections.abc import Iterator

import numpy as np

from livingdrug.report import Cell, Table, cell
from livingdrug.response import (
    Estimate,
    RepeatedFit,
    exposure_by_fieller,
    grid,
    observed_rates,
    probability,
    probability_band,
)
from livingdrug.response.words import p_text, per_step, percent, short, span
from livingdrug.workflows.response.coefficients import (
    UNCLEAR,
    at_words,
    coefficient_table,
    coefficients,
    curve_values,
    estimate,
    finite,
    unclear,
)

WANTED = (0.1, 0.5, 0.9)
POINTS = 101


def as_dict(answer) -> dict:
    """Plain data of the fit; what is not known is null."""
    fit: RepeatedFit = answer.fit
    known_errors = fit.determined
    return {
        "coefficients": coefficients(fit),
        "covariance": fit.covariance.tolist() if known_errors else None,
        "uncorrected_covariance": fit.plain.tolist() if known_errors else None,
        "p_value": finite(fit.p_value),
        "degrees_of_freedom": fit.degrees,
        "correlation": fit.correlation,
        "observations": fit.sample.n,
        "events": int(fit.sample.outcome.sum()),
        "curve": curve_values(fit.curve),
        "exposure_at": [{"probability": p} | estimate(at) for p, at in levels(fit)],
        "sentence": sentence(fit),
    }


def levels(fit: RepeatedFit) -> list[tuple[float, Estimate]]:
    """(probability, exposure there)."""
    return [(wanted, exposure_by_fieller(fit, wanted)) for wanted in WANTED]


def sentence(fit: RepeatedFit) -> str:
    """The effect of exposure in plain words."""
    s = fit.sample
    step, words = per_step(s.exposure, fit.scale, s.exposure_name, s.exposure_unit)
    ratio, low, high = np.exp(step * np.array([fit.estimates[1], *fit.intervals[1]]))
    text = f"{words[0].upper()}{words[1:]} multiplies the odds of {s.endpoint} by {short(ratio)}"
    text += f" ({span(low, high, fit.level)})" if fit.determined else " (interval not determined)"
    text += f", at equal {' and '.join(s.covariates)}" if s.covariates else ""
    doubt = unclear(low, high, None, fit.level) if fit.determined else UNCLEAR
    return f"{text}, in {s.n:,} observations of {fit.subjects:,} subjects{doubt}."


def lines(answer) -> Iterator[str]:
    """The test, how alike observations of a subject are, exposures at given probabilities."""
    fit: RepeatedFit = answer.fit
    test = p_text(fit.p_value) if fit.determined else "p not determined"
    yield (
        f"estimating equations (GEE, exchangeable): correlation within a subject {fit.correlation:.2f}; "
        f"errors corrected for few subjects (Mancl & DeRouen), t with {fit.degrees} degrees of freedom; "
        f"exposure: {test}"
    )
    unit = f" {fit.sample.exposure_unit}" if fit.sample.exposure_unit else ""
    for wanted, at in levels(fit):
        yield f"a probability of {percent(wanted)}{at_words(at, unit)}"


def tables(answer) -> tuple[Table, ...]:
    """Coefficients, and rates of all rows by exposure beside those of the curve, without intervals."""
    fit: RepeatedFit = answer.fit
    rows = []
    for g in observed_rates(fit.sample, fit.sample.outcome, fit.level):
        ends = short(g.start) if g.start == g.end else f"{short(g.start)} to {short(g.end)}"
        model = float(probability(fit.curve, g.median))
        seen, by_curve = Cell(percent(g.rate), g.rate), Cell(percent(model), model)
        rows.append((ends, cell(g.n), cell(g.events), seen, by_curve))
    header = (fit.sample.exposure_name, "observations", "events", "observed", "curve")
    return coefficient_table(fit), Table("observed rates by exposure", header, tuple(rows))


def table(answer):
    """The curve with its band over the range of exposure, as a table."""
    import pandas as pd

    fit: RepeatedFit = answer.fit
    at = grid(answer.sample.exposure, answer.scale, POINTS)
    low, high = probability_band(fit.curve, at, fit.band)
    p = probability(fit.curve, at)
    return pd.DataFrame({answer.sample.exposure_name: at, "probability": p, "low": low, "high": high})


def figure(answer):
    """The figure of the fit."""
    from livingdrug.plots import plot_repeated

    return plot_repeated(answer.fit)
