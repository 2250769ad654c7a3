"""The tables of a PEtab problem as plain data, checked against each other."""

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

from livingdrug.core.errors import InputError, printable
from livingdrug.standards.petab.files import Row, number_of, rows_of, unique

SCALES = ("lin", "log", "log10")
DISTRIBUTIONS = ("normal", "laplace")
PRIORS = ("objectivePriorType", "objectivePriorParameters")


@dataclass(frozen=True)
class PetabParameter:
    """A row of the parameter table; numbers are on the linear scale."""

    name: str
    scale: str
    lower: float
    upper: float
    nominal: float
    estimate: bool


@dataclass(frozen=True)
class Observable:
    """What is measured: formulas in the words of PEtab, on the scale of `transformation`."""

    name: str
    formula: str
    noise: str
    transformation: str = "lin"
    distribution: str = "normal"


@dataclass(frozen=True)
class Measurement:
    """A number that was measured; observable_values, noise_values: what the placeholders of the formulas
    stand for."""

    observable: str
    condition: str
    before: str
    time: float
    value: float
    observable_values: tuple[str, ...] = ()
    noise_values: tuple[str, ...] = ()


@dataclass(frozen=True)
class PetabProblem:
    """A fit. conditions: id -> (id in the model -> number or id of a parameter); model: the SBML file."""

    name: str
    model: Path
    parameters: dict[str, PetabParameter] = field(hash=False)
    conditions: dict[str, dict[str, str]] = field(hash=False)
    observables: dict[str, Observable] = field(hash=False)
    measurements: tuple[Measurement, ...] = ()


def problem_of(name: str, files: dict[str, list[Path]]) -> PetabProblem:
    """The problem that tables of version 1 make.

    Parameters
    ----------
    name : str
        Of the YAML file.
    files : dict of str to list of Path
        parameters, conditions, measurements, observables, model.

    Returns
    -------
    PetabProblem

    Raises
    ------
    InputError
        For files that cannot be read, that contradict each other, or that ask for what is not supported; by
        line.
    """
    needed = ("parameterId", "parameterScale", "lowerBound", "upperBound", "nominalValue", "estimate")
    parameters = {
        k: _parameter(row) for k, row in unique(rows_of(files["parameters"], needed), "parameterId").items()
    }
    conditions = unique(rows_of(files["conditions"], ("conditionId",)), "conditionId")
    needed = ("observableId", "observableFormula", "noiseFormula")
    observables = {
        k: _observable(r) for k, r in unique(rows_of(files["observables"], needed), "observableId").items()
    }
    needed = ("observableId", "simulationConditionId", "measurement", "time")
    rows = rows_of(files["measurements"], needed)
    if not rows:
        raise InputError(f"`{printable(name)}` has no measurement")
    kept = {
        key: {
            c: v
            for c, v in row.items()
            if c not in ("conditionId", "conditionName", "(place)") and v not in ("", "NaN", "nan")
        }
        for key, row in conditions.items()
    }
    measurements = tuple(_measurement(row, observables, conditions, parameters) for row in rows)
    return PetabProblem(name, files["model"][0], parameters, kept, observables, measurements)


def _parameter(row: Row) -> PetabParameter:
    where, name, scale = row["(place)"], row["parameterId"], row["parameterScale"]
    if scale not in SCALES:
        raise InputError(f"{where}: parameterScale is `{printable(scale)}`; expected {', '.join(SCALES)}")
    for column in PRIORS:
        if row.get(column):
            raise InputError(f"{where}: `{column}` is given, and priors are not supported; leave them out")
    if row["estimate"] not in ("0", "1"):
        raise InputError(f"{where}: estimate is `{printable(row['estimate'])}`; expected 0 or 1")
    estimate = row["estimate"] == "1"
    nominal = number_of(row["nominalValue"], where, "nominalValue")
    lower, upper = -math.inf, math.inf
    if estimate:
        lower, upper = (number_of(row[c], where, c) for c in ("lowerBound", "upperBound"))
        if lower > upper:
            raise InputError(f"{where}: lowerBound {lower:g} is above upperBound {upper:g}")
        if not lower <= nominal <= upper:
            raise InputError(
                f"{where}: nominalValue {nominal:g} of `{name}` is outside its bounds {lower:g} to {upper:g}"
            )
        if scale != "lin" and lower <= 0:
            raise InputError(f"{where}: lowerBound of `{name}` is {lower:g}, which has no logarithm")
    return PetabParameter(name, scale, lower, upper, nominal, estimate)


