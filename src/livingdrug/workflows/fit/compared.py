"""A `fit` scenario that compares: methods on one model (`compare`), or several models (`also`) on the same
table."""

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.pieces import Kept
from livingdrug.data import Data
from livingdrug.fit import (
    FitProblem,
    MethodComparison,
    ModelComparison,
    Progress,
    all_estimators,
    compare_methods,
    compare_models,
    in_model_units,
    outputs_of,
)
from livingdrug.models import Model, build_model
from livingdrug.workflows.fit.plan import planned_fit, samples_of
from livingdrug.workflows.fit.scenario import Fit

Comparison = MethodComparison | ModelComparison
# fields of a fit that name parameters of one model, or ask for more about one fit; and the word of the
# command line
OF_ONE_MODEL = {
    "fragments": "--with", "values": "--set", "random": "--random", "estimate": "--estimate", "fix": "--fix",
    "covariate": "--covariate", "correlated": "--correlated", "occasions": "--occasions",
    "compartments": "--compartment", "outcome": "--outcome",
}  # fmt: skip
OF_ONE_METHOD = [option for method in all_estimators().values() for option in method.options]
OF_ONE_FIT = {
    name: f"--{name}"
    for name in ("evaluate", "profile", "bootstrap", "sir", *OF_ONE_METHOD, "borrow", "reduce")
}


def run_comparison(
    scenario: Fit, progress: Progress | None = None, kept: Kept | None = None
) -> tuple[Comparison, tuple[str, ...]]:
    """(the comparison that a scenario asks for, notes on the data); kept: where finished fits are kept on the
    way. Raises InputError before anything is computed."""
    check_comparison(scenario)
    if scenario.compare:
        problem, notes = planned_fit(_alone(scenario, scenario.model))
        return compare_methods(problem, scenario.seed, scenario.starts, progress, kept), notes
    names = (scenario.model, *scenario.also)
    data, models = (
        samples_of(scenario, scenario.reading()),
        [build_model(name, even_so=scenario.even_so) for name in names],
    )
    _check_named(scenario, models)
    problems, notes = [], []
    for name, model in zip(names, models, strict=True):
        problem, own = _planned(scenario, name, model, data)
        problems.append(problem)
        notes += [f"{problem.model.full_name}: {note}" for note in own]
    made = compare_models(problems, scenario.method, scenario.seed, scenario.starts, progress, kept)
    return made, tuple(notes)


def check_comparison(scenario: Fit) -> None:
    """Refuse what a comparison would leave unused. Raises InputError."""
    if scenario.compare and scenario.also:
        raise InputError(
            "--compare sets methods side by side on one model, and several models are given; leave one out"
        )
    changed = {
        name
        for name in (*OF_ONE_MODEL, *OF_ONE_FIT, "method")
        if getattr(scenario, name) != Fit.model_fields[name].get_default(call_default_factory=True)
    }
    given = [word for name, word in OF_ONE_FIT.items() if name in changed]
    if given:
        raise InputError(f"{' and '.join(given)}: only a single fit takes that; leave it out of a comparison")
    if scenario.compare and scenario.outcome:
        raise InputError(
            "--compare runs focei too, which takes no --outcome; fit by saem and by laplace "
            "one after the other"
        )
    if scenario.compare and "method" in changed:
        raise InputError(
            f"--compare runs saem, focei and laplace, and method {scenario.method} is given; leave --method "
            "out"
        )
    given = [word for name, word in OF_ONE_MODEL.items() if name in changed] if scenario.also else []
    if given:
        raise InputError(
            f"{' and '.join(given)}: several models do not have the same parameters, mechanisms and outputs, "
            "so each is fitted as it is published; leave it out, or put it into a model file"
        )


def _alone(scenario: Fit, model: str) -> Fit:
    return scenario.model_copy(update={"model": model, "also": (), "compare": False})


def _outputs(model: Model) -> set[str]:
    return {output.name for output in model.system.outputs}


def _check_named(scenario: Fit, models: list[Model]) -> None:
    """Refuse a residual error, or a name of an output, that is of none of the models."""
    known = set().union(*(_outputs(model) for model in models))
    for text in (text for text in scenario.residual if "=" in text):
        if text.partition("=")[0].strip() not in known:
            raise InputError(
                f"--residual {text}: "
                + unknown("output of the models", text.partition("=")[0].strip(), known)
            )
    for theirs, ours in scenario.outputs.items():
        if ours not in known:
            raise InputError(f"--output-is {theirs}={ours}: " + unknown("output of the models", ours, known))


def _planned(scenario: Fit, name: str, model: Model, data: Data) -> tuple[FitProblem, tuple[str, ...]]:
    """The problem of one of several models, with the residual errors and names of outputs that are its own;
    what is wrong with it names the model."""
    mine = _outputs(model)
    residual = tuple(
        text for text in scenario.residual if "=" not in text or text.partition("=")[0].strip() in mine
    )
    outputs = {theirs: ours for theirs, ours in scenario.outputs.items() if ours in mine}
    try:
        in_model_units(model, data, outputs_of(model, data, outputs))
        return planned_fit(
            _alone(scenario, name).model_copy(update={"residual": residual, "outputs": outputs})
        )
    except InputError as error:
        raise InputError(f"model {name}: {error}") from None
