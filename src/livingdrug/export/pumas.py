"""A model as a Pumas `@model` (Julia), with its published values beside it."""

import math
from dataclasses import replace

from livingdrug.export.dialect import PUMAS, Names
from livingdrug.export.equations import Draft, closed_outputs, outputs, rates, start_values
from livingdrug.export.nonmem import FLOOR
from livingdrug.export.plan import Parameter, Plan, heading
from livingdrug.export.statements import Block, wrapped
from livingdrug.models import ClosedForm, flows_of

_DERIVED = replace(PUMAS, assign="{} := @. {}")  # values at all times of a subject at once
# functions of their own, so that no branch is evaluated where it is not defined
_HELPERS = {
    "hill": "hill(x, n, k) = x > 0.0 ? 1.0/(1.0 + exp(-n*log(x/k))) : zero(x)",
    "power": "power(x, n) = x > 0.0 ? x^n : zero(x)",
}


def pumas(plan: Plan) -> str:
    """The text of a Julia file: `@model` and a named tuple `parameters` that holds the published values."""
    system = plan.model.system
    states = () if isinstance(system, ClosedForm) else system.states
    draft = Draft(plan, PUMAS, Names(PUMAS))
    name = draft.names.fresh(plan.model.full_name.replace(" + ", "_"))
    compartments = {s.name: draft.names.fresh(s.name) for s in states}
    typical = {p.name: draft.names.fresh(f"tv_{p.name}") for p in plan.parameters if p.role in ("typical", "effect")}
    domains, random, values, etas = _random(draft)
    sds = {o: draft.names.fresh(f"sd_{o}") for o in plan.measured if plan.residual(o) is not None}
    pre = draft.block()
    draft.individual(pre, lambda p: _drawn(p, typical, etas), {})
    sections = _closed(draft, sds) if not states else _solved(draft, pre, compartments, sds)
    sections = [("pre", pre.lines), *sections]
    written = "\n".join(line for _, lines in sections for line in lines)
    helpers = [text for word, text in _HELPERS.items() if f"{word}(" in written]
    parameters = [p for p in plan.parameters if p.name in typical]
    bounded = [f"{typical[p.name]} ∈ {_domain(p)}" for p in parameters]
    positive = [f"{sd} ∈ RealDomain(lower=0.0)" for sd in sds.values()]
    out = [*heading(plan, "#"), "", "using Pumas", "", *helpers, *([""] if helpers else []), f"{name} = @model begin"]
    out += _section("param", [*bounded, *domains, *positive])
    out += _section("random", random) if random else []
    out += [line for title, lines in sections for line in _section(title, lines)]
    out += ["end", "", "parameters = (;"]
    out += [f"    {typical[p.name]} = {p.value!r},  # {p.remark}" for p in parameters]
    out += [f"    {line}" for line in values]
    out += [f"    {sd} = {plan.residual(o)!r},  # SD of the logarithm of {o}" for o, sd in sds.items()]
    return "\n".join(wrapped([*out, ")"], PUMAS)) + "\n"


def _section(title: str, lines: list[str]) -> list[str]:
    return [f"    @{title} begin", *(f"        {line}" for line in lines), "    end"]


def _domain(p: Parameter) -> str:
    low, high = p.bounds
    limits = [*([f"lower={low}"] if math.isfinite(low) else []), *([f"upper={high}"] if math.isfinite(high) else [])]
    return f"RealDomain({', '.join(limits)})"


def _random(draft: Draft) -> tuple[list[str], list[str], list[str], dict[str, str]]:
    """(domains, distributions, values, parameter -> its random effect): a normal each, one with a matrix where correlated."""
    domains, random, values, etas = [], [], [], {}
    for block, rows in draft.plan.blocks:
        ending = "_".join(p.name for p in block)
        eta = draft.names.fresh(f"eta_{ending}")
        omega = draft.names.fresh(f"omega_{ending}")
        if len(block) == 1:
            (p,) = block
            etas[p.name] = eta
            domains.append(f"{omega} ∈ RealDomain(lower=0.0)")
            random.append(f"{eta} ~ Normal(0.0, {omega})")
            sd = float(f"{math.sqrt(p.variance):.12g}")
            values.append(f"{omega} = {sd!r},  # SD of {p.varies}")
            continue
        size = len(block)
        etas |= {p.name: f"{eta}[{i}]" for i, p in enumerate(block, 1)}
        domains.append(f"{omega} ∈ PSDDomain({size})")
        random.append(f"{eta} ~ MvNormal({omega})")
        full = [" ".join(repr(rows[max(i, j)][min(i, j)]) for j in range(size)) for i in range(size)]
        words = ", ".join(p.varies for p in block)
        values.append(f"{omega} = [{'; '.join(full)}],  # covariance of {words}")
    return domains, random, values, etas


def _drawn(p: Parameter, typical: dict[str, str], etas: dict[str, str]) -> str:
    value = typical.get(p.name, repr(p.value))
    return p.individual(value, etas[p.name], "1.0") if p.name in etas else value


def _closed(draft: Draft, sds: dict[str, str]) -> list[tuple[str, list[str]]]:
    block = Block(_DERIVED, draft.names, {**draft.known, "time": "t"}, draft.plan.positive)
    made = closed_outputs(draft, block)
    # what is written with = belongs to the results
    shown = [f"{name} := " for name in made.values()]
    lines = [line.replace(":=", "=", 1) if line.startswith(tuple(shown)) else line for line in block.lines]
    return [("derived", [*lines, *_observed(draft, made, sds)])]


def _solved(
    draft: Draft, pre: Block, compartments: dict[str, str], sds: dict[str, str]
) -> list[tuple[str, list[str]]]:
    system = flows_of(draft.plan.model)
    times = {
        s.name: pre.let(f"{s.name}_at", s.at, "the solver does not stop there by itself") for s in system.switches
    }
    start = start_values(draft, pre)
    block = draft.block(**compartments, time="t")
    for name, at in times.items():
        one, zero = block.number(1.0), block.number(0.0)
        block.known[name] = block.choose(name, "t", ">=", at, lambda *_: one, lambda *_: zero)  # noqa: B023 - used at once
    slopes = rates(draft, block)
    made = outputs(draft, block)
    sections = [("vars", block.lines)] if block.lines else []
    sections += [("init", [f"{compartments[state]} = {text}" for state, text in start])] if start else []
    sections.append(("dynamics", [f"{compartments[state]}' = {text}" for state, text in slopes]))
    return [*sections, ("derived", _observed(draft, made, sds))]


def _observed(draft: Draft, made: dict[str, str], sds: dict[str, str]) -> list[str]:
    lines = []
    for output in draft.plan.measured:
        if output in sds:
            name = draft.names.fresh(f"{output}_observed")
            lines.append(f"{name} ~ @. LogNormal(log(max({made[output]}, {FLOOR})), {sds[output]})")
        else:
            lines.append(f"# no residual error of {output} is published: write its distribution to fit")
    return lines
