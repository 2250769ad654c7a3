"""How the fit of an event between visits is shown."""

from collections.abc import Iterator

import numpy as np

from livingdrug.report import Cell, Table, cell
from livingdrug.response import VisitsFit
from livingdrug.response.words import p_text, short
from livingdrug.workflows.response.coefficients import estimate
from livingdrug.workflows.response.time import coefficients, sentence


def as_dict(answer) -> dict:
    """Plain data of the fit; what is not known is null."""
    fit: VisitsFit = answer.fit
    test = fit.regression.likelihood_ratio
    return {
        "events": int(fit.times.event.sum()),
        "time_unit": fit.times.unit,
        "coefficients": coefficients(fit),
        "residual_scale": fit.regression.scale,
        "log_likelihood": fit.regression.log_likelihood,
        "null_log_likelihood": fit.regression.null_log_likelihood,
        "likelihood_ratio": {"statistic": test.statistic, "df": test.df, "p_value": test.p_value},
        "ratios": {name: {"per": fit.per, **estimate(ratio)} for name, ratio in fit.ratios.items()},
        "groups": [
            {
                "exposure": g.label,
                "subjects": g.n,
                "events": g.events,
                "median": [float(t) if np.isfinite(t) else None for t in g.curve.median],
            }
            for g in fit.groups
        ],
        "sentence": sentence(fit),
    }


def lines(answer) -> Iterator[str]:
    """Likelihood and test of exposure."""
    fit: VisitsFit = answer.fit
    yield f"coefficients of the logarithm of time; log-likelihood {fit.regression.log_likelihood:.6g}"
    yield f"all terms: likelihood ratio {p_text(fit.regression.likelihood_ratio.p_value)}"
    if fit.model != "exponential":
        yield f"scale {fit.regression.scale:.4g}"


def tables(answer) -> tuple[Table, ...]:
    """Groups by exposure, then the coefficients."""
    fit: VisitsFit = answer.fit
    unit = f" ({fit.times.unit})" if fit.times.unit else ""
    rows = tuple((g.label, cell(g.n), cell(g.events), Cell(_half(*g.curve.median))) for g in fit.groups)
    header = (fit.sample.exposure_name, "n", "events", f"half had it{unit}")
    terms = tuple(
        (row["term"], Cell(short(row["estimate"]), row["estimate"]), Cell(short(row["se"]), row["se"]),
         Cell(f"{short(row['low'])} to {short(row['high'])}"))
        for row in coefficients(fit)
    )  # fmt: skip
    named = ("term", "estimate", "SE", f"{100 * fit.level:g} % interval")
    return Table("groups by exposure (Turnbull)", header, rows), Table("coefficients", named, terms)


def _half(after: float, by: float) -> str:
    return f"after {short(after)}" if np.isinf(by) else f"between {short(after)} and {short(by)}"


def table(answer):
    """The curve of every group: exposure, after, by (the interval in which it falls, empty where open),
    free (part without the event after it)."""
    import pandas as pd

    rows = [
        (g.label, float(a), float(b) if np.isfinite(b) else np.nan, float(s))
        for g in answer.fit.groups
        for a, b, s in zip(g.curve.start, g.curve.end, g.curve.share, strict=True)
    ]
    return pd.DataFrame(rows, columns=["exposure", "after", "by", "free"])


def figure(answer):
    """The curves by exposure."""
    from livingdrug.plots import plot_visits

    return plot_visits(answer.fit)
