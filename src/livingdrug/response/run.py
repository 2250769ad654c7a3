"""From a sample to a fit: which function belongs to a kind, and which model where none is named."""

from importlib import import_module

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.response.models.curve import Scale
from livingdrug.response.sample.sample import Kind, Sample

# kind -> (module, function (sample, model, scale, level) -> fit, models, the default first)
FITS = {
    "binary": ("livingdrug.response.models.binary", "fit_binary", ("logistic", "firth", "probit", "cloglog", "emax", "hill")),
    "repeated": ("livingdrug.response.models.repeated", "fit_repeated", ("gee",)),
    "time": (
        "livingdrug.response.survival.groups",
        "fit_times",
        ("cox", "km", "weibull", "exponential", "loglogistic", "lognormal"),
    ),
    "competing": (
        "livingdrug.response.survival.causes",
        "fit_competing",
        ("fine-gray", "cause-specific"),
    ),
    "visits": (
        "livingdrug.response.survival.visits",
        "fit_visits",
        ("weibull", "exponential", "loglogistic", "lognormal"),
    ),
    "graded": ("livingdrug.response.models.graded", "fit_graded", ("ordinal",)),
    "continuous": (
        "livingdrug.response.models.continuous",
        "fit_continuous",
        ("emax", "emax-baseline", "hill", "4pl"),
    ),
}


def fit_response(
    sample: Sample,
    kind: Kind = "binary",
    model: str | None = None,
    scale: Scale = "log",
    level: float = 0.95,
    groups: int | None = None,
):
    """The fit of a kind of outcome, by its first model where none is named.

    Parameters
    ----------
    sample : Sample
        Exposure, outcome and covariates of the subjects that take part.
    kind : {'binary', 'repeated', 'graded', 'time', 'competing', 'visits', 'continuous'}
        What the outcome is: yes or no (once, or in several rows), a grade, a time, one of several events,
        an event between visits, or a value.
    model : str, optional
        Of this kind.
    scale : {'log', 'linear'}
        Of exposure.
    level : float
        Of confidence intervals.
    groups : int, optional
        Of exposure, for the curves of a time.

    Returns
    -------
    BinaryFit, RepeatedFit, GradedFit, TimeFit, CompetingFit, VisitsFit or ContinuousFit

    Raises
    ------
    InputError
        For a model of another kind and for whatever the model refuses.
    """
    if kind not in FITS:
        raise InputError(unknown("kind of outcome", kind, FITS))
    module, function, models = FITS[kind]
    model = model or models[0]
    if model not in models:
        others = [k for k, (_, _, known) in FITS.items() if model in known and k != "visits"]
        raise InputError(
            f"`{model}` does not fit a {kind} outcome"
            + (f" but a {others[0]} one" if others else "")
            + f"; for this one: {', '.join(models)}"
        )
    fit = getattr(import_module(module), function)
    if groups is None:
        return fit(sample, model, scale, level)
    if kind not in ("time", "competing", "visits"):
        raise InputError(
            f"--groups parts the curves of a time to an event; leave it out for a {kind} outcome"
        )
    return fit(sample, model, scale, level, groups)
