"""The equations of a model for people: LaTeX and plain text, from the same expressions that are solved."""

from livingdrug.core.latex import latex, symbol
from livingdrug.models.elements import Event
from livingdrug.models.model import Model
from livingdrug.models.structure import ClosedForm


def latex_equations(model: Model) -> list[str]:
    """One LaTeX equation per definition and state (or per output of a closed form), in the order of the
    model.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.

    Returns
    -------
    sequence of str
    """
    system = model.system
    if isinstance(system, ClosedForm):
        return _closed(system)
    symbols = system.symbols
    lines = [
        rf"{symbol(s.name, symbols)} = \mathbb{{1}}\{{t \geq {latex(s.at, symbols)}\}}"
        for s in system.switches
    ]
    named = [(item.name, item.expression) for item in (*system.clocks, *system.definitions)]
    lines += [f"{symbol(name, symbols)} = {latex(text, symbols)}" for name, text in named]
    for state in system.states:
        terms = []
        for flow in system.flows:
            rate = latex(flow.rate, symbols)
            if flow.out_of == state.name:
                terms.append(f"- {_bracketed(flow.rate, rate)}")
            if flow.into == state.name:
                gain = "" if flow.gain == "1" else latex(flow.gain, symbols) + r" \cdot "
                terms.append(f"+ {gain}{_bracketed(flow.rate, rate) if gain else rate}")
        right = " ".join(terms).removeprefix("+ ") or "0"
        lines.append(rf"\frac{{d{symbol(state.name, symbols)}}}{{dt}} = {right}")
    return lines + [_event(event, symbols) for event in system.events]


def _event(event: Event, symbols: dict[str, str]) -> str:
    set_to = ",\\; ".join(
        rf"{symbol(s, symbols)} := {latex(text, symbols)}" for s, text in event.assign.items()
    )
    after = rf"\text{{ (after }} {latex(event.delay, symbols)}\text{{)}}" if event.delay else ""
    return rf"\text{{when }} {latex(event.trigger, symbols)} > 0{after}:\quad {set_to}"


def _bracketed(text: str, printed: str) -> str:
    import ast

    body = ast.parse(text, mode="eval").body
    sums = isinstance(body, ast.BinOp) and isinstance(body.op, ast.Add | ast.Sub)
    return rf"\left({printed}\right)" if sums else printed


def _closed(form: ClosedForm) -> list[str]:
    symbols = {item.name: item.symbol for item in (*form.quantities, *form.definitions) if item.symbol}
    lines = [f"{symbol(d.name, symbols)} = {latex(d.expression, symbols)}" for d in form.definitions]
    for output in form.outputs:
        for piece in output.pieces:
            until = rf"\quad t < {latex(piece.until, symbols)}" if piece.until else r"\quad \text{then}"
            lines.append(rf"\mathrm{{{output.name}}} = {latex(piece.expression, symbols)} {until}")
    return lines


def plain_equations(model: Model) -> list[tuple[str, str, str]]:
    """(name, what moves, rate) of every definition and flow (or piece of a closed form), as written.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.

    Returns
    -------
    list[tuple[str, str, str]]
    """
    system = model.system
    if isinstance(system, ClosedForm):
        rows = [(d.name, "=", d.expression) for d in system.definitions]
        for output in system.outputs:
            rows += [
                (output.name, f"t < {p.until}" if p.until else "then", p.expression) for p in output.pieces
            ]
        return rows
    rows = [(s.name, "switch", f"1 from {s.at} on") for s in system.switches]
    rows += [(item.name, "=", item.expression) for item in (*system.clocks, *system.definitions)]
    for flow in system.flows:
        gain = "" if flow.gain == "1" else f" x {flow.gain}"
        rows.append((flow.name, f"{flow.out_of or '*'} -> {flow.into or '*'}{gain}", flow.rate))
    for event in system.events:
        set_to = ", ".join(f"{state} := {text}" for state, text in event.assign.items())
        after = f", {event.delay} later" if event.delay else ""
        rows.append((event.name, f"when {event.trigger} > 0{after}", set_to))
    return rows
