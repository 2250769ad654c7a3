"""Compiled code of a system: made when it is not in the cache, loaded when it is."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import SimpleNamespace

import numpy as np

import livingdrug
from livingdrug.engine.codegen import cache
from livingdrug.engine.codegen.compile import Pools, compile_system, without_pools
from livingdrug.engine.codegen.layout import LANES, Layout
from livingdrug.engine.codegen.linked import module_of
from livingdrug.engine.events import refuse_events
from livingdrug.engine.storage import COUNTERS, Addresses, At
from livingdrug.models import System

TOO_LARGE = 1e30
# So small because kill terms with steepness 1/4 are felt from a millionth of a cell, and tumours regrow from less.
ATOL = 1e-16
# A count may be negative by no more than this, far beyond the tolerance: below it, growth would carry it away from 0.
# A step is shortened instead.
LOWEST = -1e-12
ANY = -1e300


@dataclass(frozen=True)
class Kernel:
    """Compiled code of a system.

    Attributes
    ----------
    system : System
        The assembled equations.
    observed : tuple of str
        Outputs it computes, in order.
    pools : Pools
        Linear input pools, which are solved exactly.
    layout : Layout
        Where each number stands.
    call : Addresses
        Addresses of its functions, which live as long as `module`.
    module : SimpleNamespace
        Of the functions.
    logs, lowest, cap, extinct : ndarray
        Per integrated state, see `storage.At`.
    """

    system: System
    observed: tuple[str, ...]
    pools: Pools
    layout: Layout
    call: Addresses
    module: SimpleNamespace
    logs: np.ndarray
    lowest: np.ndarray
    cap: np.ndarray
    extinct: np.ndarray


@lru_cache(maxsize=64)
def system_kernel(system: System, observed: tuple[str, ...], inflow: bool = False) -> Kernel:
    """Compiled code of a system that computes these outputs (or states).

    Parameters
    ----------
    system : System
        The assembled equations.
    observed : tuple of str
        Names of outputs or states.
    inflow : bool, optional
        Whether anything is infused over time; then input pools, which might receive it, are integrated like
        any state, as their exact course here is that without inflow.

    Returns
    -------
    Kernel
    """
    refuse_events(system, "not where its compiled code is needed (fits, populations in blocks)")
    pools = without_pools(system) if inflow else compile_system(system).pools

    def write() -> tuple[str, Layout]:
        from livingdrug.engine.codegen import symbolic
        from livingdrug.engine.codegen.generate import Writer

        equations = symbolic.renamed(system, symbolic.equations(system, pools))
        return Writer(system, equations, observed).module(system.name, livingdrug.__version__)

    # models that differ in their name alone share their code
    module, layout = made_module(
        cache.key(repr(replace(system, name="")), repr(observed), repr(pools.all)), system.name, write
    )
    return kernel_of(system, observed, pools, module, layout)


def kernel_of(system: System, observed: tuple[str, ...], pools: Pools, module, layout: Layout) -> Kernel:
    """The kernel in a module of compiled code."""
    states = [s for i, s in enumerate(system.states) if i not in pools.all]
    logs = np.array([s.log for s in states])
    return Kernel(
        system, observed, pools, layout, Addresses(*(getattr(module, name).address for name in Addresses._fields)), module,
        logs=logs, lowest=np.array([LOWEST if s.roles and not s.log else ANY for s in states]),
        cap=np.where(logs, 1 / np.log(TOO_LARGE), 1 / TOO_LARGE), extinct=np.array([s.extinct_below for s in states]),
    )  # fmt: skip


def made_module(name: str, title: str, write: Callable[[], tuple[str, Layout]]) -> tuple[SimpleNamespace, Layout]:
    """(module, layout) of this name in the cache, written first when it is not there."""

    def text() -> str:
        body, layout = write()
        return f"{body}\n\nLAYOUT = {json.dumps(layout.plain())!r}\n"

    module = module_of(cache.folder() / f"equations_{name}.py", f"the equations of {title}", text)
    return module, Layout.of(json.loads(module.LAYOUT))


def placed(sizes: dict[str, int], first: int = 0) -> tuple[dict[str, int], int]:
    """Where groups of these sizes begin one after the other, and where they end."""
    places = {}
    for name, size in sizes.items():
        places[name] = first
        first += size
    return places, first


def at_and_table(
    kernel: Kernel, limits: Sequence[int] = (), rises: Sequence[int] = (), shown: Sequence[int] = ()
) -> tuple[At, np.ndarray]:
    """Where things lie for this kernel; limits: outputs for which the time above a limit is measured; rises: outputs whose
    largest level after the distribution minimum is; shown: states whose doses are seen in these."""
    system, pools, layout = kernel.system, kernel.pools, kernel.layout
    n, k, rows = layout.states, len(layout.observed), layout.rows
    one = max(layout.constants, layout.switches, layout.pools, len(system.states), k)
    per_state = ("y", "yn", "ym", "f", "fn", "inflow", "atol", "rtol", "lowest", "cap", "extinct")
    single = ("t", "h", "tn", "wish", "stop", "next", "error", "error_before", "top", "weight", "held", "one_t", "pending")
    per_output = ("g", "dg", "gm", "area", "peak", "peak_time", "shown_g")
    groups = dict.fromkeys(per_state, n) | dict.fromkeys(single, 1) | dict.fromkeys(per_output, k)
    groups["kink"] = n * layout.kinks
    groups |= dict.fromkeys(("above", "last_above", "limit"), len(limits))
    groups |= dict.fromkeys(("low", "rise", "rise_time"), len(rises))
    groups |= {"k": 8 * n, "switch_at": layout.switches, "one_y": n, "one_g": one, "one_w": 1, "weights": 8}
    places, numbers = placed({name: LANES * size for name, size in groups.items()}, LANES * rows["end"])
    tables, table = _table(system, pools, layout, limits, rises, shown)
    at = At(
        n=n, states=len(system.states), outputs=k, switches=layout.switches, pools=layout.pools,
        constants=layout.constants, limits=len(limits), rises=len(rises), kinks=layout.kinks,
        **{f"w_{name}": LANES * rows[name] for name in ("y", "f", "kink", "g", "dg", "j", "ft", "shift", "p")},
        **places, numbers=numbers, **tables,
    )  # fmt: skip
    return at, table


def _table(
    system: System, pools: Pools, layout: Layout, limits: Sequence[int], rises: Sequence[int], shown: Sequence[int]
) -> tuple[dict[str, int], np.ndarray]:
    integrated = [i for i in range(len(system.states)) if i not in pools.all]
    place = np.zeros(len(system.states), dtype=np.int64)
    place[integrated] = np.arange(len(integrated))
    place[list(pools.all)] = -1 - np.arange(len(pools.all))
    stored = {pair: e for e, pair in enumerate(layout.jacobian)}
    parts = {
        "place": place, "logs": [system.states[i].log for i in integrated], "limit_output": limits, "rise_output": rises,
        "shown": [i in shown for i in range(len(system.states))],
        "diagonal": [LANES * stored[i, i] for i in range(layout.states)],
    }  # fmt: skip
    arrays = {name: np.asarray(part, dtype=np.int64).ravel() for name, part in parts.items()}
    places, _ = placed({name: array.size for name, array in arrays.items()})
    return places, np.concatenate(list(arrays.values()))


def new_lanes(kernel: Kernel, at: At, limits: Sequence[float], rtol: float) -> tuple[np.ndarray, np.ndarray]:
    """Storage of LANES subjects at work: numbers and counters.

    A state is exact to rtol of itself; the logarithm of a state to rtol, which is the same.
    """
    lane, count = np.zeros(at.numbers), np.zeros(COUNTERS * LANES, dtype=np.int64)
    rows = {at.atol: np.where(kernel.logs, rtol, ATOL), at.rtol: np.where(kernel.logs, 0.0, rtol)}
    rows |= {at.lowest: kernel.lowest, at.cap: kernel.cap, at.extinct: kernel.extinct}
    for start, values in (*rows.items(), (at.limit, limits)):
        lane[start : start + LANES * len(values)] = np.repeat(values, LANES)
    lane[at.next : at.next + LANES] = np.inf
    return lane, count
