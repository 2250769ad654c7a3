"""A model as Mlxtran text: the structural model that Monolix and Simulx read, and in remarks what belongs into a project."""

import math
import textwrap
from dataclasses import dataclass

from livingdrug.core.errors import InputError
from livingdrug.export.dialect import MLXTRAN, Names
from livingdrug.export.equations import Draft, closed_outputs, outputs, rates, start_values
from livingdrug.export.plan import Parameter, Plan, heading
from livingdrug.export.statements import Block, wrapped
from livingdrug.models import ClosedForm


def monolix(plan: Plan) -> str:
    """The text of a structural model file. The distributions and the published values follow as remarks, since Monolix
    keeps them in the project.

    Raises InputError for a model without a measured output.
    """
    if not plan.measured:
        raise InputError(
            f"`{plan.model.full_name}` has no measured output, and Monolix needs one to predict; write "
            "`measured = true` at an output of the model file"
        )
    system = plan.model.system
    states = () if isinstance(system, ClosedForm) else system.states
    made = {form for s in states for form in (f"{s.name}_0", f"ddt_{s.name}")}
    draft = Draft(plan, MLXTRAN, Names(MLXTRAN, made))
    inputs = {p.name: draft.names.fresh(p.name) for p in plan.parameters if _is_input(p)}
    compartments = {s.name: draft.names.fresh(s.name) for s in states}
    block = draft.block(**compartments, time="t")
    equations, results = _equations(draft, block, inputs, compartments)
    out = [*heading(plan, ";"), *_of_data(plan), "", f"DESCRIPTION: {plan.model.full_name}", "", "[LONGITUDINAL]"]
    out += _listed("input", list(inputs.values())) if inputs else []
    if states and system.dose_into:
        out += ["", "PK:", f"depot(target={compartments[system.dose_into]})"]
    out += ["", "EQUATION:", *(["odeType = stiff", "t_0 = 0"] if states else []), *equations]
    measured = [results[name] for name in plan.measured]
    others = [name for name in results.values() if name not in measured]
    out += ["", "OUTPUT:", *_listed("output", measured), *(_listed("table", others) if others else [])]
    out += ["", *(f"; {line}".rstrip() for line in _project(draft, inputs, results))]
    return "\n".join(wrapped(out, MLXTRAN)) + "\n"


def _of_data(plan: Plan) -> list[str]:
    lines = ["; data: livingdrug check FILE --as monolix --out data.csv"]
    if any(p.role == "covariate" for p in plan.parameters):
        lines.append("; a covariate of your data: delete its line, add it to input, write NAME = {use=regressor} there")
    return lines


def _is_input(p: Parameter) -> bool:
    return p.role in ("typical", "effect") or p.variance > 0


def _listed(word: str, names: list[str]) -> list[str]:
    return textwrap.wrap(f"{word} = {{{', '.join(names)}}}", MLXTRAN.width, subsequent_indent="    ")


def _equations(
    draft: Draft, block: Block, inputs: dict[str, str], compartments: dict[str, str]
) -> tuple[list[str], dict[str, str]]:
    """(lines, output -> its name)."""
    # covariates act within the equations, so they would be regressors there
    draft.individual(block, lambda p: block.number(p.value), inputs)
    if isinstance(draft.plan.model.system, ClosedForm):
        made = closed_outputs(draft, block)
        return block.lines, made
    for switch in draft.plan.model.system.switches:
        at = block.let(f"{switch.name}_at", switch.at, "the solver does not stop there by itself")
        one, zero = block.number(1.0), block.number(0.0)
        block.known[switch.name] = block.choose(switch.name, "t", ">=", at, lambda *_: one, lambda *_: zero)  # noqa: B023 - used at once
    for state, text in start_values(draft, block):
        block.add(f"{compartments[state]}_0 = {text}")
    for state, text in rates(draft, block):
        block.add(f"ddt_{compartments[state]} = {text}")
    return block.lines, outputs(draft, block)


def _distribution(p: Parameter) -> str:
    if p.variance:
        return {"log": "logNormal", "logit": "logitNormal"}.get(p.scale, "normal")
    if p.role == "effect" or p.value <= 0 or p.bounds[0] != 0:
        return "normal"
    if p.bounds[1] == 1:
        return "logitNormal" if p.value < 1 else "normal"
    return "logNormal"


