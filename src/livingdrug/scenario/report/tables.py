"""The table of each kind of scenario."""

from livingdrug.fit.store import objective_table, parameter_table
from livingdrug.scenario.fit import Fit, evaluate_fit, run_fit, run_posterior
from livingdrug.scenario.fit_comparison import run_comparison
from livingdrug.scenario.index import run_index
from livingdrug.scenario.report.outcomes import index_curves, response_table
from livingdrug.scenario.response import run_response


def _fit(scenario: Fit):
    if scenario.compares:
        return run_comparison(scenario)[0].table()
    if scenario.evaluate:
        return objective_table(evaluate_fit(scenario)[0])
    return run_posterior(scenario).table() if scenario.method == "bayes" else parameter_table(run_fit(scenario))


TABLES = {
    "response": lambda scenario: response_table(run_response(scenario)),
    "index": lambda scenario: index_curves(run_index(scenario)),
    "fit": _fit,
}
