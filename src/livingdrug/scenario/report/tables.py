"""The table of each kind of scenario."""

from livingdrug.fit.store import objective_table, parameter_table
from livingdrug.scenario.fit import Fit, evaluate_fit, run_fit, run_posterior
from livingdrug.scenario.fit_comparison import run_comparison


def _fit(scenario: Fit):
    if scenario.compares:
        return run_comparison(scenario)[0].table()
    if scenario.evaluate:
        return objective_table(evaluate_fit(scenario)[0])
    return run_posterior(scenario).table() if scenario.method == "bayes" else parameter_table(run_fit(scenario))


TABLES = {
    "fit": _fit,
}
