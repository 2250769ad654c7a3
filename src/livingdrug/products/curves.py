"""Built-in exposure-responses, each with what is published of it and what was made of that here.

No complete exposure-response of an approved product could be read. What is printed are slopes without EC50s,
rates without slopes, and exposures by response; each entry says by its label which of these it comes from:
    calibrated   the slope is published, the EC50 is the one that gives the observed rate over the published exposures;
    derived      from the published exposures of responders and non-responders;
    synthetic    only the rate is published; the slope is assumed to be 1, and one rate cannot tell it.
"""

import math
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.core.names import unknown
from livingdrug.core.shown import Shown
from livingdrug.products.facts import ExposureFact, facts
from livingdrug.products.spreads import fact_of, published_spread
from livingdrug.response import Curve, ExposureSpread, calibrate_ec50, curve_at

ASSOCIATION = "tumour burden drives both exposure and outcome, so the slope is an association"


@dataclass(frozen=True, repr=False)
class BuiltIn(Shown):
    """A built-in exposure-response.

    Attributes
    ----------
    key : str
        Its name.
    setting : str
        The disease, as slopes do not transfer between diseases; curve.
    curve : Curve
        Of the probability.
    spread : ExposureSpread
        The published exposure it was made with.
    basis : str
        What was made of what.
    slope_interval : tuple[float, float] or None
        95 % interval of the published slope, None where there is none.
    caution : str
        What to remember.
    """

    key: str
    setting: str
    curve: Curve
    spread: ExposureSpread
    basis: str
    slope_interval: tuple[float, float] | None
    caution: str


def get_curve(name: str) -> BuiltIn:
    """A built-in exposure-response.

    Parameters
    ----------
    name : str
        One of `list_curves()`.

    Returns
    -------
    BuiltIn

    Raises
    ------
    InputError
        With the nearest names.
    """
    if name not in _MADE:
        raise InputError(unknown("exposure-response", name, _MADE))
    make, *arguments = _MADE[name]
    return make(name, *arguments)


def list_curves() -> list[str]:
    """Names of the built-in exposure-responses.

    Returns
    -------
    list of str
    """
    return list(_MADE)


def _severe_crs(key: str) -> BuiltIn:
    """Slope of the assessment report; EC50 calibrated as `papers` does for figure 2A."""
    wanted = ("grade 3/4 CRS", "doubling of Cmax")
    row = next(r for r in facts("exposure_response") if (r["endpoint"], r["predictor"]) == wanted)
    slope, low, high = (math.log(float(row[name])) / math.log(2) for name in ("value", "ci_low", "ci_high"))
    fact, rate = fact_of("tisagenlecleucel", "responder (CR/CRi), N=62", "CMAX"), 0.466
    spread = published_spread(fact)
    ec50 = calibrate_ec50(rate, slope, spread.median, spread.log_sd)
    basis = (
        f"slope published: odds x{row['value']} ({row['ci_low']} to {row['ci_high']}) per doubling of CMAX; "
        f"EC50 calibrated to {rate:.1%} (the report gives 46.6 to 48.4 %) over {spread.source}"
    )
    curve = curve_at("severe CRS", ec50, slope, row["source"], "calibrated", fact.parameter, fact.unit)
    return BuiltIn(key, "B-ALL", curve, spread, basis, (low, high), ASSOCIATION)


def _synthetic(key: str, name: str, subgroup: str, endpoint: str) -> BuiltIn:
    """ide-cel: a rate of KarMMa, the exposure of KarMMa, and a slope that is assumed."""
    wanted = ("KarMMa", subgroup, endpoint)
    row = next(r for r in facts("responses") if (r["study"], r["subgroup"], r["endpoint"]) == wanted)
    rate = int(row["events"]) / int(row["n"])
    fact = fact_of("idecabtagene vicleucel", "KarMMa infused", "AUC28")
    spread = published_spread(fact)
    ec50 = calibrate_ec50(rate, 1.0, spread.median, spread.log_sd)
    basis = (
        f"slope assumed to be 1; EC50 calibrated to {row['events']}/{row['n']} ({rate:.1%}) over "
        f"{spread.source}"
    )
    curve = curve_at(name, ec50, 1.0, row["source"], "synthetic", fact.parameter, fact.unit)
    caution = "illustrative: one rate cannot tell a slope; not the reported model"
    return BuiltIn(key, fact.indication, curve, spread, basis, None, caution)


