"""How the fit of grades is shown."""

from collections.abc import Iterator

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.report import Cell, Table, cell
from livingdrug.response import (
    Curve,
    Estimate,
    GradedFit,
    grid,
    half_exposure,
    observed_rates,
    probability,
    probability_band,
)
from livingdrug.response.words import p_text, per_step, short, span
from livingdrug.workflows.response.coefficients import (
    at_words,
    coefficient_table,
    coefficients,
    estimate,
    permutation,
    unclear,
)

POINTS = 101


def as_dict(answer) -> dict:
    """Plain data of the fit; what is not known is null."""
    fit: GradedFit = answer.fit
    return {
        "coefficients": coefficients(fit),
        "covariance": fit.covariance.tolist(),
        "log_likelihood": fit.log_likelihood,
        "p_value": fit.p_value,
        "permutation": permutation(fit.permutation),
        "grades": {str(g): int((fit.sample.outcome == g).sum()) for g in fit.grades},
        "proportional_odds": {"p_value": fit.proportional.p_value, "why_not": fit.proportional.why,
                              "slopes": {str(g): b for g, b in fit.proportional.slopes.items()}},
        "exposure_at": [{"outcome": c.name, "probability": 0.5} | estimate(half(c, fit)) for c in fit.curves],
        "observed": {c.name: [vars(g) for g in rates] for c, rates in observed(fit)},
        "sentence": sentence(fit),
    }  # fmt: skip


def observed(fit: GradedFit):
    """(curve, observed rates by exposure) for each cut."""
    s = fit.sample
    cuts = zip(fit.curves, fit.grades[1:], strict=True)
    return [
        (curve, observed_rates(s, (s.outcome >= grade).astype(float), fit.level)) for curve, grade in cuts
    ]


def half(curve: Curve, fit: GradedFit) -> Estimate:
    """The exposure with an even chance of this grade or above, with its profile-likelihood interval."""
    try:
        return half_exposure(fit, fit.curves.index(curve))
    except InputError:
        return Estimate(np.nan, np.nan, np.nan, fit.level, "none")


def sentence(fit: GradedFit) -> str:
    """The effect of exposure in plain words."""
    s, j = fit.sample, fit.slope
    step, words = per_step(s.exposure, fit.scale, s.exposure_name, s.exposure_unit)
    ratio, low, high = np.exp(step * np.array([fit.estimates[j], *fit.intervals[j]]))
    text = (
        f"{words[0].upper()}{words[1:]} multiplies the odds of a higher grade of {s.endpoint} by "
        f"{short(ratio)}"
    )
    text += f" ({span(low, high, fit.level)})"
    if s.covariates:
        text += f", at equal {' and '.join(s.covariates)}"
    return text + unclear(low, high, fit.permutation, fit.level) + "."


def lines(answer) -> Iterator[str]:
    """Likelihood, the assumption of one slope, exposures at even odds of each cut."""
    fit: GradedFit = answer.fit
    test = f"exposure by likelihood ratio: {p_text(fit.p_value)}"
    test += "" if fit.permutation is None else f"; {fit.permutation.words}: {p_text(fit.permutation.p_value)}"
    yield f"log-likelihood {fit.log_likelihood:.6g}; {test}"
    yield assumption(fit)
    unit = f" {fit.sample.exposure_unit}" if fit.sample.exposure_unit else ""
    for curve in fit.curves:
        yield f"a probability of 50 % of {curve.name}{at_words(half(curve, fit), unit)}"


def tables(answer) -> tuple[Table, ...]:
    """Coefficients, and the observed probability of each cut by exposure with that of the curve."""
    fit: GradedFit = answer.fit
    cuts, rows = observed(fit), []
    for groups in zip(*(rates for _, rates in cuts), strict=True):
        g = groups[0]
        ends = short(g.start) if g.start == g.end else f"{short(g.start)} to {short(g.end)}"
        curves = [float(probability(curve, g.median)) for curve, _ in cuts]
        cells = [Cell(f"{100 * one.rate:.0f} | {100 * p:.0f}") for one, p in zip(groups, curves, strict=True)]
        rows.append((ends, cell(g.n), *cells))
    header = (fit.sample.exposure_name, "n", *(f">= {g}" for g in fit.grades[1:]))
    return coefficient_table(fit), Table("observed | curve, %, by exposure", header, tuple(rows))


def assumption(fit: GradedFit) -> str:
    """What is known of the assumption that one slope serves all grades."""
    test = fit.proportional
    slopes = ", ".join(f">= {g}: {short(b)}" for g, b in test.slopes.items())
    if test.p_value is None:
        return f"one slope for all grades is assumed and was not tested: {test.why}" + (
            f" ({slopes})" if slopes else ""
        )
    verdict = "do not contradict it" if test.p_value >= 0.05 else "contradict it: look at each cut alone"
    return (
        f"one slope for all grades is assumed; separate slopes ({slopes}) {verdict} (Brant's test, "
        f"{p_text(test.p_value)})"
    )


def table(answer):
    """The chance of each cut with its band over the range of exposure, as a table."""
    import pandas as pd

    at = grid(answer.sample.exposure, answer.scale, POINTS)
    parts = []
    for curve in answer.fit.curves:
        low, high = probability_band(curve, at, answer.fit.level)
        rows = {answer.sample.exposure_name: at, "outcome": curve.name, "probability": probability(curve, at)}
        parts.append(pd.DataFrame(rows | {"low": low, "high": high}))
    return pd.concat(parts, ignore_index=True)


def figure(answer):
    """The picture of the fit."""
    from livingdrug.plots import plot_graded

    return plot_graded(answer.fit)
