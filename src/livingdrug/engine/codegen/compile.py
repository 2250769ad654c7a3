"""Expressions -> Python functions.

The text that is compiled is written here from syntax trees that passed the whitelist of `core.expressions`, so it
can only do arithmetic. A right-hand side is a closure over one subject's numbers: changing a value compiles nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from livingdrug.core.expressions import linear_coefficient, names, python_text
from livingdrug.engine.codegen.functions import ARRAY, SCALAR
from livingdrug.models import System


@lru_cache(maxsize=512)
def array_function(arguments: tuple[str, ...], lines: tuple[tuple[str, str], ...], results: tuple[str, ...]) -> Callable:
    """A function of arrays: `arguments` in, the expressions `results` out as a list, after the named `lines`.

    Parameters
    ----------
    arguments : tuple of str
        Names of what it is given.
    lines : tuple[tuple[str, str], ...]
        (name, expression) pairs, in order.
    results : tuple of str
        Expressions, one for each element of the array.

    Returns
    -------
    Callable
    """
    return _function(arguments, lines, results, ARRAY)


@lru_cache(maxsize=512)
def scalar_function(arguments: tuple[str, ...], lines: tuple[tuple[str, str], ...], results: tuple[str, ...]) -> Callable:
    """The same for single numbers."""
    return _function(arguments, lines, results, SCALAR)


def _function(arguments, lines, results, namespace) -> Callable:
    body = [f"    {name} = {python_text(text)}" for name, text in lines]
    source = "\n".join(
        [f"def f({', '.join(arguments)}):", *body, f"    return [{', '.join(python_text(r) for r in results)}]"]
    )
    return _compiled(source, namespace)["f"]


def _compiled(source: str, namespace: dict) -> dict:
    scope = dict(namespace)
    exec(compile(source, "<livingdrug model>", "exec"), scope)  # noqa: S102 - see the module docstring
    return scope


def state_function(system: System, texts: tuple[str, ...], more: tuple[str, ...] = ()) -> Callable:
    """A function (time, states, quantities, switches, values of `more` names) of single numbers -> values of
    expressions.

    Parameters
    ----------
    system : System
        The assembled equations.
    texts : tuple of str
        Expressions of states, quantities and time, one for each result.
    more : tuple of str, optional
        Names of further values.

    Returns
    -------
    Callable
    """
    moving = (*(s.name for s in system.states), *(q.name for q in system.quantities), *(s.name for s in system.switches))
    inner = scalar_function(("time", *moving, *more), _lines(system), texts)
    return lambda t, y, p, on, values=(): inner(t, *y, *p, *on, *values)


def condition_function(system: System, texts: tuple[str, ...]) -> Callable:
    """Array function (time, *states, *quantities, *switches) -> list of the values of expressions.

    Parameters
    ----------
    system : System
        The assembled equations.
    texts : tuple of str
        Expressions of the time, states, quantities, switches and definitions of the system.

    Returns
    -------
    Callable
    """
    moving = (*(s.name for s in system.states), *(q.name for q in system.quantities), *(s.name for s in system.switches))
    return array_function(("time", *moving), _lines(system), texts)


@dataclass(frozen=True)
class Pools:
    """Linear input pools: states that only decay, or are fed by such states; solved exactly, not integrated.

    first: indices of pools that only decay. second: indices of pools fed by those. decay, feed: functions of a
    subject's numbers that give the decay rates (first + second) and the feed rates (second x first); coefficients: the
    same as texts, in that order.
    """

    first: tuple[int, ...]
    second: tuple[int, ...]
    rates: Callable
    coefficients: tuple[str, ...]

    @property
    def all(self) -> tuple[int, ...]:
        """State indices of all pools."""
        return self.first + self.second


@dataclass(frozen=True)
class Code:
    """Compiled equations of a system.

    make_rhs(p, switches, forcing) -> rhs(time, y) over the integrated states; initial(p) -> all states;
    switch_times(p); outputs(time, states, p, switches); pools: exactly solved states; integrated: indices of the rest.
    """

    system: System
    integrated: tuple[int, ...]
    log_states: np.ndarray
    pools: Pools
    make_rhs: Callable
    initial: Callable
    switch_times: Callable


@lru_cache(maxsize=64)
def compile_system(system: System) -> Code:
    """Compile a system once; the result is shared by all subjects.

    Parameters
    ----------
    system : System
        The assembled equations.

    Returns
    -------
    Code
    """
    quantities = tuple(q.name for q in system.quantities)
    pools = _find_pools(system, quantities)
    integrated = tuple(i for i in range(len(system.states)) if i not in pools.all)
    source = _rhs_source(system, quantities, pools, integrated)
    return Code(
        system=system,
        integrated=integrated,
        log_states=np.array([system.states[i].log for i in integrated]),
        pools=pools,
        make_rhs=_compiled(source, SCALAR)["make_rhs"],
        initial=scalar_function(quantities, (), tuple(s.initial for s in system.states)),
        switch_times=scalar_function(quantities, (), tuple(s.at for s in system.switches)),
    )


def _lines(system: System) -> tuple[tuple[str, str], ...]:
    clocks = tuple((c.name, c.expression) for c in system.clocks)
    return clocks + tuple((d.name, d.expression) for d in system.definitions)


def _rhs_source(system: System, quantities: Sequence[str], pools: Pools, integrated: Sequence[int]) -> str:
    """Source of make_rhs: what holds no state and no time is computed once, outside the right-hand side."""
    moving = {"time"} | {s.name for s in system.states}
    outside, inside = [], []
    for name, text in _lines(system):
        changes = bool(names(text) & moving)
        if changes:
            moving.add(name)
        (inside if changes else outside).append(f"{name} = {python_text(text)}")
    wanted = [system.states[i].name for i in integrated]
    terms: dict[str, list[str]] = {name: [] for name in wanted}
    rates = []
    for i, flow in enumerate(system.flows):
        if flow.out_of not in terms and flow.into not in terms:
            continue
        rates.append(f"_r{i} = {python_text(flow.rate)}")
        if flow.out_of in terms:
            terms[flow.out_of].append(f"- _r{i}")
        if flow.into in terms:
            gain = python_text(flow.gain)
            if gain != "1":
                outside.append(f"_g{i} = {gain}")
            terms[flow.into].append(f"+ _r{i}" if gain == "1" else f"+ _g{i} * _r{i}")
    pooled = [system.states[i].name for i in pools.all]
    lines = ["def make_rhs(_p, _switches, _forcing):", _unpack(quantities, "_p")]
    lines += [_unpack([s.name for s in system.switches], "_switches")] if system.switches else []
    lines += [f"    {line}" for line in outside]
    lines += ["    def _rhs(time, _y):", "    " + _unpack(wanted, "_y")]
    lines += ["    " + _unpack(pooled, "_forcing(time)")] if pooled else []
    lines += [f"        {line}" for line in (*inside, *rates)]
    lines += [f"        return [{', '.join(' '.join(t) or '0.0' for t in terms.values())}]", "    return _rhs"]
    return "\n".join(lines)


def _unpack(targets: Sequence[str], value: str) -> str:
    return f"    ({', '.join(targets)},) = {value}" if targets else "    pass"


def _find_pools(system: System, quantities: tuple[str, ...]) -> Pools:
    """Pools of depth one and two, from the form of the flows alone."""
    fixed = set(quantities)
    index = {s.name: i for i, s in enumerate(system.states)}

    def source_and_coefficient(flow) -> tuple[str, str] | None:
        driving = [s for s in index if s in names(flow.rate)]
        if len(driving) != 1 or names(flow.rate) - {driving[0]} - fixed:
            return None
        coefficient = linear_coefficient(flow.rate, driving[0])
        return None if coefficient is None else (driving[0], coefficient)

    # state -> {driving state: coefficient of its derivative}, or None where a flow is not linear and constant
    derivative: dict[str, dict[str, str] | None] = {name: {} for name in index}
    for flow in system.flows:
        linear = source_and_coefficient(flow)
        for state, sign in ((flow.out_of, "-1"), (flow.into, flow.gain)):
            if not state:
                continue
            row = derivative[state]
            if linear is None or row is None:
                derivative[state] = None
                continue
            driver, coefficient = linear
            row[driver] = f"{row[driver]} + " if driver in row else ""
            row[driver] += f"({sign}) * ({coefficient})"
    decaying = [s for s in index if derivative[s] is not None and set(derivative[s]) == {s}]
    fed = [
        s
        for s in index
        if derivative[s] and s not in decaying and s in derivative[s] and set(derivative[s]) - {s} <= set(decaying)
    ]
    # a pool earns its exact solution by being an input: it feeds something, and does not grow by itself, as what grows
    # can leave the finite range; logarithms and extinction belong to the solver
    used = set().union(*(names(f.rate) for f in system.flows if f.into)) if system.flows else set()
    used -= {f.into for f in system.flows if f.into in names(f.rate)}
    used -= {s.name for s in system.states if s.log or s.extinct_below}
    first = [s for s in decaying if s in used]
    second = [s for s in fed if s in used and set(derivative[s]) - {s} <= set(first)]
    if len(first) + len(second) == len(index):
        # an input needs something to enter; a system of pools alone is integrated like any other
        first, second = [], []
    coefficients = [derivative[s][s] for s in (*first, *second)]
    coefficients += [derivative[s].get(f, "0") for s in second for f in first]
    rates = scalar_function(quantities, (), tuple(coefficients))
    return Pools(tuple(index[s] for s in first), tuple(index[s] for s in second), rates, tuple(coefficients))


def output_function(system: System, wanted: Sequence[str]) -> Callable:
    """Array function (time, *states, *quantities, *switches) -> list of the wanted outputs or states.

    Parameters
    ----------
    system : System
        The assembled equations.
    wanted : sequence of str
        Names of outputs or states.

    Returns
    -------
    Callable
    """
    expressions = {o.name: o.expression for o in system.outputs}
    arguments = ("time", *(s.name for s in system.states), *(q.name for q in system.quantities))
    arguments += tuple(s.name for s in system.switches)
    return array_function(arguments, _lines(system), tuple(expressions.get(w, w) for w in wanted))


def without_pools(system: System) -> Pools:
    """No pools: every state is integrated."""
    return Pools((), (), compile_system(system).pools.rates, ())
