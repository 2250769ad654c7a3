"""What a fit found, in sentences: each parameter with its interval and spread, and what the data do not determine."""

import numpy as np

from livingdrug.fit.point import SCALE_CODE, from_scale, point_of, to_scale
from livingdrug.fit.problem import Effect, Parameter, ResidualError
from livingdrug.fit.result import FitResult
from livingdrug.fit.unknowns import unknowns_of

Z = 1.959963984540054
HARDLY, NOT = 0.5, 1.0  # standard error on a log scale: factors of 7 and 50 between the ends of a 95 % interval
ALIKE = 0.95  # correlation of two estimates that the data hardly tell apart
MEDIAN_ABOVE = 1.6448536269514722  # normal quantile of 95 %


def parameter_sentences(result: FitResult) -> tuple[str, ...]:
    """A sentence for each typical value with its spread, each covariate, correlation and residual error."""
    problem, errors = result.problem, _errors(result)
    lines = [_typical(result, p, errors) for p in problem.parameters if not p.changes]
    lines += [_between(problem.parameters, p) for p in dict.fromkeys(p.changes for p in problem.parameters if p.changes)]
    lines += [_effect(result, e, errors) for e in problem.effects]
    for pair in problem.correlations:
        ends = _interval(pair.value, errors.get(f"corr {pair.first} {pair.second}"), np.arctanh, np.tanh)
        lines.append(f"{pair.first} and {pair.second} of a subject go together with a correlation of {pair.value:.2f}{ends}.")
    lines += [_residual(r) for r in problem.residuals]
    return tuple(lines)


def identifiability_sentences(result: FitResult) -> tuple[str, ...]:
    """What the data do not determine, from the covariance of the estimates; one sentence where it determines all."""
    matrix, names = result.covariance.matrix, result.covariance.names
    if matrix is None:
        return (f"No standard errors: {result.covariance.reason or 'none were computed'}.",)
    lines, weak = [], set()
    value, _ = _vector(result)
    kinds = unknowns_of(result.problem).kinds
    sd = np.sqrt(np.diag(matrix))
    for i, name in enumerate(names):
        if not np.isfinite(sd[i]):
            lines.append(f"{_named(result, name)} is at a bound and has no standard error.")
            weak.add(i)
        elif sd[i] > HARDLY and kinds[i] != "covariate" and _by_factor(result, i):
            weak.add(i)
            lines.append(_flat(result, name, value[i], sd[i]))
    for i in range(len(names)):
        for j in range(i):
            if i in weak and j in weak or not (sd[i] > 0 and sd[j] > 0):
                continue
            r = matrix[i, j] / (sd[i] * sd[j])
            if abs(r) > ALIKE:
                lines.append(f"The data hardly tell {names[j]} and {names[i]} apart (correlation of the estimates {r:.2f}).")
    return tuple(lines) or ("The data determine every estimated number (no standard error above 50 % of its value).",)


def _flat(result: FitResult, name: str, value: float, sd: float) -> str:
    low, high = (_natural(result, name, value + side * Z * sd) for side in (-1, 1))
    how = "do not determine" if sd > NOT else "hardly determine"
    unit = _unit(result, name)
    return f"The data {how} {_named(result, name)}: anything from {number(low)} to {number(high)}{unit} fits them (95 %)."


def _vector(result: FitResult):
    unknowns = unknowns_of(result.problem)
    vector = unknowns.vector(point_of(result.problem))
    return vector, unknowns


def _by_factor(result: FitResult, i: int) -> bool:
    """Whether number i is estimated on a log or logit scale, where a standard error is a relative one."""
    unknowns = unknowns_of(result.problem)
    if unknowns.kinds[i] == "typical":
        return result.problem.parameters[unknowns.mu[i]].scale != "normal"
    return unknowns.kinds[i] in ("spread", "residual")


def _natural(result: FitResult, name: str, x: float) -> float:
    position = result.problem.position
    if name in position:
        return float(from_scale(np.array(x), np.array(SCALE_CODE[result.problem.parameters[position[name]].scale])))
    return float(np.exp(x))


def _named(result: FitResult, name: str) -> str:
    if name.startswith("gamma "):
        return f"the spread of {name.removeprefix('gamma ')} between occasions"
    return f"the spread of {name.removeprefix('omega ')}" if name.startswith("omega ") else f"{name}"


def _unit(result: FitResult, name: str) -> str:
    quantity = next((q for q in result.problem.model.quantities if q.name == name), None)
    return _written(quantity.unit) if quantity else ""


def _written(unit: str) -> str:
    """A unit after a number: nothing for 1, /d for 1/d."""
    return "" if unit == "1" else f" {unit.removeprefix('1') if unit.startswith('1/') else unit}"


