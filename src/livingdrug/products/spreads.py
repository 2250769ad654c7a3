"""Published exposures as spreads over patients, and the observed spread beside the readings of a model's."""

import math

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.products.facts import ExposureFact, exposure_facts
from livingdrug.response import ExposureSpread

OBSERVED = "observed"
# The product and group whose observed exposure stands beside the published spreads of a model's parameters
_GROUPS = {"stein_2019": ("tisagenlecleucel", "responder, N=114")}
CAUTION = (
    "observed in responders of several studies, it also holds residual error, comedication and the mixture "
    "of studies; it is the variability of the exposure, not of the model's parameters"
)


def fact_of(product: str, population: str, parameter: str) -> ExposureFact:
    """The published exposure of a group; parameter: our code, such as CMAX or AUC28. Raises InputError for
    none."""
    rows = [f for f in exposure_facts() if (f.product, f.parameter) == (product, parameter)]
    found = [f for f in rows if f.population == population and f.log_sd is not None]
    if len(found) != 1:
        raise InputError(
            f"`{product}`, {parameter}: " + unknown("group", population, {f.population for f in rows})
        )
    return found[0]


def published_spread(fact: ExposureFact) -> ExposureSpread:
    """The log-normal exposure that a geometric mean with geometric CV, or a mean with SD, amounts to.

    Parameters
    ----------
    fact : ExposureFact
        A published number with its variability.

    Returns
    -------
    ExposureSpread
    """
    if fact.value is None or fact.log_sd is None:
        raise InputError(f"no variability is published for {fact.parameter} of {fact.group}")
    shift = fact.log_sd**2 / 2 if fact.statistic == "mean" else 0.0
    median = fact.value * math.exp(-shift)
    source = f"{fact.parameter} of {fact.population}, {fact.source}"
    return ExposureSpread(median, fact.log_sd, fact.parameter, fact.unit, source)


def observed_spread(model: str, parameter: str = "AUC28") -> ExposureSpread:
    """The observed exposure of the product that a model describes: `stein_2019` has log-SD 1.25 for AUC28
    (geometric CV 194.9 %), 1.18 for CMAX (173.8 %), of 114 responders with B-ALL (EU SmPC of Kymriah, section
    5.2).

    Parameters
    ----------
    model : str
        Name of a published model.
    parameter : str, optional
        CMAX or AUC28.

    Returns
    -------
    ExposureSpread

    Raises
    ------
    InputError
        For a model without one.
    """
    if model not in _GROUPS:
        known = ", ".join(f"`{name}`" for name in _GROUPS)
        raise InputError(f"model `{model}` has no variability `{OBSERVED}`; {known} has one")
    return published_spread(fact_of(*_GROUPS[model], parameter))
