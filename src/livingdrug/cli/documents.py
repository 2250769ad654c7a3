"""`livingdrug run`: a scenario document goes to the command of its kind."""

from importlib import import_module

from livingdrug.cli.output import Output
from livingdrug.core.errors import InputError
from livingdrug.scenario import Simulation, read_scenario
from livingdrug.scenario.fit import Fit
from livingdrug.scenario.index import Index
from livingdrug.scenario.response import Response
from livingdrug.scenario.sampling import Sampling
from livingdrug.scenario.tables import CheckFile, Compare, Nca
from livingdrug.scenario.trials import TrialScenario

# kind of scenario -> where its command lives
RUNNERS = {
    CheckFile: ("livingdrug.cli.tables", "run_check"),
    Nca: ("livingdrug.cli.parameters", "run_nca"),
    Compare: ("livingdrug.cli.products", "run_compare"),
    Response: ("livingdrug.cli.response", "run_response"),
    Index: ("livingdrug.cli.index", "run_index"),
    TrialScenario: ("livingdrug.cli.trial", "run_design"),
    Fit: ("livingdrug.cli.fit", "run_fit"),
    Sampling: ("livingdrug.cli.sampling", "run_sampling"),
}


def run_document(path: str, out: str | None, as_json: bool, workers: int | None, dask: str | None) -> None:
    """Run the scenario in a TOML file as its command would."""
    scenario = read_scenario(path)
    if isinstance(scenario, Simulation):
        from livingdrug.cli.simulate import run

        run(scenario, out, as_json, False, workers, dask)
        return
    if workers is not None or dask is not None:
        kind = f"`{path}` is a `{scenario.kind}` scenario"
        raise InputError(f"{kind}, which runs in one process; leave out --workers and --dask")
    module, runner = RUNNERS[type(scenario)]
    getattr(import_module(module), runner)(scenario, Output(out=out, as_json=as_json))