def _derived(key: str, groups: tuple[str, str], parameter: str) -> BuiltIn:
    """Responders against non-responders of a label."""
    responders, others = (fact_of("tisagenlecleucel", group, parameter) for group in groups)
    curve = discriminant("response", responders, others)
    basis = (
        f"normal discriminant of {parameter} in responders, {responders.printed}, n {responders.n}, against "
        f"non-responders, {others.printed}, n {others.n} ({responders.indication})"
    )
    caution = (
        "one log-SD is taken for both groups; the rate is that of the group with kinetics; " + ASSOCIATION
    )
    setting = responders.indication.removeprefix("paediatric/young adult ").removeprefix("r/r ")
    return BuiltIn(key, setting, curve, published_spread(responders), basis, None, caution)


def discriminant(name: str, responders: ExposureFact, others: ExposureFact) -> Curve:
    """The logistic curve that two log-normal groups with one log-SD amount to, with its covariance.

    With means m1, m0 of ln exposure, pooled variance v and counts n1, n0: slope b = (m1 - m0) / v, intercept
    ln(n1 / n0) - b (m1 + m0) / 2 (the normal discriminant; its errors: delta method on Var m = v / n, Var v =
    2 v^2 / (n1 + n0 - 2), Var ln(n1 / n0) = 1 / n1 + 1 / n0; Efron 1975, doi:10.1080/01621459.1975.10480319).
    """
    n1, n0 = int(responders.n), int(others.n)
    m1, m0 = (math.log(known(group.value, "the published value")) for group in (responders, others))
    s1, s0 = (known(group.log_sd, "the log SD") for group in (responders, others))
    v = ((n1 - 1) * s1**2 + (n0 - 1) * s0**2) / (n1 + n0 - 2)
    slope = (m1 - m0) / v
    intercept = math.log(n1 / n0) - slope * (m1 + m0) / 2
    # derivatives of (intercept, slope) by m1, m0, v and ln(n1 / n0)
    of_slope = np.array([1 / v, -1 / v, -slope / v, 0.0])
    of_intercept = np.array([-slope / 2, -slope / 2, 0.0, 1.0]) - of_slope * (m1 + m0) / 2
    turn = np.stack([of_intercept, of_slope])
    covariance = turn @ np.diag([v / n1, v / n0, 2 * v**2 / (n1 + n0 - 2), 1 / n1 + 1 / n0]) @ turn.T
    return Curve(
        name,
        intercept,
        slope,
        covariance,
        "log",
        responders.source,
        "derived",
        exposure=responders.parameter,
        unit=responders.unit,
    )


_ALL = ("responder (CR/CRi), N=62", "non-responder, N=8")
_DLBCL = ("responder (CR/PR), N=34", "non-responder, N=34")
_MADE = {
    "tisagenlecleucel_severe_crs": (_severe_crs,),
    "tisagenlecleucel_response": (_derived, _ALL, "CMAX"),
    "tisagenlecleucel_response_auc": (_derived, _ALL, "AUC28"),
    "tisagenlecleucel_dlbcl_response": (_derived, _DLBCL, "CMAX"),
    "idecel_response": (_synthetic, "response", "all", "objective response"),
    "idecel_crs": (_synthetic, "CRS of any grade", "all", "CRS any grade"),
    "idecel_severe_crs": (_synthetic, "severe CRS", "label analysis set", "CRS grade >=3"),
}
