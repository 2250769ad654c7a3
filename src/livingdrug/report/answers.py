"""From a scenario to its answer: one line for each kind."""

from importlib import import_module
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.report.answer import Answer
from livingdrug.scale.blocks import Serial
from livingdrug.scale.runs import Executor, Progress
from livingdrug.scenario import Simulation
from livingdrug.scenario.purpose import Document

# kind of scenario -> the function(scenario, folder) that writes its files into a folder and says what they hold
ANSWERS = {
    "check": ("livingdrug.report.kinetics", "answer_check"),
    "nca": ("livingdrug.report.kinetics", "answer_nca"),
    "compare": ("livingdrug.report.kinetics", "answer_compare"),
    "power": ("livingdrug.report.powers", "answer_power"),
    "response": ("livingdrug.report.outcomes", "answer_response"),
    "index": ("livingdrug.report.outcomes", "answer_index"),
    "trial": ("livingdrug.report.trials", "answer_trial"),
    "escalation": ("livingdrug.report.trials", "answer_escalation"),
    "fit": ("livingdrug.report.fit_folder", "answer_fit"),
    "sampling": ("livingdrug.report.sampling", "answer_sampling"),
}


def answer_of(scenario: Document, folder: Path, executor: Executor | None = None, progress: Progress | None = None) -> Answer:
    """Run the scenario, write its tables and pictures into the folder, say what came out.

    Raises InputError for what cannot be, or an executor other than this process for a kind that runs in it.
    """
    executor = executor or Serial()
    if isinstance(scenario, Simulation):
        from livingdrug.report.simulations import answer_simulation

        return answer_simulation(scenario, folder, executor, progress)
    if executor != Serial():
        raise InputError(f"a `{scenario.kind}` scenario runs in one process; leave out --workers and --dask")
    if scenario.kind not in ANSWERS:
        raise InputError(f"a `{scenario.kind}` scenario has no report; run it with its own command")
    module, name = ANSWERS[scenario.kind]
    return getattr(import_module(module), name)(scenario, folder)


def table_of(scenario: Document):
    """The table that `results.csv` holds, without pictures or words: what --out FILE.csv of the kind's command writes.

    Raises InputError for an exposure without curves, whose rows go to a file as they come.
    """
    from livingdrug.report import tables

    if scenario.kind not in tables.TABLES:
        raise InputError(f"a `{scenario.kind}` scenario has no table of its own; run it with its command")
    return tables.TABLES[scenario.kind](scenario)
