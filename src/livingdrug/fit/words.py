"""What a fit found, in sentences: each parameter with its interval and variability, and what the data do not
determine."""

import numpy as np

from livingdrug.fit.problem import Effect, Parameter, ResidualError
from livingdrug.fit.result import Estimate, FitResult

ALIKE = 0.95  # correlation of two estimates that the data hardly tell apart
MEDIAN_ABOVE = 1.6448536269514722  # normal quantile of 95 %
BESIDE = ("parameter", "prior (median, 95 %)", "data alone", "data and prior")  # headers of tables
PATH = ("left out or fixed", "numbers", "-2LL", "BIC", "")


def parameter_sentences(result: FitResult) -> tuple[str, ...]:
    """A sentence for each typical value with its variability, each covariate, correlation and residual
    error."""
    problem, found = result.problem, {e.name: e for e in result.estimates}
    lines = [_typical(result, p, found) for p in problem.parameters if not p.changes]
    lines += [
        _between(problem.parameters, p)
        for p in dict.fromkeys(p.changes for p in problem.parameters if p.changes)
    ]
    lines += [_effect(result, e, found) for e in problem.effects]
    for pair in problem.correlations:
        ends = _interval(found[f"corr {pair.first} {pair.second}"])
        lines.append(
            f"{pair.first} and {pair.second} of a subject go together with a correlation of "
            f"{pair.value:.2f}{ends}."
        )
    lines += [_residual(r) for r in problem.residuals]
    return tuple(lines)


def identifiability_sentences(result: FitResult) -> tuple[str, ...]:
    """What the data do not determine, and which estimates they hardly tell apart; one sentence where they
    determine all."""
    matrix, names = result.covariance.matrix, result.covariance.names
    if matrix is None:
        return (f"No standard errors: {result.covariance.reason or 'none were computed'}.",)
    weak = {e.name for e in result.estimates if not e.determined}
    who = "Data and priors together" if result.problem.priors else "The data"
    unknown = (e for e in result.estimates if e.name in weak)
    lines = [f"{who} do not determine {_named(e.name)}: {_bounds(result, e)}." for e in unknown]
    sd = np.sqrt(np.diag(matrix))
    for i in range(len(names)):
        for j in range(i):
            if names[i] in weak and names[j] in weak or not (sd[i] > 0 and sd[j] > 0):
                continue
            r = matrix[i, j] / (sd[i] * sd[j])
            if abs(r) > ALIKE:
                lines.append(
                    f"{who} hardly tell {names[j]} and {names[i]} apart (correlation of the estimates "
                    f"{r:.2f})."
                )
    return tuple(lines) or (f"{who} determine every estimated number.",)


def interval_words(estimate: Estimate) -> str:
    """The 95 % interval of an estimate: `0.12 to 0.19`, `at most 0.1`, `at least 700`; empty where there
    is none."""
    low, high = estimate.lower, estimate.upper
    if estimate.kind == "variability" and low == 0 and high is not None:
        return f"at most {number(high)}"
    if low is not None and high is not None:
        return f"{number(low)} to {number(high)}"
    if high is not None:
        return f"at most {number(high)}"
    return f"at least {number(low)}" if low else ("no bound" if estimate.by else "")


def _bounds(result: FitResult, estimate: Estimate) -> str:
    """`they give no more than beta < 0.0958 /d (95 %)`, or that they set no bound."""
    words, unit = interval_words(estimate), _unit(result, estimate.name)
    if words in ("", "no bound"):
        return "they set no bound"
    sign = {"at most": "<", "at least": ">"}.get(words[: words.rfind(" ")])
    told = f"{estimate.name} {sign} {words.split()[-1]}" if sign else f"{estimate.name} from {words}"
    return f"they give no more than {told}{unit} (95 %)"


def _named(name: str) -> str:
    if name.startswith("gamma "):
        return f"the variability of {name.removeprefix('gamma ')} between occasions"
    return (
        f"the between-subject variability of {name.removeprefix('omega ')}"
        if name.startswith("omega ")
        else name
    )


def _unit(result: FitResult, name: str) -> str:
    quantity = next((q for q in result.problem.model.quantities if q.name == name), None)
    return _written(quantity.unit) if quantity else ""


