"""From a `fit` scenario to its problem, and the verbs on it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.core.names import unknown
from livingdrug.core.pieces import Kept
from livingdrug.data import Data, Reading, cross, join, read_data, read_endpoints
from livingdrug.fit import (
    FEWEST_KEPT,
    FEWEST_REFITS,
    STEIN,
    Borrowing,
    FitProblem,
    FitResult,
    Objective,
    Posterior,
    Progress,
    Uncertainty,
    all_estimators,
    borrowed,
    design_of,
    estimated,
    estimator_of,
    evaluate,
    few_draws,
    fit_both,
    methods_that,
    new_problem,
    read_borrow,
    size_caution,
    start_values,
    unknowns_of,
    without_zeros,
)
from livingdrug.fit.borrow import advice, borrows
from livingdrug.fit.intervals import uncertainty
from livingdrug.fit.outcome_data import Asked, read_asked, refuse_unsampled, taken
from livingdrug.fit.outcome_problem import check_evaluated, with_outcomes
from livingdrug.fit.text import read_effects, read_names, read_residuals
from livingdrug.models import build_model, find_quantity
from livingdrug.workflows.fit.scenario import Fit
from livingdrug.workflows.shared_fields import built


def run_fit(
    scenario: Fit, folder: str | Path | None = None, resume: bool = False, progress: Progress | None = None,
    say: Callable[[str], None] | None = None, kept: Kept | None = None,
) -> FitResult | Posterior:
    """What the method of a scenario finds; folder: where its state is saved on the way; say: takes a
    sentence before the search, where data of this size can hardly carry the model; kept: where finished parts
    are kept. Raises InputError as `estimated` does."""
    problem, notes = planned_fit(scenario)
    method = estimator_of(scenario.method).with_options(vars(scenario))
    caution = (
        size_caution(problem) if method.population and not method.samples and not scenario.borrow else None
    )
    if caution and say:
        say(caution)
    how = (method, scenario.seed, folder, resume, progress, scenario.starts)
    if borrowing := borrowing_of(scenario, problem):
        found = fit_both(problem, borrowing, *how, kept=kept)
    else:
        found = estimated(problem, *how, reduce=scenario.reduce, kept=kept)
    notes = (*notes, *([caution] if caution else []), *found.notes)
    if isinstance(found, Posterior):
        return replace(found, notes=notes)
    if not scenario.borrow:
        published = build_model(scenario.model, scenario.fragments, {}, scenario.even_so)
        found = replace(found, advice=advice(found, published, scenario.model))
    return replace(found, notes=notes, settings={**found.settings, "start_from": scenario.start})


def borrowing_of(scenario: Fit, problem: FitProblem) -> Borrowing | None:
    """The priors that a scenario borrows, if it does. Raises InputError for what cannot be borrowed."""
    if scenario.borrow is None:
        return None
    name, strength = read_borrow(scenario.borrow)
    return borrowed(problem, build_model(name, (), {}, scenario.even_so), strength)


def evaluate_fit(scenario: Fit) -> tuple[Objective, tuple[str, ...]]:
    """(the objective at the start, notes); nothing is fitted."""
    problem, notes = planned_fit(scenario)
    found = evaluate(problem, known(scenario.evaluate, "--evaluate"), seed=scenario.seed)
    design = design_of(problem)
    return found, (*notes, *design.notes, *few_draws(design.subjects, found))


def uncertainty_of(scenario: Fit, result: FitResult, kept: Kept | None = None) -> Uncertainty:
    """What a scenario asks for beside the standard errors; kept: where finished pieces of it are kept on the way."""
    return uncertainty(result, scenario.profile, scenario.bootstrap, scenario.sir, scenario.seed, kept)


def _check_uncertainty(scenario: Fit, problem: FitProblem) -> None:
    """Refuse, before anything is computed, what the method has no uncertainty of."""
    asked = [word for word in ("profile", "bootstrap", "sir") if getattr(scenario, word)]
    method = estimator_of(scenario.method)
    if asked and (scenario.evaluate or method.samples or not method.population):
        what = "an evaluation" if scenario.evaluate else f"method {scenario.method}"
        raise InputError(
            f"{what} estimates no population, so {' and '.join(asked)} have nothing to vary; leave them out"
        )
    names = unknowns_of(problem).names
    for name in scenario.profile:
        if name not in names:
            raise InputError("profile: " + unknown("estimated number", name, names))
    for word, fewest in (("bootstrap", FEWEST_REFITS), ("sir", FEWEST_KEPT)):
        if getattr(scenario, word) and getattr(scenario, word) < fewest:
            raise InputError(
                f"{word} of {getattr(scenario, word)} says nothing of an interval; ask for {fewest} or more"
            )


def fit_problem(scenario: Fit) -> FitProblem:
    """The problem that a scenario describes. Raises InputError before anything is computed."""
    return planned_fit(scenario)[0]


def _check_method(scenario: Fit) -> None:
    """Refuse what another method, or a single fit, would leave unused: nobody should believe that a prior
    took part."""
    if scenario.compares:
        raise InputError(
            "the scenario compares methods or models (compare, also); a single fit is needed here"
        )
    method = estimator_of(scenario.method)
    _check_few(scenario)
    if not method.population and scenario.estimate:
        named = ", ".join(read_names(scenario.estimate, "--estimate"))
        raise InputError(
            f"--estimate {named}: method {scenario.method} finds each subject's own numbers, and what is the "
            "same for all stays; give it a random effect (--random NAME=SD), set its value (--set), or take "
            "saem or focei"
        )
    others = [e for e in all_estimators().values() if e.options and e.method != scenario.method]
    for other in others:
        changed = [
            name for name in other.options if getattr(scenario, name) != Fit.model_fields[name].default
        ]
        if changed:
            raise InputError(
                f"{' and '.join(changed)}: only --method {other.method} takes that, and the method is "
                f"{scenario.method}"
            )


def _check_few(scenario: Fit) -> None:
    """Refuse --borrow and --reduce with what leaves them out."""
    for word, does in (("borrow", borrows), ("reduce", lambda method: method.reduces)):
        if getattr(scenario, word) and (scenario.evaluate or not does(estimator_of(scenario.method))):
            what = "--evaluate fits nothing" if scenario.evaluate else f"the method is {scenario.method}"
            raise InputError(
                f"--{word} is for a fit by --method {methods_that(does)}, and {what}; leave one of them out"
            )
    if scenario.borrow and scenario.reduce:
        raise InputError("--borrow keeps every number and --reduce leaves numbers out; give one of them")
    asked = [word for word in ("profile", "bootstrap", "sir") if getattr(scenario, word)]
    for word in ("borrow", "reduce"):
        if getattr(scenario, word) and asked:
            raise InputError(
                f"--{word} gives intervals of its own; leave out {' and '.join(f'--{w}' for w in asked)}"
            )


def planned_fit(scenario: Fit) -> tuple[FitProblem, tuple[str, ...]]:
    """(the problem that a scenario describes, where it starts in words). Raises InputError before anything
    is computed."""
    _check_method(scenario)
    reading = scenario.reading()
    model = built(scenario)
    data = samples_of(scenario, reading)
    published = {n: s.sd for n, s in model.populations[0].spreads.items()} if model.populations else {}
    random = {}
    for name, sd in read_names(scenario.random, "--random").items():
        if sd is not None and not sd > 0:
            raise InputError(
                f"--random {name}={sd:g}: an initial omega (SD) is above 0; without a random effect: "
                "--estimate"
            )
        random[name] = published.get(name, 0.5) if sd is None else sd
    between = {
        n: sd for n, sd in read_names(scenario.occasions, "--occasions", 0.3).items() if sd is not None
    }
    for name, sd in between.items():
        if not sd > 0:
            raise InputError(f"--occasions {name}={sd:g}: an initial gamma (SD) is above 0")
    asked = read_asked(scenario.outcome)
    _check_outcomes(scenario, asked, data)
    data, outcomes = taken(model, data, asked, scenario.compartments, time_units_of(scenario))
    problem = new_problem(
        model,
        data,
        random,
        tuple(read_names(scenario.estimate, "--estimate")),
        read_names(scenario.fix, "--fix"),
        None,
        read_effects(scenario.covariate, data),
        read_residuals(scenario.residual, model),
        [[name.strip() for name in group.split(",")] for group in scenario.correlated],
        scenario.outputs,
        scenario.below,
        scenario.smooth,
        between,
        scenario.compartments,
        scenario.missing or "",
    )
    problem = with_outcomes(problem, outcomes)
    left_out = ()
    if scenario.ignore_before_dose:
        problem, left_out = without_zeros(problem)
    _check_uncertainty(scenario, problem)
    borrowing_of(scenario, problem)
    if scenario.start == "published":
        return problem, left_out
    given = {find_quantity(model, name).name for name in scenario.values}
    started, notes = _started_from_data(problem, given)
    return started, (*left_out, *notes)


def _check_outcomes(scenario: Fit, asked: tuple[Asked, ...], data: Data) -> None:
    """Refuse what has no outcomes, or would leave some out, and outcomes of subjects that the table of
    samples lacks."""
    if not asked:
        return
    if scenario.evaluate:
        check_evaluated(scenario.evaluate)
    else:
        estimator_of(scenario.method).check_outcomes()
    given = [f"--{word}" for word in ("reduce", "borrow") if getattr(scenario, word)]
    if given:
        raise InputError(f"{' and '.join(given)}: not with --outcome yet; leave one of them out")
    if not scenario.endpoints:
        return
    endpoints = read_endpoints(scenario.endpoints)
    for one in asked:
        refuse_unsampled(one, endpoints, data)


def time_units_of(scenario: Fit) -> dict[str, str]:
    """Units that the table of endpoints states over its columns."""
    columns = read_endpoints(scenario.endpoints).columns if scenario.endpoints and scenario.outcome else ()
    return {c.name if c.meaning == "covariate" else c.meaning: c.unit for c in columns}


def samples_of(scenario: Fit, reading: Reading) -> Data:
    """The samples of a scenario: endpoints joined, units converted."""
    data = read_data(scenario.file, reading)
    if scenario.endpoints:
        data = join(data, read_endpoints(scenario.endpoints))
    return cross(data, scenario.conversion) if scenario.conversion else data


def _started_from_data(problem: FitProblem, given: set[str]) -> tuple[FitProblem, tuple[str, ...]]:
    """The problem with typical values from the curves, but for those that are given or fixed. Spreads
    stay."""
    model = problem.model
    missing = [name for name in STEIN if name not in model.typical]
    if missing:
        raise InputError(
            "--start data serves models of a lag, growth, peak and two slopes, with parameters "
            f"{', '.join(STEIN)}; `{model.full_name}` has no `{missing[0]}`: start from its published "
            "values, or say them (--set)"
        )
    free = {p.name for p in problem.parameters if not p.fixed} - given
    landmarks = {name: landmark for name, landmark in STEIN.items() if name in free}
    measured = {o.name for o in model.system.outputs if o.measured}
    output = next(theirs for theirs, ours in problem.outputs if ours in measured)
    found = start_values(model, problem.data, landmarks, output)
    moved = tuple(replace(p, value=found.typical.get(p.name, p.value)) for p in problem.parameters)
    notes = [
        f"start of {s.name}: {s.value:.4g}{'' if s.unit == '1' else f' {s.unit}'}, {s.note}"
        for s in found.values
    ]
    return replace(problem, parameters=moved), (*notes, *found.notes)
