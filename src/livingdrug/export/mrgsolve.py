"""A model as an mrgsolve model file: parameters with published values, etas, flows, outputs with their
residual."""

from livingdrug.export.dialect import MRGSOLVE, Names
from livingdrug.export.equations import Draft, closed_outputs, outputs, rates, start_values
from livingdrug.export.plan import Plan, heading, variance
from livingdrug.export.statements import wrapped
from livingdrug.models import ClosedForm


def mrgsolve(plan: Plan) -> str:
    """The text of a model file (`mread` compiles it). Parameters keep their published values; `param()`
    changes them."""
    system = plan.model.system
    states = () if isinstance(system, ClosedForm) else system.states
    # mrgsolve makes these names from those of the compartments
    made = {
        f"{form}"
        for s in states
        for form in (f"{s.name}_0", f"dxdt_{s.name}", f"F_{s.name}", f"ALAG_{s.name}")
    }
    draft = Draft(plan, MRGSOLVE, Names(MRGSOLVE, made))
    compartments = {s.name: draft.names.fresh(s.name) for s in states}
    parameters = {p.name: draft.names.fresh(p.name) for p in plan.parameters}
    out = [*heading(plan, "//"), "", f"$PROB {plan.model.full_name}", ""]
    out += _parameters(plan, parameters)
    if states:
        out += ["$CMT @annotated", *(f"{compartments[s.name]} : {s.meaning} ({s.unit})" for s in states), ""]
    out += _random(plan)
    main, switches = _main(draft, parameters, compartments)
    out += ["$MAIN", *main, ""]
    if not isinstance(system, ClosedForm):
        out += ["$ODE", *_ode(draft, compartments, switches), ""]
    out += _table(draft, compartments, switches)
    return "\n".join(wrapped(out, MRGSOLVE)) + "\n"


def _parameters(plan: Plan, names: dict[str, str]) -> list[str]:
    out = []
    for title, roles in (
        ("$PARAM @annotated", ("typical", "fixed", "effect")),
        ("$PARAM @annotated @covariates", ("covariate",)),
    ):
        lines = [f"{names[p.name]} : {p.value!r} : {p.remark}" for p in plan.parameters if p.role in roles]
        out += [title, *lines, ""] if lines else []
    return out


def _random(plan: Plan) -> list[str]:
    out = []
    alone = False
    for block, rows in plan.blocks:
        if len(block) > 1 or not alone:
            out += [*([""] if out else []), "$OMEGA @annotated" + (" @block" if len(block) > 1 else "")]
        alone = len(block) == 1
        for p, row in zip(block, rows, strict=True):
            out.append(f"eta_{p.name} : {' '.join(map(repr, row))} : variance of {p.varies}")
    out += [""] if out else []
    published = [(o, sd) for o in plan.measured if (sd := plan.residual(o)) is not None]
    if published:
        lines = [
            f"eps_{o} : {variance(sd)!r} : variance of the logarithm of {o}, {sd:g} squared"
            for o, sd in published
        ]
        out += ["$SIGMA @annotated", *lines, ""]
    return out


def _main(
    draft: Draft, parameters: dict[str, str], compartments: dict[str, str]
) -> tuple[list[str], dict[str, str]]:
    """(lines, switch -> the time at which it turns on)."""
    plan = draft.plan
    block = draft.block()
    draft.known |= parameters
    # a parameter that differs between subjects gets a second name: mrgsolve's own are read-only
    etas = {
        p.name: p.individual(parameters[p.name], f"ETA({i})", "1.0") for i, p in enumerate(plan.varying, 1)
    }
    same = {p.name: parameters[p.name] for p in plan.parameters if not p.variance and not p.effect}
    draft.individual(block, lambda p: etas.get(p.name, parameters[p.name]), same)
    if isinstance(plan.model.system, ClosedForm):
        return block.lines, {}
    times = {}
    for switch in plan.model.system.switches:
        at = block.text(switch.at)
        times[switch.name] = draft.names.fresh(f"{switch.name}_at")
        block.add(f"double {times[switch.name]} = self.mtime({at});", "the solver stops there")
    for state, text in start_values(draft, block):
        block.add(f"{compartments[state]}_0 = {text};")
    return block.lines, times


def _switched(draft: Draft, block, switches: dict[str, str], clock: str) -> None:
    for name, at in switches.items():
        one, zero = block.number(1.0), block.number(0.0)
        block.known[name] = block.choose(name, clock, ">=", at, lambda *_: one, lambda *_: zero)  # noqa: B023 - used at once


def _ode(draft: Draft, compartments: dict[str, str], switches: dict[str, str]) -> list[str]:
    block = draft.block(**compartments, time="SOLVERTIME")
    _switched(draft, block, switches, "SOLVERTIME")
    for state, text in rates(draft, block):
        block.add(f"dxdt_{compartments[state]} = {text};")
    return block.lines


def _table(draft: Draft, compartments: dict[str, str], switches: dict[str, str]) -> list[str]:
    plan = draft.plan
    block = draft.block(**compartments, time="TIME")
    if isinstance(plan.model.system, ClosedForm):
        made = closed_outputs(draft, block)
    else:
        _switched(draft, block, switches, "TIME")
        made = outputs(draft, block)
    captured = [name for output, name in made.items() if name not in compartments.values()]
    number = 0
    for output in plan.measured:
        if plan.residual(output) is None:
            block.add(f"// no residual error of {output} is published")
            continue
        number += 1
        name = draft.names.fresh(f"{output}_observed")
        block.add(
            f"double {name} = {made[output]}*exp(EPS({number}));", "as an assay reports it, without its limit"
        )
        captured.append(name)
    out = ["$TABLE", *block.lines, ""]
    return [*out, f"$CAPTURE {' '.join(captured)}"] if captured else out