def _errors(result: FitResult) -> dict[str, float]:
    """Standard error of each number on the scale where it is estimated."""
    if result.covariance.matrix is None:
        return {}
    sd = np.sqrt(np.diag(result.covariance.matrix))
    return {name: float(s) for name, s in zip(result.covariance.names, sd, strict=True) if np.isfinite(s)}


def _interval(value: float, se: float | None, to, back) -> str:
    """` (95 % 0.12 to 0.19)`, nothing without a standard error."""
    if se is None:
        return ""
    low, high = (float(back(to(value) + side * Z * se)) for side in (-1, 1))
    return f" (95 % {number(low)} to {number(high)})"


def number(x: float) -> str:
    """Three digits, without powers of ten up to ten millions."""
    if x == 0 or not np.isfinite(x) or not 1e3 <= abs(x) < 1e7:
        return f"{x:.3g}"
    return f"{float(f'{x:.3g}'):,.0f}"


def _typical(result: FitResult, parameter: Parameter, errors: dict[str, float]) -> str:
    quantity = next(q for q in result.problem.model.quantities if q.name == parameter.name)
    code = np.array(SCALE_CODE[parameter.scale])
    ends = _interval(parameter.value, errors.get(parameter.name), lambda v: to_scale(np.array(v), code),
                     lambda x: from_scale(np.array(x), code))  # fmt: skip
    held = " (held there)" if parameter.fixed else ends
    text = f"{parameter.name} ({quantity.meaning}) is {number(parameter.value)}{_written(quantity.unit)}{held}"
    return f"{text}; {_spread(parameter, _written(quantity.unit))}."


def _spread(parameter: Parameter, unit: str) -> str:
    if not parameter.random:
        return "it is the same in all subjects"
    if parameter.scale == "log":
        variance = parameter.sd**2
        cv = 100 * np.sqrt(np.expm1(variance)) if variance < 3 else np.inf
        if cv <= 100:
            return f"subjects differ by {cv:.0f} % (CV)"
        return f"90 % of subjects lie within a factor of {np.exp(MEDIAN_ABOVE * parameter.sd):.2g} of it"
    if parameter.scale == "normal":
        return f"subjects differ by {parameter.sd:.3g}{unit} (SD)"
    middle = np.log(parameter.value) - np.log1p(-parameter.value)
    low, high = (1 / (1 + np.exp(-(middle + side * MEDIAN_ABOVE * parameter.sd))) for side in (-1, 1))
    return f"90 % of subjects lie between {low:.2g} and {high:.2g}"


def _between(parameters: tuple[Parameter, ...], name: str) -> str:
    """The spread of a parameter between the occasions of a subject."""
    scale = next(p.scale for p in parameters if p.name == name)
    sd = next(p.sd for p in parameters if p.changes == name)
    size = f"{100 * np.sqrt(np.expm1(sd**2)):.0f} % (CV)" if scale == "log" else f"{sd:.3g} (SD, scale {scale})"
    return f"From one occasion of a subject to the next {name} differs by {size}."


def _effect(result: FitResult, effect: Effect, errors: dict[str, float]) -> str:
    parameter = result.problem.parameters[result.problem.position[effect.parameter]]
    ends = _interval(effect.coefficient, errors.get(effect.name), float, float)
    held = " (held there)" if effect.fixed else ends
    head = f"{effect.name}: coefficient {effect.coefficient:.3g}{held}"
    if parameter.scale != "log":
        return f"{head}, on the scale {parameter.scale}."
    if effect.shape == "power":
        return f"{head}; twice the {effect.covariate} goes with {2**effect.coefficient:.3g} times the {effect.parameter}."
    what = f"{effect.covariate} {effect.level}" if effect.shape == "categorical" else f"one more of {effect.covariate}"
    return f"{head}; {what} goes with {np.exp(effect.coefficient):.3g} times the {effect.parameter}."


def _residual(error: ResidualError) -> str:
    name = error.output
    if error.kind == "lognormal":
        return f"Values of {name} scatter around the individual curve by {100 * np.sqrt(np.expm1(error.a**2)):.0f} % (CV)."
    if error.kind == "proportional":
        return f"Values of {name} scatter around the individual curve by {100 * error.b:.0f} %."
    if error.kind == "additive":
        return f"Values of {name} scatter around the individual curve by {error.a:.3g} (SD)."
    join = "plus" if error.kind == "combined" else "and, as squares add,"
    return f"Values of {name} scatter around the individual curve by {error.a:.3g} {join} {100 * error.b:.0f} % (SD)."
