"""The folder of a fit read back: its scenario with the numbers that were found."""

import json
from dataclasses import replace
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.fit.problem import FitProblem
from livingdrug.fit.store import data_hash
from livingdrug.scenario.document import read_scenario
from livingdrug.scenario.fit import Fit, fit_problem
from livingdrug.scenario.simulation import to_toml

SCENARIO, NUMBERS, SETTINGS = "scenario.toml", "parameters.csv", "settings.json"


def keep_scenario(scenario: Fit, folder: str | Path) -> None:
    """Write the scenario of a fit into its folder; paths of files stand as a whole, so that they are found again."""
    paths = {name: getattr(scenario, name) for name in ("file", "endpoints", "model")}
    found = {name: str(Path(path).absolute()) for name, path in paths.items() if path and Path(path).is_file()}
    whole = scenario.model_copy(update=found)
    path = Path(folder) / SCENARIO
    part = path.with_name(f"{SCENARIO}.part")
    part.write_text(to_toml(whole), encoding="utf-8")
    part.replace(path)


def fitted_problem(folder: str | Path) -> FitProblem:
    """The problem of a fit's folder with the numbers that it found.

    Raises InputError for a folder without a fit, and for a table of samples that is no longer the one that was fitted.
    """
    path = Path(folder)
    missing = [name for name in (SCENARIO, NUMBERS, SETTINGS) if not (path / name).is_file()]
    if missing:
        raise InputError(f"`{folder}` holds no finished fit ({missing[0]} is missing); name a folder that `livingdrug fit "
                         "--out` wrote")  # fmt: skip
    scenario = read_scenario(path / SCENARIO)
    if not isinstance(scenario, Fit):
        raise InputError(f"`{path / SCENARIO}` is a `{scenario.kind}` scenario; a fit is needed")
    problem = fit_problem(scenario)
    known = json.loads((path / SETTINGS).read_text(encoding="utf-8"))["data_sha256"]
    if data_hash(problem) != known:
        raise InputError(f"`{scenario.file}` is not the table that was fitted (its contents differ); fit it again")
    return with_numbers(problem, _numbers(path / NUMBERS))


def _numbers(path: Path) -> dict[str, float]:
    import pandas as pd

    table = pd.read_csv(path, dtype={"parameter": str})
    return dict(zip(table["parameter"], table["value"].astype(float), strict=True))


def with_numbers(problem: FitProblem, numbers: dict[str, float]) -> FitProblem:
    """The problem with numbers under the names of `parameters.csv`."""
    try:
        parameters = tuple(
            replace(p, value=0.0 if p.changes else numbers[p.name], sd=numbers[p.spread_name] if p.random else 0.0)
            for p in problem.parameters
        )
        effects = tuple(replace(e, coefficient=numbers[e.name]) for e in problem.effects)
        pairs = tuple(replace(c, value=numbers[f"corr {c.first} {c.second}"]) for c in problem.correlations)
        residuals = tuple(replace(r, **{n: numbers[f"{n} {r.output}"] for n in r.names}) for r in problem.residuals)
    except KeyError as error:
        raise InputError(f"`{NUMBERS}` has no row {error}; was it edited? fit again") from None
    return replace(problem, parameters=parameters, effects=effects, correlations=pairs, residuals=residuals)
