"""Right-hand sides for the peers, written from the assembled model the way a careful user would write them.

What holds no state and no time is computed once per patient beforehand: gains such as 2**N, the K**n of a
Hill term, the reciprocal of a constant divisor. A Hill term is x**n / (K**n + x**n), 0 for x <= 0. One source
serves all peers; only the namespace of `_hill` and `_exp` differs.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.problem import DOSE, Problem
from livingdrug.core.expressions import names, python_text
from livingdrug.engine.codegen.functions import ARRAY
from livingdrug.models import System


@dataclass(frozen=True)
class Equations:
    """source: text of `rhs(time, _y, _p)`, which returns the derivatives as a tuple.

    solved: indices of the states that are differential equations, in that order. known: index of a state ->
    its formula of time. hoisted: name -> formula of what is computed once per patient. constants: names of
    what `_p` holds.
    """

    source: str
    solved: tuple[int, ...]
    known: tuple[tuple[int, str], ...]
    hoisted: tuple[tuple[str, str], ...]
    constants: tuple[str, ...]

    def function(self, **namespace: object) -> Callable:
        """The Python function `rhs`; `namespace` brings `_hill` and `_exp`."""
        scope = dict(namespace)
        exec(compile(self.source, "<peer equations>", "exec"), scope)  # noqa: S102 - text of the checked expression language
        return scope["rhs"]

    def start(self, problem: Problem) -> np.ndarray:
        """Solved states at time 0, shape (patients, solved)."""
        return np.ascontiguousarray(problem.start[:, self.solved])

    def values(self, problem: Problem) -> np.ndarray:
        """`_p` of every patient, shape (patients, constants)."""
        scope = self._scope(problem)
        return np.stack([np.broadcast_to(scope[name], (problem.n,)) for name in self.constants], axis=1)

    def whole(self, problem: Problem, solved: np.ndarray) -> np.ndarray:
        """All states from the solved ones, shape (patients, times, states)."""
        if not self.known:
            return solved
        out = np.empty((*solved.shape[:2], problem.start.shape[1]))
        out[:, :, self.solved] = solved
        scope = {name: np.asarray(value)[..., None] for name, value in self._scope(problem).items()}
        for index, formula in self.known:
            out[:, :, index] = eval(formula, dict(ARRAY), scope | {"time": problem.times})  # noqa: S307 - as above
        return out

    def _scope(self, problem: Problem) -> dict[str, np.ndarray]:
        scope = {q.name: problem.values[:, i] for i, q in enumerate(problem.model.system.quantities)}
        for name, text in self.hoisted:
            scope[name] = eval(text, dict(ARRAY), scope)  # noqa: S307 - as above
        return scope


class _Hoist(ast.NodeTransformer):
    """Takes constant powers and divisors out of an expression; `found` collects name -> expression."""

    def __init__(self, constant: set[str], found: dict[str, str]) -> None:
        self.constant, self.found = constant, found

    def _keep(self, text: str) -> ast.Name:
        for name, known in self.found.items():
            if known == text:
                return ast.Name(name)
        name = f"_c{len(self.found)}"
        self.found[name] = text
        return ast.Name(name)

    def _fixed(self, node: ast.AST) -> bool:
        return all(n.id in self.constant for n in ast.walk(node) if isinstance(n, ast.Name))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if node.func.id == "_hill":
            x, n, k = node.args
            return ast.Call(node.func, [x, n, self._keep(f"{ast.unparse(k)} ** {ast.unparse(n)}")], [])
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Div) and self._fixed(node.right):
            return ast.BinOp(node.left, ast.Mult(), self._keep(f"1 / ({ast.unparse(node.right)})"))
        return node


def equations(system: System) -> Equations:
    """All states as differential equations, the pools of the infusion too."""
    return _write(system, {})


def equations_without_pools(system: System) -> Equations:
    """The two pools of the infusion as formulas of time, solved by hand; the other states as differential equations.

    infused = D exp(-a t), a = k_loss + k_survive; engrafting = D k_survive (exp(-a t) - exp(-b t)) / (b - a), b = the
    sum of the engraftment rates. For peers that would spend their steps on a pool that is empty after minutes.
    """
    pools = {
        "infused": f"{DOSE!r} * _exp(-(k_loss + k_survive) * time)",
        "engrafting": f"{DOSE!r} * k_survive / (e_memory + e_effector1 + e_effector2 + e_exhausted - k_loss "
        "- k_survive) * (_exp(-(k_loss + k_survive) * time) - _exp(-(e_memory + e_effector1 + e_effector2 + "
        "e_exhausted) * time))",
    }
    return _write(system, pools)


def _write(system: System, known: dict[str, str]) -> Equations:
    index = {s.name: i for i, s in enumerate(system.states)}
    states = [name for name in index if name not in known]
    quantities = [q.name for q in system.quantities]
    moving = {"time", *index, *(d.name for d in system.definitions)}
    hoisted: dict[str, str] = {}
    hoist = _Hoist(set(quantities), hoisted)

    def lower(text: str) -> str:
        return ast.unparse(hoist.visit(ast.parse(text, mode="eval")).body)

    lines = [f"{name} = {lower(text)}" for name, text in known.items()]
    for item in (*system.clocks, *system.definitions):
        assert names(item.expression) & moving, f"`{item.name}` is constant: compute it once"
        lines.append(f"{item.name} = {lower(python_text(item.expression))}")
    terms: dict[str, list[str]] = {name: [] for name in states}
    for i, flow in enumerate(system.flows):
        if flow.out_of not in terms and flow.into not in terms:
            continue
        lines.append(f"_r{i} = {lower(python_text(flow.rate))}")
        if flow.out_of in terms:
            terms[flow.out_of].append(f"- _r{i}")
        if flow.into in terms:
            gain = python_text(flow.gain)
            terms[flow.into].append(f"+ _r{i}" if gain == "1" else f"+ {hoist._keep(gain).id} * _r{i}")
    derivatives = ", ".join(" ".join(t) for t in terms.values())
    used = {
        n.id for line in (*lines, derivatives) for n in ast.walk(ast.parse(line)) if isinstance(n, ast.Name)
    }
    constants = [name for name in (*quantities, *hoisted) if name in used]
    source = "\n    ".join([
        "def rhs(time, _y, _p):",
        *(f"{name} = _y[{i}]" for i, name in enumerate(states)),
        *(f"{name} = _p[{i}]" for i, name in enumerate(constants)),
        *lines,
        f"return ({derivatives},)",
    ])  # fmt: skip

    return Equations(
        source,
        tuple(index[name] for name in states),
        tuple((index[name], text) for name, text in known.items()),
        tuple(hoisted.items()),
        tuple(constants),
    )


def hill(x, n, k_to_n):
    """x**n / (K**n + x**n) of one number, 0 for x <= 0; for numba."""
    if x <= 0.0:
        return 0.0
    z = x**n
    return z / (k_to_n + z)
