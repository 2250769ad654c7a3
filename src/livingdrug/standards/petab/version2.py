"""PEtab, version 2, where its tables differ: experiments, long conditions, placeholders, distributions of
noise.

Its tables become the same plain data as those of version 1. What version 1 has no counterpart of is refused
by name: changes after time 0, target values that are formulas, priors, mappings, extensions, several models.
"""

import re
from pathlib import Path

from livingdrug.core.errors import InputError, printable
from livingdrug.standards.petab.files import Row, number_of, rows_of, unique
from livingdrug.standards.petab.problem import (
    Measurement,
    Observable,
    PetabParameter,
    PetabProblem,
    checked_measurement,
)

NOISE = {
    "normal": ("lin", "normal"),
    "log-normal": ("log", "normal"),
    "laplace": ("lin", "laplace"),
    "log-laplace": ("log", "laplace"),
}
ESTIMATE = {"true": True, "false": False, "1": True, "0": False}
ID = re.compile(r"[A-Za-z_]\w*\Z")
BEFORE = ("-inf", "-infinity")


def problem_of(name: str, files: dict[str, list[Path]]) -> PetabProblem:
    """The problem that tables of version 2 make.

    Parameters
    ----------
    name : str
        Of the YAML file.
    files : dict of str to list of Path
        parameters, conditions, experiments, measurements, observables, model.

    Returns
    -------
    PetabProblem

    Raises
    ------
    InputError
        For tables that contradict each other or ask for what is not supported; by line.
    """
    rows = unique(rows_of(files["parameters"], ("parameterId", "estimate")), "parameterId")
    parameters = {key: _parameter(row) for key, row in rows.items()}
    needed = ("observableId", "observableFormula", "noiseFormula")
    rows = unique(rows_of(files["observables"], needed), "observableId")
    observables = {key: _observable(row) for key, row in rows.items()}
    conditions, order = _conditions(files, parameters)
    measured = rows_of(files["measurements"], ("observableId", "experimentId", "measurement", "time"))
    if not measured:
        raise InputError(f"`{printable(name)}` has no measurement")
    measurements = tuple(_measurement(row, order, observables, parameters) for row in measured)
    return PetabProblem(name, files["model"][0], parameters, conditions, observables, measurements)


def _parameter(row: Row) -> PetabParameter:
    where, name = row["(place)"], row["parameterId"]
    if row.get("priorDistribution"):
        raise InputError(
            f"{where}: `priorDistribution` is given, and priors are not supported; leave them out"
        )
    estimate = ESTIMATE.get(row["estimate"].lower())
    if estimate is None:
        raise InputError(f"{where}: estimate is `{printable(row['estimate'])}`; expected true or false")
    nominal = number_of(row.get("nominalValue", ""), where, "nominalValue")
    if not estimate:
        return PetabParameter(name, "lin", float("-inf"), float("inf"), nominal, False)
    lower, upper = (number_of(row.get(c, ""), where, c) for c in ("lowerBound", "upperBound"))
    if not lower <= nominal <= upper:
        raise InputError(
            f"{where}: nominalValue {nominal:g} of `{name}` is outside its bounds {lower:g} to {upper:g}"
        )
    return PetabParameter(name, "lin", lower, upper, nominal, True)


def _observable(row: Row) -> Observable:
    """An observable, its placeholders under the names that version 1 has for them."""
    where, name = row["(place)"], row["observableId"]
    given = row.get("noiseDistribution") or "normal"
    if given not in NOISE:
        raise InputError(f"{where}: noiseDistribution is `{printable(given)}`; expected {', '.join(NOISE)}")
    formulas = {}
    for column, kind in (("observableFormula", "observable"), ("noiseFormula", "noise")):
        if not row[column]:
            raise InputError(f"{where}: `{column}` is empty")
        formulas[kind] = _placed(row, column, kind, name)
    transformation, distribution = NOISE[given]
    return Observable(name, formulas["observable"], formulas["noise"], transformation, distribution)


def _placed(row: Row, column: str, kind: str, name: str) -> str:
    text = row[column]
    places = [p.strip() for p in row.get(f"{kind}Placeholders", "").split(";") if p.strip()]
    for i, place in enumerate(places, 1):
        if not ID.match(place) or not re.search(rf"\b{place}\b", text):
            raise InputError(f"{row['(place)']}: the placeholder `{printable(place)}` is not in `{column}`")
        text = re.sub(rf"\b{place}\b", f"{kind}Parameter{i}_{name}", text)
    return text


def _conditions(
    files: dict[str, list[Path]], parameters: dict[str, PetabParameter]
) -> tuple[dict[str, dict[str, str]], dict[str, tuple[str, str]]]:
    """(conditions, experiment -> (condition from time 0 on, condition before)); an experiment is a
    condition of its own."""
    sets: dict[str, dict[str, str]] = {}
    for row in rows_of(files["conditions"], ("conditionId", "targetId", "targetValue")):
        where, value = row["(place)"], row["targetValue"]
        if value not in parameters:
            number_of(value, f"{where} (a target value that is a formula is not supported)", "targetValue")
        targets = sets.setdefault(row["conditionId"], {})
        if row["targetId"] in targets:
            raise InputError(f"{where}: the condition sets `{printable(row['targetId'])}` twice")
        targets[row["targetId"]] = value
    conditions: dict[str, dict[str, str]] = {"": {}}
    order: dict[str, tuple[str, str]] = {"": ("", "")}
    periods: dict[str, dict[bool, dict[str, str]]] = {}
    for row in rows_of(files["experiments"], ("experimentId", "time", "conditionId")):
        before, chosen = _period(row, sets)
        group = periods.setdefault(row["experimentId"], {}).setdefault(before, {})
        twice = group.keys() & chosen.keys()
        if twice:
            raise InputError(f"{row['(place)']}: `{printable(sorted(twice)[0])}` is set twice at one time")
        group |= chosen
    for name, group in periods.items():
        conditions[name], first = group.get(False, {}), ""
        if True in group:
            lost = group[True].keys() - conditions[name].keys()
            if lost:
                raise InputError(
                    f"experiment `{printable(name)}`: `{printable(sorted(lost)[0])}` is set before time 0 "
                    "and not at it; set it at time 0 too"
                )
            first = f"{name} (before)"
            conditions[first] = group[True]
        order[name] = (name, first)
    return conditions, order


def _period(row: Row, sets: dict[str, dict[str, str]]) -> tuple[bool, dict[str, str]]:
    """(whether it is the time before, what its condition sets) of a row of experiments."""
    where, at = row["(place)"], row["time"].lower()
    if not row["experimentId"]:
        raise InputError(f"{where}: `experimentId` is empty")
    before = at in BEFORE
    if not before and number_of(at, where, "time") != 0:
        raise InputError(
            f"{where}: a change at time {at} is not supported; an experiment begins at 0, or -inf before it"
        )
    if row["conditionId"] and row["conditionId"] not in sets:
        raise InputError(f"{where}: the condition `{printable(row['conditionId'])}` is in no condition table")
    return before, sets.get(row["conditionId"], {})


def _measurement(
    row: Row,
    order: dict[str, tuple[str, str]],
    observables: dict[str, Observable],
    parameters: dict[str, PetabParameter],
) -> Measurement:
    experiment = row["experimentId"]
    if experiment not in order:
        raise InputError(
            f"{row['(place)']}: the experiment `{printable(experiment)}` is in no experiment table"
        )
    condition, before = order[experiment]
    return checked_measurement(row, condition, before, observables, parameters)
