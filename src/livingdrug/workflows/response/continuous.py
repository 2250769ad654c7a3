"""How the fit of a response on a scale is shown."""

from collections.abc import Iterator

from livingdrug.report import Table
from livingdrug.response import ContinuousFit, exposure_at_share, grid, predict
from livingdrug.response.words import p_text, short
from livingdrug.workflows.response.coefficients import (
    UNCLEAR,
    coefficient_table,
    coefficients,
    estimate,
    estimate_words,
    finite,
)

SHARES = (0.1, 0.5, 0.9)
POINTS = 101


def as_dict(answer) -> dict:
    """Plain data of the fit; what is not known is null."""
    fit: ContinuousFit = answer.fit
    return {
        "coefficients": coefficients(fit),
        "covariance": [[finite(v) for v in row] for row in fit.covariance],
        "log_likelihood": fit.log_likelihood,
        "rss": fit.rss,
        "sigma": fit.sigma,
        "degrees_of_freedom": fit.df,
        "p_value": fit.p_value,
        "explained": fit.explained,
        "exposure_at": [{"share": s} | estimate(exposure_at_share(fit, s)) for s in SHARES],
        "sentence": sentence(fit),
    }


def sentence(fit: ContinuousFit) -> str:
    """The effect of exposure in plain words."""
    s = fit.sample
    first, last = (short(float(v)) for v in predict(fit, [s.exposure.min(), s.exposure.max()])[0])
    half, unit = exposure_at_share(fit, 0.5), f" {s.exposure_unit}" if s.exposure_unit else ""
    text = f"From the lowest to the highest {s.exposure_name} seen, {s.endpoint} goes from {first} to {last}"
    text += f"{f' {s.outcome_unit}' if s.outcome_unit else ''}; half of the whole change is reached at "
    text += estimate_words(half, unit)
    return text + (f"{UNCLEAR}." if fit.p_value > 1 - fit.level else ".")


def lines(answer) -> Iterator[str]:
    """Residual error, exposures at parts of the effect."""
    fit: ContinuousFit = answer.fit
    yield (
        f"residual SD {fit.sigma:.5g} on {fit.df} degrees of freedom, sum of squares {fit.rss:.6g}, "
        f"log-likelihood {fit.log_likelihood:.6g}; {100 * fit.explained:.3g} % of the variance; curve "
        f"against a constant: {p_text(fit.p_value)}"
    )
    unit = f" {fit.sample.exposure_unit}" if fit.sample.exposure_unit else ""
    for part in SHARES:
        yield f"{100 * part:g} % of the whole change at {estimate_words(exposure_at_share(fit, part), unit)}"


def tables(answer) -> tuple[Table, ...]:
    """Coefficients."""
    return (coefficient_table(answer.fit),)


def table(answer):
    """The curve with its band over the range of exposure, as a table."""
    import pandas as pd

    scale = "log" if answer.sample.exposure.min() > 0 and answer.scale == "log" else "linear"
    at = grid(answer.sample.exposure, scale, POINTS)
    value, low, high = predict(answer.fit, at)
    return pd.DataFrame({answer.sample.exposure_name: at, "response": value, "low": low, "high": high})


def figure(answer):
    """The picture of the fit."""
    from livingdrug.plots import plot_continuous

    return plot_continuous(answer.fit)
