"""The folder of a fit: a state to go on from, and every result as text. A file is there whole or not at
all."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.export import write_text
from livingdrug.core.files import refusal, whole_file
from livingdrug.core.folders import STATE
from livingdrug.core.pieces import Keeper
from livingdrug.core.versions import versions
from livingdrug.fit.conditional_residuals import with_conditional_residuals
from livingdrug.fit.outcomes import WEIBULL, Outcome
from livingdrug.fit.penalty import penalty_of
from livingdrug.fit.point import Point, point_of
from livingdrug.fit.problem import FitProblem
from livingdrug.fit.result import FitResult, Objective
from livingdrug.fit.saem import State
from livingdrug.fit.sampling import Chains
from livingdrug.fit.unknowns import unknowns_of

CONVENTIONS = (
    "minus2ll: -2 log likelihood of the values as measured, nothing left out. of_logarithms: the same where "
    "log-normal values count as normal logarithms. nonmem: minus2ll without ln(2 pi) for each measured "
    "value, as NONMEM prints it."
)


def data_hash(problem: FitProblem) -> str:
    """SHA-256 of the samples, doses and covariates that a fit sees."""
    data, digest = problem.data, hashlib.sha256()
    for array in (data.profile, data.time, data.dv, data.cens, data.limit, data.weight, data.profiles.dose):
        digest.update(np.ascontiguousarray(array, dtype=float).tobytes())
    if data.doses is not None:
        for array in (data.doses.subject, data.doses.time, data.doses.amount, data.doses.start):
            digest.update(np.ascontiguousarray(array, dtype=float).tobytes())
        more = ("duration", "rate", "into", "every", "steady", "reset", "given", "zero")
        digest.update(repr([getattr(data.doses, name).tolist() for name in more]).encode())
    for name, changes in data.changing.items():
        digest.update(
            repr((name, changes.subject.tolist(), changes.time.tolist(), changes.text.tolist())).encode()
        )
    if np.isfinite(data.end).any():
        digest.update(data.end.tobytes())
    texts = [
        list(data.subjects),
        data.profiles.output.tolist(),
        {k: [str(t) for t in v] for k, v in data.covariates.items()},
    ]
    digest.update(json.dumps(texts, sort_keys=True).encode())
    return digest.hexdigest()


def fingerprint(problem: FitProblem, settings, seed: int) -> str:
    """What a saved state belongs to: the problem, the data, the settings and the seed."""
    parts = (
        problem.model.full_name,
        repr(problem.model.system),
        repr(sorted(problem.model.typical.items())),
        repr(problem.parameters),
        repr(problem.residuals),
        repr(problem.effects),
        repr(problem.correlations),
        repr(problem.outputs),
        problem.below,
        repr(problem.smooth),
        repr(problem.compartments),
        problem.missing,
        repr(problem.priors),
        repr([vars(o) for o in problem.outcomes]),
        repr(settings),
        str(seed),
        data_hash(problem),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def write_state(folder: str | Path, mark: str, state: State) -> None:
    """Save where a run stands."""
    path = made_folder(folder) / STATE
    arrays = {f"point_{name}": value for name, value in state.point._asdict().items()}
    arrays |= {f"chains_{name}": value for name, value in vars(state.chains).items()}
    arrays |= {name: getattr(state, name) for name in ("s1", "s2", "s3", "mean", "square", "trace")}
    with whole_file(path, "wb") as file:
        np.savez(file, mark=np.array(mark), done=np.array(state.done), **arrays)


def read_state(folder: str | Path | None, mark: str) -> State:
    """The saved state. Raises InputError where there is none, or it belongs to another fit."""
    path = Path(folder or ".") / STATE
    arrays = _arrays(path)
    if str(arrays.get("mark")) != mark:
        raise InputError(
            f"`{path}` belongs to another problem, data, settings or seed; leave --resume out to begin again"
        )
    try:
        point = Point(*(arrays[f"point_{name}"] for name in Point._fields))
        chains = Chains(*(arrays[f"chains_{name}"] for name in Chains.__dataclass_fields__))
        rest = (arrays[name] for name in ("s1", "s2", "s3", "mean", "square", "trace"))
        return State(int(arrays["done"]), point, chains, *rest)
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(f"`{path}` cannot be read ({error}); leave --resume out to begin again") from None


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """What a saved state holds, in full: a byte that has changed is found by its checksum."""
    if path.is_symlink():
        raise InputError(f"`{path}` is a symbolic link, not a saved state; leave --resume out to begin again")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except FileNotFoundError:
        raise InputError(
            f"`{path}` was not found, so there is nothing to resume; leave --resume out"
        ) from None
    # numpy and zipfile answer a damaged file with whatever their innards meet: no list of exceptions is ever
    # whole
    except Exception as error:
        raise InputError(f"`{path}` cannot be read ({error}); leave --resume out to begin again") from None


@dataclass(frozen=True)
class Saved:
    """Where a run is saved on its way. folder: of the state of a search, None: nowhere; mark: what the state
    belongs to; resume: whether the run goes on from it; kept: where finished parts of it are kept."""

    folder: str | Path | None = None
    mark: str = ""
    resume: bool = False
    kept: Keeper | None = None

    def before(self) -> State | None:
        """The state that the run goes on from. Raises InputError where it should and there is none."""
        return read_state(self.folder, self.mark) if self.resume else None

    def save(self, state: State) -> None:
        """Keep where the run stands."""
        write_state(self.folder or ".", self.mark, state)


def drop_state(folder: str | Path) -> None:
    """Take the saved state away: its fit is whole in the folder."""
    (Path(folder) / STATE).unlink(missing_ok=True)


def made_folder(folder: str | Path) -> Path:
    """The folder, made where it is not there. Raises InputError where that cannot be."""
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refusal(path, error) from None
    return path


def write_result(result: FitResult, folder: str | Path, checks: dict | None = None) -> None:
    """Write parameters.csv, objective.json, individuals.csv, predictions.csv, trace.csv, covariance.csv,
    settings.json.

    checks: settings of the checks that are made beside it.
    """
    import pandas as pd

    from livingdrug.core.export import write_csv

    path, result = made_folder(folder), with_conditional_residuals(result)
    write_csv(parameter_table(result), path / "parameters.csv")
    write_csv(individual_table(result), path / "individuals.csv")
    write_csv(pd.DataFrame(vars(result.predictions)), path / "predictions.csv")
    trace = pd.DataFrame(result.trace, columns=list(result.trace_names)).drop(
        columns="seconds", errors="ignore"
    )
    write_csv(trace, path / "trace.csv")
    names = list(result.covariance.names)
    for name, matrix in (
        ("covariance", result.covariance.matrix),
        ("covariance_sandwich", result.covariance.sandwich),
    ):
        if matrix is not None:
            table = pd.DataFrame(matrix, columns=names)
            table.insert(0, "parameter", names)
            write_csv(table, path / f"{name}.csv")
    if result.beside:
        write_csv(beside_table(result), path / "borrowed.csv")
    write_json(objective_as_dict(result), path / "objective.json")
    write_json(settings_as_dict(result) | ({"checks": checks} if checks else {}), path / "settings.json")


def write_objective(found: Objective, folder: str | Path) -> None:
    """Write objective.csv and objective.json of an evaluation."""
    from livingdrug.core.export import write_csv

    path = made_folder(folder)
    write_csv(objective_table(found), path / "objective.csv")
    write_json(evaluation_as_dict(found), path / "objective.json")


def objective_table(found: Objective):
    """The numbers of an evaluation, in one row."""
    import pandas as pd

    return pd.DataFrame(
        [{k: np.nan if v is None else v for k, v in evaluation_as_dict(found).items() if k != "conventions"}]
    )


def evaluation_as_dict(found: Objective) -> dict:
    """An objective with its conventions, where nothing was fitted."""
    return {
        "method": found.means,
        "minus2ll": found.minus2ll,
        "of_logarithms": found.of_logarithms,
        "nonmem": found.nonmem,
        "monte_carlo_se": found.se,
        "least_effective_sample_size": None if found.ess is None else float(found.ess.min()),
        "modes_not_found": None if found.converged is None else int((~found.converged).sum()),
        "measured": found.measured,
        "conventions": CONVENTIONS,
    }


def parameter_table(result: FitResult):
    """One row for each number: parameter, kind, value, se, rse, shrinkage, fixed, lower, upper, by (of the
    95 % interval), determined."""
    import pandas as pd

    rows = [asdict(estimate) for estimate in result.estimates]
    table = pd.DataFrame(rows).rename(columns={"name": "parameter"})
    return table.astype({name: float for name in ("se", "rse", "shrinkage", "lower", "upper")})


def individual_table(result: FitResult):
    """One row for each subject: individual values, etas at the mode, their conditional means and sds."""
    import pandas as pd

    found = result.individuals
    columns = {"subject": list(found.subjects), **found.values}
    for k, name in enumerate(found.random):
        columns[f"eta {name}"] = found.etas[:, k]
        if found.mean is not None and found.sd is not None:
            columns[f"mean eta {name}"], columns[f"sd eta {name}"] = found.mean[:, k], found.sd[:, k]
    return pd.DataFrame(columns)


def objective_as_dict(result: FitResult) -> dict:
    """The likelihood with its conventions, and what follows from it."""
    found = result.objective
    rows, errors = result.predictions.kind, result.covariance
    return {
        "status": result.status,
        "exit_code": result.exit_code,
        "method": found.means,
        "conventions": CONVENTIONS,
        "minus2ll": found.minus2ll,
        "of_logarithms": found.of_logarithms,
        "nonmem": found.nonmem,
        "monte_carlo_se": found.se,
        "least_effective_sample_size": None if found.ess is None else float(found.ess.min()),
        "aic": known(result.aic),
        "bic": known(result.bic),
        "estimated": result.free,
        "subjects": len(result.individuals.subjects),
        "measured": found.measured,
        "below_limit": int((rows == "below").sum()),
        "above_limit": int((rows == "above").sum()),
        "condition_number": errors.condition,
        "standard_errors": errors.reason or errors.method,
        "verdict": None if result.verdict is None else asdict(result.verdict),
        "penalty": penalty(result),
        "path": [step._asdict() for step in result.path],
        "advice": result.advice,
    }


def penalty(result: FitResult) -> float | None:
    """What priors add to -2 log likelihood at the end; None without priors."""
    unknowns = unknowns_of(result.problem)
    return (
        2 * penalty_of(unknowns).loss(unknowns.vector(point_of(result.problem)))
        if result.problem.priors
        else None
    )


def beside_table(result: FitResult):
    """One row for each number of a fit that borrows: parameter, its prior, the data alone and both
    together."""
    import pandas as pd

    rows = []
    for name, prior, low, high, alone, together in result.beside:
        row = {"parameter": name, "prior": prior, "prior_lower": low, "prior_upper": high}
        for what, found in (("alone", alone), ("together", together)):
            told = found is not None and found.determined
            row |= {
                what: found.value if found and told else None,
                f"{what}_lower": found.lower if found else None,
                f"{what}_upper": found.upper if found else None,
                f"{what}_determined": told,
            }
        rows.append(row)
    return pd.DataFrame(rows)


def known(value: float) -> float | None:
    """None for what is not known, as JSON has no nan."""
    return None if value != value else value


def settings_as_dict(result: FitResult) -> dict:
    """What a reader needs to run the fit again."""
    problem = result.started
    return {
        "model": problem.model.full_name,
        "data": problem.data.name,
        "data_sha256": data_hash(problem),
        "below": problem.below,
        "smooth": problem.smooth,
        "model_values": problem.model.typical,
        "start": {p.name: p.value for p in problem.parameters},
        "start_omega": {p.name: p.sd for p in problem.random},
        "scale": {p.name: p.scale for p in problem.parameters},
        "fixed": [p.name for p in problem.parameters if p.fixed],
        "effects": [asdict(e) for e in problem.effects],
        "residual_errors": [asdict(r) for r in problem.residuals],
        "correlations": [asdict(c) for c in problem.correlations],
        "priors": [asdict(p) for p in problem.priors],
        "outcomes": [outcome_as_dict(o) for o in problem.outcomes],
        "settings": result.settings,
        "effective": effective_settings(result),
        "notes": list(result.notes),
    }


def outcome_as_dict(outcome: Outcome) -> dict:
    """What an outcome is and where its numbers stand."""
    return {
        "name": outcome.name, "kind": outcome.kind, "driver": outcome.driver.words, "known": outcome.known,
        "numbers": {n.name: n.value for n in outcome.numbers},
    } | ({"reference_time": outcome.scale} if outcome.kind == WEIBULL else {})


def effective_settings(result: FitResult) -> dict:
    """What was in force, defaults spelled out: where `settings` says null, and what it does not say."""
    given, problem = {k: v for k, v in result.settings.items() if k not in versions()}, result.problem
    if "copies" in given:
        given["chains"] = given.pop("copies")
    return given | {
        "rule_below_limit": problem.below,
        "smooth_breakpoints": problem.smooth or 0.0,
        "smooth_breakpoints_unit": problem.model.time_unit,
        "likelihood_by": result.objective.means,
        "standard_errors_by": result.covariance.method or result.covariance.reason,
        "interval_width_percent": 95,
        "random_effects_start": {p.variability_name: p.sd for p in result.started.random},
        "fixed": [e.name for e in result.estimates if e.fixed],
        "versions": versions(),
    }


def write_json(content: dict, path: Path) -> None:
    """Write plain data as JSON, the whole file at once."""
    write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", path)
