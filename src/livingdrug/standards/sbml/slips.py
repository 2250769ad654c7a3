"""Terms of an SBML model that look like slips of its encoding, found by their form and named.

Nothing is mended: the numbers are the file's own, and every run says what was found. Each kind below stands
in a published entry of BioModels: a population from nothing (1012), a saturation without its sum (732), cells
beside rates per 1e9 cells and an infusion without an end (MODEL2009230001), a logarithm of what is killed
(MODEL2109110005).
"""

import ast
import re
from collections.abc import Iterator
from typing import Any

Table = dict[str, Any]
FASTEST = 1e6  # a state that changes so many times its size per unit of time at the start is no population
_STEM = re.compile(r"([A-Za-z_]+?)_?\d+\Z")
_DOSE = re.compile(r"inject|infus|dosing|\bdose", re.IGNORECASE)


def slips(tables: Table) -> tuple[str, ...]:
    """A sentence for each term that looks like a slip.

    Parameters
    ----------
    tables : dict
        Of a model file, as `read_sbml` writes them.

    Returns
    -------
    tuple of str
        In the order of the flows; each names the flow and the state.
    """
    try:
        system = _Equations(tables)
        kinds = (
            system.unlimited_losses,
            system.from_nothing,
            system.divisors,
            system.too_fast,
            system.endless,
            system.logs,
        )
        return tuple(dict.fromkeys(sentence for find in kinds for sentence in find()))
    except RecursionError:  # definitions of definitions by the hundred; assembly says what is wrong with them
        return ()


