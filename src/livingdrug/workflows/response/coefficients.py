"""What the answers of all kinds share: coefficients, and exposures with their intervals, as plain data and as
text."""

from collections.abc import Mapping

import numpy as np

from livingdrug.report import Cell, Table
from livingdrug.response import Curve, Estimate, Permutation
from livingdrug.response.words import digits, p_text, short, span

UNCLEAR = ": no statistically significant exposure-response, these data do not tell whether exposure matters"
LEVEL = 0.95  # of all intervals that are shown
HELD = 1e-12  # a standard error below this part of its estimate belongs to a coefficient that was held


def coefficients(fit) -> list[dict]:
    """Terms with estimate, standard error and interval; None where something was held or left open by the
    data."""
    rows = []
    for term, value, error, (low, high) in zip(
        fit.terms, fit.estimates, fit.errors, fit.intervals, strict=True
    ):
        held = error <= HELD * abs(value)
        rows.append({"term": term, "estimate": float(value), "se": None if held else finite(error),
                     "low": None if held else finite(low), "high": None if held else finite(high),
                     "held": bool(held)})  # fmt: skip
    return rows


def coefficient_table(fit) -> Table:
    """The coefficients for a reader."""
    rows = []
    for row in coefficients(fit):
        low = "-infinity" if row["low"] is None else digits(row["low"])
        high = "infinity" if row["high"] is None else digits(row["high"])
        error = "fixed" if row["held"] else "not determined" if row["se"] is None else digits(row["se"])
        interval = "" if row["held"] else f"{low} to {high}"
        value = Cell(digits(row["estimate"]), row["estimate"])
        rows.append((row["term"], value, Cell(error, row["se"]), Cell(interval)))
    return Table("coefficients", ("term", "estimate", "SE", f"{100 * fit.level:g} % interval"), tuple(rows))


def curve_values(curve: Curve) -> dict:
    """Plain data of a curve, enough to make it again."""
    return {
        "intercept": curve.intercept,
        "slope": curve.slope,
        "ceiling": curve.ceiling,
        "scale": curve.scale,
        "link": curve.link,
        "covariance": None if curve.covariance is None else curve.covariance.tolist(),
    }


def permutation(test: Permutation | None) -> dict | None:
    """Plain data of a test by permutation."""
    return (
        None
        if test is None
        else {"p_value": test.p_value, "arrangements": test.arrangements, "exact": test.exact}
    )


def unclear(low: float, high: float, test: Permutation | None, level: float) -> str:
    """The end of a sentence where data do not tell: the interval holds 1, or the test that holds for few
    subjects says so."""
    if low <= 1 <= high:
        return UNCLEAR
    if test is not None and test.p_value > 1 - level:
        return (
            f"; but {p_text(test.p_value)} {test.words}, which holds for few subjects: not statistically "
            "significant, these data do not tell whether exposure matters"
        )
    return ""


def finite(value: float) -> float | None:
    """The number, or None for one that JSON has no word for."""
    return float(value) if np.isfinite(value) else None


def estimate(at: Estimate) -> dict:
    """Plain data of a value with its interval; no value where the data determine none."""
    value = None if is_open(at) else finite(at.value)
    return {"value": value, "low": finite(at.low), "high": finite(at.high), "method": at.method}


def is_open(at: Estimate) -> bool:
    """Whether the slope may be 0, so that no exposure is determined; the method says so."""
    return at.method.startswith("not determined")


def at_words(at: Estimate, unit: str) -> str:
    """The end of a sentence on a probability: where it is reached, or why that is not known."""
    return f": {at.method}" if is_open(at) else f" at {estimate_words(at, unit)}"


def as_estimate(row: Mapping, level: float = LEVEL) -> Estimate:
    """The value with its interval that `estimate` made plain data of."""
    number = {name: float("nan") if row[name] is None else row[name] for name in ("value", "low", "high")}
    return Estimate(**number, level=level, method=row["method"])


def estimate_words(at: Estimate, unit: str) -> str:
    """An exposure with its interval; one of which neither end is known, or that lies below 0, is not told."""
    if is_open(at):
        return at.method
    if not np.isfinite(at.high) and not (at.low > 0 and np.isfinite(at.low)):
        return "an exposure that is not estimable from these data"
    if at.high <= 0:
        return "no exposure"
    interval = f"{span(max(at.low, 0.0), at.high, at.level)}, {at.method}"
    if at.value <= 0:
        return f"no exposure by the curve ({interval})"
    return f"{short(at.value)}{unit} ({interval})"
