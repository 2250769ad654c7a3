"""The folder of a fit read back: its scenario with the numbers that were found."""

import json
from dataclasses import replace
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.folders import settled
from livingdrug.fit import FitProblem, Point, point_of
from livingdrug.fit.store import data_hash
from livingdrug.models import MODEL_FILE
from livingdrug.workflows.base import read_scenario
from livingdrug.workflows.fit.plan import fit_problem
from livingdrug.workflows.fit.scenario import Fit

SCENARIO, SETTINGS = "scenario.toml", "settings.json"
NUMBERS, DRAWS = "parameters.csv", "draws.csv"  # of a fit, and of a posterior
FILES = ("file", "endpoints", "model")
POINTS = 500  # of a posterior that are read back


def fitted_problem(folder: str | Path) -> FitProblem:
    """The problem of a fit's folder with the numbers that it found; of a posterior, with its medians.

    Files are looked for as the scenario names them, from here, then beside and above the folder. Raises
    InputError for a folder without a fit, and for a table of samples that is no longer the one that was
    fitted.
    """
    path = settled(folder) if Path(folder).is_dir() else Path(folder)
    numbers = DRAWS if (path / DRAWS).is_file() else NUMBERS
    missing = [name for name in (SCENARIO, numbers, SETTINGS) if not (path / name).is_file()]
    if missing:
        raise InputError(
            f"`{folder}` holds no finished fit ({missing[0]} is missing); name a folder that `livingdrug fit "
            "--out` wrote"
        )
    scenario = read_scenario(path / SCENARIO)
    if not isinstance(scenario, Fit):
        raise InputError(f"`{path / SCENARIO}` is a `{scenario.kind}` scenario; a fit is needed")
    problem = fit_problem(_found(scenario, path))
    if data_hash(problem) != _data_hash(path / SETTINGS):
        raise InputError(
            f"`{scenario.file}` is not the table that was fitted (its contents differ); fit it again"
        )
    if numbers == NUMBERS:
        return with_numbers(problem, _numbers(path / NUMBERS))
    return with_numbers(problem, {**numbers_of(problem), **_draws(path).median().to_dict()})


def _data_hash(path: Path) -> str:
    """SHA-256 of the data that a fit saw, from its settings."""
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["data_sha256"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise InputError(f"`{path}` is not what a fit wrote; was it edited? fit again") from None


def fitted_points(folder: str | Path, problem: FitProblem) -> tuple[Point, ...]:
    """Draws of the posterior in a folder, up to POINTS of them from all chains; none where it holds a fit."""
    path = Path(folder)
    if not (path / DRAWS).is_file():
        return ()
    rows, own = _draws(path).to_dict("records"), numbers_of(problem)
    chosen = [rows[k * len(rows) // POINTS] for k in range(POINTS)] if len(rows) > POINTS else rows
    return tuple(point_of(with_numbers(problem, {**own, **row})) for row in chosen)


def _found(scenario: Fit, folder: Path) -> Fit:
    """The scenario with its files where they lie now."""
    places = [Path(), folder.absolute(), *folder.absolute().parents]
    given = {name: getattr(scenario, name) for name in FILES if getattr(scenario, name)}
    lying = {name: next((p / path for p in places if _lies(p / path)), None) for name, path in given.items()}
    if lying["file"] is None:
        raise InputError(
            f"the table `{scenario.file}` is neither here nor beside or above `{folder}`; go to the folder "
            "where it was fitted"
        )
    return scenario.model_copy(update={name: str(path) for name, path in lying.items() if path})


def _lies(path: Path) -> bool:
    """Whether a file lies there, or a folder that is named for its model."""
    return path.is_file() or (path / MODEL_FILE).is_file()


def _draws(path: Path):
    try:
        return _table(path / DRAWS).drop(columns=["chain", "draw"]).astype(float)
    except (KeyError, ValueError) as error:
        raise InputError(
            f"`{path / DRAWS}` is not what a fit wrote ({error}); was it edited? fit again"
        ) from None


def _numbers(path: Path) -> dict[str, float]:
    table = _table(path, dtype={"parameter": str})
    try:
        return dict(zip(table["parameter"], table["value"].astype(float), strict=True))
    except (KeyError, ValueError) as error:
        raise InputError(f"`{path}` is not what a fit wrote ({error}); was it edited? fit again") from None


def _table(path: Path, **options):
    """A table that a fit wrote. Raises InputError where it is one no more."""
    import pandas as pd

    try:
        return pd.read_csv(path, **options)
    except (OSError, ValueError) as error:  # all that pandas raises of a text is a ValueError
        raise InputError(f"`{path}` is not what a fit wrote ({error}); was it edited? fit again") from None


def numbers_of(problem: FitProblem) -> dict[str, float]:
    """The numbers of a problem under the names of `parameters.csv`."""
    found = {p.name: p.value for p in problem.parameters} | {p.variability_name: p.sd for p in problem.random}
    found |= {e.name: e.coefficient for e in problem.effects}
    found |= {f"corr {c.first} {c.second}": c.value for c in problem.correlations}
    found |= {n.name: n.value for outcome in problem.outcomes for n in outcome.numbers}
    return found | {f"{n} {r.output}": getattr(r, n) for r in problem.residuals for n in r.names}


def with_numbers(problem: FitProblem, numbers: dict[str, float]) -> FitProblem:
    """The problem with numbers under the names of `parameters.csv`."""
    try:
        parameters = tuple(
            replace(
                p,
                value=0.0 if p.changes else numbers[p.name],
                sd=numbers[p.variability_name] if p.random else 0.0,
            )
            for p in problem.parameters
        )
        effects = tuple(replace(e, coefficient=numbers[e.name]) for e in problem.effects)
        pairs = tuple(replace(c, value=numbers[f"corr {c.first} {c.second}"]) for c in problem.correlations)
        residuals = tuple(
            replace(r, **{n: numbers[f"{n} {r.output}"] for n in r.names}) for r in problem.residuals
        )
        outcomes = tuple(
            replace(o, numbers=tuple(replace(n, value=numbers[n.name]) for n in o.numbers))
            for o in problem.outcomes
        )
    except KeyError as error:
        raise InputError(f"`{NUMBERS}` has no row {error}; was it edited? fit again") from None
    return replace(
        problem,
        parameters=parameters,
        effects=effects,
        correlations=pairs,
        residuals=residuals,
        outcomes=outcomes,
    )
