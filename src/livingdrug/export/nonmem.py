"""A model as a NONMEM control stream (7.3 or later): flows by ADVAN13, closed forms in $PRED, the limit by
M3."""

from livingdrug.core.errors import InputError
from livingdrug.export.data_file import NONMEM_COLUMNS
from livingdrug.export.dialect import NONMEM, Names
from livingdrug.export.equations import Draft, closed_outputs, outputs, rates, start_values
from livingdrug.export.plan import Parameter, Plan, heading, variance
from livingdrug.export.statements import Block, wrapped
from livingdrug.models import ClosedForm, flows_of

# a logarithm needs a floor where the model is still empty; far below anything that an assay counts
FLOOR = 1e-30


def nonmem(plan: Plan) -> str:
    """The text of a control stream. The data are those that `check --as nonmem` writes, whose LNDV is the
    logarithm of DV.

    Raises InputError for a model without a measured output.
    """
    if not plan.measured:
        raise InputError(
            f"`{plan.model.full_name}` has no measured output, and NONMEM needs one to predict; write "
            "`measured = true` at an output of the model file"
        )
    closed = isinstance(plan.model.system, ClosedForm)
    draft = Draft(plan, NONMEM, Names(NONMEM))
    thetas = {
        p.name: i for i, p in enumerate((p for p in plan.parameters if p.role in ("typical", "effect")), 1)
    }
    out = [*heading(plan, ";"), "", f"$PROBLEM {plan.model.full_name}", *_data(plan)]
    equations, made = _one_block(draft, thetas) if closed else _three_blocks(draft, thetas)
    out += [*equations, *_values(plan, thetas)]
    out += ["", "; M3 needs LAPLACE, and branches numerical derivatives; add $COVARIANCE for standard errors"]
    out += ["$ESTIMATION METHOD=1 LAPLACE INTERACTION NUMERICAL SLOW MAXEVAL=9999 PRINT=5"]
    out += [
        "$TABLE ID TIME",
        *(f"  {name}" for name in made.values()),
        "  NOPRINT ONEHEADER FILE=predictions.tab",
    ]
    # remarks may hold any sign; a control stream is plain ASCII
    return ("\n".join(wrapped(out, NONMEM)) + "\n").encode("ascii", "replace").decode()


def _data(plan: Plan) -> list[str]:
    names = ["ODV=DROP" if c == "DV" else "LNDV=DV" if c == "LNDV" else c for c in NONMEM_COLUMNS]
    remark = "; LNDV is ln(DV); the file's further columns (covariates) follow OCC: name those that you use"
    return [remark, f"$INPUT {' '.join(names)}", "$DATA data.csv IGNORE=@", ""]


def _one_block(draft: Draft, thetas: dict[str, int]) -> tuple[list[str], dict[str, str]]:
    """(lines, output -> its name)."""
    block = draft.block(time="TIME")
    _parameters(draft, block, thetas)
    made = closed_outputs(draft, block)
    _likelihood(draft, block, made)
    return ["$PRED", *block.lines, ""], made


def _three_blocks(draft: Draft, thetas: dict[str, int]) -> tuple[list[str], dict[str, str]]:
    """(lines, output -> its name)."""
    system = flows_of(draft.plan.model)
    number = {s.name: i for i, s in enumerate(system.states, 1)}
    labels = Names(NONMEM)
    out = ["$SUBROUTINES ADVAN13 TOL=9", "$MODEL"]
    for s in system.states:
        dosed = " DEFDOSE" if s.name == system.dose_into else ""
        out.append(
            f"  COMP=({labels.fresh(f'C{number[s.name]}')}{dosed})  ; {s.name}: {s.meaning} ({s.unit})"
        )
    block = draft.block()
    _parameters(draft, block, thetas)
    for i, switch in enumerate(system.switches, 1):
        block.add(
            f"MTIME({i}) = {block.text(switch.at)}", f"{switch.name} from here on; the solver stops there"
        )
    for state, text in start_values(draft, block):
        block.add(f"A_0({number[state]}) = {text}")
    out += ["", "$PK", *block.lines, "", "$DES"]
    block = _with_states(draft, number, "T")
    for state, text in rates(draft, block):
        block.add(f"DADT({number[state]}) = {text}")
    out += [*block.lines, "", "$ERROR"]
    block = _with_states(draft, number, "TIME")
    made = outputs(draft, block)
    _likelihood(draft, block, made)
    return [*out, *block.lines, ""], made