@dataclass(frozen=True)
class _Words:
    """Names within a project: of the typical value and of omega of a parameter, of correlations, of residual errors."""

    typical: dict[str, str]
    omega: dict[str, str]
    correlation: dict[tuple[str, str], tuple[str, float]]
    error: dict[str, str]


def _words(draft: Draft, inputs: dict[str, str]) -> _Words:
    plan, fresh = draft.plan, draft.names.fresh
    links = {
        (p.name, q.name): (fresh(f"corr_{p.name}_{q.name}"), _correlation(rows, i, j))
        for block, rows in plan.blocks
        for i, p in enumerate(block)
        for j, q in enumerate(block[:i])
        if rows[i][j]
    }
    return _Words(
        {name: fresh(f"{written}_pop") for name, written in inputs.items()},
        {p.name: fresh(f"omega_{inputs[p.name]}") for p in plan.varying},
        links,
        {o: fresh(f"sd_{o}") for o in plan.measured if plan.residual(o) is not None},
    )


def _correlation(rows: tuple[tuple[float, ...], ...], i: int, j: int) -> float:
    return float(f"{rows[i][j] / math.sqrt(rows[i][i] * rows[j][j]):.12g}")


def _project(draft: Draft, inputs: dict[str, str], results: dict[str, str]) -> list[str]:
    """What a project says of this model: distributions, residual error, values; standard deviations, not variances."""
    plan, words = draft.plan, _words(draft, inputs)
    given = [p for p in plan.parameters if p.name in inputs]
    links = [name for name, _ in words.correlation.values()]
    out = [
        "For a project (.mlxtran) with the published values; Monolix writes omega as a standard deviation.",
        "<MODEL>",
        "",
        "[INDIVIDUAL]",
        *_listed("input", [*words.typical.values(), *words.omega.values(), *links]),
        "DEFINITION:",
        *(_defined(p, inputs[p.name], words) for p in given),
    ]
    pairs = [f"r({inputs[p]}, {inputs[q]})={name}" for (p, q), (name, _) in words.correlation.items()]
    out += textwrap.wrap(f"correlation = {{level=id, {', '.join(pairs)}}}", MLXTRAN.width) if pairs else []
    out += ["", "[LONGITUDINAL]"]
    out += [*_listed("input", list(words.error.values())), "file = 'model.txt'", "DEFINITION:"] if words.error else []
    out += [_measured(draft, output, results[output], words) for output in plan.measured]
    return [*out, "", "<PARAMETER>", *_values(plan, given, words)]


def _measured(draft: Draft, output: str, written: str, words: _Words) -> str:
    if output not in words.error:
        return f"no residual error of {output} is published: choose one to fit"
    said = f"distribution=logNormal, prediction={written}, errorModel=constant({words.error[output]})"
    return f"{draft.names.fresh(f'{output}_observed')} = {{{said}}}"


def _defined(p: Parameter, written: str, words: _Words) -> str:
    distribution = _distribution(p)
    bounds = ", min=0, max=1" if distribution == "logitNormal" else ""
    varies = f"sd={words.omega[p.name]}" if p.name in words.omega else "no-variability"
    return f"{written} = {{distribution={distribution}, typical={words.typical[p.name]}{bounds}, {varies}}}"


def _values(plan: Plan, given: list[Parameter], words: _Words) -> list[str]:
    out = []
    for p in given:
        method = "MLE" if p.role == "typical" else "FIXED"
        out.append(f"{words.typical[p.name]} = {{value={p.value!r}, method={method}}}  ; {p.remark}")
    for p in plan.varying:
        sd = float(f"{math.sqrt(p.variance):.12g}")
        out.append(f"{words.omega[p.name]} = {{value={sd!r}, method=MLE}}  ; SD of {p.varies}")
    out += [f"{name} = {{value={value!r}, method=MLE}}" for name, value in words.correlation.values()]
    for o, name in words.error.items():
        out.append(f"{name} = {{value={plan.residual(o)!r}, method=MLE}}  ; SD of the logarithm of {o}")
    return out
