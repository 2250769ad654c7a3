"""`livingdrug run`: a scenario document goes to the command of its kind."""

from livingdrug.core.errors import InputError
from livingdrug.scenario import Simulation, read_scenario
from livingdrug.scenario.tables import CheckFile, Compare


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
    output = {"out": out, "as_json": as_json, "as_scenario": False, "wide": False, "plots": None}
    if isinstance(scenario, CheckFile):
        from livingdrug.cli.tables import run_check

        run_check(scenario, output)
    elif isinstance(scenario, Compare):
        from livingdrug.cli.products import run_compare

        run_compare(scenario, output)
    else:
        from livingdrug.cli.parameters import run_nca

        run_nca(scenario, output)