def _written(unit: str) -> str:
    """A unit after a number: nothing for 1, /d for 1/d."""
    return "" if unit == "1" else f" {unit.removeprefix('1') if unit.startswith('1/') else unit}"


def number(x: float) -> str:
    """Three digits, without powers of ten up to ten millions."""
    if x == 0 or not np.isfinite(x) or not 1e3 <= abs(x) < 1e7:
        return f"{x:.3g}"
    return f"{float(f'{x:.3g}'):,.0f}"


def _typical(result: FitResult, parameter: Parameter, found: dict[str, Estimate]) -> str:
    quantity = next(q for q in result.problem.model.quantities if q.name == parameter.name)
    estimate = found[parameter.name]
    head, tail = f"{parameter.name} ({quantity.meaning})", _differ(parameter, found, _written(quantity.unit))
    if not estimate.determined:
        return f"{head}: the data do not determine it, {_bounds(result, estimate)}; {tail}."
    held = " (fixed)" if parameter.fixed else _interval(estimate)
    return f"{head} is {number(parameter.value)}{_written(quantity.unit)}{held}; {tail}."


def _interval(estimate: Estimate) -> str:
    """` (95 % 0.12 to 0.19)`, nothing where there is no interval."""
    words = interval_words(estimate)
    return f" (95 % {words})" if words else ""


def _differ(parameter: Parameter, found: dict[str, Estimate], unit: str) -> str:
    """How subjects differ in a parameter, or that the data do not tell it."""
    estimate = found.get(parameter.variability_name)
    if estimate is None or estimate.determined:
        return _spread(parameter, unit)
    words = interval_words(estimate)
    bound = f" ({parameter.variability_name} {words}, 95 %)" if words and words != "no bound" else ""
    return f"the data do not determine how subjects differ in it{bound}"


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
    """The variability of a parameter between the occasions of a subject."""
    scale = next(p.scale for p in parameters if p.name == name)
    sd = next(p.sd for p in parameters if p.changes == name)
    size = (
        f"{100 * np.sqrt(np.expm1(sd**2)):.0f} % (CV)" if scale == "log" else f"{sd:.3g} (SD, scale {scale})"
    )
    return f"From one occasion of a subject to the next {name} differs by {size}."


def _effect(result: FitResult, effect: Effect, found: dict[str, Estimate]) -> str:
    parameter = result.problem.parameters[result.problem.position[effect.parameter]]
    held = " (fixed)" if effect.fixed else _interval(found[effect.name])
    head = f"{effect.name}: coefficient {effect.coefficient:.3g}{held}"
    if parameter.scale != "log":
        return f"{head}, on the scale {parameter.scale}."
    if effect.shape == "power":
        return f"{head}; twice the {effect.covariate} goes with {2**effect.coefficient:.3g} times the {effect.parameter}."
    what = (
        f"{effect.covariate} {effect.level}"
        if effect.shape == "categorical"
        else f"one more of {effect.covariate}"
    )
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


def beside_rows(result: FitResult) -> tuple[tuple[str, ...], ...]:
    """Rows of a table BESIDE: what each number of a fit that borrows rests on."""
    rows = []
    for row in result.beside:
        prior = "none"
        if row.prior is not None and row.prior_lower is not None and row.prior_upper is not None:
            prior = f"{number(row.prior)} ({number(row.prior_lower)} to {number(row.prior_upper)})"
        rows.append((row.name, prior, _value_words(row.alone), _value_words(row.together)))
    return tuple(rows)


def _value_words(found: Estimate | None) -> str:
    if found is None:
        return "not known"
    words = interval_words(found)
    value = number(found.value) if found.determined else "not determined"
    return f"{value} ({words})" if words else value


def path_rows(result: FitResult) -> tuple[tuple[str, ...], ...]:
    """Rows of a table PATH: what was left out at each step, the lowest BIC marked."""
    rows, kept = [], result.path[0]
    lowest = min(result.path, key=lambda step: step.bic)
    for step in result.path:
        more = ", ".join(name for name in step.left_out if name not in kept.left_out)
        left = "nothing" if not step.left_out else f"and {more}" if kept.left_out else more
        mark = "lowest" if step == lowest else "stays in" if step.bic > kept.bic else ""
        rows.append((left, str(step.free), f"{step.minus2ll:.2f}", f"{step.bic:.2f}", mark))
        kept = step if step.bic <= kept.bic else kept
    return tuple(rows)