class _Equations:
    """The equations of a model as trees; definitions are followed where they are named."""

    def __init__(self, tables: Table) -> None:
        structure = tables["structure"]
        self.time = structure["time_unit"]
        self.values: dict[str, float] = tables["values"][0]["values"]
        self.initial = {state["name"]: state.get("initial", "0") for state in structure.get("states", ())}
        self.meant = {d["name"]: d.get("meaning", "") for d in structure.get("definitions", ())}
        self.trees = {d["name"]: _tree(d["expression"]) for d in structure.get("definitions", ())}
        self.vanishing: dict[tuple[str, str], bool] = {}
        self.sizes: dict[str, float | None] = {}
        self.flows = [{**flow, "tree": _tree(flow["rate"])} for flow in structure.get("flows", ())]
        self.moving = {*self.initial} | {c["name"] for c in structure.get("clocks", ())}
        self.moving |= {s["name"] for s in structure.get("switches", ())}

    def of(self, node: ast.expr) -> ast.expr:
        """The tree behind a name that is a definition, the node itself otherwise."""
        seen = set()
        while isinstance(node, ast.Name) and node.id in self.trees and node.id not in seen:
            seen.add(node.id)
            node = self.trees[node.id]
        return node

    def walk(self, node: ast.expr) -> Iterator[ast.expr]:
        """The node and all below it, each definition opened once."""
        seen: set[str] = set()
        waiting = [node]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Name) and node.id in self.trees:
                if node.id not in seen:
                    seen.add(node.id)
                    waiting.append(self.trees[node.id])
                continue
            yield node
            waiting += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]

    def names(self, node: ast.expr) -> set[str]:
        """Names of states, quantities and times under a node."""
        return {part.id for part in self.walk(node) if isinstance(part, ast.Name)}

    def vanishes(self, node: ast.expr, state: str) -> bool:
        """Whether a rate is 0 (or turns round) where the state is 0, by its form."""
        match node:
            case ast.Name(id=name) if name in self.trees:
                if (name, state) not in self.vanishing:
                    self.vanishing[name, state] = True  # while it is looked at: a circle is refused elsewhere
                    self.vanishing[name, state] = self.vanishes(self.trees[name], state)
                return self.vanishing[name, state]
            case ast.Name(id=name):
                return name == state
            case ast.Constant(value=value):
                return value == 0
            case ast.UnaryOp(operand=operand):
                return isinstance(node.op, ast.USub) or self.vanishes(operand, state)
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return self.vanishes(left, state) or self.vanishes(right, state)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self.vanishes(left, state) and self.vanishes(right, state)
            case ast.BinOp(left=left, op=ast.Sub() | ast.Div() | ast.Pow()):
                return self.vanishes(left, state)
            case ast.Call(func=ast.Name(id="choose"), args=[_, yes, no]):
                return self.vanishes(yes, state) and self.vanishes(no, state)
            case ast.Call(func=ast.Name(id="hill" | "sqrt" | "abs" | "tanh"), args=[of, *_]):
                return self.vanishes(of, state)
            case ast.Call(func=ast.Name(id="min" | "max"), args=args):
                return any(self.vanishes(arg, state) for arg in args)
        return False

    def terms(self, node: ast.expr, state: str) -> list[ast.expr]:
        """The terms of a rate that is a sum, factors and divisors that do not fall to 0 with the state
        left aside."""
        node = self.of(node)
        match node:
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return [*_summed(left), *_summed(right)]
            case ast.BinOp(left=left, op=ast.Div()):
                return self.terms(left, state)
            case ast.BinOp(left=left, op=ast.Mult(), right=right) if not self.vanishes(left, state):
                return self.terms(right, state)
            case ast.BinOp(left=left, op=ast.Mult(), right=right) if not self.vanishes(right, state):
                return self.terms(left, state)
        return [node]

    def size(self, node: ast.expr) -> float | None:
        """The number that a product of names and numbers is at the start; None for any other form."""
        match node:
            case ast.Constant(value=int() | float() as value):
                return float(value)
            case ast.Name(id=name) if name in self.trees:
                if name not in self.sizes:
                    self.sizes[name] = None
                    self.sizes[name] = self.size(self.trees[name])
                return self.sizes[name]
            case ast.Name(id=name):
                return self.values.get(self.initial.get(name, name))
            case ast.BinOp(left=left, op=ast.Mult() | ast.Div(), right=right):
                one, other = self.size(left), self.size(right)
                if one is None or other is None:
                    return None
                if isinstance(node.op, ast.Mult):
                    return one * other
                return one / other if other else None
            case ast.Call(func=ast.Name(id="choose"), args=[_, yes, no]):
                sizes = [self.size(yes), self.size(no)]
                return None if None in sizes else min(size for size in sizes if size is not None)
        return None

    # ------------------------------------------------------------------------------------------------- kinds

    def unlimited_losses(self) -> Iterator[str]:
        """A state that loses what it does not have."""
        for flow in self.flows:
            state = flow.get("out_of", "")
            if state and not self.vanishes(flow["tree"], state):
                yield (
                    f"`{flow['name']}` takes from `{state}` at a rate that does not fall to 0 with it, so "
                    "that it can fall below 0"
                )

    def from_nothing(self) -> Iterator[str]:
        """Growth with a term that the state inhibits and that needs none of it."""
        for flow in self.flows:
            state = flow.get("into", "")
            if not state or flow.get("out_of"):
                continue
            terms = self.terms(flow["tree"], state)
            growing = [term for term in terms if self.vanishes(term, state)]
            odd = [term for term in terms if term not in growing and state in self.names(term)]
            if growing and odd:
                yield (
                    f"`{flow['name']}` holds `{ast.unparse(odd[0])[:80]}`, which needs no `{state}` although "
                    f"its other terms do: `{state}` grows from nothing, and a factor `{state}` may be missing"
                )

    def divisors(self) -> Iterator[str]:
        """A level at half effect that divides a state, where its siblings stand in x / (level + x)."""
        saturating, dividing = set(), {}
        for flow in self.flows:
            for node in self.walk(flow["tree"]):
                match node:
                    case ast.BinOp(op=ast.Div(), right=ast.BinOp(left=one, op=ast.Add(), right=other)):
                        saturating |= self.pair(one, other) | self.pair(other, one)
                    case ast.BinOp(left=left, op=ast.Div(), right=ast.Name(id=name)) if name in self.values:
                        states = sorted(self.names(left) & self.initial.keys())
                        if states:
                            dividing[name] = (flow["name"], states)
        stems = {_stem(name): name for name in sorted(saturating)}
        for name, (flow_name, states) in dividing.items():
            sibling = stems.get(_stem(name))
            if sibling and name not in saturating:
                yield (
                    f"`{flow_name}` divides by `{name}`, while `{sibling}` stands in a saturation x / "
                    f"({sibling} + x): `{name} + x` with x one of {', '.join(f'`{s}`' for s in states)} may "
                    "be meant"
                )

    def pair(self, one: ast.expr, other: ast.expr) -> set[str]:
        """The quantity of `quantity + state`."""
        match one, other:
            case ast.Name(id=name), ast.Name(id=state) if name in self.values and state in self.initial:
                return {name}
        return set()

    def too_fast(self) -> Iterator[str]:
        """A rate that another state makes impossible: numbers of cells beside rates per 1e9 cells."""
        for flow in self.flows:
            state = flow.get("out_of") or flow.get("into", "")
            names = self.names(flow["tree"])
            own = self.size(ast.Name(state))
            others = [
                n for n in names & self.initial.keys() if n != state and (self.size(ast.Name(n)) or 0) > 1
            ]
            if not others or not self.vanishes(flow["tree"], state):
                continue
            rate = self.size(_without(self, flow["tree"], state)) if own is not None else None
            if rate is not None and abs(rate) > FASTEST:
                yield (
                    f"`{flow['name']}` changes `{state}` {rate:.2g} times its size per {self.time} at the "
                    f"start, as `{others[0]}` is {self.size(ast.Name(others[0])):.2g}: its number and the "
                    "rate may be in different units, such as cells and 1e9 cells"
                )

    def endless(self) -> Iterator[str]:
        """A dose by its name that never ends."""
        for flow in self.flows:
            said = f"{flow['name']} {self.meant.get(flow['name'], '')}".replace("_", " ")
            if flow.get("into") and not flow.get("out_of") and _DOSE.search(said):
                rate = self.size(flow["tree"])
                if not self.names(flow["tree"]) & self.moving and rate != 0:
                    amount = "" if rate is None else f" of {rate:.3g} per {self.time}"
                    yield f"`{flow['name']}` is an infusion{amount} into `{flow['into']}` that never ends"

    def logs(self) -> Iterator[str]:
        """A logarithm of a state that something else kills."""
        for flow in self.flows:
            state = flow.get("into", "")
            if not state or state not in self.logged(flow["tree"]):
                continue
            killers = {n for f in self.flows if f.get("out_of") == state for n in self.names(f["tree"])}
            killers = killers & self.initial.keys() - {state}
            if killers:
                yield (
                    f"`{flow['name']}` takes the logarithm of `{state}`, which {_listed(killers)} can bring "
                    "down to 0, where it has no value: solvers may stop there"
                )

    def logged(self, node: ast.expr) -> set[str]:
        """States whose own logarithm is taken."""
        found = set()
        for part in self.walk(node):
            match part:
                case ast.Call(func=ast.Name(id="log"), args=[ast.Name(id=name)]) if name in self.initial:
                    found.add(name)
        return found


def _summed(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_summed(node.left), *_summed(node.right)]
    return [node]


def _without(system: _Equations, node: ast.expr, state: str) -> ast.expr:
    """A product with the state left out of it, once."""
    node = system.of(node)
    match node:
        case ast.Name(id=name) if name == state:
            return ast.Constant(1.0)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            if system.vanishes(left, state):
                return ast.BinOp(_without(system, left, state), ast.Mult(), right)
            return ast.BinOp(left, ast.Mult(), _without(system, right, state))
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return ast.BinOp(_without(system, left, state), ast.Div(), right)
    return node


def _stem(name: str) -> str:
    found = _STEM.match(name)
    return found.group(1) if found else name


def _listed(names: set[str]) -> str:
    return " and ".join(f"`{name}`" for name in sorted(names))


def _tree(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body
