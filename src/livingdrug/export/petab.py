"""A fit as a PEtab problem (version 1): its model as SBML, a condition for each subject, its data and its
parameters.

PEtab knows no random effects: one set of numbers stands for all subjects, or each subject has its own. What
it cannot say is refused by name.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.export.sbml import sbml
from livingdrug.export.sheet import Sheet, sheet
from livingdrug.fit import FitProblem, ResidualError, given_of
from livingdrug.models import Experiment, Model
from livingdrug.simulation import Regimen, write_dose

FOLD = 1e3  # bounds of a number above 0: so many times below and above its initial estimate
EDGE = 1e-6  # bounds of a fraction: so far from 0 and 1
MODEL, PARAMETERS, CONDITIONS, MEASUREMENTS, OBSERVABLES = (
    "model.xml",
    "parameters.tsv",
    "conditions.tsv",
    "measurements.tsv",
    "observables.tsv",
)
PROBLEM = f"""format_version: 1
parameter_file: {PARAMETERS}
problems:
- condition_files: [{CONDITIONS}]
  measurement_files: [{MEASUREMENTS}]
  observable_files: [{OBSERVABLES}]
  sbml_files: [{MODEL}]
"""


@dataclass(frozen=True)
class PetabFiles:
    """A PEtab problem as files.

    Attributes
    ----------
    texts : dict[str, str]
        Name of a file -> its text, `problem.yaml` first.
    notes : tuple of str
        What the user must know.
    """

    texts: dict[str, str]
    notes: tuple[str, ...]


def petab_files(problem: FitProblem, by_subject: bool = False) -> PetabFiles:
    """A fit as the files of a PEtab problem.

    Parameters
    ----------
    problem : FitProblem
        Its parameters are what is estimated, its numbers the nominal ones.
    by_subject : bool
        Each subject has its own parameters; else all share one set.

    Returns
    -------
    PetabFiles

    Raises
    ------
    InputError
        For what PEtab cannot say: covariates, occasions, outcomes, priors, values below a limit (unless the
        rule is m1), and subjects whose doses differ in more than amounts and times.
    """
    _check(problem)
    notes = list(problem.notes)
    given = given_of(problem, notes)
    data = problem.data
    subject = data.profiles.subject[data.profile]
    present = np.unique(subject).tolist()
    ids = _ids([str(data.subjects[i]) for i in present])
    variants = [_dosed(problem.model, given.regimens[i]) for i in present]
    sheets = [sheet(variant) for variant in variants]
    doses = [_dose_numbers(made, problem.model) for made in sheets]
    for i, numbers in zip(present, doses, strict=True):
        if numbers.keys() != doses[0].keys():
            raise InputError(
                f"subject {data.subjects[i]} has another pattern of doses than subject "
                f"{data.subjects[present[0]]} (other number, states or kinds), which one model in SBML "
                "cannot hold; write them apart"
            )
    differs = [name for name in doses[0] if len({numbers[name] for numbers in doses}) > 1]
    noise = _Noise(problem, sheets[0])
    own = [p.name for p in problem.parameters if by_subject and not p.fixed]
    conditions = [
        {
            "conditionId": ids[k],
            "conditionName": str(data.subjects[i]),
            **{n: repr(doses[k][n]) for n in differs},
            **{n: f"{n}_{ids[k]}" for n in own},
        }
        for k, i in enumerate(present)
    ]
    place = {i: k for k, i in enumerate(present)}
    measured, left = _measurements(problem, given.time, [ids[place[i]] for i in subject.tolist()], noise.of)
    if left:
        notes.append(f"{left} value(s) before time 0, which PEtab does not know, are left out")
    if not by_subject and any(p.sd > 0 for p in problem.parameters):
        notes.append(
            "PEtab has no random effects: one set of parameters stands for all subjects (method individual: "
            "one each)"
        )
    parameters = _parameters(problem, ids if by_subject else [""], noise)
    texts = {
        "problem.yaml": PROBLEM,
        MODEL: sbml(variants[0]),
        CONDITIONS: _tsv(conditions),
        OBSERVABLES: _tsv(noise.observables),
        MEASUREMENTS: _tsv(measured),
        PARAMETERS: _tsv(parameters),
    }
    return PetabFiles(texts, tuple(dict.fromkeys(notes)))


def _check(problem: FitProblem) -> None:
    """Refuse, by its name, what PEtab cannot say."""
    data = problem.data
    censored = int((data.cens != 0).sum())
    refused = {
        "covariates on parameters": bool(problem.effects),
        "inter-occasion variability": any(p.changes for p in problem.parameters) or bool(problem.own),
        "outcomes beside the samples": bool(problem.outcomes),
        "borrowed priors": bool(problem.priors),
        f"{censored} value(s) below or above a limit (--below m1 leaves them out)": censored
        and problem.below != "m1",
    }
    for what, there in refused.items():
        if there:
            raise InputError(f"PEtab (version 1) cannot hold {what}; leave that out of the fit")
    if not any(not p.fixed for p in problem.parameters):
        raise InputError(
            "the fit estimates no parameter of the model, so there is no PEtab problem; name some (--random)"
        )


def _ids(names: list[str]) -> list[str]:
    """Ids of PEtab for names of subjects: letters, digits and _, each once."""
    made = [f"s_{re.sub(r'[^0-9A-Za-z]+', '_', name).strip('_') or i}" for i, name in enumerate(names, 1)]
    return [name if made.count(name) == 1 else f"{name}_{i}" for i, name in enumerate(made, 1)]


def _dosed(model: Model, regimen: Regimen) -> Model:
    """The model whose first experiment is what a subject was given."""
    given = tuple(write_dose(record) for record in regimen.records)
    until = model.experiments[0].until if model.experiments else 1.0
    return replace(model, experiments=(Experiment("as given", (), until, given=given),))


def _dose_numbers(made: Sheet, model: Model) -> dict[str, float]:
    """Name of a parameter that states a dose -> its value."""
    own = {q.name for q in model.quantities}
    return {t.name: t.value for t in made.parameters if t.value is not None and t.name not in own}


class _Noise:
    """Observables with their noise, and the parameters that it needs."""

    def __init__(self, problem: FitProblem, made: Sheet) -> None:
        self.parameters: list[dict[str, str]] = []
        self.observables: list[dict[str, str]] = []
        self.of: dict[str, str] = {}  # output -> observable
        taken = {t.name for t in (*made.species, *made.parameters)} | {r.name for r in made.reactions}
        for error in problem.residuals:
            level = made.outputs[error.output]
            observable = self.of[error.output] = _fresh(f"observed_{error.output}", taken)
            numbers = {n: self._number(f"noise_{n}_{error.output}", error, n, taken) for n in error.names}
            self.observables.append(
                {
                    "observableId": observable,
                    "observableName": error.output,
                    "observableFormula": level,
                    "observableTransformation": "log" if error.kind == "lognormal" else "lin",
                    "noiseFormula": _formula(error.kind, numbers, level),
                    "noiseDistribution": "normal",
                }
            )

    def _number(self, wanted: str, error: ResidualError, name: str, taken: set[str]) -> str:
        name, value = _fresh(wanted, taken), getattr(error, name)
        self.parameters.append(_row(name, "log10", value / FOLD, value * FOLD, value, not error.fixed))
        return name


def _fresh(wanted: str, taken: set[str]) -> str:
    name = wanted
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _formula(kind: str, numbers: Mapping[str, str], level: str) -> str:
    a, b = numbers.get("a", ""), numbers.get("b", "")
    return {
        "lognormal": a,
        "additive": a,
        "proportional": f"{b} * {level}",
        "combined": f"{a} + {b} * {level}",
        "combined_squares": f"sqrt({a}^2 + ({b} * {level})^2)",
    }[kind]


def _measurements(
    problem: FitProblem, time: np.ndarray, conditions: list[str], observables: Mapping[str, str]
) -> tuple[list[dict[str, str]], int]:
    """Rows of the table, and how many stand before time 0."""
    data, known = problem.data, dict(problem.outputs)
    output = [known[name] for name in data.profiles.output[data.profile].tolist()]
    kinds = {error.output: error.kind for error in problem.residuals}
    rows, left = [], 0
    for i, condition in enumerate(conditions):
        value, at = float(data.dv[i]), float(time[i])
        if data.cens[i] != 0 or not math.isfinite(value):
            continue
        if at < 0:
            left += 1
            continue
        if kinds[output[i]] == "lognormal" and value <= 0:
            raise InputError(
                f"line {int(data.line[i])}: the value {value:g} has no logarithm, which a log-normal "
                "residual error needs"
            )
        rows.append(
            {
                "observableId": observables[output[i]],
                "simulationConditionId": condition,
                "measurement": repr(value),
                "time": repr(at),
            }
        )
    if not rows:
        raise InputError("no measured value from time 0 on is left for a PEtab problem")
    return rows, left


def _parameters(problem: FitProblem, ids: list[str], noise: _Noise) -> list[dict[str, str]]:
    """Estimated numbers with their scales and bounds, then those of the noise."""
    rows = []
    for p in problem.parameters:
        if p.fixed:
            continue
        for one in ids:
            name = f"{p.name}_{one}" if one else p.name
            if p.scale == "log":
                rows.append(_row(name, "log10", p.value / FOLD, p.value * FOLD, p.value))
            elif p.scale == "logit":
                rows.append(_row(name, "lin", EDGE, 1 - EDGE, min(max(p.value, EDGE), 1 - EDGE)))
            else:
                wide = FOLD * max(abs(p.value), 1.0)
                rows.append(_row(name, "lin", p.value - wide, p.value + wide, p.value))
    return rows + noise.parameters


def _row(
    name: str, scale: str, lower: float, upper: float, value: float, estimate: bool = True
) -> dict[str, str]:
    return {
        "parameterId": name,
        "parameterScale": scale,
        "lowerBound": repr(float(lower)),
        "upperBound": repr(float(upper)),
        "nominalValue": repr(float(value)),
        "estimate": str(int(estimate)),
    }


def _tsv(rows: list[dict[str, str]]) -> str:
    """Tab-separated text; a text in a cell loses what would end the cell."""
    lines = ["\t".join(rows[0])]
    lines += ["\t".join(" ".join(text.split()) for text in row.values()) for row in rows]
    return "\n".join(lines) + "\n"
