"""The table of each kind of scenario."""

from livingdrug.scenario.index import run_index
from livingdrug.scenario.report.outcomes import index_curves, response_table
from livingdrug.scenario.report.trials import with_sizes
from livingdrug.scenario.response import run_response
from livingdrug.scenario.trials import run_escalation, run_trial

TABLES = {
    "response": lambda scenario: response_table(run_response(scenario)),
    "index": lambda scenario: index_curves(run_index(scenario)),
    "trial": lambda scenario: run_trial(with_sizes(scenario)).table(),
    "escalation": lambda scenario: run_escalation(scenario).table(),
}
