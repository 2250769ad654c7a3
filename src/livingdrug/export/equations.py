"""Blocks that all targets share: individual parameters, rates of change, outputs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from livingdrug.core.expressions import names
from livingdrug.export.dialect import Dialect, Names
from livingdrug.export.plan import Parameter, Plan
from livingdrug.export.statements import Block
from livingdrug.models import ClosedOutput, System, closed_form_of, flows_of


@dataclass
class Draft:
    """A file in the making: its names, and what the model's names are called once parameters are written."""

    plan: Plan
    dialect: Dialect
    names: Names
    known: dict[str, str] = field(default_factory=dict)

    def block(self, **more: str) -> Block:
        """An empty block that knows all parameters, and `more`."""
        return Block(self.dialect, self.names, {**self.known, **more}, self.plan.positive)

    def individual(
        self, block: Block, drawn: Callable[[Parameter], str], constant: Mapping[str, str]
    ) -> None:
        """Write each subject's parameters into the block, and take note of their names.

        drawn: the text of a value before effects, for parameters that are no constants; constant: names of
        the others."""
        block.known |= constant
        for p in self.plan.parameters:
            if p.name not in constant:
                name = self.names.fresh(f"{p.name}_drawn" if p.clipped or p.effect else p.name)
                # what could be estimated is explained where its value stands
                block.add(
                    self.dialect.assign.format(name, drawn(p)),
                    p.remark if p.role in ("fixed", "covariate") else "",
                )
                block.known[p.name] = name
            if p.clipped:
                block.let(p.name, f"min({p.name}, 1)", "a fraction is at most 1")
        before = dict(block.known)
        after = {}
        for p in self.plan.parameters:
            if p.effect:
                block.known = dict(before)
                after[p.name] = block.let(p.name, p.effect, "with the effects of covariates")
        block.known = before | after
        self.known |= block.known


def start_values(draft: Draft, block: Block) -> list[tuple[str, str]]:
    """(state, text of its value at time 0) of every state that does not start empty."""
    states = flows_of(draft.plan.model).states
    return [(s.name, block.text(s.initial)) for s in states if s.initial != "0"]


def rates(draft: Draft, block: Block) -> list[tuple[str, str]]:
    """Write clocks, definitions and flows into the block; (state, text of its rate of change)."""
    system = flows_of(draft.plan.model)
    wanted = _needed(system, [flow.rate for flow in system.flows])
    define(system, block, wanted)
    terms: dict[str, list[str]] = {s.name: [] for s in system.states}
    for flow in system.flows:
        rate = block.let(f"rate_{flow.name}", flow.rate, f"{flow.kind} of {flow.out_of or flow.into}")
        if flow.out_of:
            terms[flow.out_of].append(f"- {rate}")
        if flow.into:
            gain = "" if flow.gain == "1" else f"({block.text(flow.gain)})*"
            terms[flow.into].append(f"+ {gain}{rate}")
    zero = block.number(0.0)
    sums = {name: " ".join(parts).removeprefix("+ ") for name, parts in terms.items()}
    return [
        (name, (f"-{text[2:]}" if text.startswith("- ") else text) or zero) for name, text in sums.items()
    ]


def define(system: System, block: Block, wanted: set[str]) -> None:
    """Write the wanted clocks and definitions into the block."""
    for item in (*system.clocks, *system.definitions):
        if item.name in wanted:
            block.let(item.name, item.expression, item.meaning)


def outputs(draft: Draft, block: Block) -> dict[str, str]:
    """Write the outputs of flows into the block, with the definitions that it lacks; output -> its name."""
    system = flows_of(draft.plan.model)
    define(system, block, _needed(system, [o.expression for o in system.outputs]) - block.known.keys())
    states = {s.name for s in system.states}
    made = {}
    for output in system.outputs:
        if output.expression == output.name and output.name in states:
            made[output.name] = block.known[output.name]
            continue
        before = dict(block.known)
        made[output.name] = block.let(output.name, output.expression, f"{output.meaning} ({output.unit})")
        block.known = before
    return made


def _needed(system: System, texts: list[str]) -> set[str]:
    """Clocks and definitions that the texts use, directly or through others."""
    known = {item.name: item.expression for item in (*system.clocks, *system.definitions)}
    wanted, waiting = set(), list(texts)
    while waiting:
        for name in names(waiting.pop()) & known.keys() - wanted:
            wanted.add(name)
            waiting.append(known[name])
    return wanted


def closed_outputs(draft: Draft, block: Block) -> dict[str, str]:
    """Write the outputs of a closed form into the block, piece by piece; output -> its name."""
    form = closed_form_of(draft.plan.model)
    for definition in form.definitions:
        block.let(definition.name, definition.expression, definition.meaning)
    made = {}
    for output in form.outputs:
        block.add(f"{draft.dialect.comment} {output.meaning} ({output.unit})")
        made[output.name] = _pieces(output, block)
    return made


def _pieces(output: ClosedOutput, block: Block) -> str:
    ends = [block.text(piece.until) for piece in output.pieces[:-1]]

    def choice(inner: Block, i: int, into: str = "") -> str:
        if i == len(ends):
            return inner.text(output.pieces[i].expression)
        return inner.choose(
            output.name,
            inner.known["time"],
            "<",
            ends[i],
            lambda then, _: then.text(output.pieces[i].expression),
            lambda otherwise, name: choice(otherwise, i + 1, name),
            into,
        )

    if ends:
        return choice(block, 0)
    return block.let(output.name, output.pieces[0].expression)
