"""A model as an nlmixr2 function, which rxode2 simulates as it is."""

from livingdrug.export.dialect import RXODE2, Names
from livingdrug.export.equations import Draft, closed_outputs, outputs, rates, start_values
from livingdrug.export.plan import Parameter, Plan, heading
from livingdrug.export.statements import Block, wrapped
from livingdrug.models import ClosedForm, flows_of


def nlmixr2(plan: Plan) -> str:
    """The text of an R function with `ini` and `model`. Positive parameters are logarithms there, with
    additive etas."""
    system = plan.model.system
    states = () if isinstance(system, ClosedForm) else system.states
    draft = Draft(plan, RXODE2, Names(RXODE2))
    compartments = {s.name: draft.names.fresh(s.name) for s in states}
    function = draft.names.fresh(plan.model.full_name.replace(" + ", "_"))
    typical = {
        p.name: draft.names.fresh(_typical_name(p))
        for p in plan.parameters
        if p.role in ("typical", "effect")
    }
    etas = {p.name: draft.names.fresh(f"eta.{p.name}") for p in plan.varying}
    sds = {o: draft.names.fresh(f"{o}.sd") for o in plan.measured if plan.residual(o) is not None}
    block = draft.block(**compartments, time="t")
    _parameters(draft, block, typical, etas)
    if not states:
        made = closed_outputs(draft, block)
    else:
        _flows(draft, block, compartments)
        made = outputs(draft, block)
    _observed(plan, block, made, sds)
    ini = _ini(plan, typical, etas, sds)
    data = "# data: livingdrug check FILE --as monolix --out data.csv (CENS 1: DV is the limit, M3)"
    out = [*heading(plan, "#"), data, ""]
    out += [f"{function} <- function() {{", "  ini({", *(f"    {line}" for line in ini), "  })"]
    out += ["  model({", *(f"    {line}" for line in block.lines), "  })", "}"]
    return "\n".join(wrapped(out, RXODE2)) + "\n"


def _logged(p: Parameter) -> bool:
    return p.value > 0 and p.bounds[0] == 0 and p.role == "typical"


def _typical_name(p: Parameter) -> str:
    return f"l_{p.name}" if _logged(p) else f"typical_{p.name}"


def _ini(plan: Plan, typical: dict[str, str], etas: dict[str, str], sds: dict[str, str]) -> list[str]:
    lines = []
    for p in plan.parameters:
        if p.name in typical:
            value = f"log({p.value!r})" if _logged(p) else repr(p.value)
            value = f"fix({value})" if p.role == "effect" else value
            lines.append(f"{typical[p.name]} <- {value}  # {p.remark}")
    for block, rows in plan.blocks:
        names, words = " + ".join(etas[p.name] for p in block), ", ".join(p.varies for p in block)
        if len(block) == 1:
            lines.append(f"{names} ~ {rows[0][0]!r}  # variance of {words}")
        else:
            lines.append(
                f"{names} ~ c({', '.join(repr(v) for row in rows for v in row)})  # covariance of {words}"
            )
    return lines + [
        f"{name} <- {plan.residual(o)!r}  # SD of the logarithm of {o}" for o, name in sds.items()
    ]


def _parameters(draft: Draft, block: Block, typical: dict[str, str], etas: dict[str, str]) -> None:
    constant = {}
    for p in draft.plan.parameters:
        if p.name not in typical and not p.variance and not p.effect:
            constant[p.name] = draft.names.fresh(p.name)
            block.add(f"{constant[p.name]} <- {block.number(p.value)}", p.remark)

    def drawn(p: Parameter) -> str:
        value = typical.get(p.name, repr(p.value))
        if p.name in etas and (not _logged(p) or p.scale != "log"):
            return p.individual(f"exp({value})" if _logged(p) else value, etas[p.name])
        if not _logged(p):
            return value
        return f"exp({value} + {etas[p.name]})" if p.name in etas else f"exp({value})"

    # meanings stand in `ini` already
    draft.individual(block, drawn, constant)


def _flows(draft: Draft, block: Block, compartments: dict[str, str]) -> None:
    system = flows_of(draft.plan.model)
    for switch in system.switches:
        at = block.text(switch.at)
        name = draft.names.fresh(f"{switch.name}_at")
        block.add(f"mtime({name}) <- {at}", "the solver stops there")
        block.known[switch.name] = block.choose(switch.name, "t", ">=", name, lambda *_: "1", lambda *_: "0")
    for state, text in start_values(draft, block):
        block.add(f"{compartments[state]}(0) <- {text}")
    for state, text in rates(draft, block):
        block.add(f"d/dt({compartments[state]}) <- {text}")


def _observed(plan: Plan, block: Block, made: dict[str, str], sds: dict[str, str]) -> None:
    for output in plan.measured:
        if output in sds:
            ending = f" | {made[output]}" if len(sds) > 1 else ""
            block.add(f"{made[output]} ~ lnorm({sds[output]}){ending}")
        else:
            block.add(f"# {made[output]} ~ lnorm(sd): no residual error is published; add one to fit")
