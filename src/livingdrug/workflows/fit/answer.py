"""What a fit says, writes and draws: of estimates, a posterior, an evaluation or a comparison."""

from dataclasses import asdict
from pathlib import Path

from livingdrug.fit import EXIT_CODE, MethodComparison, Posterior, outcome_check, unknowns_of
from livingdrug.fit.priors import sentences
from livingdrug.fit.store import (
    beside_table,
    evaluation_as_dict,
    objective_as_dict,
    objective_table,
    parameter_table,
    write_objective,
)
from livingdrug.report import Answer
from livingdrug.workflows.fit.checks import keep_fit
from livingdrug.workflows.fit.comparison import comparison_answer, keep_comparison
from livingdrug.workflows.fit.posterior import keep_posterior, posterior_answer
from livingdrug.workflows.fit.spec import Compared, Evaluated, Fit, Fitted, Found
from livingdrug.workflows.fit.words import evaluation_answer, fit_answer, interval_part, outcome_part


def answer(scenario: Fit, found: Found) -> Answer:
    """Words and tables, without the checks and figures that a folder has."""
    match found:
        case Compared():
            return comparison_answer(scenario, found.comparison, found.notes)
        case Evaluated():
            return evaluation_answer(scenario, found.objective, found.notes)
        case Posterior():
            return posterior_answer(scenario, found)
    more = found.more
    parts = (interval_part(more, more.table(found.result)),) if more.asked else ()
    seen = outcome_check(found.result, scenario.seed)
    parts += (outcome_part(seen),) if seen else ()
    return fit_answer(scenario, found.result, more, parts, more.notes)


def keep(scenario: Fit, found: Found, folder: Path) -> Answer:
    """Write the numbers, the checks and the figures into a folder, say what they hold."""
    match found:
        case Compared():
            return keep_comparison(scenario, found.comparison, found.notes, folder)
        case Evaluated():
            write_objective(found.objective, folder)
            return evaluation_answer(scenario, found.objective, found.notes)
        case Posterior():
            return keep_posterior(scenario, found, folder)
    return keep_fit(scenario, found.result, folder, found.more)


def table(_: Fit, found: Found):
    """Estimates, the posterior (None of one that did not mix), the objective, or a comparison."""
    match found:
        case Compared():
            return found.comparison.table()
        case Evaluated():
            return objective_table(found.objective)
        case Posterior():
            return None if found.faults else found.table()
    return parameter_table(found.result)


def exit_code(_: Fit, found: Found) -> int:
    """0 converged, 3 not converged, 4 at a bound or singular information, 5 a better optimum from another
    start."""
    match found:
        case Compared():
            return found.comparison.exit_code
        case Evaluated():
            return 0
        case Posterior():
            return EXIT_CODE[found.status]
    return found.result.exit_code


def plain(_: Fit, found: Found) -> dict:
    """Plain data; what is absent is null."""
    match found:
        case Compared():
            return _plain_comparison(found)
        case Evaluated():
            return {**evaluation_as_dict(found.objective), "notes": list(found.notes)}
        case Posterior():
            return _plain_posterior(found)
    return _plain_fit(found)


def _plain_fit(found: Fitted) -> dict:
    result, more = found.result, found.more
    made = {**objective_as_dict(result), "parameters": [vars(estimate) for estimate in result.estimates]}
    if more.profiles:
        made["profiles"] = [p.words for p in more.profiles]
    if result.beside:
        made["borrowed"] = beside_table(result).to_dict("records")
    if more.asked:
        made["intervals"] = more.table(result).to_dict("records")
    return made | {"notes": [*result.notes, *more.notes]}


def _plain_comparison(found: Compared) -> dict:
    made = found.comparison
    agree = {"agree": made.agree} if isinstance(made, MethodComparison) else {}
    table = made.table().to_dict("records")
    return {
        "exit_code": made.exit_code,
        **agree,
        "words": list(made.words),
        "table": table,
        "notes": list(found.notes),
    }


def _plain_posterior(found: Posterior) -> dict:
    priors = list(sentences(found.priors, unknowns_of(found.problem)))
    made = {
        "status": found.status,
        "faults": list(found.faults),
        "divergences": found.draws.divergences,
        "priors": priors,
        "mixing": [asdict(m) for m in found.mixing],
    }
    return made if found.faults else {**made, "posterior": found.table().to_dict("records")}
