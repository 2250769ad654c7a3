"""What the app runs and what is left to the command line: checked wherever a scenario comes in, by whatever route."""

import re
from typing import Literal, get_origin

from livingdrug.core.errors import InputError
from livingdrug.fit import estimator_of, method_titles
from livingdrug.models import list_models
from livingdrug.products import list_curves
from livingdrug.web.uploads import is_token
from livingdrug.workflows import Document, check_memory
from livingdrug.workflows.fit.spec import Fit
from livingdrug.workflows.simulate.spec import Simulation

MAX_SUBJECTS, MAX_VALUES, MAX_REPLICATES = 2_000, 4_000_000, 20_000
MAX_DRAWN, MAX_ARM, MAX_PATIENTS = 100_000, 20_000, 1_000  # for an exposure, in an arm, in an escalation
MOST_STARTS = 10
MEMORY = 1.0  # GB, of one run
# kinds whose model may be a fit of this app
TAKE_FITTED = ("simulate", "sensitivity", "sampling", "forecast", "power")
MOST_DRAWS = 2_000  # of a prediction from an assay
_NAME = re.compile(r"[\w-]{24}")  # what `jobs.Jobs` calls a run
OWN = "fit:"  # before the name of a fit of this app whose model is meant
_OWN = re.compile(rf"{OWN}[\w-]{{24}}")
# fields that name models, which may be files
MODEL_NAMES = ("model", "models", "product_model", "borrow", "also")


def check_limits(scenario: Document) -> None:
    """Refuse more work than a screen waits for, and files that are not the app's."""
    check_names(scenario)
    if not all(_NAME.fullmatch(getattr(scenario, name)) for name in scenario.FOLDERS):  # of an earlier run of this app
        raise InputError(f"the app opens no folders of this machine; use `livingdrug {scenario.kind.replace('-', ' ')}`")
    most = MAX_SUBJECTS if scenario.kind == "simulate" else MAX_DRAWN
    if (getattr(scenario, "subjects", None) or 0) > most:
        raise InputError(f"the app runs up to {most:,} subjects; more run with `livingdrug {scenario.kind}`")
    if (getattr(scenario, "replicates", None) or 0) > MAX_REPLICATES:
        raise InputError(f"the app simulates up to {MAX_REPLICATES:,} trials; more run with `livingdrug trial`")
    if any(arm.n > MAX_ARM for arm in getattr(scenario, "arms", ()) if hasattr(arm, "n")):
        raise InputError(f"the app simulates arms of up to {MAX_ARM:,} subjects; more run with `livingdrug trial`")
    if max(getattr(scenario, "sizes", ()), default=0) > MAX_ARM:
        raise InputError(f"the app simulates sizes up to {MAX_ARM:,}; more run with `livingdrug trial`")
    if (getattr(scenario, "patients", None) or 0) > MAX_PATIENTS:
        raise InputError(f"the app escalates over up to {MAX_PATIENTS:,} patients; more run with `livingdrug trial`")
    if (getattr(scenario, "draws", None) or 0) > MOST_DRAWS and scenario.kind.startswith("assay-"):
        raise InputError(f"the app takes up to {MOST_DRAWS:,} draws; more run with `livingdrug assay predict`")
    if (getattr(scenario, "runs", None) or 0) * (getattr(scenario, "subjects", None) or 1) > MAX_REPLICATES:
        raise InputError(f"the app draws up to {MAX_REPLICATES:,} runs in all; more run with `livingdrug {scenario.kind}`")
    many = scenario.kind == "optimise" and getattr(scenario, "candidates")() * getattr(scenario, "subjects")  # noqa: B009
    if many > MAX_DRAWN:
        raise InputError(
            f"the app gives doses to up to {MAX_DRAWN:,} virtual patients in all; more run with `livingdrug optimise`"
        )
    if isinstance(scenario, Simulation) and scenario.days is not None and scenario.every > 0:
        values = scenario.days / scenario.every * (scenario.subjects or 1) * max(len(scenario.outputs), 8)
        if not values <= MAX_VALUES:
            raise InputError("the table would be too large for a screen; take fewer subjects, a longer step or fewer days")
    if not all(_is_curve(getattr(scenario, name, None)) for name in scenario.CURVES):
        raise InputError(
            f"the app opens no files of this machine: name a built-in curve, choose its file, or use `livingdrug "
            f"{scenario.kind}`"
        )
    if any(getattr(endpoint, "curve", None) for endpoint in getattr(scenario, "endpoints", None) or ()):
        raise InputError("the app opens no files of this machine: give ec50 and slope, or use `livingdrug trial`")
    if not is_fitted(scenario):  # only the app knows where that model lies, and asks then
        check_memory(scenario, MEMORY, "")


def _is_curve(name: str | None) -> bool:
    """Whether a curve is a built-in one or in a file that was given to the app."""
    return name is None or name in list_curves() or is_token(name.partition(":")[0])


def check_run(scenario: Document) -> None:
    """The same, and what a page shows but does not run."""
    check_limits(scenario)
    if isinstance(scenario, Fit):
        check_fit(scenario)


def check_names(scenario: Document) -> None:
    """Refuse a model that does not come with livingdrug: its name could be the path of a file here."""
    # `model` of these kinds is a kind of curve, and `models` of an assay are sets of equations
    words = {"model": ("response", "index"), "models": ("assay-models",)}
    named = [name for name in MODEL_NAMES if scenario.kind not in words.get(name, ())]
    named = [name for name in named if not _one_of_a_few(scenario, name)]
    given = [getattr(scenario, name, None) for name in named]
    names = [name for value in given for name in (value if isinstance(value, tuple) else (value,))]
    fitted = {getattr(scenario, "model", None)} if is_fitted(scenario) else set()
    # NAME:VECTOR and NAME+FRAGMENT
    for name in (name and re.split("[:+]", name)[0] for name in names if name not in fitted):
        if name is not None and name not in list_models():
            raise InputError(f"the app runs the models that come with livingdrug, not `{name[:60]}`; use `livingdrug run`")


def is_fitted(scenario: Document) -> bool:
    """Whether the model of a scenario is that of a fit of this app, by `fit:` and the name of the fit."""
    name = getattr(scenario, "model", None)
    return isinstance(name, str) and scenario.kind in TAKE_FITTED and bool(_OWN.fullmatch(name))


def _one_of_a_few(scenario: Document, name: str) -> bool:
    """Whether a field takes words of a list alone."""
    field = type(scenario).model_fields.get(name)
    return field is not None and get_origin(field.annotation) is Literal


def fit_methods() -> dict[str, str]:
    """Method -> its title, of those that end at estimates: a posterior takes too long for a screen."""
    return {name: title for name, title in method_titles().items() if not estimator_of(name).samples}


def check_fit(scenario: Fit) -> None:
    """Refuse what the app does not fit."""
    if scenario.method not in fit_methods() or scenario.evaluate:
        raise InputError(
            f"the app fits by {', '.join(fit_methods())}; the rest of `livingdrug fit` runs on the command line"
        )
    if scenario.endpoints or scenario.model == "":
        raise InputError("the app fits one file of samples; endpoints are compared by `livingdrug fit --endpoints`")
    if scenario.profile or scenario.bootstrap or scenario.sir:
        raise InputError("profiles, bootstraps and resampled intervals are computed by `livingdrug fit`; leave them out here")
    if scenario.starts and scenario.starts > MOST_STARTS:
        raise InputError(f"the app fits from up to {MOST_STARTS} starts; more with `livingdrug fit --starts`")
