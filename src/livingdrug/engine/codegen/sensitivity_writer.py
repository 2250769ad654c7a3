"""Writes the code for forward sensitivities: how states and outputs change with chosen quantities of the subject.

With S_k = dy / dq_k, dS_k/dt = J S_k + df/dq_k. The implicit method needs the Jacobian of states and sensitivities
together, that is second derivatives of the right-hand side too; all of them come from the same expressions.
"""

from collections.abc import Iterable, Sequence

import sympy as sp

from livingdrug.engine.codegen.generate import Writer
from livingdrug.engine.codegen.symbolic import Equations, symbol, time_derivative, to_sympy
from livingdrug.models import System

GROUPS = ("q", "jt", "qt", "h", "hq")


class SensitivityWriter(Writer):
    """Writes a system's functions and those that its sensitivities need."""

    def __init__(self, system: System, equations: Equations, observed: Sequence[str], by: Sequence[str]) -> None:
        super().__init__(system, equations, observed)
        names = [q.name for q in system.quantities]
        self.by = [symbol(f"q{names.index(name)}") for name in by]
        rhs, states = equations.rhs, equations.states
        q = _nonzero(((i, k), f.diff(p)) for i, f in enumerate(rhs) for k, p in enumerate(self.by))
        jt = {place: time_derivative(e, equations) for place, e in self.jacobian.items()}
        qt = {place: time_derivative(e, equations) for place, e in q.items()}
        # of two equal second derivatives one is kept
        h = _nonzero(
            ((i, j, n), e.diff(states[n])) for (i, j), e in self.jacobian.items() for n in range(j, len(states))
        )
        hq = _nonzero(((i, j, k), e.diff(p)) for (i, j), e in self.jacobian.items() for k, p in enumerate(self.by))
        self.further = dict(zip(GROUPS, (q, jt, qt, h, hq), strict=True))
        self.rows = self._layout().rows

    def _more_functions(self) -> list[str]:
        return [self._linear(), self._curvature(), self._slopes_of_outputs(), self._initial_slopes(), self._switch_slopes()]

    def _linear(self) -> str:
        """Right-hand side f, Jacobian j and derivatives q by the quantities."""
        return self._entries("linear", [*self._group("f", self.eq.rhs), *self._first_derivatives()])

    def _curvature(self) -> str:
        """First and second derivatives at the start of a step."""
        times = (time_derivative(e, self.eq) for e in self.eq.rhs)
        seconds = [entry for group in GROUPS[1:] for entry in self._group(group, self.further[group].values())]
        return self._entries("curvature", [*self._first_derivatives(), *self._group("ft", times), *seconds])

    def _first_derivatives(self) -> list[tuple[str, int, sp.Expr]]:
        return [*self._group("j", self.jacobian.values()), *self._group("q", self.further["q"].values())]

    def _group(self, group: str, expressions: Iterable[sp.Expr]) -> list[tuple[str, int, sp.Expr]]:
        return [(group, i, e) for i, e in enumerate(expressions)]

    def _slopes_of_outputs(self) -> str:
        """Outputs, their derivatives by the states and by the quantities, of one subject, into d."""
        values = [self.eq.outputs[name] for name in self.observed]
        slopes = [v.diff(s) for v in values for s in self.eq.states] + [v.diff(p) for v in values for p in self.by]
        return self._one("observe_slopes", "d", values + slopes)

    def _initial_slopes(self) -> str:
        """Derivatives of the initial states, in the solver's scale, by the quantities."""
        known = {q.name: symbol(f"q{i}") for i, q in enumerate(self.system.quantities)}
        slopes = []
        for state in self.system.states:
            value = to_sympy(state.initial, known)
            slopes += [value.diff(p) / (value if state.log else 1) for p in self.by]
        return self._of_subject("initial_slopes", "d", slopes)

    def _switch_slopes(self) -> str:
        """Derivatives of the times of the switches by the quantities."""
        known = {q.name: symbol(f"q{i}") for i, q in enumerate(self.system.quantities)}
        times = [to_sympy(s.at, known) for s in self.system.switches]
        return self._of_subject("switch_slopes", "d", [time.diff(p) for time in times for p in self.by])


def _nonzero(entries) -> dict[tuple[int, ...], sp.Expr]:
    return {place: e for place, e in entries if e != 0}