def _with_states(draft: Draft, number: dict[str, int], clock: str) -> Block:
    system = flows_of(draft.plan.model)
    block = draft.block(time=clock)
    for name, text in (
        *((s.name, f"A({number[s.name]})") for s in system.states),
        *((s.name, f"MPAST({i})") for i, s in enumerate(system.switches, 1)),
    ):
        block.known[name] = draft.names.fresh(name)
        block.add(f"{block.known[name]} = {text}")
    return block


def _parameters(draft: Draft, block: Block, thetas: dict[str, int]) -> None:
    plan = draft.plan
    etas = {p.name: i for i, p in enumerate(plan.varying, 1)}
    if not etas:
        block.add(
            f"{draft.names.fresh('none')} = ETA(1)", "no IIV is published; NONMEM wants an eta, fixed at 0"
        )

    def drawn(p: Parameter) -> str:
        value = f"THETA({thetas[p.name]})" if p.name in thetas else block.number(p.value)
        return p.individual(value, f"ETA({etas[p.name]})", "1.0", "EXP") if p.name in etas else value

    draft.individual(block, drawn, {})


def _likelihood(draft: Draft, block: Block, made: dict[str, str]) -> None:
    """The measured output, its residual on the log scale, and the chance of a value beyond a limit where CENS
    says so."""
    first, *others = draft.plan.measured
    block.add(f"PREDICTED = {made[first]}")
    block.add("SD = SQRT(SIGMA(1,1))", "NONMEM 7.3 or later")
    if others:
        block.add(f"; DVID 1 is {first}; write the codes that your data have for the others")
    for code, output in enumerate(others, 2):
        block.add(f"IF (DVID.EQ.{code}) PREDICTED = {made[output]}")
        block.add(f"IF (DVID.EQ.{code}) SD = SQRT(SIGMA({code},{code}))")
    floor = block.number(FLOOR)
    log = block.choose(
        "log_predicted", "PREDICTED", ">", floor, lambda *_: "LOG(PREDICTED)", lambda *_: f"LOG({floor})"
    )
    block.lines += ["; CENS 1: below the limit, -1: above an upper limit; DV is the logarithm of that limit"]
    block.lines += ["IF (CENS.EQ.0) THEN", "  F_FLAG = 0", f"  Y = {log} + EPS(1)"]
    block.lines += [f"  IF (DVID.EQ.{code}) Y = {log} + EPS({code})" for code, _ in enumerate(others, 2)]
    block.lines += ["ELSE", "  F_FLAG = 1", f"  Y = PHI(CENS*(DV - {log})/SD)", "ENDIF"]


def _values(plan: Plan, thetas: dict[str, int]) -> list[str]:
    out = ["$THETA"]
    for p in plan.parameters:
        if p.name in thetas:
            out.append(f"  {_bounded(p)}  ; {thetas[p.name]} {p.name}: {p.remark}")
    out += ["", *_omega(plan)]
    out += ["", "$SIGMA"]
    for output in plan.measured:
        sd = plan.residual(output)
        text = (
            "0 FIX  ; no residual error is published: give one before a fit"
            if sd is None
            else _number(variance(sd))
        )
        out.append(
            f"  {text}"
            if sd is None
            else f"  {text}  ; variance of the logarithm of {output}, {sd:g} squared"
        )
    return out


def _omega(plan: Plan) -> list[str]:
    """Variances, in blocks with the covariances of those that are correlated."""
    if not plan.varying:
        return ["$OMEGA", "  0 FIX  ; no between-subject variability is published"]
    out, number, alone = [], 0, False
    for block, rows in plan.blocks:
        if len(block) > 1 or not alone:
            out.append(f"$OMEGA BLOCK({len(block)})" if len(block) > 1 else "$OMEGA")
        alone = len(block) == 1
        for p, row in zip(block, rows, strict=True):
            number += 1
            out.append(f"  {' '.join(_number(v) for v in row)}  ; {number} variance of {p.varies}")
    return out


def _bounded(p: Parameter) -> str:
    low, high = p.bounds
    value = _number(p.value)
    if p.role == "effect" or p.value in (low, high, 0.0):
        return f"({value} FIX)"
    inside = [_number(low), value] if low == 0 else [value]
    return f"({', '.join([*inside, _number(high)] if high == 1 else inside)})"


def _number(value: float) -> str:
    return repr(int(value)) if value == int(value) and abs(value) < 1e6 else repr(value).upper()