def _observable(row: Row) -> Observable:
    where = row["(place)"]
    transformation = row.get("observableTransformation") or "lin"
    distribution = row.get("noiseDistribution") or "normal"
    if transformation not in SCALES:
        raise InputError(
            f"{where}: observableTransformation is `{printable(transformation)}`; expected "
            f"{', '.join(SCALES)}"
        )
    if distribution not in DISTRIBUTIONS:
        raise InputError(
            f"{where}: noiseDistribution is `{printable(distribution)}`; expected "
            f"{' or '.join(DISTRIBUTIONS)}"
        )
    for column in ("observableFormula", "noiseFormula"):
        if not row[column]:
            raise InputError(f"{where}: `{column}` is empty")
    return Observable(
        row["observableId"], row["observableFormula"], row["noiseFormula"], transformation, distribution
    )


def _measurement(row: Row, observables: dict, conditions: dict, parameters: dict) -> Measurement:
    where, before = row["(place)"], row.get("preequilibrationConditionId", "")
    for condition in filter(None, (row["simulationConditionId"], before)):
        if condition not in conditions:
            raise InputError(f"{where}: the condition `{printable(condition)}` is in no condition table")
    if not row["simulationConditionId"]:
        raise InputError(f"{where}: `simulationConditionId` is empty")
    return checked_measurement(row, row["simulationConditionId"], before, observables, parameters)


def checked_measurement(
    row: Row, condition: str, before: str, observables: dict, parameters: dict
) -> Measurement:
    """A measurement under a condition, its row checked against the other tables.

    Parameters
    ----------
    row : Row
        Of the measurement table.
    condition, before : str
        Ids of conditions; before: run to its steady state, empty for none.
    observables, parameters : dict
        By their ids.

    Returns
    -------
    Measurement

    Raises
    ------
    InputError
        For an unknown observable, times and values that cannot be, and overrides of another number than
        places.
    """
    where = row["(place)"]
    observable = observables.get(row["observableId"])
    if observable is None:
        raise InputError(
            f"{where}: the observable `{printable(row['observableId'])}` is in no observable table"
        )
    if row["time"].lower() in ("inf", "infinity"):
        raise InputError(f"{where}: a measurement at the steady state (time inf) is not supported")
    time = number_of(row["time"], where, "time")
    value = number_of(row["measurement"], where, "measurement")
    if time < 0:
        raise InputError(f"{where}: the time {time:g} is negative")
    if observable.transformation != "lin" and value <= 0:
        raise InputError(
            f"{where}: the measurement {value:g} has no logarithm, as `{observable.name}` asks for"
        )
    given = []
    for column, kind, formula in (
        ("observableParameters", "observable", observable.formula),
        ("noiseParameters", "noise", observable.noise),
    ):
        texts = tuple(t.strip() for t in row.get(column, "").split(";") if t.strip())
        wanted = len(set(re.findall(rf"\b{kind}Parameter(\d+)_{re.escape(observable.name)}\b", formula)))
        if len(texts) != wanted:
            raise InputError(
                f"{where}: {column} has {len(texts)} values, and the formula of `{observable.name}` has "
                f"{wanted} places for them"
            )
        for text in texts:
            if text not in parameters:
                number_of(text, where, column)
        given.append(texts)
    return Measurement(observable.name, condition, before, time, value, *given)
