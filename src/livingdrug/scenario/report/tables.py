"""The table of each kind of scenario."""

from livingdrug.scenario.index import run_index
from livingdrug.scenario.report.outcomes import index_curves, response_table
from livingdrug.scenario.response import run_response

TABLES = {
    "response": lambda scenario: response_table(run_response(scenario)),
    "index": lambda scenario: index_curves(run_index(scenario)),
}
